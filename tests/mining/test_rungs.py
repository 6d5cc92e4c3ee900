from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsuide.mining.alternatives import Alternatives
from tsuide.mining.baskets import Baskets
from tsuide.mining.index import Index
from tsuide.mining.rungs import FOOTINGS, sold_for
from tsuide.mining.shelf import shelf_of

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def sales(*rows: tuple[str, int], days: int = 0) -> Baskets:
    """One basket for each (item, price), `days` apart."""
    lines = pl.DataFrame(
        [(f"o{n:04}", item, price, NEW_YEAR + timedelta(days=n * days)) for n, (item, price) in enumerate(rows)],
        schema=["order", "item", "price", "at"],
        orient="row",
    )
    return Baskets.from_frame(lines, basket="order", item="item", price="price", time="at")


def catalogue(prices: Mapping[str, int | None], category: str = "c", **columns: list[Any]) -> pl.DataFrame:
    plain = {
        "id": list(prices),
        "title": [f"{name} of its own name" for name in prices],
        "category": [[category]] * len(prices),
        "price": list(prices.values()),
        "currency": ["JPY"] * len(prices),
    }
    return pl.DataFrame(plain | columns, schema_overrides={"price": pl.Int64})


def footings(products: pl.DataFrame, baskets: Baskets | None = None) -> dict[str, str]:
    shelf = shelf_of(products, baskets)
    return {shelf.ids[place]: FOOTINGS[code] for place, code in enumerate(shelf.footing)}


def test_what_was_usual_last_outweighs_what_was_usual_long_ago() -> None:
    long_ago = [("tea", 300)] * 4
    lately = [("tea", 500)] * 3
    assert sold_for(Index.of(["tea"]), sales(*long_ago, *lately)).price.tolist() == [300]
    assert sold_for(Index.of(["tea"]), sales(*long_ago, *lately, days=100)).price.tolist() == [500]


def test_the_price_of_a_rung_is_the_usual_one_not_the_last() -> None:
    sold = sales(*[("a", 500)] * 6, ("a", 150), *[("b", 400)] * 5)
    fitted = Alternatives().fit(catalogue({"a": None, "b": None}), sold)
    assert fitted.ladder("a")["price"].to_list() == [400, 500]
    assert fitted.up("b")["item"].to_list() == ["a"]


def test_a_listed_price_needs_no_sales_but_another_needs_three() -> None:
    products = catalogue({"listed": 300, "rare": None, "known": None})
    sold = sales(("rare", 500), ("rare", 500), *[("known", 900)] * 3)
    assert footings(products, sold) == {"listed": "firm", "rare": "few_sales", "known": "firm"}
    assert Alternatives().fit(products, sold).up("listed")["item"].to_list() == ["known"]


def test_what_never_costs_the_same_twice_is_sold_by_weight_and_has_no_ladder() -> None:
    weights = [("ham", 100 * n) for n in (2, 3, 5, 8, 11, 13)]
    products = catalogue({"ham": 650, "bacon": 300, "can": 900})
    sold = sales(*weights, *[("bacon", 300)] * 6)
    assert footings(products, sold)["ham"] == "no_usual_price"
    assert Alternatives().fit(products, sold).up("bacon")["item"].to_list() == ["can"]


def test_in_a_need_that_is_sold_by_weight_the_rarely_sold_is_too() -> None:
    prices = {f"cut {n}": 700 + n for n in range(6)} | {"once": 900}
    varying = [(f"cut {n}", 100 * (n + 2) * k) for n in range(6) for k in range(2, 8)]
    found = footings(catalogue(prices), sales(*varying, ("once", 900)))
    assert found["once"] == "no_usual_price"


def test_without_a_size_a_product_does_not_compare_with_those_that_state_one() -> None:
    products = catalogue({"a": 300, "b": 400, "c": 500, "d": 600, "e": 700, "f": 800})
    sized = products.with_columns(variant=pl.Series(["100 g"] * 5 + [None]))
    assert footings(products)["f"] == "firm"
    assert footings(sized) == dict.fromkeys("abcde", "firm") | {"f": "no_size"}


def test_a_clearance_is_no_step_down_but_what_is_often_bought_cheaply_is() -> None:
    breads: dict[str, int | None] = {f"bread {n:02}": 290 + n for n in range(20)}
    products = catalogue(breads | {"bun": 50, "crumb": 90})
    sold = sales(*[("bread 07", 297)] * 3, ("bun", 50), *[("crumb", 90)] * 20)
    assert footings(products, sold) == dict.fromkeys(breads, "firm") | {"bun": "far_below", "crumb": "firm"}
    assert Alternatives(top=30).fit(products, sold).down("bread 07")["item"].to_list() == ["crumb"]


@pytest.mark.parametrize("names", [["Seasonal"] * 6, ["Seasonal No. 1", "Seasonal"] + ["ＳＥＡＳＯＮＡＬ"] * 4])
def test_where_neither_size_nor_title_tells_what_it_is_there_is_no_ladder(names: list[str]) -> None:
    prices = {"a": 100, "b": 150, "c": 180, "d": 200, "e": 230, "f": 260}
    products = catalogue(prices, "Seasonal", title=names)
    repeated = {name for name, footing in footings(products).items() if footing == "nameless"}
    assert repeated == (set(prices) if len(set(names)) == 1 else set())
    assert Alternatives().fit(products).up("c").is_empty() == bool(repeated)
    sized = products.with_columns(variant=pl.lit("100 g"))
    assert set(footings(sized).values()) == {"firm"}


def test_named_products_of_a_wide_need_stand_beside_near_rungs_only() -> None:
    products = catalogue({"a": 10_000, "b": 18_000, "c": 30_000, "d": 55_000, "e": 100_000, "f": 180_000})
    assert set(footings(products).values()) == {"loose"}
    assert Alternatives().fit(products).up("b")["item"].to_list() == ["c"]


def test_four_times_the_price_is_another_purchase() -> None:
    fitted = Alternatives().fit(catalogue({"a": 1000, "b": 4000, "c": 4001}))
    assert fitted.up("a")["item"].to_list() == ["b"]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 9)), max_size=30))
def test_the_usual_price_is_one_at_which_it_was_sold(rows: list[tuple[str, int]]) -> None:
    sold = sold_for(Index.of(list("abcd")), sales(*rows))
    for place, item in enumerate("abcd"):
        prices = [price for name, price in rows if name == item]
        assert sold.sales[place] == len(prices)
        assert sold.price[place] in (prices or [-1])
        assert 0 <= sold.usual[place] <= 1
