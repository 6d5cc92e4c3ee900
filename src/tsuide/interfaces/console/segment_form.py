"""A condition as rows of a form in the page: what its fields say, and back to the same condition.

`outreach.segments.form` says a condition as plain objects; here they lie in rows, some of them together in a group, as
fields named ``3.subject``, ``3.value``, ``group.1.join``. What rows cannot say (groups within groups, sums) is a row
of text.
"""

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias

from tsuide.errors import BadValue
from tsuide.outreach.segments.condition import Value, text_of
from tsuide.outreach.segments.form import Form, condition_of
from tsuide.outreach.segments.vocabulary import DEEDS, FACTS

Join: TypeAlias = Literal["all", "any"]
PLAIN: Final = ("equal", "not_equal", "less", "at_most", "more", "at_least")
_ASKED: Final = ("known", "unknown")
COMPARISONS: Final[Mapping[str, Sequence[str]]] = {
    "number": (*PLAIN, "between", "one_of", *_ASKED),
    "text": ("equal", "not_equal", "one_of", "contains", "starts_with", "ends_with", "like", *_ASKED),
    "attribute": (*PLAIN, "between", "one_of", "contains", "starts_with", "ends_with", "like", *_ASKED),
    "yes": ("yes", "no", *_ASKED),
    "moment": ("less", "at_most", "more", "at_least", "between", *_ASKED),
}
"""Kind of a row → the comparisons that it may choose of."""
_JOINS: Final[tuple[Join, ...]] = ("all", "any")
EMPTY: Final = ""
MOST_ROWS: Final = 60
_NUMBER: Final = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_ITEM: Final = re.compile(r"\s*(?:'((?:[^']|'')*)'|([^,、]+))\s*(?:[,、]|$)")


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Args:
        subject: ``fact:spent``, ``attribute:rank``, ``did:bought``, ``consented``, ``birthday``, ``everybody``,
            ``condition``; "" = nothing chosen yet.
        how: the comparison; of a consent its channel.
        value: what it is compared with; of what somebody did, what; of a text, the condition.
        high: the upper bound of `between`.
        within: days that it is ago at most.
        times: how often at least.
        negated: whether the contrary is meant.
    """

    subject: str = EMPTY
    how: str = ""
    value: str = ""
    high: str = ""
    within: str = ""
    times: str = ""
    negated: bool = False

    @property
    def kind(self) -> str:
        """Which fields it has: a key of `COMPARISONS`, or did, consented, birthday, everybody, condition, empty."""
        word, _, name = self.subject.partition(":")
        if word == "fact":
            kind = FACTS[name].kind if name in FACTS else "text"
            return kind if kind in {"text", "yes", "moment"} else "number"
        return word or "empty"

    @property
    def name(self) -> str:
        """Of the fact or attribute."""
        return self.subject.partition(":")[2]

    @property
    def comparisons(self) -> Sequence[str]:
        """Those that it may choose of; its own is always among them."""
        usual = COMPARISONS.get(self.kind, ())
        return usual if not self.how or self.how in usual else (*usual, self.how)


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that belong together."""

    rows: tuple[Row, ...]
    join: Join = "any"
    negated: bool = False


Item: TypeAlias = "Row | Group"


@dataclass(frozen=True, slots=True)
class Rows:
    """The whole form."""

    items: tuple[Item, ...] = ()
    join: Join = "all"

    def with_row(self) -> "Rows":
        """One empty row more."""
        return replace(self, items=(*self.items, Row()))

    def with_group(self) -> "Rows":
        """A group of two empty rows more, joined the other way."""
        return replace(self, items=(*self.items, Group((Row(), Row()), "any" if self.join == "all" else "all")))

    def numbered(self) -> list[tuple[int | None, Item, list[tuple[int, Row]]]]:
        """Each item with the number of its group (None: a row by itself), and its rows with theirs."""
        told: list[tuple[int | None, Item, list[tuple[int, Row]]]] = []
        number = 0
        for place, item in enumerate(self.items):
            rows = item.rows if isinstance(item, Group) else (item,)
            told.append((place if isinstance(item, Group) else None, item, [*enumerate(rows, number)]))
            number += len(rows)
        return told


# --- from a condition to rows --------------------------------------------------------------------------------


def rows_of(form: Form) -> Rows:
    """The rows that say a form.

    >>> rows_of({"all": [{"fact": "spent", "is": "more", "value": 5}, {"not": {"did": "gave"}}]}).items[1]
    Row(subject='did:gave', how='', value='', high='', within='', times='', negated=True)
    """
    for word in _JOINS:
        if word in form:
            return Rows(tuple(_item(each) for each in form[word]), word)
    return Rows((_item(form),))


