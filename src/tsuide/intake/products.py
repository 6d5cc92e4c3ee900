"""Product tables → products: one row per thing that can be sold, variants under their parent.

In Shopify's export a product's title, vendor and category stand on the first row of its handle, and rows that hold
one more picture only are passed over. A price or cost that is not given stays unknown, never zero.
"""

from typing import Final

import polars as pl

from tsuide.facts.catalogue import PRODUCT_KINDS, PRODUCTS
from tsuide.facts.schema import conform
from tsuide.intake.attributes import attributes
from tsuide.intake.columns import Columns
from tsuide.intake.identities import reject_twice
from tsuide.intake.mapping import Mapping
from tsuide.intake.paths import category_paths
from tsuide.intake.rejects import TOO_LONG, Rejecting
from tsuide.intake.settings import IntakeSettings
from tsuide.intake.words import number, text

_STATUS: Final = {
    **dict.fromkeys(
        ["active", "published", "publish", "true", "1", "公開", "表示", "販売中", "表示する", "公開中"], "active"
    ),
    **dict.fromkeys(
        ["draft", "hidden", "private", "false", "0", "-1", "非公開", "非表示", "下書き", "表示しない", "売り切れ"],
        "hidden",
    ),
    **dict.fromkeys(
        ["archived", "discontinued", "deleted", "廃止", "廃番", "販売終了", "削除", "終売"], "discontinued"
    ),
}
_KIND: Final = {
    **{kind: kind for kind in PRODUCT_KINDS},
    **dict.fromkeys(["物販", "物品", "商品", "通常商品"], "physical"),
    **dict.fromkeys(["サービス", "役務"], "service"),
    **dict.fromkeys(["定期", "定期購入", "サブスクリプション", "頒布会"], "subscription"),
    **dict.fromkeys(["デジタル", "ダウンロード", "digital"], "content"),
}
_MOST: Final = 10**12
_NO_VARIANT: Final = "Default Title"
_HIGHEST_RATE: Final = 5_000  # basis points


def products(
    frame: pl.DataFrame, mapping: Mapping, settings: IntakeSettings, rejecting: Rejecting
) -> dict[str, pl.DataFrame]:
    """{"products"} of the rows that are not rejected.

    Raises:
        BadColumns: prices, and no currency is known.
    """
    columns = Columns(frame, mapping, settings, rejecting)
    handle = text(columns.raw("handle"))
    title = _of_handle(columns.title("title"), handle)
    variant = _variant(columns)
    sku = columns.key("id")
    priced = columns.raw("price").is_not_null() | sku.is_not_null() | variant.is_not_null()
    picture_only = handle.is_not_null() & columns.raw("title").is_null() & ~priced
    made = _id(title, variant)
    ids = sku.fill_null(made).fill_null(handle).set(picture_only, None)
    columns.reject(ids.is_null() & ~picture_only, "missing", "id" if columns.has("id") else "title")
    columns.reject(ids.str.len_chars() > TOO_LONG, "long", "id", {"a": str(TOO_LONG)})
    currency = _currency(columns)
    told = pl.DataFrame({"id": ids, "title": title.fill_null(ids), "variant": variant, "currency": currency})
    told = told.with_columns(
        _money(columns, "price", currency),
        _money(columns, "cost", currency),
        *_kinds(columns),
        category_paths(_of_handle(columns.title("category"), handle)).alias("category"),
        _of_handle(columns.title("brand"), handle).alias("brand"),
        _stock(columns),
        *_tax(columns),
        attributes(frame, mapping.unused),
        columns.title("image").str.split(",").list.first().str.strip_chars().alias("image"),
        columns.title("url"),
        handle.alias("handle"),
    )
    reject_twice(columns, "id", ids.set(picture_only, None).fill_null(_numbers(picture_only)))
    kept = told.filter(pl.Series(rejecting.kept()) & ~picture_only)
    return {"products": conform(_with_parents(kept), PRODUCTS)}


