"""Frozen records ↔ plain JSON values, from their type hints: compact (defaults are left out) and exact.

Whole numbers, text, yes/no and floats stay as they are (a float's `repr` is exact), moments become ISO 8601,
tuples lists, records objects. `build(type(record), plain(record)) == record` for every record of `offers`.
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal, TypeVar, Union

from tsuide.errors import BadValue

_R = TypeVar("_R")
_Step = Callable[[Any], Any]
_Read = Callable[[Any, str], Any]
_ENCODERS: dict[tuple[type[Any], bool], _Step] = {}  # made once per record type, with moments as text or as they are
_DECODERS: dict[type[Any], _Read] = {}


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
    return typing.cast("_R", _decoder(record_type)(value, where))


def _encoder(record_type: type[Any], *, as_text: bool) -> _Step:
    known = _ENCODERS.get((record_type, as_text))
    if known is None:
        known = _ENCODERS[record_type, as_text] = _make_encoder(record_type, as_text=as_text)
    return known


def _make_encoder(record_type: type[Any], *, as_text: bool) -> _Step:
    """A function written for the record type: one line per field, no loop, since every decision is recorded."""
    hints = typing.get_type_hints(record_type)
    names: dict[str, object] = {}
    lines = ["def encode(record):", "    written = {}"]
    for place, each in enumerate(dataclasses.fields(record_type)):
        step, default = _encode_step(hints[each.name], as_text=as_text), _default_of(each)
        names[f"step{place}"], names[f"default{place}"] = step, default
        told = "value" if step is None else f"value if value is None else step{place}(value)"
        lines.append(f"    value = record.{each.name}")
        if default is not _NEVER:
            lines.append(f"    if value is not default{place} and value != default{place}:")
        lines.append(f"    {'' if default is _NEVER else '    '}written[{each.name!r}] = {told}")
    lines.append("    return written")
    exec("\n".join(lines), names)  # noqa: S102 - made of our own field names only
    return typing.cast("_Step", names["encode"])


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
        step = _encode_step(typing.get_args(hint)[0], as_text=as_text)
        return list if step is None else lambda value: [step(each) for each in value]
    if typing.get_origin(hint) in {dict, Mapping}:
        return dict
    return None


def _decoder(record_type: type[Any]) -> _Read:
    known = _DECODERS.get(record_type)
    if known is None:
        known = _DECODERS[record_type] = _make_decoder(record_type)
    return known


def _make_decoder(record_type: type[Any]) -> _Read:
    hints = typing.get_type_hints(record_type)
    needed = {each.name for each in dataclasses.fields(record_type) if _default_of(each) is _NEVER}

    def decode(value: Any, where: str) -> Any:  # noqa: ANN401 - JSON in, a record out
        if not isinstance(value, Mapping):
            raise BadValue("must be an object", key=where or record_type.__name__, value=value)
        dot = f"{where}." if where else ""
        for key in value:
            if key not in hints:
                raise BadValue("unknown key", key=f"{dot}{key}", way_out=f"one of {', '.join(hints)}")
        for key in needed:
            if key not in value:
                raise BadValue("is missing", key=f"{dot}{key}")
        return record_type(**{key: _value(hints[key], each, f"{dot}{key}") for key, each in value.items()})

    return decode


def _value(hint: Any, value: Any, where: str) -> Any:  # noqa: ANN401, PLR0911 - one branch per kind of value
    if value is None and _optional(hint):
        return None
    inner = _inner(hint)
    origin = typing.get_origin(inner)
    if dataclasses.is_dataclass(inner):
        return _decoder(typing.cast("type[Any]", inner))(value, where)
    if inner is datetime:
        return _moment(value, where)
    if origin is Literal:
        return _choice(typing.get_args(inner), value, where)
    if origin is tuple:
        return _tuple(typing.get_args(inner), value, where)
    if origin in {dict, Mapping}:
        if not isinstance(value, Mapping):
            raise BadValue("must be an object", key=where, value=value)
        return dict(value)
    return _scalar(inner, hint, value, where)


def _tuple(inside: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:  # noqa: ANN401 - JSON
    if not isinstance(value, list | tuple):
        raise BadValue("must be a list", key=where, value=value)
    kinds = [inside[0]] * len(value) if inside[-1] is Ellipsis else list(inside)
    if len(kinds) != len(value):
        raise BadValue(f"must have {len(kinds)} entries", key=where, value=value)
    return tuple(_value(kind, each, f"{where}[{i}]") for i, (kind, each) in enumerate(zip(kinds, value, strict=True)))


def _moment(value: object, where: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadValue("not a moment with its time zone", key=where, value=value, way_out="2026-01-31T09:00:00+00:00")
    return moment


def _choice(choices: tuple[Any, ...], value: object, where: str) -> object:
    if not isinstance(value, str) or value not in choices:
        raise BadValue("not one of the choices", key=where, value=value, way_out=f"one of {', '.join(choices)}")
    return value


def _scalar(inner: Any, hint: Any, value: Any, where: str) -> Any:  # noqa: ANN401 - JSON in, a number or text out
    if inner is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if inner is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if inner in {str, bool} and isinstance(value, inner):
        return value
    raise BadValue(f"must be {getattr(inner, '__name__', hint)}", key=where, value=value)
