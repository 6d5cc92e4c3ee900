"""What products were sold for, and since when: the history on which an honest crossed-out price rests."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tsuide.facts.schema import MOMENT, TEXT, WHOLE, Schema


@dataclass(frozen=True, slots=True)
class PricePoint:
    """From `at` on, until the product's next point, this was its price.

    Args:
        price: of one unit as the shop showed it, minor units; None = not on sale from then on.
        source: where it is known from: catalogue, promotion, import …
    """

    product_id: str
    at: datetime
    price: int | None
    currency: str
    source: str = "catalogue"


PRICES: Final[Schema] = {
    "product_id": TEXT,
    "at": MOMENT,
    "price": WHOLE,
    "currency": TEXT,
    "source": TEXT,
}
