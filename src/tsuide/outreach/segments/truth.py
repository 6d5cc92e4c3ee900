"""Whether a condition holds for one customer, in memory, with the very results of the database."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

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
from tsuide.outreach.segments.vocabulary import Deed


@dataclass(frozen=True, slots=True)
class Act:
    """One product that a customer did something with.

    Args:
        names: its id, its categories, their paths, its brand: what a condition may call it.
        last_at: microseconds.
        times: how often.
    """

    product_id: str
    names: frozenset[str]
    last_at: int
    times: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """What conditions read of one customer.

    Args:
        cells: by column of the sheet; what is missing is not known.
        attributes: as they were written.
        numbers: those attributes whose whole text is a number.
        consents: (purpose, channel) that hold now.
        acts: what they did with products.
    """

    cells: Mapping[str, "int | float | str | None"] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    consents: frozenset[tuple[str, str]] = frozenset()
    acts: Mapping[Deed, Sequence[Act]] = field(default_factory=dict)


def truth(lowered: Lowered, sheet: Sheet) -> bool | None:  # noqa: C901, PLR0911, PLR0912 - one arm per kind of part
    """True, False, or None where it is not known.

    >>> from tsuide.outreach.segments.lowering import Cell, Holds, Number
    >>> big = Holds(Cell("spent"), ">", Number(5))
    >>> truth(big, Sheet({"spent": 6})), truth(big, Sheet())
    (True, None)
    """
    match lowered:
        case Every(parts):
            return _every(parts, sheet)
        case Some(parts):
            return _some(parts, sheet)
        case Contrary(part):
            found = truth(part, sheet)
            return None if found is None else not found
        case Fixed(value):
            return value
        case Holds(left, operator, right):
            return _holds(left, operator, right, sheet)
        case Since(column, _, until):
            return _at_most(sheet.cells.get(column), until)
        case Aged(_, born_by):
            return _at_most(sheet.cells.get("born"), born_by)
        case Birthday(_, dates):
            day = sheet.cells.get("birthday")
            return None if day is None else day in dates
        case Flag(column):
            flag = sheet.cells.get(column)
            return None if flag is None else flag == 1
        case TextIn(text, values):
            words = _text(text, sheet)
            return None if words is None else words in values
        case SameText(left, right):
            one, other = _text(left, sheet), _text(right, sheet)
            return None if one is None or other is None else one == other
        case TextLike(text, pieces):
            words = _text(text, sheet)
            return None if words is None else _pattern(pieces).fullmatch(words) is not None
        case Nothing(of):
            return (_text(of, sheet) if isinstance(of, (Words, WordsOf, WordsOr)) else _number(of, sheet)) is None
        case Agreed(purpose, channel):
            return (purpose, channel) in sheet.consents or (purpose, "any") in sheet.consents
        case Acted(deed, what, _, after, at_least):
            return _acted(sheet.acts.get(deed, ()), what, after, at_least)


def _every(parts: Sequence[Lowered], sheet: Sheet) -> bool | None:
    known = True
    for part in parts:
        found = truth(part, sheet)
        if found is False:
            return False
        known = known and found is not None
    return True if known else None


def _some(parts: Sequence[Lowered], sheet: Sheet) -> bool | None:
    known = True
    for part in parts:
        found = truth(part, sheet)
        if found:
            return True
        known = known and found is not None
    return False if known else None


def _at_most(cell: "int | float | str | None", most: int) -> bool | None:
    if cell is None:
        return None
    assert not isinstance(cell, str)  # noqa: S101 - columns of moments hold whole numbers
    return cell <= most


def _holds(left: Numeric, operator: Operator, right: Numeric, sheet: Sheet) -> bool | None:  # noqa: PLR0911 - one arm per operator
    one, other = _number(left, sheet), _number(right, sheet)
    if one is None or other is None:
        return None
    if is_real(left) or is_real(right):
        one, other = float(one), float(other)
    match operator:
        case "=":
            return one == other
        case "<>":
            return one != other
        case "<":
            return one < other
        case "<=":
            return one <= other
        case ">":
            return one > other
        case ">=":
            return one >= other


def _number(number: Numeric, sheet: Sheet) -> "int | float | None":
    match number:
        case Cell(column, _):
            cell = sheet.cells.get(column)
            assert not isinstance(cell, str)  # noqa: S101 - the vocabulary knows which columns are texts
            return cell
        case NumberOf(attribute):
            return sheet.numbers.get(attribute)
        case Number(value):
            return value
        case NumberOr(inner, value):
            found = _number(inner, sheet)
            return value if found is None else found
        case Calculated(sign, left, right):
            one, other = _number(left, sheet), _number(right, sheet)
            if one is None or other is None:
                return None
            return _calculated(sign, float(one), float(other))


def _calculated(sign: str, one: float, other: float) -> float | None:
    match sign:
        case "+":
            return one + other
        case "-":
            return one - other
        case "*":
            return one * other
    return None if other == 0 else one / other


def _text(text: Textual, sheet: Sheet) -> str | None:
    match text:
        case Words(column):
            cell = sheet.cells.get(column)
            assert cell is None or isinstance(cell, str)  # noqa: S101 - as above
            return cell
        case WordsOf(attribute):
            return sheet.attributes.get(attribute)
        case WordsOr(inner, value):
            found = _text(inner, sheet)
            return value if found is None else found


_ANY: Final = {None: ".*", "": "."}


@lru_cache(maxsize=1_000)
def _pattern(pieces: "tuple[str | None, ...]") -> re.Pattern[str]:
    return re.compile("".join(_ANY[each] if each in _ANY else re.escape(str(each)) for each in pieces), re.DOTALL)


def _acted(acts: Sequence[Act], what: str | None, after: int | None, at_least: int) -> bool:
    times = 0
    for act in acts:
        if (what is None or what in act.names) and (after is None or act.last_at > after):
            times += act.times
            if times >= at_least:
                return True
    return False
