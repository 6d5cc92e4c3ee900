"""What customers did before they bought: they look at things of one kind, put some in the cart, leave some."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import numpy as np

from tsuide.app.named_shop.assortment import Assortment, Item
from tsuide.app.named_shop.purchases import Order

_BESIDE: Final = 1.6  # others of the same kind looked at before one is bought, on average
_LEAVES: Final = 0.35  # visits without a purchase, per order
_WANDERS: Final = 0.3  # chance that the next thing looked at is an accessory of this one
_ADDS: Final = 0.25
_SEARCHES: Final = 0.2


class Visit(NamedTuple):
    """One row of the events table; `who` is a place in the list of people."""

    id: str
    event: str
    timestamp: datetime
    who: int
    known: bool
    session: str
    product: str | None
    quantity: int | None
    query: str | None


class Visits:
    """Draws visits around orders."""

    def __init__(self, shop: Assortment, draw: np.random.Generator) -> None:
        self.draw = draw
        self.alike: dict[str, list[Item]] = {}
        self.first: dict[str, Item] = {}
        for item in shop.items:
            self.alike.setdefault(item.need, []).append(item)
            self.first.setdefault(item.base, item)

    def around(self, orders: Sequence[Order]) -> Iterator[Visit]:
        """Visits that led to the orders, and some that led nowhere."""
        for order in orders:
            main = order.lines[0].item
            if main.refill and self.draw.random() < 0.6:  # noqa: PLR2004 - who refills often goes straight to the cart
                continue
            yield from self._visit(order, main, f"{order.id}v", order.at - timedelta(minutes=30), bought=True)
            if self.draw.random() < _LEAVES:
                back = float(self.draw.uniform(1, 20))
                yield from self._visit(order, main, f"{order.id}w", order.at - timedelta(days=back), bought=False)

    def _visit(self, order: Order, main: Item, session: str, begun: datetime, *, bought: bool) -> Iterator[Visit]:
        seen = self._path(main)
        known, moment, number = order.customer is not None, begun, 0

        def row(event: str, product: str | None = None, quantity: int | None = None, query: str | None = None) -> Visit:
            nonlocal moment, number
            moment, number = moment + timedelta(seconds=int(self.draw.integers(15, 150))), number + 1
            return Visit(f"{session}{number}", event, moment, order.who, known, session, product, quantity, query)

        if self.draw.random() < _SEARCHES:
            yield row("search", query=main.category.path_ja[1])
        for item in seen:
            yield row("view", item.id)
        if bought:
            for line in order.lines:
                yield row("add", line.item.id, line.quantity)
            yield row("checkout")
        elif self.draw.random() < _ADDS:
            yield row("add", main.id, main.each)

    def _path(self, main: Item) -> list[Item]:
        """Others of its need, itself, perhaps an accessory."""
        shelf = self.alike[main.need]
        count = min(int(self.draw.poisson(_BESIDE)), len(shelf))
        places = self.draw.permutation(len(shelf))[:count]
        path = [*(shelf[place] for place in places if shelf[place].id != main.id), main]
        if main.then and self.draw.random() < _WANDERS:
            path.append(self.first[main.then[int(self.draw.integers(0, len(main.then)))].partner])
        return path
