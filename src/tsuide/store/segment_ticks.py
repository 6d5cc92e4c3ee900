"""Whom the clock alone may move in or out of a segment, and when it next may: by index, without looking at the others.

A condition moves with the clock only at a fixed lag after a moment, after a deed, or on a day of a birth date. So those
between two looks are a range of an index; a segment of a million sleeping customers costs nothing while none is due.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from tsuide.outreach.segments.lowering import BirthdayTick, ComingOfAge, DeedLapse, Lapse, Tick, birthdays, born_by
from tsuide.store.segment_tables import DEED_CODE, segment_act, segment_sheet, segment_shelf


def ticked(connection: sa.Connection, tick: Tick, start: int, end: int, days: tuple[date, date]) -> list[int]:
    """Numbers of those whom a tick may have moved after `start` and up to `end` (microseconds).

    Args:
        connection: of the store.
        tick: what the clock may change.
        start: the last look.
        end: this one.
        days: the same two by the shop's calendar.
    """
    if isinstance(tick, (Lapse, DeedLapse)):
        query, column = _lapsing(tick)
        return _numbers(connection, query.where(column > start - tick.lag, column <= end - tick.lag))
    before, now = days
    if before == now:
        return []
    sheet = segment_sheet.c
    if isinstance(tick, ComingOfAge):
        low, high = (born_by(each, tick.years) for each in days)
        return _numbers(connection, sa.select(sheet.no).where(sheet.born > low, sheet.born <= high))
    changed = {*birthdays(before, tick.days)} ^ {*birthdays(now, tick.days)}
    return _numbers(connection, sa.select(sheet.no).where(sheet.birthday.in_(sorted(changed))))


def next_tick(connection: sa.Connection, tick: Tick, now: int, numbers: Sequence[int] | None) -> int | None:
    """When a tick next may move somebody, of these or (None) of anybody; None = never, as things stand.

    Ages and birthdays change at midnight only: whoever asks knows when that is, and looks then.
    """
    if isinstance(tick, (ComingOfAge, BirthdayTick)):
        return None
    query, column = _lapsing(tick)
    query = query.with_only_columns(sa.func.min(column)).where(column > now - tick.lag)
    if numbers is not None:
        query = query.where((segment_sheet.c.no if isinstance(tick, Lapse) else segment_act.c.no).in_(numbers))
    first = connection.execute(query).scalar()
    return None if first is None else int(first) + tick.lag


def _lapsing(tick: "Lapse | DeedLapse") -> tuple[sa.Select[Any], sa.ColumnElement[Any]]:
    if isinstance(tick, Lapse):
        return sa.select(segment_sheet.c.no), segment_sheet.c[tick.column]
    query = sa.select(segment_act.c.no).where(segment_act.c.deed == DEED_CODE[tick.deed])
    if tick.what is not None:
        named = sa.select(segment_shelf.c.product_id).where(segment_shelf.c.name == tick.what)
        query = query.where(segment_act.c.product_id.in_(named))
    return query, segment_act.c.last_at


def _numbers(connection: sa.Connection, query: sa.Select[Any]) -> list[int]:
    return sorted({int(each) for each in connection.execute(query).scalars()})
