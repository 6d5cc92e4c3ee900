"""Files that are sent in: kept, looked at, mapped, tried, imported, taken back."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from tsuide.app import uploads
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.errors import BadColumns, BadFile, Conflict, NotFound

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
PRODUCTS = "sku no,title,price,cost\nA,Cup,1200,700\nB,Pot,x,900\nC,Jar,300,100\n"


@pytest.fixture
def shop(tmp_path: Path, store_url: str) -> Iterator[Shop]:
    opened = open_shop(Settings(home=tmp_path / "home", database_url=store_url, language="en"))
    yield opened
    opened.close()


def _silent(_what: str, _done: int, _all: int) -> None: ...


def _sent(shop: Shop, text: str, name: str = "products.csv", now: datetime = NOW, entropy: int = 1) -> uploads.Upload:
    return uploads.keep_upload(shop, name, io.BytesIO(text.encode()), "Hana", now, entropy)


def test_a_file_with_a_column_of_an_unknown_name_is_mapped_tried_imported_and_taken_back(shop: Shop) -> None:
    upload = replace(_sent(shop, PRODUCTS), kind="products")
    assert "id" not in uploads.sample_of(shop, upload).mapping.columns
    mapped = replace(upload, given={"id": "sku no"})
    tried = uploads.try_upload(shop, mapped, NOW, _silent)
    assert (tried.rows, tried.kept, tried.rejected, tried.reasons) == (3, 2, 1, {"money": 1})
    assert shop.store.facts.counts()["products"] == 0
    assert "B" not in uploads.rejects_of(shop, upload).read_text(encoding="utf-8-sig").partition("x")[0].split(",")
    uploads.try_upload(shop, mapped, NOW, _silent, dry_run=False)
    assert shop.store.facts.products()["id"].to_list() == ["A", "C"]
    assert uploads.take_back(shop, upload.id, 1) == 2
    assert shop.store.facts.products()["status"].to_list() == ["discontinued", "discontinued"]


def test_a_changed_product_goes_back_to_what_it_was_unless_it_was_changed_since(shop: Shop) -> None:
    first = replace(_sent(shop, "id,title,price\nA,Cup,1200\n"), kind="products")
    uploads.try_upload(shop, first, NOW, _silent, dry_run=False)
    second = replace(_sent(shop, "id,title,price\nA,Cup,900\n", entropy=2), kind="products")
    uploads.try_upload(shop, second, NOW, _silent, dry_run=False)
    uploads.take_back(shop, second.id, 1)
    assert shop.store.facts.products()["price"].to_list() == [1200]
    with pytest.raises(Conflict, match="changed since"):
        uploads.take_back(shop, second.id, 1)


def test_of_two_imports_of_one_file_the_newest_is_taken_back_first(shop: Shop) -> None:
    first = replace(_sent(shop, "id,title,price\nA,Cup,1200\n"), kind="products")
    uploads.try_upload(shop, first, NOW, _silent, dry_run=False)
    uploads.file_of(shop, first).write_text("id,title,price\nA,Mug,900\n", encoding="utf-8")
    uploads.try_upload(shop, first, NOW, _silent, dry_run=False)
    with pytest.raises(Conflict, match="changed since"):
        uploads.take_back(shop, first.id, 1)
    uploads.take_back(shop, first.id, 2)
    assert shop.store.facts.products().select("title", "price").row(0) == ("Cup", 1200)
    uploads.take_back(shop, first.id, 1)
    assert shop.store.facts.products()["status"].to_list() == ["discontinued"]


def test_what_another_changed_meanwhile_in_other_rows_stays(shop: Shop) -> None:
    first = replace(_sent(shop, "id,title,price\nA,Cup,1200\nB,Pot,4000\n"), kind="products")
    uploads.try_upload(shop, first, NOW, _silent, dry_run=False)
    second = replace(_sent(shop, "id,price\nA,900\n", entropy=2), kind="products")
    uploads.try_upload(shop, second, NOW, _silent, dry_run=False)
    third = replace(_sent(shop, "id,price\nB,4400\n", entropy=3), kind="products")
    uploads.try_upload(shop, third, NOW, _silent, dry_run=False)
    uploads.take_back(shop, second.id, 1)
    assert dict(shop.store.facts.products().select("id", "price").iter_rows()) == {"A": 1200, "B": 4400}


def _imported(shop: Shop, kind: str, text: str, entropy: int) -> uploads.Upload:
    upload = replace(_sent(shop, text, f"{kind}.csv", entropy=entropy), kind=kind, currency="JPY")
    uploads.save_upload(shop, upload)
    uploads.try_upload(shop, upload, NOW, _silent, dry_run=False)
    return upload


def test_customers_go_back_and_of_new_ones_the_id_is_left(shop: Shop) -> None:
    _imported(shop, "customers", "id,name,email,tier\nc1,Hana,hana@x.example,gold\n", 1)
    wrong = _imported(shop, "customers", "id,name,email,tier\nc1,,,none\nc2,Taro,taro@x.example,new\n", 2)
    assert uploads.take_back(shop, wrong.id, 1) == 2
    rows = {row["id"]: row for row in shop.store.facts.customers().to_dicts()}
    assert (rows["c1"]["name"], rows["c1"]["email"], rows["c1"]["attributes"]) == (
        "Hana", "hana@x.example", '{"tier": "gold"}',
    )  # fmt: skip
    assert {name for name, value in rows["c2"].items() if value not in {None, "{}"}} == {"id", "kind"}


ORDERS = "order,customer,date,product,quantity,price\n"


def test_orders_go_back_new_ones_are_cancelled_and_added_lines_are_emptied(shop: Shop) -> None:
    _imported(shop, "orders", ORDERS + "o1,c1,2026-05-01,tea,1,1000\n", 1)
    more = "o1,c1,2026-05-01,tea,3,900\no1,c1,2026-05-01,pot,1,4000\no2,c2,2026-05-02,tea,1,1000\n"
    wrong = _imported(shop, "orders", ORDERS + more, 2)
    assert uploads.take_back(shop, wrong.id, 1) == 2
    status = dict(shop.store.facts.orders().select("id", "status").iter_rows())
    assert (status["o1"], status["o2"]) == ("placed", "cancelled")
    lines = shop.store.facts.order_lines().filter(order_id="o1").sort("line")
    assert lines.select("product_id", "quantity", "amount").rows() == [("tea", 1, 1000), ("pot", 0, 0)]
    _imported(shop, "orders", ORDERS + more, 3)  # it was right after all
    assert dict(shop.store.facts.orders().select("id", "status").iter_rows()) == {"o1": "placed", "o2": "placed"}


def test_an_import_that_was_cut_off_is_not_taken_back(shop: Shop) -> None:
    upload = _imported(shop, "orders", ORDERS + "o1,c1,2026-05-01,tea,1,1000\n", 1)
    for each in (uploads.file_of(shop, upload).parent).glob("*.after-*.arrow"):
        each.unlink()
    with pytest.raises(BadFile, match="not kept"):
        uploads.take_back(shop, upload.id, 1)


def test_what_was_there_before_goes_with_whoever_is_erased(shop: Shop) -> None:
    wrong = _imported(shop, "orders", ORDERS + "o1,somebody,2026-05-01,tea,1,1000\n", 1)
    kept = _imported(shop, "orders", ORDERS + "o2,another,2026-05-01,tea,1,1000\n", 2)
    uploads.file_of(shop, wrong).write_text("", encoding="utf-8")  # only in what is kept of the import
    assert uploads.forget_files_of(shop, "somebody") == 1
    assert [each.id for each in uploads.uploads(shop)] == [kept.id]


def test_a_field_that_somebody_emptied_is_read_from_no_column(shop: Shop) -> None:
    upload = replace(_sent(shop, "id,title,price,cost\nA,Cup,1,1\n"), kind="products", without=["cost"])
    mapping = uploads.sample_of(shop, upload).mapping
    assert "cost" not in mapping.columns
    assert mapping.unused == ("cost",)


def test_without_a_column_that_it_needs_nothing_is_tried(shop: Shop) -> None:
    upload = replace(_sent(shop, "a,b\n1,2\n"), kind="orders")
    with pytest.raises(BadColumns, match="no column for"):
        uploads.try_upload(shop, upload, NOW, _silent)


@pytest.mark.parametrize("text", ["", "id,title\n", "PK\x03\x04zip"])
def test_what_is_no_table_is_refused_and_nothing_of_it_stays(shop: Shop, text: str) -> None:
    with pytest.raises(BadFile):
        _sent(shop, text)
    assert list((shop.settings.home / "imports").iterdir()) == []


def test_how_a_file_was_read_is_kept_by_name_and_the_next_one_is_read_so(shop: Shop) -> None:
    upload = replace(_sent(shop, PRODUCTS), kind="products", given={"id": "sku no"}, without=["cost"])
    mapping = uploads.sample_of(shop, upload).mapping
    assert uploads.keep_mapping(shop, "supplier", upload, mapping, NOW) is None
    again = _sent(shop, PRODUCTS, entropy=2)
    assert (again.kind, again.given["id"], again.without) == ("products", "sku no", ["cost"])
    other = uploads.as_kept(shop, _sent(shop, "sku no,title\nA,Cup\n", entropy=3), "supplier")
    assert other.given == {"id": "sku no", "title": "title"}
    with pytest.raises(NotFound):
        uploads.as_kept(shop, again, "nobody's")
    uploads.put_mapping(shop, "supplier", None, NOW)
    assert uploads.kept_mappings(shop) == {}


def test_files_are_listed_newest_first_and_go_after_a_week_or_when_somebody_removes_them(shop: Shop) -> None:
    first = _sent(shop, PRODUCTS, "a.csv")
    second = _sent(shop, PRODUCTS, "../b.csv", NOW + timedelta(days=1))
    assert [each.name for each in uploads.uploads(shop)] == ["b.csv", "a.csv"]
    uploads.drop_upload(shop, second.id)
    assert uploads.forget_old(shop, NOW + timedelta(days=7)) == 0
    assert uploads.forget_old(shop, NOW + timedelta(days=8)) == 1
    for gone in (first.id, second.id, "../../etc", "upl_" + "x" * 80):
        with pytest.raises(NotFound):
            uploads.upload_of(shop, gone)


def test_of_a_large_file_whole_lines_are_looked_at_and_parquet_is_read_by_its_rows(shop: Shop) -> None:
    large = "id,title\n" + "".join(f"P{n},{'long title ' * 8}\n" for n in range(5_000))
    read = uploads.sample_of(shop, replace(_sent(shop, large), kind="products"))
    assert read.table.broken == ()
    assert 1_000 < read.table.rows < 5_000
    raw = io.BytesIO()
    pl.DataFrame({"id": ["A"], "title": ["Cup"]}).write_parquet(raw)
    raw.seek(0)
    kept = uploads.keep_upload(shop, "p.parquet", raw, "Hana", NOW, 7)
    assert uploads.sample_of(shop, replace(kept, kind="products")).mapping.columns == {"id": "id", "title": "title"}
