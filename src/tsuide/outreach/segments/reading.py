"""Read a condition: parsed by sqlglot, held against an allow-list, its types checked; what is wrong is pointed at.

SQL is larger than what is wanted here. Whatever is not named below is refused by name; nothing is passed through.
"""

import difflib
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NoReturn

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tsuide.errors import BadCondition
from tsuide.outreach.segments.condition import (
    FLIPPED,
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
from tsuide.outreach.segments.vocabulary import CHOICES, CLOCKED, DEEDS, FACTS, FUNCTIONS, NUMERIC, Kind

LONGEST: Final = 4_000
DEEPEST: Final = 30
MOST_PARTS: Final = 100
MOST_VALUES: Final = 500
MOST_GAPS: Final = 8  # in one pattern: more take too long to look through
MOST_SUMS: Final = 6  # in one term: so no number grows or shrinks beyond what a database holds
LARGEST: Final = 10**15
SMALLEST: Final = 1e-9
LONGEST_DAYS: Final = 36_500
_YEAR_DAYS: Final = 366

_COMPARISONS: Final[dict[type[exp.Expr], Operator]] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
}  # fmt: skip
_BOTH: Final = frozenset({"this", "expression"})
_READ: Final[dict[type[exp.Expr], frozenset[str]]] = {
    exp.Between: frozenset({"this", "low", "high"}),
    exp.In: frozenset({"this", "expressions", "field"}),
    exp.Alias: frozenset({"this", "alias"}),
    exp.Like: _BOTH | {"negate"},
    exp.Div: _BOTH | {"typed", "safe"},
    exp.Column: frozenset({"this", "table", "db", "catalog"}),
    exp.Literal: frozenset({"this", "is_string"}),
    exp.Anonymous: frozenset({"this", "expressions"}),
    exp.Coalesce: frozenset({"this", "expressions"}),
}
"""What of each kind of node is read; anything else is refused."""
_SIGNS: Final[dict[type[exp.Expr], Sign]] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}
_ALLOWED: Final = "and, or, not, =, <>, <, <=, >, >=, between, in, like, is null, + - * /, and " + ", ".join(FUNCTIONS)
_MOMENT_WAY: Final = "write '2026-01-31' or '2026-01-31T09:00+09:00'"


@dataclass(frozen=True, slots=True)
class Names:
    """What the shop itself has names for; None = not asked.

    Args:
        attributes: of its customers.
        products: whether a text names a product, a category or a brand.
        alike: names that look like a text, for "did you mean".
    """

    attributes: Collection[str] | None = None
    products: Callable[[str], bool] | None = None
    alike: Callable[[str], Iterable[str]] | None = None


def read_condition(text: str, names: Names | None = None) -> Condition:
    """The condition that a text says.

    Args:
        text: at most 4,000 characters.
        names: of the shop: what is none of them is refused with what it may have meant. None = every name will do.

    Raises:
        BadCondition: points at the first character at fault.

    >>> read_condition("spent > 50000 and not bought('camera', within => 90)")
    AllOf(parts=(Compare(left=Known(name='spent'), operator='>', right=Plain(value=50000)), Not(part=Did(...))))
    >>> read_condition("spent > 'much'")
    Traceback (most recent call last):
    tsuide.errors.BadCondition: line 1, character 9: spent is money, and this is a text
        spent > 'much'
                ^^^^^^
    Way out: write a number without quotes
    """
    reader = _Reader(text, names or Names())
    return reader.condition(reader.parsed())


