"""Orders and their lines."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

from tsuide.facts.schema import MOMENT, TEXT, WHOLE, YES, Schema

OrderStatus: TypeAlias = Literal["placed", "cancelled"]
LineRole: TypeAlias = Literal["main", "attached"]
ORDER_STATUSES: Final[tuple[str, ...]] = get_args(OrderStatus)
LINE_ROLES: Final[tuple[str, ...]] = get_args(LineRole)


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One product in one order.

    Args:
        line: place in the order, from 1; (order, line) is the line's identity.
        quantity: units bought, > 0; what came back stands in `returned`.
        unit_price: list price of one unit, minor units.
        discount: taken off the line in all, minor units, ≥ 0.
        amount: what was paid for the line, minor units: exact where unit_price is rounded.
        cost: of one unit, ex tax, minor units; None where it is not known.
        role: main, or attached to a main line by an offer.
        gift: bought for someone else: creates no ownership and no refill.
        offer_id: the offer that it came from; such a line needs an acceptance.
        returned: units that came back, 0 … quantity.
    """

    order_id: str
    line: int
    product_id: str
    quantity: int
    unit_price: int
    amount: int
    discount: int = 0
    cost: int | None = None
    role: LineRole = "main"
    gift: bool = False
    offer_id: str | None = None
    returned: int = 0


ORDER_LINES: Final[Schema] = {
    "order_id": TEXT,
    "line": WHOLE,
    "product_id": TEXT,
    "quantity": WHOLE,
    "unit_price": WHOLE,
    "discount": WHOLE,
    "amount": WHOLE,
    "cost": WHOLE,
    "role": TEXT,
    "gift": YES,
    "offer_id": TEXT,
    "returned": WHOLE,
}


@dataclass(frozen=True, slots=True)
class Order:
    """One purchase.

    Args:
        customer_id: None for a guest.
        origin: who made it: ``import``, ``shopify``, ``tsuide`` …; only ``tsuide`` needs acceptances.
    """

    id: str
    placed_at: datetime
    currency: str
    customer_id: str | None = None
    status: OrderStatus = "placed"
    channel: str | None = None
    origin: str = "import"
    lines: tuple[OrderLine, ...] = ()


ORDERS: Final[Schema] = {
    "id": TEXT,
    "customer_id": TEXT,
    "placed_at": MOMENT,
    "currency": TEXT,
    "status": TEXT,
    "channel": TEXT,
    "origin": TEXT,
}
