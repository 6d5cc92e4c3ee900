"""Rows of a file laid over what is known: what the file has no column for stays as it was."""

import json
from collections.abc import Callable
from typing import Any, Final

import polars as pl

from tsuide.facts.customers import CUSTOMERS
from tsuide.intake.mapping import Mapping
from tsuide.intake.people import BY_NAME

_SAID_BY: Final = {
    "kind": ("kind",), "parent_id": ("parent_id", "account"), "name": ("name", "last_name", "first_name"),
    "email": ("email",), "phone": ("phone",), "language": ("language",), "created_at": ("created_at",),
}  # fmt: skip


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
    unsaid = [field for field, by in _SAID_BY.items() if not said.intersection(by)]
    if mapping.layout is not None and "kind" in unsaid:
        unsaid.remove("kind")  # a CRM's export of accounts holds companies, one of contacts people
    asked = {*mapping.unused, *said.intersection(BY_NAME)}
    ours = known().join(told.select("id"), on="id", how="semi")
    before = {str(row["id"]): row for row in ours.iter_rows(named=True)}
    rows = [_over(row, before.get(str(row["id"])), unsaid, asked) for row in told.iter_rows(named=True)]
    return pl.DataFrame(rows, schema=CUSTOMERS)


def _over(row: dict[str, Any], before: dict[str, Any] | None, unsaid: list[str], asked: set[str]) -> dict[str, Any]:
    if before is None:
        return row
    kept = {name: value for name, value in json.loads(before["attributes"] or "{}").items() if name not in asked}
    attributes = json.dumps(kept | json.loads(row["attributes"] or "{}"), ensure_ascii=False, sort_keys=True)
    return row | {field: before[field] for field in unsaid} | {"attributes": attributes}
