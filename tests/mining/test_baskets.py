from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsuide.errors import BadArray, BadColumns
from tsuide.mining.baskets import Baskets

line = st.tuples(
    st.sampled_from(["o1", "o2", "o10", "注文", "o3", None]),
    st.sampled_from(["b", "a", "ペン", "c", "10", "9", None]),
    st.sampled_from(["x", "y", None]),
    st.integers(0, 3) | st.none(),
    st.integers(-2, 5) | st.none(),
    st.integers(0, 300) | st.none(),
)
SCHEMA = {
    "o": pl.String,
    "p": pl.String,
    "c": pl.String,
    "t": pl.Int64,
    "q": pl.Int64,
    "u": pl.Int64,
}


def framed(lines: list[tuple[Any, ...]]) -> pl.DataFrame:
    return pl.DataFrame(lines, schema=SCHEMA, orient="row")


def plainly(lines: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """(basket, customer, time, {item: (units, price)}) in the order of time, then id: the plain way."""
    orders: dict[str, list[tuple[Any, ...]]] = {}
    units_of: dict[tuple[str, str], int] = {}
    for each in lines:
        units_of[each[:2]] = units_of.get(each[:2], 0) + (1 if each[4] is None else each[4])
    for each in lines:
        if each[0] is not None and each[1] is not None and units_of[each[:2]] > 0:
            orders.setdefault(each[0], []).append(each)
    made = []
    for basket, rows in orders.items():
        items: dict[str, tuple[float, int]] = {}
        for item in sorted({row[1] for row in rows}):
            units = sum(1 if row[4] is None else row[4] for row in rows if row[1] == item)
            prices = [row[5] for row in rows if row[1] == item and row[5] is not None]
            items[item] = (units, (2 * sum(prices) + len(prices)) // (2 * len(prices)) if prices else -1)
        times = [row[3] for row in rows if row[3] is not None]
        customer = next((row[2] for row in rows if row[2] is not None), None) if times else None
        made.append((basket, customer, min(times, default=0), items))
    return sorted(made, key=lambda each: (each[2], each[0]))


def unpacked(baskets: Baskets) -> list[tuple[Any, ...]]:
    made = []
    for b in range(baskets.n_baskets):
        span = slice(baskets.items_of[b], baskets.items_of[b + 1])
        ids = [baskets.item_ids[i] for i in baskets.item[span]]
        units, prices = baskets.quantity[span].tolist(), baskets.price[span].tolist()
        customer = baskets.customer_ids[baskets.customer[b]] if baskets.customer[b] >= 0 else None
        items = dict(zip(ids, zip(units, prices, strict=True), strict=True))
        made.append((baskets.basket_ids[b], customer, int(baskets.time[b]), items))
    return made


@settings(deadline=None, max_examples=200)
@given(st.lists(line, max_size=60))
def test_baskets_are_those_of_the_plain_way(lines: list[tuple[Any, ...]]) -> None:
    frame = framed(lines)
    baskets = Baskets.from_frame(frame, basket="o", item="p", customer="c", time="t", quantity="q", price="u")
    assert unpacked(baskets) == plainly(lines)
    assert frame.equals(framed(lines))
    assert baskets.item_ids.ids == sorted({item for _, _, _, items in plainly(lines) for item in items})


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.integers(-5, 300), st.integers(90, 120)), max_size=80), st.booleans())
def test_numbers_as_ids_give_the_baskets_of_texts(pairs: list[tuple[int, int]], wide: bool) -> None:  # noqa: FBT001  # drawn
    """A table of numbers takes a shorter way; a wide range of them does not."""
    spread = 10**12 if wide else 1
    frame = pl.DataFrame(
        {"o": [o * spread for o, _ in pairs], "p": [p * spread for _, p in pairs]},
        schema={"o": pl.Int64, "p": pl.Int64},
    )
    numbers = Baskets.from_frame(frame, basket="o", item="p")
    texts = Baskets.from_frame(frame.cast(pl.String), basket="o", item="p")
    assert numbers.item_ids == texts.item_ids
    assert sorted(map(str, unpacked(numbers))) == sorted(map(str, unpacked(texts)))


def test_pandas_and_arrow_give_the_same() -> None:
    lines = [("o1", "a", "x", 5, 1, 100), ("o1", "b", "x", 5, 2, 50), ("o2", "a", None, 4, 1, 90)]
    frame = framed(lines)
    named = {"basket": "o", "item": "p", "customer": "c", "time": "t", "quantity": "q", "price": "u"}
    plain = unpacked(Baskets.from_frame(frame, **named))
    assert plain == plainly(lines)
    assert unpacked(Baskets.from_frame(frame.to_arrow(), **named)) == plain
    assert unpacked(Baskets.from_frame(pd.DataFrame(frame.to_dict(as_series=False)), **named)) == plain
    assert unpacked(Baskets.from_frame(frame.lazy(), **named)) == plain


