"""The port of journeys: what people wrote, who is where, and that of several workers each takes its own."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, TypeAlias

import sqlalchemy as sa

from tsuide.errors import NotFound
from tsuide.kit.clock import to_micros
from tsuide.store.engines import reading, writing
from tsuide.store.glance import Glance
from tsuide.store.journey_news import listen, named, with_products
from tsuide.store.journey_tables import enrolment, enrolment_mark, journey, journey_news, journey_version
from tsuide.store.rows import Found, found, insert_into
from tsuide.store.sequence import lock

_AT_ONCE: Final = 500  # keys of one look
_IS_ACTIVE: Final = enrolment.c.state == sa.literal_column("'active'")
"""Written out: an index of the active ones alone is not used for a value that comes later."""
_OF_A_RUNNING_ONE: Final = sa.exists().where(journey.c.id == enrolment.c.journey_id, journey.c.state == "running")
"""Asked of each that is due, by the index of moments: a list of journeys would lead to all that wait in them."""
STATES: Final = ("running", "paused", "stopped")


@dataclass(frozen=True, slots=True)
class Taken:
    """An enrolment that a worker holds until its lease ends.

    Args:
        lease: the end, microseconds: what `due_at` is while nobody else has taken it.
    """

    row: Found
    lease: int


@dataclass(frozen=True, slots=True)
class Moved:
    """Where a taken enrolment stands now.

    Args:
        state: active, done or left.
        marks: (step, way, what came of it) of each step passed.
    """

    taken: Taken
    step: str | None
    state: str
    due_at: int
    context: Mapping[str, str]
    waits_for: str | None = None
    marks: Sequence[tuple[str, str, str]] = ()
    reached: bool = False
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """Somebody who is to begin a journey.

    Args:
        since: whoever of this key entered later than that may not yet begin again; None = never again.
        restarts: an enrolment of this key that has not begun is due anew.
    """

    id: str
    journey_id: str
    version: int
    customer_id: str
    key: str
    due_at: int
    context: Mapping[str, str]
    since: int | None
    restarts: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """What a batch of news means.

    Args:
        begun: who begins.
        happened: (enrolment id, its step) whose waiting ends.
        gone: (journey id, customer id, why) of those who leave.
    """

    begun: Sequence[Begun] = ()
    happened: Sequence[tuple[str, str]] = ()
    gone: Sequence[tuple[str, str, str]] = ()


Meaning: TypeAlias = Callable[[list[Found], Callable[[Sequence[str]], list[Found]]], Heard]
"""News (an order's with its `products`, a visitor's with the customer that they are) and a way to ask for the waiting
enrolments of customers → what follows."""


@dataclass(frozen=True, slots=True)
class Journeys:
    """Keeps journeys. Every method raises `Unavailable` when the database does not answer."""

    engine: sa.Engine
    glance: Glance

    # --- what people wrote -------------------------------------------------------------------------------------

    def put(
        self,
        journey_id: str,
        text: str,
        now: datetime,
        *,
        author: str | None = None,
        moves: Iterable[str] | None = None,
    ) -> int:
        """Write the next version; whoever begins from now on begins with it. Its number.

        Args:
            journey_id: which; a new one is paused.
            text: what it says.
            now: UTC.
            author: who wrote it.
            moves: of enrolments under way those that stand at one of these steps go on with this version; the
                others, and all where it is None, keep theirs.
        """
        at = to_micros(now)
        with writing(self.engine) as connection:
            lock(connection)
            newest = sa.select(sa.func.max(journey_version.c.version)).where(journey_version.c.journey_id == journey_id)
            version = (connection.execute(newest).scalar() or 0) + 1
            values = {"journey_id": journey_id, "version": version, "text": text, "at": at, "author": author}
            connection.execute(sa.insert(journey_version).values(**values))
            change = sa.update(journey).where(journey.c.id == journey_id).values(version=version, changed_at=at)
            if connection.execute(change).rowcount == 0:
                row = {"id": journey_id, "state": "paused", "version": version, "changed_at": at}
                connection.execute(sa.insert(journey).values(**row))
            if moves is not None:
                where = sa.and_(
                    enrolment.c.journey_id == journey_id,
                    enrolment.c.state == "active",
                    sa.or_(enrolment.c.step.is_(None), enrolment.c.step.in_([*moves])),
                )
                connection.execute(sa.update(enrolment).where(where).values(version=version))
        return version

    def set_state(
        self, journey_id: str, state: str, now: datetime, listened: Callable[[list[Found]], Iterable[str]]
    ) -> Found:
        """Run, pause or stop a journey; the row as it was.

        Who is under way waits while it is paused, and leaves when it is stopped.

        Args:
            journey_id: which.
            state: of STATES.
            now: UTC.
            listened: journeys that run then (with their `text`) → the kinds of news they listen for.

        Raises:
            NotFound: there is none of this id.
        """
        with writing(self.engine) as connection:
            lock(connection)
            before = self._one(connection, journey_id)
            change = sa.update(journey).where(journey.c.id == journey_id)
            connection.execute(change.values(state=state, changed_at=to_micros(now)))
            if state == "stopped":
                where = sa.and_(enrolment.c.journey_id == journey_id, enrolment.c.state == "active")
                values = {"state": "left", "why": "stopped", "moved_at": to_micros(now)}
                connection.execute(sa.update(enrolment).where(where).values(**values))
            listen(connection, listened(_running(connection)))
        return before

    def bring_back(self, journey_id: str, stopped_at: datetime) -> int:
        """Whoever left because a journey was stopped at that moment goes on where they stood; how many do."""
        where = sa.and_(
            enrolment.c.journey_id == journey_id,
            enrolment.c.state == "left",
            enrolment.c.why == "stopped",
            enrolment.c.moved_at == to_micros(stopped_at),
        )
        with writing(self.engine) as connection:
            return connection.execute(sa.update(enrolment).where(where).values(state="active", why=None)).rowcount

    def drop(self, journey_id: str) -> bool:
        """Forget a journey that nobody ever began, with its versions; False where somebody did."""
        with writing(self.engine) as connection:
            lock(connection)
            begun = sa.select(enrolment.c.id).where(enrolment.c.journey_id == journey_id).limit(1)
            if connection.execute(begun).first() is not None:
                return False
            connection.execute(sa.delete(journey_version).where(journey_version.c.journey_id == journey_id))
            connection.execute(sa.delete(journey).where(journey.c.id == journey_id))
        return True

    def refresh_news(self, listened: Callable[[list[Found]], Iterable[str]]) -> None:
        """Listen for what the journeys that run want to hear, after a new version."""
        with writing(self.engine) as connection:
            lock(connection)
            listen(connection, listened(_running(connection)))

    def all(self) -> list[Found]:
        """Every journey with the text of its newest version, by id."""
        with reading(self.engine) as connection:
            return found(connection, _with_text().order_by(journey.c.id))

    def running(self) -> list[Found]:
        """Those that run."""
        with reading(self.engine) as connection:
            return _running(connection)

    def get(self, journey_id: str) -> Found:
        """One journey with the text of its newest version.

        Raises:
            NotFound: there is none of this id.
        """
        with reading(self.engine) as connection:
            return self._one(connection, journey_id)

    def text(self, journey_id: str, version: int) -> str:
        """What a version says.

        Raises:
            NotFound: there is no such version.
        """
        where = sa.and_(journey_version.c.journey_id == journey_id, journey_version.c.version == version)
        with reading(self.engine) as connection:
            text = connection.execute(sa.select(journey_version.c.text).where(where)).scalar()
        if text is None:
            raise NotFound("no such version", key="version", value=f"{journey_id} {version}")
        return str(text)

    def versions(self, journey_id: str) -> list[Found]:
        """Every version, the newest first, without its text."""
        columns = (journey_version.c.version, journey_version.c.at, journey_version.c.author)
        query = sa.select(*columns).where(journey_version.c.journey_id == journey_id)
        with reading(self.engine) as connection:
            return found(connection, query.order_by(journey_version.c.version.desc()))

    def looked(self, journey_id: str, before: int | None, until: datetime) -> bool:
        """Take the look at the clock's own triggers: True for one of all who try."""
        same = journey.c.looked_at.is_(None) if before is None else journey.c.looked_at == before
        change = sa.update(journey).where(journey.c.id == journey_id, same).values(looked_at=to_micros(until))
        with writing(self.engine) as connection:
            return connection.execute(change).rowcount == 1

    def _one(self, connection: sa.Connection, journey_id: str) -> Found:
        rows = found(connection, _with_text().where(journey.c.id == journey_id))
        if not rows:
            raise NotFound("no such journey", key="journey", value=journey_id, way_out="tsuide journey list")
        return rows[0]

    # --- news ---------------------------------------------------------------------------------------------------

    def hear(
        self, n: int, now: datetime, meaning: Callable[[list[Found], Callable[[Sequence[str]], list[Found]]], Heard]
    ) -> int:
        """Take up to n pieces of news and do what they mean, in one transaction: each is heard once. How many were."""
        query = sa.select(journey_news).order_by(journey_news.c.no).limit(n).with_for_update(skip_locked=True)
        with writing(self.engine) as connection:
            rows = found(connection, query)
            if not rows:
                return 0
            known = named(connection, with_products(connection, rows))
            heard = meaning(known, lambda customers: _waiting(connection, customers))
            at = to_micros(now)
            for journey_id, customer_id, why in heard.gone:
                where = sa.and_(
                    enrolment.c.journey_id == journey_id,
                    enrolment.c.customer_id == customer_id,
                    enrolment.c.state == "active",
                )
                values = {"state": "left", "why": why, "moved_at": at}
                connection.execute(sa.update(enrolment).where(where).values(**values))
            for enrolment_id, step in heard.happened:
                _happened(connection, enrolment_id, step, at)
            _begin(connection, heard.begun, at)
            numbers = [row["no"] for row in rows]
            connection.execute(sa.delete(journey_news).where(journey_news.c.no.in_(numbers)))
        return len(rows)

    def begin(self, begun: Sequence[Begun], now: datetime) -> int:
        """Let people begin whom the clock brings; how many did."""
        with writing(self.engine) as connection:
            return _begin(connection, begun, to_micros(now))

    def waiting(self, now: datetime) -> tuple[bool, bool]:
        """Whether there is news, and whether somebody is due: what a worker asks when it has nothing to do."""
        given = {"now": to_micros(now)}
        news, due = self.glance.rows((_any_news(), {}), (_any_due(), given))
        return bool(news), bool(due)

    # --- walking ------------------------------------------------------------------------------------------------

    def take(self, n: int, now: datetime, until: datetime) -> list[Taken]:
        """Up to n enrolments of running journeys that are due, for this worker alone until its lease ends."""
        at, lease = to_micros(now), to_micros(until)
        query = (
            sa.select(enrolment)
            .where(_IS_ACTIVE, enrolment.c.due_at <= at, _OF_A_RUNNING_ONE)
            .order_by(enrolment.c.due_at)
            .limit(n)
            .with_for_update(skip_locked=True)
        )
        with writing(self.engine) as connection:
            rows = found(connection, query)
            if rows:
                change = sa.update(enrolment).where(enrolment.c.id == sa.bindparam("which")).values(due_at=lease)
                connection.execute(change, [{"which": row["id"]} for row in rows])
        return [Taken(row, lease) for row in rows]

    def move(self, moved: Sequence[Moved], now: datetime) -> int:
        """Write down where taken enrolments stand; one whose lease somebody else holds by now stays. How many were."""
        at, done = to_micros(now), 0
        change = (
            sa.update(enrolment)
            .where(
                enrolment.c.id == sa.bindparam("which"),
                enrolment.c.due_at == sa.bindparam("lease"),
                enrolment.c.state == "active",
            )
            .values(
                step=sa.bindparam("new_step"),
                state=sa.bindparam("new_state"),
                due_at=sa.bindparam("new_due"),
                context=sa.bindparam("new_context"),
                waits_for=sa.bindparam("new_waits"),
                moves=enrolment.c.moves + sa.bindparam("passed"),
                reached=sa.bindparam("new_reached"),
                why=sa.bindparam("new_why"),
                moved_at=at,
            )
        )
        with writing(self.engine) as connection:
            rows = [_change_of(each) for each in moved]
            if not rows:
                return 0
            done = connection.execute(change, rows).rowcount
            _mark(connection, moved, at)
        return done if done >= 0 else len(rows)

    def next_due(self) -> int | None:
        """When the next enrolment of a running journey is due, microseconds; None where none waits."""
        query = sa.select(enrolment.c.due_at).where(_IS_ACTIVE, _OF_A_RUNNING_ONE).order_by(enrolment.c.due_at)
        with reading(self.engine) as connection:
            return connection.execute(query.limit(1)).scalar()

    # --- looking ------------------------------------------------------------------------------------------------

    def enrolments(
        self, journey_id: str, state: str | None = None, n: int = 100, customer_id: str | None = None
    ) -> list[Found]:
        """Some enrolments, those that moved last first."""
        query = sa.select(enrolment).where(enrolment.c.journey_id == journey_id)
        for column, wanted in ((enrolment.c.state, state), (enrolment.c.customer_id, customer_id)):
            query = query if wanted is None else query.where(column == wanted)
        with reading(self.engine) as connection:
            return found(connection, query.order_by(enrolment.c.moved_at.desc(), enrolment.c.id).limit(n))

    def enrolled(self, enrolment_id: str) -> Found:
        """One enrolment.

        Raises:
            NotFound: there is none of this id.
        """
        with reading(self.engine) as connection:
            rows = found(connection, sa.select(enrolment).where(enrolment.c.id == enrolment_id))
        if not rows:
            raise NotFound("no such enrolment", key="enrolment", value=enrolment_id)
        return rows[0]

    def under_way(self, journey_id: str) -> dict[int, int]:
        """Version → how many are under way in it."""
        e = enrolment.c
        query = sa.select(e.version, sa.func.count()).where(e.journey_id == journey_id, e.state == "active")
        with reading(self.engine) as connection:
            return {int(version): int(n) for version, n in connection.execute(query.group_by(e.version))}

    def marks(self, enrolment_id: str) -> list[Found]:
        """The steps that an enrolment passed, in order."""
        query = sa.select(enrolment_mark).where(enrolment_mark.c.enrolment_id == enrolment_id)
        with reading(self.engine) as connection:
            return found(connection, query.order_by(enrolment_mark.c.n))

    def marks_of(self, enrolment_ids: Sequence[str]) -> dict[str, list[Found]]:
        """Of each enrolment the steps that it passed, in order."""
        m = enrolment_mark.c
        passed: dict[str, list[Found]] = {each: [] for each in enrolment_ids}
        with reading(self.engine) as connection:
            for first in range(0, len(enrolment_ids), _AT_ONCE):
                some = list(enrolment_ids[first : first + _AT_ONCE])
                query = sa.select(enrolment_mark).where(m.enrolment_id.in_(some)).order_by(m.enrolment_id, m.n)
                for row in found(connection, query):
                    passed[row["enrolment_id"]].append(row)
        return passed

    def counts(self, journey_id: str) -> list[Found]:
        """How many passed each step of each version which way, and what came of it."""
        m = enrolment_mark.c
        query = (
            sa.select(m.version, m.step, m.way, m.said, sa.func.count().label("n"))
            .where(m.journey_id == journey_id)
            .group_by(m.version, m.step, m.way, m.said)
            .order_by(m.version, m.step, m.way, m.said)
        )
        with reading(self.engine) as connection:
            return found(connection, query)

    def standing(self, journey_id: str) -> list[Found]:
        """How many are in which state, and of the active ones at which step."""
        e = enrolment.c
        step = sa.case((e.state == "active", e.step), else_=None).label("step")
        query = (
            sa.select(e.state, step, sa.func.count().label("n"), sa.func.sum(e.reached).label("reached"))
            .where(e.journey_id == journey_id)
            .group_by(e.state, step)
        )
        with reading(self.engine) as connection:
            return found(connection, query)

    def goes_on(self, enrolment_id: str) -> bool:
        """Whether somebody is still in a journey, in this time through it."""
        query = sa.select(enrolment.c.id).where(enrolment.c.id == enrolment_id, enrolment.c.state == "active")
        with reading(self.engine) as connection:
            return bool(connection.execute(query).all())

    def wake(self, enrolment_id: str, step: str, now: datetime) -> None:
        """Whoever waits at a step is due now."""
        e, at = enrolment.c, to_micros(now)
        where = sa.and_(e.id == enrolment_id, e.step == step, e.state == "active", e.due_at > at)
        with writing(self.engine) as connection:
            connection.execute(sa.update(enrolment).where(where).values(due_at=at))

    def said(self, enrolment_id: str, step: str, before: str, now_is: str) -> None:
        """What came of a step that was passed already came to something else."""
        m = enrolment_mark.c
        where = sa.and_(m.enrolment_id == enrolment_id, m.step == step, m.said == before)
        with writing(self.engine) as connection:
            connection.execute(sa.update(enrolment_mark).where(where).values(said=now_is))