def _item(form: Form) -> Item:
    inner, negated = (form["not"], True) if "not" in form else (form, False)
    for word in _JOINS:
        if word in inner:
            return Group(tuple(_row(each) for each in inner[word]), word, negated)
    return _row(form)


def _row(form: Form) -> Row:
    inner = form.get("not", form)
    if "all" in inner or "any" in inner or "not" in inner or (inner is not form and "condition" in inner):
        return Row("condition", value=text_of(condition_of(form)))  # deeper than rows go
    return replace(_plain(inner), negated=inner is not form)


def _plain(form: Form) -> Row:  # noqa: PLR0911 - one arm per kind of row
    if "did" in form:
        given = (form.get("what") or "", form.get("within"), form.get("at_least"))
        what, within, times = ("" if each is None else str(each) for each in given)
        return Row(f"did:{form['did']}", value=what, within=within, times=times)
    if "consented" in form:
        return Row("consented", form["channel"], form["consented"])
    if "birthday_within" in form:
        return Row("birthday", value=str(form["birthday_within"]))
    if "everybody" in form:
        return Row("everybody", "yes" if form["everybody"] else "no")
    if "condition" in form:
        return Row("condition", value=form["condition"])
    key = "fact" if "fact" in form else "attribute"
    row, numeric = Row(f"{key}:{form[key]}", form["is"]), key == "attribute"
    if "values" in form:
        return replace(row, value=", ".join(_written(each, numeric=numeric, listed=True) for each in form["values"]))
    low = form["low"] if "low" in form else form.get("value", "")
    high = _written(form["high"], numeric=numeric) if "high" in form else ""
    return replace(row, value=_written(low, numeric=numeric), high=high)


def _written(value: Value, *, numeric: bool, listed: bool = False) -> str:
    """As it stands in its field; quoted where it would be read as something else."""
    if not isinstance(value, str):
        return repr(value)
    quoted = value.startswith("'") or value != value.strip() or (numeric and _NUMBER.fullmatch(value) is not None)
    quoted = quoted or (listed and (not value or any(char in value for char in ",、'")))
    return "'" + value.replace("'", "''") + "'" if quoted else value


# --- from fields to rows -------------------------------------------------------------------------------------


def rows_sent(fields: Mapping[str, Any]) -> Rows:
    """The rows that a page's fields say, empty ones too.

    Raises:
        BadValue: too many rows.

    >>> rows = rows_sent({"0.subject": "fact:age", "0.how": "more", "0.value": "20", "join": "any"})
    >>> rows.join, condition_said(rows)
    ('any', 'age > 20')
    """
    numbers = sorted({int(found[1]) for name in fields if (found := re.fullmatch(r"(\d{1,4})\.subject", name))})
    if len(numbers) > MOST_ROWS:
        raise BadValue(f"at most {MOST_ROWS} rows", key="rows", value=len(numbers), way_out="write it as text")
    items: list[Item] = []
    groups: dict[str, int] = {}
    for number in numbers:
        row, group = _sent(fields, number), _said(fields, f"{number}.group")
        if not group:
            items.append(row)
        elif group in groups:
            before = items[groups[group]]
            assert isinstance(before, Group)  # noqa: S101 - noted below
            items[groups[group]] = replace(before, rows=(*before.rows, row))
        else:
            groups[group] = len(items)
            items.append(
                Group((row,), _join(fields, f"group.{group}.join"), bool(_said(fields, f"group.{group}.negated")))
            )
    return Rows(tuple(items), _join(fields, "join"))


def changed(rows: Rows, wanted: str) -> Rows:
    """Rows after a button: ``row``, ``group``, ``row.2`` (in the group of that number), ``drop.4`` (that row)."""
    if wanted == "row":
        return rows.with_row()
    if wanted == "group":
        return rows.with_group()
    word, _, number = wanted.partition(".")
    items: list[Item] = []
    for group, item, inside in rows.numbered():
        if word == "row" and str(group) == number and isinstance(item, Group):
            items.append(replace(item, rows=(*item.rows, Row())))
            continue
        kept = tuple(row for n, row in inside if word != "drop" or str(n) != number)
        if isinstance(item, Group):
            items += [replace(item, rows=kept)] if kept else []
        else:
            items += kept
    return replace(rows, items=tuple(items))


