"""Customers who are probably one: found, made one, and made two again."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import polars as pl

from tsuide.app.wiring import Shop
from tsuide.kit.clock import from_micros
from tsuide.kit.ids import time_id
from tsuide.offers.acceptance import from_json, to_json
from tsuide.outreach.sales.duplicates import Known, duplicates

_COMPARED = ("id", "kind", "parent_id", "name", "email", "phone")


def duplicates_told(shop: Shop, customer_id: str | None = None, n: int = 100) -> list[dict[str, Any]]:
    """Pairs who are probably one, the surest first; with `customer_id` only theirs.

    Raises:
        UnknownCustomer: nobody has this id.
    """
    if customer_id is not None:
        shop.store.facts.customer(customer_id)
    frame = shop.store.facts.customers().select(*_COMPARED)
    rows = {row["id"]: row for row in frame.iter_rows(named=True)}
    found = duplicates(Known(**row) for row in rows.values())
    if customer_id is not None:
        found = [pair for pair in found if customer_id in {pair.first, pair.second}]
    counts = _orders(shop, {each for pair in found[:n] for each in (pair.first, pair.second)})
    told = []
    for pair in found[:n]:
        pairs = [_named(rows[each], counts.get(each, 0)) for each in (pair.first, pair.second)]
        told.append(
            {"customers": pairs, "reasons": [*pair.reasons], "score": pair.score, "in_two_accounts": pair.apart}
        )
    return told


def merge(
    shop: Shop, kept_id: str, merged_id: str, now: datetime, entropy: int, *, who: str | None = None
) -> dict[str, Any]:
    """Everything of `merged_id` becomes `kept_id`'s, in one transaction; `undo` makes them two again.

    Raises:
        UnknownCustomer: there is nobody of one of the ids.
        BadValue: both are one.
    """

    def renamed(content: str) -> str:
        return to_json(replace(from_json(content), customer_id=kept_id))

    return told(shop.store.merges.merge(time_id("mrg", now, entropy), kept_id, merged_id, now, renamed, who))


def undo(shop: Shop, merge_id: str, now: datetime, *, who: str | None = None) -> dict[str, Any]:
    """Both are again as they were; what came since stays with the one who was kept.

    Raises:
        NotFound: there is no such merge, or one of both was erased since.
        Conflict: it is undone, somebody has the merged one's id again, or the kept one was merged on.
    """
    return told(shop.store.merges.undo(merge_id, now, who))


def merges_told(shop: Shop, n: int = 100) -> list[dict[str, Any]]:
    """Merges, the newest first."""
    return [told(row) for row in shop.store.merges.listed(n)]


def told(row: Mapping[str, Any]) -> dict[str, Any]:
    """A merge as plain JSON, with how many rows of each kind moved."""
    record = json.loads(row["record"])
    moved = {name: len(keys) for name, keys in record["moved"].items() if keys}
    undone = row["undone_at"]
    return {
        "id": row["id"], "kept": row["kept_id"], "merged": row["merged_id"], "at": from_micros(row["at"]).isoformat(),
        "who": row["who"], "moved": moved, "undone_at": None if undone is None else from_micros(undone).isoformat(),
        "undone_by": row["undone_by"],
    }  # fmt: skip


def _orders(shop: Shop, ids: set[str]) -> dict[str, int]:
    if not ids:
        return {}
    counted = shop.store.facts.orders().filter(pl.col("customer_id").is_in(sorted(ids))).group_by("customer_id").len()
    return {str(who): int(many) for who, many in counted.iter_rows()}


def _named(row: Mapping[str, Any], orders: int) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "kind", "name", "parent_id")} | {"orders": orders}
