"""A condition at one moment: days, ages, dates and birthdays become comparisons of plain numbers.

What is left has one meaning in memory (`truth.py`), in SQLite and in PostgreSQL (`store.segment_sql`). The parts that
move with the clock keep their lag, so that whoever keeps a segment knows when a customer's membership may change
although nothing happened (`ticks_of`).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from tsuide.kit.clock import MICROS_PER_DAY, midnight, to_micros
from tsuide.outreach.segments.condition import (
    AllOf,
    Always,
    Among,
    AnyOf,
    Attribute,
    Between,
    BirthdayWithin,
    Compare,
    Condition,
    Consented,
    Did,
    Known,
    Like,
    Not,
    Operator,
    Otherwise,
    Plain,
    Sign,
    Sum,
    Term,
    Unknown,
    Value,
    Yes,
    kind_of,
)
from tsuide.outreach.segments.vocabulary import FACTS, Deed


@dataclass(frozen=True, slots=True)
class Cell:
    """A column of whole numbers (moments, money, counts), or of numbers with a fraction."""

    column: str
    real: bool = False


@dataclass(frozen=True, slots=True)
class NumberOf:
    """An attribute read as a number."""

    attribute: str


@dataclass(frozen=True, slots=True)
class Number:
    """A plain number."""

    value: "int | float"


@dataclass(frozen=True, slots=True)
class Calculated:
    """Two numbers put together, as numbers with a fraction; divided by nothing it is not known."""

    sign: Sign
    left: "Numeric"
    right: "Numeric"


@dataclass(frozen=True, slots=True)
class NumberOr:
    """A number, or another where it is not known."""

    inner: "Numeric"
    value: "int | float"


Numeric: TypeAlias = "Cell | NumberOf | Number | Calculated | NumberOr"


@dataclass(frozen=True, slots=True)
class Words:
    """A column of texts."""

    column: str


@dataclass(frozen=True, slots=True)
class WordsOf:
    """An attribute as it was written."""

    attribute: str


@dataclass(frozen=True, slots=True)
class WordsOr:
    """A text, or another where it is not known."""

    inner: "Textual"
    value: str


Textual: TypeAlias = "Words | WordsOf | WordsOr"


@dataclass(frozen=True, slots=True)
class Every:
    """All hold."""

    parts: "tuple[Lowered, ...]"


@dataclass(frozen=True, slots=True)
class Some:
    """At least one holds."""

    parts: "tuple[Lowered, ...]"


@dataclass(frozen=True, slots=True)
class Contrary:
    """It does not hold."""

    part: "Lowered"


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same of everybody."""

    value: bool


@dataclass(frozen=True, slots=True)
class Holds:
    """One number against another."""

    left: Numeric
    operator: Operator
    right: Numeric


@dataclass(frozen=True, slots=True)
class TextIn:
    """A text is one of these."""

    text: Textual
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SameText:
    """Two texts are the same."""

    left: Textual
    right: Textual


@dataclass(frozen=True, slots=True)
class TextLike:
    """A text has a pattern: its pieces in order, None = any characters, "" = one character, else themselves."""

    text: Textual
    pieces: "tuple[str | None, ...]"


@dataclass(frozen=True, slots=True)
class Nothing:
    """It is not known."""

    of: "Numeric | Textual"


@dataclass(frozen=True, slots=True)
class Flag:
    """A column of 0 and 1 says 1."""

    column: str


@dataclass(frozen=True, slots=True)
class Since:
    """At least so many whole days have gone by since a moment.

    Args:
        until: the latest such moment, microseconds.
    """

    column: str
    days: int
    until: int


@dataclass(frozen=True, slots=True)
class Aged:
    """Born on this day (YYYYMMDD) or before: so many years old."""

    years: int
    born_by: int


@dataclass(frozen=True, slots=True)
class Birthday:
    """A birthday (MMDD) among these; February 29 is kept on the 28th where there is none."""

    days: int
    dates: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Acted:
    """A deed, done after a moment (microseconds) where one is given, and so often."""

    deed: Deed
    what: str | None
    within: int | None
    after: int | None
    at_least: int


@dataclass(frozen=True, slots=True)
class Agreed:
    """A consent holds."""

    purpose: str
    channel: str


Lowered: TypeAlias = (
    "Every | Some | Contrary | Fixed | Holds | TextIn | SameText | TextLike | Nothing | Flag | Since | "
    "Aged | Birthday | Acted | Agreed"
)


def lower(condition: Condition, now: datetime, zone: ZoneInfo) -> Lowered:
    """The condition at `now` by the shop's calendar.

    >>> from zoneinfo import ZoneInfo
    >>> from tsuide.outreach.segments.reading import read_condition
    >>> lower(read_condition("days_since_last_order > 1"), datetime(1970, 1, 3, tzinfo=UTC), ZoneInfo("Asia/Tokyo"))
    Since(column='last_order_at', days=2, until=0)
    """
    return _Lowering(to_micros(now), now.astimezone(zone).date(), zone).of(condition)


