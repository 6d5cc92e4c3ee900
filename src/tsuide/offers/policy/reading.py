"""Strict reading of YAML with the line of every value, so that an error can point at it.

No aliases, no tags, no key twice, nothing unknown: what a person wrote and nobody reads would be a rule that
they believe in.
"""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NoReturn

import yaml

from tsuide.errors import BadPolicy
from tsuide.kit.money import RATE_UNIT

LONGEST_TEXT: Final = 200_000
DEEPEST: Final = 50
"""Lists and mappings within each other; a person's file has five."""
_HALF: Final = re.compile(r"[\ud800-\udfff]")
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # fifty times as fast, the same marks


@dataclass(frozen=True, slots=True)
class Place:
    """One value in the file: what stands there, and where.

    Args:
        path: dotted keys from the top, for messages.
    """

    node: yaml.Node
    path: str

    @property
    def line(self) -> int:
        """Line of the file, from 1."""
        return int(self.node.start_mark.line) + 1

    @property
    def raw(self) -> str:
        """What stands there, as text; "" for lists and mappings."""
        return str(self.node.value) if isinstance(self.node, yaml.ScalarNode) else ""

    def refuse(self, what: str, way_out: str | None = None) -> NoReturn:
        """Raise BadPolicy at this place."""
        raise BadPolicy(what, key=self.path, value=self.raw or None, way_out=way_out, line=self.line)

    def mapping(self, allowed: Iterable[str] | None = None) -> dict[str, "Place"]:
        """Key → place; `allowed` None takes any key."""
        if not isinstance(self.node, yaml.MappingNode):
            self.refuse("must be keys with values")
        known = None if allowed is None else list(allowed)
        found: dict[str, Place] = {}
        for key_node, value_node in self.node.value:
            key = str(key_node.value)
            place = Place(value_node, f"{self.path}.{key}" if self.path else key)
            if known is not None and key not in known:
                Place(key_node, place.path).refuse("unknown key", nearest(key, known))
            if key in found:
                Place(key_node, place.path).refuse("stands twice")
            found[key] = place
        return found

    def items(self) -> list["Place"]:
        """The places of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.refuse("must be a list")
        return [Place(each, f"{self.path}[{i}]") for i, each in enumerate(self.node.value)]

    def text(self) -> str:
        """Text that is not empty."""
        if not self.raw.strip():
            self.refuse("must be text")
        return self.raw.strip()

    def whole(self, low: int, high: int) -> int:
        """A whole number in low … high."""
        if not re.fullmatch(r"[+-]?\d{1,15}", self.raw.replace("_", "")):
            self.refuse("must be a whole number")
        return self._within(int(self.raw.replace("_", "")), low, high)

    def share(self, low: int, high: int) -> int:
        """``12%``, ``12.5 %`` or ``0.125`` in basis points."""
        match = re.fullmatch(r"([+-]?\d{1,6}(?:\.\d{1,4})?)\s*(%?)", self.raw)
        if match is None:
            self.refuse("must be a share such as 12.5% or 0.125")
        whole, _, part = match[1].partition(".")
        value = int(whole + part.ljust(4, "0"))  # ten-thousandths
        if match[2]:
            if value % 100:
                self.refuse("finer than a hundredth of a percent")
            value //= 100
        if whole.startswith("-") and value > 0:
            value = -value
        return self._within(value, low, high, unit=RATE_UNIT)

    def yes(self) -> bool:
        """Yes or no."""
        if self.raw.lower() in {"yes", "true", "on"}:
            return True
        if self.raw.lower() in {"no", "false", "off"}:
            return False
        return self.refuse("must be yes or no")

    def minute(self) -> int:
        """``21:30`` as minutes after midnight."""
        match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", self.raw)
        if match is None:
            self.refuse("must be a time of day such as 21:30", 'in quotes: "21:30"')
        return int(match[1]) * 60 + int(match[2])

    def moment(self) -> datetime:
        """A moment with its time zone."""
        try:
            moment = datetime.fromisoformat(self.raw)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            self.refuse("must be a moment with its time zone", "2026-12-31T23:59:59+09:00")
        return moment.astimezone(UTC)

    def choice(self, options: Sequence[str]) -> int:
        """The place of the value among `options`."""
        if self.raw not in options:
            self.refuse("not one of the choices", nearest(self.raw, options))
        return list(options).index(self.raw)

    def bits(self, options: Sequence[str]) -> int:
        """A list of options, or ``all``, as bits."""
        if self.raw == "all":
            return (1 << len(options)) - 1
        return sum({1 << each.choice(options) for each in self.items()})

    def _within(self, value: int, low: int, high: int, unit: int = 1) -> int:
        if not low <= value <= high:
            shown = (f"{low}", f"{high}") if unit == 1 else (f"{low / unit:g}", f"{high / unit:g}")
            self.refuse(f"must be {shown[0]} … {shown[1]}")
        return value


def nearest(word: str, known: Sequence[str]) -> str:
    """What was probably meant, and what there is.

    >>> nearest("in_stok", ["in_stock", "budget"])
    'did you mean in_stock? Known: in_stock, budget'
    """
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    meant = f"did you mean {close[0]}? " if close else ""
    return f"{meant}Known: {', '.join(known)}"


def _look_through(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent):
            raise BadPolicy("aliases are not read", line=line)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:  # before anything walks down there
            raise BadPolicy("lists and keys stand too deep within each other", line=line, way_out=f"at most {DEEPEST}")


def read(text: str) -> Place:
    """The top of a YAML text.

    Raises:
        BadPolicy: too long, with half a character, not YAML, empty, or with aliases.
    """
    if len(text) > LONGEST_TEXT:
        raise BadPolicy("too long", key="characters", value=len(text), way_out=f"at most {LONGEST_TEXT}")
    if (broken := _HALF.search(text)) is not None:
        raise BadPolicy("half a character (a lone surrogate)", line=text.count("\n", 0, broken.start()) + 1)
    try:
        _look_through(text)
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else None
        raise BadPolicy(f"not YAML: {exc.problem}", line=line) from exc
    except (yaml.YAMLError, RecursionError) as exc:
        raise BadPolicy("not YAML", value=str(exc)[:100], key="text") from exc
    if node is None:
        raise BadPolicy("is empty", line=1, way_out="start from a ready-made policy: tsuide policy show standard")
    return Place(node, "")
