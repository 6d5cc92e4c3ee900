"""Order tables, one row per line → orders and their lines.

What the rows say of their order (customer, time, currency, status, channel) may stand on its first row only,
as in Shopify's export: the first good row's value holds for the order, and a row that says something else is
rejected.

Quantities: a negative one is a return and is matched to earlier lines (intake.returns); one with decimals, or
none beside an amount, is sold by measure and becomes one unit at the whole amount; zero beside no amount is
rejected.

Money: ``amount`` = ``unit_price`` × ``quantity`` − ``discount`` where the file leaves one of them open; a given
amount is kept exactly and the unit price is rounded.

Lines: a line id of the file is kept; without one, its number is its place among all rows of its order,
rejected ones included, so that the same file gives the same identities, also after a bad row was mended.
"""

from typing import Final

import numpy as np
import polars as pl

from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.facts.schema import conform
from tsuide.intake.columns import Columns, mask
from tsuide.intake.identities import customer_ids, reject_twice
from tsuide.intake.mapping import Mapping
from tsuide.intake.paths import category_paths
from tsuide.intake.rejects import Rejecting
from tsuide.intake.returns import match_returns
from tsuide.intake.settings import IntakeSettings
from tsuide.intake.words import text
from tsuide.kit.arrays import Bool, Int64
from tsuide.kit.money import LARGEST_AMOUNT

_CANCELLED: Final = (
    "cancelled canceled wc-cancelled voided void failed wc-failed trash expired キャンセル キャンセル済み "
    "キャンセル済 "
    "取消 注文取消し 注文取消 取り消し 注文キャンセル"
)
_RETURNED: Final = "refunded wc-refunded returned 返品 返品済み 返品済 返金 返金済み 返金済"
_STATUS: Final = {
    **dict.fromkeys(_CANCELLED.split(), "cancelled"),
    **dict.fromkeys(_RETURNED.split(), "returned"),
}
_GOODS: Final = ("商品", "1", "product", "line_item", "item")
_MOST: Final = 10**9  # units of one line
_OF_ORDER: Final = ("customer_id", "placed_at", "currency")


def orders(
    frame: pl.DataFrame, mapping: Mapping, settings: IntakeSettings, rejecting: Rejecting
) -> dict[str, pl.DataFrame]:
    """{"orders", "order_lines"} of the rows that are not rejected, and "products" where the table names them.

    Args:
        frame: the table's columns.
        mapping: of kind orders, complete.
        settings: of the import.
        rejecting: collects what is wrong with which row.

    Raises:
        BadColumns: no currency is known, or dates can be read in two ways.
    """
    columns = Columns(frame, mapping, settings, rejecting)
    _reject_fees(columns)
    order_id = columns.key("order_id", needed=True)
    place = _places(order_id)
    lines = pl.DataFrame(
        {
            "order_id": order_id,
            "customer_id": customer_ids(columns.key("customer_id")),
            "placed_at": columns.moment_of_two("placed_at", "placed_time"),
            "product_id": columns.first_key("product_id", "product_title"),
            "currency": _currency(columns, place, settings),
        }
    )
    lines = lines.with_columns(_measured(columns, lines["currency"]))
    lines = lines.with_columns(_line(columns, place), *_told(columns, place))
    lines = _whole_orders(lines, columns, place)
    lines = match_returns(lines, rejecting, columns.named("quantity"))
    kept = lines.filter(pl.Series(rejecting.kept()))
    returned = kept["status"] == "returned"
    kept = (
        kept.filter(pl.col("quantity") > 0).with_columns(
            returned=pl.when(pl.col("status") == "returned").then("quantity").otherwise("returned"),
            role=pl.lit("main"),
        )
        if returned.any()
        else kept.filter(pl.col("quantity") > 0).with_columns(role=pl.lit("main"))
    )
    frames = {"orders": _orders(kept, settings), "order_lines": conform(kept, ORDER_LINES)}
    products = _products(columns, lines, rejecting)
    return frames if products is None else {**frames, "products": products}


def _reject_fees(columns: Columns) -> None:
    """Rows that EC-CUBE lists beside the products of an order: shipping, fees, discounts, points."""
    said = text(columns.raw("line_type"))
    columns.reject(said.is_not_null() & ~said.is_in(list(_GOODS)), "goods", "line_type")


def _places(order_id: pl.Series) -> Int64:
    """For each row the number of its order, from 0 in the order of the file; a row without an order is 0."""
    dense = order_id.fill_null("").rank("dense").cast(pl.Int64).to_numpy() - 1
    return np.asarray(dense, dtype=np.int64)


