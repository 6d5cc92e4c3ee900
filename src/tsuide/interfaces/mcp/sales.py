"""Tools for the sales team's own agent: whom to call, what is known, what is to do. A rep's key is needed."""

import asyncio
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from tsuide.app import tasks as task_desk
from tsuide.app import worklist as worklist_desk
from tsuide.app import worklist_answers as said
from tsuide.app.customer_whole import whole_now
from tsuide.app.interactions import record_interaction
from tsuide.app.serving import Serving, entropy
from tsuide.facts.interactions import Interaction, InteractionKind
from tsuide.interfaces.mcp.arguments import Id, Language, Said
from tsuide.interfaces.mcp.callers import Ctx, Few, Name, Scopes, must_have
from tsuide.kit.ids import time_id


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
        must_have(self._scopes(ctx), "rep")
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
        must_have(self._scopes(ctx), "rep")
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
        must_have(self._scopes(ctx), "rep")
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
        must_have(self._scopes(ctx), "rep")
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
        must_have(self._scopes(ctx), "rep")
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
        must_have(self._scopes(ctx), "rep")
        now = self._serving.clock()
        said_id = time_id("int", now, entropy())
        note = Interaction(said_id, customer_id, kind, now, who, None, text, outcome)
        await asyncio.to_thread(record_interaction, self._serving.shop, note, now)
        return {"id": said_id}

    def _language(self, language: str | None) -> str:
        return language or self._serving.settings.language
