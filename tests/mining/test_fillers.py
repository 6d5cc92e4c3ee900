from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import BadColumns, BadValue
from tsuide.mining.baskets import Baskets
from tsuide.mining.fillers import Fillers, FittedFillers

PRICES = {"camera": 50_000, "card": 1_500, "cloth": 400, "strap": 2_000, "bag": 9_000}


def shop(margins: dict[str, int] | None = None, returns: dict[str, float] | None = None) -> FittedFillers:
    orders = [("camera", "card"), ("camera", "card", "cloth"), ("camera", "cloth"), ("camera", "strap"), ("bag",)]
    lines = pl.DataFrame(
        [(n, item, PRICES[item]) for n, order in enumerate(orders) for item in order],
        schema=["order", "sku", "price"],
        orient="row",
    )
    baskets = Baskets.from_frame(lines, basket="order", item="sku", price="price")
    products = pl.DataFrame({"id": list(PRICES), "price": list(PRICES.values())})
    return Fillers(prior=1.0).fit(baskets, products, margins=margins, return_rates=returns)


def test_the_gap_is_closed_by_one_thing_or_by_two_that_only_do_it_together() -> None:
    fills = {fill.items: fill.overshoot for fill in shop().recommend(1_800, n=10)}
    assert fills[("strap",)] == 200
    assert fills[("card", "cloth")] == 100
    assert not any("strap" in items and len(items) == 2 for items in fills)  # the strap would do alone


def test_what_comes_along_often_is_taken_more_readily() -> None:
    card, cloth = (shop().recommend(PRICES[item], reach=0)[0] for item in ("card", "cloth"))
    assert (card.items, cloth.items) == (("card",), ("cloth",))
    assert card.appeal == cloth.appeal  # two of four baskets of two and more
    assert shop().recommend(2_000, reach=0)[0].appeal < card.appeal


def test_what_lies_in_the_cart_is_never_proposed() -> None:
    assert all("card" not in fill.items for fill in shop().recommend(1_000, n=10, cart=["card"]))


def test_a_filler_that_earns_less_than_the_shipping_given_away_is_none() -> None:
    margins = {"card": 300, "cloth": 200, "strap": 900}
    assert [fill.items for fill in shop(margins).recommend(1_500, shipping=500)] == [("strap",)]
    assert shop(margins).recommend(1_500, shipping=1_000) == []


def test_returns_take_from_the_gain() -> None:
    (fill,) = shop({"strap": 900}, {"strap": 0.5}).recommend(1_900, reach=200, cart=["card", "cloth"])
    assert fill.gain == 450


def test_a_way_without_known_cost_stands_after_those_that_are_known_to_earn() -> None:
    fills = shop({"strap": 100}).recommend(1_500, n=5)
    assert fills[0].items == ("strap",)
    assert [fill.gain for fill in fills[1:]] == [None] * (len(fills) - 1)
    assert len(fills) > 1


def test_relevance_to_the_cart_moves_a_filler_up() -> None:
    assert shop().recommend(1_500, relevance={"strap": 100.0})[0].items == ("strap",)


def test_no_way_to_close_the_gap_is_an_empty_answer() -> None:
    assert shop().recommend(1_000_000) == []


def test_a_shop_without_orders_still_closes_gaps() -> None:
    empty = Baskets.from_frame(
        pl.DataFrame(schema={"o": pl.String, "i": pl.String, "p": pl.Int64}), basket="o", item="i", price="p"
    )
    fitted = Fillers().fit(empty, pl.DataFrame({"id": ["a"], "price": [500]}))
    assert fitted.recommend(400) == []  # nothing has ever come along with anything: silence


@pytest.mark.parametrize(("gap", "n"), [(0, 3), (-5, 3), (100, 0)])
def test_a_gap_that_is_none_is_refused(gap: int, n: int) -> None:
    with pytest.raises(BadValue, match="at least 1"):
        shop().recommend(gap, n=n)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(BadColumns, match="price"):
        Fillers().fit(
            Baskets.from_frame(pl.DataFrame({"o": [1], "i": [1]}), basket="o", item="i"), pl.DataFrame({"id": ["a"]})
        )


@given(st.integers(1, 60_000), st.integers(0, 20_000))
def test_every_way_closes_the_gap_and_none_that_does_is_forgotten(gap: int, reach: int) -> None:
    fills = shop().recommend(gap, n=100, reach=reach)
    known = [name for name in PRICES if name not in {"bag", "camera"}]  # the two never came along
    alone = {(name,) for name in known if gap <= PRICES[name] <= gap + reach}
    pairs = {
        tuple(sorted(pair))
        for pair in combinations(known, 2)
        if max(PRICES[name] for name in pair) < gap <= sum(PRICES[name] for name in pair) <= gap + reach
    }
    found = {tuple(sorted(fill.items)) for fill in fills}
    assert {items for items in found if not {"bag", "camera"} & set(items)} == alone | pairs
    assert all(0 <= fill.overshoot <= reach for fill in fills)


def test_empty_baskets_teach_nothing() -> None:
    """As `with_items` leaves them, also at the end."""
    lines = pl.DataFrame({"o": [1, 1, 2, 2, 3], "i": ["tv", "cable", "tv", "cable", "odd"], "p": [900, 20, 900, 20, 5]})
    baskets = Baskets.from_frame(lines, basket="o", item="i", price="p")
    fewer = baskets.with_items(np.array([item != "odd" for item in baskets.item_ids.ids]))
    products = pl.DataFrame({"id": ["tv", "cable"], "price": [900, 20]})
    assert Fillers(prior=1.0).fit(fewer, products).recommend(15)[0].items == ("cable",)
