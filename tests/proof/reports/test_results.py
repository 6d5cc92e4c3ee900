"""The report of results: counted by hand, told in both languages, safe in a page and in a spreadsheet."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from tsuide.errors import BadValue
from tsuide.kit.clock import zone
from tsuide.proof.attribution import Credit
from tsuide.proof.reports.results import (
    METHODS,
    SORTS,
    SOUGHT,
    TOUCHED,
    Results,
    customer_table,
    first_purchases,
    offer_table,
    reason_table,
    unmet,
)
from tsuide.proof.reports.results_page import results_csv, results_page, rows_csv, summary_text
from tsuide.proof.reports.results_phrases import RESULTS
from tsuide.proof.reports.schedule import Schedule, checked, newest_slot

START = datetime(2026, 6, 1, tzinfo=UTC)
END = START + timedelta(days=30)
DAY = timedelta(days=1)


def touch(offer: str, outcome: str, **more: Any) -> dict[str, Any]:
    usual = {"at": START + DAY, "decision_id": "d", "customer_id": "c", "product": "card", "category": "cards"}
    return usual | {"offer_id": offer, "outcome": outcome, "kind": "cross_sell", "placement": "cart"} | more


TOUCHES = pl.DataFrame(
    [
        touch("x", "shown", rep="tanaka", segment=["vip", "new"], pair="cam → card"),
        touch("x", "shown", rep="tanaka", segment=["vip", "new"], pair="cam → card"),
        touch("x", "accepted", rep="tanaka", segment=["vip", "new"], pair="cam → card"),
        touch("y", "shown", product="<b>bag</b>", placement="product"),
        touch("y", "declined", product="<b>bag</b>", placement="product", reason="too_dear"),
    ],
    schema=TOUCHED,
)
CREDITS = [Credit("x", "o1", 1, "card", "JPY", 900, "click", 1)]


def line(who: str, order: str, day: float, **more: Any) -> dict[str, Any]:
    usual = {"line": 1, "amount": 1_000, "quantity": 2, "returned": 0, "category": "cards", "offered": False}
    return {"customer_id": who, "order_id": order, "placed_at": START + day * DAY, **usual, **more}


LINES = pl.DataFrame([line("a", "o0", -9), line("a", "o1", 2, returned=1), line("b", "o2", 3, offered=True)])


def found(offers: pl.DataFrame | None = None) -> Results:
    return Results(
        START, END, "JPY", offer_table(TOUCHES, CREDITS) if offers is None else offers,
        customer_table(LINES, CREDITS, START, END), first_purchases(LINES, START, END),
        unmet(pl.DataFrame(schema=SOUGHT)), reason_table(TOUCHES), {"why": "too few", "because": "too_few"},
    )  # fmt: skip


def test_an_offer_counts_once_per_outcome_under_each_of_its_names() -> None:
    rows = {(row["sort"], row["name"]): row for row in offer_table(TOUCHES, CREDITS).iter_rows(named=True)}
    cart = rows["placement", "cart"]
    assert (cart["shown"], cart["accepted"], cart["accept_rate"], cart["attributed"]) == (1, 1, 1.0, 900)
    assert rows["segment", "vip"]["shown"] == rows["segment", "new"]["shown"] == rows["rep", "tanaka"]["shown"] == 1
    assert rows["pair", "cam → card"]["attributed"] == 900
    assert (rows["kind", "cross_sell"]["shown"], rows["kind", "cross_sell"]["declined"]) == (2, 1)
    assert ("journey", "") not in rows


def test_new_and_existing_customers_stand_apart_and_returns_are_taken_off() -> None:
    new, existing = customer_table(LINES, CREDITS, START, END).to_dicts()
    assert new == {"group": "new", "customers": 1, "orders": 1, "revenue": 1_000, "attributed": 0}
    assert existing == {"group": "existing", "customers": 1, "orders": 1, "revenue": 500, "attributed": 900}


def test_only_a_first_purchase_in_a_category_counts() -> None:
    assert first_purchases(LINES, START, END).to_dicts() == [{"category": "cards", "customers": 1, "through_offers": 1}]


def test_a_search_is_unmet_without_results_or_when_nothing_was_looked_at() -> None:
    def sought(kind: str, minute: float, query: str | None = None, results: int | None = None) -> dict[str, Any]:
        at = START + timedelta(minutes=minute)
        return {"at": at, "person": "p", "kind": kind, "query": query, "results": results}

    rows = [
        sought("search", 0, "ＡＢＣ", 0),
        sought("search", 5, "met"),
        sought("view", 34),
        sought("search", 50, "abc"),
    ]
    assert unmet(pl.DataFrame(rows, schema=SOUGHT)).to_dicts() == [
        {"query": "abc", "times": 2, "empty": 1, "nowhere": 2}  # the look came 34 minutes after the first
    ]


def test_reasons_for_no_are_counted_by_category() -> None:
    assert reason_table(TOUCHES).to_dicts() == [{"reason": "too_dear", "category": "cards", "times": 1}]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_figure_of_the_page_leads_to_its_rows_and_method(language: str) -> None:
    page = results_page(found(), language, rows_at="rows?sort={sort}&name={name}")
    assert f'<html lang="{language}">' in page
    assert 'href="rows?sort=rep&amp;name=tanaka"' in page
    assert all(f'id="method-{each}"' in page for each in METHODS)
    assert 'href="#method-offers"' in page
    assert "<b>bag</b>" not in page
    assert "&lt;b&gt;bag&lt;/b&gt;" in page
    assert RESULTS.text("new", language) in page
    assert RESULTS.text("title", language) in summary_text(found().plain(), language)


def test_a_spreadsheet_runs_nothing_of_what_customers_or_shops_wrote() -> None:
    rows = TOUCHES.with_columns(product=pl.lit("=HYPERLINK(1)"))
    assert ",'=HYPERLINK(1)," in rows_csv(rows)
    assert results_csv(found()).startswith("\ufeffsort,name,shown")


def test_every_sort_has_its_word() -> None:
    assert {*SORTS} <= RESULTS.all("ja").keys() == RESULTS.all("en").keys()


@pytest.mark.parametrize(
    ("every", "at", "now", "slot"),
    [
        ("day", "08:00", "2026-06-03T07:59+09:00", "2026-06-02T08:00+09:00"),
        ("day", "08:00", "2026-06-03T08:00+09:00", "2026-06-03T08:00+09:00"),
        ("week", "23:30", "2026-06-01T12:00+09:00", "2026-05-25T23:30+09:00"),
        ("month", "00:00", "2026-06-30T12:00+09:00", "2026-06-01T00:00+09:00"),
    ],
)
def test_a_report_is_due_at_the_newest_moment_gone_by(every: Any, at: str, now: str, slot: str) -> None:
    found = newest_slot(Schedule("s", every, at), datetime.fromisoformat(now), zone("Asia/Tokyo"))
    assert found == datetime.fromisoformat(slot)


@pytest.mark.parametrize(
    ("schedule", "key"),
    [
        (Schedule("s"), "to"),
        (Schedule("s", to=("nobody",)), "to"),
        (Schedule("s", to=("a@example.com\nBcc: b@example.com",)), "to"),
        (Schedule("s", at="8 o'clock", folder="x"), "at"),
        (Schedule("s", days=0, folder="x"), "days"),
        (Schedule(" ", folder="x"), "id"),
    ],
)
def test_what_makes_no_sense_is_named(schedule: Schedule, key: str) -> None:
    with pytest.raises(BadValue) as caught:
        checked(schedule)
    assert caught.value.key == key
