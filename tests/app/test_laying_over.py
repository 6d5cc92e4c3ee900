"""A file that has fewer columns than the catalogue takes nothing away."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from tsuide.app.laying_over import products_over_known
from tsuide.facts.catalogue import PRODUCTS
from tsuide.intake.convert import to_facts
from tsuide.intake.mapping import guess_mapping
from tsuide.intake.settings import IntakeSettings
from tsuide.intake.tables import Table, read_table

NOW = datetime(2026, 6, 1, tzinfo=UTC)
WHOLE = """id,title,category,brand,price,cost,currency,tax_rate,tax_included,stock,status,kind,durable,image,url,case
tea,Sencha,Tea,Aoba,1080,600,JPY,8%,yes,7,hidden,physical,no,https://x.example/t.jpg,https://x.example/t,12
pot,Teapot,Pots,Aoba,4400,2000,JPY,10%,yes,3,active,physical,yes,,,
"""


def read(text: str, tmp_path: Any, known: pl.DataFrame | None = None) -> pl.DataFrame:
    file = tmp_path / "products.csv"
    file.write_text(text, encoding="utf-8")
    table: Table = read_table(file)
    mapping = guess_mapping("products", table.frame.columns, table.frame)
    told = to_facts("products", table, mapping, IntakeSettings(NOW, currency="JPY")).frames["products"]
    before = known if known is not None else pl.DataFrame(schema=PRODUCTS)
    return products_over_known(told, mapping, lambda: before)


@pytest.fixture
def known(tmp_path: Any) -> pl.DataFrame:
    return read(WHOLE, tmp_path)


def row(frame: pl.DataFrame, product: str) -> dict[str, Any]:
    return frame.row(by_predicate=pl.col("id") == product, named=True)


def test_a_list_of_prices_changes_prices_alone(tmp_path: Any, known: pl.DataFrame) -> None:
    after = read("id,price\ntea,1180\npot,4800\n", tmp_path, known)
    assert row(after, "tea") == row(known, "tea") | {"price": 1180}
    assert row(after, "pot") == row(known, "pot") | {"price": 4800}


def test_a_list_of_stock_changes_stock_alone(tmp_path: Any, known: pl.DataFrame) -> None:
    assert row(read("id,stock\ntea,0\n", tmp_path, known), "tea") == row(known, "tea") | {"stock": 0}


def test_an_empty_cell_of_a_column_that_is_there_takes_the_value_away(tmp_path: Any, known: pl.DataFrame) -> None:
    after = row(read("id,cost,case\ntea,,\n", tmp_path, known), "tea")
    assert (after["cost"], after["attributes"], after["price"]) == (None, "{}", 1080)


def test_an_amount_of_a_currency_that_is_left_is_not_known_any_more(tmp_path: Any, known: pl.DataFrame) -> None:
    after = row(read("id,price,currency\ntea,9.50,USD\n", tmp_path, known), "tea")
    assert (after["price"], after["cost"], after["currency"]) == (950, None, "USD")


def test_a_product_that_nobody_knew_is_as_the_file_tells_it_and_rows_keep_their_order(
    tmp_path: Any, known: pl.DataFrame
) -> None:
    after = read("id,title,price\nnew,Cup,550\ntea,Sencha,1080\n", tmp_path, known)
    assert after["id"].to_list() == ["new", "tea"]
    new = row(after, "new")
    assert (new["title"], new["status"], new["cost"], new["attributes"]) == ("Cup", "active", None, "{}")


def test_the_same_file_again_changes_nothing(tmp_path: Any, known: pl.DataFrame) -> None:
    assert read(WHOLE, tmp_path, known).equals(known)
