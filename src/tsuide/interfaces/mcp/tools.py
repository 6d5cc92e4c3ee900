"""The tools themselves: each asks the same `decide` and tells the same ledger as every other door."""

import asyncio
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field

from tsuide.app.deciding import Served
from tsuide.app.explaining import recorded_offer
from tsuide.app.ledger import Told
from tsuide.app.serving import Serving
from tsuide.errors import BadValue, UnknownDecision, UnknownProduct
from tsuide.interfaces.mcp.arguments import (
    HESITATION_OF,
    KINDS_OF_MOVE,
    MOVES,
    AgentIn,
    Amount,
    Cart,
    Excluded,
    Id,
    Language,
    LineIn,
    Most,
    Move,
    WhoIn,
    question,
)
from tsuide.interfaces.mcp.callers import Ctx, Scopes
from tsuide.interfaces.mcp.phrases import TEXTS
from tsuide.interfaces.mcp.results import CheaperOut, ExplainedOut, OffersOut, RecordedOut, ThresholdOut
from tsuide.interfaces.mcp.telling import money_text, offers_told, reasons_of
from tsuide.offers.decision import Decision
from tsuide.offers.explain import differences_text, offer_text
from tsuide.offers.offer import NoReason, Offer
from tsuide.offers.request import Intent, OfferRequest

Reported: TypeAlias = Literal["shown", "clicked", "accepted", "declined", "later"]
MaxPrice = Annotated[int, Field(ge=1, le=1 << 53, description="The most that the customer would pay; minor units.")]
Reason = Annotated[Intent, Field(description="Why the customer holds back (Agentic Commerce Protocol).")]
_REASON_OF: Final[dict[Intent, NoReason]] = {
    "price_sensitivity": "too_dear",
    "product_fit": "not_for_me",
    "timing_deferred": "not_now",
}
_NOTHING: Final[dict[str, Any]] = {"decision_id": None, "arm": None, "offers": [], "notes": [], "warnings": []}


