"""The evaluation of completion and next basket, on shops whose order is known."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from tsuide.errors import TooFewData
from tsuide.kit.clock import from_micros
from tsuide.mining.baskets import Baskets
from tsuide.mining.cart_evidence import evidence_of
from tsuide.mining.carts import carts_of
from tsuide.mining.history import history_of
from tsuide.proof.evaluation.cart_baselines import BASELINES, baseline_lists
from tsuide.proof.evaluation.completion import evaluate_completion
from tsuide.proof.evaluation.next_basket import evaluate_next_basket

ShopMaker = Callable[..., Baskets]


def test_baselines_rank_as_their_formulas_say() -> None:
    """a: 3 baskets, with b in 2 of b's 2, with c in 2 of c's 4, with d in 1 of d's 1."""
    orders = ["abc", "abc", "ad", "c", "c", "x"]
    rows = [(f"o{place}", item) for place, items in enumerate(orders) for item in items]
    history = history_of(
        Baskets.from_frame(pl.DataFrame(rows, schema=["order", "item"], orient="row"), basket="order", item="item"), 1
    )
    carts = carts_of([["a"]], np.array([-1], np.int32), history.item_ids)
    lists = baseline_lists(evidence_of(history, None), carts, np.zeros(1, np.float32), (1.0,), n=3)
    names = history.item_ids.ids

    def ids(name: str) -> list[str]:
        return [names[item] for item in lists[name][0] if item >= 0]

    assert ids("popularity") == ["c", "b", "d"]  # 4, 2, 1 (d before x: smaller)
    assert ids("confidence") == ["c", "b", "d"]  # 2/3, 2/3, 1/3; popularity breaks the tie
    assert ids("cosine") == ["b", "c", "d"]  # 2/√6 = .82; 2/√12 = 1/√3 = .58: popularity breaks the tie
    assert ids("ppmi_log")[0] == "b"  # log(2·6/(3·2))·log 3 = .76 against d's log(6/3)·log 2 = .48
    assert ids("personal_cosine@1.0") == ids("cosine")  # a guest


def test_completion_is_told_in_one_table_with_its_baselines(generated_shop: ShopMaker) -> None:
    result = evaluate_completion(generated_shop(4000, 150, customers=150), queries=300)
    assert set(result["methods"]) == {*BASELINES, "tsuide"}
    assert result["queries"] == 300
    for figures in result["methods"].values():
        low, high = figures["intervals"]["hr10"]
        assert low <= figures["hr10"] <= high
    hits = {name: figures["hr10"] for name, figures in result["methods"].items()}
    assert hits["tsuide"] > hits["popularity"]


def test_next_basket_is_told_with_tifu_as_published_and_as_tuned(generated_shop: ShopMaker) -> None:
    result = evaluate_next_basket(generated_shop(4000, 150, customers=200))
    assert list(result["methods"]) == ["popularity", "personal_frequency", "tifu_published", "tifu_tuned", "tsuide"]
    recall = {name: figures["recall10"] for name, figures in result["methods"].items()}
    assert recall["tsuide"] > recall["popularity"]
    assert set(result["methods"]["tsuide"]) == {
        "recall10", "recall20", "recall10_repeat", "recall10_explore", "intervals",
    }  # fmt: skip


def test_several_splits_are_told_together_and_each_by_itself(generated_shop: ShopMaker) -> None:
    baskets = generated_shop(2000, 60, customers=60)
    days = [from_micros(int(baskets.time[place])) for place in (1600, 1200)]
    told: list[str] = []
    result = evaluate_next_basket(baskets, splits=[*days, days[0]], tell=told.append)
    early, late = result["splits"]
    assert [early["split"], late["split"]] == [days[1].isoformat(), days[0].isoformat()]  # in time, each once
    assert result["queries"] == early["queries"] + late["queries"]
    assert result["customers"] <= 60 < result["queries"]
    recall = [one["methods"]["tsuide"]["recall10"] for one in (early, late, result)]
    weighed = (recall[0] * early["queries"] + recall[1] * late["queries"]) / result["queries"]
    assert recall[2] == pytest.approx(weighed)
    above = result["above"]["tifu_published"]
    assert above["share_interval"][0] <= above["share"] <= above["share_interval"][1]
    assert told[0] == f"{days[1]:%Y-%m-%d}, 1 of 2: choose and learn"


def test_one_split_given_alone_is_the_only_one_of_several(generated_shop: ShopMaker) -> None:
    result = evaluate_next_basket(generated_shop(2000, 60, customers=60))
    (only,) = result["splits"]
    assert (only["methods"], only["above"], only["split"]) == (result["methods"], result["above"], result["split"])
    assert only["chosen"]["tifu_published"]["neighbours"] == 900


def test_too_few_later_baskets_are_not_measured_on(generated_shop: ShopMaker) -> None:
    with pytest.raises(TooFewData, match="too few later baskets"):
        evaluate_completion(generated_shop(100, 30))
    with pytest.raises(TooFewData, match="too few customers"):
        evaluate_next_basket(generated_shop(100, 30, customers=20))
