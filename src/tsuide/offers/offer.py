"""What is proposed: one offer, why, and the closed vocabularies of the room."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from operator import attrgetter
from typing import Final, Literal, TypeAlias, get_args

Kind: TypeAlias = Literal[
    "cross_sell", "up_sell", "down_sell", "alternative", "bundle", "filler", "replenish", "content"
]
Source: TypeAlias = Literal[
    "complements",
    "declared",
    "ladder",
    "alternatives",
    "replenishment",
    "personal",
    "taste",
    "session",
    "bundles",
    "look",
    "fillers",
    "promotion",
    "goal",
    "content",
    "category",
    "combined",
    "alike",
    "borrowed",
]
Placement: TypeAlias = Literal[
    "home",
    "category",
    "search",
    "product",
    "cart",
    "checkout",
    "confirmation",
    "account",
    "app",
    "email",
    "line",
    "rep",
    "till",
    "agent",
]
Outcome: TypeAlias = Literal["shown", "clicked", "accepted", "declined", "later", "purchased", "returned"]
NoReason: TypeAlias = Literal["have_it", "too_dear", "not_now", "not_for_me"]
Hesitation: TypeAlias = Literal["removed", "abandoned", "repeated_views", "stock_out", "price_objection", "budget"]
MarginBasis: TypeAlias = Literal["cost", "rate", "unknown"]
Arm: TypeAlias = Literal["treated", "holdout"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
INSTEAD: Final[tuple[Kind, ...]] = ("up_sell", "down_sell", "alternative")
"""What is taken in the place of what it stands beside."""
SOURCES: Final[tuple[Source, ...]] = get_args(Source)
PLACEMENTS: Final[tuple[Placement, ...]] = get_args(Placement)
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
NO_REASONS: Final[tuple[NoReason, ...]] = get_args(NoReason)
HESITATIONS: Final[tuple[Hesitation, ...]] = get_args(Hesitation)
MARGIN_BASES: Final[tuple[MarginBasis, ...]] = get_args(MarginBasis)
ARMS: Final[tuple[Arm, ...]] = get_args(Arm)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an offer is made: a code and the numbers that belong to it; `explain` makes sentences of them.

    Args:
        numbers: whole numbers (counts, minor units), floats (lift), or texts (product ids, attributes).
    """

    code: str
    numbers: Mapping[str, int | float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OfferItem:
    """One product within an offer.

    Args:
        price: of one unit, minor units, as the shop shows it; None where the price is asked for.
        role: what the product is in the offer.
    """

    product_id: str
    quantity: int = 1
    price: int | None = None
    role: Literal["offered", "anchor", "required", "free"] = "offered"


@dataclass(frozen=True, slots=True)
class Gain:
    """What one promotion gives with one unit of an offer.

    Args:
        kind: of benefit, as in `facts.promotions`.
        saving: what it is worth to the customer, minor units.
        cost: what it costs the shop, minor units: what its budget pays.
        items: free products.
        points: how many, of `unit`.
    """

    promotion_id: str
    kind: str
    saving: int
    cost: int
    items: tuple[str, ...] = ()
    points: int = 0
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Scores:
    """The factors of priority = P × V × C × L.

    Args:
        propensity: P, probability of acceptance.
        worth: V, expected contribution margin if accepted, minor units, ex tax; None: ranked without V.
        context: C ≥ 0, 1 = neutral.
        levers: L ≥ 0, 1 = neutral; what people set.
        influence: what earlier answers of this customer do to it, 1 = nothing.
        propensity_low, propensity_high: the range that P is known in.
        prior: what was mined, where outcomes taught otherwise; None: P itself is that prior, and no claim of
            acceptance is made.
    """

    propensity: float
    worth: int | None
    context: float
    levers: float
    priority: float
    influence: float = 1.0
    propensity_low: float | None = None
    propensity_high: float | None = None
    prior: float | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """One proposal.

    Args:
        id: ``<decision id>.<place>``.
        place: 0 = first of its slot.
        product_id: what is proposed; the first item of a set.
        anchor_id: the product that it goes with, or stands above or below; None where there is none.
        items: everything that accepting would add, the anchor included only for sets.
        price: of the whole offer after discount, as the shop shows prices; None where it is asked for.
        list_price: before discount; above `price` only where it may honestly stand crossed out.
        difference: for up- and down-sell: price minus the anchor's price.
        promotion_id: the (first) promotion under which it is made.
        gains: what its promotions give; none where its price is lower for another reason (a set's own price).
        margin_basis: cost known, a rate set by a person (an assumption), or unknown.
        shown_probability: of being drawn at its place by exploration.
        expires_at: when the promotions of its price are over; None = they have no end, or there is none.
        act: what a rep may do with it.
    """

    id: str
    place: int
    kind: Kind
    source: Source
    product_id: str
    currency: str
    scores: Scores
    items: tuple[OfferItem, ...]
    slot: str = ""
    anchor_id: str | None = None
    price: int | None = None
    list_price: int | None = None
    difference: int | None = None
    discount: int = 0
    promotion_id: str | None = None
    gains: tuple[Gain, ...] = ()
    margin_basis: MarginBasis = "unknown"
    shown_probability: float = 1.0
    reasons: tuple[Reason, ...] = ()
    expires_at: datetime | None = None
    act: Literal["offer", "hand_over"] = "offer"

    @property
    def bought(self) -> tuple[OfferItem, ...]:
        """The items that taking it puts into the cart: without what comes free, and what one may have already."""
        return tuple(each for each in self.items if each.role in {"offered", "anchor"})

    @property
    def replaces(self) -> str | None:
        """The product in whose place it is taken: nobody who takes the better camera keeps the other in the cart.

        >>> scores = Scores(0.1, 5, 1.0, 1.0, 0.5)
        >>> Offer("d.0", 0, "up_sell", "ladder", "pro", "JPY", scores, (), anchor_id="basic").replaces
        'basic'
        """
        instead = self.kind in INSTEAD or self.source == "combined"
        return self.anchor_id if instead else None


OWN: Final = frozenset({"id", "place", "slot", "shown_probability"})
"""What only its decision knows of an offer. All else comes from its draft, which many decisions share."""
shared: Final = attrgetter(*(each.name for each in fields(Offer) if each.name not in OWN))
"""All that an offer shares with every other of its draft; equal where they are told and recorded alike."""
