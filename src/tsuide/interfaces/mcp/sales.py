"""Tools for the sales team's own agent: whom to call, what is known, what is to do. A rep's key is needed."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeAlias

from mcp.server.mcpserver import Context
from pydantic import AwareDatetime, Field

from tsuide.app import deals as deal_desk
from tsuide.app import tasks as task_desk
from tsuide.app import worklist as worklist_desk
from tsuide.app import worklist_answers as said
from tsuide.app.customer_whole import whole_now
from tsuide.app.deal_offers import answer_line, propose, tell
from tsuide.app.deal_promotions import give_promotion, promotions_for
from tsuide.app.interactions import record_interaction
from tsuide.app.serving import Serving, entropy
from tsuide.errors import WrongKey
from tsuide.facts.interactions import Interaction, InteractionKind
from tsuide.interfaces.mcp.arguments import Id, Language, Said
from tsuide.kit.ids import time_id
from tsuide.offers.offer import NoReason

Ctx: TypeAlias = Context[Any, Any]
Scopes: TypeAlias = Callable[[Ctx], frozenset[str]]
Name = Annotated[str, Field(min_length=1, max_length=200, description="As the customers' attribute `owner` has it.")]
Few = Annotated[int, Field(ge=1, le=50, description="At most so many.")]


class SalesTools:
    """What a rep's agent may do; it never answers for a customer.

    Args:
        serving: the running shop.
        scopes: what the caller of a request may do.
    """

    def __init__(self, serving: Serving, scopes: Scopes) -> None:
        self._serving = serving
        self._scopes = scopes

    async def list_worklist(self, ctx: Ctx, rep: Name, n: Few = 10, language: Language = None) -> dict[str, Any]:
        """Whom a rep should call first."""
        self._rep(ctx)
        serving = self._serving
        wanted = worklist_desk.Wanted(rep, self._language(language), n)
        told, served = await asyncio.to_thread(
            lambda: worklist_desk.worklist(serving.shop, serving.decider, wanted, serving.clock(), serving.habits.now())
        )
        await serving.decider.keep(served)
        return told

    async def answer_worklist(
        self,
        ctx: Ctx,
        offer_id: Id,
        answer: Literal["accept", "dismiss", "snooze"],
        reason: Annotated[str | None, Field(description="Of a dismissal: an error names the choices.")] = None,
        days: Annotated[int | None, Field(ge=1, le=730, description="Of a snooze.")] = None,
        note: Said | None = None,
    ) -> dict[str, Any]:
        """The rep's own answer to an offer on their list: never the customer's."""
        self._rep(ctx)
        shop, now = self._serving.shop, self._serving.clock()

        def answered() -> said.Answered:
            if answer == "accept":
                return said.accept(shop, offer_id, now, note=note, entropy=entropy())
            if answer == "dismiss":
                return said.dismiss(shop, offer_id, reason or "", now, note=note)
            return said.snooze(shop, offer_id, now, days=days)

        made = await asyncio.to_thread(answered)
        await asyncio.to_thread(said.must_fit, shop, made)
        await self._serving.ledger.record(made.decision_id, [made.told])
        return said.answered_told(made, new=await asyncio.to_thread(said.keep, shop, made))

    async def show_customer(
        self, ctx: Ctx, customer_id: Id, rep: Name | None = None, language: Language = None
    ) -> dict[str, Any]:
        """All that is known of a customer or an account, and what to offer now and what not."""
        self._rep(ctx)
        serving = self._serving
        return await asyncio.to_thread(
            whole_now, serving.shop, serving.decider, customer_id, serving.clock(), self._language(language), rep
        )

    async def list_tasks(
        self,
        ctx: Ctx,
        assignee: Name | None = None,
        customer_id: Id | None = None,
        overdue: bool = False,  # noqa: FBT001, FBT002 - an argument of a tool has a name
        n: Few = 20,
    ) -> dict[str, Any]:
        """What is to do, those due first."""
        self._rep(ctx)
        before = self._serving.clock() if overdue else None
        rows = await asyncio.to_thread(
            lambda: task_desk.tasks_told(
                self._serving.shop, assignee=assignee, customer_id=customer_id, due_before=before, n=n
            )
        )
        return {"tasks": rows}

    async def change_task(
        self,
        ctx: Ctx,
        task_id: Id,
        state: Literal["open", "done", "dropped"] | None = None,
        until: Annotated[AwareDatetime | None, Field(description="Put off until then.")] = None,
        assignee: Annotated[Name | None, Field(description="Passed on to them.")] = None,
        reason: Said | None = None,
        who: Name | None = None,
    ) -> dict[str, Any]:
        """Do, drop, put off or pass on a task; it as it was."""
        self._rep(ctx)
        serving = self._serving
        return await asyncio.to_thread(
            lambda: task_desk.change_task(
                serving.shop,
                task_id,
                serving.clock(),
                state=state,
                until=until,
                assignee=assignee,
                reason=reason,
                who=who,
            )
        )

    async def list_deals(
        self,
        ctx: Ctx,
        owner: Name | None = None,
        customer_id: Id | None = None,
        stage: Annotated[str, Field(description="open, all, or a stage.")] = "open",
        n: Few = 20,
    ) -> dict[str, Any]:
        """Deals, the last changed first."""
        self._rep(ctx)
        rows = await asyncio.to_thread(
            lambda: deal_desk.deals_told(self._serving.shop, stage, owner=owner, customer_id=customer_id, n=n)
        )
        return {"deals": rows}

    async def show_deal(self, ctx: Ctx, deal_id: Id) -> dict[str, Any]:
        """One deal with its lines and quotes."""
        self._rep(ctx)
        return await asyncio.to_thread(deal_desk.deal_told, self._serving.shop, deal_id)

    async def propose_for_deal(
        self,
        ctx: Ctx,
        deal_id: Id,
        n: Annotated[int, Field(ge=1, le=20, description="At most so many.")] = 3,
        who: Name | None = None,
    ) -> dict[str, Any]:
        """What goes with a deal, kept in it as proposed lines."""
        self._rep(ctx)
        serving = self._serving
        found = await propose(serving.shop, serving.decider.decide, deal_id, serving.clock(), n=n, who=who)
        told = await asyncio.to_thread(deal_desk.deal_told, serving.shop, deal_id)
        return {"deal": told, "decision": found.served.decision.id, "lines": list(found.places),
                "handed_over": list(found.handed_over)}  # fmt: skip

    async def answer_deal_line(
        self,
        ctx: Ctx,
        deal_id: Id,
        line: Annotated[int, Field(ge=1, le=10_000, description="Its number in the deal.")],
        state: Literal["accepted", "declined", "proposed"],
        reason: Annotated[NoReason | None, Field(description="Of a no.")] = None,
        who: Name | None = None,
    ) -> dict[str, Any]:
        """What the customer said to a proposed line, as the rep heard it: no acceptance."""
        self._rep(ctx)
        serving = self._serving
        _, told = await asyncio.to_thread(
            lambda: answer_line(serving.shop, deal_id, line, state, serving.clock(), reason=reason, who=who)
        )
        await tell(serving.ledger, told)
        return await asyncio.to_thread(deal_desk.deal_told, serving.shop, deal_id)

    async def list_deal_promotions(self, ctx: Ctx, deal_id: Id) -> dict[str, Any]:
        """What may be given in a deal, also what only a rep may give."""
        self._rep(ctx)
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
        self._rep(ctx)
        shop, now = self._serving.shop, self._serving.clock()
        await asyncio.to_thread(lambda: give_promotion(shop, deal_id, promotion, now, places=lines or (), who=who))
        return await asyncio.to_thread(deal_desk.deal_told, shop, deal_id)

    async def note_customer(
        self,
        ctx: Ctx,
        customer_id: Id,
        text: Said,
        kind: InteractionKind = "note",
        outcome: Annotated[str | None, Field(description="no_answer: nobody was reached.")] = None,
        who: Name | None = None,
    ) -> dict[str, Any]:
        """Write down a call, a visit or a note."""
        self._rep(ctx)
        now = self._serving.clock()
        said_id = time_id("int", now, entropy())
        note = Interaction(said_id, customer_id, kind, now, who, None, text, outcome)
        await asyncio.to_thread(record_interaction, self._serving.shop, note, now)
        return {"id": said_id}

    def _rep(self, ctx: Ctx) -> None:
        """Let only the shop's own people on.

        Raises:
            WrongKey: an agent of somebody else.
        """
        if not self._scopes(ctx) & {"rep", "admin"}:
            raise WrongKey(
                "this key may not do that", key="scope", value="rep", way_out="tsuide keys create … --scope rep"
            )

    def _language(self, language: str | None) -> str:
        return language or self._serving.settings.language
