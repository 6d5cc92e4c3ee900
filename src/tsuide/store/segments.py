"""The port of segments: definitions, sheets, who is in, who came and went."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from tsuide.errors import Conflict, NotFound
from tsuide.facts.schema import WHOLE
from tsuide.kit.clock import to_micros
from tsuide.outreach.segments.lowering import Lowered, Tick
from tsuide.outreach.segments.sheets import SHEETS
from tsuide.outreach.segments.vocabulary import LEARNED_COLUMNS, Who
from tsuide.store import bulk, catalogue
from tsuide.store.engines import reading, writing
from tsuide.store.glance import Glance
from tsuide.store.rows import Found, found
from tsuide.store.schema import product
from tsuide.store.segment_facts import read_facts
from tsuide.store.segment_sql import where
from tsuide.store.segment_tables import (
    segment,
    segment_act,
    segment_clock,
    segment_event,
    segment_member,
    segment_sheet,
    segment_shelf,
    segment_size,
    segment_touch,
    segment_version,
)
from tsuide.store.segment_ticks import next_tick, ticked
from tsuide.store.segment_triggers import digest, watch
from tsuide.store.sequence import lock

_HOUR: Final = 3_600_000_000
_CHUNK: Final = 2_000
_MOST_NAMES: Final = 5_000


@dataclass(frozen=True, slots=True)
class Counted:
    """How many a condition is true of.

    Args:
        size: true.
        unknown: neither true nor false.
        of: everybody who was asked about.
    """

    size: int
    unknown: int
    of: int


@dataclass(frozen=True, slots=True)
class Moved:
    """What evaluating a segment changed."""

    entered: int
    left: int


@dataclass(frozen=True, slots=True)
class Segments:
    """Keeps segments. Every method raises `Unavailable` when the database does not answer."""

    engine: sa.Engine
    glance: Glance

    # --- definitions -----------------------------------------------------------------------------------------

    def put(self, segment_id: str, record: str, now: datetime, author: str | None = None) -> Found:
        """Write a segment's next version, alone among all who try.

        Args:
            segment_id: which.
            record: the segment, as JSON.
            now: UTC.
            author: who did it.

        Returns:
            The row; `version` is the old one where the record is the same.
        """
        with writing(self.engine) as connection:
            lock(connection)
            before = self._one(connection, segment_id)
            at = to_micros(now)
            if before is not None and before["record"] == record and not before["removed"]:
                return before
            if before is None:
                highest = connection.execute(sa.select(sa.func.max(segment.c.no))).scalar() or 0
                row = {"no": highest + 1, "id": segment_id, "version": 1}
                new = {**row, "record": record, "changed_at": at, "removed": 0, "evaluated_at": None}
                connection.execute(sa.insert(segment).values(new))
            else:
                row = {"no": before["no"], "version": before["version"] + 1}
                change = sa.update(segment).where(segment.c.no == before["no"])
                values = {"record": record, "version": row["version"], "changed_at": at, "removed": 0}
                connection.execute(change.values(**values, evaluated_at=None))
            version = {"segment_no": row["no"], "version": row["version"], "record": record, "at": at, "author": author}
            connection.execute(sa.insert(segment_version).values(version))
            made = self._one(connection, segment_id)
            assert made is not None  # noqa: S101 - written above
            return made

    def get(self, segment_id: str, *, removed: bool = False) -> Found:
        """One segment; with `size` as it was last counted.

        Raises:
            NotFound: there is none with this id, or it was removed.
        """
        with reading(self.engine) as connection:
            row = self._one(connection, segment_id)
        if row is None or (row["removed"] and not removed):
            raise NotFound("no such segment", key="segment", value=segment_id, way_out="tsuide segment list")
        return row

    def all(self) -> list[Found]:
        """Every segment, by id; with `size` as it was last counted."""
        with reading(self.engine) as connection:
            return found(connection, _sized().where(segment.c.removed == 0).order_by(segment.c.id))

    def versions(self, segment_no: int) -> list[Found]:
        """Every version of a segment, oldest first."""
        query = sa.select(segment_version).where(segment_version.c.segment_no == segment_no)
        with reading(self.engine) as connection:
            return found(connection, query.order_by(segment_version.c.version))

    def _one(self, connection: sa.Connection, segment_id: str) -> Found | None:
        rows = found(connection, _sized().where(segment.c.id == segment_id))
        return rows[0] if rows else None

    # --- counting --------------------------------------------------------------------------------------------

    def count(self, lowered: Lowered, who: Who) -> Counted:
        """How many a condition is true of, and of how many nothing can be said.

        Three counts: where a condition decides, a database stops at the first part that settles it.
        """
        condition = self._where(lowered)
        everybody = sa.select(sa.func.count()).select_from(segment_sheet).where(_who(who))
        with reading(self.engine) as connection:
            of, size, against = (
                int(connection.execute(query).scalar_one())
                for query in (everybody, everybody.where(condition), everybody.where(sa.not_(condition)))
            )
        return Counted(size, of - size - against, of)

    def sample(self, lowered: Lowered, who: Who, n: int, after: str = "") -> list[str]:
        """Up to `n` subjects of whom a condition is true and whose ids come after `after`."""
        query = sa.select(segment_sheet.c.subject).where(_who(who), self._where(lowered))
        query = query.where(segment_sheet.c.subject > after).order_by(segment_sheet.c.subject).limit(n)
        with reading(self.engine) as connection:
            return [str(each) for each in connection.execute(query).scalars()]

    def _where(self, lowered: Lowered) -> sa.ColumnElement[bool]:
        return where(lowered, self.engine.dialect.name)

    # --- members ---------------------------------------------------------------------------------------------

    def members(self, segment_no: int, n: int, after: str = "") -> list[Found]:
        """Up to `n` members with `subject`, `since` (microseconds) and `cause`, whose subjects come after `after`."""
        member, sheet = segment_member.c, segment_sheet.c
        query = (
            sa.select(sheet.subject, sheet.customer_id, sheet.anonymous_id, member.since, member.cause)
            .join(segment_member, member.no == sheet.no)
            .where(member.segment_no == segment_no, sheet.subject > after)
            .order_by(sheet.subject)
            .limit(n)
        )
        with reading(self.engine) as connection:
            return found(connection, query)

    def named(self, subject: str) -> tuple[str, ...]:
        """Ids of the segments that one subject is in, by id; for every decision."""
        (rows,) = self.glance.rows((_named(), {"subject": subject}))
        return tuple([str(row[0]) for row in rows])

    def ids(self) -> list[str]:
        """Ids of every segment, by id."""
        (rows,) = self.glance.rows((_ids(), {}))
        return [str(row[0]) for row in rows]

    def overlap(self, numbers: Sequence[int]) -> list[tuple[tuple[int, ...], int]]:
        """(numbers of segments, how many are in just these) for every combination that somebody is in."""
        flags = [
            sa.func.max(sa.case((segment_member.c.segment_no == no, 1), else_=0)).label(f"in_{no}") for no in numbers
        ]
        each = sa.select(segment_member.c.no, *flags).where(segment_member.c.segment_no.in_(numbers))
        table = each.group_by(segment_member.c.no).subquery()
        columns = [table.c[f"in_{no}"] for no in numbers]
        query = sa.select(*columns, sa.func.count()).group_by(*columns)
        with reading(self.engine) as connection:
            rows = connection.execute(query).all()
        found_ = [(tuple(no for no, flag in zip(numbers, row, strict=False) if flag), int(row[-1])) for row in rows]
        return sorted(found_, key=lambda pair: (-pair[1], pair[0]))

    def history(self, segment_no: int) -> list[Found]:
        """The size at the end of each hour in which it changed, oldest first."""
        query = sa.select(segment_size).where(segment_size.c.segment_no == segment_no)
        with reading(self.engine) as connection:
            return found(connection, query.order_by(segment_size.c.hour))

    def events(self, after: int, n: int, segment_no: int | None = None) -> list[Found]:
        """Up to `n` who entered or left with seq > after, oldest first; with the segment's id."""
        query = sa.select(segment_event, segment.c.id.label("segment_id")).join(
            segment, segment.c.no == segment_event.c.segment_no
        )
        query = query.where(segment_event.c.seq > after).order_by(segment_event.c.seq).limit(n)
        if segment_no is not None:
            query = query.where(segment_event.c.segment_no == segment_no)
        with reading(self.engine) as connection:
            return found(connection, query)

    def latest_events(self, segment_no: int, n: int) -> list[Found]:
        """Up to `n` who entered or left a segment, newest first."""
        query = sa.select(segment_event).where(segment_event.c.segment_no == segment_no)
        with reading(self.engine) as connection:
            return found(connection, query.order_by(segment_event.c.seq.desc()).limit(n))

    def moved_since(self, moment: datetime) -> list[Found]:
        """`segment_id`, `entered`, `left`: how many came and went in the hours that began since a moment."""
        size = segment_size.c
        query = (
            sa.select(
                segment.c.id.label("segment_id"),
                sa.func.sum(size.entered).label("entered"),
                sa.func.sum(size.left).label("left"),
            )
            .join(segment, segment.c.no == size.segment_no)
            .where(size.hour >= to_micros(moment))
            .group_by(segment.c.id)
        )
        with reading(self.engine) as connection:
            return found(connection, query)

    def newest_event(self) -> int:
        """The newest seq of those who came and went; 0 before there is any."""
        (rows,) = self.glance.rows((_newest(), {}))
        return int(rows[0][0] or 0)

    # --- what conditions read --------------------------------------------------------------------------------

    def sheet(self, subject: str) -> tuple[Found | None, list[Found]]:
        """One sheet, and its acts with the names of their products; None where there is no such subject."""
        act = segment_act.c
        with reading(self.engine) as connection:
            rows = found(connection, sa.select(segment_sheet).where(segment_sheet.c.subject == subject))
            if not rows:
                return None, []
            query = (
                sa.select(act.deed, act.product_id, act.last_at, act.times, segment_shelf.c.name)
                .outerjoin(segment_shelf, segment_shelf.c.product_id == act.product_id)
                .where(act.no == rows[0]["no"])
                .order_by(act.deed, act.product_id)
            )
            return rows[0], found(connection, query)

    def attributes(self) -> list[str]:
        """The names of attributes of any customer, by name."""
        if self.engine.dialect.name == "sqlite":
            text = "SELECT DISTINCT j.key FROM segment_sheet s, json_each(s.texts) j WHERE s.texts IS NOT NULL"
        else:
            text = "SELECT DISTINCT jsonb_object_keys(texts) FROM segment_sheet WHERE texts IS NOT NULL"
        with reading(self.engine) as connection:
            return sorted(str(each) for each in connection.exec_driver_sql(text).scalars())

    def is_on_shelf(self, name: str) -> bool:
        """Whether a product, category or brand is called so."""
        query = sa.select(segment_shelf.c.name).where(segment_shelf.c.name == name).limit(1)
        with reading(self.engine) as connection:
            return connection.execute(query).first() is not None

    def shelf_names(self) -> list[str]:
        """Some names of products, categories and brands: those with the most products first."""
        c = segment_shelf.c
        query = sa.select(c.name).group_by(c.name).order_by(sa.func.count().desc(), c.name).limit(_MOST_NAMES)
        with reading(self.engine) as connection:
            return [str(each) for each in connection.execute(query).scalars()]

    def quantile(self, column: str, share: float) -> int | float | None:
        """The value of a column at this share of buyers' sheets, from the smallest to the largest; None of none."""
        c = segment_sheet.c
        known = sa.and_(c[column].is_not(None), c.order_count > 0, c.customer_id.is_not(None))
        with reading(self.engine) as connection:
            n = int(connection.execute(sa.select(sa.func.count()).select_from(segment_sheet).where(known)).scalar_one())
            place = min(int(n * share), max(n - 1, 0))
            query = sa.select(c[column]).where(known).order_by(c[column]).offset(place).limit(1)
            value: int | float | None = connection.execute(query).scalar()
        return value

    def tidy(self) -> None:
        """Let the database look at how its rows lie, as it does by itself after a while."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")

    # --- keeping current -------------------------------------------------------------------------------------

    def clock(self) -> Found:
        """The one row of `segment_clock`."""
        with reading(self.engine) as connection:
            return found(connection, sa.select(segment_clock))[0]

    @property
    def digest(self) -> int:
        """The clock's `watching` where facts name whom they touch, as this code wants it."""
        return digest(self.engine.dialect.name)

    def watch(self) -> None:
        """From now on facts name whom they touch. Make every sheet then, and note `digest` in the clock."""
        with writing(self.engine) as connection:
            lock(connection)
            watch(connection)

    def touches(self, n: int) -> list[Found]:
        """Up to `n` touches, oldest first."""
        with reading(self.engine) as connection:
            return found(connection, sa.select(segment_touch).order_by(segment_touch.c.seq).limit(n))

    def newest_touch(self) -> int:
        """The newest touch's number; 0 where there is none."""
        with reading(self.engine) as connection:
            return int(connection.execute(sa.select(sa.func.max(segment_touch.c.seq))).scalar() or 0)

    def subjects(self) -> list[str]:
        """Everybody who has a sheet."""
        with reading(self.engine) as connection:
            return [str(each) for each in connection.execute(sa.select(segment_sheet.c.subject)).scalars()]

    def newest_number(self) -> int:
        """The highest number of a sheet; 0 where there is none."""
        with reading(self.engine) as connection:
            return int(connection.execute(sa.select(sa.func.max(segment_sheet.c.no))).scalar() or 0)

    def silent_visitors(self, before: int, n: int) -> list[str]:
        """Up to `n` visitors without a name who gave no sign, here or to an offer, since a moment (microseconds)."""
        c = segment_sheet.c
        signs = (c.last_seen_at, c.last_contact_at, c.last_click_at, c.last_decline_at)
        silent = [sa.or_(sign.is_(None), sign < before) for sign in signs]
        query = sa.select(c.subject).where(c.anonymous_id.is_not(None), *silent).limit(n)
        with reading(self.engine) as connection:
            return [str(each) for each in connection.execute(query).scalars()]

    def learned_rows(self) -> pl.DataFrame:
        """`no`, `subject` and learned columns of every sheet."""
        kinds = {name: SHEETS[name] for name in ("subject", *LEARNED_COLUMNS)}
        c = segment_sheet.c
        query = sa.select(c.no, *(c[name] for name in kinds)).order_by(c.no)
        with reading(self.engine) as connection:
            return bulk.fetch(connection, query, {"no": WHOLE, **kinds})

    def facts(
        self, customers: Sequence[str] | None, visitors: Sequence[str], since: datetime
    ) -> dict[str, pl.DataFrame]:
        """What sheets are made from, of these or (None) of all; see `segment_facts.read_facts`."""
        with reading(self.engine) as connection:
            return read_facts(connection, customers, visitors, to_micros(since))

    def products(self, ids: Sequence[str] | None) -> pl.DataFrame:
        """Products as PRODUCTS: these, or (None) all."""
        with reading(self.engine) as connection:
            return catalogue.read_products(connection, *([] if ids is None else [product.c.id.in_(ids)]))

    @contextmanager
    def turn(self, expected: int) -> Iterator["Turn"]:
        """One transaction of who keeps segments current.

        Args:
            expected: the clock's `turn` from before anything was read for it.

        Raises:
            Conflict: somebody else took a turn in between: read again.
        """
        with writing(self.engine) as connection:
            query = sa.select(segment_clock.c.turn).with_for_update()
            if int(connection.execute(query).scalar_one()) != expected:
                raise Conflict("somebody else keeps segments current", key="turn", value=expected)
            connection.execute(sa.update(segment_clock).values(turn=expected + 1))
            yield Turn(connection)


