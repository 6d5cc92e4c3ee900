"""What goes with what, as a picture: products as points, pairs as lines, near what they belong to.

The layout is that of Fruchterman and Reingold (1991) from a fixed beginning: the same pairs give the same picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tsuide.app.opportunities import Opportunity
from tsuide.kit.arrays import Float64

_ROUNDS: Final = 90
WIDTH: Final = 1000
HEIGHT: Final = 760
_MARGIN: Final = 60
_EDGE: Final = 20
_NAME: Final = (150.0, 21.0)  # how wide and high the name of a point is


@dataclass(frozen=True, slots=True)
class Point:
    """One product: where it stands, and in how many of the lines."""

    product_id: str
    x: float
    y: float
    lines: int


@dataclass(frozen=True, slots=True)
class Line:
    """One pair, from the first product to what goes with it; `weight` 0 … 1 by how far it is beyond chance."""

    pair: Opportunity
    start: tuple[float, float]
    end: tuple[float, float]
    weight: float
    both_ways: bool


def laid_out(pairs: Sequence[Opportunity]) -> tuple[list[Point], list[Line]]:
    """Points and lines within WIDTH × HEIGHT; of a pair that stands both ways one line.

    >>> points, lines = laid_out([Opportunity("pairs", "cam", ("card",), lift=4.0)])
    >>> [each.product_id for each in points], lines[0].both_ways
    (['cam', 'card'], False)
    """
    ends = [(each.product_id, each.others[0]) for each in pairs]
    names = sorted({name for pair in ends for name in pair})
    if not names:
        return [], []
    at = {name: place for place, name in enumerate(names)}
    links = np.array([(at[one], at[other]) for one, other in ends], np.int64)
    where = _spread(len(names), links)
    known = set(ends)
    strength = np.log1p(np.array([max(each.lift or 1.0, 1.0) for each in pairs]))
    weights = strength / strength.max()
    degree = np.bincount(links.ravel(), minlength=len(names))
    points = [Point(name, *_rounded(where[place]), int(degree[place])) for name, place in at.items()]
    lines = [
        Line(pair, _rounded(where[a]), _rounded(where[b]), float(weight), (names[b], names[a]) in known)
        for pair, (a, b), weight in zip(pairs, links.tolist(), weights, strict=True)
        if not ((names[b], names[a]) in known and names[b] < names[a])
    ]
    return points, lines


def _rounded(where: Float64) -> tuple[float, float]:
    return round(float(where[0]), 1), round(float(where[1]), 1)


def _spread(n: int, links: np.ndarray) -> Float64:
    """Places of the points, (n, 2), stretched over the whole picture."""
    turn = np.arange(n) * 2.399963229728653  # the golden angle: no two begin on one line
    where = np.stack([np.cos(turn), np.sin(turn)], axis=1) * np.sqrt(np.arange(1, n + 1) / n)[:, None]
    ideal = 1.0 / np.sqrt(n)
    for step in range(_ROUNDS):
        apart = where[:, None] - where[None]
        far = np.maximum(np.sqrt((apart**2).sum(axis=2)), 1e-3)
        force = (apart * (ideal**2 / far**2)[:, :, None]).sum(axis=1)
        along = where[links[:, 0]] - where[links[:, 1]]
        pull = along * (np.sqrt((along**2).sum(axis=1)) / ideal)[:, None]
        np.add.at(force, links[:, 0], -pull)
        np.add.at(force, links[:, 1], pull)
        force -= where * 0.6  # what hangs on nothing does not fly away
        length = np.maximum(np.sqrt((force**2).sum(axis=1)), 1e-9)
        heat = 0.12 * (1 - step / _ROUNDS)
        where = where + force / length[:, None] * np.minimum(length, heat)[:, None]
    low, high = where.min(axis=0), where.max(axis=0)
    room = np.array([WIDTH - 2 * _MARGIN, HEIGHT - 2 * _MARGIN])
    return _read_apart((where - low) / np.maximum(high - low, 1e-9) * room + _MARGIN)


def _read_apart(where: Float64) -> Float64:
    """The points moved up and down a little, until the names beside them can be read."""
    for _ in range(_ROUNDS):
        apart = where[:, None] - where[None]
        near = (np.abs(apart[:, :, 0]) < _NAME[0]) & (np.abs(apart[:, :, 1]) < _NAME[1])
        np.fill_diagonal(near, val=False)
        if not near.any():
            break
        way = np.sign(apart[:, :, 1]) + (apart[:, :, 1] == 0) * np.sign(np.subtract.outer(*[np.arange(len(where))] * 2))
        push = (way * near * (_NAME[1] - np.abs(apart[:, :, 1]))).sum(axis=1) * 0.3
        where[:, 1] = np.clip(where[:, 1] + np.clip(push, -12, 12), _EDGE, HEIGHT - _EDGE)
    return where