def test_a_batch_of_arrow_is_a_table_too_and_a_list_is_none() -> None:
    lines = pl.DataFrame({"o": [1, 1], "p": ["a", "b"]})
    assert Baskets.from_frame(lines.to_arrow().to_batches()[0], basket="o", item="p").n_items == 2
    with pytest.raises(BadColumns, match="not a table: frame = 'list'"):
        Baskets.from_frame([1, 2], basket="o", item="p")


def test_a_column_of_pandas_that_nobody_asked_for_may_hold_anything_and_one_that_mixes_types_is_named() -> None:
    frame = pd.DataFrame({"o": [1, 1, 2], "p": ["a", "b", "a"], "note": [1, "x", None]})
    assert Baskets.from_frame(frame, basket="o", item="p").n_baskets == 2
    with pytest.raises(BadColumns, match=r"mixes types: note = .*frame\['note'\]\.astype\(str\)"):
        Baskets.from_frame(frame, basket="o", item="note")


def test_whole_numbers_of_which_pandas_made_fractions_are_the_same_ids() -> None:
    frame = pd.DataFrame({"o": [1, 1, 2], "p": [10, 11, None]})
    assert Baskets.from_frame(frame, basket="o", item="p").item_ids.ids == ["10", "11"]
    halves = pd.DataFrame({"o": [1, 1], "p": [10.5, float("nan")]})
    assert Baskets.from_frame(halves, basket="o", item="p").item_ids.ids == ["10.5"]


def test_what_was_given_back_was_not_bought() -> None:
    lines = [("o1", "a", 2), ("o1", "a", -2), ("o1", "b", 3), ("o1", "b", -1), ("o2", "a", -1)]
    frame = pl.DataFrame(lines, schema=["o", "p", "q"], orient="row")
    baskets = Baskets.from_frame(frame, basket="o", item="p", quantity="q")
    assert (baskets.basket_ids.ids, baskets.item_ids.ids, baskets.quantity.tolist()) == (["o1"], ["b"], [2.0])


def test_a_basket_whose_time_is_not_known_stands_first_and_is_nobodys() -> None:
    lines = [("o1", "a", "x", 5), ("o2", "b", "x", None), ("o1", "b", "x", None)]
    frame = pl.DataFrame(lines, schema=["o", "p", "c", "t"], orient="row")
    baskets = Baskets.from_frame(frame, basket="o", item="p", customer="c", time="t")
    assert (baskets.basket_ids.ids, baskets.time.tolist(), baskets.customer.tolist()) == (["o2", "o1"], [0, 5], [-1, 0])


def test_in_a_notebook_baskets_say_how_many_and_not_all_of_it() -> None:
    lines = pl.DataFrame({"o": [1, 1, 2], "p": ["a", "b", "a"]})
    assert repr(Baskets.from_frame(lines, basket="o", item="p")) == "Baskets(2 baskets, 2 items, 0 customers)"


def test_moments_are_read_as_utc() -> None:
    at = datetime(2025, 3, 1, tzinfo=UTC)
    for moment in (at, at.replace(tzinfo=None)):
        baskets = Baskets.from_frame(pl.DataFrame({"o": [1], "p": [1], "t": [moment]}), basket="o", item="p", time="t")
        assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(baskets.time[0])) == at


def test_a_missing_column_is_named() -> None:
    with pytest.raises(BadColumns, match="sku"):
        Baskets.from_frame(pl.DataFrame({"o": [1]}), basket="o", item="sku")


def test_columns_that_were_not_named_take_no_memory() -> None:
    baskets = Baskets.from_frame(pl.DataFrame({"o": range(1000), "p": range(1000)}), basket="o", item="p")
    assert baskets.quantity.strides == (0,)
    assert baskets.price.strides == (0,)
    assert not baskets.has_time


def test_a_basket_of_five_thousand_items_with_every_line_doubled() -> None:
    frame = pl.DataFrame({"o": ["big"] * 10_000, "p": [f"p{i % 5000:04}" for i in range(9999, -1, -1)]})
    baskets = Baskets.from_frame(frame, basket="o", item="p")
    assert baskets.of(0).tolist() == list(range(5000))
    assert set(baskets.quantity.tolist()) == {2.0}


def some(seed: int = 0) -> Baskets:
    rng = np.random.default_rng(seed)
    n = 300
    frame = pl.DataFrame(
        {
            "o": rng.integers(0, 60, n),
            "p": rng.integers(0, 12, n),
            "c": rng.integers(0, 9, n),
            "t": rng.integers(0, 99, n),
        }
    )
    frame = frame.with_columns(pl.col("t", "c").first().over("o"))
    return Baskets.from_frame(frame, basket="o", item="p", customer="c", time="t")


