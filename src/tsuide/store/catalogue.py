"""Products: writing them with their sequence numbers, and the catalogue as it stood at a past one."""

import json
from collections.abc import Sequence
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.schema import WHOLE, Schema
from tsuide.store import bulk
from tsuide.store.frames import as_record, difference, from_storage, need, stored_schema, to_storage
from tsuide.store.schema import product, product_change
from tsuide.store.sequence import advance, lock
from tsuide.store.written import Written

STORED: Final = stored_schema(PRODUCTS)
_WITH_FIRST: Final[Schema] = {**STORED, "first_seq": WHOLE}
FEW: Final = 2000
"""Up to so many ids are looked up one by one; beyond, the whole table is read once."""


def write_products(connection: sa.Connection, frame: pl.DataFrame) -> Written:
    """Insert and update products, each change with the next sequence number, the version before it kept.

    Raises:
        BadColumns: a product without id, or a column of the wrong type.
    """
    rows = to_storage(frame, PRODUCTS).with_columns(
        pl.col("status").fill_null("active"), pl.col("kind").fill_null("physical")
    )
    need(rows, ["id"], "products")
    start = lock(connection)
    old = _read(connection, rows["id"], _WITH_FIRST)
    change = difference(rows, old, ["id"])
    inserted = change.inserted.with_columns(seq=pl.int_range(pl.len(), dtype=pl.Int64) + (start + 1))
    bulk.insert(connection, product, inserted.with_columns(first_seq="seq"))
    next_start = start + len(inserted)
    updated = change.updated.with_columns(seq=pl.int_range(pl.len(), dtype=pl.Int64) + (next_start + 1))
    before = updated.select("id", "seq").join(old, on="id", maintain_order="left")
    bulk.insert(connection, product_change, _versions(before))
    bulk.update(connection, product, updated, ["id"])
    advance(connection, next_start + len(updated))
    return Written(len(inserted), len(updated), change.unchanged)


def _versions(before: pl.DataFrame) -> pl.DataFrame:
    records = [as_record(row) for row in before.select(list(STORED)).iter_rows(named=True)]
    return before.select("seq", product_id="id").with_columns(record=pl.Series(records, dtype=pl.String))


def _read(connection: sa.Connection, ids: pl.Series, schema: Schema) -> pl.DataFrame:
    query = sa.select(*(product.c[name] for name in schema))
    if len(ids) <= FEW:
        query = query.where(product.c.id.in_(ids.to_list()))
    return bulk.fetch(connection, query, schema)


def read_products(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> pl.DataFrame:
    """Products as PRODUCTS, in the order of their ids."""
    query = sa.select(*(product.c[name] for name in STORED)).where(*where)
    return from_storage(bulk.fetch(connection, query, STORED), PRODUCTS).sort("id")


def products_at(connection: sa.Connection, sequence: int) -> pl.DataFrame:
    """The catalogue as it stood when `sequence` was the newest number, as PRODUCTS, in the order of ids."""
    first_after = (
        sa.select(sa.func.min(product_change.c.seq).label("seq"))
        .where(product_change.c.seq > sequence)
        .group_by(product_change.c.product_id)
        .subquery()
    )
    query = sa.select(product_change.c.record).join(first_after, product_change.c.seq == first_after.c.seq)
    was = pl.DataFrame(_decoded(connection.execute(query).scalars().all()), schema=STORED, orient="row")
    known = bulk.fetch(
        connection,
        sa.select(*(product.c[name] for name in STORED)).where(product.c.first_seq <= sequence),
        STORED,
    )
    kept = known.join(was, on="id", how="anti")
    returned = was.join(known.select("id"), on="id", how="semi")
    return from_storage(pl.concat([kept, returned]), PRODUCTS).sort("id")


def _decoded(records: Sequence[str]) -> list[tuple[Any, ...]]:
    decoder = json.JSONDecoder()
    return [tuple(decoder.decode(record)[name] for name in STORED) for record in records]
