"""What agents may say in a call, and the question to `decide` that it makes."""

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from tsuide.errors import WrongKey
from tsuide.offers.offer import Hesitation, Kind
from tsuide.offers.request import AgentNote, CartLine, Intent, OfferRequest

MOST_LINES: Final = 200
_LARGEST: Final = 1 << 53
_OF_AGENTS: Final = "agent:"  # so that no agent can name the visitor of a web page and ask what they looked at

Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Token = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
Said = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Amount = Annotated[int, Field(ge=0, le=_LARGEST, description="Minor units of the currency: yen, cent.")]
Most = Annotated[int, Field(ge=1, le=10, description="At most so many; the policy may allow fewer.")]
Language = Annotated[Literal["ja", "en"] | None, Field(description="Of the texts; the shop's own when missing.")]
Move: TypeAlias = Literal["down_sell", "filler", "alternative", "later", "none"]

MOVES: Final[dict[Intent, Move]] = {  # the Agentic Commerce Protocol's reasons → what helps
    "price_sensitivity": "down_sell",
    "shipping_cost": "filler",
    "product_fit": "alternative",
    "comparison": "alternative",
    "timing_deferred": "later",
    "shipping_speed": "none",
    "trust_security": "none",
    "returns_policy": "none",
    "payment_options": "none",
    "other": "none",
}
KINDS_OF_MOVE: Final[dict[Move, tuple[Kind, ...]]] = {
    "down_sell": ("down_sell",),
    "filler": ("filler",),
    "alternative": ("alternative", "down_sell"),
}
HESITATION_OF: Final[dict[Move, tuple[Hesitation, ...]]] = {"down_sell": ("price_objection",), "alternative": ()}


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LineIn(_In):
    """One line of the cart."""

    product_id: Id
    quantity: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    unit_price: Amount | None = None


class WhoIn(_In):
    """For whom the agent asks; nothing is needed."""

    visitor_id: Annotated[
        Id | None,
        Field(description="Any text that tells this person from others, no name or address: answers are kept by it."),
    ] = None
    session_id: Annotated[Id | None, Field(description="One conversation.")] = None
    customer_id: Annotated[Id | None, Field(description="A customer of the shop; needs the scope rep.")] = None
    customer_token: Annotated[
        Token | None, Field(description="Signed by the shop's server: proves which customer it is, with any scope.")
    ] = None


class AgentIn(_In):
    """What the agent says of itself; recorded with the decision, never decided by."""

    name: Said | None = None
    discovered: Annotated[
        Said | None, Field(description="How it came upon the product: search, feed, link, a wish …")
    ] = None
    why: Annotated[Said | None, Field(description="Why it chose this product for its customer.")] = None
    intent: Annotated[Intent | None, Field(description="Why the customer holds back (Agentic Commerce Protocol).")] = (
        None
    )


Cart = Annotated[list[LineIn], Field(max_length=MOST_LINES, description="What is in the cart.")]
Excluded = Annotated[list[Id], Field(max_length=500, description="Product ids never to return.")]


def question(
    scopes: frozenset[str],
    language: str,
    *,
    kinds: tuple[Kind, ...],
    n: int,
    product_id: str | None = None,
    cart: list[LineIn] | None = None,
    exclude: list[str] | None = None,
    budget: int | None = None,
    hesitation: tuple[Hesitation, ...] = (),
    free_shipping_at: int | None = None,
    who: WhoIn | None = None,
    proven: str | None = None,
    agent: AgentIn | None = None,
    client: str | None = None,
    intent: Intent | None = None,
) -> OfferRequest:
    """The question to `decide`, at the placement ``agent``.

    `proven`: the customer whom a token proves.

    Raises:
        WrongKey: another customer is named without the scope rep: what they bought is nobody else's business.

    >>> question(frozenset({"agent"}), "en", kinds=("up_sell",), n=3, product_id="cam-a").placement
    'agent'
    """
    who = who or WhoIn()
    if who.customer_id not in {None, proven} and "rep" not in scopes:
        raise WrongKey(
            "a customer may only be named with the scope rep, or with a token that proves it",
            key="who.customer_id",
            value=who.customer_id,
            way_out="give who.visitor_id or who.customer_token instead, or use a key with the scope rep",
        )
    return OfferRequest(
        placement="agent",
        n=n,
        customer_id=who.customer_id or proven,
        anonymous_id=None if who.visitor_id is None else f"{_OF_AGENTS}{who.visitor_id}",
        session_id=who.session_id,
        cart=tuple(CartLine(line.product_id, line.quantity, line.unit_price) for line in cart or ()),
        product_id=product_id,
        kinds=kinds,
        exclude=tuple(exclude or ()),
        budget=budget,
        hesitation=hesitation,
        free_shipping_at=free_shipping_at,
        language=language,
        agent=note(agent, client, intent),
    )


def note(agent: AgentIn | None, client: str | None, intent: Intent | None) -> AgentNote | None:
    """What is recorded of the agent; None where nobody said anything.

    >>> note(AgentIn(discovered="search"), "assistant 1.0", None)
    AgentNote(name='assistant 1.0', discovered='search', why=None, intent=None)
    >>> note(None, None, None) is None
    True
    """
    said = agent or AgentIn()
    made = AgentNote(said.name or client, said.discovered, said.why, intent or said.intent)
    return None if made == AgentNote() else made