class _Reader:
    """Walks the tree of one text."""

    def __init__(self, text: str, names: Names) -> None:
        self._text = text
        self._names = names
        self._parts = 0

    def parsed(self) -> exp.Expr:
        text = self._text
        if len(text) > LONGEST:
            self._fail(f"longer than {LONGEST:,} characters", LONGEST, len(text), "split it into several segments")
        if (broken := next((at for at, char in enumerate(text) if "\ud800" <= char <= "\udfff"), None)) is not None:
            self._fail("half a character", broken, broken + 1, "leave it out")
        if not text.strip():
            self._fail("nothing stands here", 0, 1, "write true for everybody, or spent > 50000")
        self._shallow()
        try:
            found = sqlglot.parse(text)
        except SqlglotError as exc:
            self._not_sql(exc)
        except RecursionError:
            self._fail("too deeply nested", 0, len(text), "use fewer parentheses")
        tree = found[0] if len(found) == 1 else None
        if tree is None:
            at = text.find(";")
            self._fail("more than one statement", max(at, 0), max(at, 0) + 1, "write one condition")
        if text.rstrip().endswith(";"):
            self._fail("no semicolon is needed", len(text.rstrip()) - 1, len(text.rstrip()), "leave it out")
        return tree

    def _shallow(self) -> None:
        """Refuse what would overflow the parser's stack before it is given to it."""
        depth, quoted = 0, ""
        for at, char in enumerate(self._text):
            if quoted:
                quoted = "" if char == quoted else quoted
            elif char in "'\"":
                quoted = char
            elif char == "\0":
                self._fail("not a character of a condition", at, at + 1, "leave it out")
            elif char == "(":
                depth += 1
                if depth > DEEPEST:
                    self._fail("too deeply nested", at, at + 1, f"at most {DEEPEST} parentheses within each other")
            elif char == ")":
                depth -= 1
        if found := _TWICE.search(self._text):
            self._fail("said twice", found.start(), found.end(), "say it once")

    def _not_sql(self, exc: SqlglotError) -> NoReturn:
        told = getattr(exc, "errors", None) or [{}]
        first = told[0]
        what = str(first.get("description") or str(exc)).split("\n")[0].rstrip(".")
        what = "something is missing" if what.startswith("Required keyword") else what.removesuffix(" ''")
        line, column = first.get("line"), first.get("col")
        shown = str(first.get("highlight") or "")
        if line is None or column is None:
            place = re.search(r"(\d+):(\d+)", str(exc))
            line, column = (int(place[1]), int(place[2])) if place else (1, len(self._text))
        lines = self._text.split("\n")
        end = sum(len(each) + 1 for each in lines[: line - 1]) + column
        self._fail(f"not a condition: {what[:1].lower()}{what[1:]}", end - max(len(shown), 1), end,
                   "compare facts with values and join them by and, or, not")  # fmt: skip

    def condition(self, node: exp.Expr) -> Condition:  # noqa: C901, PLR0911, PLR0912 - one arm per kind of part
        self._parts += 1
        if self._parts > MOST_PARTS:
            self._fail_at(node, f"more than {MOST_PARTS} parts", "split it into several segments")
        self._nothing_else(node)
        match node:
            case exp.Paren():
                return self.condition(node.this)
            case exp.And():
                return AllOf(tuple(self._flat(node, exp.And)))
            case exp.Or():
                return AnyOf(tuple(self._flat(node, exp.Or)))
            case exp.Not():
                return Not(self.condition(node.this))
            case exp.Boolean():
                return Always(bool(node.this))
            case exp.Between():
                return self._between(node)
            case exp.In():
                return self._among(node)
            case exp.Like():
                return self._like(node)
            case exp.Is():
                return self._is(node)
            case exp.Column():
                return self._yes(node)
            case exp.Anonymous():
                return self._function(node)
            case exp.Alias():  # SQL would call the result so
                self._fail_at(node.args["alias"], "stands alone",
                              "join parts by and, or; write 50000 or 0.5, and a text in quotes: 'so'")  # fmt: skip
        if type(node) in _COMPARISONS:
            return self._compare(node, _COMPARISONS[type(node)])
        return self._refuse(node)

    def _nothing_else(self, node: exp.Expr) -> None:
        """Refuse what a node says beside what is read of it here: a parser may put a word such as NOT there."""
        more = {name for name, value in node.args.items() if value} - _READ.get(type(node), _BOTH)
        if more:
            self._fail_at(node, f"{', '.join(sorted(more))} is not allowed here", _ALLOWED)

    def _flat(self, node: exp.Expr, kind: type[exp.Expr]) -> list[Condition]:
        """The parts of a chain of one word; a chain is no nesting."""
        parts: list[exp.Expr] = []
        stack = [node]
        while stack:
            each = stack.pop()
            if isinstance(each, kind):
                stack += [each.args["expression"], each.this]
            elif isinstance(each, exp.Paren) and isinstance(each.this, kind):
                stack.append(each.this)
            else:
                parts.append(each)
        return [self.condition(each) for each in parts]

    # --- comparisons -----------------------------------------------------------------------------------------

    def _compare(self, node: exp.Expr, operator: Operator) -> Condition:
        left, right = node.this, node.args["expression"]
        if isinstance(right, exp.Boolean) or isinstance(left, exp.Boolean):
            return self._is_yes(node, left, right, operator)
        one, other = self._term(left), self._term(right)
        if isinstance(one, Plain) and not isinstance(other, Plain):
            return self._compare_terms(right, other, FLIPPED[operator], left, one)
        return self._compare_terms(left, one, operator, right, other)

    def _is_yes(self, node: exp.Expr, left: exp.Expr, right: exp.Expr, operator: Operator) -> Condition:
        fact, value = (left, right) if isinstance(right, exp.Boolean) else (right, left)
        if operator not in {"=", "<>"} or not isinstance(fact, exp.Column):
            self._fail_at(node, "yes or no is compared with nothing else", "write the fact alone, or not before it")
        found = self._yes(fact)
        return found if (operator == "=") == bool(value.this) else Not(found)

    def _compare_terms(
        self, where: exp.Expr, left: Term, operator: Operator, there: exp.Expr, right: Term
    ) -> Condition:
        kind = kind_of(left)
        if isinstance(left, Plain):
            self._fail_at(where, "two values are compared, and no fact", "name a fact, such as spent")
        if kind in CLOCKED:
            if not isinstance(right, Plain) or isinstance(right.value, str):
                self._fail_at(there, f"{_said(left)} moves with the clock: it is compared with a plain number only",
                              "write a number, such as 90")  # fmt: skip
            self._fits(left, kind, there, right.value)
            return Compare(left, operator, right)
        if isinstance(right, Plain):
            return self._against(where, left, operator, there, right)
        other = kind_of(right)
        if other in CLOCKED:
            self._fail_at(there, f"{_said(right)} moves with the clock: it is compared with a plain number only",
                          "write a number, such as 90")  # fmt: skip
        left, right = _as_numbers(left, other), _as_numbers(right, kind)
        kind, other = kind_of(left), kind_of(right)
        alike = kind == other or (kind in NUMERIC and other in NUMERIC)
        if not alike:
            self._fail_at(there, f"{_said(left)} is {_WORDS[kind]}, and this is {_WORDS[other]}",
                          "compare what is of one type")  # fmt: skip
        if kind == "yes":
            self._fail_at(where, "yes or no is compared with nothing", "write the fact alone, or not before it")
        if kind == "text" and operator not in {"=", "<>"}:
            self._fail_at(where, "texts have no order", "use =, <>, in or like")
        return Compare(left, operator, right)

    def _against(self, where: exp.Expr, left: Term, operator: Operator, there: exp.Expr, right: Plain) -> Condition:
        """A term against a value: the value says how an attribute is read."""
        if not isinstance(right.value, str):
            left = _as_numbers(left, "number")
        kind = kind_of(left)
        self._fits(left, kind, there, right.value)
        if kind == "text" and operator not in {"=", "<>"}:
            self._fail_at(where, "texts have no order", "use =, <>, in or like; a number is written without quotes")
        return Compare(left, operator, right)

    def _fits(self, left: Term, kind: Kind, there: exp.Expr, value: Value) -> None:
        """Refuse a value of the wrong type."""
        is_text = isinstance(value, str)
        if kind == "yes":
            self._fail_at(there, "yes or no is compared with nothing", "write the fact alone, or not before it")
        if kind in NUMERIC | CLOCKED and is_text:
            self._fail_at(
                there, f"{_said(left)} is {_WORDS[kind]}, and this is a text", "write a number without quotes"
            )
        if kind in CLOCKED and not isinstance(value, str) and abs(value) > LONGEST_DAYS:
            self._fail_at(there, "too large a number", f"at most {LONGEST_DAYS:,}")
        if kind == "text" and not is_text:
            self._fail_at(there, f"{_said(left)} is a text, and this is a number", "put it in quotes: 'so'")
        if kind == "moment" and (not isinstance(value, str) or not _is_moment(value)):
            self._fail_at(there, f"{_said(left)} is a time, and this is none", _MOMENT_WAY)
        if isinstance(left, Known) and is_text and FACTS[left.name].choices and value not in FACTS[left.name].choices:
            self._fail_at(there, f"{left.name} is never this", _meant(str(value), FACTS[left.name].choices))

    def _between(self, node: exp.Between) -> Condition:
        term, low, high = self._term(node.this), self._value(node.args["low"]), self._value(node.args["high"])
        if not isinstance(low, str):
            term = _as_numbers(term, "number")
        kind = kind_of(term)
        if kind == "text":
            self._fail_at(node.this, "texts have no order", "use =, <>, in or like")
        self._not_alone(node.this, term)
        for where, value in ((node.args["low"], low), (node.args["high"], high)):
            self._fits(term, kind, where, value)
        return Between(term, low, high)

    def _among(self, node: exp.In) -> Condition:
        if not node.expressions:
            self._fail_at(node, "not a list of values", "write in ('a', 'b')")
        if len(node.expressions) > MOST_VALUES:
            self._fail_at(node, f"more than {MOST_VALUES} values", "split it into several segments")
        term, values = self._term(node.this), tuple(self._value(each) for each in node.expressions)
        if all(not isinstance(each, str) for each in values):
            term = _as_numbers(term, "number")
        kind = kind_of(term)
        self._not_alone(node.this, term)
        for where, value in zip(node.expressions, values, strict=True):
            self._fits(term, kind, where, value)
        return Among(term, values)

    def _like(self, node: exp.Like) -> Condition:
        term, pattern = self._term(node.this), node.args["expression"]
        if kind_of(term) != "text":
            self._fail_at(node.this, f"{_said(term)} is {_WORDS[kind_of(term)]}, not a text", "use =, <, >")
        self._not_alone(node.this, term)
        if not (isinstance(pattern, exp.Literal) and pattern.is_string):
            self._fail_at(pattern, "a pattern is a text in quotes", "write like '東京%'")
        text = str(pattern.this)
        if re.search(r"(?<!\\)(?:\\\\)*\\(?![%_\\])", text):
            self._fail_at(pattern, "a backslash stands before %, _ or \\ only", "double it: \\\\")
        if text.count("%") > MOST_GAPS:
            self._fail_at(pattern, f"more than {MOST_GAPS} times %", "join several patterns by and")
        return Not(Like(term, text)) if node.args.get("negate") else Like(term, text)

    def _is(self, node: exp.Is) -> Condition:
        value = node.args["expression"]
        if isinstance(value, exp.Boolean):
            self._fail_at(node, "is true, is false are not needed", "write the fact alone, or not before it")
        if not isinstance(value, exp.Null):
            self._fail_at(node, "not a test", "is null, is not null")
        term = self._term(node.this)
        self._not_alone(node.this, term)
        return Unknown(term)

    def _not_alone(self, where: exp.Expr, term: Term) -> None:
        if isinstance(term, Plain):
            self._fail_at(where, "a value is tested, and no fact", "name a fact, such as spent")

    # --- terms -----------------------------------------------------------------------------------------------

    def _term(self, node: exp.Expr) -> Term:
        self._nothing_else(node)
        match node:
            case exp.Paren():
                return self._term(node.this)
            case exp.Literal() | exp.Neg():
                return Plain(self._value(node))
            case exp.Column():
                return self._named(node)
            case exp.Coalesce():
                return self._otherwise(node)
            case exp.Null():
                self._fail_at(node, "nothing equals null", "write is null, or is not null")
        if type(node) in _SIGNS:
            return self._sum(node, _SIGNS[type(node)])
        return self._refuse(node)

    def _sum(self, node: exp.Expr, sign: Sign) -> Term:
        sides = (node.this, node.args["expression"])
        terms = []
        for side in sides:
            term = _as_numbers(self._term(side), "number")
            kind = kind_of(term)
            if kind in CLOCKED:
                self._fail_at(side, f"{_said(term)} moves with the clock: nothing is calculated with it",
                              "compare it with a plain number")  # fmt: skip
            if kind not in NUMERIC:
                self._fail_at(side, f"{_WORDS[kind]} is not calculated with", "use numbers and money")
            terms.append(term)
        left, right = terms
        if isinstance(left, Plain) and isinstance(right, Plain):
            return Plain(self._folded(node, sign, left.value, right.value))
        made = Sum(sign, left, right)
        if _sums(made) > MOST_SUMS:
            self._fail_at(node, f"more than {MOST_SUMS} calculations in one term", "make it simpler")
        return made

    def _folded(self, node: exp.Expr, sign: Sign, left: Value, right: Value) -> Value:
        """Two plain numbers are one."""
        assert not isinstance(left, str)  # noqa: S101 - checked by the caller
        assert not isinstance(right, str)  # noqa: S101 - as above
        if sign == "/":
            if right == 0:
                self._fail_at(node, "divided by nothing", "write another number")
            whole = isinstance(left, int) and isinstance(right, int) and left % right == 0
            value: int | float = left // right if whole else left / right
        else:
            value = {"+": left + right, "-": left - right, "*": left * right}[sign]
        return self._bounded(node, value)

    def _otherwise(self, node: exp.Coalesce) -> Term:
        if len(node.expressions) != 1:
            self._fail_at(node, "coalesce takes a fact and a value", "coalesce(days_since_last_contact, 9999)")
        inner, value = self._term(node.this), self._value(node.expressions[0])
        self._not_alone(node.this, inner)
        if kind_of(inner) == "moment":
            self._fail_at(node.this, f"{_said(inner)} is a time: it has no other value", "test it with is null")
        if not isinstance(value, str):
            inner = _as_numbers(inner, "number")
        self._fits(inner, kind_of(inner), node.expressions[0], value)
        return Otherwise(inner, value)

    def _named(self, node: exp.Column) -> Term:
        name = self._name(node)
        if name in FACTS and not node.this.args.get("quoted"):
            return Known(name)
        self._known_attribute(node, name)
        return Attribute(name)

    def _name(self, node: exp.Column) -> str:
        if node.args.get("table") is not None:
            self._fail_at(node, "a name has no dot", "name the fact alone")
        if not isinstance(node.this, exp.Identifier):
            self._refuse(node)
        quoted, name = bool(node.this.args.get("quoted")), str(node.this.this)
        lower = name.lower()
        return lower if not quoted and lower in FACTS else name

    def _known_attribute(self, node: exp.Expr, name: str) -> None:
        if not name or len(name) > _LONGEST_NAME or any(each in '"\\' or not each.isprintable() for each in name):
            self._fail_at(node, "not a name", "attributes are named without quotes and backslashes")
        known = self._names.attributes
        if name in FUNCTIONS and not node.this.args.get("quoted"):
            self._fail_at(node, f"{name} is asked with parentheses", f"write {name}(…)")
        if known is not None and name not in known:
            way_out = _meant(name, [*FACTS, *known])
            if node.arg_key == "expression" and not way_out.startswith("did you mean"):
                way_out = f"a text stands in single quotes: '{name.strip(_QUOTES)}'"
            self._fail_at(node, "neither a fact nor an attribute of any customer", way_out)

    def _yes(self, node: exp.Column) -> Condition:
        term = self._named(node)
        if isinstance(term, Known) and FACTS[term.name].kind == "yes":
            return Yes(term.name)
        kind = kind_of(term)
        return self._fail_at(node, f"{_said(term)} is {_WORDS[kind]}: compare it with something",
                      f"write {_said(term)} {'= ...' if kind == 'text' else '> ...'}")  # fmt: skip

    def _value(self, node: exp.Expr) -> Value:
        self._nothing_else(node)
        match node:
            case exp.Paren():
                return self._value(node.this)
            case exp.Neg() if isinstance(node.this, exp.Literal) and not node.this.is_string:
                value = self._number(node.this)
                return -value
            case exp.Literal():
                return str(node.this) if node.is_string else self._number(node)
            case exp.Null():
                self._fail_at(node, "null is no value", "write is null, or is not null")
        if type(node) in _SIGNS:
            found = self._term(node)
            if isinstance(found, Plain):
                return found.value
        return self._fail_at(node, "not a plain value", "write a number, or a text in quotes")

    def _number(self, node: exp.Literal) -> int | float:
        text = str(node.this)
        try:
            value: int | float = int(text)
        except ValueError:
            try:
                value = float(text)
            except ValueError:
                self._fail_at(node, "not a number", "write 12 or 0.5")
        return self._bounded(node, value)

    def _bounded(self, node: exp.Expr, value: int | float) -> int | float:  # noqa: PYI041 - both are meant
        if not abs(value) <= LARGEST or (value and abs(value) < SMALLEST):
            self._fail_at(node, "too large or too small a number", f"at most {LARGEST:.0e}, at least {SMALLEST:.0e}")
        return value

    # --- functions -------------------------------------------------------------------------------------------

    def _function(self, node: exp.Anonymous) -> Condition:
        name = str(node.this).lower()
        plain = [each for each in node.expressions if not isinstance(each, exp.Kwarg)]
        named = {str(each.this.name).lower(): each for each in node.expressions if isinstance(each, exp.Kwarg)}
        if name in DEEDS:
            return self._did(name, plain, named)
        for each in named.values():
            self._fail_at(each, f"{name} takes no such option", "leave it out")
        if name == "consented":
            purpose, channel = self._words(node, plain, ("purpose", "channel"))
            return Consented(purpose, channel)
        if name == "birthday_within":
            if len(plain) != 1:
                self._fail_at(node, "birthday_within takes a number of days", "birthday_within(7)")
            return BirthdayWithin(self._days(plain[0], 0, _YEAR_DAYS))
        return self._fail_at(node, "no such function", _meant(name, FUNCTIONS))

    def _did(self, deed: str, plain: list[exp.Expr], named: dict[str, exp.Kwarg]) -> Condition:
        for option, each in named.items():
            if option not in {"within", "at_least"}:
                self._fail_at(each, f"{deed} takes no such option", _meant(option, ("within", "at_least")))
        if len(plain) > 1:
            way_out = f"join several by or: {deed}('a') or {deed}('b'); write within => 90"
            self._fail_at(plain[1], f"{deed} takes one product or category", way_out)
        what = None
        if plain:
            value = self._value(plain[0])
            if not isinstance(value, str) or not value:
                self._fail_at(plain[0], "a product or category is a text in quotes", f"{deed}('camera')")
            what = value
            known = self._names.products
            if known is not None and not known(what):
                alike = self._names.alike(what) if self._names.alike else ()
                self._fail_at(plain[0], "no product, category or brand is called so", _meant(what, alike))
        within = self._days(named["within"].args["expression"], 1, LONGEST_DAYS) if "within" in named else None
        times = self._days(named["at_least"].args["expression"], 1, LONGEST_DAYS) if "at_least" in named else 1
        if within is not None and times > 1:
            self._fail_at(named["at_least"], "how often is not counted within a time", "leave out one of the two")
        return Did(next(each for each in DEEDS if each == deed), what, within, times)

    def _words(self, node: exp.Anonymous, plain: list[exp.Expr], kinds: tuple[str, ...]) -> list[str]:
        if len(plain) != len(kinds):
            self._fail_at(node, f"takes {len(kinds)} texts", f"{node.this}('marketing', 'email')")
        words = []
        for each, kind in zip(plain, kinds, strict=True):
            value = self._value(each)
            if value not in CHOICES[kind]:
                self._fail_at(each, f"not a {kind}", _meant(str(value), CHOICES[kind]))
            words.append(str(value))
        return words

    def _days(self, node: exp.Expr, low: int, high: int) -> int:
        value = self._value(node)
        if not isinstance(value, int) or not low <= value <= high:
            self._fail_at(node, "not a whole number in range", f"write {low} … {high:,}")
        return value

    # --- types and places ------------------------------------------------------------------------------------

    def _refuse(self, node: exp.Expr) -> NoReturn:
        self._fail_at(node, f"{_NAMES.get(type(node), type(node).__name__.lower())} is not allowed here", _ALLOWED)

    def _fail_at(self, node: exp.Expr, what: str, way_out: str) -> NoReturn:
        start, end = self._place(node)
        self._fail(what, start, end, way_out)

    def _fail(self, what: str, start: int, end: int, way_out: str) -> NoReturn:
        raise BadCondition(what, text=self._text, start=start, end=end, way_out=way_out)

    def _place(self, node: exp.Expr) -> tuple[int, int]:
        """Where a node stands: from the first to the last of what it holds that has a place."""
        places = [(each.meta["start"], each.meta["end"]) for each in node.walk() if "start" in each.meta]
        if not places and node.parent is not None:
            word = "null" if isinstance(node, exp.Null) else "*" if isinstance(node, exp.Star) else None
            start, end = self._place(node.parent)
            found = None if word is None else re.search(re.escape(word), self._text[start:], re.IGNORECASE)
            return (start + found.start(), start + found.end()) if found else (start, end)
        if not places:
            return 0, len(self._text)
        start, end = min(place[0] for place in places), max(place[1] for place in places) + 1
        if isinstance(node, exp.Kwarg):
            found = re.search(r"(\w+)\s*=>\s*-?\s*$", self._text[:start])
            start = found.start() if found else start
        if isinstance(node, (exp.Func, exp.In)) and self._text[end : end + 1] == ")":
            end += 1
        return start, end


