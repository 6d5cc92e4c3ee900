"""Customers who are probably one: found, made one, and made two again."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Self

import polars as pl

from tsuide.app.wiring import Shop
from tsuide.kit.clock import from_micros
from tsuide.kit.ids import time_id
from tsuide.offers.acceptance import from_json, to_json
from tsuide.outreach.sales.duplicates import KNOWN, Known, Pair, duplicates


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
    """What of all customers is compared; equal where it says the same."""

    digest: bytes
    frame: pl.DataFrame

    @classmethod
    def of(cls, frame: pl.DataFrame) -> Self:
        rows = frame.sort("id").hash_rows().to_numpy()
        return cls(hashlib.blake2b(rows.tobytes(), digest_size=16).digest(), frame)

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Compared) and self.digest == other.digest


@lru_cache(maxsize=2)
def _pairs(compared: _Compared) -> tuple[Pair, ...]:
    """Found once for as long as nobody's name, address, phone or account changes."""
    return tuple(duplicates(Known(*row) for row in compared.frame.select(KNOWN).iter_rows()))


def duplicates_told(shop: Shop, customer_id: str | None = None, n: int = 100) -> list[dict[str, Any]]:
    """Pairs who are probably one, the surest first; with `customer_id` only theirs.

    Raises:
        UnknownCustomer: nobody has this id.
    """
    if customer_id is not None:
        shop.store.facts.customer(customer_id)
    frame = shop.store.merges.compared()
    found = _pairs(_Compared.of(frame))
    if customer_id is not None:
        found = tuple(pair for pair in found if customer_id in {pair.first, pair.second})
    wanted = sorted({each for pair in found[:n] for each in (pair.first, pair.second)})
    rows = {row["id"]: row for row in frame.filter(pl.col("id").is_in(wanted)).iter_rows(named=True)}
    counts = shop.store.merges.orders_of(wanted)
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


def _named(row: Mapping[str, Any], orders: int) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "kind", "name", "parent_id")} | {"orders": orders}
