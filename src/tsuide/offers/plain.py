"""Frozen records ↔ plain JSON values, from their type hints: compact (defaults are left out) and exact.

Whole numbers, text, yes/no and floats stay as they are (a float's `repr` is exact), moments become ISO 8601,
tuples lists, records objects. `build(type(record), plain(record)) == record` for every record of `offers`.
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import repeat
from typing import Any, Literal, TypeVar, Union

from tsuide.errors import BadValue

_R = TypeVar("_R")
_Step = Callable[[Any], Any]
_ENCODERS: dict[tuple[type[Any], bool], _Step] = {}  # made once per record type, with moments as text or as they are
_WRITERS: dict[Any, _Step] = {}
_READERS: dict[type[Any], _Step] = {}


def plain(record: Any) -> dict[str, Any]:  # noqa: ANN401 - any dataclass
    """The record as a JSON object.

    >>> from tsuide.offers.request import CartLine
    >>> plain(CartLine("p1", 2))
    {'product_id': 'p1', 'quantity': 2}
    """
    return typing.cast("dict[str, Any]", _encoder(type(record), as_text=True)(record))


def with_moments(record: Any) -> dict[str, Any]:  # noqa: ANN401 - any dataclass
    """As `plain`, moments left as they are: for an encoder that writes ISO 8601 itself, and faster."""
    return typing.cast("dict[str, Any]", _encoder(type(record), as_text=False)(record))


def write_lists_of(record_type: type[Any], writer: _Step) -> None:
    """Let `with_moments` write every list of such records so; to be told before the first record is written.

    Args:
        record_type: of the entries.
        writer: from the list to what orjson writes exactly as it would have written the plain entries.
    """
    _WRITERS[record_type] = writer


def build(record_type: type[_R], value: object, where: str = "") -> _R:
    """The record that `value` describes.

    Raises:
        BadValue: an unknown key, a missing one, or a value of another type; names the key by its path.

    >>> from tsuide.offers.request import CartLine
    >>> build(CartLine, {"product_id": "p1"})
    CartLine(product_id='p1', quantity=1, unit_price=None)
    >>> build(CartLine, {"product": "p1"})
    Traceback (most recent call last):
    tsuide.errors.BadValue: unknown key: product. Way out: one of product_id, quantity, unit_price
    """
    try:
        return typing.cast("_R", _reader(record_type)(value))
    except _Unfit as unfit:
        key = unfit.where(where) or record_type.__name__
        raise BadValue(str(unfit), key=key, value=unfit.value, way_out=unfit.way_out) from None


def _encoder(record_type: type[Any], *, as_text: bool) -> _Step:
    known = _ENCODERS.get((record_type, as_text))
    if known is None:
        known = _ENCODERS[record_type, as_text] = _make_encoder(record_type, as_text=as_text)
    return known


def _make_encoder(record_type: type[Any], *, as_text: bool) -> _Step:
    """A function written for the record type: one line per field, no loop, since every decision is recorded."""
    names: dict[str, object] = {}
    lines = ["def encode(record):", *_encoding(record_type, names, as_text=as_text), "    return written"]
    exec("\n".join(lines), names)  # noqa: S102 - made of our own field names only
    return typing.cast("_Step", names["encode"])


def _make_list_encoder(record_type: type[Any], *, as_text: bool) -> _Step:
    """As `_make_encoder`, for many records: a customer's purchases are dozens, and each call costs."""
    names: dict[str, object] = {}
    inside = [f"    {line}" for line in _encoding(record_type, names, as_text=as_text)]
    lines = ["def encode_all(records):", "    made = []", "    for record in records:", *inside]
    lines += ["        made.append(written)", "    return made"]
    exec("\n".join(lines), names)  # noqa: S102 - as above
    return typing.cast("_Step", names["encode_all"])


def _encoding(record_type: type[Any], names: dict[str, object], *, as_text: bool) -> list[str]:
    """The lines that make `written` of `record`; `names` takes what they refer to."""
    hints = typing.get_type_hints(record_type)
    always: list[str] = []
    lines: list[str] = []
    for place, each in enumerate(dataclasses.fields(record_type)):
        step, default = _encode_step(hints[each.name], as_text=as_text), _default_of(each)
        names[f"step{place}"], names[f"default{place}"] = step, default
        if default is _NEVER and not lines:  # those without a default come first
            told = f"record.{each.name}"
            if step is not None:
                told = f"None if record.{each.name} is None else step{place}(record.{each.name})"
            always.append(f"{each.name!r}: {told}")
            continue
        told = "value" if step is None else f"value if value is None else step{place}(value)"
        lines.append(f"    value = record.{each.name}")
        if default is not _NEVER:
            lines.append(f"    if value is not default{place} and value != default{place}:")
        lines.append(f"    {'' if default is _NEVER else '    '}written[{each.name!r}] = {told}")
    return [f"    written = {{{', '.join(always)}}}", *lines]


def _default_of(each: "dataclasses.Field[Any]") -> object:
    if each.default is not dataclasses.MISSING:
        return each.default
    if each.default_factory is not dataclasses.MISSING:
        return each.default_factory()
    return _NEVER


class _Never:
    """Equal to nothing: the default of what has none."""

    def __eq__(self, other: object) -> bool:
        return False

    def __hash__(self) -> int:
        return 0


_NEVER = _Never()


def _inner(hint: Any) -> Any:  # noqa: ANN401 - a type hint
    if typing.get_origin(hint) in {Union, types.UnionType}:
        return next(each for each in typing.get_args(hint) if each is not type(None))
    return hint


def _optional(hint: Any) -> bool:  # noqa: ANN401 - a type hint
    return typing.get_origin(hint) in {Union, types.UnionType} and type(None) in typing.get_args(hint)


