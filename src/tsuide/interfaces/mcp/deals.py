"""Tools for the deals of a rep: begun, filled, quoted, lost and taken up again; a rep's key is needed.

No tool says yes for a customer, and none is told the link where they say it: a deal is won by themselves, by their
link or by their purchase order, which an admin's key takes in.
"""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field

from tsuide.app import deal_quotes
from tsuide.app import deals as deal_desk
from tsuide.app.changes import note_change
from tsuide.app.deal_offers import ByDecision, answer_line, propose, tell
from tsuide.app.deal_promotions import give_promotion, promotions_for, take_back_promotion
from tsuide.app.deal_report import deal_report
from tsuide.app.deal_sending import put_before_customer
from tsuide.app.serving import Serving, entropy
from tsuide.app.silence import why_silent
from tsuide.errors import BadValue
from tsuide.interfaces.mcp.arguments import Amount, Id, Language, Said
from tsuide.interfaces.mcp.callers import Ctx, Few, Name, Scopes, known_as, must_have
from tsuide.kit.clock import zone
from tsuide.offers.offer import NoReason
from tsuide.outreach.sales.deals import MOST_UNITS, Loss
from tsuide.outreach.sales.quotes import text_of

Needs = Annotated[list[Said], Field(max_length=50, description="That the customer named.")]
Place = Annotated[int, Field(ge=1, le=10_000, description="Its number in the deal.")]
Days = Annotated[int, Field(ge=1, le=366, description="It holds.")]
OpenStage = Annotated[
    Literal["lead", "qualified", "quoted", "negotiation"] | None,
    Field(description="`lost` is said with lose_deal; `won` by the customer only."),
]