_LONGEST_NAME: Final = 200
_QUOTES: Final = "‘’“”「」"  # in which people put a text, too
_TWICE: Final = re.compile(r"\bnot\s+not\b|[-~+]\s*[-~+]\s*[-~+]", re.IGNORECASE)
_EARLIEST: Final = 1900
_LATEST: Final = 2200
_WORDS: Final[dict[Kind, str]] = {
    "text": "a text",
    "whole": "a number",
    "money": "money",
    "number": "a number",
    "yes": "yes or no",
    "moment": "a time",
    "days": "a number of days",
    "age": "an age",
}
_NAMES: Final[dict[type[exp.Expr], str]] = {
    exp.Select: "a query",
    exp.Subquery: "a query within",
    exp.Star: "*",
    exp.Case: "case",
    exp.ILike: "ilike",
    exp.Cast: "a cast",
    exp.Mod: "%",
    exp.DPipe: "||",
    exp.Literal: "a value alone",
    exp.Null: "null alone",
    exp.Tuple: "a list",
}


def _as_numbers(term: Term, kind: Kind) -> Term:
    """An attribute beside a number is read as one."""
    if kind in NUMERIC and isinstance(term, Attribute):
        return Attribute(term.name, number=True)
    return term


def _sums(term: Term) -> int:
    match term:
        case Sum(_, left, right):
            return 1 + _sums(left) + _sums(right)
        case Otherwise(inner, _):
            return _sums(inner)
        case _:
            return 0


def _said(term: Term) -> str:
    match term:
        case Known(name) | Attribute(name, _):
            return name
        case Otherwise(inner, _):
            return _said(inner)
        case _:
            return "this"


def _is_moment(text: str) -> bool:
    try:
        return _EARLIEST <= datetime.fromisoformat(text).year <= _LATEST
    except ValueError:
        return False


def _meant(word: str, known: Iterable[str]) -> str:
    """What a wrong word may have meant.

    >>> _meant("churn_rsik", ["churn_risk", "spent"])
    'did you mean churn_risk?'
    """
    words = [*known]
    close = difflib.get_close_matches(word.lower(), words, n=2, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(close)}?"
    few = ", ".join(words[:12])
    return f"known: {few}{', …' if len(words) > 12 else ''}" if words else "look at the list of names"  # noqa: PLR2004
