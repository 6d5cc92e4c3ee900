"""Tools for whoever leads the sales team: what offers brought, and customers who are one; mostly an admin's key."""

import asyncio
from datetime import date, timedelta
from typing import Annotated, Any, Final

from pydantic import Field

from tsuide.app import duplicates as twins
from tsuide.app import results as results_desk
from tsuide.app.changes import note_change
from tsuide.app.serving import Serving, entropy
from tsuide.errors import BadValue
from tsuide.interfaces.mcp.arguments import Id, Language
from tsuide.interfaces.mcp.callers import Ctx, Few, Name, Scopes, known_as, must_have
from tsuide.kit.clock import zone
from tsuide.proof.reports.results import Results, Sort
from tsuide.proof.reports.results_phrases import RESULTS

_BACK: Final = timedelta(days=30)
_METHODS: Final = ("offers", "attributed", "incremental", "groups")
_BY: Final[tuple[Sort, ...]] = ("rep", "line", "tier")
Sorts = Annotated[list[Sort], Field(min_length=1, max_length=10, description="By what; left out: rep, line, tier.")]


class FigureTools:
    """Results, duplicates and merges.

    Args:
        serving: the running shop.
        scopes: what the caller of a request may do.
    """

    def __init__(self, serving: Serving, scopes: Scopes) -> None:
        self._serving = serving
        self._scopes = scopes

    async def show_results(
        self,
        ctx: Ctx,
        since: Annotated[date | None, Field(description="First day; left out: 30 days back.")] = None,
        until: Annotated[date | None, Field(description="Last day; left out: today.")] = None,
        by: Sorts | None = None,
        language: Language = None,
    ) -> dict[str, Any]:
        """Counts and attributed money of each rep, line and tier, each beside its effect."""
        must_have(self._scopes(ctx), "admin")
        serving, now = self._serving, self._serving.clock()
        if since is None and until is not None:
            raise BadValue("a last day without a first one", key="since", value=since, way_out="2026-06-01")

        def found() -> dict[str, Any]:
            start, end = now - _BACK, now
            if since is not None:
                last = until or now.astimezone(zone(serving.settings.time_zone)).date()
                start, end = results_desk.days_between(serving.shop, since.isoformat(), last.isoformat())
            made = results_desk.results(serving.shop, start, min(end, now))
            return results_told(made, tuple(by or _BY), language or serving.settings.language)

        return await asyncio.to_thread(found)

    async def list_duplicates(self, ctx: Ctx, customer_id: Id | None = None, n: Few = 20) -> dict[str, Any]:
        """Customers who are probably one."""
        must_have(self._scopes(ctx), "rep")
        return {"duplicates": await asyncio.to_thread(twins.duplicates_told, self._serving.shop, customer_id, n)}

    async def list_merges(self, ctx: Ctx, n: Few = 20) -> dict[str, Any]:
        """Who was merged, the newest first."""
        must_have(self._scopes(ctx), "admin")
        return {"merges": await asyncio.to_thread(twins.merges_told, self._serving.shop, n)}

    async def merge_customers(self, ctx: Ctx, kept: Id, merged: Id, who: Name | None = None) -> dict[str, Any]:
        """Everything of `merged` becomes `kept`'s."""
        must_have(self._scopes(ctx), "admin")
        shop, now, asked = self._serving.shop, self._serving.clock(), known_as(ctx)

        def work() -> dict[str, Any]:
            made = twins.merge(shop, kept, merged, now, entropy(), who=who)
            note_change(shop, "mcp.change", f"merge_customers {made['id']}", asked, now)
            return made

        return await asyncio.to_thread(work)

    async def undo_merge(self, ctx: Ctx, merge_id: Id, who: Name | None = None) -> dict[str, Any]:
        """Both are again as they were."""
        must_have(self._scopes(ctx), "admin")
        shop, now, asked = self._serving.shop, self._serving.clock(), known_as(ctx)

        def work() -> dict[str, Any]:
            undone = twins.undo(shop, merge_id, now, who=who)
            note_change(shop, "mcp.change", f"undo_merge {merge_id}", asked, now)
            return undone

        return await asyncio.to_thread(work)


def results_told(found: Results, sorts: tuple[Sort, ...], language: str) -> dict[str, Any]:
    """The report for an agent: each row with the effect of its group beside what is only attributed.

    Args:
        found: the report.
        sorts: by what its rows are.
        language: ja or en, of the methods.
    """
    plain = found.plain()
    effects = {(each["sort"], each["name"]): each for each in plain["effect_by"].get("groups", ())}
    rows = [
        {**row, "effect": effects.get((row["sort"], row["name"]))} for row in plain["offers"] if row["sort"] in sorts
    ]
    return {
        **{name: plain[name] for name in ("since", "until", "currency", "other_currencies")},
        "rows": rows,
        "effect": plain["effect"],
        "effect_by": plain["effect_by"],
        "methods": {name: RESULTS.text(f"method_{name}", language) for name in _METHODS},
    }
