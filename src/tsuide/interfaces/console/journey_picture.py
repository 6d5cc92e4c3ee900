"""A journey as a picture: its steps in layers from above, every way between them with how many went it.

Only places are worked out here; the page draws them as SVG. A way over several layers bends around what lies between.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from tsuide.outreach.journeys.journey import END, Ask, Await, Journey, Split, Step

BEGIN: Final = "begin"
WIDTH: Final = 208
HEIGHT: Final = 60
_GAP: Final = 28
_BEND: Final = 46  # room of a way that passes a layer
_BETWEEN: Final = 62  # height between two layers: a count stands there
_EDGE: Final = 14
_SWEEPS: Final = 6
_NEARER: Final = 0.72  # of the way to where it leads a count stands: ways that fork are apart there


@dataclass(frozen=True, slots=True)
class Node:
    """A step, the beginning or the end, by its upper left corner."""

    id: str
    x: float
    y: float
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """A way.

    Args:
        source, target: ids of its nodes.
        said: why one goes it: keys of phrases, or shares and arms as they are written.
        path: for SVG.
        x, y: where its count stands.
    """

    source: str
    target: str
    said: tuple[str, ...]
    path: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything with its place; `width` and `height` of the whole."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    width: float
    height: float


def picture_of(journey: Journey) -> Picture:
    """The places of a journey that can be walked.

    >>> from tsuide.outreach.journeys.reading import read_journey
    >>> drawn = picture_of(read_journey('''
    ... id: x
    ... names: {ja: あ, en: a}
    ... trigger: {order: {}}
    ... steps:
    ...   - {id: rest, wait: {for: 1d}}
    ...   - {id: mail, message: {template: order, purpose: transactional}}
    ... '''))
    >>> [(edge.source, edge.target) for edge in drawn.edges]
    [('begin', 'rest'), ('rest', 'mail'), ('mail', 'end')]
    """
    ways = ways_of(journey)
    layer = _layers(journey, ways)
    rows, chains = _with_bends(ways, layer)
    _untangle(rows, chains)
    place = _placed(rows)
    left = min(x - _wide(each) / 2 for each, (x, _) in place.items())
    right = max(x + _wide(each) / 2 for each, (x, _) in place.items())
    moved = {each: (x - left + _EDGE, y + _EDGE) for each, (x, y) in place.items()}
    steps = {step.id: step for step in journey.steps}
    nodes = tuple(
        Node(each, moved[each][0] - WIDTH / 2, moved[each][1], steps.get(each)) for each in [BEGIN, *steps, END]
        if each in moved
    )  # fmt: skip
    edges = tuple(_edge(source, target, said, chains[source, target], moved) for (source, target), said in ways.items())
    height = max(y for _, y in moved.values()) + HEIGHT + _EDGE
    return Picture(nodes, edges, right - left + 2 * _EDGE, height)


def ways_of(journey: Journey) -> dict[tuple[str, str], tuple[str, ...]]:
    """Every way from step to step with why one goes it; the same two steps stand once."""
    found: dict[tuple[str, str], tuple[str, ...]] = {(BEGIN, journey.steps[0].id): ()}
    for step in journey.steps:
        for target, why in _leads(journey, step):
            before = found.get((step.id, target), ())
            found[step.id, target] = (*before, why) if why else before
    return found


def _leads(journey: Journey, step: Step) -> list[tuple[str, str]]:
    usual = journey.after(step)
    match step:
        case Step(await_=Await() as fork):
            return [(fork.then or usual, "way.happened"), (fork.otherwise or usual, "way.not_happened")]
        case Step(offer=Ask() as fork):
            return [(fork.then or usual, "way.something"), (fork.otherwise or usual, "way.nothing")]
        case Step(split=Split(random=dict() as shares)):
            return [(target, f"{percent}%") for target, percent in shares.items()]
        case Step(split=Split(arms=dict() as arms)):
            return [*((target, arm) for arm, target in arms.items()), (usual, "way.else")]
        case Step(split=Split() as split):
            return [(split.then or usual, "way.in"), (split.otherwise or usual, "way.out")]
    return [(usual, "")]


def _layers(journey: Journey, ways: Mapping[tuple[str, str], object]) -> dict[str, int]:
    """Each node's layer: one below the lowest that leads to it."""
    before: dict[str, list[str]] = {}
    for source, target in ways:
        before.setdefault(target, []).append(source)
    layer: dict[str, int] = {BEGIN: 0}

    def depth(node: str) -> int:
        if node not in layer:
            layer[node] = 1 + max((depth(each) for each in before.get(node, ())), default=0)
        return layer[node]

    for node in (*(step.id for step in journey.steps), END):
        if node in before:
            depth(node)
    return layer


