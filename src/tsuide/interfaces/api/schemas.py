"""What goes over the wire: requests that are checked once, and answers as they are documented.

Requests are strict (no "3" for 3, no unknown field): a slip of the pen is told, not guessed at.
Prices are integers in the currency's minor unit (yen, cent) everywhere.
"""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from fastapi import Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from tsuide.errors import BadValue
from tsuide.kit.clock import FIRST, LAST
from tsuide.kit.text import MOST_TEXT
from tsuide.offers.offer import Arm, Hesitation, Kind, NoReason, Outcome, Placement
from tsuide.offers.request import MOST_OFFERS, CartLine, OfferRequest, Rep, Slot

MOST_LINES: Final = 500
MOST_LISTED: Final = 500
LARGEST: Final = 1 << 53  # what every JSON reader keeps exact

Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


def whole(value: object) -> object:
    """JSON knows one kind of number: 3.0 is 3; 3.5, "3" and true are not whole numbers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _written(value: object) -> object:
    """A moment is written (ISO 8601); a number could be seconds or milliseconds, and is neither."""
    if value is not None and not isinstance(value, str | datetime):
        raise ValueError("a moment is text: 2026-11-22T09:00:00+09:00")
    return value


def _in_every_zone(at: datetime) -> datetime:
    if not FIRST <= (at if at.tzinfo else at.replace(tzinfo=UTC)) < LAST:
        raise ValueError("must be between 0001-01-02 and 9999-12-30 in UTC")
    return at


Said = Annotated[str, Field(min_length=1, max_length=MOST_TEXT, pattern=r"\S")]
Note = Annotated[str, Field(max_length=MOST_TEXT)]
Moment = Annotated[datetime, Field(strict=False), BeforeValidator(_written), AfterValidator(_in_every_zone)]
Amount = Annotated[int, Field(ge=0, le=LARGEST), BeforeValidator(whole)]
OfTeam = Annotated[Id | None, Query(description="Only of the reps who look after accounts with this attribute `team`.")]
Units = Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(whole)]
Most = Annotated[int, Field(ge=1, le=MOST_OFFERS), BeforeValidator(whole)]
SlotName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
Language = Literal["ja", "en"]


def zoned(at: datetime, key: str) -> datetime:
    """The moment itself, if it names its time zone.

    Raises:
        BadValue: it does not.
    """
    if at.tzinfo is None:
        raise BadValue("not a moment with its time zone", key=key, value=at.isoformat(),
                       way_out="2026-01-31T09:00:00+09:00")  # fmt: skip
    return at


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class CartLineIn(_In):
    """One line of the cart."""

    product_id: Id
    quantity: Units = 1
    unit_price: Amount | None = Field(None, description="Overrides the catalogue's price; minor units.")


class SlotIn(_In):
    """One place on the page."""

    n: Most = 3
    kinds: list[Kind] = Field([], max_length=8)


class RepIn(_In):
    """The sales rep (or shop assistant) who asks."""

    id: Id
    qualifications: list[Id] = Field(
        [], max_length=50, description="What they may advise on; without a product's they may only hand over."
    )
    needs: list[Id] = Field(
        [], max_length=50, description="What the customer needs, as they recorded it; none = they get a question."
    )


class OffersIn(_In):
    """What a page asks for."""

    placement: Placement
    n: Most = Field(3, description="At most so many; the policy may allow fewer.")
    customer_id: Id | None = Field(None, description="One whom we do not know is treated as new.")
    anonymous_id: Id | None = Field(None, description="A browser, while nobody is signed in.")
    session_id: Id | None = None
    cart: list[CartLineIn] = Field([], max_length=MOST_LINES)
    product_id: Id | None = Field(None, description="The product that is looked at.")
    kinds: list[Kind] = Field([], max_length=8, description="Only these; empty = all that the placement allows.")
    exclude: list[Id] = Field([], max_length=MOST_LISTED, description="Never return these.")
    categories: list[Id] = Field([], max_length=MOST_LISTED, description="Only products of these categories.")
    budget: Amount | None = Field(None, description="The most that the customer said they would spend.")
    hesitation: list[Hesitation] = Field([], max_length=6)
    slots: dict[SlotName, SlotIn] = Field(
        {},
        max_length=10,
        description="Several places of one page at once, by name; no product stands in two.",
        json_schema_extra={"additionalProperties": False},  # a name that breaks the pattern is refused, not ignored
    )
    shown: list[Id] = Field([], max_length=MOST_LISTED, description="What this visit already proposed.")
    goal: Id | None = Field(None, description="What the customer wants to reach, in the shop's words for goals.")
    rep: RepIn | None = Field(None, description="Needs a key with the scope rep.")
    segments: list[Id] = Field(
        [], max_length=MOST_LISTED, description="Segments of the customer that your server knows; needs the scope rep."
    )
    free_shipping_at: Amount | None = Field(None, description="Cart value from which shipping is free, minor units.")
    language: Language | None = Field(None, description="Of the reasons' texts; the shop's own when missing.")
    slot: SlotName | None = Field(None, description="The place of the page: messages that name it are shown there.")

    def request(self, language: str) -> OfferRequest:
        """The same question in the words of `offers`."""
        return OfferRequest(
            placement=self.placement,
            n=self.n,
            customer_id=self.customer_id,
            anonymous_id=self.anonymous_id,
            session_id=self.session_id,
            cart=tuple(CartLine(line.product_id, line.quantity, line.unit_price) for line in self.cart),
            product_id=self.product_id,
            kinds=tuple(self.kinds),
            exclude=tuple(self.exclude),
            categories=tuple(self.categories),
            budget=self.budget,
            hesitation=tuple(self.hesitation),
            slots=tuple(Slot(name, slot.n, tuple(slot.kinds)) for name, slot in self.slots.items()),
            shown=tuple(self.shown),
            goal=self.goal,
            rep=None if self.rep is None else Rep(self.rep.id, tuple(self.rep.qualifications), tuple(self.rep.needs)),
            free_shipping_at=self.free_shipping_at,
            segments=tuple(self.segments),
            language=self.language or language,
        )


class ReasonOut(BaseModel):
    """Why: a code for machines and a sentence for people."""

    code: str
    text: str


class ProductOut(BaseModel):
    """What a page needs to show a product."""

    id: str
    title: str
    category: list[str]
    price: int | None
    price_text: str | None
    currency: str
    image: str | None
    url: str | None


class VariantOut(BaseModel):
    """One size or colour of a product; it may be taken in the item's place."""

    product_id: str
    title: str
    name: str = Field(description="Its size or colour alone, such as M; the title where the shop names none.")
    attributes: dict[str, str]
    price: int | None
    price_text: str | None
    in_stock: bool