def _with_text() -> sa.Select[Any]:
    newest = sa.and_(journey_version.c.journey_id == journey.c.id, journey_version.c.version == journey.c.version)
    return sa.select(journey, journey_version.c.text).join(journey_version, newest)


@cache
def _any_news() -> sa.Select[Any]:
    return sa.select(journey_news.c.no).limit(1)


@cache
def _any_due() -> sa.Select[Any]:
    due = enrolment.c.due_at <= sa.bindparam("now", type_=sa.BigInteger)
    return sa.select(sa.literal(1)).where(_IS_ACTIVE, due, _OF_A_RUNNING_ONE).limit(1)


def _running(connection: sa.Connection) -> list[Found]:
    return found(connection, _with_text().where(journey.c.state == "running").order_by(journey.c.id))


def _waiting(connection: sa.Connection, customers: Sequence[str]) -> list[Found]:
    """Enrolments of customers that wait for something that they do."""
    columns = (enrolment.c.id, enrolment.c.journey_id, enrolment.c.version, enrolment.c.customer_id, enrolment.c.step)
    where = sa.and_(
        enrolment.c.customer_id.in_(list(customers)), enrolment.c.state == "active", enrolment.c.waits_for.is_not(None)
    )
    return found(connection, sa.select(*columns, enrolment.c.waits_for).where(where))


