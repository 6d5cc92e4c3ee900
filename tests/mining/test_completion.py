"""Completion of a cart: by hand on a few orders, and on shops of very different kinds."""

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsuide.errors import BadArray, BadValue
from tsuide.mining.baskets import Baskets
from tsuide.mining.carts import carts_of, hide_one
from tsuide.mining.completion import Completion
from tsuide.mining.completion_model import FittedCompletion
from tsuide.mining.index import Index

ShopMaker = Callable[..., Baskets]


def few() -> Baskets:
    """Tea goes with cups; Ann always buys milk."""
    rows = [
        ("1", "tea", "ann"), ("1", "cup", "ann"), ("1", "milk", "ann"),
        ("2", "tea", "bob"), ("2", "cup", "bob"),
        ("3", "milk", "ann"), ("3", "bread", "ann"),
        ("4", "tea", "cat"), ("4", "cup", "cat"),
        ("5", "bread", "bob"),
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema=["order", "item", "who"], orient="row")
    return Baskets.from_frame(frame, basket="order", item="item", customer="who")


@pytest.fixture(scope="module")
def fitted() -> FittedCompletion:
    return Completion(min_count=1).fit(few(), tune=False)


def test_a_guest_gets_what_goes_with_the_cart(fitted: FittedCompletion) -> None:
    assert fitted.recommend([["tea"]], n=1).ids(0) == ["cup"]


def test_an_empty_cart_gets_what_the_customer_buys(fitted: FittedCompletion) -> None:
    assert fitted.recommend([[]], ["ann"], n=1).ids(0) == ["milk"]


def test_what_lies_in_the_cart_is_not_proposed(fitted: FittedCompletion) -> None:
    assert fitted.recommend([["tea", "cup", "milk", "bread"]], ["ann"]).ids(0) == []


def test_unknown_items_and_customers_are_guests_with_nothing(fitted: FittedCompletion) -> None:
    ranked = fitted.recommend([["tea"], ["tea", "x"]], [None, "nobody"])
    assert ranked.ids(0) == ranked.ids(1)


def test_a_cart_given_as_one_string_is_refused(fitted: FittedCompletion) -> None:
    with pytest.raises(BadArray, match="list of item ids"):
        fitted.recommend(["tea"])


def test_as_many_customers_as_carts_are_needed(fitted: FittedCompletion) -> None:
    with pytest.raises(BadArray, match="1 for 2"):
        fitted.recommend([["tea"], []], ["ann"])


@pytest.mark.parametrize("n", [0, 201])
def test_an_impossible_number_is_refused(fitted: FittedCompletion, n: int) -> None:
    with pytest.raises(BadValue, match="n = "):
        fitted.recommend([["tea"]], n=n)


def test_what_was_bought_long_ago_counts_less() -> None:
    frame = pl.DataFrame(
        {
            "order": ["1", "2", "3"],
            "item": ["old", "new", "else"],
            "who": ["ann", "ann", "bob"],
            "at": [
                datetime(2025, 1, 1, tzinfo=UTC),
                datetime(2025, 6, 1, tzinfo=UTC),
                datetime(2025, 6, 2, tzinfo=UTC),
            ],
        }
    )
    baskets = Baskets.from_frame(frame, basket="order", item="item", customer="who", time="at")
    assert Completion(min_count=1).fit(baskets, tune=False).recommend([[]], ["ann"], n=2).ids(0) == ["new", "old"]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(["tea", "cup", "milk", "bread", "x"]), max_size=6), st.sampled_from(["ann", None]))
def test_no_item_comes_twice_or_from_the_cart(cart: list[str], customer: str | None) -> None:
    found = _FEW.recommend([cart], [customer]).ids(0)
    assert len(found) == len(set(found))
    assert not set(found) & set(cart)


_FEW = Completion(min_count=1).fit(few(), tune=False)


def test_one_item_is_hidden_from_each_large_basket() -> None:
    baskets = few()
    hidden = hide_one(baskets, baskets.item_ids, most=10, seed=1, least=2)
    assert hidden.basket.tolist() == [0, 1, 2, 3]
    for q, basket in enumerate(hidden.basket):
        cart = hidden.carts.item[hidden.carts.cart_of[q] : hidden.carts.cart_of[q + 1]]
        assert sorted([*cart.tolist(), int(hidden.item[q])]) == baskets.of(int(basket)).tolist()


