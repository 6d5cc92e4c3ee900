"""A lowered condition as SQL, with the very results of `outreach.segments.truth`, on SQLite and PostgreSQL.

What the two engines do differently is not left to them: numbers with a fraction are compared and calculated as
doubles, a division by nothing is NULL, and a pattern is GLOB where LIKE would not tell A from a.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from tsuide.outreach.segments.condition import Operator
from tsuide.outreach.segments.lowering import (
    Acted,
    Aged,
    Agreed,
    Birthday,
    Calculated,
    Cell,
    Contrary,
    Every,
    Fixed,
    Flag,
    Holds,
    Lowered,
    Nothing,
    Number,
    NumberOf,
    NumberOr,
    Numeric,
    SameText,
    Since,
    Some,
    TextIn,
    TextLike,
    Textual,
    Words,
    WordsOf,
    WordsOr,
    is_real,
)
from tsuide.store.segment_tables import DEED_CODE, segment_act, segment_sheet, segment_shelf

MILLIONTHS: Final = 1_000_000.0
_GLOB: Final = {"[": "[[]", "*": "[*]", "?": "[?]"}
_LIKE: Final = {"%": "\\%", "_": "\\_", "\\": "\\\\"}


def where(lowered: Lowered, dialect: str, *, few: bool = False) -> sa.ColumnElement[bool]:
    """The condition over `segment_sheet`.

    Args:
        lowered: at one moment.
        dialect: sqlite or postgresql.
        few: only few sheets are asked about: their acts are looked up one by one.
    """
    return _Sql(dialect == "sqlite", few).of(lowered)


@dataclass(frozen=True, slots=True)
class _Sql:
    sqlite: bool
    few: bool

    def of(self, lowered: Lowered) -> sa.ColumnElement[bool]:  # noqa: C901, PLR0911, PLR0912 - one arm per kind of part
        match lowered:
            case Every(parts):
                return sa.and_(sa.true(), *self._cheap_first(parts))
            case Some(parts):
                return sa.or_(sa.false(), *self._cheap_first(parts))
            case Contrary(part):
                return sa.not_(self.of(part))
            case Fixed(value):
                return sa.literal(1 if value else 0) == 1
            case Holds(left, operator, right):
                return self._holds(left, operator, right)
            case Since(column, _, until):
                return segment_sheet.c[column] <= until
            case Aged(_, born_by):
                return segment_sheet.c.born <= born_by
            case Birthday(_, dates):
                return segment_sheet.c.birthday.in_(dates)
            case Flag(column):
                return segment_sheet.c[column] == 1
            case TextIn(text, values):
                return self._text(text).in_(values)
            case SameText(left, right):
                return self._text(left) == self._text(right)
            case TextLike(text, pieces):
                return self._like(text, pieces)
            case Nothing(of):
                found = self._text(of) if isinstance(of, (Words, WordsOf, WordsOr)) else self._number(of)
                return found.is_(None)
            case Agreed(purpose, channel):
                said = segment_sheet.c.consents
                return sa.or_(said.like(f"%|{purpose}/{channel}|%"), said.like(f"%|{purpose}/any|%"))
            case Acted():
                return self._acted(lowered)

    def _cheap_first(self, parts: Sequence[Lowered]) -> list[sa.ColumnElement[bool]]:
        return [self.of(each) for each in sorted(parts, key=_cost)]

    def _holds(self, left: Numeric, operator: Operator, right: Numeric) -> sa.ColumnElement[bool]:
        if is_real(left) or is_real(right):
            one, other = self._double(left), self._double(right)
        else:
            one, other = self._number(left), self._number(right)
        compared: sa.ColumnElement[bool] = one.op("<>" if operator == "<>" else operator, is_comparison=True)(other)
        return compared

    def _double(self, number: Numeric) -> sa.ColumnElement[Any]:
        return sa.cast(self._number(number), sa.Double)

    def _number(self, number: Numeric) -> sa.ColumnElement[Any]:
        match number:
            case Cell(column, _):
                return segment_sheet.c[column]
            case NumberOf(attribute):
                found = sa.cast(self._json("numbers", attribute), sa.Double)
                return sa.cast(found.op("/")(sa.literal(MILLIONTHS, sa.Double)), sa.Double)
            case Number(value):
                return sa.literal(value, sa.BigInteger if isinstance(value, int) else sa.Double)
            case NumberOr(inner, value):
                if is_real(number):
                    return sa.func.coalesce(
                        self._double(inner), sa.cast(sa.literal(float(value), sa.Double), sa.Double)
                    )
                return sa.func.coalesce(self._number(inner), sa.literal(value, sa.BigInteger))
            case Calculated(sign, left, right):
                one, other = self._double(left), self._double(right)
                if sign == "/":
                    other = sa.func.nullif(other, sa.cast(sa.literal(0.0, sa.Double), sa.Double))
                return sa.cast(one.op(sign)(other), sa.Double)

    def _json(self, column: str, name: str) -> sa.ColumnElement[Any]:
        if self.sqlite:
            return sa.func.json_extract(segment_sheet.c[column], sa.literal(f'$."{name}"', sa.Text))
        return segment_sheet.c[column].op("->>", return_type=sa.Text())(sa.literal(name, sa.Text))

    def _text(self, text: Textual) -> sa.ColumnElement[Any]:
        match text:
            case Words(column):
                return segment_sheet.c[column]
            case WordsOf(attribute):
                return sa.type_coerce(self._json("texts", attribute), sa.Text)
            case WordsOr(inner, value):
                return sa.func.coalesce(self._text(inner), sa.literal(value, sa.Text))

    def _like(self, text: Textual, pieces: "tuple[str | None, ...]") -> sa.ColumnElement[bool]:
        any_, one, own = ("*", "?", _GLOB) if self.sqlite else ("%", "_", _LIKE)
        pattern = "".join(any_ if each is None else one if not each else own.get(each, each) for each in pieces)
        found = self._text(text)
        if self.sqlite:
            return found.op("GLOB", is_comparison=True)(sa.literal(pattern, sa.Text))
        return found.like(pattern, escape="\\")

    def _acted(self, acted: Acted) -> sa.ColumnElement[bool]:
        act = segment_act.alias()
        query = sa.select(act.c.no).where(act.c.deed == DEED_CODE[acted.deed])
        if acted.what is not None:
            named = sa.select(segment_shelf.c.product_id).where(segment_shelf.c.name == acted.what)
            query = query.where(act.c.product_id.in_(named))
        if acted.after is not None:
            query = query.where(act.c.last_at > acted.after)
        if self.few:
            query = query.where(act.c.no == segment_sheet.c.no).correlate(segment_sheet)
        if acted.at_least > 1:
            query = query.group_by(act.c.no).having(sa.func.sum(act.c.times) >= acted.at_least)
        return query.exists() if self.few else segment_sheet.c.no.in_(query)


def _cost(lowered: Lowered) -> int:  # noqa: PLR0911 - one arm per kind of part
    """How dear a part is to look at: a column, an attribute, acts."""
    match lowered:
        case Every(parts) | Some(parts):
            return max(map(_cost, parts), default=0)
        case Contrary(part):
            return _cost(part)
        case Acted():
            return 3
        case TextLike() | Agreed():
            return 2
        case Holds(left, _, right):
            return int(_reads_attribute(left) or _reads_attribute(right))
        case TextIn(text, _) | SameText(text, _):
            return int(not isinstance(text, Words))
        case _:
            return 0


def _reads_attribute(number: Numeric) -> bool:
    match number:
        case NumberOf():
            return True
        case NumberOr(inner, _):
            return _reads_attribute(inner)
        case Calculated(_, left, right):
            return _reads_attribute(left) or _reads_attribute(right)
        case _:
            return False
