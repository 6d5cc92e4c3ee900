"""Rows of a file laid over what is known: what the file has no column for stays as it was."""

import json
from collections.abc import Callable
from typing import Any, Final

import polars as pl

from tsuide.facts.customers import CUSTOMERS
from tsuide.intake.mapping import Mapping
from tsuide.intake.people import BY_NAME

_OF_CUSTOMERS: Final = {
    "kind": ("kind",), "parent_id": ("parent_id", "account"), "name": ("name", "last_name", "first_name"),
    "email": ("email",), "phone": ("phone",), "language": ("language",), "created_at": ("created_at",),
}  # fmt: skip
_OF_PRODUCTS: Final = {
    "title": ("title",), "category": ("category",), "brand": ("brand",), "parent_id": ("handle",),
    "variant": ("variant", "option1", "option2", "option3"), "price": ("price",), "cost": ("cost",),
    "currency": ("currency", "price", "cost"), "tax_rate": ("tax_rate",), "tax_included": ("tax_included",),
    "stock": ("stock",), "status": ("status",), "kind": ("kind",), "durable": ("durable",), "image": ("image",),
    "url": ("url",),
}  # fmt: skip
_MONEY: Final = ("price", "cost")


def customers_over_known(told: pl.DataFrame, mapping: Mapping, known: Callable[[], pl.DataFrame]) -> pl.DataFrame:
    """Customers as a file tells them, the rest of each as it is known.

    An empty cell takes a value away; a column that the file does not have says nothing.

    Args:
        told: frame of CUSTOMERS, as read from the file.
        mapping: of the file.
        known: reads all customers.

    Returns:
        A frame of CUSTOMERS with the rows of `told`.

    >>> table = Mapping("customers", (), ("tier",))
    >>> row = {"id": "c1", "kind": "person", "attributes": '{"tier": "gold"}'}
    >>> before = row | {"kind": "company", "name": "Aoba", "attributes": '{"owner": "sato", "tier": "new"}'}
    >>> told, known = (pl.DataFrame([each], schema=CUSTOMERS) for each in (row, before))
    >>> customers_over_known(told, table, lambda: known).select("kind", "name", "attributes").row(0)
    ('company', 'Aoba', '{"owner": "sato", "tier": "gold"}')
    """
    said = frozenset(mapping.columns)
    unsaid = [field for field, by in _OF_CUSTOMERS.items() if not said.intersection(by)]
    if mapping.layout is not None and "kind" in unsaid:
        unsaid.remove("kind")  # a CRM's export of accounts holds companies, one of contacts people
    asked = {*mapping.unused, *said.intersection(BY_NAME)}
    ours = known().join(told.select("id"), on="id", how="semi")
    before = {str(row["id"]): row for row in ours.iter_rows(named=True)}
    rows = [_over(row, before.get(str(row["id"])), unsaid, asked) for row in told.iter_rows(named=True)]
    return pl.DataFrame(rows, schema=CUSTOMERS)


def products_over_known(told: pl.DataFrame, mapping: Mapping, known: Callable[[], pl.DataFrame]) -> pl.DataFrame:
    """Products as a file tells them, the rest of each as it is known: a list of prices takes nobody's cost away.

    An empty cell takes a value away; a column that the file does not have says nothing. Where the currency changes, a
    price or cost that the file does not tell is not known any more.

    Args:
        told: frame of PRODUCTS, as read from the file.
        mapping: of the file.
        known: reads all products.

    Returns:
        A frame of PRODUCTS with the rows of `told`.

    >>> from tsuide.facts.catalogue import PRODUCTS
    >>> from tsuide.intake.mapping import Choice
    >>> choices = tuple(Choice(each, each, "its name") for each in ("id", "price", "currency"))
    >>> row = {"id": "tea", "title": "tea", "price": 1180, "currency": "JPY", "status": "active", "attributes": "{}"}
    >>> old = row | {"title": "Sencha", "price": 1080, "cost": 600, "attributes": '{"case": "12"}'}
    >>> told, known = (pl.DataFrame([each], schema=PRODUCTS) for each in (row, old))
    >>> found = products_over_known(told, Mapping("products", choices), lambda: known)
    >>> found.select("title", "price", "cost", "attributes").row(0)
    ('Sencha', 1180, 600, '{"case": "12"}')
    """
    said = frozenset(mapping.columns)
    unsaid = [field for field, by in _OF_PRODUCTS.items() if not said.intersection(by)]
    before = known().join(told.select("id"), on="id", how="semi").with_columns(there=pl.lit(value=True))
    laid = told.join(before, on="id", how="left", suffix="_before", maintain_order="left")
    asked = {*mapping.unused}
    pairs = zip(laid["attributes"], laid["attributes_before"], strict=True)
    attributes = pl.Series("attributes", [_attributes(new, old, asked) for new, old in pairs], dtype=pl.String)
    return laid.with_columns(*map(_as_known, unsaid), attributes).select(told.columns)


def _as_known(field: str) -> pl.Expr:
    """A field that a file has no column for, where the product is known already."""
    was = pl.col(f"{field}_before")
    if field in _MONEY:  # an amount of another currency would be read as one of the new
        was = pl.when(pl.col("currency").eq_missing(pl.col("currency_before"))).then(was)
    return pl.when("there").then(was).otherwise(field).alias(field)


def _attributes(told: str | None, before: str | None, asked: set[str]) -> str | None:
    """The attributes that a file tells, and those before it has no column for."""
    if before in {None, "{}"}:
        return told
    kept = {name: value for name, value in json.loads(before or "{}").items() if name not in asked}
    return json.dumps(kept | json.loads(told or "{}"), ensure_ascii=False, sort_keys=True)


def _over(row: dict[str, Any], before: dict[str, Any] | None, unsaid: list[str], asked: set[str]) -> dict[str, Any]:
    if before is None:
        return row
    attributes = _attributes(row["attributes"], before["attributes"], asked)
    return row | {field: before[field] for field in unsaid} | {"attributes": attributes}
