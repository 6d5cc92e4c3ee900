"""A condition as a form shows it: plain JSON, one object per line of the form, and back to the same condition.

===========================================================  ==================================================
{"all": […]}, {"any": […]}, {"not": …}                       lines joined
{"fact": "spent", "is": "more", "value": 50000}              a fact; {"attribute": "prefecture", …} likewise
{"did": "bought", "what": "camera", "within": 90}            what they did; also "at_least"
{"consented": "marketing", "channel": "email"}               a consent that holds
{"birthday_within": 7}                                       a birthday in the coming days
{"everybody": true}                                          everybody, or (false) nobody
{"condition": "spent / order_count > 3000"}                  what no line of the form says, as text
===========================================================  ==================================================

`is` is one of equal, not_equal, less, at_most, more, at_least, between (with low and high), one_of (with values),
contains, starts_with, ends_with, like, unknown, known, yes, no.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from tsuide.errors import BadValue
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
    Plain,
    Term,
    Unknown,
    Value,
    Yes,
    text_of,
)
from tsuide.outreach.segments.reading import DEEPEST, MOST_PARTS, read_condition
from tsuide.outreach.segments.vocabulary import DEEDS, FACTS

Form: TypeAlias = dict[str, Any]
_WORDS: Final[dict[Operator, str]] = {
    "=": "equal", "<>": "not_equal", "<": "less", "<=": "at_most", ">": "more", ">=": "at_least",
}  # fmt: skip
_OPERATORS: Final = {word: operator for operator, word in _WORDS.items()}
_LINES: Final = "all, any, not, fact, attribute, did, consented, birthday_within, everybody, condition"
_IS: Final = (
    *_OPERATORS, "between", "one_of", "contains", "starts_with", "ends_with", "like", "unknown", "known", "yes", "no",
)  # fmt: skip
_SPECIAL: Final = "\\%_"


def form_of(condition: Condition) -> Form:  # noqa: C901, PLR0911, PLR0912 - one arm per kind of part
    """The form of a condition.

    >>> form_of(read_condition("spent > 50000 and prefecture like '東京%'"))["all"][1]
    {'attribute': 'prefecture', 'is': 'starts_with', 'value': '東京'}
    """
    match condition:
        case AllOf(parts):
            return {"all": [form_of(each) for each in parts]}
        case AnyOf(parts):
            return {"any": [form_of(each) for each in parts]}
        case Not(Unknown(term)) if _named(term):
            return {**_names(term), "is": "known"}
        case Not(Yes(name)):
            return {"fact": name, "is": "no"}
        case Not(part):
            return {"not": form_of(part)}
        case Yes(name):
            return {"fact": name, "is": "yes"}
        case Compare(left, operator, Plain(value)) if _named(left):
            return {**_names(left), "is": _WORDS[operator], "value": value}
        case Between(term, low, high) if _named(term):
            return {**_names(term), "is": "between", "low": low, "high": high}
        case Among(term, values) if _named(term):
            return {**_names(term), "is": "one_of", "values": list(values)}
        case Like(term, pattern) if _named(term):
            return {**_names(term), **_like(pattern)}
        case Unknown(term) if _named(term):
            return {**_names(term), "is": "unknown"}
        case Did(deed, what, within, at_least):
            more = {"what": what, "within": within, "at_least": at_least if at_least > 1 else None}
            return {"did": deed, **{name: value for name, value in more.items() if value is not None}}
        case Consented(purpose, channel):
            return {"consented": purpose, "channel": channel}
        case BirthdayWithin(days):
            return {"birthday_within": days}
        case Always(value):
            return {"everybody": value}
        case _:
            return {"condition": text_of(condition)}


def condition_of(form: object) -> Condition:
    """The condition that a form says; its types are checked as if it had been written.

    Raises:
        BadValue: names the place in the form.
        BadCondition: it says what cannot be compared; points into the condition's text.

    >>> text_of(condition_of({"all": [{"fact": "age", "is": "at_least", "value": 20}, {"did": "bought"}]}))
    'age >= 20 and bought()'
    """
    return read_condition(text_of(_read(form, "form", 0)))


def _named(term: Term) -> bool:
    return isinstance(term, (Known, Attribute))


def _names(term: Term) -> Form:
    match term:
        case Known(name):
            return {"fact": name}
        case Attribute(name, _):
            return {"attribute": name}
        case _:
            raise AssertionError(term)


def _like(pattern: str) -> Form:
    """A pattern that only begins or ends openly says so in words."""
    start, end = pattern.startswith("%"), pattern.endswith("%") and not pattern.endswith("\\%")
    inner = pattern[1 if start else 0 : len(pattern) - 1 if end and len(pattern) > 1 else len(pattern)]
    plain = _unescaped(inner)
    word = {(True, True): "contains", (False, True): "starts_with", (True, False): "ends_with"}.get((start, end))
    if plain and word and _pattern(word, plain) == pattern:
        return {"is": word, "value": plain}
    return {"is": "like", "value": pattern}


def _unescaped(text: str) -> str:
    plain, escaped = [], False
    for char in text:
        if char == "\\" and not escaped:
            escaped = True
            continue
        plain.append(char)
        escaped = False
    return "".join(plain)


def _pattern(word: str, text: str) -> str:
    escaped = "".join(f"\\{char}" if char in _SPECIAL else char for char in text)
    return {"contains": f"%{escaped}%", "starts_with": f"{escaped}%", "ends_with": f"%{escaped}"}[word]


def _read(form: object, path: str, depth: int) -> Condition:  # noqa: C901, PLR0911 - one arm per kind of part
    if depth > DEEPEST:
        raise BadValue("too deeply nested", key=path, way_out=f"at most {DEEPEST} within each other")
    if not isinstance(form, Mapping):
        raise BadValue("must be an object", key=path, value=form, way_out=_LINES)
    if "all" in form or "any" in form:
        return _joined(form, path, depth)
    if "not" in form:
        _only(form, path, {"not"})
        return Not(_read(form["not"], f"{path}.not", depth + 1))
    if "fact" in form or "attribute" in form:
        return _fact(form, path)
    if "did" in form:
        return _did(form, path)
    if "consented" in form:
        _only(form, path, {"consented", "channel"})
        return Consented(_text(form, path, "consented"), _text(form, path, "channel"))
    if "birthday_within" in form:
        _only(form, path, {"birthday_within"})
        return BirthdayWithin(_whole(form, path, "birthday_within"))
    if "everybody" in form:
        _only(form, path, {"everybody"})
        if not isinstance(form["everybody"], bool):
            raise BadValue("must be true or false", key=f"{path}.everybody", value=form["everybody"])
        return Always(form["everybody"])
    if "condition" in form:
        _only(form, path, {"condition"})
        return read_condition(_text(form, path, "condition"))
    raise BadValue("says nothing", key=path, value=dict(form), way_out=f"one of {_LINES}")


def _joined(form: Mapping[str, Any], path: str, depth: int) -> Condition:
    word = "all" if "all" in form else "any"
    _only(form, path, {word})
    lines = form[word]
    if not isinstance(lines, Sequence) or isinstance(lines, str) or not 0 < len(lines) <= MOST_PARTS:
        raise BadValue(f"must be a list of 1 … {MOST_PARTS}", key=f"{path}.{word}", value=lines)
    parts = tuple(_read(each, f"{path}.{word}.{place}", depth + 1) for place, each in enumerate(lines))
    if len(parts) == 1:
        return parts[0]
    return AllOf(parts) if word == "all" else AnyOf(parts)


def _fact(form: Mapping[str, Any], path: str) -> Condition:
    key = "fact" if "fact" in form else "attribute"
    name, word = _text(form, path, key), _text(form, path, "is")
    if key == "fact" and name not in FACTS:
        raise BadValue("no such fact", key=f"{path}.fact", value=name, way_out="one of /v1/segments/vocabulary")
    if word not in _IS:
        raise BadValue("not a comparison", key=f"{path}.is", value=word, way_out=", ".join(_IS))
    term: Term = Known(name) if key == "fact" else Attribute(name)
    if word in {"unknown", "known", "yes", "no"}:
        _only(form, path, {key, "is"})
        part: Condition = Unknown(term) if word in {"unknown", "known"} else Yes(name)
        if isinstance(part, Yes) and (key != "fact" or FACTS[name].kind != "yes"):
            raise BadValue("is not yes or no", key=f"{path}.{key}", value=name, way_out="compare it with a value")
        return Not(part) if word in {"known", "no"} else part
    if word == "between":
        _only(form, path, {key, "is", "low", "high"})
        return Between(term, _value(form, path, "low"), _value(form, path, "high"))
    if word == "one_of":
        _only(form, path, {key, "is", "values"})
        values = form.get("values")
        if not isinstance(values, Sequence) or isinstance(values, str) or not values:
            raise BadValue("must be a list of values", key=f"{path}.values", value=values)
        return Among(term, tuple(_checked(each, f"{path}.values.{place}") for place, each in enumerate(values)))
    _only(form, path, {key, "is", "value"})
    value = _value(form, path, "value")
    if word in _OPERATORS:
        return Compare(term, _OPERATORS[word], Plain(value))
    if not isinstance(value, str):
        raise BadValue("must be a text", key=f"{path}.value", value=value)
    return Like(term, value if word == "like" else _pattern(word, value))


def _did(form: Mapping[str, Any], path: str) -> Condition:
    _only(form, path, {"did", "what", "within", "at_least"})
    deed = next((each for each in DEEDS if each == form["did"]), None)
    if deed is None:
        raise BadValue("nothing that anybody does", key=f"{path}.did", value=form["did"], way_out=", ".join(DEEDS))
    what = _text(form, path, "what") if form.get("what") is not None else None
    within = _whole(form, path, "within") if form.get("within") is not None else None
    at_least = _whole(form, path, "at_least") if form.get("at_least") is not None else 1
    return Did(deed, what, within, at_least)


def _only(form: Mapping[str, Any], path: str, keys: set[str]) -> None:
    for key in form:
        if key not in keys:
            raise BadValue("does not belong here", key=f"{path}.{key}", way_out=", ".join(sorted(keys)))


def _text(form: Mapping[str, Any], path: str, key: str) -> str:
    value = form.get(key)
    if not isinstance(value, str) or not value:
        raise BadValue("must be a text", key=f"{path}.{key}", value=value)
    return value


def _whole(form: Mapping[str, Any], path: str, key: str) -> int:
    value = form.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadValue("must be a whole number", key=f"{path}.{key}", value=value)
    return value


def _value(form: Mapping[str, Any], path: str, key: str) -> Value:
    return _checked(form.get(key), f"{path}.{key}")


def _checked(value: object, path: str) -> Value:
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        return value
    raise BadValue("must be a text or a number", key=path, value=value)
