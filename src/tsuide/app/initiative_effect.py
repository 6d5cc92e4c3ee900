"""What an initiative added: treated customers against the others, costs, leads, return; and its conclusion."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from tsuide.app.effect import Facts, attributed, by_account, gather_facts, metrics_of
from tsuide.app.experiments import experiment_of
from tsuide.app.exposures import exposures
from tsuide.app.initiatives import arm_of, concludable, initiative_of, keep_conclusion, plain
from tsuide.app.policies import active_policy
from tsuide.app.wiring import Shop
from tsuide.errors import Conflict, TooFewData, TsuideError
from tsuide.kit.clock import from_micros
from tsuide.kit.text import must_be_said
from tsuide.proof.difference import difference
from tsuide.proof.effect import effect
from tsuide.proof.initiative import Conclusion, Initiative, stage
from tsuide.proof.metrics import within
from tsuide.proof.returns_on_cost import Range, roi, share_of, total_of
from tsuide.proof.sample_ratio import SampleRatio, sample_ratio

_BASIS: Final = 10_000


def initiative_effect(shop: Shop, initiative_id: str, now: datetime) -> dict[str, Any]:
    """Effect, return on cost, share of sales and leads, each incremental with its interval; attributed figures beside.

    Raises:
        NotFound: no such initiative, or its experiment is gone.
        Conflict: it has not begun, or its experiment was never started.
        SampleRatioMismatch: the arms are not split as planned: nothing of it may be read.
        TooFewData: fewer than two customers in an arm, or no holdout is kept.
    """
    found = initiative_of(shop, initiative_id)
    if stage(found, now) == "planned":
        raise Conflict("it has not begun", key="initiative", value=found.id)
    own = gather_facts(shop, now)
    arms, ratio, facts = _arms(shop, found, own, now)
    until = min(now, found.ends_at + timedelta(days=found.window))
    metrics = {arm: metrics_of(people, facts, found.window, until) for arm, people in arms.items()}
    read = effect(metrics["treated"], metrics["control"], primary=found.metric)
    entries = [row for row in shop.store.initiatives.entries(found.id) if row["undone_at"] is None]
    costs = _costs(entries)
    cost = costs.get(facts.currency or "", 0)
    margin = total_of(read, "margin")
    return {
        "initiative": plain(found, now),
        "measured_by": found.experiment or "standing_holdout",
        "until": until.isoformat(),
        "window_days": found.window,
        "currency": facts.currency,
        "sample_ratio": ratio.plain(),
        **read.plain(),
        "costs": costs,
        "incremental": {
            "margin": margin.plain(2),
            "revenue": total_of(read, "revenue").plain(2),
            "return_on_cost": roi(margin, cost).plain() if len(costs) <= 1 else Range().plain(),
            "share_of_sales": share_of(read).plain(),
            **_leads(entries, arms, found.window, until, cost),
        },
        "leads": _counted(entries, cost),
        "attributed": attributed(
            shop,
            own,
            found.starts_at,
            min(now, found.ends_at),
            cost=cost,
            customers=_members(shop, arms["treated"]["customer_id"]),
            placements=found.placements,
        ),
    }


def conclude(shop: Shop, initiative_id: str, learned: str, next_step: str, now: datetime) -> Initiative:
    """Read the verdict once, and keep it with what a person learned and does next.

    Raises:
        NotFound: no such initiative.
        BadValue: nothing said, or too much.
        Conflict: it has not begun yet, or is concluded already.
    """
    must_be_said("learned", learned)
    must_be_said("next_step", next_step)
    before = concludable(initiative_of(shop, initiative_id), now)
    try:
        read = initiative_effect(shop, initiative_id, now)
        reading = read["metrics"][read["primary"]]["difference"]
        bounds = {name: reading[name] for name in ("value", "low", "high")}
        made = Conclusion(now, read["verdict"], read["primary"], learned, next_step, **bounds)
    except TsuideError as error:  # too few, a ratio that is off: that, too, is how it came out
        made = Conclusion(now, "not_readable", before.metric, learned, next_step, why=str(error))
    return keep_conclusion(shop, initiative_id, made, now)


def _arms(
    shop: Shop, found: Initiative, facts: Facts, now: datetime
) -> tuple[dict[str, pl.DataFrame], SampleRatio, Facts]:
    """Treated and control with their first moments; the ratio, checked; facts by account where that is the unit."""
    start, end = found.starts_at, min(now, found.ends_at)
    if found.experiment is None:
        holdout = active_policy(shop, now).holdout / _BASIS
        if holdout == 0:
            raise TooFewData("the policy keeps no holdout: no effect can be measured", key="holdout", value=0,
                             way_out="holdout: 5%, or an experiment")  # fmt: skip
        seen = exposures(shop, start, end, cells=False, placements=found.placements)
        arms = {"treated": seen.people("", "treated"), "control": seen.people("", "holdout")}
        planned = {"treated": 1 - holdout, "control": holdout}
        return arms, sample_ratio(_sizes(arms), planned).checked(found.id), facts
    experiment, arm = experiment_of(shop, found.experiment), arm_of(shop, found)
    if experiment.started_at is None:
        raise Conflict("it was never started", key="experiment", value=experiment.id,
                       way_out=f"tsuide experiment start {experiment.id}")  # fmt: skip
    start, end = max(start, experiment.started_at), min(end, experiment.stopped_at or end)
    seen = exposures(shop, start, end, cells=False, placements=found.placements)
    name = f"{experiment.id}@account" if experiment.unit == "account" else experiment.id
    people = {each.name: seen.people(name, each.name) for each in experiment.arms}
    ratio = sample_ratio(_sizes(people), experiment.shares).checked(experiment.id)
    arms = {"treated": people[arm or ""], "control": people[experiment.arms[0].name]}
    return arms, ratio, by_account(shop, facts) if experiment.unit == "account" else facts


def _members(shop: Shop, units: pl.Series) -> pl.Series:
    """The customers themselves, and those below the accounts among them."""
    below = shop.store.facts.customers().filter(pl.col("parent_id").is_in(units.to_list()))["id"]
    return pl.concat([units, below]).unique()


def _sizes(arms: Mapping[str, pl.DataFrame]) -> dict[str, int]:
    return {arm: len(people) for arm, people in arms.items()}


def _costs(entries: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Currency → minor units; amounts of two currencies are never added."""
    costs: dict[str, int] = {}
    for each in entries:
        if each["kind"] == "cost":
            costs[each["currency"]] = costs.get(each["currency"], 0) + each["amount"]
    return costs


