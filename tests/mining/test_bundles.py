from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsuide.errors import BadValue, UnknownProduct
from tsuide.mining.baskets import Baskets
from tsuide.mining.bundles import Bundles, FittedBundles
from tsuide.mining.complements import Complements

CAMERAS = ["cam card bag", "cam card bag tripod", "cam card bag", "cam card bag", "cam card", "cam"] * 4
OTHERS = ["tea", "tea cup", "pen", "pen ink", "cup", "ink", "tea", "pen"] * 12


def made(orders: list[str], prices: dict[str, int] | None = None) -> Baskets:
    lines = [(n, sku, (prices or {}).get(sku)) for n, order in enumerate(orders) for sku in order.split()]
    frame = pl.DataFrame(lines, schema={"order": pl.Int64, "sku": pl.String, "price": pl.Int64}, orient="row")
    return Baskets.from_frame(frame, basket="order", item="sku", price="price")


def learned(baskets: Baskets, **more: object) -> FittedBundles:
    complements = Complements(min_count=3).fit(baskets, tune=False)
    return Bundles().fit(baskets, complements, **more)  # type: ignore[arg-type]  # passed on as given


def test_what_is_bought_together_becomes_a_set_with_exact_counts() -> None:
    (bundle, *_) = learned(made(CAMERAS + OTHERS, {"cam": 50_000, "card": 1_500, "bag": 9_000})).of("cam")
    assert set(bundle.items) == {"cam", "card", "bag"}
    assert (bundle.intent, bundle.count) == ("starter", 16)
    assert bundle.joint == pytest.approx(16 / 24)
    assert dict(zip(bundle.items[1:], bundle.attach, strict=True)) == {
        "card": pytest.approx(20 / 24),
        "bag": pytest.approx(16 / 24),
    }


def test_a_complete_set_holds_its_starter() -> None:
    starter, complete = learned(made(CAMERAS + OTHERS, {"cam": 50_000})).of("cam")
    assert (starter.intent, complete.intent) == ("starter", "complete")
    assert set(starter.items) < set(complete.items)
    assert complete.count == 4


def test_each_item_has_its_own_sets_and_the_surest_leads() -> None:
    """All 16 buyers of the bag took card and camera, 16 of the 24 buyers of the camera took card and bag."""
    fitted = learned(made(CAMERAS + OTHERS))
    of_bag, of_cam = fitted.of("bag")[0], fitted.of("cam")[0]
    assert set(of_bag.items) == set(of_cam.items)
    assert [of_bag.joint, of_cam.joint] == pytest.approx([1.0, 16 / 24])
    shown = [items for items in fitted.frame()["items"].to_list() if set(items) == set(of_cam.items)]
    assert shown == [list(of_bag.items)]


def test_the_item_joins_that_most_of_the_sets_baskets_hold() -> None:
    """Of 20 camera baskets 12 hold the card; of those, 8 hold the bag and 5 the strap."""
    orders = ["cam card bag"] * 8 + ["cam card strap"] * 4 + ["cam"] * 7 + ["cam strap"] + ["tea"] * 80
    starter = learned(made(orders)).of("cam")[0]
    assert (starter.items, starter.count) == (("cam", "card", "bag"), 8)


def test_strength_is_the_lower_bound_among_baskets_and_among_customers() -> None:
    """Card with the camera in 16 of 20 baskets; of 5 customers with the camera 4 took it: Wilson .5840 and .3755."""
    rows = [(n, f"c{n % 5}", sku) for n in range(20) for sku in (["cam"] if n % 5 == 4 else ["cam", "card"])]
    rows += [(100 + n, "x", "tea") for n in range(60)]
    frame = pl.DataFrame(rows, schema=["order", "who", "sku"], orient="row")
    alone = learned(Baskets.from_frame(frame, basket="order", item="sku")).of("cam")[0]
    known = learned(Baskets.from_frame(frame, basket="order", item="sku", customer="who")).of("cam")[0]
    assert alone.strength == pytest.approx(0.5840, abs=1e-4)
    assert known.strength == pytest.approx((0.5840 * 0.3755) ** 0.5, abs=1e-4)


