"""What visitors did: views, searches, carts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

from tsuide.facts.schema import MOMENT, TEXT, WHOLE, Schema

EventKind: TypeAlias = Literal[
    "view",
    "list_view",
    "search",
    "click",
    "add",
    "remove",
    "cart",
    "checkout",
    "wishlist",
    "unwishlist",
    "share",
    "coupon",
    "page",
    "delivered",
    "registered",  # for a webinar or course, a product of kind content
    "attended",
]
EVENT_KINDS: Final[tuple[str, ...]] = get_args(EventKind)
JOINED: Final[tuple[EventKind, ...]] = ("registered", "attended")
"""Those by which somebody comes to a webinar or course: they never lapse."""


@dataclass(frozen=True, slots=True)
class Event:
    """One act of one visitor.

    Args:
        id: the sender's message id: the same id is the same event.
        customer_id: None while the visitor is anonymous; then `anonymous_id` names them.
        quantity: units added or removed.
        query: what was searched for.
        properties: the rest, as strings.
    """

    id: str
    kind: EventKind
    at: datetime
    customer_id: str | None = None
    anonymous_id: str | None = None
    session_id: str | None = None
    product_id: str | None = None
    cart_id: str | None = None
    quantity: int | None = None
    query: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)


EVENTS: Final[Schema] = {
    "id": TEXT,
    "kind": TEXT,
    "at": MOMENT,
    "customer_id": TEXT,
    "anonymous_id": TEXT,
    "session_id": TEXT,
    "product_id": TEXT,
    "cart_id": TEXT,
    "quantity": WHOLE,
    "query": TEXT,
    "properties": TEXT,  # a JSON object of strings
}