def _counted(entries: Iterable[Mapping[str, Any]], cost: int) -> dict[str, Any]:
    """All leads, whoever they are: counted, not caused."""
    leads = [each for each in entries if each["kind"] == "lead"]
    known = {each["customer_id"] for each in leads if each["customer_id"] is not None}
    each = round(cost / len(leads), 2) if leads else None
    return {"recorded": len(leads), "customers": len(known), "cost_each": each}


def _leads(
    entries: Iterable[Mapping[str, Any]], arms: Mapping[str, pl.DataFrame], window: int, until: datetime, cost: int
) -> dict[str, Any]:
    """Leads among treated customers beyond those among the others: what the initiative added."""
    rows = [
        (each["customer_id"], from_micros(each["at"]))
        for each in entries
        if each["kind"] == "lead" and each["customer_id"] is not None
    ]
    if not rows:
        return {"leads": Range().plain(), "cost_per_lead": None}
    told = pl.DataFrame(rows, schema={"customer_id": pl.String, "at": pl.Datetime("us", "UTC")}, orient="row")
    became = {arm: within(people, told, timedelta(days=window), until) for arm, people in arms.items()}
    change, n = difference(became["treated"], became["control"]), len(arms["treated"])
    total = Range(*(float(np.asarray(each)) * n for each in (change.value, change.low, change.high)))
    each = cost / total.value if total.value is not None and total.value > 0 and cost else None
    return {"leads": total.plain(2), "cost_per_lead": None if each is None else round(each, 2)}