_Row = list[str]


def _with_bends(
    ways: Mapping[tuple[str, str], object], layer: Mapping[str, int]
) -> tuple[list[_Row], dict[tuple[str, str], list[str]]]:
    """Rows of nodes with a bend in every layer that a way passes; and each way's nodes from end to end."""
    rows: list[_Row] = [[] for _ in range(max(layer.values()) + 1)]
    for node, depth in layer.items():
        rows[depth].append(node)
    chains = {}
    for source, target in ways:
        chain = [source]
        for depth in range(layer[source] + 1, layer[target]):
            bend = f"{source}>{target}>{depth}"
            rows[depth].append(bend)
            chain.append(bend)
        chains[source, target] = [*chain, target]
    return rows, chains


def _untangle(rows: list[_Row], chains: Mapping[tuple[str, str], Sequence[str]]) -> None:
    """Order each row by where its neighbours stand, downwards and upwards by turns: fewer ways cross."""
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for chain in chains.values():
        for one, other in pairwise(chain):
            above.setdefault(other, []).append(one)
            below.setdefault(one, []).append(other)
    for sweep in range(_SWEEPS):
        near, order = (above, rows) if sweep % 2 == 0 else (below, rows[::-1])
        for fixed, row in pairwise(order):
            where = {node: place / max(len(fixed) - 1, 1) for place, node in enumerate(fixed)}
            here = {node: place / max(len(row) - 1, 1) for place, node in enumerate(row)}

            def middle(node: str, where: Mapping[str, float] = where, here: Mapping[str, float] = here) -> float:
                known = [where[each] for each in near.get(node, ()) if each in where]  # noqa: B023 - used at once
                return sum(known) / len(known) if known else here[node]

            row.sort(key=middle)


def _placed(rows: Sequence[_Row]) -> dict[str, tuple[float, float]]:
    """Middle of the upper side of each node: every row centred."""
    place = {}
    for depth, row in enumerate(rows):
        whole = sum(_wide(each) for each in row) + _GAP * (len(row) - 1)
        x = -whole / 2
        for each in row:
            place[each] = (x + _wide(each) / 2, float(depth * (HEIGHT + _BETWEEN)))
            x += _wide(each) + _GAP
    return place


def _wide(node: str) -> int:
    return _BEND if ">" in node else WIDTH


def _edge(
    source: str, target: str, said: tuple[str, ...], chain: Sequence[str], place: Mapping[str, tuple[float, float]]
) -> Edge:
    x, y = place[chain[0]]
    parts, at = [f"M{x:.0f} {y + HEIGHT:.0f}"], (x, y + HEIGHT)
    middle: tuple[float, float] | None = None
    for each in chain[1:]:
        x, y = place[each]
        half = (y - at[1]) / 2
        parts.append(f"C{at[0]:.0f} {at[1] + half:.0f} {x:.0f} {y - half:.0f} {x:.0f} {y:.0f}")
        middle = middle or (at[0] + (x - at[0]) * _NEARER, at[1] + (y - at[1]) / 2)
        at = (x, y)
        if ">" in each:
            parts.append(f"L{x:.0f} {y + HEIGHT:.0f}")
            at = (x, y + HEIGHT)
    assert middle is not None  # noqa: S101 - a way has two ends
    return Edge(source, target, said, " ".join(parts), *middle)
