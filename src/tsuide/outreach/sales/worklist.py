"""Whom to call first: past results × room to grow, after the Japanese LWP analysis.

**List**: every account stands in it, none left out. **What**: how the account reacts to what reaches it. **Pace**: how
often anything does. Then each account stands in one of four quadrants by past results (実績) and room to grow
(拡大余地): A high and high, B little bought and much room, C much bought and little room, D neither.

Pure: arrays in, an order out. What an account's room is, `mining.whitespace` estimates.
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

import numpy as np

from tsuide.errors import BadArray, BadValue
from tsuide.kit.arrays import Bool, Float64, Int64, frozen

Quadrant: TypeAlias = Literal["A", "B", "C", "D"]
QUADRANTS: Final[tuple[Quadrant, ...]] = get_args(Quadrant)
_SHARES: Final = ("results", "room", "what")
_FEW_TOUCHES: Final = 4.0  # touch points that the usual share of reactions is worth


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where on an account counts as high.

    Args:
        results: share of the accounts that stands below the line of high results, 0 … 1.
        room: the same of room to grow.
        results_amount: the line itself, minor units in the period of the data; goes before `results`.
        room_amount: the same of room.
        what: share of touch points that the account reacts to.
        pace: touch points a month.
        quadrants_first: list A before B before C before D, instead of what is worth most first.

    Raises:
        BadValue: a share outside 0 … 1, or something negative.
    """

    results: float = 0.5
    room: float = 0.5
    results_amount: int | None = None
    room_amount: int | None = None
    what: float = 0.3
    pace: float = 0.5
    quadrants_first: bool = False

    def __post_init__(self) -> None:
        for name in _SHARES:
            share = getattr(self, name)
            if not 0 <= share <= 1:
                raise BadValue("must be a share, 0 … 1", key=name, value=share)
        for name in ("results_amount", "room_amount", "pace"):
            amount = getattr(self, name)
            if amount is not None and not amount >= 0:
                raise BadValue("must not be negative", key=name, value=amount)


@dataclass(frozen=True, slots=True)
class Weights:
    """How much more likely a call succeeds with an account that stands above all others.

    As they stand, room alone orders the list: on simulated teams no weight improved it beyond chance in the months that
    followed. Results, What and Pace tell the quadrant and the reasons.

    Args:
        results: in past results.
        what: in its share of reactions.
        pace: in the frequency of touch points.
    """

    results: float = 0.0
    what: float = 0.0
    pace: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Accounts:
    """Some accounts whose amounts are in one currency; every array (accounts,).

    Args:
        results: what was bought in the period, minor units, int64; < 0 where more came back than was bought.
        room: expected room to grow in a period, minor units, float64.
        reach: half the 95 % interval of `room`, float64.
        touches: touch points in the months looked at, int64: orders, visits, calls, mails …
        reactions: those of them that the account itself answered or began, int64.
        months: how many months were looked at.
        taken: by what factor what was learned from reps' answers changes the chance, float64; None = by none.

    Raises:
        BadArray: lengths differ, or a number is not finite.
    """

    results: Int64
    room: Float64
    reach: Float64
    touches: Int64
    reactions: Int64
    months: float = 12.0
    taken: Float64 | None = None

    def __post_init__(self) -> None:
        for name in ("room", "reach", "touches", "reactions", "taken"):
            array = getattr(self, name)
            if array is None:
                continue
            if array.shape != self.results.shape:
                raise BadArray("must have one number for each account", key=name, value=array.shape)
            if not np.isfinite(array).all():
                raise BadArray("must be finite", key=name, value="nan or infinite")


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Where each account stands; every array but `order` in the accounts' own order.

    Args:
        order: accounts, the first to call first, int64 (accounts,).
        priority: room × chance, float64.
        quadrant: 0 = A … 3 = D, int64.
        what: share of touch points with a reaction, shrunk to everybody's, float64.
        what_high, pace_high: bool.
        pace: touch points a month, float64.
        results_line, room_line: from where on an account counted as high, minor units.
    """

    order: Int64
    priority: Float64
    quadrant: Int64
    what: Float64
    what_high: Bool
    pace: Float64
    pace_high: Bool
    results_line: int
    room_line: int


_USUAL: Final = Thresholds()
_CHOSEN: Final = Weights()


def rank(accounts: Accounts, thresholds: Thresholds = _USUAL, weights: Weights = _CHOSEN) -> Ranking:
    """Place and order accounts; ties keep their order.

    Args:
        accounts: of one currency.
        thresholds: what counts as high.
        weights: of past results beside room.

    >>> four = Accounts(results=np.array([900, 0, 800, 10]), room=np.array([500.0, 400, 0, 10]), reach=np.zeros(4),
    ...                 touches=np.array([12, 0, 6, 1]), reactions=np.array([9, 0, 3, 0]))
    >>> ranking = rank(four)
    >>> [QUADRANTS[place] for place in ranking.quadrant], ranking.order.tolist()
    (['A', 'B', 'C', 'D'], [0, 1, 3, 2])
    >>> ranking.pace.tolist(), ranking.pace_high.tolist()
    ([1.0, 0.0, 0.5, 0.08333333333333333], [True, False, True, False])
    """
    results_line = _line(accounts.results.astype(np.float64), thresholds.results, thresholds.results_amount)
    room_line = _line(accounts.room, thresholds.room, thresholds.room_amount)
    rich, roomy = accounts.results >= max(results_line, 1), accounts.room >= max(room_line, 1)
    quadrant = np.where(roomy, np.where(rich, 0, 1), np.where(rich, 2, 3))
    what, pace = reaction_share(accounts), accounts.touches / accounts.months
    chance = (
        (1 + weights.results * standing(accounts.results.astype(np.float64)))
        * (1 + weights.what * standing(what))
        * (1 + weights.pace * standing(pace))
    )
    priority = accounts.room * chance * (1.0 if accounts.taken is None else accounts.taken)
    keys = (-priority, quadrant) if thresholds.quadrants_first else (-priority,)
    return Ranking(
        order=frozen(np.lexsort(keys).astype(np.int64)),
        priority=frozen(priority),
        quadrant=frozen(quadrant.astype(np.int64)),
        what=frozen(what),
        what_high=frozen((what >= thresholds.what) & (accounts.reactions > 0)),
        pace=frozen(pace),
        pace_high=frozen(pace >= thresholds.pace),
        results_line=results_line,
        room_line=room_line,
    )


def _line(amounts: Float64, share: float, given: int | None) -> int:
    """The amount from which on an account is high: as given, else where `share` of all stand below."""
    if given is not None:
        return given
    return int(np.ceil(np.quantile(amounts, share))) if len(amounts) else 0


def reaction_share(accounts: Accounts) -> Float64:
    """Share of touch points with a reaction, shrunk to that of all by the weight of four touch points; (accounts,)."""
    usual = accounts.reactions.sum() / max(int(accounts.touches.sum()), 1)
    return np.asarray((accounts.reactions + _FEW_TOUCHES * usual) / (accounts.touches + _FEW_TOUCHES))


def standing(values: Float64) -> Float64:
    """Share of the others that stand below each, equals counted half; 0 … 1, (values,).

    >>> standing(np.array([5.0, 1.0, 5.0])).tolist()
    [0.75, 0.0, 0.75]
    """
    if len(values) < 2:  # noqa: PLR2004 - nobody to compare with
        return np.zeros(len(values))
    ordered = np.sort(values)
    below = np.searchsorted(ordered, values, side="left")
    upto = np.searchsorted(ordered, values, side="right")
    return np.asarray((below + (upto - below - 1) / 2) / (len(values) - 1))