def _currency(columns: Columns, place: Int64, settings: IntakeSettings) -> pl.Series:
    """The row's, else its order's, else the setting's."""
    found = columns.currency()
    if columns.has("currency"):
        found = found.fill_null(_first(found, place, np.ones(place.size, dtype=np.bool_)))
    if settings.currency is not None:
        found = found.fill_null(settings.currency)
    elif found.null_count():
        columns.reject(found.is_null(), "missing", "currency")
    return found


def _first(values: pl.Series, place: Int64, among: Bool) -> pl.Series:
    """For each row the first value that a row of its order gives, of the rows `among`; shape (rows,)."""
    rows = np.flatnonzero(among & values.is_not_null().to_numpy())[::-1]
    first = np.full(int(place.max(initial=-1)) + 1, -1, dtype=np.int64)
    first[place[rows]] = rows  # backwards: the earliest row is written last and stays
    at = pl.Series(first[place])
    return values.gather(at.set(at < 0, None))


def _measured(columns: Columns, currency: pl.Series) -> list[pl.Series]:
    """Quantity (signed), unit_price, discount, amount, cost."""
    price, gross = columns.money("unit_price", currency), columns.money("gross", currency)
    amount, discount = columns.money("amount", currency), columns.money("discount", currency)
    cost = columns.money("cost", currency)
    units = pl.Series("quantity", [1.0]).new_from_index(0, currency.len())
    if columns.has("quantity"):
        units = columns.number("quantity")
        columns.reject(units.is_null(), "missing", "quantity")
    columns.reject(units.abs() > _MOST, "range", "quantity", {"a": str(-_MOST), "b": str(_MOST)})
    units = units.set((units.abs() > _MOST).fill_null(value=False), None)
    told = pl.DataFrame(
        {"units": units, "price": price, "gross": gross, "amount": amount, "discount": discount, "cost": cost}
    ).with_columns(negative=pl.col("units") < 0)
    # a return carries its amounts with either sign
    back = pl.col("negative").fill_null(value=False)
    told = told.with_columns(
        pl.when(back).then(pl.col(name).abs()).otherwise(name).alias(name) for name in ("units", "gross", "amount")
    ).with_columns(pl.col("discount").abs().fill_null(0))
    for field, name in (("unit_price", "price"), ("gross", "gross"), ("amount", "amount"), ("cost", "cost")):
        columns.reject(told[name] < 0, "negative", field)
    return _balanced(columns, told)