def test_what_is_no_longer_bought_together_makes_no_set() -> None:
    orders = ["cam card"] * 20 + ["tea"] * 40 + ["cam", "card"] * 10
    frame = pl.DataFrame(
        [(n, n, sku) for n, order in enumerate(orders) for sku in order.split()],
        schema=["order", "at", "sku"],
        orient="row",
    )
    baskets = Baskets.from_frame(frame, basket="order", item="sku", time="at")
    complements = Complements(min_count=3).fit(baskets, tune=False)
    assert Bundles(still=1).fit(baskets, complements).of("cam") == []
    assert len(Bundles(still=0).fit(baskets, complements).of("cam")) == 1


def test_sets_of_a_snapshot_from_before_are_read() -> None:
    """As they were written when sets were ranked by their density."""
    fitted = learned(made(CAMERAS + OTHERS))
    arrays = fitted.arrays()
    old = {name: arrays[name] for name in arrays if name not in {"strength", "leads"}}
    meta = {name: value for name, value in fitted.meta().items() if name not in {"still", "hold"}}
    again = FittedBundles.from_arrays(old | {"density": np.ones(len(fitted.items))}, meta)
    assert [each.items for each in again.of("cam")] == [each.items for each in fitted.of("cam")]


def test_two_of_one_need_never_share_a_set() -> None:
    baskets = made(CAMERAS + OTHERS, {"cam": 50_000})
    for sets in (
        learned(baskets, groups={"card": "storage", "bag": "storage"}),
        learned(baskets, apart=[("bag", "card")]),
    ):
        assert not any({"bag", "card"} <= set(items) for items in sets.frame()["items"].to_list())


def test_chance_company_makes_no_set() -> None:
    rng = np.random.default_rng(0)
    orders = [" ".join(f"p{item}" for item in rng.choice(40, 3, replace=False)) for _ in range(400)]
    assert len(learned(made(orders)).frame()) <= 2


def test_an_unknown_item_and_foreign_complements_are_refused() -> None:
    baskets = made(CAMERAS)
    with pytest.raises(UnknownProduct, match="ghost"):
        learned(baskets).of("ghost")
    with pytest.raises(BadValue, match="other baskets"):
        Bundles().fit(made(OTHERS), Complements().fit(baskets, tune=False))


@pytest.mark.parametrize(
    "parameters", [{"size": 1}, {"size": 7}, {"starter": 5}, {"min_count": 0}, {"still": -1}, {"hold": 2.0}]
)
def test_parameters_out_of_range_are_refused(parameters: dict[str, Any]) -> None:
    baskets = made(CAMERAS)
    with pytest.raises(BadValue, match="Way out: "):
        Bundles(**parameters).fit(baskets, Complements().fit(baskets, tune=False))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sets(st.sampled_from("abcdef"), min_size=1), min_size=5, max_size=60))
def test_every_count_equals_a_brute_force_count(orders: list[set[str]]) -> None:
    baskets = made([" ".join(sorted(order)) for order in orders])
    complements = Complements(min_count=1, rate=0.99).fit(baskets, tune=False)
    sets = Bundles(min_count=2).fit(baskets, complements).frame()
    for items, count, joint, attach in sets.select("items", "count", "joint", "attach").iter_rows():
        held = [order for order in orders if items[0] in order]
        assert count == sum(set(items) <= order for order in orders) >= 2
        assert joint == pytest.approx(count / len(held))
        assert attach == pytest.approx([sum(item in order for order in held) / len(held) for item in items[1:]])
    contents = [frozenset(items) for items in sets["items"].to_list()]
    assert all(one != other for one, other in combinations(contents, 2))