@dataclass(frozen=True, slots=True)
class _Lowering:
    now: int
    today: date
    zone: ZoneInfo

    def of(self, condition: Condition) -> Lowered:  # noqa: C901, PLR0911, PLR0912 - one arm per kind of part
        match condition:
            case AllOf(parts):
                return Every(tuple(self.of(each) for each in parts))
            case AnyOf(parts):
                return Some(tuple(self.of(each) for each in parts))
            case Not(part):
                return Contrary(self.of(part))
            case Always(value):
                return Fixed(value)
            case Yes(name):
                return Flag(FACTS[name].column)
            case Consented(purpose, channel):
                return Agreed(purpose, channel)
            case Did(deed, what, within, at_least):
                after = None if within is None else self.now - within * MICROS_PER_DAY
                return Acted(deed, what, within, after, at_least)
            case BirthdayWithin(days):
                return Birthday(days, birthdays(self.today, days))
            case Like(term, pattern):
                return TextLike(_textual(term), _pieces(pattern))
            case Unknown(term):
                return self._unknown(term)
            case Compare(left, operator, right):
                return self._compared(left, operator, right)
            case Between(term, low, high):
                return Every((self._against(term, ">=", low), self._against(term, "<=", high)))
            case Among(term, values):
                if kind_of(term) == "text":
                    return TextIn(_textual(term), tuple(str(each) for each in values))
                return Some(tuple(self._against(term, "=", each) for each in values))

    def _unknown(self, term: Term) -> Lowered:
        kind = kind_of(term)
        if isinstance(term, Otherwise):
            return Fixed(value=False)
        if isinstance(term, Known) and kind == "age":
            return Every((Nothing(Cell("age_given")), Nothing(Cell("born"))))
        return Nothing(_textual(term) if kind == "text" else _numeric(term))

    def _compared(self, left: Term, operator: Operator, right: Term) -> Lowered:
        if isinstance(right, Plain):
            return self._against(left, operator, right.value)
        if kind_of(left) == "text":
            same = SameText(_textual(left), _textual(right))
            return same if operator == "=" else Contrary(same)
        return Holds(_numeric(left), operator, _numeric(right))

    def _against(self, term: Term, operator: Operator, value: Value) -> Lowered:
        """A term against a plain value."""
        kind = kind_of(term)
        if kind in {"days", "age"}:
            assert not isinstance(value, str)  # noqa: S101 - checked when it was read
            return self._clocked(term, operator, value)
        if kind == "moment":
            return self._dated(FACTS[_name(term)].column, operator, str(value))
        if kind == "text":
            same = TextIn(_textual(term), (str(value),))
            return same if operator == "=" else Contrary(same)
        assert not isinstance(value, str)  # noqa: S101 - checked when it was read
        return Holds(_numeric(term), operator, Number(value))

    def _clocked(self, term: Term, operator: Operator, value: float) -> Lowered:
        if isinstance(term, Otherwise):
            assert not isinstance(term.value, str)  # noqa: S101 - checked when it was read
            missing = self._unknown(term.term)
            instead = Fixed(_OPERATIONS[operator](term.value, value))
            known = Every((Contrary(missing), self._clocked(term.term, operator, value)))
            return Some((known, Every((missing, instead))))
        fact = FACTS[_name(term)]
        if fact.kind == "days":
            return _stepped(operator, value, lambda days: self._since(fact.column, days))
        given = Every((Contrary(Nothing(Cell("age_given"))), Holds(Cell("age_given"), operator, Number(value))))
        return Some((given, Every((Nothing(Cell("age_given")), _stepped(operator, value, self._aged)))))

    def _since(self, column: str, days: int) -> Lowered:
        days = max(min(days, _FARTHEST), -_FARTHEST)
        return Since(column, days, self.now - days * MICROS_PER_DAY)

    def _aged(self, years: int) -> Lowered:
        years = max(min(years, _FARTHEST), -_FARTHEST)
        return Aged(years, born_by(self.today, years))

    def _dated(self, column: str, operator: Operator, text: str) -> Lowered:
        """A time against a moment, or against the whole of a day by the shop's calendar."""
        cell = Cell(column)
        try:
            day = date.fromisoformat(text)
        except ValueError:
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=self.zone)
            return Holds(cell, operator, Number(to_micros(moment.astimezone(UTC))))
        start, end = (Number(midnight(each, self.zone)) for each in (day, day + timedelta(days=1)))
        on = Every((Holds(cell, ">=", start), Holds(cell, "<", end)))
        match operator:
            case "=":
                return on
            case "<>":
                return Contrary(on)
            case "<" | ">=":
                return Holds(cell, operator, start)
            case "<=":
                return Holds(cell, "<", end)
            case ">":
                return Holds(cell, ">=", end)


def _stepped(operator: Operator, value: float, at_least: Callable[[int], Lowered]) -> Lowered:
    """A whole number that is known by "at least" alone, against a value."""
    match operator:
        case ">=":
            return at_least(math.ceil(value))
        case ">":
            return at_least(math.floor(value) + 1)
        case "<":
            return Contrary(at_least(math.ceil(value)))
        case "<=":
            return Contrary(at_least(math.floor(value) + 1))
        case "=":
            low = math.ceil(value)
            high = low + 1 if low == value else low  # between two whole numbers nothing lies
            return Every((at_least(low), Contrary(at_least(high))))
        case "<>":
            return Contrary(_stepped("=", value, at_least))