def _sent(fields: Mapping[str, Any], number: int) -> Row:
    names = ("subject", "how", "value", "high", "within", "times")
    said = {name: _said(fields, f"{number}.{name}") for name in names}
    return Row(**said, negated=bool(_said(fields, f"{number}.negated")))


def _said(fields: Mapping[str, Any], name: str) -> str:
    return str(fields.get(name, "")).strip()


def _join(fields: Mapping[str, Any], name: str) -> Join:
    return "any" if _said(fields, name) == "any" else "all"


# --- from rows to a condition --------------------------------------------------------------------------------


def condition_said(rows: Rows) -> str:
    """The text of the condition that rows say; empty ones say nothing.

    Raises:
        BadValue: nothing is said, or a row is not filled in; names the row.
        BadCondition: points into the text.
    """
    forms = []
    for place, item, inside in rows.numbered():
        said = [_form(row, n) for n, row in inside if row.subject]
        if not said:
            continue
        if place is None or not isinstance(item, Group):
            forms += said
            continue
        joined: Form = {item.join: said}
        forms.append({"not": joined} if item.negated else joined)
    if not forms:
        raise BadValue("says nothing", key="rows", way_out="choose something in the first row")
    return text_of(condition_of({rows.join: forms}))


def _form(row: Row, number: int) -> Form:
    form = _filled(row, f"{number + 1}")
    return {"not": form} if row.negated else form


def _filled(row: Row, named: str) -> Form:
    match row.kind:
        case "did":
            if row.name not in DEEDS:
                raise BadValue("nothing that anybody does", key=f"row {named}", value=row.name)
            form: Form = {"did": row.name}
            form |= {"what": row.value} if row.value else {}
            form |= {"within": _whole(row.within, named)} if row.within else {}
            return form | ({"at_least": _whole(row.times, named)} if row.times else {})
        case "consented":
            return {"consented": row.value or "marketing", "channel": row.how or "email"}
        case "birthday":
            return {"birthday_within": _whole(row.value or "7", named)}
        case "everybody":
            return {"everybody": row.how != "no"}
        case "condition":
            if not row.value:
                raise BadValue("must be filled in", key=f"row {named}", value="")
            return {"condition": row.value}
    return _compared(row, named)


def _compared(row: Row, named: str) -> Form:
    how = row.how or row.comparisons[0]
    key = "attribute" if row.kind == "attribute" else "fact"
    if key == "fact" and row.name not in FACTS:
        raise BadValue("no such fact", key=f"row {named}", value=row.name)
    form: Form = {key: row.name, "is": how}
    if how in {"known", "unknown", "yes", "no"}:
        return form
    if not row.value:
        raise BadValue("must be filled in", key=f"row {named}", value="", way_out="write a value, or drop the row")
    if how == "one_of":
        return form | {"values": [_value(each, row) for each in _items(row.value)]}
    if how == "between":
        if not row.high:
            raise BadValue("must be filled in", key=f"row {named}", value="", way_out="write the upper bound")
        return form | {"low": _value(row.value, row), "high": _value(row.high, row)}
    value = _value(row.value, row)
    worded = how in {"contains", "starts_with", "ends_with", "like"}
    return form | {"value": str(row.value) if worded and not isinstance(value, str) else value}


def _value(text: str, row: Row) -> Value:
    """A field's value: what stands in quotes is text; a number is one where numbers are compared."""
    quoted = re.fullmatch(r"'((?:[^']|'')*)'", text)
    if quoted:
        return quoted[1].replace("''", "'")
    if row.kind in {"number", "attribute"}:
        plain = unicodedata.normalize("NFKC", text)
        found = _number(plain.replace(",", "") if row.kind == "number" else plain)
        return text if found is None else found
    return text


def _number(text: str) -> int | float | None:
    if not _NUMBER.fullmatch(text):
        return None
    if re.fullmatch(r"[-+]?\d+", text):
        return int(text)
    found = float(text)
    return found if math.isfinite(found) else None


def _items(text: str) -> Iterable[str]:
    for found in _ITEM.finditer(text):
        yield f"'{found[1]}'" if found[1] is not None else found[2].strip()


def _whole(text: str, named: str) -> int:
    plain = unicodedata.normalize("NFKC", text).replace(",", "")
    if not plain.isascii() or not plain.isdigit() or len(plain) > 9:  # noqa: PLR2004 - digits
        raise BadValue("must be a whole number", key=f"row {named}", value=text)
    return int(plain)
