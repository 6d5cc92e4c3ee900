"""Honest prices: when a crossed-out price may be shown, and how much may come free with a purchase.

Japan: 景品表示法 5 二 with 「不当な価格表示についての景品表示法上の考え方」第4の2(1)ア, and 景品表示法 4 with
「一般消費者に対する景品類の提供に関する事項の制限」. Pure functions on integers: minor units and microseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final, Literal, TypeAlias

from tsuide.facts.pricing import PricePoint
from tsuide.kit.clock import MICROS_PER_DAY, to_micros

WINDOW: Final = 56 * MICROS_PER_DAY  # 8 weeks before the sale began
LEAST_SOLD: Final = 14 * MICROS_PER_DAY  # in all, at that price
LAST_SOLD: Final = 14 * MICROS_PER_DAY  # before the sale began
LONGEST_SALE: Final = WINDOW  # ours: after 8 weeks of sale no price before it is recent any more

SMALL_PURCHASE: Final = 1_000  # yen
SMALL_PREMIUM: Final = 200  # yen

Honesty: TypeAlias = Literal[
    "honest", "no_history", "not_a_sale", "too_short", "not_most", "too_long_ago", "sale_too_long"
]


@dataclass(frozen=True, slots=True)
class Stretch:
    """One price from `start` until before `end`, microseconds; a time off sale is no stretch."""

    start: int
    end: int
    price: int


def stretches(history: Sequence[PricePoint], now: datetime) -> list[Stretch]:
    """The history of one product as stretches in order, neighbours of one price joined; nothing after `now`.

    >>> from datetime import UTC
    >>> at = lambda day: datetime(2026, 1, day, tzinfo=UTC)
    >>> points = [PricePoint("p", at(1), 100, "JPY"), PricePoint("p", at(5), 80, "JPY")]
    >>> [(each.price, (each.end - each.start) // MICROS_PER_DAY) for each in stretches(points, at(7))]
    [(100, 4), (80, 2)]
    """
    end = to_micros(now)
    points = [(to_micros(point.at), point.price) for point in history if to_micros(point.at) < end]
    points.sort(key=lambda point: point[0])  # of two at one moment the one given last holds
    found: list[Stretch] = []
    for (start, price), (until, _) in pairwise([*points, (end, None)]):
        if price is None or start == until:
            continue
        if found and found[-1].end == start and found[-1].price == price:
            found[-1] = Stretch(found[-1].start, until, price)
        else:
            found.append(Stretch(start, until, price))
    return found


def judge_reference(history: Sequence[PricePoint], reference: int, price: int, now: datetime) -> Honesty:
    """Whether `reference` may stand crossed out beside `price`.

    It must have been the price for more than half of the time on sale in the 8 weeks before this sale began (or
    since the product came out), for two weeks in all, and until less than two weeks before the sale began. The
    sale is the newest time without a break in which the product cost less than the reference.

    Args:
        history: points of one product in any order.
        reference: the earlier price, minor units.
        price: what is asked now.
        now: the moment of showing both, UTC.
    """
    if price >= reference:
        return "not_a_sale"
    known, end = stretches(history, now), to_micros(now)
    start = _sale_start(known, reference, end)
    before = [each for each in known if each.end <= start]
    at_it = [each for each in before if each.price == reference]
    if not at_it:
        return "no_history"
    if end - start > LONGEST_SALE:
        return "sale_too_long"
    on_sale, sold = (_within(part, start - WINDOW) for part in (before, at_it))
    if start - at_it[-1].end >= LAST_SOLD:
        return "too_long_ago"
    if 2 * sold <= on_sale:
        return "not_most"
    return "honest" if sold >= LEAST_SOLD else "too_short"


def _sale_start(known: Sequence[Stretch], reference: int, end: int) -> int:
    """When the newest unbroken run of prices below the reference began; `end` where it begins only now."""
    start = end
    for each in reversed(known):
        if each.price >= reference or each.end != start:
            break
        start = each.start
    return start


def _within(part: Sequence[Stretch], since: int) -> int:
    return sum(max(each.end - max(each.start, since), 0) for each in part)


def honest_reference(history: Sequence[PricePoint], price: int, now: datetime) -> int | None:
    """The highest earlier price that may honestly stand crossed out beside `price`; None = none may."""
    earlier = {each.price for each in stretches(history, now) if each.price > price}
    good = [each for each in earlier if judge_reference(history, each, price, now) == "honest"]
    return max(good, default=None)


def premium_limit(purchase: int) -> int:
    """The most that may come free with a purchase, to every buyer (総付景品), yen: 200, from 1,000 yen on 20 %.

    >>> premium_limit(999), premium_limit(1000), premium_limit(4999)
    (200, 200, 999)
    """
    return SMALL_PREMIUM if purchase < SMALL_PURCHASE else purchase // 5


def premium_allowed(purchase: int, premium: int, currency: str) -> bool:
    """Whether a premium of this value may come with the purchase; other currencies have other laws.

    >>> premium_allowed(1_000, 201, "JPY"), premium_allowed(1_000, 201, "USD")
    (False, True)
    """
    return currency != "JPY" or premium <= premium_limit(purchase)
