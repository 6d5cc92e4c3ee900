"""The proof of an erasure: what was removed where, when and by whom, and that nothing was found afterwards."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from tsuide.app.privacy.marks import marks_of
from tsuide.app.wiring import Shop
from tsuide.errors import NotFound
from tsuide.kit.clock import from_micros
from tsuide.store.personal import HELD
from tsuide.store.rows import Found

FILES: Final = "upload"
"""Under this name files stand among what was erased."""


def write_proof(
    shop: Shop, customer_ids: Sequence[str], now: datetime, who: str, rows: Mapping[str, int], left: Mapping[str, int]
) -> dict[str, Any]:
    """Keep what erasing somebody did; the proof as it is told.

    Args:
        shop: whose.
        customer_ids: theirs: the one asked for, and those that were merged into it.
        now: UTC.
        who: did it.
        rows: changed or deleted, by table.
        left: rows found of them afterwards, by table: empty unless something went wrong.
    """
    marks = marks_of(shop, customer_ids, now)
    made = {
        "erased_by": who,
        "deleted": {name: n for name, n in rows.items() if name in HELD and HELD[name].erased == "deleted"},
        "made_nobodys": {name: n for name, n in rows.items() if name in HELD and HELD[name].erased == "unlinked"},
        "files": rows.get(FILES, 0),
        "found_afterwards": dict(left),
    }
    shop.store.erased.add(marks, now, json.dumps(made, sort_keys=True))
    return _told({"mark": marks[0], "at": now, "proof": json.dumps(made), "learned_at": None})


def proof_of(shop: Shop, customer_id: str, now: datetime) -> dict[str, Any]:
    """The newest proof for whoever still knows the id.

    Raises:
        NotFound: nobody with this id was erased.
    """
    rows = shop.store.erased.of(marks_of(shop, [customer_id], now))
    if not rows:
        raise NotFound("nobody with this id was erased", key="customer", value=customer_id)
    return _told({**rows[0], "at": from_micros(rows[0]["at"])})


def proofs(shop: Shop, n: int) -> list[dict[str, Any]]:
    """The newest proofs, the newest first."""
    return [_told({**row, "at": from_micros(row["at"])}) for row in shop.store.erased.newest(n)]


def _told(row: Found) -> dict[str, Any]:
    learned = row["learned_at"]
    return {
        "mark": row["mark"],
        "erased_at": row["at"].isoformat(),
        **json.loads(row["proof"]),
        "learned_states": "until the next learning" if learned is None else from_micros(learned).isoformat(),
    }
