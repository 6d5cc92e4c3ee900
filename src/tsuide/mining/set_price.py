"""The set price: the deepest discount on a bundle that still raises the margin of those who buy its main item."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tsuide.errors import BadValue
from tsuide.kit.money import RATE_UNIT

_STEP: Final = 100  # basis points between two points of the curve
_DEEPEST: Final = 5_000  # half price: beyond it a set is a clearance


@dataclass(frozen=True, slots=True)
class SetPrice:
    """A price for a bundle, with the curve that it was read from.

    Args:
        full: sum of the members' prices, minor units.
        price: what the set should cost, minor units.
        discount: basis points off the full price.
        gain: expected margin per buyer of the main item, over selling without the set, at `price`; minor units.
        best_discount: where that gain is largest, basis points.
        curve: (discount in basis points, gain in minor units) from 0 to the deepest looked at.
    """

    full: int
    price: int
    discount: int
    gain: float
    best_discount: int
    curve: tuple[tuple[int, float], ...]


def set_price(
    prices: Sequence[int],
    margins: Sequence[int],
    attach: Sequence[float],
    joint: float,
    *,
    response: float = 5.0,
    floor: int = 500,
    step: int = 1,
) -> SetPrice | None:
    """The deepest discount that still raises expected margin.

    Per buyer of the main item (the first member): without the set they buy member i with probability attach[i], and
    all members with probability joint. With the set at discount d they take it with probability
    q(d) = min(1, joint · (1 + response · d)); everyone else buys as before. The margin of the set is the sum of the
    margins less d times the full price (the discount is taken off the margin in full, tax included: on the safe side).

    `response` is an assumption until an experiment has measured it: 5 means that 10 % off makes half as many more
    buyers take all members. The attach rates come from orders.

    Args:
        prices: of each member, main first; minor units, > 0.
        margins: of each member, ex tax; minor units.
        attach: probability of each other member given the main item, (members − 1,), 0 … 1.
        joint: probability of all members given the main item, 0 … min(attach).
        response: relative rise of the joint rate per unit of discount, ≥ 0.
        floor: least margin of the set over its price, basis points.
        step: the price is rounded up to a multiple of this, minor units (100 yen, 50 cents).

    Returns:
        None where no discount raises the margin: then the set is shown at its full price, or not at all.

    Raises:
        BadValue: lengths that do not fit, or a value out of range; named.

    >>> offer = set_price([10_000, 5_000], [3_000, 3_000], [0.1], 0.1, response=20.0)
    >>> offer.full, offer.price, offer.discount, offer.best_discount
    (15000, 12900, 1400, 700)
    """
    _check(prices, margins, attach, joint, response, step)
    full = sum(prices)
    curve = tuple((d, _gain(d, full, margins, attach, joint, response)) for d in range(0, _DEEPEST + 1, _STEP))
    raising = [
        (d, price, gain)
        for d, _ in curve[1:]
        if (price := _rounded(full, d, step)) < full
        and (gain := _gain((full - price) * RATE_UNIT / full, full, margins, attach, joint, response)) > 0
        and (sum(margins) - (full - price)) * RATE_UNIT >= floor * price
    ]
    if not raising:
        return None
    discount, price, gain = raising[-1]
    best = max(raising, key=lambda point: (point[2], -point[0]))[0]
    return SetPrice(full, price, discount, gain, best, curve)


def margin_curve(
    prices: Sequence[int],
    margins: Sequence[int],
    attach: Sequence[float],
    joint: float,
    *,
    response: float = 5.0,
    deepest: int = _DEEPEST,
) -> tuple[tuple[int, int, float, float], ...]:
    """What every discount would do, from none to the deepest: arguments as `set_price`.

    Returns:
        (discount in basis points, price, gain per buyer of the main item, margin of the set over its price).

    Raises:
        BadValue: as `set_price`.

    >>> margin_curve([10_000, 5_000], [3_000, 3_000], [0.1], 0.1, response=20.0, deepest=1_000)[10]
    (1000, 13500, 150.0, 0.3333333333333333)
    """
    _check(prices, margins, attach, joint, response, 1)
    full, whole = sum(prices), sum(margins)
    found = []
    for discount in range(0, deepest + 1, _STEP):
        price = _rounded(full, discount, 1)
        gain = _gain(discount, full, margins, attach, joint, response)
        found.append((discount, price, round(gain, 6), (whole - (full - price)) / price if price else 0.0))
    return tuple(found)


def _rounded(full: int, discount: int, step: int) -> int:
    exact = full * (RATE_UNIT - discount)
    return -(-exact // (RATE_UNIT * step)) * step


def _gain(
    discount: float, full: int, margins: Sequence[int], attach: Sequence[float], joint: float, response: float
) -> float:
    """Expected margin per buyer of the main item with the set, less that without it; minor units."""
    off = discount / RATE_UNIT
    taken = min(1.0, joint * (1.0 + response * off))
    whole = float(sum(margins))
    usual = margins[0] + sum(rate * margin for rate, margin in zip(attach, margins[1:], strict=True))
    others = (usual - joint * whole) / (1.0 - joint) if joint < 1.0 else 0.0
    return taken * (whole - off * full) + (1.0 - taken) * others - usual


def _check(
    prices: Sequence[int],
    margins: Sequence[int],
    attach: Sequence[float],
    joint: float,
    response: float,
    step: int,
) -> None:
    if len(prices) < 2 or len(margins) != len(prices) or len(attach) != len(prices) - 1:  # noqa: PLR2004 - a set has two members
        lengths = (len(prices), len(margins), len(attach))
        raise BadValue(
            "a set has two members or more, with one margin each", key="prices, margins, attach", value=lengths
        )
    if min(prices) <= 0:
        raise BadValue("must be positive", key="prices", value=list(prices))
    if not all(0 <= rate <= 1 for rate in attach) or not 0 <= joint <= min(attach):
        raise BadValue(
            "rates lie in 0 … 1, joint at most the least attach", key="attach, joint", value=(*attach, joint)
        )
    if response < 0 or step < 1:
        raise BadValue("response ≥ 0 and step ≥ 1", key="response, step", value=(response, step))