class ProductWholeOut(ProductOut):
    """A product as it is known."""

    brand: str | None
    parent_id: str | None
    status: str
    kind: str
    stock: int | None
    attributes: dict[str, str]
    baskets: int = Field(description="In how many learned orders it lay.")


class ProductsOut(BaseModel):
    """One page of products, the most bought first."""

    products: list[ProductOut]
    total: int = Field(description="That fit, on all pages.")
    next: str | None = Field(description="Send it as `cursor` for the next page; null = this was the last.")


class OfferItemOut(BaseModel):
    """One product within an offer."""

    product_id: str
    title: str
    image: str | None
    quantity: int
    price: int | None = Field(description="Of one unit by itself.")
    price_text: str | None
    role: Literal["offered", "anchor", "required", "free"] = Field(
        description="`anchor`: the main product of a set whose price holds for the whole; `required`: a part without "
        "which it does not work, to be asked about, never preselected; `free`: comes with it."
    )
    variants: list[VariantOut] = Field(description="Its sizes and colours, itself among them; empty: it has only one.")


class OfferLookOut(BaseModel):
    """The outfit or room that an offer is a piece of: a page shows its picture once, above all its pieces."""

    id: str
    title: str
    image: str | None


class OfferOut(BaseModel):
    """One proposal."""

    id: str
    slot: str
    place: int
    kind: Kind
    product: ProductOut
    anchor_id: str | None = Field(description="The product that it goes with, or stands above or below.")
    items: list[OfferItemOut] = Field(description="Everything that accepting would add.")
    replaces: str | None = Field(description="The product in whose place it is taken: take that out of the cart.")
    price: int | None = Field(description="Of everything offered, after discount.")
    price_text: str | None
    list_price: int | None = Field(
        description="What may stand crossed out beside the price; missing unless the price history (or, for a set, "
        "what its parts cost one by one) carries it."
    )
    list_price_text: str | None
    promotion_id: str | None = Field(description="The promotion under which it is made.")
    difference: int | None = Field(description="Price minus the anchor's, for better and cheaper models.")
    difference_text: str | None
    reasons: list[ReasonOut]
    quote: str | None = Field(description="A sentence of a satisfied buyer, in their words and the reader's language.")
    act: Literal["offer", "hand_over"] = Field(
        description="`hand_over`: the rep lacks the product's qualification and may only hand over."
    )
    look: OfferLookOut | None = Field(description="Of a piece of a merchandiser's look.")
    pitch: str | None = Field(description="What a rep may say; only where one asks.")
    expires_at: datetime = Field(description="Until when it may be accepted at this price.")


