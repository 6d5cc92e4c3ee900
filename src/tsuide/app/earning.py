"""What another policy or model would have earned: the decision log, and what customers bought since."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import numpy as np
import polars as pl

from tsuide.app.effect import gather_facts
from tsuide.app.loading import load
from tsuide.app.past import Past
from tsuide.app.wiring import Shop
from tsuide.errors import NotFound, NotReady
from tsuide.kit.arrays import Float64
from tsuide.kit.clock import to_micros
from tsuide.kit.money import RATE_UNIT
from tsuide.offers.decide import Judged
from tsuide.offers.decision import ERASED, Decision
from tsuide.offers.likelihood import draws_of, judged_otherwise
from tsuide.offers.policy.policy import Policy
from tsuide.offers.state import State
from tsuide.proof.earnings import LABEL, Logged, earnings

DAYS_AFTER: Final = 7
_WINDOW: Final = to_micros(datetime.fromisoformat("1970-01-08T00:00:00+00:00"))
_Bought = Mapping[tuple[str, str], list[tuple[int, float]]]


def would_have_earned(
    shop: Shop, start: datetime, end: datetime, *, policy: Policy | None = None, snapshot_id: str | None = None
) -> dict[str, Any]:
    """Money per decision under another policy, another learned state, or both, as plain JSON.

    Args:
        shop: whose log.
        start: decisions from here on.
        end: until here.
        policy: that might have been (its levers included); None = each decision's own.
        snapshot_id: of the model that might have been; None = each decision's own.

    Raises:
        NoSupport: the log never tried what the other would have shown.
        NothingLearned, SnapshotDamaged: the model is not there.
    """
    past, facts, skipped = Past(shop), gather_facts(shop, end), dict[str, int]()
    model = None if snapshot_id is None else load(shop, snapshot_id, shop.store.facts.sequence()).state
    bought = _bought(facts.lines)
    logged = list(_seen(past, start, end, policy, model, bought, skipped))
    found = earnings(logged)
    return {
        "since": start.isoformat(),
        "until": end.isoformat(),
        "currency": facts.currency,
        "days_after": DAYS_AFTER,
        "skipped": skipped,
        "label": LABEL,
        **found.plain(),
    }


def _seen(
    past: Past,
    start: datetime,
    end: datetime,
    policy: Policy | None,
    model: State | None,
    bought: _Bought,
    skipped: dict[str, int],
) -> Iterator[Logged]:
    for decision in past.decisions(start, end):
        why = _unusable(decision)
        if why is None:
            try:
                state = model or past.state(decision.snapshot_id, decision.sequence)
                other = policy or past.policy(decision.policy, decision.policy_version)
            except (NotFound, NotReady) as error:
                why = error.code
        if why is not None:
            skipped[why] = skipped.get(why, 0) + 1
            continue
        judged = judged_otherwise(decision, state, other)
        rewards = np.array([_money(decision, offer.product_id, bought) for offer in decision.slate])
        foretold = sum(offer.scores.propensity * max(offer.scores.worth or 0, 0) for offer in decision.slate)
        yield Logged(draws_of(decision, judged, state, other), rewards, foretold, _foretold(judged))


def _unusable(decision: Decision) -> str | None:
    """Why a decision says nothing of what offers earn; None where it does."""
    if decision.unit == ERASED:
        return "erased"
    if decision.request.customer_id is None:
        return "nobody_known"
    if decision.arm == "holdout" or decision.customer.trial.withheld:
        return "holdout"
    return "control_group" if decision.customer.trial.ranking == "random_propensity" else None


def _foretold(judged: Judged) -> float:
    rows = judged.picks["row"]
    return float((judged.pool["propensity"][rows] * np.maximum(judged.pool["worth"][rows], 0)).sum())


def _bought(lines: pl.DataFrame) -> _Bought:
    """(customer, product) → moments and margin (revenue where no cost is known), ex tax, net of what came back."""
    taxed = pl.when(pl.col("tax_included").fill_null(value=True)).then(pl.col("tax_rate").fill_null(0)).otherwise(0)
    kept = pl.col("quantity") - pl.col("returned")
    net = pl.col("amount") * kept / pl.col("quantity") * RATE_UNIT / (RATE_UNIT + taxed)
    rows = lines.filter(pl.col("customer_id").is_not_null()).select(
        "customer_id", "product_id", pl.col("placed_at").dt.epoch("us"), net - (pl.col("cost") * kept).fill_null(0)
    )
    found: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for customer, product, at, money in rows.iter_rows():
        found.setdefault((customer, product), []).append((at, money))
    return found


def _money(decision: Decision, product_id: str, bought: _Bought) -> float:
    at = to_micros(decision.at)
    customer = decision.request.customer_id or ""
    near: Float64 = np.array(
        [money for when, money in bought.get((customer, product_id), []) if at <= when < at + _WINDOW]
    )
    return float(near.sum())
