"""What a rep said of an offer on their worklist, taken back: as if it had not been said."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tsuide.app.ledger import Ledger
from tsuide.app.tasks import settle_task
from tsuide.app.wiring import Shop
from tsuide.app.worklist_answers import Answered, answered_told, keep, must_fit


async def say(shop: Shop, ledger: Ledger, answered: Answered) -> dict[str, Any]:
    """Keep a rep's answer, tell the ledger, and say what takes it back.

    Returns:
        As `answered_told`, with ``undo``: plain values for `take_back`.

    Raises:
        Conflict: it was settled otherwise.
    """
    must_fit(shop, answered)
    before = shop.store.worklist.answer_to(answered.row["offer_id"])
    new, _ = await ledger.record(answered.decision_id, [answered.told])
    kept = keep(shop, answered)
    told = answered_told(answered, new=kept)
    outcome = f"{answered.told.offer_id}:{answered.told.outcome}"
    undo = {"offer": answered.row["offer_id"], "before": before, "task": told["task"]}
    return told | {"undo": undo | {"outcomes": [outcome] if new else []}}


def take_back(shop: Shop, undo: Mapping[str, Any], now: datetime, who: str) -> None:
    """The account is on the list again, the task is dropped, and the ledger has not heard of it.

    Args:
        shop: whose.
        undo: as `say` gave it.
        now: UTC.
        who: takes it back.
    """
    shop.store.worklist.take_back(undo["offer"], undo["before"], now)
    shop.store.outcomes.take_back(undo["outcomes"])
    if undo["task"] is not None:
        settle_task(shop, undo["task"], "dropped", now, reason="undone", who=who)