class SiteMessageOut(BaseModel):
    """A message that a journey left for this visit: the page shows it first, and says that it was shown, or closed."""

    id: str
    title: str
    text: str
    decision: str | None = Field(description="Of its offers; their outcomes are told of this decision.")
    offers: list[OfferOut]
    expires_at: datetime


class OffersOut(BaseModel):
    """The answer; `offers` may well be empty: silence is a decision too."""

    decision: str
    placement: Placement
    arm: Arm = Field(description="`holdout`: nothing is shown, so that the effect can be measured.")
    offers: list[OfferOut]
    question: ReasonOut | None = Field(description="What a rep asks before any product is named.")
    notes: list[str] = Field(description="Codes of what the reader should know.")
    warnings: list[str] = Field(description="What in the request was set aside, and why.")
    degraded: Literal["late", "stale", "contextual"] | None = Field(
        None,
        description="Set while the store is away. `late`: all was known, the record follows; `stale`: the customer is "
        "as this process last saw them; `contextual`: nothing was known but the page and its cart.",
    )
    message: SiteMessageOut | None = Field(None, description="Only for a customer who is known to be this one.")


class SiteToldIn(_In):
    """What became of a message on the site."""

    outcome: Literal["shown", "closed"]
    decision: Id | None = Field(None, description="`decision` of the message.")


class SiteToldOut(BaseModel):
    """Whether that was new; the same again changes nothing."""

    recorded: bool


class ManyOffersIn(_In):
    """Questions for many customers; each is decided by itself."""

    requests: list[OffersIn] = Field(min_length=1, max_length=100)


class ManyOffersOut(BaseModel):
    """The answers, in the order of the questions."""

    answers: list[OffersOut]


class OutcomeIn(_In):
    """What became of one offer."""

    offer_id: Id
    outcome: Outcome
    reason: NoReason | None = Field(None, description="Why not, for `declined` and `later`.")
    idempotency_key: Id | None = Field(
        None, description="The same key is the same outcome. Missing: one of each kind per offer counts."
    )


class OutcomesIn(_In):
    """Up to 100 outcomes of one decision."""

    outcomes: list[OutcomeIn] = Field(min_length=1, max_length=100)


class OutcomesOut(BaseModel):
    """How many were new; sending the same again changes nothing."""

    recorded: int
    already: int


class RelatedOut(BaseModel):
    """One related product with its evidence."""

    product: ProductOut
    baskets: int | None = Field(None, description="In how many baskets both lay.")
    lift: float | None = Field(None, description="Times more often together than chance would have it.")
    lift_low: float | None = Field(None, description="Lower end of the lift's 95 % interval.")
    lift_high: float | None = None
    confidence: float | None = Field(None, description="Share of this product's baskets with the other.")
    score: float
    difference: int | None = Field(None, description="Its price minus this product's, minor units.")
    difference_text: str | None = None
    differences: str | None = Field(None, description="In what it differs from this product.")


class RelationsOut(BaseModel):
    """What goes with a product, and what stands beside, above and below it."""

    product: ProductOut
    snapshot: str
    complements: list[RelatedOut]
    alternatives: list[RelatedOut]
    upgrades: list[RelatedOut] = Field(description="A step better on the price ladder, nearest first.")
    cheaper: list[RelatedOut] = Field(description="A step cheaper, nearest first.")


class ExplainOut(BaseModel):
    """Why each offer was made and what refused the rest."""

    decision: str
    at: datetime
    replayed: bool = Field(description="Deciding again from the record gave the same, bit for bit.")
    language: Language
    trace: dict[str, object]


class HealthOut(BaseModel):
    """The process answers."""

    status: Literal["ok"]


class ReadyOut(BaseModel):
    """Offers can be decided."""

    status: Literal["ready", "degraded"] = Field(
        description="`degraded`: the store is away; offers go on, everything else waits for it."
    )
    snapshot: str
    sequence: int
    policy: str