def _happened(connection: sa.Connection, enrolment_id: str, step: str, at: int) -> None:
    """What an enrolment waits for came: it is due, unless somebody walks it just now, and remembers."""
    where = sa.and_(enrolment.c.id == enrolment_id, enrolment.c.state == "active", enrolment.c.step == step)
    rows = found(connection, sa.select(enrolment.c.context).where(where).with_for_update())
    for row in rows:
        context = json.dumps({**json.loads(row["context"]), "happened": "yes"}, ensure_ascii=False)
        change = sa.update(enrolment).where(where)
        connection.execute(change.values(due_at=at, context=context, waits_for=None))


def _begin(connection: sa.Connection, begun: Sequence[Begun], at: int) -> int:
    """Insert those who may begin; of several with one key the first. How many were."""
    many = 0
    for first in range(0, len(begun), _AT_ONCE):
        part = begun[first : first + _AT_ONCE]
        before = _newest(connection, part)
        rows: dict[tuple[str, str], dict[str, Any]] = {}
        for each in part:
            row, key = before.get((each.journey_id, each.key)), (each.journey_id, each.key)
            if row is not None and row["state"] == "active":
                if each.restarts and row["step"] is None:
                    context = json.dumps(dict(each.context), ensure_ascii=False)
                    change = sa.update(enrolment).where(enrolment.c.id == row["id"], enrolment.c.step.is_(None))
                    connection.execute(change.values(due_at=each.due_at, context=context))
            elif row is None or (each.since is not None and row["entered_at"] <= each.since):
                rows.setdefault(key, _beginning(each, at))
        if rows:
            insert = insert_into(connection, enrolment).on_conflict_do_nothing()
            done = connection.execute(insert, [*rows.values()]).rowcount
            many += done if done >= 0 else len(rows)
    return many


