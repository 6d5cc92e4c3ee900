"""The prepared customer: everything that `decide` may know of a person, gathered by the caller beforehand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from tsuide.facts.consent import Channel, Purpose
from tsuide.offers.offer import Kind, NoReason, Outcome, Placement
from tsuide.offers.trial import UNTRIED, Trial

MOST_TOUCHES: Final = 256  # the newest; what is older no limit or suppression reads
LONGEST_MEMORY_DAYS: Final = 400


@dataclass(frozen=True, slots=True)
class Grant:
    """A consent that holds now."""

    purpose: Purpose
    channel: Channel = "any"


@dataclass(frozen=True, slots=True)
class Owned:
    """A product that the customer bought for themselves and kept (returns and gifts are not owned).

    Args:
        at: the last purchase.
        quantity: units in all.
    """

    product_id: str
    at: datetime
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Viewed:
    """How often a product was looked at lately (the last 30 days) without being bought."""

    product_id: str
    times: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Touch:
    """One row of the contact ledger: an offer or message that reached the customer, or their answer.

    Args:
        channel: as in consents; "site" for pages.
        category: the leaf category of the product.
        reason: why they said no.
    """

    at: datetime
    outcome: Outcome
    placement: Placement | None = None
    channel: Channel = "site"
    kind: Kind | None = None
    product_id: str | None = None
    category: str | None = None
    reason: NoReason | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """A webinar or course that the customer registered for, and whether they attended."""

    product_id: str
    attended: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """A refill that learning expects.

    Args:
        probability: of buying it again within the coming cycle.
        days: since the last purchase, as bought.
        interval: usual days between purchases.
    """

    product_id: str
    probability: float
    days: int
    interval: int


@dataclass(frozen=True, slots=True)
class Expected:
    """A product that this customer's history or session makes likely.

    Args:
        times: in how many earlier baskets of theirs it lay.
        because: the product whose sessions or history led here.
    """

    product_id: str
    probability: float
    times: int = 0
    because: str | None = None


@dataclass(frozen=True, slots=True)
class Risks:
    """What speaks for silence.

    Args:
        return_rate: share of bought units that came back, basis points; None = not known.
        bought_units: on how many units `return_rate` stands.
        returns_compared: how often they send back compared with all customers, basis points (10,000 = as often);
            None = not known: as all.
        payment_default: an unpaid bill.
        open_complaint: a complaint or ticket that waits for an answer.
        last_score: the last satisfaction score, 0 … 10.
        cost_to_serve: what serving the customer costs in a year, minor units.
        margin: what the customer brings in a year, minor units.
    """

    return_rate: int | None = None
    bought_units: int = 0
    payment_default: bool = False
    open_complaint: bool = False
    last_score: int | None = None
    cost_to_serve: int | None = None
    margin: int | None = None
    returns_compared: int | None = None


@dataclass(frozen=True, slots=True)
class PriceBand:
    """Prices of one unit that the customer paid: 10th, 50th, 90th percentile, minor units."""

    low: int
    middle: int
    high: int
    units: int = 0


@dataclass(frozen=True, slots=True)
class CustomerView:
    """A customer as `decide` sees them; the empty view is somebody of whom nothing is known.

    Args:
        consents: those that hold now. Without (personalisation, site or any) a known customer gets contextual
            offers only: nothing below but `touches`, `risks`, `age` and `joined` is then read.
        owned: newest last.
        touches: oldest first; at most the newest 256 of the last 400 days.
        arms: experiment → arm.
        segments: names of segments that they are in.
        attributes: prefecture, industry, age band … as strings.
        age: whole years; None = not known.
        won: a measurable success or a good satisfaction answer stands on record (accounts).
        needs: needs that a person recorded.
        tastes: tags, matched to products' attributes.
        session_products: what this visit looked at, oldest first.
        removed: what this visit took out of its cart again: a sign of hesitation about what serves the same need.
        abandoned: what an earlier visit left behind in its cart, and nobody bought since: as `removed`.
        trial: what these arms do to the decision.
        joined: webinars and courses that they registered for or attended, ever.
    """

    id: str | None = None
    anonymous_id: str | None = None
    consents: tuple[Grant, ...] = ()
    owned: tuple[Owned, ...] = ()
    viewed: tuple[Viewed, ...] = ()
    touches: tuple[Touch, ...] = ()
    due: tuple[Due, ...] = ()
    expected: tuple[Expected, ...] = ()
    session: tuple[Expected, ...] = ()
    price_band: PriceBand | None = None
    risks: Risks = Risks()
    arms: Mapping[str, str] = field(default_factory=dict)
    segments: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    age: int | None = None
    company: bool = False
    won: bool = False
    needs: tuple[str, ...] = ()
    goals: tuple[str, ...] = ()
    tastes: tuple[str, ...] = ()
    session_products: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    trial: Trial = UNTRIED
    abandoned: tuple[str, ...] = ()
    joined: tuple[Joined, ...] = ()

    def allows(self, purpose: Purpose, channel: Channel) -> bool:
        """Whether a consent for the purpose holds, for the channel or for any.

        >>> CustomerView(consents=(Grant("marketing", "email"),)).allows("marketing", "line")
        False
        """
        return allowed(self.consents, purpose, channel)


def allowed(consents: Sequence[Grant], purpose: Purpose, channel: Channel) -> bool:
    """As `CustomerView.allows`, of consents alone."""
    for grant in consents:  # noqa: SIM110 - a plain loop: every decision asks three times
        if grant.purpose == purpose and (grant.channel == channel or grant.channel == "any"):  # noqa: PLR1714 - as above
            return True
    return False
