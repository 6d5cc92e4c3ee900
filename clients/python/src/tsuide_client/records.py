"""What comes back, typed. Members that a newer server adds are ignored here and stand in `raw`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

Placement: TypeAlias = Literal[
    "home", "category", "search", "product", "cart", "checkout", "confirmation",
    "account", "app", "email", "line", "rep", "till", "agent",
]  # fmt: skip
Kind: TypeAlias = Literal[
    "cross_sell", "up_sell", "down_sell", "alternative", "bundle", "filler", "replenish", "content"
]
Outcome: TypeAlias = Literal["shown", "clicked", "accepted", "declined", "later", "purchased", "returned"]
NoReason: TypeAlias = Literal["have_it", "too_dear", "not_now", "not_for_me"]
Json: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a code for machines and a sentence for people."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Product:
    """What a page needs to show a product; prices are integers in the currency's minor unit."""

    id: str
    title: str
    currency: str
    price: int | None = None
    price_text: str | None = None
    category: tuple[str, ...] = ()
    image: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One product within an offer.

    Args:
        role: offered, anchor (main product of a set), required (ask, never preselect), or free.
    """

    product_id: str
    title: str
    quantity: int
    price: int | None
    price_text: str | None
    role: str


@dataclass(frozen=True, slots=True)
class Offer:
    """One proposal.

    Args:
        decision: that it belongs to; what became of it is told with it.
        price: of everything offered, after discount.
        list_price: what may honestly stand crossed out beside it.
        difference: price minus that of the product it stands above or below.
        replaces: the product in whose place it is taken: take that out of the cart.
        raw: as it came.
    """

    id: str
    decision: str
    kind: Kind
    product: Product
    items: tuple[Item, ...]
    reasons: tuple[Reason, ...]
    slot: str = ""
    place: int = 0
    anchor_id: str | None = None
    replaces: str | None = None
    price: int | None = None
    price_text: str | None = None
    list_price: int | None = None
    list_price_text: str | None = None
    difference: int | None = None
    difference_text: str | None = None
    promotion_id: str | None = None
    act: str = "offer"
    pitch: str | None = None
    expires_at: datetime | None = None
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class SiteMessage:
    """A message that a journey left for this visit: shown before all offers, and told that it was.

    Args:
        decision: of its offers; None = it has none.
    """

    id: str
    title: str
    text: str
    decision: str | None
    offers: tuple[Offer, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """The offers of one decision; none is an answer too.

    Args:
        decision: its id; "" where the server could not be asked.
        arm: treated, or holdout: nothing is shown, so that the effect can be measured.
        message: what a journey left for this visit; only with a customer token, or a key that may name customers.
        trouble: why there is no answer, for a silent client; None = there is one.
    """

    decision: str = ""
    placement: str = ""
    arm: str = "treated"
    offers: tuple[Offer, ...] = ()
    question: Reason | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    message: SiteMessage | None = None
    trouble: Exception | None = None

    def slot(self, name: str) -> tuple[Offer, ...]:
        """The offers of one place of the page, where several were asked for at once."""
        return tuple(each for each in self.offers if each.slot == name)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was recorded; the same again changes nothing.

    Args:
        recorded: how many were new.
        already: how many were known.
        trouble: why nothing was, for a silent client.
    """

    recorded: int = 0
    already: int = 0
    trouble: Exception | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Where the customer's yes stands, and what they must see before it.

    Args:
        rows: (key, label, text), to be shown whole and in order before the button.
        missing: what the shop has not written down yet; while there is any, no yes is taken.
        token: for the link that confirms it.
    """

    id: str
    state: str
    offer_id: str
    decision: str
    currency: str
    total: int | None
    rows: tuple[tuple[str, str, str], ...]
    missing: tuple[str, ...]
    token: str | None
    already: bool
    order_id: str | None
    raw: Json = field(default_factory=dict, repr=False, compare=False)


def answer_of(value: Json) -> Answer:
    """The answer of ``POST /v1/offers``.

    >>> answer_of({"decision": "d", "placement": "home", "arm": "holdout", "offers": []}).offers
    ()
    """
    decision = str(value["decision"])
    question = value.get("question")
    return Answer(
        decision=decision,
        placement=str(value.get("placement", "")),
        arm=str(value.get("arm", "treated")),
        offers=tuple(offer_of(each, decision) for each in value.get("offers", ())),
        question=None if question is None else Reason(question["code"], question["text"]),
        notes=tuple(value.get("notes", ())),
        warnings=tuple(value.get("warnings", ())),
        message=None if value.get("message") is None else _message(value["message"]),
    )


def _message(value: Json) -> SiteMessage:
    decision = value.get("decision")
    return SiteMessage(
        id=value["id"],
        title=value["title"],
        text=value["text"],
        decision=decision,
        offers=tuple(offer_of(each, str(decision)) for each in value.get("offers", ())),
        expires_at=datetime.fromisoformat(value["expires_at"]),
    )


def offer_of(value: Json, decision: str) -> Offer:
    """One offer of an answer."""
    product = value["product"]
    expires = value.get("expires_at")
    return Offer(
        id=value["id"],
        decision=decision,
        kind=value["kind"],
        product=Product(
            id=product["id"],
            title=product["title"],
            currency=product["currency"],
            price=product.get("price"),
            price_text=product.get("price_text"),
            category=tuple(product.get("category", ())),
            image=product.get("image"),
            url=product.get("url"),
        ),
        items=tuple(_item(each) for each in value.get("items", ())),
        reasons=tuple(Reason(each["code"], each["text"]) for each in value.get("reasons", ())),
        expires_at=None if expires is None else datetime.fromisoformat(expires),
        raw=value,
        **{name: value[name] for name in _SAME if value.get(name) is not None},
    )


_SAME = (
    "slot", "place", "anchor_id", "replaces", "price", "price_text", "list_price", "list_price_text",
    "difference", "difference_text", "promotion_id", "act", "pitch",
)  # fmt: skip


def _item(value: Json) -> Item:
    return Item(
        product_id=value["product_id"],
        title=value["title"],
        quantity=value["quantity"],
        price=value.get("price"),
        price_text=value.get("price_text"),
        role=value["role"],
    )


def acceptance_of(value: Json) -> Acceptance:
    """The answer of every call about a yes."""
    return Acceptance(
        id=value["id"],
        state=value["state"],
        offer_id=value["offer_id"],
        decision=value["decision"],
        currency=value["currency"],
        total=value.get("total"),
        rows=tuple((each["key"], each["label"], each["text"]) for each in value.get("rows", ())),
        missing=tuple(value.get("missing", ())),
        token=value.get("token"),
        already=bool(value.get("already")),
        order_id=value.get("order_id"),
        raw=value,
    )


def recorded_of(value: Json) -> Recorded:
    """The answer to outcomes."""
    return Recorded(int(value.get("recorded", 0)), int(value.get("already", 0)))