def _newest(connection: sa.Connection, begun: Sequence[Begun]) -> dict[tuple[str, str], Found]:
    """The enrolment that began last of each key, where there is one."""
    columns = (enrolment.c.id, enrolment.c.journey_id, enrolment.c.key, enrolment.c.state, enrolment.c.step)
    query = (
        sa.select(*columns, enrolment.c.entered_at)
        .where(
            enrolment.c.journey_id.in_({each.journey_id for each in begun}),
            enrolment.c.key.in_({each.key for each in begun}),
        )
        .order_by(enrolment.c.entered_at)
    )
    return {(row["journey_id"], row["key"]): row for row in found(connection, query)}


def _beginning(begun: Begun, at: int) -> dict[str, Any]:
    return {
        "id": begun.id, "journey_id": begun.journey_id, "version": begun.version, "customer_id": begun.customer_id,
        "key": begun.key, "step": None, "state": "active", "waits_for": None, "due_at": begun.due_at,
        "context": json.dumps(dict(begun.context), ensure_ascii=False), "entered_at": at, "moved_at": at, "moves": 0,
        "reached": 0, "why": None,
    }  # fmt: skip


def _change_of(moved: Moved) -> dict[str, Any]:
    return {
        "which": moved.taken.row["id"], "lease": moved.taken.lease, "new_step": moved.step, "new_state": moved.state,
        "new_due": moved.due_at, "new_context": json.dumps(dict(moved.context), ensure_ascii=False),
        "new_waits": moved.waits_for, "passed": len(moved.marks),
        "new_reached": int(moved.reached or moved.taken.row["reached"]), "new_why": moved.why,
    }  # fmt: skip


def _mark(connection: sa.Connection, moved: Sequence[Moved], at: int) -> None:
    """Each step that was passed, once: whoever lost the lease passed them in vain, and somebody else marks the same."""
    rows = [
        {
            "enrolment_id": each.taken.row["id"], "n": each.taken.row["moves"] + place,
            "journey_id": each.taken.row["journey_id"], "version": each.taken.row["version"], "step": step, "way": way,
            "said": said, "at": at,
        }
        for each in moved
        for place, (step, way, said) in enumerate(each.marks)
    ]  # fmt: skip
    if rows:
        connection.execute(insert_into(connection, enrolment_mark).on_conflict_do_nothing(), rows)
