"""The audit of consents and acceptances: what is on record that should not be, row by row.

That no order line of Tsuide's own exists without a given acceptance the database itself holds (a foreign key); here
stands what no constraint can hold.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from tsuide.kit.clock import MICROS_PER_DAY

CHECKS: Final = (
    "message_without_consent",
    "grant_without_evidence",
    "yes_on_paper",
    "rep_gave_the_yes",
    "yes_without_order",
    "never_answered",
)
OUTBOUND: Final = frozenset({"email", "line", "app"})
TRANSACTIONAL: Final = "transactional"
ORDER_DAYS: Final = 30
_SHOWN: Final = (
    "id", "customer_id", "entered_by", "evidence_kind", "evidence_reference", "state", "state_at",
)  # fmt: skip
_GIVEN: Final = frozenset({"accepted", "used"})


def audit(
    acceptances: Iterable[Mapping[str, Any]],
    touches: Iterable[Mapping[str, Any]],
    consents: Sequence[Mapping[str, Any]],
    now: int,
) -> dict[str, list[dict[str, Any]]]:
    """Check → rows.

    Args:
        acceptances: as the store's `entered` gives them.
        touches: id, customer_id, channel, at of offers shown; evidence "transactional" of what had to go out anyway.
        consents: customer_id, purpose, channel, granted, at, source, evidence: the whole history.
        now: microseconds, as all moments.

    >>> touch = {"id": "t", "customer_id": "a", "channel": "email", "at": 5}
    >>> [row["id"] for row in audit([], [touch], [], 10)["message_without_consent"]]
    ['t']
    """
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in CHECKS}
    history = _history(consents)
    for touch in touches:
        must = touch.get("evidence") == TRANSACTIONAL  # it had to go out, whatever stood in it beside
        if touch["channel"] in OUTBOUND and touch["customer_id"] is not None and not must and not _held(history, touch):
            found["message_without_consent"].append(_told(touch, "id", "customer_id", "channel", "at"))
    found["grant_without_evidence"] = [
        _told(each, "customer_id", "purpose", "channel", "at")
        for each in consents
        if each["granted"] and not each["evidence"] and not each["source"]
    ]
    for each in acceptances:
        for check in _checks(each, now):
            found[check].append(_told(each, *_SHOWN))
    return found


def _checks(row: Mapping[str, Any], now: int) -> list[str]:
    found = []
    given = row["state"] in _GIVEN
    if given and row["evidence_kind"] != "click":
        found.append("yes_on_paper")
    if given and row["entered_by"] is not None and row["entered_by"] == row["evidence_reference"]:
        found.append("rep_gave_the_yes")
    if row["state"] == "accepted" and now - row["state_at"] > ORDER_DAYS * MICROS_PER_DAY:
        found.append("yes_without_order")
    if row["state"] == "waiting" and row["expires_at"] <= now:
        found.append("never_answered")
    return found


def _history(consents: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], list[tuple[int, bool]]]:
    """(customer, channel) → moments at which marketing was granted or taken back, oldest first."""
    found: dict[tuple[str, str], list[tuple[int, bool]]] = {}
    for each in sorted(consents, key=lambda row: row["at"]):
        if each["purpose"] == "marketing":
            found.setdefault((each["customer_id"], each["channel"]), []).append((each["at"], bool(each["granted"])))
    return found


def _held(history: Mapping[tuple[str, str], list[tuple[int, bool]]], touch: Mapping[str, Any]) -> bool:
    """Whether a grant for the channel, or for any, held when the message went out."""
    for channel in (touch["channel"], "any"):
        before = [granted for at, granted in history.get((touch["customer_id"], channel), []) if at <= touch["at"]]
        if before and before[-1]:
            return True
    return False


def _told(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names}
