"""Importing files into a store."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tsuide.app.importing import import_file, read_file, safe_cell, unambiguous
from tsuide.errors import BadColumns, BadFile
from tsuide.intake.settings import IntakeSettings
from tsuide.store.database import Store, open_store

NOW = IntakeSettings(now=datetime(2026, 1, 1, tzinfo=UTC), currency="JPY")
ORDERS = """\
注文番号,注文日,会員ID,商品コード,商品名,数量,単価
1,2025-01-01,c,tea,煎茶,2,1200
1,2025-01-01,c,cup,湯呑,=1+1,800
"""


@pytest.fixture
def store(sqlite_url: str) -> Store:
    return open_store(sqlite_url)


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    file = tmp_path / "orders.csv"
    file.write_bytes(ORDERS.encode("cp932"))
    return file


def test_the_same_file_twice_changes_nothing(store: Store, orders: Path) -> None:
    first = import_file(store.facts, read_file(orders), NOW)
    again = import_file(store.facts, read_file(orders), NOW)
    assert (first.kind, first.rows, first.kept, first.rejected) == ("orders", 2, 1, 1)
    assert first.written["orders"] == {"inserted": 1, "updated": 0, "unchanged": 0}
    assert again.written["orders"] == {"inserted": 0, "updated": 0, "unchanged": 1}
    assert store.facts.order_lines()["amount"].to_list() == [2400]


def test_rejects_are_written_so_that_no_spreadsheet_runs_them(store: Store, orders: Path, tmp_path: Path) -> None:
    report = import_file(store.facts, read_file(orders), NOW, rejects_path=tmp_path / "rejects.csv")
    with (tmp_path / "rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["line", "column", "value", "reason"], ["3", "数量", "'=1+1", "not a number"]]
    assert report.reasons == {"number": 1}
    with pytest.raises(BadFile, match="rejects"):
        import_file(store.facts, read_file(orders), NOW, rejects_path=tmp_path / "no" / "x.csv")


def test_a_dry_run_writes_nothing(store: Store, orders: Path) -> None:
    report = import_file(store.facts, read_file(orders), NOW, dry_run=True)
    assert (report.kept, dict(report.written)) == (1, {})
    assert store.facts.counts()["orders"] == 0


def test_lines_of_unknown_products_are_kept_and_the_products_named(store: Store, orders: Path) -> None:
    report = import_file(store.facts, read_file(orders), NOW)
    assert (report.unknown_products, report.unknown_examples) == (1, ("tea",))
    taken = import_file(store.facts, read_file(orders), NOW, with_products=True)
    assert taken.unknown_products == 0
    assert store.facts.products().select("id", "title", "price").rows() == [("tea", "煎茶", 1200)]


def test_two_columns_of_one_name_are_asked_about(tmp_path: Path) -> None:
    file = tmp_path / "o.csv"
    file.write_text("order_id,placed_at,sku,SKU,quantity,price\n1,2025-01-01,a,b,1,5\n")
    with pytest.raises(BadColumns, match="--map product_id="):
        unambiguous(read_file(file).mapping)
    read = read_file(file, given={"product_id": "SKU"})
    assert unambiguous(read.mapping).columns["product_id"] == "SKU"


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", " =1", "＝1"])
def test_safe_cells(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


def test_a_crms_activities_become_talks_and_a_missed_call_reaches_nobody(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "活動.csv"
    text = """\
活動ID,取引先ID,活動種別,活動日,担当者,内容,結果
a1,k-1,架電,2025/06/01 10:00,佐藤,"値引きのご相談、
折り返し",不在
a2,K-2@X.example,訪問,2025/06/02,佐藤,ご提案,次回見積
a3,k-1,瞑想,2025/06/02,佐藤,?,?
,,,,,,
"""
    file.write_bytes(text.encode("cp932"))
    report = import_file(store.facts, read_file(file), NOW)
    assert (report.kind, report.kept, report.rejected) == ("interactions", 2, 1)
    rows = store.facts.interactions().select("id", "customer_id", "kind", "outcome").rows()
    assert rows == [("a1", "k-1", "call", "no_answer"), ("a2", "k-2@x.example", "visit", "次回見積")]


def test_a_contact_who_names_the_account_is_put_below_it_whatever_the_name_s_variant(
    store: Store, tmp_path: Path
) -> None:
    accounts, contacts = tmp_path / "accounts.csv", tmp_path / "contacts.csv"
    accounts.write_text("id,name,kind\nk-1,ＧＴＸ　Pro 株式会社,法人\nk-2,Twin Inc.,法人\nk-3,twin,法人\n")
    contacts.write_text("id,name,所属会社\np-1,Ann,㈱GTXPro\np-2,Ben,Twin Co.\np-3,Cho,Nobody Ltd\np-4,Dan,\n")
    import_file(store.facts, read_file(accounts, "customers"), NOW)
    report = import_file(store.facts, read_file(contacts, "customers"), NOW)
    people = {row["id"]: row["parent_id"] for row in store.facts.customers().to_dicts() if row["kind"] == "person"}
    assert people == {"p-1": "k-1", "p-2": None, "p-3": None, "p-4": None}
    assert report.unlinked == 2


def test_a_file_with_fewer_columns_keeps_what_it_says_nothing_of_and_an_empty_cell_takes_a_value_away(
    store: Store, tmp_path: Path
) -> None:
    full, tiers, crm = tmp_path / "full.csv", tmp_path / "tiers.csv", tmp_path / "crm.csv"
    full.write_text("id,kind,name,parent_id,email,owner,tier,team\nk-1,company,Aoba,k-0,a@x.example,sato,gold,east\n")
    tiers.write_text("id,tier,team,email\nk-1,silver,,\nk-2,bronze,west,b@x.example\n")
    crm.write_text("取引先 ID,取引先名,取引先 所有者\nk-1,青葉,ito\n")
    for file in (full, tiers, crm):
        import_file(store.facts, read_file(file, "customers"), NOW)
    first, second = sorted(store.facts.customers().to_dicts(), key=lambda row: row["id"])
    assert (first["kind"], first["name"], first["parent_id"], first["email"]) == ("company", "青葉", "k-0", None)
    assert json.loads(first["attributes"]) == {"owner": "ito", "tier": "silver"}
    assert (second["kind"], json.loads(second["attributes"])) == ("person", {"tier": "bronze", "team": "west"})


def test_columns_that_become_attributes_are_not_said_to_be_unused_and_secrets_are(tmp_path: Path) -> None:
    file = tmp_path / "c.csv"
    file.write_text("id,name,team,password\nc,Ann,east,x\n")
    mapping = read_file(file, "customers").mapping
    assert (mapping.attributes, mapping.left_out) == (("team",), ("password",))
    file.write_text("order_id,placed_at,sku,quantity,price,colour\n1,2025-01-01,a,1,5,red\n")
    assert (read_file(file).mapping.attributes, read_file(file).mapping.left_out) == ((), ("colour",))
