import csv
import io
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from tsuide.app.exporting import (
    Summary,
    csv_rows,
    export_related,
    google_rows,
    safe,
    shopify_rows,
    woocommerce_rows,
    write_whole,
)
from tsuide.app.learn import learn
from tsuide.app.loading import load
from tsuide.app.policies import active_policy
from tsuide.app.related import Pair, related
from tsuide.app.wiring import Shop
from tsuide.facts.catalogue import RELATIONS, Product
from tsuide.facts.schema import conform

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)


def relations_of(*pairs: tuple[str, str, str]) -> pl.DataFrame:
    return conform(pl.DataFrame(pairs, schema=list(RELATIONS), orient="row"), RELATIONS)


def exported(shop: Shop, *declared: tuple[str, str, str], **changed: Any) -> dict[str, dict[str, str]]:
    """Product → related product → relationship."""
    if declared:
        shop.store.facts.write_relations(relations_of(*declared))
    if changed:
        products = shop.store.facts.products()
        for column, (product, value) in changed.items():
            here = pl.col("id") == product
            products = products.with_columns(pl.when(here).then(pl.lit(value)).otherwise(pl.col(column)).alias(column))
        shop.store.facts.write_products(products)
    learn(shop, now=NOW, seed=0)
    found = related(load(shop), active_policy(shop, NOW), NOW)
    return {product.id: {each.other.id: each.relationship for each in pairs} for product, pairs in found}


def test_what_is_bought_together_and_what_stands_in(small_shop: Shop) -> None:
    found = exported(small_shop)
    assert found["cam-a"]["card"] == "often_bought_with"
    assert found["cam-a"]["cam-b"] == "substitute"
    assert found["cam-b"]["cam-a"] == "substitute"  # the cheaper one, too


def test_what_people_declared_keeps_its_word(small_shop: Shop) -> None:
    found = exported(
        small_shop,
        ("cam-a", "tripod", "accessory"),
        ("cam-a", "card", "required_part"),
        ("cam-a", "cam-b", "different_brand"),
    )
    assert found["cam-a"]["tripod"] == "accessory"
    assert found["cam-a"]["card"] == "required_part"  # which no page may offer as an extra
    assert found["cam-a"]["cam-b"] == found["cam-b"]["cam-a"] == "different_brand"


def test_what_may_not_stand_together_does_not(small_shop: Shop) -> None:
    found = exported(small_shop, ("cam-a", "card", "never_with"))
    assert "card" not in found.get("cam-a", {})


@pytest.mark.parametrize(("column", "value"), [("stock", 0), ("status", "hidden"), ("status", "discontinued")])
def test_what_cannot_be_bought_is_not_there(small_shop: Shop, column: str, value: object) -> None:
    found = exported(small_shop, ("cam-a", "card", "required_part"), **{column: ("card", value)})
    assert "card" not in found
    assert all("card" not in others for others in found.values())


def pair(product: Product, other: Product, relationship: Any = "often_bought_with", kind: Any = "cross_sell") -> Pair:
    return Pair(product, other, relationship, kind, declared=False, priority=1.0)


CAMERA, CARD, BIG = (Product(each, f"Product {each}", "JPY") for each in ("cam-1", "card_64", "cam-2"))


def test_googles_column() -> None:
    found = [(CAMERA, (pair(CAMERA, CARD, "required_part"), pair(CAMERA, BIG, "substitute", "up_sell")))]
    summary = Summary()
    assert list(google_rows(found, summary)) == [
        ("id", "related_product"),
        ("cam-1", "required_part:id:card_64,substitute:id:cam-2"),
    ]
    assert (summary.products, summary.pairs) == (1, 2)


def test_google_takes_30_and_no_strange_ids() -> None:
    others = [Product(f"p{n}", "x", "JPY") for n in range(40)]
    strange = Product("緑茶:1,2", "x", "JPY")
    summary = Summary()
    rows = list(google_rows([(CAMERA, tuple(pair(CAMERA, each) for each in (strange, *others)))], summary))
    assert str(rows[1][1]).count(":id:") == 30
    assert summary.left_out == {"緑茶:1,2"}


def test_woocommerces_columns() -> None:
    number, comma = Product("12", "x", "JPY"), Product("A,B", "x", "JPY")
    bar_code = Product("4901234567894", "x", "JPY")
    pairs = (
        pair(CAMERA, number),
        pair(CAMERA, comma),
        pair(CAMERA, bar_code),
        pair(CAMERA, BIG, "substitute", "up_sell"),
    )
    rows = list(woocommerce_rows([(CAMERA, pairs), (number, (pair(number, CARD),))], Summary()))
    assert rows == [
        ("ID", "SKU", "Upsells", "Cross-sells"),
        ("", "cam-1", "cam-2", "id:12,A\\,B,4901234567894"),
        ("12", "", "", "card_64"),
    ]


def test_shopifys_columns_are_by_handle_and_variants_share_one() -> None:
    small, large = (
        Product(f"T-{size}", "Shirt", "JPY", parent_id="shirt", url="/products/shirt?variant=1") for size in "SL"
    )
    cap = Product("C1", "Cap", "JPY", url="/products/cap")
    found = [(small, (pair(small, cap), pair(small, large))), (large, (pair(large, cap),))]
    rows = list(shopify_rows(found, Summary()))
    assert rows[1:] == [("shirt", "Shirt", "cap", "")]
    assert str(rows[0][2]).endswith(
        "(product.metafields.shopify--discovery--product_recommendation.complementary_products)"
    )


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "＝1"])
def test_no_cell_is_a_formula(start: str) -> None:
    bad = Product(start, start, "JPY")
    rows = [*csv_rows([(bad, (pair(bad, bad),))], Summary())][1:]
    assert all(str(cell)[0] not in "=+-@\t\r＝" for row in rows for cell in row)
    for rows_of in (google_rows, woocommerce_rows, shopify_rows):
        summary = Summary()
        assert len(list(rows_of([(bad, (pair(bad, CARD),)), (CARD, (pair(CARD, bad),))], summary))) == 1
        assert summary.left_out == {start}


def test_safe_leaves_plain_text_alone() -> None:
    assert safe("カメラ = 良い") == "カメラ = 良い"


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Any) -> None:
    write_whole(tmp_path / "a.csv", "x,y\r\n")
    assert (tmp_path / "a.csv").read_bytes() == b"x,y\r\n"
    assert [each.name for each in tmp_path.iterdir()] == ["a.csv"]


def test_the_files_text_reads_back(small_shop: Shop) -> None:
    learn(small_shop, now=NOW, seed=0)

    class Ready:
        loaded, policy = load(small_shop), active_policy(small_shop, NOW)

    seen: list[int] = []
    text, summary = export_related(Ready, "csv", NOW, most=2, done=lambda: seen.append(1))  # type: ignore[arg-type]  # all that is read of a Decider
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(seen) == 12
    assert len(rows) == summary.pairs
    assert max(int(row["place"]) for row in rows) == 2