def test_carts_hold_each_known_item_once() -> None:
    carts = carts_of([["b", "b", "x", "a"], []], np.array([-1, 0], np.int32), Index.of(["a", "b"]))
    assert (carts.item.tolist(), carts.cart_of.tolist()) == ([0, 1], [0, 2, 2])


def hits(model: FittedCompletion, later: Baskets) -> float:
    hidden = hide_one(later, model.item_ids, most=500, seed=3)
    found = model.rank(hidden.carts, np.zeros(len(hidden.item), np.float32), 10).item
    return float((found == hidden.item[:, None]).any(axis=1).mean())


def test_two_hundred_orders_are_enough_to_answer_and_too_few_to_tune(generated_shop: ShopMaker) -> None:
    model = Completion().fit(generated_shop(200, 40, customers=30))
    assert model.meta()["chosen"]["model"] == "blend"
    assert "too few" in model.meta()["chosen"]["why"]
    assert model.recommend([["p00000"]], ["c0001"]).ids(0)


def test_tuned_weights_find_more_than_chance_on_new_orders(generated_shop: ShopMaker) -> None:
    baskets = generated_shop(6000, 300, customers=200)
    model = Completion().fit(baskets)
    assert model.meta()["chosen"]["queries"] > 300
    later = generated_shop(6400, 300, customers=200)  # the same shop, 400 orders longer
    popular = 10 / 300
    assert hits(model, later) > 5 * popular


def test_tuning_is_the_same_again(generated_shop: ShopMaker) -> None:
    baskets = generated_shop(3000, 100, customers=50)
    assert Completion().fit(baskets, seed=4).meta() == Completion().fit(baskets, seed=4).meta()


def test_an_earlier_choice_is_used_when_nothing_is_tuned(generated_shop: ShopMaker) -> None:
    baskets = generated_shop(3000, 100, customers=50)
    tuned = Completion().fit(baskets)
    again = Completion(chosen=tuned.chosen).fit(baskets, tune=False)
    assert again.meta() == tuned.meta()
    assert again.recommend([["p00003"]], ["c0001"]).ids(0) == tuned.recommend([["p00003"]], ["c0001"]).ids(0)


def test_a_shop_without_customers_completes_by_company(generated_shop: ShopMaker) -> None:
    model = Completion().fit(generated_shop(4000, 200))
    partner = model.recommend([["p00002"]], n=3).ids(0)
    assert "p00003" in partner


def test_a_shop_without_times_is_learned_from(generated_shop: ShopMaker) -> None:
    model = Completion().fit(generated_shop(3000, 200, customers=100, times=False))
    assert "p00003" in model.recommend([["p00002"]], ["c0001"], n=5).ids(0)


def test_wholesale_buyers_with_baskets_of_hundreds(generated_shop: ShopMaker) -> None:
    model = Completion().fit(generated_shop(300, 2000, customers=20, size=400), tune=False)
    cart = [f"p{item:05}" for item in range(500)]
    assert len(model.recommend([cart], ["c0001"]).ids(0)) == 10


def test_fifty_thousand_items() -> None:
    random = np.random.default_rng(0)
    frame = pl.DataFrame(
        {"order": np.repeat(np.arange(20_000), 5), "item": random.integers(0, 50_000, 100_000)}
    ).with_columns(pl.all().cast(pl.String))
    model = Completion(min_count=1).fit(Baskets.from_frame(frame, basket="order", item="item"), tune=False)
    assert len(model.item_ids) > 40_000
    assert model.evidence.partner.size <= 6_000_000
    assert len(model.recommend([["7"]]).ids(0)) == 10


def test_groups_speak_for_what_never_met() -> None:
    """Cameras and cards meet as groups; this camera met no card yet."""
    rows = [(f"o{n}", item) for n in range(60) for item in (f"camera{n % 3}", f"card{n % 3}")]
    rows += [(f"x{n}", item) for n in range(60) for item in (f"pen{n % 3}", f"ink{n % 3}")]
    rows += [("y1", "camera9"), ("y2", "camera9")]
    frame = pl.DataFrame(rows, schema=["order", "item"], orient="row")
    baskets = Baskets.from_frame(frame, basket="order", item="item")
    groups = {item: item.rstrip("0123456789") for item in baskets.item_ids.ids}
    model = Completion(min_count=1).fit(baskets, groups=groups, tune=False)
    evidence = model.evidence
    camera, card = model.item_ids.position("camera9"), model.item_ids.position("card0")
    near = evidence.group_partner[evidence.group[camera]]
    assert near[0] == evidence.group[card]
