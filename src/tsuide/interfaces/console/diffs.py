"""Two texts line by line: what stands in one only, in the order of both."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

CONTEXT: Final = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a comparison.

    Args:
        mark: ``+`` only in the new text, ``-`` only in the old one, ``~`` another line in its place, `` `` in both,
            ``…`` lines that are left out.
        old, new: number of the line in each; None = it has none.
        was, now: the line in each.
    """

    mark: str
    old: int | None = None
    new: int | None = None
    was: str = ""
    now: str = ""


def compared(one: str, other: str, *, context: int = CONTEXT, beside: bool = False) -> list[Line]:
    r"""The lines that differ, with some around them.

    Args:
        one: the old text.
        other: the new one.
        context: how many equal lines stand around each difference.
        beside: a changed line's both sides in one row (``~``); else the old one above the new one.

    >>> [(line.mark, line.was, line.now) for line in compared("a\nb\n", "a\nc\n")]
    [(' ', 'a', 'a'), ('-', 'b', ''), ('+', '', 'c')]
    """
    was, now = one.splitlines(), other.splitlines()
    if was == now:
        return []
    found: list[Line] = []
    for group in difflib.SequenceMatcher(None, was, now, autojunk=False).get_grouped_opcodes(context):
        if found or group[0][1] > 0:
            found.append(Line("…"))
        for tag, start, end, first, last in group:
            if tag == "equal":
                found += [
                    Line(" ", a + 1, b + 1, was[a], now[b])
                    for a, b in zip(range(start, end), range(first, last), strict=True)
                ]
            else:
                found += _changed(was, now, (start, end), (first, last), beside=beside)
    return found


def _changed(
    was: Sequence[str], now: Sequence[str], old: tuple[int, int], new: tuple[int, int], *, beside: bool
) -> Iterator[Line]:
    both = min(old[1] - old[0], new[1] - new[0]) if beside else 0
    for place in range(both):
        a, b = old[0] + place, new[0] + place
        yield Line("~", a + 1, b + 1, was[a], now[b])
    for a in range(old[0] + both, old[1]):
        yield Line("-", a + 1, None, was[a], "")
    for b in range(new[0] + both, new[1]):
        yield Line("+", None, b + 1, "", now[b])
