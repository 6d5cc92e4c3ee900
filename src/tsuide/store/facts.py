"""The port of facts: what happened, in and out of the store as frames."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from tsuide.errors import UnknownCustomer
from tsuide.facts.behaviour import EVENTS
from tsuide.facts.catalogue import PRODUCTS, RELATIONS
from tsuide.facts.consent import CONSENTS, Purpose
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.interactions import INTERACTIONS, WINS
from tsuide.facts.reviews import REVIEWS
from tsuide.facts.schema import MOMENT, TEXT, WHOLE, Schema
from tsuide.kit.clock import to_micros
from tsuide.store import aliases, behind, bulk, catalogue, finding, fresh, order_book, parting, schema, sequence
from tsuide.store.engines import reading, writing
from tsuide.store.frames import difference, from_storage, need, stored_schema, to_storage
from tsuide.store.interactions import interaction, win
from tsuide.store.segment_tables import segment_touch
from tsuide.store.written import Written

_OWNED: Final[Schema] = {"product_id": TEXT, "quantity": WHOLE, "first_at": MOMENT, "last_at": MOMENT}
_FEW: Final = 2000
_LIKE: Final = str.maketrans({each: f"\\{each}" for each in "\\%_"})


@dataclass(frozen=True, slots=True)
class Facts:
    """Reads and writes facts; every write is one transaction, and writing the same twice changes nothing.

    Args:
        engine: connections of grade `record`.

    Every method raises `Unavailable` when the database does not answer, and `BadColumns` or `BadValue` when a
    frame has columns or rows that the store must refuse; then nothing of it is written.
    """

    engine: sa.Engine

    def write_products(self, frame: pl.DataFrame) -> Written:
        """Write products (PRODUCTS); each change gets the next sequence number."""
        with writing(self.engine) as connection:
            return catalogue.write_products(connection, frame)

    def write_orders(self, orders: pl.DataFrame, lines: pl.DataFrame) -> Written:
        """Write orders (ORDERS) and lines (ORDER_LINES); each order that changes gets the next number."""
        with writing(self.engine) as connection:
            return order_book.write_orders(connection, orders, lines)

    def write_relations(self, frame: pl.DataFrame) -> Written:
        """Write declared relations (RELATIONS)."""
        return self._write(schema.relation, frame, RELATIONS, ["product_id", "other_id", "relation"])

    def write_customers(self, frame: pl.DataFrame) -> Written:
        """Write customers (CUSTOMERS)."""
        filled = (
            frame.with_columns(pl.col("kind").fill_null("person"))
            if "kind" in frame.columns
            else (frame.with_columns(kind=pl.lit("person")))
        )
        return self._write(schema.customer, filled, CUSTOMERS, ["id"], finding.take_up)

    def write_consents(self, frame: pl.DataFrame) -> Written:
        """Write grants and withdrawals (CONSENTS); each moment is kept, the latest holds.

        Whoever agrees no longer to be followed is parted from their browsers in the same transaction.
        """
        return self._write(schema.consent, frame, CONSENTS, ["customer_id", "purpose", "channel", "at"], parting.heed)

    def withdrew(self, customer_ids: Iterable[str], *purposes: Purpose) -> set[str]:
        """Who of these customers said no to one of the purposes on the site, and nothing else since."""
        return parting.withdrawn_of(self.engine, customer_ids, purposes)

    def write_events(self, frame: pl.DataFrame) -> Written:
        """Write many behaviour events at once (EVENTS); single ones come through the journal."""
        return self._write(schema.event, frame, EVENTS, ["id"])

    def write_reviews(self, frame: pl.DataFrame) -> Written:
        """Write reviews (REVIEWS)."""
        return self._write(schema.review, frame, REVIEWS, ["id"])

    def write_interactions(self, frame: pl.DataFrame) -> Written:
        """Write talks with customers and notes about them (INTERACTIONS)."""
        return self._write(interaction, frame, INTERACTIONS, ["id"])

    def write_wins(self, frame: pl.DataFrame) -> Written:
        """Write what customers gained (WINS)."""
        return self._write(win, frame, WINS, ["id"])

    def remove_interaction(self, interaction_id: str) -> bool:
        """Remove what was written down by mistake; False where there is none of this id."""
        return self._remove(interaction, interaction_id)

    def remove_win(self, win_id: str) -> bool:
        """Remove a win that was written down by mistake; False where there is none of this id."""
        return self._remove(win, win_id)

    def _remove(self, table: sa.Table, row_id: str) -> bool:
        with writing(self.engine) as connection:
            whose = connection.execute(sa.select(table.c.customer_id).where(table.c.id == row_id)).scalar()
            gone = connection.execute(sa.delete(table).where(table.c.id == row_id)).rowcount
            if whose is not None:
                connection.execute(sa.insert(segment_touch).values(customer_id=whose, cause="customer"))
            return bool(gone)

    def products(self) -> pl.DataFrame:
        """All products, as PRODUCTS."""
        with reading(self.engine) as connection:
            return catalogue.read_products(connection)

    def products_since(self, sequence: int) -> pl.DataFrame:
        """Products that changed after `sequence`, as they are now."""
        with reading(self.engine) as connection:
            return catalogue.read_products(connection, schema.product.c.seq > sequence)

    def products_of(self, ids: Sequence[str]) -> pl.DataFrame:
        """Those of the products named that there are, as PRODUCTS."""
        with reading(self.engine) as connection:
            return catalogue.read_products(connection, schema.product.c.id.in_(list(ids)))

    def products_at(self, sequence: int) -> pl.DataFrame:
        """The catalogue as it stood when `sequence` was the newest number."""
        with reading(self.engine) as connection:
            return catalogue.products_at(connection, sequence)

    def order(self, order_id: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        """One order and its lines, as ORDERS and ORDER_LINES; both empty where there is none."""
        with reading(self.engine) as connection:
            return order_book.read_order(connection, order_id)

    def orders(self) -> pl.DataFrame:
        """All orders, as ORDERS, by time."""
        with reading(self.engine) as connection:
            return order_book.read_orders(connection)

    def order_lines(self, before: datetime | None = None) -> pl.DataFrame:
        """All lines, as ORDER_LINES; with `before`, of the orders placed earlier."""
        with reading(self.engine) as connection:
            return order_book.read_lines(connection, before)

    def purchases(self, before: datetime | None = None) -> pl.DataFrame:
        """What learning reads: lines of orders that were not cancelled, as `order_book.PURCHASES`."""
        with reading(self.engine) as connection:
            return order_book.read_purchases(connection, before)

    def fresh_baskets(self, after: int, upto: int) -> list[list[str]]:
        """Product ids of each order that came with after < number ≤ upto, oldest first; never those of bulk imports."""
        with reading(self.engine) as connection:
            return fresh.baskets_between(connection, after, upto)

    def fresh_orders(self, after: int) -> list[str]:
        """Ids of the orders among these that came after a number."""
        with reading(self.engine) as connection:
            return fresh.order_ids_after(connection, after)

    def orders_holding(
        self, product_ids: Sequence[str], deep: int, n: int, window: int = behind.WINDOW
    ) -> tuple[list[dict[str, Any]], bool]:
        """Orders with every one of the products, a window of them at a time, as `behind.orders_holding`."""
        with reading(self.engine) as connection:
            return behind.orders_holding(connection, product_ids, deep, n, window)

    def relations(self) -> pl.DataFrame:
        """All declared relations, as RELATIONS."""
        return self._read(schema.relation, RELATIONS)

    def customers(self) -> pl.DataFrame:
        """All customers, as CUSTOMERS."""
        return self._read(schema.customer, CUSTOMERS)

    def consents(self) -> pl.DataFrame:
        """All grants and withdrawals, as CONSENTS."""
        return self._read(schema.consent, CONSENTS)

    def consents_of(self, customer_id: str) -> pl.DataFrame:
        """What holds now for one customer: the latest row of each purpose and channel, as CONSENTS."""
        rows = self._read(schema.consent, CONSENTS, schema.consent.c.customer_id == customer_id)
        return rows.sort("at").unique(["purpose", "channel"], keep="last").sort("purpose", "channel")

    def reviews(self) -> pl.DataFrame:
        """All reviews, as REVIEWS."""
        return self._read(schema.review, REVIEWS)

    def interactions(self, customer_id: str | None = None) -> pl.DataFrame:
        """Talks and notes of one customer or of all, as INTERACTIONS, oldest first."""
        where = [] if customer_id is None else [interaction.c.customer_id == customer_id]
        return self._read(interaction, INTERACTIONS, *where).sort("at", "id")

    def wins(self, customer_id: str | None = None) -> pl.DataFrame:
        """What one customer gained, or all, as WINS, oldest first."""
        where = [] if customer_id is None else [win.c.customer_id == customer_id]
        return self._read(win, WINS, *where).sort("at", "id")

    def interaction_of(self, interaction_id: str) -> str | None:
        """Whose a talk or note is; None where there is none of this id, or its customer was erased."""
        query = sa.select(interaction.c.customer_id).where(interaction.c.id == interaction_id)
        with reading(self.engine) as connection:
            return connection.execute(query).scalar()

    def win_of(self, win_id: str) -> str | None:
        """Whose win it is; None as `interaction_of`."""
        with reading(self.engine) as connection:
            return connection.execute(sa.select(win.c.customer_id).where(win.c.id == win_id)).scalar()

    def events(
        self,
        since: datetime | None = None,
        before: datetime | None = None,
        customer_id: str | None = None,
    ) -> pl.DataFrame:
        """Events in [since, before), of one customer or of all, as EVENTS."""
        at = schema.event.c.at
        where = [] if since is None else [at >= to_micros(since)]
        where += [] if before is None else [at < to_micros(before)]
        where += [] if customer_id is None else [schema.event.c.customer_id == customer_id]
        return self._read(schema.event, EVENTS, *where).sort("at", "id")

    def sequence(self) -> int:
        """The newest number given to a change of a product or an order; 0 in an empty store."""
        with reading(self.engine) as connection:
            return sequence.newest(connection)

    def customer(self, customer_id: str) -> dict[str, object]:
        """One customer, keys as in CUSTOMERS; by an id that was merged into another's that other.

        Raises:
            UnknownCustomer: nobody has this id.
        """
        rows = self._read(schema.customer, CUSTOMERS, schema.customer.c.id == customer_id)
        if rows.is_empty():
            with reading(self.engine) as connection:
                kept_id = aliases.of(connection, customer_id)
            if kept_id != customer_id:
                rows = self._read(schema.customer, CUSTOMERS, schema.customer.c.id == kept_id)
        if rows.is_empty():
            raise UnknownCustomer("no such customer", key="customer_id", value=customer_id)
        return rows.row(0, named=True)

    def customers_after(self, after: str, n: int) -> list[dict[str, object]]:
        """Up to `n` customers whose ids come after `after`, in the order of their ids; keys as in CUSTOMERS."""
        table = schema.customer
        query = (
            sa.select(*(table.c[name] for name in CUSTOMERS)).where(table.c.id > after).order_by(table.c.id).limit(n)
        )
        with reading(self.engine) as connection:
            rows = from_storage(bulk.fetch(connection, query, stored_schema(CUSTOMERS)), CUSTOMERS)
        return list(rows.iter_rows(named=True))

    def owned(self, customer_id: str) -> pl.DataFrame:
        """What a customer has of their own purchases: product_id, quantity, first_at, last_at.

        Net of what came back; gifts and cancelled orders do not count.
        """
        head, line, number = schema.orders, schema.order_line, schema.product_number
        kept = sa.func.sum(line.c.quantity - line.c.returned)
        query = (
            sa.select(
                number.c.id,
                sa.cast(kept, sa.BigInteger),
                sa.func.min(head.c.placed_at),
                sa.func.max(head.c.placed_at),
            )
            .join(line, line.c.order_no == head.c.no)
            .join(number, number.c.no == line.c.product_no)
            .where(head.c.customer_id == customer_id, head.c.status != "cancelled", line.c.gift == 0)
            .where(line.c.quantity > line.c.returned)
            .group_by(number.c.id)
            .order_by(number.c.id)
        )
        with reading(self.engine) as connection:
            return from_storage(bulk.fetch(connection, query, stored_schema(_OWNED)), _OWNED)

    def counts(self) -> dict[str, int]:
        """How many rows of each kind of fact the store holds."""
        tables = {
            "products": schema.product,
            "relations": schema.relation,
            "customers": schema.customer,
            "consents": schema.consent,
            "orders": schema.orders,
            "order_lines": schema.order_line,
            "events": schema.event,
            "reviews": schema.review,
        }
        query = sa.select(
            *(
                sa.select(sa.func.count()).select_from(table).scalar_subquery().label(name)
                for name, table in tables.items()
            )
        )
        with reading(self.engine) as connection:
            return {name: int(count) for name, count in connection.execute(query).mappings().one().items()}

    def overview(self) -> dict[str, int | None]:
        """How many rows of each kind there are, and the newest order and event (microseconds); quick also for many."""
        counted = {
            "products": schema.product, "customers": schema.customer, "reviews": schema.review,
            "relations": schema.relation, "consents": schema.consent, "interactions": interaction,
        }  # fmt: skip
        asked: dict[str, sa.Select[int]] = {
            name: sa.select(sa.func.count()).select_from(table) for name, table in counted.items()
        }
        orders = sa.select(sa.func.count(), sa.func.max(schema.orders.c.placed_at))  # one way through many of them
        asked["newest_event"] = sa.select(sa.func.max(schema.event.c.at))
        with reading(self.engine) as connection:
            n, newest = connection.execute(orders).one()
            told = {name: connection.scalar(query) for name, query in asked.items()}
            return {**told, "orders": n, "newest_order": newest}

    def found_products(self, text: str = "", after: str = "", n: int = 50) -> pl.DataFrame:
        """Products in the order of their ids, after one; only those whose id or title holds a text."""
        held = f"%{text.casefold().translate(_LIKE)}%"
        either = [sa.func.lower(schema.product.c[name]).like(held, escape="\\") for name in ("id", "title")]
        query = (
            sa.select(*(schema.product.c[name] for name in stored_schema(PRODUCTS)))
            .where(schema.product.c.id > after, sa.or_(*either))
            .order_by(schema.product.c.id)
            .limit(n)
        )
        with reading(self.engine) as connection:
            return from_storage(bulk.fetch(connection, query, stored_schema(PRODUCTS)), PRODUCTS)

    def _write(
        self,
        table: sa.Table,
        frame: pl.DataFrame,
        shape: Schema,
        identity: list[str],
        also: Callable[[sa.Connection, pl.DataFrame, pl.DataFrame], None] | None = None,
    ) -> Written:
        rows = to_storage(frame, shape)
        need(rows, [name for name in shape if not table.c[name].nullable], table.name)
        with writing(self.engine) as connection:
            sequence.lock(connection)  # one writer of facts at a time, also on PostgreSQL
            rows = _as_known_now(connection, table, rows)
            first = table.c[identity[0]]
            names = rows[identity[0]].unique()
            query = sa.select(*(table.c[name] for name in shape))
            if len(names) <= _FEW:
                query = query.where(first.in_(names.to_list()))
            stored = bulk.fetch(connection, query, stored_schema(shape))
            if table is schema.consent:
                rows = _without_repeated(rows, stored, identity)
            change = difference(rows.select(list(shape)), stored, identity)
            bulk.insert(connection, table, change.inserted)
            bulk.update(connection, table, change.updated, identity)
            if also is not None:
                also(connection, change.inserted, change.updated)
        return Written(len(change.inserted), len(change.updated), change.unchanged)

    def _read(self, table: sa.Table, shape: Schema, *where: sa.ColumnElement[bool]) -> pl.DataFrame:
        query = sa.select(*(table.c[name] for name in shape)).where(*where)
        query = query.order_by(*table.primary_key.columns)
        with reading(self.engine) as connection:
            return from_storage(bulk.fetch(connection, query, stored_schema(shape)), shape)


_WAS_MERGED: Final = "was_merged"


def _as_known_now(connection: sa.Connection, table: sa.Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows under merged ids as those of who stays; of consents with a column that says which were."""
    known = aliases.names(connection)
    if not known:
        return rows
    if table is schema.customer:
        return aliases.told_on(connection, rows, known)
    if "customer_id" not in rows.columns:
        return rows
    marked = rows.with_columns(pl.col("customer_id").is_in(list(known)).alias(_WAS_MERGED))
    return aliases.resolved(marked if table is schema.consent else rows, known)


def _without_repeated(rows: pl.DataFrame, stored: pl.DataFrame, identity: list[str]) -> pl.DataFrame:
    """Consents without those that are only repeated under a merged id: the word of that moment is kept already.

    Of two words of one moment in the rows themselves the no holds.
    """
    if _WAS_MERGED not in rows.columns:
        return rows
    again = rows.filter(pl.col(_WAS_MERGED)).join(stored, on=identity, how="semi")
    fresh = rows.join(again, on=[*identity, _WAS_MERGED], how="anti", nulls_equal=True)
    return fresh.sort("granted", maintain_order=True).unique(identity, keep="first", maintain_order=True)
