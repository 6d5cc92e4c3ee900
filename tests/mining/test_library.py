"""The library face: one import each, and nothing else is loaded."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

import tsuide.mining
from tsuide.errors import BadValue, TooFewData
from tsuide.mining import Baskets, Complements
from tsuide.mining.fitted import Fitted

LINES = pl.DataFrame(
    [
        (f"o{n}", item, f"客{n * 7 % 61}", datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=20 * n), 1, 300)
        for n in range(420)
        for item in (("茶", "急須") if n % 2 else ("珈琲", "カップ", "砂糖"))
    ],
    schema=["order", "item", "customer", "time", "units", "price"],
    orient="row",
)
PRODUCTS = pl.DataFrame(
    {
        "id": ["茶", "急須", "珈琲", "カップ", "砂糖"],
        "title": ["お茶 100g", "急須", "珈琲 200g", "カップ", "砂糖 1kg"],
        "category": ["飲料", "器", "飲料", "器", "食品"],
        "price": [300, 2_000, 500, 900, 250],
        "currency": ["JPY"] * 5,
    }
)
NAMED = {"customer": "customer", "time": "time", "quantity": "units", "price": "price"}


def baskets_of(table: Any) -> Baskets:
    return Baskets.from_frame(table, basket="order", item="item", **NAMED)


LEARNED: dict[str, Callable[[Callable[[pl.DataFrame], Any]], Fitted]] = {
    "complements": lambda like: Complements().fit(baskets_of(like(LINES))),
    "completion": lambda like: tsuide.mining.Completion().fit(baskets_of(like(LINES))),
    "next basket": lambda like: tsuide.mining.NextBasket().fit(baskets_of(like(LINES))),
    "sessions": lambda like: tsuide.mining.Sessions().fit(baskets_of(like(LINES))),
    "timing": lambda like: tsuide.mining.Timing().fit(baskets_of(like(LINES))),
    "replenishment": lambda like: tsuide.mining.Replenishment().fit(baskets_of(like(LINES))),
    "bundles": lambda like: tsuide.mining.Bundles().fit(baskets_of(like(LINES))),
    "value": lambda like: tsuide.mining.LifetimeValue().fit(baskets_of(like(LINES))),
    "alternatives": lambda like: tsuide.mining.Alternatives().fit(like(PRODUCTS), baskets_of(like(LINES))),
    "fillers": lambda like: tsuide.mining.Fillers().fit(baskets_of(like(LINES)), like(PRODUCTS)),
    "back-off": lambda like: tsuide.mining.BackOff().fit(
        like(PRODUCTS), baskets_of(LINES), Complements().fit(baskets_of(LINES), tune=False)
    ),
    "paths": lambda like: tsuide.mining.Paths(min_count=1).fit(
        like(LINES.select("customer", "time", pl.col("item").alias("step")))
    ),
    "contact time": lambda like: tsuide.mining.ContactTime().fit(
        like(LINES.select("customer", pl.col("item").alias("channel"), pl.col("time").alias("at"), reacted=True))
    ),
    "reviews": lambda like: tsuide.mining.Reviews().fit(
        like(LINES.select(pl.col("item").alias("product_id"), rating=pl.col("units") + 3))
    ),
    "whitespace": lambda like: tsuide.mining.Whitespace().fit(
        like(LINES.select("customer", pl.col("item").alias("line"), pl.col("price").alias("amount")))
    ),
}


@pytest.mark.parametrize("name", tsuide.mining.__all__)
def test_every_model_can_be_imported_from_the_front_door(name: str) -> None:
    assert isinstance(getattr(tsuide.mining, name), type)


def test_a_name_that_is_none_is_refused_like_any_modules() -> None:
    with pytest.raises(AttributeError, match="Complement"):
        _ = tsuide.mining.Complement


def test_one_model_loads_neither_store_nor_server_nor_charts() -> None:
    program = (
        "import sys; from tsuide.mining import Baskets, Complements; "
        "print([name for name in ('sqlalchemy', 'fastapi', 'altair', 'pydantic', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_polars_pandas_and_arrow_tables_give_the_same_complements() -> None:
    lines = pl.DataFrame({"order": [1, 1, 2, 2, 3], "sku": ["a", "b", "a", "b", "c"]})
    frames = [
        Complements(min_count=1).fit(Baskets.from_frame(table, basket="order", item="sku")).frame()
        for table in (lines, lines.to_pandas(), lines.to_arrow(), lines.lazy())
    ]
    assert all(frame.equals(frames[0]) for frame in frames)
    assert frames[0].select("anchor", "item", "count").rows() == [("a", "b", 2), ("b", "a", 2)]


def same(one: Fitted, other: Fitted) -> bool:
    left, right = one.arrays(), other.arrays()
    equal = [np.array_equal(array, right[name], equal_nan=array.dtype.kind == "f") for name, array in left.items()]
    return left.keys() == right.keys() and all(equal) and one.meta() == other.meta()


@pytest.mark.parametrize("name", LEARNED)
def test_every_model_learns_the_same_from_polars_pandas_and_arrow(name: str) -> None:
    learned = LEARNED[name]
    expected = learned(lambda frame: frame)
    assert same(learned(pl.DataFrame.to_pandas), expected)
    assert same(learned(pl.DataFrame.to_arrow), expected)


@pytest.mark.parametrize("name", [name for name in LEARNED if name != "next basket"])
def test_in_a_notebook_a_result_is_a_few_lines_and_not_its_arrays(name: str) -> None:
    told = repr(LEARNED[name](lambda frame: frame))
    assert "MB" in told
    assert "array(" not in told
    assert len(told) < 600


@pytest.mark.parametrize(
    "model",
    ["Complements", "Completion", "Sessions", "Timing", "Replenishment", "Bundles", "LifetimeValue", "Alternatives"],
)
def test_a_frame_in_the_place_of_baskets_is_refused_with_the_way_out(model: str) -> None:
    first = (PRODUCTS,) if model == "Alternatives" else ()
    with pytest.raises(BadValue, match=r"Baskets\.from_frame\(frame, …\)"):
        getattr(tsuide.mining, model)().fit(*first, LINES)


@pytest.mark.parametrize("name", ["complements", "completion", "next basket", "sessions", "bundles", "alternatives",
                                  "fillers", "back-off", "paths", "contact time", "reviews", "whitespace"])  # fmt: skip
def test_from_no_rows_at_all_nothing_is_learned_and_nothing_breaks(name: str) -> None:
    assert same(LEARNED[name](pl.DataFrame.clear), LEARNED[name](lambda frame: frame.clear().to_pandas()))


@pytest.mark.parametrize("name", ["timing", "replenishment", "value"])
def test_what_needs_customers_says_that_there_are_none(name: str) -> None:
    with pytest.raises(TooFewData, match="without customers"):
        LEARNED[name](pl.DataFrame.clear)


def test_products_whose_ids_are_all_missing_have_no_alternatives() -> None:
    nameless = PRODUCTS.with_columns(id=pl.lit(None, pl.String))
    assert tsuide.mining.Alternatives().fit(nameless, baskets_of(LINES)).frame().height == 0