def _name(term: Term) -> str:
    assert isinstance(term, Known)  # noqa: S101 - only facts have these kinds
    return term.name


def _numeric(term: Term) -> Numeric:
    match term:
        case Known(name):
            return Cell(FACTS[name].column, FACTS[name].kind == "number")
        case Attribute(name, _):
            return NumberOf(name)
        case Plain(value):
            assert not isinstance(value, str)  # noqa: S101 - checked when it was read
            return Number(value)
        case Otherwise(inner, value):
            assert not isinstance(value, str)  # noqa: S101 - as above
            return NumberOr(_numeric(inner), value)
        case Sum(sign, left, right):
            return Calculated(sign, _numeric(left), _numeric(right))


def _textual(term: Term) -> Textual:
    match term:
        case Known(name):
            return Words(FACTS[name].column)
        case Attribute(name, _):
            return WordsOf(name)
        case Otherwise(inner, value):
            return WordsOr(_textual(inner), str(value))
        case _:
            raise AssertionError(term)


def is_real(number: Numeric) -> bool:
    """Whether a number may have a fraction: then both sides of a comparison are read so."""
    match number:
        case Cell(_, real):
            return real
        case Number(value):
            return isinstance(value, float)
        case NumberOr(inner, value):
            return is_real(inner) or isinstance(value, float)
        case _:
            return True


def _pieces(pattern: str) -> tuple[str | None, ...]:
    r"""A pattern taken apart.

    >>> _pieces("a%_\\%")
    ('a', None, '', '%')
    """
    pieces: list[str | None] = []
    escaped = False
    for char in pattern:
        if escaped or char not in "\\%_":
            pieces.append(char)
            escaped = False
        elif char == "\\":
            escaped = True
        else:
            pieces.append(None if char == "%" else "")
    return tuple(pieces)


_YEAR: Final = 10_000  # in YYYYMMDD
_LEAP_DAY: Final = 229
_FARTHEST: Final = 1_000_000  # days or years: beyond it nothing lies, and numbers still fit
_OPERATIONS: Final[dict[Operator, Callable[[float, float], bool]]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def whole_date(day: date) -> int:
    """A day as YYYYMMDD.

    >>> whole_date(date(2026, 1, 31))
    20260131
    """
    return day.year * _YEAR + day.month * 100 + day.day


def born_by(today: date, years: int) -> int:
    """The last day (YYYYMMDD) on which somebody was born who is so many years old today.

    >>> born_by(date(2026, 2, 28), 20)
    20060228
    """
    return whole_date(today) - years * _YEAR


def birthdays(today: date, days: int) -> tuple[int, ...]:
    """The days (MMDD) of birthdays from today to so many days ahead.

    >>> birthdays(date(2026, 2, 27), 2)
    (227, 228, 229, 301)
    """
    found: dict[int, None] = {}
    for ahead in range(days + 1):
        day = today + timedelta(days=ahead)
        found[day.month * 100 + day.day] = None
        after = day + timedelta(days=1)
        if (day.month, day.day) == (2, 28) and after.month != day.month:
            found[_LEAP_DAY] = None
    return tuple(found)


# --- when membership may change although nothing happens -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lapse:
    """Something changes so long (microseconds) after a moment on the sheet."""

    column: str
    lag: int


@dataclass(frozen=True, slots=True)
class DeedLapse:
    """Something changes so long (microseconds) after a deed."""

    deed: Deed
    what: str | None
    lag: int


@dataclass(frozen=True, slots=True)
class ComingOfAge:
    """Something changes on the day on which somebody becomes so many years old."""

    years: int


@dataclass(frozen=True, slots=True)
class BirthdayTick:
    """Something changes at a midnight so many days before a birthday, and at the one after it."""

    days: int


Tick: TypeAlias = "Lapse | DeedLapse | ComingOfAge | BirthdayTick"


def ticks_of(lowered: Lowered) -> tuple[Tick, ...]:
    """What the clock alone may change, each once.

    >>> ticks_of(Every((Since("last_order_at", 90, 0), Flag("has_email"))))
    (Lapse(column='last_order_at', lag=7776000000000),)
    """
    return tuple(dict.fromkeys(_ticks(lowered)))


def _ticks(lowered: Lowered) -> Sequence[Tick]:  # noqa: PLR0911 - one arm per kind of part
    match lowered:
        case Every(parts) | Some(parts):
            return [each for part in parts for each in _ticks(part)]
        case Contrary(part):
            return _ticks(part)
        case Since(column, days, _):
            return [Lapse(column, days * MICROS_PER_DAY)]
        case Acted(deed, what, within, _, _) if within is not None:
            return [DeedLapse(deed, what, within * MICROS_PER_DAY)]
        case Aged(years, _):
            return [ComingOfAge(years)]
        case Birthday(days, _):
            return [BirthdayTick(days)]
        case _:
            return []
