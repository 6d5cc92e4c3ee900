"""What is asked: where, for whom, with what in the cart."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from tsuide.errors import BadValue
from tsuide.offers.offer import Hesitation, Kind, Placement

MOST_OFFERS: Final = 50
MOST_CART_LINES: Final = 5_000
MOST_QUANTITY: Final = 1_000_000
MOST_PRICE: Final = 1 << 53
Intent: TypeAlias = Literal[
    "price_sensitivity",
    "shipping_cost",
    "shipping_speed",
    "product_fit",
    "trust_security",
    "returns_policy",
    "payment_options",
    "comparison",
    "timing_deferred",
    "other",
]
"""Why a customer holds back, in the words of the Agentic Commerce Protocol (``intent_trace.reason_code``)."""
INTENTS: Final[tuple[Intent, ...]] = get_args(Intent)


@dataclass(frozen=True, slots=True)
class CartLine:
    """One line of the cart; `unit_price` overrides the catalogue's (minor units)."""

    product_id: str
    quantity: int = 1
    unit_price: int | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """One place on a page that asks for its own offers; no product stands in two slots of a page."""

    name: str
    n: int = 3
    kinds: tuple[Kind, ...] = ()


@dataclass(frozen=True, slots=True)
class Rep:
    """The sales rep (or shop assistant) who asks.

    Args:
        qualifications: what they may advise on, as product attribute ``qualification`` names it.
        needs: needs of the customer that they recorded; none = they get a question to ask, not a product.
    """

    id: str
    qualifications: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AgentNote:
    """What a shopping agent says of itself; recorded with the decision, never decided by.

    Args:
        name: the agent, with its version where it tells one.
        discovered: how it came upon the shop or the product: search, feed, link, the customer's own wish …
        why: why it chose this product for its customer.
        intent: why the customer holds back.
    """

    name: str | None = None
    discovered: str | None = None
    why: str | None = None
    intent: Intent | None = None


@dataclass(frozen=True, slots=True)
class OfferRequest:
    """One question to `decide`.

    Args:
        n: how many offers at most; the policy may allow fewer.
        customer_id: who is known; else `anonymous_id` (a browser), else `session_id`.
        product_id: the product that is looked at, or was just bought.
        kinds: only these; empty = all that the placement allows.
        exclude: product ids never to return.
        categories: only products whose category path holds one of these names; empty = all.
        budget: the most that the customer said they would spend, minor units; counts as hesitation.
        hesitation: signs of hesitation that the caller saw.
        slots: several places of one page asked for at once; empty = one nameless slot of `n`.
        shown: products that the pages before this one already proposed in this visit (what the cart proposed
            is not repeated on the confirmation).
        rep: who asks; at the placement rep without one it is a rep of whom nothing is known: no qualification, no need.
        goal: what the customer wants to reach, in the shop's own words for goals.
        language: of the answer's texts.
        transactional: part of a message that the customer must get anyway; exempt from contact limits.
        free_shipping_at: the cart value from which shipping is free, minor units; overrides the policy's; 0 = it is
            free anyway: only discount tiers are filled up to.
        agent: what a shopping agent said of itself, where one asks.
        segments: that the caller knows the customer to be in, beside those known here; never a page's own word.
    """

    placement: Placement
    n: int = 3
    customer_id: str | None = None
    anonymous_id: str | None = None
    session_id: str | None = None
    cart: tuple[CartLine, ...] = ()
    product_id: str | None = None
    kinds: tuple[Kind, ...] = ()
    exclude: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    budget: int | None = None
    hesitation: tuple[Hesitation, ...] = ()
    slots: tuple[Slot, ...] = ()
    shown: tuple[str, ...] = ()
    goal: str | None = None
    rep: Rep | None = None
    language: str = "ja"
    transactional: bool = False
    free_shipping_at: int | None = None
    agent: AgentNote | None = None
    segments: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """By whom arms are assigned: the customer, else the browser, else the session; "" = nobody."""
        return self.customer_id or self.anonymous_id or self.session_id or ""

    def checked(self) -> "OfferRequest":
        """The request itself, if its numbers make sense.

        Raises:
            BadValue: n outside 1 … 50, a quantity below 1, a negative price or budget, too long a cart, or
                two slots of one name.
        """
        if not self.slots:
            _within("n", self.n, 1, MOST_OFFERS)
        for slot in self.slots:
            _within("n", slot.n, 1, MOST_OFFERS)
        if self.slots and len({slot.name for slot in self.slots}) < len(self.slots):
            raise BadValue("two slots have one name", key="slots", value=[slot.name for slot in self.slots])
        _within("cart lines", len(self.cart), 0, MOST_CART_LINES)
        for line in self.cart:
            if not 1 <= line.quantity <= MOST_QUANTITY:
                _within(f"quantity of {line.product_id}", line.quantity, 1, MOST_QUANTITY)
            if line.unit_price is not None and not 0 <= line.unit_price <= MOST_PRICE:
                _within(f"unit_price of {line.product_id}", line.unit_price, 0, MOST_PRICE)
        _within("budget", self.budget or 0, 0, MOST_PRICE)
        _within("free_shipping_at", self.free_shipping_at or 0, 0, MOST_PRICE)
        return self


def _within(key: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise BadValue(f"must be {low} … {high}", key=key, value=value)
