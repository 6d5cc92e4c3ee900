"""The effect of offers by rep, product line and account tier: read from the decision log and the orders of a shop."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import polars as pl

from tsuide.app.effect import Facts, holdout_arms, metrics_of
from tsuide.app.exposures import Exposures
from tsuide.app.models import lines_of
from tsuide.app.wiring import Shop
from tsuide.proof.groups import Group, GroupSort, group_effects, of_customers
from tsuide.proof.metrics import Metrics

MOST_LINES: Final = 12  # product lines: those that sell most
_OF: Final[Mapping[GroupSort, str]] = {"rep": "owner", "team": "team", "tier": "tier"}


def group_effect(shop: Shop, seen: Exposures, facts: Facts, now: datetime, *, window: int) -> dict[str, Any]:
    """Incremental margin by rep, team, product line and tier, as plain JSON.

    A customer is a rep's, of a team and of a tier by the attributes `owner`, `team` and `tier`, their own or those of
    the account above them, as they are now. Of a product line counts what everybody bought of it.

    Args:
        shop: whose.
        seen: who was decided for.
        facts: what was bought, under whoever was decided for (`under_units`).
        now: UTC.
        window: days per customer.

    Raises:
        SampleRatioMismatch: the holdout is not as large as the policy says.
        TooFewData: the policy keeps no holdout.
    """
    arms, _ = holdout_arms(shop, seen, now)
    people = (arms["treated"], arms["holdout"])
    whole = (metrics_of(people[0], facts, window, now), metrics_of(people[1], facts, window, now))
    groups: list[Group] = []
    for sort, of in _by_attribute(shop, [who for each in people for who in each["customer_id"]]).items():
        groups += group_effects(sort, {name: _only(whole, ids) for name, ids in of.items()})
    groups += group_effects("line", _by_line(shop, people, facts, now, window))
    return {"window_days": window, "currency": facts.currency, "groups": [each.plain() for each in groups]}


def _only(whole: tuple[Metrics, Metrics], ids: list[str]) -> tuple[Metrics, Metrics]:
    return of_customers(whole[0], ids), of_customers(whole[1], ids)


def _by_attribute(shop: Shop, ids: Iterable[str]) -> dict[GroupSort, dict[str, list[str]]]:
    """Sort → value → customers, of those that have one."""
    frame = shop.store.facts.customers().select("id", "parent_id", "attributes")
    above = dict(frame.select("id", "parent_id").iter_rows())
    told: dict[str, dict[str, Any]] = {
        who: json.loads(text) for who, text in frame.select("id", "attributes").iter_rows() if text
    }
    found: dict[GroupSort, dict[str, list[str]]] = {sort: {} for sort in _OF}
    for who in ids:
        for sort, key in _OF.items():
            value = next((each[key] for at in _upwards(who, above) if (each := told.get(at, {})).get(key)), None)
            if value is not None:
                found[sort].setdefault(str(value), []).append(who)
    return found


def _upwards(who: str, above: Mapping[str, str | None]) -> list[str]:
    """The customer and everything above them, once each."""
    found: list[str] = []
    at: str | None = who
    while at is not None and at not in found:
        found.append(at)
        at = above.get(at)
    return found


def _by_line(
    shop: Shop, people: tuple[pl.DataFrame, pl.DataFrame], facts: Facts, now: datetime, window: int
) -> dict[str, tuple[Metrics, Metrics]]:
    """Product line → what each arm bought of it."""
    named = lines_of(shop.store.facts.products()).rename({"line": "product_line"})  # `line` is a number in its order
    of = facts.lines.join(named, on="product_id")
    first = pl.concat(people).select(pl.col("at").min()).item()
    since = of if first is None else of.filter(pl.col("placed_at") >= first)
    best = (
        since.group_by("product_line")
        .agg(pl.col("amount").sum())
        .sort("amount", "product_line", descending=[True, False])
    )
    found = {}
    for name in best["product_line"].head(MOST_LINES).to_list():
        own = replace(facts, lines=of.filter(pl.col("product_line") == name))
        found[str(name)] = (metrics_of(people[0], own, window, now), metrics_of(people[1], own, window, now))
    return found