class DealTools:
    """What a rep's agent may do with deals.

    Args:
        serving: the running shop.
        scopes: what the caller of a request may do.
    """

    def __init__(self, serving: Serving, scopes: Scopes) -> None:
        self._serving = serving
        self._scopes = scopes

    async def list_deals(
        self,
        ctx: Ctx,
        owner: Name | None = None,
        customer_id: Id | None = None,
        stage: Annotated[str, Field(description="open, all, or a stage.")] = "open",
        n: Few = 20,
    ) -> dict[str, Any]:
        """Deals, the last changed first."""
        must_have(self._scopes(ctx), "rep")
        rows = await asyncio.to_thread(
            lambda: deal_desk.deals_told(self._serving.shop, stage, owner=owner, customer_id=customer_id, n=n)
        )
        return {"deals": rows}

    async def show_deal(self, ctx: Ctx, deal_id: Id) -> dict[str, Any]:
        """One deal with its lines and quotes."""
        must_have(self._scopes(ctx), "rep")
        return await asyncio.to_thread(deal_desk.deal_told, self._serving.shop, deal_id)

    async def propose_for_deal(
        self,
        ctx: Ctx,
        deal_id: Id,
        n: Annotated[int, Field(ge=1, le=20, description="At most so many.")] = 3,
        who: Name | None = None,
    ) -> dict[str, Any]:
        """What goes with a deal, kept in it as proposed lines."""
        must_have(self._scopes(ctx), "rep")
        serving = self._serving
        found = await propose(serving.shop, serving.decider.decide, deal_id, serving.clock(), n=n, who=who)
        told = await asyncio.to_thread(deal_desk.deal_told, serving.shop, deal_id)
        decision = found.served.decision
        return {"deal": told, "decision": decision.id, "lines": list(found.places),
                "handed_over": list(found.handed_over),
                "why_none": None if decision.offers else why_silent(decision, decision.request.language)}  # fmt: skip

    async def answer_deal_line(
        self,
        ctx: Ctx,
        deal_id: Id,
        line: Place,
        state: Literal["accepted", "declined", "proposed"],
        reason: Annotated[NoReason | None, Field(description="Of a no.")] = None,
        who: Name | None = None,
    ) -> dict[str, Any]:
        """What the customer said to a proposed line, as the rep heard it: no acceptance."""
        must_have(self._scopes(ctx), "rep")
        serving = self._serving
        _, told = await asyncio.to_thread(
            lambda: answer_line(serving.shop, deal_id, line, state, serving.clock(), reason=reason, who=who)
        )
        await tell(serving.ledger, told)
        return await asyncio.to_thread(deal_desk.deal_told, serving.shop, deal_id)

    async def list_deal_promotions(self, ctx: Ctx, deal_id: Id) -> dict[str, Any]:
        """What may be given in a deal, also what only a rep may give."""
        must_have(self._scopes(ctx), "rep")
        rows = await asyncio.to_thread(promotions_for, self._serving.shop, deal_id, self._serving.clock())
        return {"promotions": rows}

    async def give_in_deal(
        self,
        ctx: Ctx,
        deal_id: Id,
        promotion: Id,
        lines: Annotated[list[int] | None, Field(description="Only on these; left out: all that it is for.")] = None,
        who: Name | None = None,
    ) -> dict[str, Any]:
        """Give a promotion in a deal, within the margin floor."""
        must_have(self._scopes(ctx), "rep")
        shop, now = self._serving.shop, self._serving.clock()
        await asyncio.to_thread(lambda: give_promotion(shop, deal_id, promotion, now, places=lines or (), who=who))
        return await asyncio.to_thread(deal_desk.deal_told, shop, deal_id)

    async def begin_deal(
        self,
        ctx: Ctx,
        title: Said,
        customer_id: Annotated[
            Id | None, Field(description="The account; without one it is kept, and says so.")
        ] = None,
        owner: Annotated[Name | None, Field(description="The rep; left out: the account's owner.")] = None,
        needs: Needs | None = None,
        note: Said | None = None,
        deal_id: Annotated[Id | None, Field(description="Yours; the same id makes no second deal.")] = None,
        who: Name | None = None,
    ) -> dict[str, Any]:
        """Begin a deal; one of this id that is there already is told as it is."""
        must_have(self._scopes(ctx), "rep")
        shop, now = self._serving.shop, self._serving.clock()

        def begun() -> dict[str, Any]:
            made = deal_desk.add_deal(
                shop, title, now, entropy(), customer_id=customer_id, owner=owner, needs=needs or (), note=note,
                who=who, deal_id=deal_id,
            )  # fmt: skip
            return deal_desk.deal_told(shop, made.id)

        return await asyncio.to_thread(begun)

    async def change_deal(
        self,
        ctx: Ctx,
        deal_id: Id,
        title: Said | None = None,
        customer_id: Id | None = None,
        owner: Name | None = None,
        needs: Needs | None = None,
        note: Said | None = None,
        stage: OpenStage = None,
        who: Name | None = None,
    ) -> dict[str, Any]:
        """Change what an open deal is about; what is left out stays."""
        must_have(self._scopes(ctx), "rep")
        said = {"title": title, "customer_id": customer_id, "owner": owner, "note": note, "stage": stage}
        values: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
        if needs is not None:
            values["needs"] = tuple(needs)
        if not values:
            raise BadValue("says nothing", key="title", way_out="title, customer_id, owner, needs, note or stage")
        return await self._done(
            deal_id, lambda: deal_desk.change_deal(self._serving.shop, deal_id, self._serving.clock(), who, **values)
        )

    async def lose_deal(
        self, ctx: Ctx, deal_id: Id, reason: Loss, note: Said | None = None, who: Name | None = None
    ) -> dict[str, Any]:
        """It came to nothing, and why; a quote that waits is taken back."""
        must_have(self._scopes(ctx), "rep")
        shop, now = self._serving.shop, self._serving.clock()
        return await self._done(deal_id, lambda: deal_desk.lose_deal(shop, deal_id, reason, now, note=note, who=who))

    async def reopen_deal(self, ctx: Ctx, deal_id: Id, who: Name | None = None) -> dict[str, Any]:
        """A lost deal goes on."""
        must_have(self._scopes(ctx), "rep")
        shop, now = self._serving.shop, self._serving.clock()
        return await self._done(deal_id, lambda: deal_desk.reopen_deal(shop, deal_id, now, who))

    async def put_deal_line(
        self,
        ctx: Ctx,
        deal_id: Id,
        product_id: Id,
        quantity: Annotated[int, Field(ge=0, le=MOST_UNITS, description="Whole cases; 0 takes it out.")] = 1,
        price: Annotated[Amount | None, Field(description="Of one unit, the rep's own; left out: as listed.")] = None,
        with_id: Annotated[Id | None, Field(description="The main product that it is attached to.")] = None,
        who: Name | None = None,
    ) -> dict[str, Any]:
        """Put a product into a deal by hand, change its units or price, or take it out."""
        must_have(self._scopes(ctx), "rep")
        shop, now = self._serving.shop, self._serving.clock()
        return await self._done(
            deal_id,
            lambda: deal_desk.put_line(shop, deal_id, product_id, quantity, now, price=price, with_id=with_id, who=who),
        )

    async def price_deal_set(
        self,
        ctx: Ctx,
        deal_id: Id,
        lines: Annotated[list[Place], Field(min_length=2, max_length=100)],
        price: Amount,
        who: Name | None = None,
    ) -> dict[str, Any]:
        """One price for several lines, while all of them are wanted."""
        must_have(self._scopes(ctx), "rep")
        shop, now = self._serving.shop, self._serving.clock()
        return await self._done(deal_id, lambda: deal_desk.price_set(shop, deal_id, lines, price, now, who))

    async def take_back_in_deal(self, ctx: Ctx, deal_id: Id, promotion: Id, who: Name | None = None) -> dict[str, Any]:
        """Take a promotion out of a deal."""
        must_have(self._scopes(ctx), "rep")
        shop, now = self._serving.shop, self._serving.clock()
        return await self._done(deal_id, lambda: take_back_promotion(shop, deal_id, promotion, now, who=who))

    async def quote_deal(
        self,
        ctx: Ctx,
        deal_id: Id,
        days: Days = 30,
        language: Language = None,
        who: Name | None = None,
    ) -> dict[str, Any]:
        """Write the quote, and say where it stands; nobody is sent anything."""
        must_have(self._scopes(ctx), "rep")
        serving, now = self._serving, self._serving.clock()
        local = zone(serving.settings.time_zone)

        def quoted() -> dict[str, Any]:
            made = deal_quotes.write_quote(serving.shop, deal_id, now, entropy(), days=days, who=who)
            quotes = deal_desk.deal_told(serving.shop, deal_id)["quotes"]
            told = next(each for each in quotes if each["id"] == made.quote.id)
            return {**told, "text": text_of(made.quote, made.buyer, language or serving.settings.language, local)}

        return await asyncio.to_thread(quoted)

    async def send_deal_quote(
        self,
        ctx: Ctx,
        deal_id: Id,
        to: Annotated[
            list[Id] | None, Field(min_length=1, max_length=20, description="Left out: the account's own address.")
        ] = None,
        days: Days = 30,
        language: Language = None,
        approved_by: Annotated[Name | None, Field(description="Who lets the credit limit be passed.")] = None,
        who: Name | None = None,
    ) -> dict[str, Any]:
        """Mail the quote to the customer for their yes; addresses and the credit limit are an admin's to choose."""
        scopes = self._scopes(ctx)
        must_have(scopes, "rep")
        serving, now = self._serving, self._serving.clock()
        sent = await asyncio.to_thread(
            lambda: put_before_customer(
                serving.shop, deal_id, now, entropy(), free="admin" in scopes, to=to, days=days, language=language,
                approved_by=approved_by, who=who,
            )
        )  # fmt: skip
        await tell(serving.ledger, sent.told)
        told = await asyncio.to_thread(deal_desk.deal_told, serving.shop, deal_id)
        return {"deal": told, "number": sent.written.quote.number, "mailed": list(sent.mailed)}

    async def win_deal_by_order_form(
        self,
        ctx: Ctx,
        deal_id: Id,
        number: Annotated[Said, Field(description="Of the purchase order.")],
        person: Annotated[Said, Field(description="At the customer, who ordered.")],
        filed: Annotated[Said, Field(description="Where it can be looked up.")],
        who: Annotated[Name, Field(description="Who takes it in; not the deal's own rep.")],
    ) -> dict[str, Any]:
        """The customer's yes on paper; it cannot be taken back: an order is written."""
        must_have(self._scopes(ctx), "admin")
        shop, now, asked = self._serving.shop, self._serving.clock(), known_as(ctx)

        def won() -> ByDecision:
            given = deal_quotes.win_by_order_form(shop, deal_id, number, person, filed, now, who=who)
            told = deal_quotes.settle(shop, given.acceptance_id, now)
            note_change(shop, "mcp.change", f"win_deal_by_order_form {deal_id}", asked, now)
            return told

        await tell(self._serving.ledger, await asyncio.to_thread(won))
        return await asyncio.to_thread(deal_desk.deal_told, shop, deal_id)

    async def show_deal_history(self, ctx: Ctx, deal_id: Id) -> dict[str, Any]:
        """What was done with a deal, in its order."""
        must_have(self._scopes(ctx), "rep")
        return {"events": await asyncio.to_thread(deal_desk.deal_history, self._serving.shop, deal_id)}

    async def report_deals(
        self,
        ctx: Ctx,
        by: Literal["line", "product"] = "line",
        owner: Annotated[Name | None, Field(description="Only this rep's.")] = None,
        team: Annotated[Name | None, Field(description="Only of the reps of this team.")] = None,
        each_rep: Annotated[bool, Field(description="Combinations of each rep by themselves.")] = False,  # noqa: FBT002 - an argument of a tool has a name
        days: Annotated[int, Field(ge=1, le=36_500, description="Deals changed within so many days.")] = 365,
    ) -> dict[str, Any]:
        """Which combinations win; only what customers have confirmed counts."""
        must_have(self._scopes(ctx), "rep")
        shop, now = self._serving.shop, self._serving.clock()
        return await asyncio.to_thread(
            lambda: deal_report(shop, now, back=days, group=by, each_rep=each_rep, owner=owner, team=team)
        )

    async def _done(self, deal_id: str, work: Callable[[], object]) -> dict[str, Any]:
        """Do it; the deal as it is then."""
        await asyncio.to_thread(work)
        return await asyncio.to_thread(deal_desk.deal_told, self._serving.shop, deal_id)
