"""Order rows: what is wrong is named, what is right is kept."""

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsuide.errors import BadColumns
from tsuide.intake.convert import Intake, to_facts
from tsuide.intake.mapping import guess_mapping
from tsuide.intake.settings import IntakeSettings
from tsuide.intake.tables import table_of, table_of_frame

HEAD = "order_id,placed_at,customer_id,product_id,quantity,unit_price"
JAPAN = IntakeSettings(now=datetime(2026, 1, 1, tzinfo=UTC), currency="JPY")


def intake(*rows: str, head: str = HEAD, how: IntakeSettings = JAPAN) -> Intake:
    table = table_of("\n".join([head, *rows]).encode(), "orders.csv")
    return to_facts("orders", table, guess_mapping("orders", table.frame.columns, table.frame), how)


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (",2025-01-01,c,p,1,100", "order_id", "missing"),
        ("1,,c,p,1,100", "placed_at", "missing"),
        ("1,someday,c,p,1,100", "placed_at", "time"),
        ("1,2026-01-03,c,p,1,100", "placed_at", "future"),
        ("1,2025-01-01,c,,1,100", "product_id", "missing"),
        ("1,2025-01-01,c,p,,100", "quantity", "missing"),
        ("1,2025-01-01,c,p,many,100", "quantity", "number"),
        ("1,2025-01-01,c,p,1,cheap", "unit_price", "money"),
        ("1,2025-01-01,c,p,1,$5", "unit_price", "sign"),
        ("1,2025-01-01,c,p,1,-5", "unit_price", "negative"),
        ("1,2025-01-01,c,p,0,0", "quantity", "zero"),
        ("1,2025-01-01,c,p,-1,100", "quantity", "return"),
        (f"{'x' * 10_000},2025-01-01,c,p,1,100", "order_id", "long"),
    ],
)
def test_a_bad_row_is_rejected_by_line_column_and_reason(row: str, column: str, code: str) -> None:
    got = intake("0,2025-01-01,c0,p0,1,100", row, "9,2025-01-01,c9,p9,1,100")
    assert got.rejects.select("line", "column", "code").rows() == [(3, column, code)]
    assert got.frames["order_lines"]["product_id"].to_list() == ["p0", "p9"]


def test_emoji_are_ids_like_others() -> None:
    assert intake("🛒1,2025-01-01,🙂,🍵,1,100").frames["order_lines"]["product_id"].to_list() == ["🍵"]


@pytest.mark.parametrize(
    ("row", "column", "first"),
    [
        ("1,2025-01-01,d,p,1,100", "customer_id", "c"),
        ("1,2025-01-02,c,p,1,100", "placed_at", "2024-12-31 15:00:00Z"),
    ],
)
def test_an_order_that_says_two_things_keeps_the_first_and_names_both(row: str, column: str, first: str) -> None:
    got = intake("1,2025-01-01,c,p,1,100", row)
    assert got.rejects.select("line", "column").rows() == [(3, column)]
    assert first in got.rejects["reason"][0]
    assert "line 2" in got.rejects["reason"][0]


def test_currencies_come_from_the_column_or_the_setting_and_are_never_guessed() -> None:
    got = intake("1,2025-01-01,c,p,1,5.00,USD", "2,2025-01-01,c,p,1,500,JPY", head=f"{HEAD},currency")
    assert got.frames["orders"]["currency"].to_list() == ["USD", "JPY"]
    assert got.frames["order_lines"]["amount"].to_list() == [500, 500]
    with pytest.raises(BadColumns, match="--currency"):
        intake("1,2025-01-01,c,p,1,5", how=IntakeSettings(now=JAPAN.now))