def _balanced(columns: Columns, told: pl.DataFrame) -> list[pl.Series]:
    """What the file leaves open of quantity, price, discount and amount, from the rest."""
    units, price, amount = pl.col("units"), pl.col("price"), pl.col("amount")
    listed = (price * units.round()).cast(pl.Int64, strict=False)
    by_measure = pl.col("measured").fill_null(value=False)
    told = told.with_columns(measured=(units != units.round()) | (units == 0))
    told = told.with_columns(
        full=pl.coalesce(
            "gross",
            pl.when(pl.col("measured") & (units > 0))
            .then((price * units + 0.5).floor().cast(pl.Int64, strict=False))
            .when(~by_measure)
            .then(listed),
        )
    )
    told = told.with_columns(amount=pl.coalesce(amount, pl.col("full") - pl.col("discount")))
    columns.reject(told["amount"].is_null() & (told["units"] == 0), "zero", "quantity")
    first = next(field for field in ("amount", "unit_price", "gross") if columns.has(field))
    columns.reject(told["amount"].is_null(), "missing", first)
    columns.reject(told["amount"] < 0, "negative", "discount" if columns.has("discount") else first)
    large = (told["amount"] > LARGEST_AMOUNT) | (told["price"] * told["units"] > LARGEST_AMOUNT)
    columns.reject(large, "range", first, {"a": "0", "b": str(LARGEST_AMOUNT)})
    columns.reject((told["units"] == 0) & (told["amount"] == 0), "zero", "quantity")
    told = told.with_columns(
        quantity=pl.when(by_measure).then(1).otherwise(units.cast(pl.Int64, strict=False)),
        discount=pl.when((pl.col("discount") == 0) & (pl.col("full") > amount))
        .then(pl.col("full") - amount)
        .otherwise("discount"),
    )
    whole = pl.coalesce("full", amount + pl.col("discount"))
    quantity = pl.col("quantity")
    return list(
        told.select(
            quantity=quantity * pl.when("negative").then(-1).otherwise(1),
            unit_price=pl.when(by_measure)
            .then(whole)
            .otherwise(pl.coalesce(price, (2 * whole + quantity) // (2 * quantity))),
            discount="discount",
            amount=amount,
            cost="cost",
        ).get_columns()
    )


def _line(columns: Columns, place: Int64) -> pl.Series:
    """The file's line ids where it has them, else places within the order, from 1."""
    counted = pl.DataFrame({"place": place}).select(line=pl.int_range(1, pl.len() + 1).over("place")).to_series()
    if not columns.has("line"):
        return counted
    ids = columns.key("line", needed=True)
    numbers = ids.cast(pl.Int64, strict=False)
    if numbers.count() * 2 > ids.count():
        columns.reject(ids.is_not_null() & numbers.is_null(), "whole", "line")
        counted = numbers
    reject_twice(columns, "line", pl.Series(place), ids)
    return counted.rename("line")


def _told(columns: Columns, place: Int64) -> list[pl.Series]:
    """status, channel, gift, returned."""
    everyone: Bool = np.ones(place.size, dtype=np.bool_)
    status = _first(columns.choice("status", _STATUS, strict=False), place, everyone)
    if columns.has("cancelled_at"):
        cancelled = _first(columns.title("cancelled_at"), place, everyone).is_not_null()
        status = pl.select(pl.when(cancelled).then(pl.lit("cancelled")).otherwise(status)).to_series()
    channel = columns.title("channel")
    gift = columns.yes("gift") if columns.has("gift") else pl.Series([False]).new_from_index(0, place.size)
    return [
        status.fill_null("placed").rename("status"),
        (_first(channel, place, everyone) if columns.has("channel") else channel).rename("channel"),
        gift.fill_null(value=False).rename("gift"),
        pl.Series("returned", np.zeros(place.size, dtype=np.int64)),
    ]


def _whole_orders(lines: pl.DataFrame, columns: Columns, place: Int64) -> pl.DataFrame:
    """Each order with one customer, time and currency; rejects rows that say otherwise."""
    for field in _OF_ORDER:
        values = lines[field]
        kept = columns.rejecting.kept()
        own = _first(values, place, kept)
        differs = mask(values != own) & kept
        if differs.any():
            _reject_conflict(lines, columns, place, field, differs)
        lines = lines.with_columns(own.fill_null(_first(values, place, ~kept)).rename(field))
    columns.reject(lines["placed_at"].is_null(), "missing", "placed_at")
    return lines


def _reject_conflict(lines: pl.DataFrame, columns: Columns, place: Int64, field: str, differs: Bool) -> None:
    kept = columns.rejecting.kept()
    at = pl.Series("row", np.arange(place.size))
    given = at.set(lines[field].is_null(), None)
    first = _first(given, place, kept).fill_null(0)
    blanks = {
        "a": lines["order_id"].to_list(),
        "b": _shown(lines[field].gather(first)),
        "c": columns.rejecting.lines.gather(first).to_list(),
    }
    columns.rejecting.add(differs, "conflict", columns.named(field), columns.raw(field), blanks)


def _shown(values: pl.Series) -> list[str]:
    texts = values.dt.strftime("%Y-%m-%d %H:%M:%SZ") if values.dtype.is_temporal() else values
    return texts.fill_null("").to_list()


def _orders(kept: pl.DataFrame, settings: IntakeSettings) -> pl.DataFrame:
    heads = kept.unique("order_id", keep="first", maintain_order=True)
    heads = heads.with_columns(
        id=pl.col("order_id"),
        origin=pl.lit(settings.source),
        status=pl.when(pl.col("status") == "cancelled").then(pl.lit("cancelled")).otherwise(pl.lit("placed")),
    )
    return conform(heads, ORDERS)


def _products(columns: Columns, lines: pl.DataFrame, rejecting: Rejecting) -> pl.DataFrame | None:
    """What the order table tells of its products: name, category, latest price; None where it names none."""
    if not (columns.has("product_title") or columns.has("category")):
        return None
    told = lines.select("product_id", "placed_at", "currency", "unit_price").with_columns(
        columns.title("product_title").alias("title"),
        category_paths(columns.title("category")).alias("category"),
    )
    told = told.filter(pl.Series(rejecting.kept()) & (lines["quantity"] > 0)).sort("placed_at", maintain_order=True)
    told = told.unique("product_id", keep="last", maintain_order=True)
    made = told.select(
        pl.col("product_id").alias("id"),
        pl.col("title").fill_null(pl.col("product_id")),
        "category",
        pl.col("unit_price").alias("price"),
        "currency",
        tax_rate=pl.lit(columns.settings.tax_rate),
        tax_included=pl.lit(columns.settings.tax_included),
        attributes=pl.lit("{}"),
        status=pl.lit("active"),
        kind=pl.lit("physical"),
    )
    return conform(made.sort("id"), PRODUCTS)
