"""What contacts with customers cost, by kind, as a person set it; without that nobody's cost to serve is known."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import polars as pl

from tsuide.app.wiring import Shop
from tsuide.errors import BadValue
from tsuide.facts.interactions import INTERACTION_KINDS

COMPLAINT: Final = "complaint"
KINDS: Final = (*(kind for kind in INTERACTION_KINDS if kind != "social"), COMPLAINT)
"""Kinds of talks and notes, and complaints (tickets are kept as such)."""
DEAREST: Final = 10**9
"""Minor units that one contact may cost at most."""
_SETTING: Final = "contact_costs"


def contact_costs(shop: Shop) -> dict[str, int]:
    """Kind → what one costs, minor units of the shop's currency; empty where nobody has said."""
    text = shop.store.settings.get(_SETTING)
    return {str(kind): int(cost) for kind, cost in json.loads(text).items()} if text else {}


def set_contact_costs(shop: Shop, costs: Mapping[str, int], now: datetime) -> dict[str, int]:
    """Say what contacts cost; what was said before; customers' costs follow when Tsuide learns next.

    Args:
        shop: whose.
        costs: kind → minor units; a kind that is left out costs nothing. Empty: nothing is known again.
        now: UTC.

    Raises:
        BadValue: not a kind, or no amount.
    """
    for kind, cost in costs.items():
        if kind not in KINDS:
            raise BadValue("not a kind of contact", key="kind", value=kind, way_out=", ".join(KINDS))
        if not 0 <= cost <= DEAREST:
            raise BadValue(f"must be 0 … {DEAREST}", key=kind, value=cost)
    before = contact_costs(shop)
    shop.store.settings.put(_SETTING, json.dumps(dict(costs)), now)
    return before


def costed_contacts(shop: Shop) -> pl.DataFrame | None:
    """Every contact on record with its cost: customer_id, at, cost; None where nobody has said what they cost."""
    costs = contact_costs(shop)
    if not costs:
        return None
    talks = shop.store.facts.interactions().select("customer_id", "at", "kind")
    said = shop.store.said.all().filter(pl.col("kind") == COMPLAINT).select("customer_id", "at", "kind")
    whole = pl.concat([talks, said]).drop_nulls("customer_id")
    cost = pl.col("kind").replace_strict(costs, default=0, return_dtype=pl.Int64)
    return whole.select("customer_id", "at", cost=cost)
