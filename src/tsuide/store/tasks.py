"""The port of tasks: given once, changed by people, and every change told to whoever asks what is new."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from tsuide.errors import NotFound
from tsuide.kit.clock import to_micros
from tsuide.store.columns import key, sequence, text, whole
from tsuide.store.engines import reading, writing
from tsuide.store.rows import Found, found, insert_into
from tsuide.store.schema import RECORD, metadata
from tsuide.store.sequence import lock

STATES: Final = ("open", "done", "dropped")
DEEDS: Final = ("made", "done", "dropped", "opened", "snoozed", "assigned")

task = sa.Table(
    "task",
    metadata,
    key("id"),
    text("key"),
    text("customer_id", null=True),
    text("source"),
    text("title"),
    text("note", null=True),
    text("assignee"),
    text("state"),
    whole("due_at"),
    whole("made_at"),
    whole("changed_at"),
    text("reason", null=True),
    text("rule", null=True),
    sa.Column("snoozes", sa.BigInteger, nullable=False, server_default="0"),
    sa.UniqueConstraint("key"),
    sa.CheckConstraint("state IN ('open', 'done', 'dropped')", name="state"),
    sa.Index(None, "state", "due_at"),
    sa.Index(None, "customer_id"),
    sa.Index(None, "rule", "customer_id"),
    info=RECORD,
)
"""What somebody is to do about a customer; `title` and `note`: JSON, ja and en. `rule`: which made it; of one rule a
customer has one open task. `snoozes`: how often it was put off."""

task_event = sa.Table(
    "task_event",
    metadata,
    sequence("seq"),
    text("task_id"),
    whole("at"),
    text("deed"),
    text("who", null=True),
    text("reason", null=True),
    text("assignee"),
    whole("due_at"),
    sa.Index(None, "task_id"),
    info=RECORD,
)
"""What was done with a task, by whom; `assignee` and `due_at` as they were from then on."""


@dataclass(frozen=True, slots=True)
class Tasks:
    """Keeps tasks; rows have the columns of the table.

    Every method raises `Unavailable` when the database does not answer.
    """

    engine: sa.Engine

    def give(self, row: Mapping[str, Any], rota: Sequence[str] = ()) -> bool:
        """Write a task down; False where its key has one, or its rule's last one for this customer is still open.

        Args:
            row: of the table.
            rota: whoever of them it is the turn of, by the tasks that the rule gave so far; empty = `row["assignee"]`.
        """
        t = task.c
        with writing(self.engine) as connection:
            lock(connection)  # two workers give one task after the other
            if row.get("rule") is not None:
                open_still = sa.select(t.id).where(
                    t.rule == row["rule"], t.customer_id == row["customer_id"], t.state == "open"
                )
                if connection.execute(open_still.limit(1)).first() is not None:
                    return False
                if rota:
                    given = sa.select(sa.func.count()).select_from(task).where(t.rule == row["rule"])
                    row = {**row, "assignee": rota[int(connection.execute(given).scalar_one()) % len(rota)]}
            insert = insert_into(connection, task).values(**row).on_conflict_do_nothing(index_elements=["key"])
            if connection.execute(insert.returning(t.id)).first() is None:
                return False
            _told(connection, row, "made", row["made_at"], None, None)
        return True

    def get(self, task_id: str) -> Found:
        """A task.

        Raises:
            NotFound: there is none of this id.
        """
        with reading(self.engine) as connection:
            return _one(connection, task_id)

    def listed(
        self,
        state: str | None = "open",
        *,
        assignee: str | None = None,
        assignees: Sequence[str] | None = None,
        customer_id: str | None = None,
        key: str | None = None,
        due_before: datetime | None = None,
        n: int = 200,
    ) -> list[Found]:
        """Tasks, those due first; of one person or of several, about one customer, or due before a moment."""
        t = task.c
        query = sa.select(task)
        wanted = {t.state: state, t.assignee: assignee, t.customer_id: customer_id, t.key: key}
        for column, value in wanted.items():
            if value is not None:
                query = query.where(column == value)
        if assignees is not None:
            query = query.where(t.assignee.in_(list(assignees)))
        if due_before is not None:
            query = query.where(t.due_at < to_micros(due_before))
        with reading(self.engine) as connection:
            return found(connection, query.order_by(t.due_at, t.id).limit(n))

    def change(
        self,
        task_id: str,
        deed: str,
        now: datetime,
        values: Mapping[str, Any],
        *,
        who: str | None = None,
        reason: str | None = None,
    ) -> Found:
        """Change a task and note it; the row as it was.

        Args:
            task_id: which.
            deed: of DEEDS.
            now: UTC.
            values: columns that change.
            who: did it.
            reason: why.

        Raises:
            NotFound: there is none of this id.
        """
        with writing(self.engine) as connection:
            lock(connection)  # who has seen event 17 never meets a 16 later
            before = _one(connection, task_id)
            told = {**values, "changed_at": to_micros(now)}
            connection.execute(sa.update(task).where(task.c.id == task_id).values(**told))
            _told(connection, {**before, **told}, deed, to_micros(now), who, reason)
        return before

    def events(self, after: int = 0, n: int = 200, task_id: str | None = None) -> list[Found]:
        """What was done with tasks after a number, in its order."""
        e = task_event.c
        query = sa.select(task_event).where(e.seq > after)
        if task_id is not None:
            query = query.where(e.task_id == task_id)
        with reading(self.engine) as connection:
            return found(connection, query.order_by(e.seq).limit(n))


def _one(connection: sa.Connection, task_id: str) -> Found:
    rows = found(connection, sa.select(task).where(task.c.id == task_id))
    if not rows:
        raise NotFound("no such task", key="task", value=task_id, way_out="tsuide task list")
    return rows[0]


def _told(
    connection: sa.Connection, row: Mapping[str, Any], deed: str, at: int, who: str | None, reason: str | None
) -> None:
    values = {"task_id": row["id"], "at": at, "deed": deed, "who": who, "reason": reason}
    connection.execute(
        sa.insert(task_event).values(**values, assignee=row["assignee"], due_at=row["due_at"])
    )  # fmt: skip
