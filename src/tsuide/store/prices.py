"""The port of price history: what products were sold for, and since when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl
import sqlalchemy as sa

from tsuide.facts.pricing import PRICES
from tsuide.kit.clock import to_micros
from tsuide.store import bulk
from tsuide.store.engines import reading, writing
from tsuide.store.frames import difference, from_storage, need, stored_schema, to_storage
from tsuide.store.schema import product
from tsuide.store.selling import price_point
from tsuide.store.written import Written

_IDENTITY = ["product_id", "at"]
_STORED = stored_schema(PRICES)
_FEW: Final = 500  # products that are named to the database one by one


@dataclass(frozen=True, slots=True)
class Prices:
    """Reads and writes price history. Every method raises `Unavailable` when the database does not answer."""

    engine: sa.Engine

    def write(self, frame: pl.DataFrame) -> Written:
        """Write points (PRICES); writing the same twice changes nothing.

        Raises:
            BadColumns: a point without product or moment.
        """
        rows = to_storage(frame, PRICES)
        need(rows, _IDENTITY, "prices")
        with writing(self.engine) as connection:
            return self._write(connection, rows)

    def note(self, now: datetime, asked: pl.DataFrame | None = None) -> int:
        """Note what every product of the catalogue costs now, where it differs from its newest point; how many.

        A product that is not sold at present (hidden, discontinued, without a price) gets a point without price.

        Args:
            now: UTC.
            asked: product_id, list_price and price of what everybody gets cheaper under a running promotion; it
                counts while the catalogue still says `list_price`.
        """
        with reading(self.engine) as connection:  # mostly nothing changed: nobody waits for who only looks
            news = _news(connection, asked)
        if news.is_empty():
            return 0
        with writing(self.engine) as connection:
            ids = news["product_id"].to_list()
            news = _news(connection, asked, _by_name(ids))  # somebody else may have noted it since
            rows = news.with_columns(at=pl.lit(to_micros(now))).select(list(_STORED))
            written = self._write(connection, rows)
            return written.inserted + written.updated

    def _write(self, connection: sa.Connection, rows: pl.DataFrame) -> Written:
        change = difference(rows, _points(connection, _by_name(rows["product_id"].unique().to_list())), _IDENTITY)
        bulk.insert(connection, price_point, change.inserted)
        bulk.update(connection, price_point, change.updated, _IDENTITY)
        return Written(len(change.inserted), len(change.updated), change.unchanged)

    def of(self, product_ids: Sequence[str]) -> pl.DataFrame:
        """Points of these products as PRICES, by product and moment."""
        with reading(self.engine) as connection:
            return from_storage(_points(connection, product_ids), PRICES).sort("product_id", "at")

    def all(self) -> pl.DataFrame:
        """Every point as PRICES, by product and moment."""
        with reading(self.engine) as connection:
            return from_storage(_points(connection), PRICES).sort("product_id", "at")


def _news(
    connection: sa.Connection, asked: pl.DataFrame | None, product_ids: Sequence[str] | None = None
) -> pl.DataFrame:
    """Products whose price differs from their newest point: product_id, price, currency, source.

    Args:
        connection: to read by.
        asked: as `Prices.note`.
        product_ids: of which; None = all.
    """
    latest = _points(connection, product_ids).sort("at").group_by("product_id", maintain_order=True).last()
    on_sale = sa.case((product.c.status == "active", product.c.price))
    query = sa.select(product.c.id, on_sale, product.c.currency)
    if product_ids is not None:
        query = query.where(product.c.id.in_(product_ids))
    names = {"product_id": pl.String(), "price": pl.Int64(), "currency": pl.String()}
    current = bulk.fetch(connection, query, names).join(
        latest.select("product_id", before="price", known=pl.lit(value=True)), on="product_id", how="left"
    )
    current = _under_promotions(current, asked)
    known = pl.col("known").fill_null(value=False)
    changed = pl.when(known).then(pl.col("price").ne_missing(pl.col("before"))).otherwise(True)
    return current.filter(changed & (known | pl.col("price").is_not_null()))


def _under_promotions(current: pl.DataFrame, asked: pl.DataFrame | None) -> pl.DataFrame:
    """What is really asked, and the column source."""
    if asked is None or asked.is_empty():
        return current.with_columns(source=pl.lit("catalogue"))
    joined = current.join(asked.rename({"price": "asked"}), on="product_id", how="left")
    holds = (pl.col("asked").is_not_null() & (pl.col("list_price") == pl.col("price"))).fill_null(value=False)
    return joined.with_columns(
        price=pl.when(holds).then("asked").otherwise("price"),
        source=pl.when(holds).then(pl.lit("promotion")).otherwise(pl.lit("catalogue")),
    )


def _by_name(product_ids: Sequence[str]) -> Sequence[str] | None:
    """Products, where they are so few that the database is told each; None = all are read."""
    return product_ids if len(product_ids) <= _FEW else None


def _points(connection: sa.Connection, product_ids: Sequence[str] | None = None) -> pl.DataFrame:
    query = sa.select(*(price_point.c[name] for name in _STORED))
    if product_ids is not None:
        query = query.where(price_point.c.product_id.in_(product_ids))
    return bulk.fetch(connection, query, _STORED)