@dataclass(frozen=True, slots=True)
class Turn:
    """What may be done within one turn; all of it is kept, or nothing."""

    connection: sa.Connection

    @property
    def _dialect(self) -> str:
        return self.connection.dialect.name

    def set_clock(self, **values: "int | str | None") -> None:
        """Change columns of the clock."""
        self.connection.execute(sa.update(segment_clock).values(**values))

    def take(self, touches: Sequence[int]) -> int:
        """Touches that are seen to; how many were still there."""
        return sum(
            int(self.connection.execute(sa.delete(segment_touch).where(segment_touch.c.seq.in_(part))).rowcount)
            for part in _chunks(touches)
        )

    def forget_touches(self, upto: int) -> None:
        """Every touch up to this number is seen to."""
        self.connection.execute(sa.delete(segment_touch).where(segment_touch.c.seq <= upto))

    def numbers(self, subjects: Sequence[str]) -> dict[str, int]:
        """Subject → number, of those that have a sheet."""
        c = segment_sheet.c
        return {
            str(subject): int(no)
            for part in _chunks(subjects)
            for subject, no in self.connection.execute(sa.select(c.subject, c.no).where(c.subject.in_(part)))
        }

    def write_sheets(self, sheets: pl.DataFrame, acts: pl.DataFrame, columns: Sequence[str]) -> dict[str, int]:
        """Write sheets of some, with what they did; columns that are not named stay as they were.

        Returns:
            Subject → number, of every one of them.
        """
        subjects = sheets["subject"].to_list()
        known = self.numbers(subjects)
        highest = int(self.connection.execute(sa.select(sa.func.max(segment_sheet.c.no))).scalar() or 0)
        fresh = [each for each in subjects if each not in known]
        numbers = known | {subject: highest + 1 + place for place, subject in enumerate(fresh)}
        numbered = _numbered(sheets.select(columns), numbers)
        old = numbered.filter(pl.col("no") <= highest)
        bulk.update(self.connection, segment_sheet, old.drop("subject"), ["no"])
        bulk.insert(self.connection, segment_sheet, numbered.filter(pl.col("no") > highest))
        for part in _chunks([*known.values()]):
            self.connection.execute(sa.delete(segment_act).where(segment_act.c.no.in_(part)))
        bulk.insert(self.connection, segment_act, _numbered(acts, numbers).drop("subject"))
        return numbers

    def write_learned(self, rows: pl.DataFrame) -> None:
        """Write learned columns of sheets, by number.

        Args:
            rows: `no` and learned columns.
        """
        bulk.update(self.connection, segment_sheet, rows, ["no"])

    def write_shelf(self, shelf: pl.DataFrame, products: Sequence[str] | None) -> list[int]:
        """Write what products are called: of these, or (None) of all.

        Returns:
            Numbers of those who did something with one of these.
        """
        if products is None:
            self.connection.execute(sa.delete(segment_shelf))
            bulk.insert(self.connection, segment_shelf, shelf)
            return []
        for part in _chunks(products):
            self.connection.execute(sa.delete(segment_shelf).where(segment_shelf.c.product_id.in_(part)))
        bulk.insert(self.connection, segment_shelf, shelf)
        numbers: set[int] = set()
        for part in _chunks(products):
            query = sa.select(segment_act.c.no).where(segment_act.c.product_id.in_(part))
            numbers.update(self.connection.execute(query.distinct()).scalars())
        return sorted(numbers)

    def drop_sheets(self, subjects: Sequence[str], now: int, cause: str) -> int:
        """Take sheets away, of who is nobody's now; they leave every segment.

        Returns:
            How many memberships ended.
        """
        ended: dict[int, int] = {}
        for part in _chunks([*self.numbers(subjects).values()]):
            theirs = segment_member.c.no.in_(part)
            of = self.connection.execute(sa.select(segment_member.c.segment_no).where(theirs).distinct()).scalars()
            for segment_no in sorted(of):
                left = self._leave(segment_no, theirs, now, cause)
                ended[segment_no] = ended.get(segment_no, 0) + left
            self.connection.execute(sa.delete(segment_act).where(segment_act.c.no.in_(part)))
            self.connection.execute(sa.delete(segment_sheet).where(segment_sheet.c.no.in_(part)))
        for segment_no, left in ended.items():
            self._note_size(segment_no, Moved(0, left), now)
        return sum(ended.values())

    def ticked(self, tick: Tick, start: int, end: int, days: tuple[date, date]) -> list[int]:
        """Numbers of those whose membership the clock may have changed; see `segment_ticks`."""
        return ticked(self.connection, tick, start, end, days)

    def next_tick(self, tick: Tick, now: int, numbers: Sequence[int] | None) -> int | None:
        """When the clock may next change a membership, of these or of anybody; see `segment_ticks`."""
        return next_tick(self.connection, tick, now, numbers)

    # --- memberships -----------------------------------------------------------------------------------------

    def evaluate(
        self, segment_no: int, lowered: Lowered, who: Who, now: int, cause: str, numbers: Sequence[int]
    ) -> Moved:
        """Bring a segment's members up to date, of these, and note who came and went.

        Args:
            segment_no: which.
            lowered: its condition at `now`.
            who: among whom.
            now: microseconds.
            cause: why it is asked.
            numbers: of sheets; a `range` is asked about as a whole, others one by one.
        """
        moved = Moved(0, 0)
        for part in [numbers] if isinstance(numbers, range) else _chunks(numbers):
            done = self._evaluate(segment_no, lowered, who, now, cause, part)
            moved = Moved(moved.entered + done.entered, moved.left + done.left)
        if moved != Moved(0, 0):
            self._note_size(segment_no, moved, now)
        return moved

    def evaluated(self, segment_no: int, now: int) -> None:
        """Everybody was asked about: until then a segment that is new is asked about again."""
        change = sa.update(segment).where(segment.c.no == segment_no)
        self.connection.execute(change.values(evaluated_at=now))
        self._note_size(segment_no, Moved(0, 0), now)

    def _evaluate(
        self, segment_no: int, lowered: Lowered, who: Who, now: int, cause: str, numbers: Sequence[int]
    ) -> Moved:
        sheet, member = segment_sheet.c, segment_member.c
        condition = where(lowered, self._dialect, few=not isinstance(numbers, range))
        holds = [_who(who), condition, _among(sheet.no, numbers)]
        mine = [member.segment_no == segment_no, _among(member.no, numbers)]
        still = sa.select(sheet.no).where(*holds, sheet.no == member.no).correlate(segment_member).exists()
        left = self._leave(segment_no, sa.and_(*mine, sa.not_(still)), now, cause)
        first = self.connection.execute(sa.select(member.no).where(*mine).limit(1)).first() is None
        since = now if first else -1 - now
        fresh = sa.select(
            sa.literal(segment_no), sheet.no, sa.literal(since, sa.BigInteger), sa.literal(cause, sa.Text)
        ).where(*holds)
        if not first:
            known = sa.select(member.no).where(member.segment_no == segment_no, member.no == sheet.no)
            fresh = fresh.where(sa.not_(known.correlate(segment_sheet).exists()))
        into = sa.insert(segment_member).from_select(["segment_no", "no", "since", "cause"], fresh)
        counted = {"preserve_rowcount": True}  # else of an INSERT nobody knows it on PostgreSQL
        entered = int(self.connection.execute(into, execution_options=counted).rowcount)
        if entered:
            marked = sa.and_(*mine) if first else sa.and_(*mine, member.since < 0)  # of nobody before: all are new
            self._note(segment_no, marked, now, cause, entered=1)
            if not first:
                self.connection.execute(sa.update(segment_member).where(marked).values(since=now))
        return Moved(entered, left)

    def remove(self, segment_no: int, now: int) -> int:
        """Take a segment out of use: everybody leaves; how many. Its versions and its history stay."""
        left = self._leave(segment_no, sa.true(), now, "removed")
        change = sa.update(segment).where(segment.c.no == segment_no)
        self.connection.execute(change.values(removed=1, changed_at=now, evaluated_at=now))
        self._note_size(segment_no, Moved(0, left), now)
        return left

    def _leave(self, segment_no: int, which: sa.ColumnElement[bool], now: int, cause: str) -> int:
        member = segment_member.c
        mine = sa.and_(member.segment_no == segment_no, which)
        marked = self.connection.execute(sa.update(segment_member).where(mine).values(since=-1 - member.since)).rowcount
        if not marked:
            return 0
        leaving = sa.and_(member.segment_no == segment_no, member.since < 0)
        self._note(segment_no, leaving, now, cause, entered=0)
        self.connection.execute(sa.delete(segment_member).where(leaving))
        return int(marked)

    def _note(self, segment_no: int, marked: sa.ColumnElement[bool], now: int, cause: str, *, entered: int) -> None:
        """One event for each marked member."""
        highest = int(self.connection.execute(sa.select(sa.func.max(segment_event.c.seq))).scalar() or 0)
        member, sheet = segment_member.c, segment_sheet.c
        rows = (
            sa.select(
                sa.func.row_number().over(order_by=member.no) + highest,
                sa.literal(segment_no),
                sheet.customer_id,
                sheet.anonymous_id,
                sa.literal(entered),
                sa.literal(now, sa.BigInteger),
                sa.literal(cause, sa.Text),
            )
            .select_from(segment_member.outerjoin(segment_sheet, sheet.no == member.no))
            .where(marked)
        )
        names = ["seq", "segment_no", "customer_id", "anonymous_id", "entered", "at", "cause"]
        self.connection.execute(sa.insert(segment_event).from_select(names, rows))

    def _note_size(self, segment_no: int, moved: Moved, now: int) -> None:
        member, c = segment_member.c, segment_size.c
        count = sa.select(sa.func.count()).select_from(segment_member).where(member.segment_no == segment_no)
        size = int(self.connection.execute(count).scalar_one())
        key = {"segment_no": segment_no, "hour": now - now % _HOUR}
        later = sa.and_(c.segment_no == key["segment_no"], c.hour > key["hour"])  # of a clock that was set back
        self.connection.execute(sa.delete(segment_size).where(later))
        mine = sa.and_(c.segment_no == key["segment_no"], c.hour == key["hour"])
        change = sa.update(segment_size).where(mine)
        values = {"size": size, "entered": c.entered + moved.entered, "left": c.left + moved.left}
        if not self.connection.execute(change.values(values)).rowcount:
            new = {**key, "size": size, "entered": moved.entered, "left": moved.left}
            self.connection.execute(sa.insert(segment_size).values(new))