def test_before_and_after_a_moment_split_all_baskets() -> None:
    baskets = some()
    before, after = baskets.before(40), baskets.after(40)
    assert unpacked(before) + unpacked(after) == unpacked(baskets)
    assert int(before.time[-1]) < 40 <= int(after.time[0])
    assert np.shares_memory(before.item, baskets.item)


def test_the_baskets_of_some_customers() -> None:
    baskets = some()
    wanted = [baskets.customer_ids[i] for i in (0, 3)]
    assert unpacked(baskets.of_customers([0, 3])) == [each for each in unpacked(baskets) if each[1] in wanted]


def test_items_in_too_few_baskets_are_left_out() -> None:
    baskets = some()
    counts = {baskets.item_ids[i]: n for i, n in enumerate(baskets.count_of_item().tolist())}
    limit = int(np.median(list(counts.values()))) + 1
    fewer = baskets.with_frequent_items(limit)
    assert fewer.item_ids.ids == [item for item, n in counts.items() if n >= limit]
    expected = [
        (basket, customer, time, {item: at for item, at in items.items() if counts[item] >= limit})
        for basket, customer, time, items in unpacked(baskets)
    ]
    assert unpacked(fewer) == expected


def test_a_mask_and_numbers_select_the_same() -> None:
    baskets = some()
    mask = np.arange(baskets.n_baskets) % 3 == 0
    assert unpacked(baskets.select(mask)) == unpacked(baskets.select(np.flatnonzero(mask)))
    assert unpacked(baskets.select(mask)) == unpacked(baskets)[::3]


@pytest.mark.parametrize(
    ("arrays", "named"),
    [
        ({"items_of": [0, 2], "item": [1, 0]}, r"item\[1\]"),
        ({"items_of": [0, 2], "item": [0, 0]}, r"item\[1\]"),
        ({"items_of": [0, 2], "item": [0, 5], "n_items": 5}, r"item\[1\]"),
        ({"items_of": [0, 3], "item": [0, 1]}, "items_of"),
        ({"items_of": [0, 2, 1, 2], "item": [0, 1]}, "items_of"),
        ({"items_of": [0, 1, 2], "item": [0, 1], "time": [2, 1]}, "time"),
        ({"items_of": [0, 1, 2], "item": [0, 1], "customer": [2]}, "customer"),
        ({"items_of": [0, 1, 2], "item": [0, 1], "quantity": [2]}, "quantity"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_by_name(arrays: dict[str, Any], named: str) -> None:
    with pytest.raises(BadArray, match=named):
        Baskets.from_arrays(**arrays)


def test_numbered_ids_stand_in_the_order_of_the_numbers() -> None:
    baskets = Baskets.from_arrays([0, 11], list(range(11)))
    assert baskets.item_ids.ids == sorted(baskets.item_ids.ids) == [f"{i:02}" for i in range(11)]


def test_nobody_writes_into_baskets() -> None:
    baskets = some()
    for values in (baskets.item, baskets.items_of, baskets.quantity, baskets.price, baskets.customer, baskets.time):
        assert not values.flags.writeable


def test_texts_are_numbered_in_their_order_and_nobody_known_is_none() -> None:
    lines = {"o": ["b", "b", "ä", "a"], "i": ["z", "ö", "z", "é"], "c": [None, None, None, None]}
    frame = pl.DataFrame(lines, schema_overrides={"c": pl.String})
    baskets = Baskets.from_frame(frame, basket="o", item="i", customer="c")
    assert (baskets.basket_ids.ids, baskets.item_ids.ids) == (["a", "b", "ä"], ["z", "é", "ö"])
    assert baskets.customer.tolist() == [-1, -1, -1]
    assert Baskets.from_frame(frame.head(0), basket="o", item="i", customer="c").n_baskets == 0


def test_prices_with_a_fraction_and_times_that_are_none_are_refused_by_name() -> None:
    frame = pl.DataFrame({"o": ["a"], "i": ["x"], "p": [19.99], "t": ["yesterday"]})
    with pytest.raises(BadColumns, match=r"19\.99"):
        Baskets.from_frame(frame, basket="o", item="i", price="p")
    with pytest.raises(BadColumns, match="does not fit its type, time: t = "):
        Baskets.from_frame(frame, basket="o", item="i", time="t")
    iso = Baskets.from_frame(frame.with_columns(t=pl.lit("1970-01-01T00:00:01")), basket="o", item="i", time="t")
    assert iso.time.tolist() == [1_000_000]
    whole = Baskets.from_frame(frame.with_columns(p=pl.Series([20.0])), basket="o", item="i", price="p")
    assert whole.price.tolist() == [20]
