"""The port of supervision: what reps entered, when own orders were undone, and cases whose steps are only added."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from tsuide.errors import Conflict, NotFound
from tsuide.kit.clock import to_micros
from tsuide.store.columns import key, text, whole
from tsuide.store.engines import reading, writing
from tsuide.store.rows import Found, found
from tsuide.store.schema import (
    RECORD,
    acceptance,
    event,
    metadata,
    order_line,
    orders,
    outcome,
    product_number,
)
from tsuide.store.selling import confirmation
from tsuide.store.sequence import lock

_AT_ONCE: Final = 500
_NOTE_ONCE: Final = sa.text(
    "INSERT INTO order_undone (order_id, at) VALUES (:order_id, :at) ON CONFLICT (order_id) DO NOTHING"
)

order_undone = sa.Table(
    "order_undone",
    metadata,
    key("order_id"),
    whole("at"),
    info=RECORD,
)
"""When an order of our own was cancelled or came back whole; the first time counts."""

supervision_case = sa.Table(
    "supervision_case",
    metadata,
    key("id"),
    text("rep_id"),
    text("record"),
    whole("opened_at"),
    whole("closed_at", null=True),
    info=RECORD,
)
"""A confirmed finding as JSON, as it was opened: it never changes but for the moment of its closure."""

case_step = sa.Table(
    "case_step",
    metadata,
    sa.Column("case_id", sa.Text, sa.ForeignKey("supervision_case.id"), primary_key=True, nullable=False),
    sa.Column("place", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
    text("record"),
    whole("at"),
    info=RECORD,
)


@dataclass(frozen=True, slots=True)
class Supervision:
    """Reads what supervision looks at, keeps what it led to.

    Every method raises `Unavailable` when the database does not answer.
    """

    engine: sa.Engine

    def note_undone(self, order_ids: Iterable[str], at: datetime) -> None:
        """Orders that were cancelled, or came back whole; what is noted already stays as it was."""
        with writing(self.engine) as connection:
            for order_id in order_ids:
                connection.execute(_NOTE_ONCE, {"order_id": order_id, "at": to_micros(at)})

    def entered(self, start: datetime, end: datetime, *, reps_only: bool = True) -> list[Found]:
        """Acceptances asked for with start ≤ at < end, with what became of each, oldest first.

        Rows have the columns of `acceptance`, and expires_at, entered_by, order_id, said_at (of the yes) and undone_at.
        """
        yes = sa.select(sa.func.min(outcome.c.at)).where(
            outcome.c.offer_id == acceptance.c.offer_id,
            outcome.c.decision_id == acceptance.c.decision_id,
            outcome.c.outcome == "accepted",
        )
        more = (confirmation.c.expires_at, confirmation.c.entered_by, confirmation.c.order_id)
        query = (
            sa.select(
                *acceptance.c, *more, yes.scalar_subquery().label("said_at"), order_undone.c.at.label("undone_at")
            )
            .join(confirmation, confirmation.c.acceptance_id == acceptance.c.id)
            .outerjoin(order_undone, order_undone.c.order_id == confirmation.c.order_id)
            .where(acceptance.c.at >= to_micros(start), acceptance.c.at < to_micros(end))
        )
        if reps_only:
            query = query.where(confirmation.c.entered_by.is_not(None))
        with reading(self.engine) as connection:
            return found(connection, query.order_by(acceptance.c.at, acceptance.c.id))

    def acts_of(self, customers: Sequence[str], start: int, end: int) -> dict[str, list[tuple[int, str]]]:
        """Customer → (moment, product) of events and of orders' lines with start ≤ moment < end, microseconds."""
        acts: dict[str, list[tuple[int, str]]] = {}
        lines = (
            sa.select(orders.c.customer_id, orders.c.placed_at, product_number.c.id)
            .join(order_line, order_line.c.order_no == orders.c.no)
            .join(product_number, product_number.c.no == order_line.c.product_no)
            .where(orders.c.status != "cancelled", orders.c.placed_at >= start, orders.c.placed_at < end)
        )
        seen = sa.select(event.c.customer_id, event.c.at, event.c.product_id).where(
            event.c.product_id.is_not(None), event.c.at >= start, event.c.at < end
        )
        with reading(self.engine) as connection:
            for at_once in range(0, len(customers), _AT_ONCE):
                some = list(customers[at_once : at_once + _AT_ONCE])
                for query, whose in ((lines, orders.c.customer_id), (seen, event.c.customer_id)):
                    for customer, at, product in connection.execute(query.where(whose.in_(some))):
                        acts.setdefault(customer, []).append((at, product))
        return acts

    def open(self, case_id: str, rep_id: str, record: str, now: datetime) -> None:
        """Keep a case.

        Raises:
            Conflict: one of this id is there.
        """
        values = {"id": case_id, "rep_id": rep_id, "record": record, "opened_at": to_micros(now)}
        with writing(self.engine) as connection:
            lock(connection)
            if found(connection, sa.select(supervision_case.c.id).where(supervision_case.c.id == case_id)):
                raise Conflict("there is a case of this id", key="case", value=case_id)
            connection.execute(sa.insert(supervision_case).values(**values))

    def add_step(self, case_id: str, make: Callable[[str, Sequence[str]], str], now: datetime, *, closes: bool) -> None:
        """Add a step, alone among all who try.

        Args:
            case_id: of which case.
            make: the case's record, and those of its steps → the new step's; what it raises goes through.
            now: UTC.
            closes: whether it ends the case.

        Raises:
            NotFound: no such case.
        """
        with writing(self.engine) as connection:
            lock(connection)
            case = found(connection, sa.select(supervision_case).where(supervision_case.c.id == case_id))
            if not case:
                raise _unknown(case_id)
            steps = [row["record"] for row in found(connection, _steps_of(case_id))]
            record = make(case[0]["record"], steps)
            row = {"case_id": case_id, "place": len(steps), "record": record, "at": to_micros(now)}
            connection.execute(sa.insert(case_step).values(**row))
            if closes:
                change = sa.update(supervision_case).where(supervision_case.c.id == case_id)
                connection.execute(change.values(closed_at=to_micros(now)))

    def case(self, case_id: str) -> tuple[Found, list[str]]:
        """One case and the records of its steps, oldest first.

        Raises:
            NotFound: no such case.
        """
        with reading(self.engine) as connection:
            rows = found(connection, sa.select(supervision_case).where(supervision_case.c.id == case_id))
            if not rows:
                raise _unknown(case_id)
            return rows[0], [row["record"] for row in found(connection, _steps_of(case_id))]

    def cases(self) -> list[str]:
        """Ids of every case, open ones first, then the newest."""
        order = (supervision_case.c.closed_at.is_not(None), supervision_case.c.opened_at.desc(), supervision_case.c.id)
        with reading(self.engine) as connection:
            return [row["id"] for row in found(connection, sa.select(supervision_case.c.id).order_by(*order))]


def _steps_of(case_id: str) -> sa.Select[tuple[str]]:
    return sa.select(case_step.c.record).where(case_step.c.case_id == case_id).order_by(case_step.c.place)


def _unknown(case_id: str) -> NotFound:
    return NotFound("no such case", key="case", value=case_id, way_out="tsuide supervise cases")
