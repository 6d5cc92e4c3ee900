"""What comes in while the shop runs: one message as it was sent, and what it says as facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from tsuide.facts.behaviour import Event
from tsuide.facts.catalogue import Product
from tsuide.facts.consent import Consent
from tsuide.facts.customers import Customer
from tsuide.facts.orders import Order
from tsuide.facts.reviews import Review
from tsuide.kit.money import minor_digits

Source: TypeAlias = Literal["segment", "ga4", "shopify", "woocommerce"]


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """What a message does not say of itself.

    Args:
        currency: ISO 4217, where a message names none.
        zone: IANA time zone of times without an offset.
        tax_included: whether the shop's prices contain the tax, where a message does not say.
        tax_rate: basis points, of products that come without one.
        trusted: whether the sender is a server of the shop; a browser may not grant marketing consent.

    Raises:
        BadValue: not a currency.
    """

    currency: str = "JPY"
    zone: str = "Asia/Tokyo"
    tax_included: bool = True
    tax_rate: int = 1_000
    trusted: bool = False

    def __post_init__(self) -> None:
        minor_digits(self.currency)


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that another system told us, before anybody has read it.

    Args:
        id: unique; the same id is the same message, however often it is sent.
        topic: what kind of thing the sender calls it: ``track``, ``orders/create`` …
        at: when it happened, clocks corrected; UTC.
        received_at: when it came; UTC.
        content: the JSON object that says it.
        customer_id, anonymous_id: whom it is about, where it says so: erasing finds it by these.
        thing: what it describes in the sender's own numbers (``order:820982911``); of two messages about one thing the
            later one holds.
        trusted: whether a server of the shop sent it.
        text: `content` as JSON, where it has been written already.
    """

    id: str
    source: Source
    topic: str
    at: datetime
    received_at: datetime
    content: Mapping[str, Any]
    customer_id: str | None = None
    anonymous_id: str | None = None
    thing: str | None = None
    trusted: bool = False
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A part of a request that is no message: its place from 0, and why."""

    place: int
    reason: str


@dataclass(frozen=True, slots=True)
class Same:
    """A visitor turned out to be a customer (or one id another)."""

    anonymous_id: str
    customer_id: str


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of one of our own offers: its id, and shown or clicked."""

    offer_id: str
    outcome: Literal["shown", "clicked"]


@dataclass(frozen=True, slots=True)
class Returned:
    """Units that came back, by product; an empty mapping = everything."""

    order_id: str
    units: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """What a message says, as facts; all of it empty for a message that is only kept.

    Args:
        customers: only what the message says of them: fields that it leaves out are None and change nothing.
        cancelled: orders, by id.
        returned: units of earlier orders.
        gone: products that are no longer sold, by id.
        erase: customers who must be forgotten.
        forget: things of which no message may be kept any longer.
        disclose: customers who ask what is kept about them.
        forget_everyone: the shop has left the platform: nobody's data may stay.
    """

    events: tuple[Event, ...] = ()
    customers: tuple[Customer, ...] = ()
    consents: tuple[Consent, ...] = ()
    orders: tuple[Order, ...] = ()
    cancelled: tuple[str, ...] = ()
    returned: tuple[Returned, ...] = ()
    products: tuple[Product, ...] = ()
    gone: tuple[str, ...] = ()
    reviews: tuple[Review, ...] = ()
    same: tuple[Same, ...] = ()
    reported: tuple[Reported, ...] = ()
    erase: tuple[str, ...] = ()
    forget: tuple[str, ...] = ()
    disclose: tuple[str, ...] = ()
    forget_everyone: bool = False

    @property
    def only_behaviour(self) -> bool:
        """Whether it changes nothing but the list of events: then nothing has to be read before it is written.

        >>> Said().only_behaviour, Said(gone=("p1",)).only_behaviour
        (True, False)
        """
        return not (
            self.customers or self.consents or self.orders or self.cancelled or self.returned or self.products
            or self.gone or self.reviews or self.same or self.reported or self.erase or self.forget or self.disclose
            or self.forget_everyone
        )  # fmt: skip


LONGEST_ID: Final = 200
"""Characters of an id; longer ones are no ids."""
OFFER: Final = "dec_"
"""Ids of our own offers begin so: with their decision's."""
