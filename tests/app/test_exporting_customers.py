"""Customers as a table: read again it is the same, and no cell of it is a formula."""

from datetime import UTC, datetime
from pathlib import Path

from tsuide.app.exporting_customers import export_customers
from tsuide.app.importing import import_file, read_file
from tsuide.app.wiring import Shop
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.frames import frame_of
from tsuide.intake.settings import IntakeSettings

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def test_what_is_written_is_read_again_as_it_was(empty_shop: Shop, tmp_path: Path) -> None:
    facts = empty_shop.store.facts
    people = [
        Customer("k-1", "company", name="青葉商事株式会社", attributes={"owner": "佐藤", "評価": "A"}, created_at=NOW),
        Customer("p-1", parent_id="k-1", name='山田, "花子"', email="h@x.example", language="ja"),
    ]
    facts.write_customers(frame_of(people, CUSTOMERS))
    text, count = export_customers(empty_shop)
    file = tmp_path / "customers.csv"
    file.write_text(text, encoding="utf-8", newline="")
    again = import_file(facts, read_file(file), IntakeSettings(now=NOW, currency="JPY"))
    assert (count, again.kind, again.written["customers"]) == (
        2, "customers", {"inserted": 0, "updated": 0, "unchanged": 2},
    )  # fmt: skip


def test_no_cell_is_a_formula(empty_shop: Shop) -> None:
    person = Customer("p-1", name="=HYPERLINK(1)", attributes={"=1": "@x"})
    empty_shop.store.facts.write_customers(frame_of([person], CUSTOMERS))
    text, _ = export_customers(empty_shop)
    assert ("'=HYPERLINK(1)" in text, "'=1" in text, "'@x" in text) == (True, True, True)