def test_a_return_takes_back_from_the_latest_earlier_purchases() -> None:
    got = intake(
        "1,2025-01-01,c,p,2,100", "2,2025-01-02,c,p,1,100", "3,2025-01-03,c,p,-2,100", "4,2025-01-04,c,p,1,100"
    )
    assert got.frames["order_lines"].select("order_id", "returned").rows() == [("1", 1), ("2", 1), ("4", 0)]
    assert got.rejects.height == 0
    assert got.frames["orders"]["id"].to_list() == ["1", "2", "4"]


def test_a_line_id_is_used_once() -> None:
    rows = ("1,2025-01-01,c,p,1,100,7", "1,2025-01-01,c,q,1,100,7", "1,2025-01-01,c,q,1,100,8")
    got = intake(*rows, head=f"{HEAD},line_id")
    assert got.rejects.select("line", "code", "reason").rows() == [(3, "duplicate", "the same id as in line 2")]
    assert got.frames["order_lines"]["line"].to_list() == [7, 8]


def test_what_is_sold_by_measure_is_one_unit_at_the_whole_amount() -> None:
    got = intake("1,2025-01-01,c,p,0.35,1000", "2,2025-01-01,c,p,2.0,1000")
    assert got.frames["order_lines"].select("quantity", "unit_price", "amount").rows() == [
        (1, 350, 350),
        (2, 1000, 2000),
    ]


def test_a_given_amount_is_exact_and_the_unit_price_is_rounded() -> None:
    head = "order_id,placed_at,product_id,quantity,amount,discount"
    got = intake("1,2025-01-01,p,3,1000,100", head=head)
    assert got.frames["order_lines"].select("unit_price", "discount", "amount").rows() == [(367, 100, 1000)]


def test_parquet_types_need_no_text() -> None:
    frame = pl.DataFrame(
        {
            "order_id": [1, 1],
            "placed_at": [datetime(2025, 1, 1), datetime(2025, 1, 1)],  # noqa: DTZ001 - a naive column
            "product_id": [10, 11],
            "quantity": [1, 2],
            "unit_price": [0.285, 19.99],
        }
    )
    how = IntakeSettings(now=JAPAN.now, currency="USD")
    got = to_facts("orders", table_of_frame(frame), guess_mapping("orders", frame.columns), how)
    assert got.frames["order_lines"].select("order_id", "line", "amount").rows() == [("1", 1, 29), ("1", 2, 3998)]


BAD = (
    "b{n},nonsense,c,p,1,100",
    "b{n},2025-01-01,c,,1,100",
    "b{n},2025-01-01,c,p,x,100",
    "b{n},2025-01-01,c,p,1,y",
    "b{n},2025-01-01,c,p,1,100,too,many",
    "o0,2025-01-01,somebody else,,1,100",
    'b{n},"never closed,c,p,1,100',
)


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.sampled_from(BAD)), min_size=1, max_size=30))
def test_bad_rows_cost_no_good_row_and_are_named_by_their_lines(rows: list[str | None]) -> None:
    """None stands for a good row, which holds a quoted comma and a quoted line feed."""
    texts, good, bad, line = [], [], [], 2
    for n, row in enumerate(rows):
        if row is None:
            texts.append(f'o{n % 3},2025-01-01,c,"p,\n{n}",1,100')
            good.append(f"p,\n{n}")
            line += 2
        else:
            texts.append(row.format(n=n))
            bad.append(line)
            line += 1
    got = intake(*texts)
    assert got.frames["order_lines"]["product_id"].to_list() == good
    assert got.rejects["line"].to_list() == bad
    assert got.kept == len(good)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=20))
def test_the_same_file_gives_the_same_facts_and_unique_identities(rows: list[tuple[int, int]]) -> None:
    texts = [f"{order},2025-01-01,c{order},p{product},1,100" for order, product in rows]
    first, second = intake(*texts), intake(*texts)
    for name, frame in first.frames.items():
        assert frame.equals(second.frames[name])
    lines = first.frames["order_lines"]
    assert lines.height == len(rows)
    assert lines.select("order_id", "line").is_unique().all()