class Tools:
    """The seven tools of one running shop.

    Args:
        serving: the running shop.
        scopes: what the caller of a request may do.
    """

    def __init__(self, serving: Serving, scopes: Scopes) -> None:
        self._serving = serving
        self._scopes = scopes

    async def recommend_complements(
        self,
        ctx: Ctx,
        product_id: Id | None = None,
        cart: Cart = [],  # noqa: B006 - never changed; the schema shows the default
        n: Most = 3,
        exclude: Excluded = [],  # noqa: B006 - as above
        who: WhoIn | None = None,
        agent: AgentIn | None = None,
        language: Language = None,
    ) -> OffersOut:
        """What goes with a product or a cart."""
        if product_id is None and not cart:
            raise BadValue("with what?", key="product_id", way_out="give product_id, cart, or both")
        asked = self._question(
            ctx, language, kinds=("cross_sell",), n=n, product_id=product_id, cart=cart, exclude=exclude, who=who,
            agent=agent,
        )  # fmt: skip
        return OffersOut(**offers_told(await self._decide(asked)))

    async def recommend_upgrades(
        self,
        ctx: Ctx,
        product_id: Id,
        n: Most = 3,
        exclude: Excluded = [],  # noqa: B006 - as above
        who: WhoIn | None = None,
        agent: AgentIn | None = None,
        language: Language = None,
    ) -> OffersOut:
        """A step above a product."""
        asked = self._question(
            ctx, language, kinds=("up_sell",), n=n, product_id=product_id, exclude=exclude, who=who, agent=agent
        )
        return OffersOut(**offers_told(await self._decide(asked)))

    async def recommend_cheaper(
        self,
        ctx: Ctx,
        product_id: Id,
        max_price: MaxPrice | None = None,
        reason: Reason = "price_sensitivity",
        instead_of: Annotated[Id | None, Field(description="The offer that the customer holds back from.")] = None,
        cart: Cart = [],  # noqa: B006 - as above
        n: Most = 3,
        who: WhoIn | None = None,
        agent: AgentIn | None = None,
        language: Language = None,
    ) -> CheaperOut:
        """What helps a customer who holds back."""
        move, chosen = MOVES[reason], self._language(language)
        asked = self._question(
            ctx,
            language,
            kinds=KINDS_OF_MOVE.get(move, ("down_sell",)),
            n=n,
            product_id=product_id,
            cart=cart or ([LineIn(product_id=product_id)] if move == "filler" else None),
            budget=max_price,
            hesitation=HESITATION_OF.get(move, ()),
            who=who,
            agent=agent,
            intent=reason,
        )
        if move == "later" and instead_of is None:
            raise BadValue(
                "a 'later' is recorded of an offer",
                key="instead_of",
                way_out="give the id of the offer that the customer puts off",
            )
        recorded = None if instead_of is None else await self._held_back(ctx, instead_of, reason)
        if move in {"later", "none"}:
            text = TEXTS.text("later" if move == "later" else "move_none", chosen)
            return CheaperOut(move=move, recorded=recorded, text=text, **_NOTHING)
        return CheaperOut(move=move, recorded=recorded, **offers_told(await self._decide(asked)))

    async def fill_threshold(
        self,
        ctx: Ctx,
        cart: Annotated[list[LineIn], Field(min_length=1, max_length=200)],
        free_shipping_at: Amount | None = None,
        n: Most = 3,
        who: WhoIn | None = None,
        agent: AgentIn | None = None,
        language: Language = None,
    ) -> ThresholdOut:
        """How far it is to free shipping, and what reaches it."""
        threshold = self._serving.decider.policy.free_shipping_at if free_shipping_at is None else free_shipping_at
        asked = self._question(
            ctx, language, kinds=("filler",), n=n, cart=cart, free_shipping_at=threshold, who=who, agent=agent
        )  # the threshold is named: no discount that is nearer is meant
        value, currency = self._value(cart)
        served = await self._decide(asked)
        gap = None if threshold is None else max(threshold - value, 0)
        told = offers_told(served)
        told["text"] = "\n".join([_gap_text(gap, currency, asked.language), *([told["text"]] if gap else [])])
        return ThresholdOut(cart_value=value, free_shipping_at=threshold, gap=gap, currency=currency, **told)

    async def get_bundle(
        self,
        ctx: Ctx,
        product_id: Id,
        n: Most = 1,
        who: WhoIn | None = None,
        agent: AgentIn | None = None,
        language: Language = None,
    ) -> OffersOut:
        """A set around a product."""
        asked = self._question(ctx, language, kinds=("bundle",), n=n, product_id=product_id, who=who, agent=agent)
        return OffersOut(**offers_told(await self._decide(asked)))

    async def explain_offer(
        self, ctx: Ctx, offer_id: Id, who: WhoIn | None = None, language: Language = None
    ) -> ExplainedOut:
        """Why an offer was made; its reasons may tell of purchases, so those of a known customer need their token."""
        scopes, chosen = self._scopes(ctx), self._language(language)
        decision, offer = await self._own(offer_id, scopes)
        customer = decision.request.customer_id
        if "rep" not in scopes and customer is not None and customer != self._proven(who):
            raise UnknownDecision("no such decision", key="offer_id", value=offer_id)
        replayed = (await self._serving.explain(decision.id, chosen)).same if "rep" in scopes else None
        state = self._serving.decider.loaded.state
        return ExplainedOut(
            offer_id=offer.id,
            decision_id=decision.id,
            at=decision.at.isoformat(),
            kind=offer.kind,
            product_id=offer.product_id,
            title=state.title(offer.product_id, chosen),
            reasons=reasons_of(offer, chosen, state),
            better=differences_text(offer, chosen, state),
            text=offer_text(offer, chosen, state),
            policy=f"{decision.policy} {decision.policy_version}",
            snapshot=decision.snapshot_id,
            considered=decision.considered,
            refused_by_rule=dict(decision.refused),
            replayed=replayed,
        )

    async def record_outcome(
        self,
        ctx: Ctx,
        offer_id: Id,
        outcome: Reported,
        reason: Annotated[NoReason | Intent | None, Field(description="Why not.")] = None,
        language: Language = None,
    ) -> RecordedOut:
        """Say what became of an offer."""
        decision, _ = await self._own(offer_id, self._scopes(ctx))
        intent: Intent | None = reason if reason in MOVES else None
        if outcome == "declined" and intent == "timing_deferred":
            outcome = "later"
        said = _REASON_OF.get(intent) if intent is not None else reason
        if outcome not in {"declined", "later"}:
            said = None
        new, _ = await self._serving.ledger.record(decision.id, [Told(offer_id, outcome, said)])
        move: Move = "later" if outcome == "later" else MOVES[intent] if intent is not None else "none"
        text = TEXTS.text(f"move_{move}", self._language(language))
        return RecordedOut(offer_id=offer_id, outcome=outcome, recorded=new > 0, next_move=move, text=text)

    def _language(self, language: str | None) -> str:
        return language or self._serving.settings.language

    def _question(self, ctx: Ctx, language: str | None, **asked: Any) -> OfferRequest:  # noqa: ANN401 - see `question`
        client = ctx.request_context.session.client_params
        told = None if client is None else f"{client.client_info.name} {client.client_info.version}".strip()[:500]
        proven = self._proven(asked.get("who"))
        request = question(self._scopes(ctx), self._language(language), client=told, proven=proven, **asked)
        if request.product_id is not None and request.product_id not in self._serving.decider.loaded.catalogue:
            raise UnknownProduct(
                "no such product",
                key="product_id",
                value=request.product_id,
                way_out="use an id of the shop's catalogue",
            )
        return request

    def _proven(self, who: WhoIn | None) -> str | None:
        """The customer whom the caller's token proves.

        Raises:
            Refused: there is a token, and it is not to be believed.
        """
        if who is None or who.customer_token is None:
            return None
        return self._serving.customer_tokens.customer(who.customer_token, self._serving.clock())

    async def _decide(self, request: OfferRequest) -> Served:
        return await self._serving.decider.decide(request)

    async def _own(self, offer_id: str, scopes: frozenset[str]) -> tuple[Decision, Offer]:
        """An offer that this caller may speak of: agents of offers to agents, reps of every offer."""
        decision, offer = await asyncio.to_thread(recorded_offer, self._serving.shop, offer_id)
        if "rep" not in scopes and decision.request.placement != "agent":
            raise UnknownDecision("no such decision", key="offer_id", value=offer_id)
        return decision, offer

    async def _held_back(self, ctx: Ctx, offer_id: str, reason: Intent) -> str:
        outcome = "later" if MOVES[reason] == "later" else "declined"
        decision, _ = await self._own(offer_id, self._scopes(ctx))
        await self._serving.ledger.record(decision.id, [Told(offer_id, outcome, _REASON_OF.get(reason))])
        return outcome

    def _value(self, cart: list[LineIn]) -> tuple[int, str]:
        """What the cart costs, with its currency; products that nobody knows count as the caller prices them."""
        catalogue = self._serving.decider.loaded.catalogue
        value, currencies = 0, set()
        for line in cart:
            product = catalogue.product(line.product_id)
            price = line.unit_price if line.unit_price is not None or product is None else product.price
            value += (price or 0) * line.quantity
            if product is not None:
                currencies.add(product.currency)
        if len(currencies) > 1:
            raise BadValue("a cart has one currency", key="cart", value=sorted(currencies))
        return value, currencies.pop() if currencies else self._serving.decider.policy.currency


def _gap_text(gap: int | None, currency: str, language: str) -> str:
    if gap is None:
        return TEXTS.text("no_threshold", language)
    return (
        TEXTS.text("gap", language, gap=money_text(gap, currency, language)) if gap else TEXTS.text("reached", language)
    )
