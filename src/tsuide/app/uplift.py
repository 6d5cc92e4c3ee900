"""Whom offers move, learned from the standing holdout: who was shown offers against who would have been."""

from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from tsuide.app.exposures import exposures
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, NothingLearned, TooFewData
from tsuide.kit.arrays import frozen
from tsuide.kit.phrases import LANGUAGES
from tsuide.mining.index import Index
from tsuide.mining.snapshot import Snapshot, open_snapshot
from tsuide.offers.moved import GROUPS, PREFIX, FittedUplift, Group
from tsuide.proof.metrics import within
from tsuide.proof.uplift.features import FEATURES, features_of
from tsuide.proof.uplift.fit import fit_uplift
from tsuide.proof.uplift.groups import LEAST
from tsuide.proof.uplift.learners import FEWEST
from tsuide.proof.uplift.phrases import UPLIFT

WINDOW_DAYS: Final = 30  # between the first decision and a purchase
MEMORY_DAYS: Final = 180


def learn_uplift(shop: Shop, purchases: pl.DataFrame, now: datetime, seed: int) -> FittedUplift:
    """Uplift of everybody who ever bought.

    Args:
        shop: whose decisions.
        purchases: as `store.facts.purchases`.
        now: UTC; customers whose window has not passed yet are left out.
        seed: of folds and resamples.

    Raises:
        TooFewData: fewer than 50 customers in an arm, or an arm in which nobody, or everybody, bought.
    """
    start, end = now - timedelta(days=MEMORY_DAYS), now - timedelta(days=WINDOW_DAYS)
    seen = exposures(shop, start, end, cells=False)
    arms = {arm: seen.people("", arm) for arm in ("treated", "holdout")}
    smaller = min(len(each) for each in arms.values())
    if smaller < FEWEST:
        raise TooFewData(f"uplift needs {FEWEST} customers in each arm", key="customers", value=smaller)
    people = pl.concat([each.with_columns(treated=pl.lit(arm == "treated")) for arm, each in arms.items()])
    people = people.sort("customer_id")
    orders = purchases.select("customer_id", at="placed_at").drop_nulls()
    bought = within(people, orders, timedelta(days=WINDOW_DAYS), now)
    everybody = purchases.select("customer_id").drop_nulls().unique().sort("customer_id").with_columns(at=pl.lit(now))
    scored = fit_uplift(
        features_of(people, purchases),
        bought,
        people["treated"].to_numpy(),
        features_of(everybody, purchases),
        seed=seed,
    )
    return FittedUplift(
        customer_ids=Index.of(everybody["customer_id"]),
        uplift=frozen(scored.uplift),
        untreated=frozen(scored.untreated),
        group=frozen(scored.group),
        factors=frozen(scored.factors),
        facts={
            "learned_at": now.isoformat(),
            "window_days": WINDOW_DAYS,
            "memory_days": MEMORY_DAYS,
            "features": list(FEATURES),
            "definition": {each: _definition(each) for each in LANGUAGES},
            **scored.facts,
        },
    )


def _definition(language: str) -> str:
    return UPLIFT.text("definition", language, days=WINDOW_DAYS, least=f"{LEAST:.0%}")


def uplift_of(shop: Shop) -> FittedUplift:
    """The part of the current snapshot.

    Raises:
        NothingLearned: nothing was learned at all.
        TooFewData: the holdout did not say enough yet.
    """
    return uplift_in(open_snapshot(shop.snapshots))


def uplift_in(snapshot: Snapshot) -> FittedUplift:
    """The part of a snapshot.

    Raises:
        NothingLearned, TooFewData: as `uplift_of`.
    """
    part = snapshot.parts.get("uplift")
    if isinstance(part, FittedUplift):
        return part
    why = snapshot.meta.get("left_out", {}).get("uplift")
    if why is None:
        raise NothingLearned("this snapshot has no uplift", key="snapshot", value=snapshot.id, way_out="tsuide learn")
    raise TooFewData(why, key="uplift", way_out="let the holdout run, then tsuide learn")


def segment_members(shop: Shop, segment: str, part: FittedUplift | None = None) -> dict[str, Any]:
    """A segment by name: its date, its definition, whether the holdout supports it, and its customers.

    `part` is what was learned, where somebody holds it in memory; None = of the current snapshot.

    Raises:
        BadValue: no such segment.
        NothingLearned: as `uplift_of`.
        TooFewData: as `uplift_of`.
    """
    group = _group(segment)
    part = part or uplift_of(shop)
    return {
        "segment": PREFIX + group,
        "learned_at": part.facts["learned_at"],
        "definition": part.facts["definition"],
        "supported": part.supported(group),
        "effect": part.facts["groups"][group]["effect"],
        "customers": part.members(group),
    }


def _group(segment: str) -> Group:
    named = segment.removeprefix(PREFIX)
    for each in GROUPS:
        if each == named:
            return each
    raise BadValue("not a segment of uplift", key="segment", value=segment,
                   way_out=f"one of {', '.join(PREFIX + each for each in GROUPS)}")  # fmt: skip


def account(part: FittedUplift) -> dict[str, Any]:
    """What was learned, as JSON, with how far scores spread."""
    spread = np.quantile(part.uplift, (0.05, 0.5, 0.95)).round(6).tolist() if len(part.uplift) else [0.0] * 3
    quantiles = dict(zip(("low", "middle", "high"), spread, strict=True))
    return {**part.facts, "customers": len(part.customer_ids), "predicted": quantiles}
