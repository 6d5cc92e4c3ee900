"""The outbox for people: what was asked for, where it stands, and everything that was said of it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tsuide.app.sending import resolve
from tsuide.app.wiring import Shop
from tsuide.store.outbox import moment

MOST: int = 500


def messages(
    shop: Shop, state: str | None = None, customer_id: str | None = None, after: str = "", n: int = 100
) -> list[dict[str, Any]]:
    """Messages in the order in which they were asked for, as JSON; `after` is the id of the last one seen."""
    return [told(row) for row in shop.store.outbox.listed(state, customer_id, after, min(n, MOST))]


def message(shop: Shop, message_id: str) -> dict[str, Any]:
    """One message with every verdict and everything that came of it.

    Raises:
        NotFound: there is none.
    """
    outbox = shop.store.outbox
    row = outbox.by_id(message_id)
    verdicts = [
        {"at": moment(each["at"]), "say": each["say"], "code": each["code"], "until": moment(each["until"])}
        | {"detail": each["detail"]}
        for each in outbox.verdicts(message_id)
    ]
    events = [
        {"at": moment(each["at"]), "kind": each["kind"], "detail": each["detail"]} for each in outbox.events(message_id)
    ]
    asked = json.loads(row["record"])
    return told(row) | {"values": asked.get("values", {}), "products": asked.get("products", [])} | {
        "verdicts": verdicts, "events": events,
    }  # fmt: skip


def resolve_id(shop: Shop, message_id: str, now: datetime, *, went_out: bool, who: str) -> dict[str, Any]:
    """A person says whether a message in doubt went out; the message as it stands then.

    Raises:
        NotFound: there is none.
        Conflict: it is not in doubt.
    """
    resolve(shop, shop.store.outbox.by_id(message_id)["key"], now, went_out=went_out, who=who)
    return message(shop, message_id)


def told(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the outbox as JSON."""
    names = ("id", "key", "customer_id", "channel", "purpose", "template", "source", "state", "code", "reference")
    moments = {name: moment(row[name]) for name in ("asked_at", "state_at", "sent_at")}
    due = {"due_at": moment(row["due_at"]) if row["state"] == "waiting" else None}
    return {name: row[name] for name in names} | moments | due | {"decision_id": row["decision_id"]}
