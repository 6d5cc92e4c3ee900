"""Next basket: TIFU-KNN by hand, and shops of very different kinds."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from tsuide.errors import BadArray, BadValue
from tsuide.mining.baskets import Baskets
from tsuide.mining.cart_evidence import evidence_of
from tsuide.mining.history import between, history_of
from tsuide.mining.next_basket import NextBasket, Tifu
from tsuide.mining.next_basket_model import FittedNextBasket
from tsuide.mining.next_targets import had_before, next_targets, recalls
from tsuide.mining.tifu import basket_weights, vectors_of

ShopMaker = Callable[..., Baskets]


def few() -> Baskets:
    """Ann: tea, tea + cup. Bob: tea, pot. Cat: pen."""
    rows = [
        ("1", "tea", "ann"), ("2", "tea", "ann"), ("2", "cup", "ann"),
        ("3", "tea", "bob"), ("4", "pot", "bob"), ("5", "pen", "cat"),
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema=["order", "item", "who"], orient="row")
    return Baskets.from_frame(frame, basket="order", item="item", customer="who")


def test_one_run_decays_within_and_is_averaged() -> None:
    assert basket_weights(3, 1, 0.5, 0.1).tolist() == pytest.approx([0.25 / 3, 0.5 / 3, 1 / 3])


def test_as_many_runs_as_baskets_decay_across() -> None:
    assert basket_weights(3, 7, 0.5, 0.1).tolist() == pytest.approx([0.01 / 3, 0.1 / 3, 1 / 3])


def test_later_runs_are_the_longer_ones() -> None:
    # five baskets in two runs: two and three
    assert basket_weights(5, 2, 1.0, 1.0).tolist() == pytest.approx([1 / 4, 1 / 4, 1 / 6, 1 / 6, 1 / 6])


def test_vectors_are_the_decayed_sums() -> None:
    history = history_of(few(), 1)
    vectors = vectors_of(evidence_of(history, None), Tifu(within=0.5, groups=1))
    names = history.item_ids.ids
    ann = {names[vectors.item[e]]: float(vectors.weight[e]) for e in range(vectors.of[0], vectors.of[1])}
    assert ann == pytest.approx({"tea": 0.25 + 0.5, "cup": 0.5})


def test_the_nearest_customer_lends_what_is_new() -> None:
    """Bob shares tea with Ann, Cat nothing: with one neighbour, Bob's pot comes and Cat's pen does not."""
    tifu = Tifu(neighbours=1, within=1.0, across=1.0, alpha=0.5, groups=1)
    model = NextBasket(min_count=1).fit(few(), tune=False)
    chosen = type(model.chosen)(tifu, None, {})
    ranked = NextBasket(min_count=1, chosen=chosen).fit(few(), tune=False).recommend(["ann"], n=3)
    assert ranked.ids(0) == ["tea", "cup", "pot"]
    # own: tea 1, cup .5; Bob: tea .5, pot .5
    assert ranked.score[0].tolist() == pytest.approx([0.75, 0.25, 0.25], abs=1e-5)


def test_an_unknown_customer_gets_what_is_popular() -> None:
    model = NextBasket(min_count=1).fit(few(), tune=False)
    assert model.recommend(["nobody", None], n=1).item.tolist() == [[model.item_ids.position("tea")]] * 2


def test_what_cannot_be_asked_is_refused() -> None:
    model = NextBasket(min_count=1).fit(few(), tune=False)
    with pytest.raises(BadArray, match="list of customer ids"):
        model.recommend("ann")
    with pytest.raises(BadValue, match="n = 0"):
        model.recommend(["ann"], n=0)
    with pytest.raises(BadValue, match="min_count = 0"):
        NextBasket(min_count=0).fit(few())


def test_targets_are_the_first_later_baskets_repeat_and_new_told_apart() -> None:
    baskets = few()
    model = NextBasket(min_count=1).fit(between(baskets, 0, 3), tune=False)
    later = between(baskets, 1, 5)  # Ann's second basket, Bob's two, Cat's
    targets = next_targets(later, model.evidence, model.item_ids, least=1)
    names = model.item_ids.ids
    ids = [names[item] for item in targets.item]
    assert targets.customer.tolist() == [0, 1]
    assert (ids, targets.repeat.tolist()) == (["cup", "tea", "tea"], [True, True, True])


def test_had_before_knows_the_guest_from_the_customer() -> None:
    model = NextBasket(min_count=1).fit(few(), tune=False)
    tea = model.item_ids.position("tea")
    asked = had_before(model.evidence, np.array([0, 2, -1]), np.array([tea, tea, tea]))
    assert asked.tolist() == [True, False, False]


def test_recall_is_the_share_of_the_basket() -> None:
    baskets = few()
    model = NextBasket(min_count=1).fit(baskets, tune=False)
    targets = next_targets(between(baskets, 1, 3), model.evidence, model.item_ids, least=1)
    cup, tea = model.item_ids.position("cup"), model.item_ids.position("tea")
    found = np.array([[tea, -1], [cup, -1]], np.int32)
    assert recalls(found, targets).tolist() == [0.5, 0.0]
    assert np.isnan(recalls(found, targets, ~targets.repeat)).all()


def recall(model: FittedNextBasket, later: Baskets) -> float:
    targets = next_targets(later, model.evidence, model.item_ids)
    return float(np.nanmean(recalls(model.rank(targets.customer, 10).item, targets)))


def test_tuning_says_what_it_chose_and_is_the_same_again(generated_shop: ShopMaker) -> None:
    baskets = generated_shop(4000, 200, customers=250)
    first, again = NextBasket().fit(baskets), NextBasket().fit(baskets)
    assert first.meta() == again.meta()
    assert set(first.meta()["chosen"]["recall10"]) >= {"tifu", "lines"}
    everyone = np.arange(250, dtype=np.int32)
    assert first.rank(everyone, 10).item.tolist() == again.rank(everyone, 10).item.tolist()


def test_favourites_are_foretold(generated_shop: ShopMaker) -> None:
    baskets = generated_shop(4400, 200, customers=250)
    model = NextBasket().fit(between(baskets, 0, 4000), tune=False)
    assert recall(model, between(baskets, 4000, 4400)) > 5 * 10 / 200


def test_two_hundred_orders_are_too_few_to_tune(generated_shop: ShopMaker) -> None:
    model = NextBasket().fit(generated_shop(200, 40, customers=30))
    assert "too few" in model.meta()["chosen"]["why"]
    assert model.recommend(["c0001"]).ids(0)


def test_without_customers_everybody_gets_what_is_popular(generated_shop: ShopMaker) -> None:
    model = NextBasket().fit(generated_shop(500, 50))
    assert model.recommend([None], n=1).ids(0) == ["p00000"]


def test_without_times_orders_of_ids_count(generated_shop: ShopMaker) -> None:
    model = NextBasket().fit(generated_shop(1000, 50, customers=40, times=False))
    assert len(model.recommend(["c0001"], n=5).ids(0)) == 5


def test_wholesale_buyers_with_baskets_of_hundreds(generated_shop: ShopMaker) -> None:
    model = NextBasket().fit(generated_shop(300, 2000, customers=20, size=400), tune=False)
    assert len(model.recommend(["c0001"], n=50).ids(0)) == 50


def test_a_vector_that_holds_nothing_of_an_item_is_refused_before_a_kernel_reads_it() -> None:
    fitted = NextBasket().fit(few(), tune=False)
    arrays = {name: array.copy() for name, array in fitted.arrays().items()}
    arrays["vector_weight"][0] = 0.0
    with pytest.raises(BadArray, match="vector_weight"):
        FittedNextBasket.from_arrays(arrays, fitted.meta())