def _of_handle(values: pl.Series, handle: pl.Series) -> pl.Series:
    """The row's value, else the first one that its handle has."""
    if not values.null_count() or handle.null_count() == handle.len():
        return values
    told = pl.DataFrame({"handle": handle, "value": values})
    first = told.filter(pl.col("value").is_not_null() & pl.col("handle").is_not_null()).unique(
        "handle", keep="first", maintain_order=True
    )
    joined = told.join(first, on="handle", how="left", maintain_order="left")
    return joined.select(pl.coalesce("value", "value_right")).to_series().rename(values.name)


def _variant(columns: Columns) -> pl.Series:
    """``Red / M``, or the column of variants; None for a product without any."""
    options = [columns.title(name) for name in ("option1", "option2", "option3")]
    joined = pl.DataFrame([one.rename(str(place)) for place, one in enumerate(options)]).select(
        pl.concat_str(pl.all(), separator=" / ", ignore_nulls=True)
    )
    found = joined.to_series()
    found = found.set((found == "") | (found == _NO_VARIANT), None)
    return columns.title("variant").fill_null(found).rename("variant")


def _id(title: pl.Series, variant: pl.Series) -> pl.Series:
    """What order exports call a product without a SKU: ``Title - Variant``."""
    told = pl.DataFrame({"title": title, "variant": variant})
    return text(told.select(pl.concat_str("title", "variant", separator=" - ", ignore_nulls=True)).to_series())


def _currency(columns: Columns) -> pl.Series:
    priced = columns.has("price") or columns.has("cost")
    if not priced and not columns.has("currency"):
        return pl.Series([columns.settings.currency], dtype=pl.String).new_from_index(0, columns.frame.height)
    said = columns.currency()
    found = said if columns.settings.currency is None else said.fill_null(columns.settings.currency)
    columns.reject(found.is_null(), "missing", "currency")
    return found


def _money(columns: Columns, field: str, currency: pl.Series) -> pl.Series:
    found = columns.money(field, currency)
    columns.reject(found < 0, "negative", field)
    return found.rename(field)


def _kinds(columns: Columns) -> list[pl.Series]:
    status = columns.choice("status", _STATUS, strict=False).fill_null("active").rename("status")
    kind = columns.choice("kind", _KIND, strict=False).fill_null("physical").rename("kind")
    return [status, kind, columns.yes("durable")]


def _stock(columns: Columns) -> pl.Series:
    """Units that can be sold; a negative count (oversold) is none."""
    found = columns.whole("stock", -_MOST, _MOST)
    return found.set((found < 0).fill_null(value=False), 0)


def _tax(columns: Columns) -> list[pl.Series]:
    """The rate in basis points from ``10``, ``10%``, ``0.1`` or ``軽減``; and whether prices contain it."""
    settings = columns.settings
    said = text(columns.raw("tax_rate")).str.replace_all(r"[%\s]", "")
    said = said.str.replace(r"^(軽減税率|軽減|軽減税率対象)$", "8").str.replace(r"^(標準税率|標準|通常)$", "10")
    rate, bad = number(said)
    columns.reject(bad, "number", "tax_rate")
    points = pl.select(pl.when(rate < 1).then(rate * 10_000).otherwise(rate * 100)).to_series().round()
    columns.reject((points < 0) | (points > _HIGHEST_RATE), "range", "tax_rate", {"a": "0", "b": "50"})
    included = columns.yes("tax_included")
    return [
        points.cast(pl.Int64, strict=False).fill_null(settings.tax_rate).rename("tax_rate"),
        included.fill_null(settings.tax_included).rename("tax_included"),
    ]


def _numbers(picture_only: pl.Series) -> pl.Series:
    return pl.Series([f"\x00{row}" for row in range(picture_only.len())])


def _with_parents(kept: pl.DataFrame) -> pl.DataFrame:
    """A row with a variant, or one of several of a handle, is a variant of its handle's product."""
    family = pl.col("handle").is_not_null() & (pl.col("variant").is_not_null() | (pl.len().over("handle") > 1))
    parent = pl.when(family & (pl.col("handle") != pl.col("id"))).then("handle")
    return kept.with_columns(parent_id=parent.str.replace(r"^id:", ""))