def _sized() -> sa.Select[Any]:
    newest = (
        sa.select(segment_size.c.size)
        .where(segment_size.c.segment_no == segment.c.no)
        .order_by(segment_size.c.hour.desc())
        .limit(1)
        .scalar_subquery()
    )
    return sa.select(segment, newest.label("size"))


@cache
def _named() -> sa.Select[Any]:
    member, sheet = segment_member.c, segment_sheet.c
    return (
        sa.select(segment.c.id)
        .select_from(segment_sheet)
        .join(segment_member, member.no == sheet.no)
        .join(segment, segment.c.no == member.segment_no)
        .where(sheet.subject == sa.bindparam("subject"), segment.c.removed == 0)
        .order_by(segment.c.id)
    )


@cache
def _ids() -> sa.Select[Any]:
    return sa.select(segment.c.id).where(segment.c.removed == 0).order_by(segment.c.id)


@cache
def _newest() -> sa.Select[Any]:
    return sa.select(sa.func.max(segment_event.c.seq))


def _who(who: Who) -> sa.ColumnElement[bool]:
    if who == "everyone":
        return sa.true()
    return (segment_sheet.c.customer_id if who == "customers" else segment_sheet.c.anonymous_id).is_not(None)


def _among(column: sa.Column[Any], numbers: Sequence[int]) -> sa.ColumnElement[bool]:
    if isinstance(numbers, range):
        return sa.and_(column >= numbers.start, column < numbers.stop)
    return column.in_(numbers)


def _numbered(frame: pl.DataFrame, numbers: Mapping[str, int]) -> pl.DataFrame:
    places = frame["subject"].replace_strict(dict(numbers), default=None, return_dtype=pl.Int64) if numbers else None
    return frame.with_columns(no=pl.lit(None, pl.Int64) if places is None else places)


def _chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))
