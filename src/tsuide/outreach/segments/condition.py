"""A condition as a tree, and its text: what a person wrote, checked, without spaces and places.

Truth has three values, as in SQL: what is not known is neither true nor false, and who is in a segment is whom the
condition is *true* of.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, TypeAlias

from tsuide.outreach.segments.vocabulary import FACTS, FUNCTIONS, Deed, Kind

Value: TypeAlias = "str | int | float"
Operator: TypeAlias = Literal["=", "<>", "<", "<=", ">", ">="]
Sign: TypeAlias = Literal["+", "-", "*", "/"]
FLIPPED: Final[dict[Operator, Operator]] = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Known:
    """A fact of the vocabulary."""

    name: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """A customer's attribute; as a number it is only where its whole text is one.

    Args:
        name: as the shop wrote it.
        number: read as a number.
    """

    name: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class Plain:
    """A value that stands in the condition itself."""

    value: Value


@dataclass(frozen=True, slots=True)
class Sum:
    """Two numbers put together; by nothing (0) nothing is divided: then it is not known."""

    sign: Sign
    left: "Term"
    right: "Term"


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What is known, and otherwise this value."""

    term: "Term"
    value: Value


Term: TypeAlias = "Known | Attribute | Plain | Sum | Otherwise"


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of two or more."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of two or more."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary; of what is not known, not known."""

    part: "Condition"


@dataclass(frozen=True, slots=True)
class Compare:
    """One term against another of the same type; the left one is no plain value."""

    left: Term
    operator: Operator
    right: Term


@dataclass(frozen=True, slots=True)
class Between:
    """Within two values, both counted in."""

    term: Term
    low: Value
    high: Value


@dataclass(frozen=True, slots=True)
class Among:
    """One of these values."""

    term: Term
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Like:
    """A text of this pattern: % any characters, _ one, after a backslash themselves; upper and lower case differ."""

    term: Term
    pattern: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing is known of it (IS NULL)."""

    term: Term


@dataclass(frozen=True, slots=True)
class Yes:
    """A fact that is yes or no."""

    name: str


@dataclass(frozen=True, slots=True)
class Did:
    """What they did with products: never unknown.

    Args:
        what: a product's id, a category, a path of categories with slashes, a brand; None = any product.
        within: days that it is ago at most.
        at_least: how often.
    """

    deed: Deed
    what: str | None = None
    within: int | None = None
    at_least: int = 1


@dataclass(frozen=True, slots=True)
class Consented:
    """A consent for the purpose holds, for the channel or for any: never unknown."""

    purpose: str
    channel: str


@dataclass(frozen=True, slots=True)
class BirthdayWithin:
    """A birthday today or in the coming days, by the shop's calendar."""

    days: int


@dataclass(frozen=True, slots=True)
class Always:
    """The same of everybody."""

    value: bool


Condition: TypeAlias = (
    "AllOf | AnyOf | Not | Compare | Between | Among | Like | Unknown | Yes | Did | Consented | BirthdayWithin | Always"
)


def text_of(condition: Condition) -> str:  # noqa: PLR0911 - one arm per kind of part
    """The condition as text that reads back to the same.

    >>> text_of(AllOf((Compare(Attribute("prefecture"), "=", Plain("東京都")), Did("bought", "camera", 90))))
    "prefecture = '東京都' and bought('camera', within => 90)"
    """
    match condition:
        case AllOf(parts):
            return " and ".join(_within(each, (AllOf, AnyOf)) for each in parts)
        case AnyOf(parts):
            return " or ".join(_within(each, (AnyOf,)) for each in parts)
        case Not(part):
            return _negated(part)
        case Compare(left, operator, right):
            return f"{_term(left)} {operator} {_term(right)}"
        case Did(deed, what, within, at_least):
            said = [] if what is None else [_value(what)]
            said += [] if within is None else [f"within => {within}"]
            said += [] if at_least == 1 else [f"at_least => {at_least}"]
            return f"{deed}({', '.join(said)})"
        case Consented(purpose, channel):
            return f"consented({_value(purpose)}, {_value(channel)})"
        case BirthdayWithin(days):
            return f"birthday_within({days})"
        case Yes(name):
            return name
        case Always(value):
            return "true" if value else "false"
        case _:
            return _tested(condition, "")


def _within(part: Condition, bracketed: tuple[type, ...]) -> str:
    return f"({text_of(part)})" if isinstance(part, bracketed) else text_of(part)


def _negated(part: Condition) -> str:
    if isinstance(part, (Between, Among, Like, Unknown)):
        return _tested(part, "not ")
    return (
        f"not {text_of(part)}" if isinstance(part, (Yes, Did, Consented, BirthdayWithin)) else f"not ({text_of(part)})"
    )


def _tested(condition: Condition, negation: str) -> str:
    match condition:
        case Between(term, low, high):
            return f"{_term(term)} {negation}between {_value(low)} and {_value(high)}"
        case Among(term, values):
            return f"{_term(term)} {negation}in ({', '.join(map(_value, values))})"
        case Like(term, pattern):
            return f"{_term(term)} {negation}like {_value(pattern)}"
        case Unknown(term):
            return f"{_term(term)} is {negation}null"
    raise AssertionError(condition)


def _term(term: Term) -> str:
    match term:
        case Known(name):
            return name
        case Attribute(name, _):
            return name if _plain(name) else f'"{name}"'
        case Plain(value):
            return _value(value)
        case Otherwise(inner, value):
            return f"coalesce({_term(inner)}, {_value(value)})"
        case Sum(sign, left, right):
            return f"{_operand(left)} {sign} {_operand(right)}"


def _operand(term: Term) -> str:
    return f"({_term(term)})" if isinstance(term, Sum) else _term(term)


@cache
def _sql_words() -> frozenset[str]:
    """Words that mean something in SQL; the parser is loaded only here: commands that open a store need not wait."""
    from sqlglot.parser import Parser
    from sqlglot.tokens import Tokenizer

    return frozenset({*Tokenizer.KEYWORDS, *Parser.NO_PAREN_FUNCTION_PARSERS})


def _plain(name: str) -> bool:
    """Whether a name needs no quotes: SQL's own words do."""
    letters = name.isascii() and name.isidentifier() and name == name.lower()
    return letters and name.upper() not in _sql_words() and name not in FUNCTIONS and name not in FACTS


def _value(value: Value) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)


def kind_of(term: Term) -> Kind:
    """The type of a term.

    >>> kind_of(Otherwise(Known("days_since_last_order"), 999)), kind_of(Attribute("rank"))
    ('days', 'text')
    """
    match term:
        case Known(name):
            return FACTS[name].kind
        case Attribute(_, number):
            return "number" if number else "text"
        case Plain(value):
            return "text" if isinstance(value, str) else "number"
        case Otherwise(inner, _):
            return kind_of(inner)
        case Sum():
            return "number"
