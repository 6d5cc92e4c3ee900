"""Make frozen records quickly.

A frozen dataclass sets each of its fields through `object.__setattr__`, because its own refuses: that takes four
times as long as plain assignment, and a decision makes some thirty records of two hundred fields. Here the fields of
an unfrozen twin of the same layout are assigned, and the twin becomes the record before anybody has seen it.
"""

from dataclasses import MISSING, Field, fields
from typing import Any, Final, TypeVar, cast

_T = TypeVar("_T")
_ABSENT: Final = object()


def maker(record: type[_T]) -> type[_T]:
    """A function with the arguments of `record`, a frozen slotted dataclass without `__post_init__`, that makes one.

    Typed as the class itself, so that arguments are checked; it is not the class, and only to be called.

    Raises:
        TypeError: not such a class.

    >>> from dataclasses import dataclass, field
    >>> @dataclass(frozen=True, slots=True)
    ... class Line:
    ...     name: str
    ...     marks: dict = field(default_factory=dict)
    ...     quantity: int = 1
    >>> make = maker(Line)
    >>> make("tea"), make("tea", quantity=2) == Line("tea", {}, 2), type(make("tea")) is Line
    (Line(name='tea', marks={}, quantity=1), True, True)
    >>> make("tea").quantity = 3
    Traceback (most recent call last):
    dataclasses.FrozenInstanceError: cannot assign to field 'quantity'
    """
    every = fields(cast("Any", record))
    names = tuple(each.name for each in every)
    plain = getattr(record, "__slots__", None) == names and record.__bases__ == (object,)
    if not plain or hasattr(record, "__post_init__") or not all(each.init for each in every):
        raise TypeError(f"{record.__name__} is no frozen slotted dataclass of fields alone")
    known: dict[str, Any] = {"_twin": type(record.__name__, (), {"__slots__": names}), "_record": record}
    known["_absent"] = _ABSENT
    lines = [f"def make({', '.join(_argument(each, known) for each in every)}):", "    _made = _twin()"]
    for each in every:
        fresh = each.default_factory is not MISSING
        value = f"_new_{each.name}() if {each.name} is _absent else {each.name}" if fresh else each.name
        lines.append(f"    _made.{each.name} = {value}")
    lines += ["    _made.__class__ = _record", "    return _made"]
    exec("\n".join(lines), known)  # noqa: S102 - of names of fields alone, as dataclasses itself does
    return cast("type[_T]", known["make"])


def _argument(each: Field[Any], known: dict[str, Any]) -> str:
    if each.default is not MISSING:
        known[f"_default_{each.name}"] = each.default
        return f"{each.name}=_default_{each.name}"
    if each.default_factory is not MISSING:
        known[f"_new_{each.name}"] = each.default_factory
        return f"{each.name}=_absent"
    return each.name
