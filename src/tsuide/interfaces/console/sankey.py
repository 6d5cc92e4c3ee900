"""Flows between three columns of steps, laid out for an SVG: pure geometry, in the units of its view box."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

WIDTH: Final = 960
_BAR: Final = 12
_GAP: Final = 16
_TALL: Final = 380  # of the tallest column's bars together
_TOP: Final = 30
_SIDES: Final = (190, 470, 770)  # where the bars of each column stand


@dataclass(frozen=True, slots=True)
class Flow:
    """So many went from a step of one column to a step of the next.

    Args:
        column: of the step they come from: 0 or 1.
        step, next: from where to where.
        count: how many.
        title: what is said of it.
    """

    column: int
    step: str
    next: str
    count: int
    title: str


def drawn(
    flows: Sequence[Flow], named: Callable[[str], str], stars: Mapping[tuple[str, str], Mapping[str, Any]]
) -> dict[str, Any]:
    """Bars, bands and stars with their places.

    Args:
        flows: at least one.
        named: step → its name.
        stars: (step, next) of the second column → what is marked there; of the same step twice: at its bar.

    >>> found = drawn([Flow(0, "a", "b", 10, "t"), Flow(1, "b", "c", 5, "u")], str.upper, {})
    >>> [(bar["name"], bar["height"]) for bar in found["bars"]]
    [('A', 380.0), ('B', 380.0), ('C', 190.0)]
    """
    sums: list[dict[str, list[int]]] = [{}, {}, {}]  # column → step → [in, out]
    for each in flows:
        sums[each.column].setdefault(each.step, [0, 0])[1] += each.count
        sums[each.column + 1].setdefault(each.next, [0, 0])[0] += each.count
    sizes = [{step: max(both) for step, both in column.items()} for column in sums]
    scale = _TALL / max(sum(column.values()) for column in sizes if column)
    bars: dict[tuple[int, str], dict[str, Any]] = {}
    for n, column in enumerate(sizes):
        y = float(_TOP)
        for step in sorted(column, key=lambda step: (step == "stopped", -column[step], step)):
            height = round(max(column[step] * scale, 2), 1)
            bars[n, step] = {"name": named(step), "x": _SIDES[n], "y": round(y, 1), "height": height, "column": n,
                             "middle": round(y + height / 2, 1), "stopped": step == "stopped"}  # fmt: skip
            y += height + _GAP
    used: dict[tuple[int, str, str], float] = {}
    bands, marks = [], []
    order = sorted(flows, key=lambda each: (bars[each.column, each.step]["y"], bars[each.column + 1, each.next]["y"]))
    for each in order:
        thick = max(each.count * scale, 1.0)
        start, end = bars[each.column, each.step], bars[each.column + 1, each.next]
        y0 = start["y"] + used.get((each.column, each.step, "out"), 0.0) + thick / 2
        y1 = end["y"] + used.get((each.column + 1, each.next, "in"), 0.0) + thick / 2
        used[each.column, each.step, "out"] = used.get((each.column, each.step, "out"), 0.0) + thick
        used[each.column + 1, each.next, "in"] = used.get((each.column + 1, each.next, "in"), 0.0) + thick
        x0, x1 = start["x"] + _BAR, end["x"]
        half = (x0 + x1) / 2
        path = f"M{x0} {y0:.1f}C{half:g} {y0:.1f} {half:g} {y1:.1f} {x1} {y1:.1f}"
        bands.append({"path": path, "thick": round(thick, 1), "title": each.title, "stopped": each.next == "stopped"})
        star = stars.get((each.step, each.next)) if each.column == 1 else None
        if star is not None:
            marks.append({"x": round(half, 1), "y": round((y0 + y1) / 2, 1), **star})
    for (step, onward), star in stars.items():
        if step == onward and (1, step) in bars:
            bar = bars[1, step]
            marks.append({"x": bar["x"] + _BAR / 2, "y": bar["middle"], **star})
    height = max(bar["y"] + bar["height"] for bar in bars.values()) + 20
    return {"width": WIDTH, "height": round(height), "bar": _BAR, "bars": list(bars.values()), "bands": bands,
            "marks": marks, "sides": _SIDES}  # fmt: skip
