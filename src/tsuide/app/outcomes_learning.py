"""From recorded decisions and what came of them to propensity: what was shown, and what it really added."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from tsuide.app.wiring import Shop
from tsuide.facts.schema import conform
from tsuide.kit.clock import MICROS_PER_DAY, to_micros
from tsuide.offers.decision import Decision
from tsuide.offers.incremental import Incremental
from tsuide.offers.propensity import SHOWN, FittedPropensity, Propensity

WINDOW_DAYS: Final = 7  # between being shown and being accepted
MEMORY_DAYS: Final = 180
MOST_DECISIONS: Final = 200_000
_YES: Final = frozenset({"accepted", "purchased"})
_PATH: Final = " > "


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What propensity is learned from.

    Args:
        shown: rows of SHOWN: offers that were really shown, early enough for their window to have passed.
        incremental: (kind, placement) → people to whom it was shown, and people of the holdout.
    """

    shown: pl.DataFrame
    incremental: Mapping[tuple[str, str], Incremental]


def learn_propensity(shop: Shop, purchases: pl.DataFrame, products: pl.DataFrame, now: datetime) -> FittedPropensity:
    """Propensity from everything the store knows; of a shop without outcomes the one that changes nothing.

    Args:
        shop: whose decisions and outcomes.
        purchases: customer_id, product_id, placed_at.
        products: frame of PRODUCTS.
        now: UTC; decisions whose window has not passed yet are left out.
    """
    found = gather_outcomes(shop, purchases, products, now)
    return Propensity().fit(found.shown, found.incremental)


def gather_outcomes(shop: Shop, purchases: pl.DataFrame, products: pl.DataFrame, now: datetime) -> Outcomes:
    """Join decisions with their outcomes and with what the same people bought."""
    start, end = now - timedelta(days=MEMORY_DAYS), now - timedelta(days=WINDOW_DAYS)
    rows = shop.store.decisions.between(start, end, MOST_DECISIONS)
    decisions = [Decision.from_json(row["record"]) for row in rows]
    told = shop.store.outcomes.between(start, now) if decisions else []
    paths = _paths(products)
    return Outcomes(_shown(decisions, told, paths), _incremental(decisions, _bought(purchases, decisions)))


def _paths(products: pl.DataFrame) -> dict[str, str | None]:
    joined = products["category"].list.join(_PATH).to_list()
    return dict(zip(products["id"].to_list(), joined, strict=True))


def _shown(
    decisions: Iterable[Decision], told: Iterable[Mapping[str, Any]], paths: Mapping[str, str | None]
) -> pl.DataFrame:
    shown_at: dict[str, int] = {}
    said_yes: dict[str, int] = {}
    for row in told:  # oldest first
        if row["offer_id"] is None:
            continue
        if row["outcome"] == "shown":
            shown_at.setdefault(row["offer_id"], row["at"])
        elif row["outcome"] in _YES:
            said_yes.setdefault(row["offer_id"], row["at"])
    window = WINDOW_DAYS * MICROS_PER_DAY
    rows = [
        {
            "unit": decision.request.unit or decision.id,
            "kind": offer.kind,
            "placement": decision.request.placement,
            "source": offer.source,
            "product_id": offer.product_id,
            "category": paths.get(offer.product_id),
            "anchor_category": paths.get(offer.anchor_id) if offer.anchor_id else None,
            "place": offer.place,
            "prior": min(max(offer.scores.propensity if offer.scores.prior is None else offer.scores.prior, 0.0), 1.0),
            "accepted": offer.id in said_yes and said_yes[offer.id] - shown_at[offer.id] <= window,
        }
        for decision in decisions
        for offer in decision.offers
        if offer.id in shown_at
    ]
    return conform(pl.DataFrame(rows, infer_schema_length=None), SHOWN) if rows else pl.DataFrame(schema=SHOWN)


def _bought(purchases: pl.DataFrame, decisions: Iterable[Decision]) -> dict[tuple[str, str], list[int]]:
    """(customer, product) → when it was bought, microseconds ascending; only of people who were decided for."""
    people = sorted({each.request.customer_id for each in decisions if each.request.customer_id})
    if not people:
        return {}
    theirs = purchases.filter(pl.col("customer_id").is_in(people)).sort("placed_at")
    found: dict[tuple[str, str], list[int]] = {}
    moments = theirs["placed_at"].dt.epoch("us").to_list()
    for who, what, at in zip(theirs["customer_id"].to_list(), theirs["product_id"].to_list(), moments, strict=True):
        found.setdefault((who, what), []).append(at)
    return found


def _incremental(
    decisions: Iterable[Decision], bought: Mapping[tuple[str, str], list[int]]
) -> dict[tuple[str, str], Incremental]:
    """People counted once per kind and placement, at their first decision; the holdout's slate was never shown."""
    counts: dict[tuple[str, str], list[int]] = {}
    seen: set[tuple[str, str, str]] = set()
    for decision in decisions:
        who = decision.request.customer_id
        if who is None:
            continue
        at = to_micros(decision.at)
        for kind in {offer.kind for offer in decision.slate}:
            key = (who, kind, decision.request.placement)
            if key in seen:
                continue
            seen.add(key)
            products = {offer.product_id for offer in decision.slate if offer.kind == kind}
            yes = any(_within(bought.get((who, each), []), at) for each in products)
            cell = counts.setdefault((kind, decision.request.placement), [0, 0, 0, 0])
            first = 2 if decision.arm == "holdout" else 0
            cell[first] += 1
            cell[first + 1] += yes
    return {cell: Incremental(*numbers) for cell, numbers in sorted(counts.items())}


def _within(moments: list[int], at: int) -> bool:
    place = bisect_right(moments, at)
    return place < len(moments) and moments[place] <= at + WINDOW_DAYS * MICROS_PER_DAY
