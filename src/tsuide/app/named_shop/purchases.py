"""Eighteen months of orders, drawn from what the catalogue plants.

A need begins (in season more often, in a sale more often, rather the cheaper by those who save); what belongs to it
is taken along or fetched later; what is used up is bought again until the customer stops; the better model is bought
a year later. What one customer wants within a few days becomes one order.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from tsuide.app.named_shop.assortment import Assortment, Item, Then
from tsuide.app.named_shop.people import People

DAYS: Final = 548
_NEEDS: Final = 6.0  # that begin in all the time, per customer
_TOGETHER: Final = 4  # days within which wants become one order
_UPGRADES: Final = 0.10
_MOST_ORDERS: Final = 60
_SECOND_HAND: Final = 0.35  # how much of `then` holds for what was itself taken along
_AGAIN: Final = 0.3  # how much of it holds when something is bought again
_RETURNS: Final = 0.02
_GIFTS: Final = 0.03
_NOBODY: Final = 0.08  # of orders are guests'
_LIFT: Final = 2.2  # a need begins so much more often while its category is on sale
SALES: Final = (  # category, day from the end on which it began, length, percent off
    ("mirrorless", 420, 14, 8), ("coffee", 330, 10, 15), ("furniture", 200, 14, 10), ("lotion", 150, 10, 12),
    ("phone", 260, 14, 6), ("wine", 90, 10, 15), ("coffee", 60, 10, 15),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bought:
    """One line: `paid` is what all units cost after `discount`, yen."""

    item: Item
    quantity: int
    discount: int
    paid: int
    returned: int
    gift: bool


@dataclass(frozen=True, slots=True)
class Order:
    """One order; `customer` is a place in the list of people, None for a guest."""

    id: str
    at: datetime
    customer: int | None
    who: int
    lines: tuple[Bought, ...]


@dataclass(slots=True)
class _Life:
    """What one customer wants, day by day, while it is drawn."""

    wants: list[tuple[float, int, str]] = field(default_factory=list)
    owned: set[str] = field(default_factory=set)
    awaited: set[str] = field(default_factory=set)
    count: int = 0

    def want(self, day: float, base: str) -> None:
        if day < DAYS and base not in self.awaited:
            self.count += 1
            self.awaited.add(base)
            heapq.heappush(self.wants, (day, self.count, base))


class Drawing:
    """Draws the orders of every customer.

    Args:
        shop: what there is.
        people: who buys.
        now: the end of the time.
        draw: a generator; the same state gives the same orders.
    """

    def __init__(self, shop: Assortment, people: People, now: datetime, draw: np.random.Generator) -> None:
        self.people, self.draw = people, draw
        self.start = (now - timedelta(days=DAYS)).replace(minute=0, second=0, microsecond=0)
        self.families: dict[str, list[Item]] = {}
        for item in shop.items:
            self.families.setdefault(item.base, []).append(item)
        self.shop = shop
        self.bases = [family[0] for family in self.families.values()]
        self.weight = np.array([sum(each.weight for each in family) for family in self.families.values()])
        self.begins = np.array([each.category.begins for each in self.bases], float) * self.weight
        self.departments = [each.key for each in shop.departments]
        self.department = np.array([self.departments.index(each.category.department) for each in self.bases])
        prices = np.array([each.price for each in self.bases], float)
        shelf = np.array([self._shelf_price(each) for each in self.bases])
        self.dearness = prices / shelf - 1.0
        totals = np.zeros(len(self.departments))
        np.add.at(totals, self.department, self.begins)
        self.begins = self.begins / totals[self.department]
        self.peaks = np.array([each.peak for each in shop.departments])

    def _shelf_price(self, item: Item) -> float:
        on_it = [each.price for each in self.bases if each.category.key == item.category.key]
        return max(float(np.mean(on_it)), 1.0)

    def orders(self) -> Iterator[Order]:
        """Every order, customer by customer."""
        for who in range(len(self.people.thrift)):
            life = _Life()
            for _ in range(int(self.draw.poisson(_NEEDS))):
                self._begin(life, who)
            yield from self._lived(life, who)

    def _begin(self, life: _Life, who: int) -> None:
        """One need that nothing before explains."""
        day = float(self.draw.uniform(0, DAYS))
        month = (self.start + timedelta(days=day)).month
        season = np.where(self.peaks == 0, 1.0, 1.0 + 0.8 * np.cos(2 * np.pi * (month - self.peaks) / 12))
        pull = self.begins * (self.people.leaning[who] * season)[self.department]
        pull = pull * np.exp(-self.people.thrift[who] * self.dearness)
        for category, end, length, _ in SALES:
            if DAYS - end <= day < DAYS - end + length:
                pull = pull * np.array([_LIFT if each.category.key == category else 1.0 for each in self.bases])
        life.want(day, self.bases[int(self.draw.choice(len(pull), p=pull / pull.sum()))].base)

    def _lived(self, life: _Life, who: int) -> Iterator[Order]:
        orders = 0
        while life.wants and orders < _MOST_ORDERS:
            day = life.wants[0][0]
            basket: dict[str, int] = {}
            while life.wants and life.wants[0][0] < day + _TOGETHER:
                base = heapq.heappop(life.wants)[2]
                life.awaited.discard(base)
                self._take(life, day, base, basket, _AGAIN if base in life.owned else 1.0)
            if basket:
                orders += 1
                yield self._order(who, orders, day, basket)

    def _take(self, life: _Life, day: float, base: str, basket: dict[str, int], share: float) -> None:
        """Put a product in the basket, and what it brings along now or later."""
        item = self.families[base][0]
        if base in basket or (item.durable and base in life.owned):
            return
        basket[base] = item.each
        life.owned.add(base)
        for then in item.then:
            self._follow(life, day, then, basket, share)
        if item.refill and self.draw.random() * 100 < item.keeps:
            life.want(day + item.refill * float(self.draw.lognormal(0.0, 0.16)), base)
        if item.durable and item.better and self.draw.random() < _UPGRADES:
            life.want(day + float(self.draw.uniform(240, 420)), item.better)

    def _follow(self, life: _Life, day: float, then: Then, basket: dict[str, int], share: float) -> None:
        chance = self.draw.random() * 100
        if chance < then.same * share:
            self._take(life, day, then.partner, basket, share * _SECOND_HAND)
        elif chance < (then.same + then.later) * share:
            life.want(day + 1 + float(self.draw.gamma(3.0, then.days / 3.0)), then.partner)

    def _order(self, who: int, number: int, day: float, basket: dict[str, int]) -> Order:
        at = self.start + timedelta(days=int(day), hours=int(self.draw.normal(15, 4)) % 24, minutes=int(day * 997) % 60)
        guest = self.draw.random() < _NOBODY
        lines = tuple(self._line(base, quantity, day) for base, quantity in basket.items())
        return Order(f"N{who + 1:04d}-{number:02d}", at, None if guest else who, who, lines)

    def _line(self, base: str, quantity: int, day: float) -> Bought:
        item = self._variant(self.families[base])
        off = _off(item, day)
        discount = item.price * quantity * off // 100
        returned = int(self.draw.random() < _RETURNS and item.kind == "physical")
        return Bought(
            item, quantity, discount, item.price * quantity - discount, returned, bool(self.draw.random() < _GIFTS)
        )

    def _variant(self, family: Sequence[Item]) -> Item:
        return family[int(len(family) * self.draw.random() ** 1.4)]  # the first colour is the most liked


def _off(item: Item, day: float) -> int:
    """Percent off on a day."""
    for category, end, length, percent in SALES:
        if item.category.key == category and DAYS - end <= day < DAYS - end + length:
            return percent
    return 0