def _encode_step(hint: Any, *, as_text: bool) -> _Step | None:  # noqa: ANN401 - a type hint
    hint = _inner(hint)
    if hint is datetime:
        return datetime.isoformat if as_text else None
    if dataclasses.is_dataclass(hint):
        return _encoder(typing.cast("type[Any]", hint), as_text=as_text)
    if typing.get_origin(hint) is tuple:
        inside = typing.get_args(hint)[0]
        if dataclasses.is_dataclass(inside):
            own = None if as_text else _WRITERS.get(inside)
            return own or _make_list_encoder(typing.cast("type[Any]", inside), as_text=as_text)
        step = _encode_step(inside, as_text=as_text)
        return list if step is None else lambda value: [step(each) for each in value]
    if typing.get_origin(hint) in {dict, Mapping}:
        return dict
    return None


class _Unfit(Exception):
    """A value that does not fit its type; on its way out it learns where it stands, innermost first."""

    def __init__(self, what: str, value: object = None, way_out: str | None = None) -> None:
        super().__init__(what)
        self.value = value
        self.way_out = way_out
        self.path: list[str | int] = []

    def at(self, part: str | int) -> "_Unfit":
        """The same, a step further out."""
        self.path.append(part)
        return self

    def where(self, root: str) -> str:
        """The path below `root`: ``a.b[2].c``."""
        for part in reversed(self.path):
            root += f"[{part}]" if isinstance(part, int) else f".{part}" if root else part
        return root


def _reader(record_type: type[Any]) -> _Step:
    known = _READERS.get(record_type)
    if known is None:
        known = _READERS[record_type] = _make_reader(record_type)
    return known


def _make_reader(record_type: type[Any]) -> _Step:
    """One step per field, made once; where a value stands is looked for only when it does not fit."""
    hints = typing.get_type_hints(record_type)
    needed = [each.name for each in dataclasses.fields(record_type) if _default_of(each) is _NEVER]
    always = frozenset(needed)
    steps: dict[Any, _Step] = {}

    def read(value: Any) -> Any:  # noqa: ANN401 - JSON in, a record out
        if not isinstance(value, Mapping):
            raise _Unfit("must be an object", value)
        if len(steps) < len(hints):  # not before: a record type may hold itself
            steps.update({name: _read_step(hint) for name, hint in hints.items()})
        keys = value.keys()
        if not keys <= steps.keys():
            unknown = next(key for key in keys if key not in steps)
            raise _Unfit("unknown key", way_out=f"one of {', '.join(hints)}").at(str(unknown))
        if not always <= keys:
            raise _Unfit("is missing").at(next(key for key in needed if key not in keys))
        made: dict[str, Any] = {}
        name = ""
        try:
            for name, each in value.items():
                made[name] = steps[name](each)
        except _Unfit as unfit:
            unfit.at(name)
            raise
        return record_type(**made)

    return read


def _read_step(hint: Any) -> _Step:  # noqa: ANN401 - a type hint
    step = _read_inner(_inner(hint))
    if not _optional(hint):
        return step
    return lambda value: None if value is None else step(value)


def _read_inner(inner: Any) -> _Step:  # noqa: ANN401, PLR0911 - a type hint, one branch per kind
    if dataclasses.is_dataclass(inner):
        return _reader(typing.cast("type[Any]", inner))
    if inner is datetime:
        return _moment
    inside, origin = typing.get_args(inner), typing.get_origin(inner)
    if origin is Literal:
        return _choice_step(inside)
    if origin is tuple:
        if inside[-1] is Ellipsis:
            return _tuple_step(repeat(_read_step(inside[0])))
        return _tuple_step([_read_step(each) for each in inside], len(inside))
    if origin in {dict, Mapping}:
        return _mapping
    return _number if inner is float else _scalar_step(inner)


def _tuple_step(steps: Iterable[_Step], length: int | None = None) -> _Step:
    """Entries read by one step each; `length`: so many."""

    def read(value: Any) -> Any:  # noqa: ANN401 - JSON
        if not isinstance(value, list | tuple):
            raise _Unfit("must be a list", value)
        if length is not None and len(value) != length:
            raise _Unfit(f"must have {length} entries", value)
        made: list[Any] = []
        try:
            for step, each in zip(steps, value, strict=False):
                made.append(step(each))
        except _Unfit as unfit:
            unfit.at(len(made))
            raise
        return tuple(made)

    return read


def _choice_step(choices: tuple[Any, ...]) -> _Step:
    known = frozenset(choices)

    def read(value: Any) -> Any:  # noqa: ANN401 - JSON
        if not isinstance(value, str) or value not in known:
            raise _Unfit("not one of the choices", value, f"one of {', '.join(choices)}")
        return value

    return read


def _scalar_step(kind: Any) -> _Step:  # noqa: ANN401 - a type
    scalar = kind in {str, int, bool}

    def read(value: Any) -> Any:  # noqa: ANN401 - JSON
        if type(value) is kind or (scalar and isinstance(value, kind) and not isinstance(value, bool)):
            return value
        raise _Unfit(f"must be {getattr(kind, '__name__', kind)}", value)

    return read


def _number(value: Any) -> float:  # noqa: ANN401 - JSON
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise _Unfit("must be float", value)


def _mapping(value: Any) -> dict[Any, Any]:  # noqa: ANN401 - JSON
    if not isinstance(value, Mapping):
        raise _Unfit("must be an object", value)
    return dict(value)


def _moment(value: Any) -> datetime:  # noqa: ANN401 - JSON
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _Unfit("not a moment with its time zone", value, "2026-01-31T09:00:00+00:00")
    return moment
