"""The port of webhooks: other systems that are told what changes, each from where it was told last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from tsuide.errors import NotFound
from tsuide.kit.clock import to_micros
from tsuide.store.columns import key, text, whole
from tsuide.store.deals import deal_event
from tsuide.store.engines import reading, writing
from tsuide.store.rows import Found, found, insert_into
from tsuide.store.schema import RECORD, metadata
from tsuide.store.segment_tables import segment, segment_event
from tsuide.store.tasks import task_event
from tsuide.store.worklist import worklist_event

hook = sa.Table(
    "hook",
    metadata,
    key("id"),
    text("url"),
    text("topics"),
    text("seen"),
    whole("due_at"),
    whole("tries"),
    whole("failing_since", null=True),
    text("error", null=True),
    info=RECORD,
)
"""Who is told. `topics`: a JSON list; `seen`: topic → the newest seq that was taken, as JSON; `due_at`: not before;
`tries`, `failing_since` and `error` while it takes nothing."""

_FEEDS: Final[Mapping[str, sa.Table]] = {
    "tasks": task_event,
    "worklist": worklist_event,
    "deals": deal_event,
    "segments": segment_event,
}
TOPICS: Final = tuple(_FEEDS)


@dataclass(frozen=True, slots=True)
class Hooks:
    """Keeps webhooks; rows have the columns of the table.

    Every method raises `Unavailable` when the database does not answer.
    """

    engine: sa.Engine

    def put(self, row: Mapping[str, Any]) -> None:
        """Set a webhook, new or changed."""
        with writing(self.engine) as connection:
            insert = insert_into(connection, hook).values(**row)
            connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=dict(row)))

    def remove(self, hook_id: str) -> Found:
        """Take a webhook away; it as it was.

        Raises:
            NotFound: there is none of this id.
        """
        with writing(self.engine) as connection:
            rows = found(connection, sa.select(hook).where(hook.c.id == hook_id))
            if not rows:
                raise NotFound("no such webhook", key="hook", value=hook_id, way_out="tsuide hook list")
            connection.execute(sa.delete(hook).where(hook.c.id == hook_id))
        return rows[0]

    def all(self) -> list[Found]:
        """Every webhook, by id."""
        with reading(self.engine) as connection:
            return found(connection, sa.select(hook).order_by(hook.c.id))

    def due(self, now: datetime) -> list[Found]:
        """Those that may be told something now."""
        with reading(self.engine) as connection:
            return found(connection, sa.select(hook).where(hook.c.due_at <= to_micros(now)).order_by(hook.c.id))

    def claim(self, row: Found, until: datetime) -> bool:
        """Take a webhook until a moment: True for one of all who try."""
        where = sa.and_(hook.c.id == row["id"], hook.c.due_at == row["due_at"], hook.c.seen == row["seen"])
        with writing(self.engine) as connection:
            change = sa.update(hook).where(where).values(due_at=to_micros(until))
            return connection.execute(change).rowcount == 1

    def settle(self, hook_id: str, lease: datetime, values: Mapping[str, Any]) -> None:
        """Write down how far it was told; nothing where it was changed or removed meanwhile."""
        where = sa.and_(hook.c.id == hook_id, hook.c.due_at == to_micros(lease))
        with writing(self.engine) as connection:
            connection.execute(sa.update(hook).where(where).values(**values))

    def newest(self) -> dict[str, int]:
        """Topic → its newest seq; 0 where nothing has happened."""
        with reading(self.engine) as connection:
            return {
                topic: int(connection.execute(sa.select(sa.func.max(table.c.seq))).scalar_one() or 0)
                for topic, table in _FEEDS.items()
            }

    def events(self, topic: str, after: int, n: int) -> list[Found]:
        """What happened after a seq, in its order: the rows of the topic's table."""
        table = _FEEDS[topic]
        query = sa.select(table).where(table.c.seq > after).order_by(table.c.seq).limit(n)
        if table is segment_event:
            named = segment.c.id.label("segment")
            query = query.add_columns(named).join(segment, segment.c.no == segment_event.c.segment_no, isouter=True)
        with reading(self.engine) as connection:
            return found(connection, query)
