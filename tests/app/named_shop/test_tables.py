"""The made-up shop: the same for the same seed, whole, and with the structure that was planted."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from tsuide.app.importing import import_file, read_file
from tsuide.app.named_shop.assortment import read_assortment
from tsuide.app.named_shop.drawings import draw
from tsuide.app.named_shop.tables import make_tables
from tsuide.app.wiring import opened
from tsuide.config import Settings
from tsuide.facts.catalogue import Product, category_told, told
from tsuide.intake.settings import IntakeSettings

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def tables() -> Mapping[str, pl.DataFrame]:
    """A shop with few customers."""
    return make_tables(NOW, seed=7, customers=400)


def lines_of(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Order lines with the product that a variant belongs to."""
    return tables["orders"].with_columns(
        base=pl.col("product_id").str.split("-").list.first(), day=pl.col("order_date").str.to_datetime(time_zone="UTC")
    )


def test_the_same_seed_and_moment_draw_the_same_shop(tables: Mapping[str, pl.DataFrame]) -> None:
    again = make_tables(NOW, seed=7, customers=400)
    assert all(tables[kind].equals(again[kind]) for kind in tables)
    assert not tables["orders"].equals(make_tables(NOW, seed=8, customers=400)["orders"])


def test_everything_is_named_in_both_languages_and_drawn() -> None:
    shop = read_assortment()
    assert 250 <= len(shop.items) <= 400
    assert len({item.category.department for item in shop.items}) == 5
    assert all(item.ja and item.en.replace("°", "").isascii() for item in shop.items)
    assert [item.id for item in shop.items if draw(item.drawing, item.colour) is None] == []


def test_food_is_taxed_at_8_and_wine_at_10_percent() -> None:
    shop = read_assortment()
    assert {shop.of_base(each)[0].tax for each in ("BLEND2", "RICE2", "CHEESE")} == {8}
    assert {shop.of_base(each)[0].tax for each in ("WINE_R", "DRIPPER", "ROUGE")} == {10}
    assert shop.of_base("BLEND2")[0].cost == 980 * 100 // 108 * 52 // 100


def test_a_case_is_bought_with_its_own_phone_and_never_with_another(tables: Mapping[str, pl.DataFrame]) -> None:
    lines = lines_of(tables)
    phones = lines.filter(pl.col("base").is_in(["S1", "S2", "SPRO"])).select("order_id", phone="base")
    cases = lines.filter(pl.col("base").str.starts_with("CASE_")).select("order_id", case="base")
    pairs = phones.join(cases, on="order_id").group_by("phone", "case").len()
    assert len(pairs) == 3
    assert all(case == {"S1": "CASE_S1", "S2": "CASE_S2", "SPRO": "CASE_PRO"}[phone] for phone, case, _ in pairs.rows())


def test_what_is_used_up_comes_back_at_its_interval(tables: Mapping[str, pl.DataFrame]) -> None:
    lines = lines_of(tables).filter((pl.col("base") == "LOT_M") & pl.col("customer_id").is_not_null())
    gaps = lines.sort("day").select(gap=pl.col("day").diff().over("customer_id").dt.total_days()).drop_nulls()["gap"]
    assert len(gaps) > 20
    middle = gaps.median()
    assert isinstance(middle, float)
    assert abs(middle - 45) <= 6


def test_nothing_is_in_the_future_and_what_is_owned_for_good_is_bought_once(
    tables: Mapping[str, pl.DataFrame],
) -> None:
    lines = lines_of(tables)
    last = lines["day"].max()
    assert isinstance(last, datetime)
    assert NOW - timedelta(days=3) < last < NOW
    cameras = lines.filter(pl.col("base").is_in(["M1", "M3"]) & pl.col("customer_id").is_not_null())
    assert cameras.group_by("customer_id", "base").len()["len"].max() == 1


def test_every_table_is_imported_without_a_single_reject(tables: Mapping[str, pl.DataFrame], tmp_path: Path) -> None:
    settings = IntakeSettings(now=NOW, currency="JPY")
    with opened(Settings(home=tmp_path / "home")) as shop:
        for kind, table in tables.items():
            table.write_csv(tmp_path / f"{kind}.csv")
            report = import_file(shop.store.facts, read_file(tmp_path / f"{kind}.csv", kind), settings)
            assert (kind, report.rejected, report.unknown_products) == (kind, 0, 0)
        products = shop.store.facts.products()
    tea = products.row(by_predicate=pl.col("id") == "SENCHA", named=True)
    assert (tea["tax_rate"], tea["durable"], tea["image"]) == (800, False, "/pictures/tea-green.svg")
    assert products.filter(pl.col("parent_id") == "M1")["id"].sort().to_list() == ["M1-black", "M1-white"]


def test_a_product_is_told_in_the_readers_language() -> None:
    tea = Product("t", "煎茶", "JPY", ("食品", "お茶"), brand="茶園", attributes={
        "title_en": "Sencha", "category_en": "Food > Tea", "brand_en": "Tea garden", "roast": "浅", "roast_en": "light"
    })  # fmt: skip
    assert (told(tea, "en").title, told(tea, "en").brand) == ("Sencha", "Tea garden")
    assert dict(told(tea, "en").attributes) == {"roast": "light"}
    assert (told(tea, "ja").title, dict(told(tea, "ja").attributes)) == ("煎茶", {"roast": "浅"})
    assert (category_told(tea, "en"), category_told(tea, "ja")) == (("Food", "Tea"), ("食品", "お茶"))
