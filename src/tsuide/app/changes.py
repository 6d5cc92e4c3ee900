"""The audit log: every change that a person makes, with what it needs to be taken back.

A page changes something through the function of `app` that the API and the command line use, and records it here with
the plain values that undo it. Undoing is a change like any other; it is refused once something newer was changed.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from tsuide.app.users import User
from tsuide.app.wiring import Shop
from tsuide.errors import Conflict, NotFound, WrongKey
from tsuide.kit.clock import from_micros, to_micros

Undo: TypeAlias = Callable[[Shop, Mapping[str, Any], User, datetime], None]
"""Takes one kind of change back: the shop, what was recorded as `undo`, who, and when."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a person changed.

    Args:
        action: ``room.verb``, as phrases and undoing know it.
        subject: the id of what was changed.
        before, after: plain values, for people to read; None = there was, there is nothing.
        undo: plain values with which it is taken back; None = it cannot be.
        customer_id: whom it is about; their erasure empties the entry.
    """

    action: str
    subject: str
    before: Any = None
    after: Any = None
    undo: Mapping[str, Any] | None = None
    customer_id: str | None = None


def record_change(
    shop: Shop, change: Change, who: User, now: datetime, *, room: str = "", undoes: int | None = None
) -> int:
    """Write a change into the log; the entry's number. Only who may change the `room` takes it back ("": anybody)."""
    row = {"at": to_micros(now), "user_id": who.id, "who": who.name, "action": change.action, "subject": change.subject}
    row |= {"customer_id": change.customer_id, "before": _text(change.before), "after": _text(change.after)}
    return shop.store.audit.add(
        {**row, "undo": None if change.undo is None else _text({"room": room, "with": change.undo}), "undoes": undoes}
    )


def note_change(shop: Shop, action: str, subject: str, who: str, now: datetime) -> int:
    """Write down that something was changed which nobody takes back here; `who` is no user, but a key."""
    return shop.store.audit.add({"at": to_micros(now), "who": who, "action": action, "subject": subject})


def undo_change(shop: Shop, seq: int, who: User, now: datetime, ways: Mapping[str, Undo]) -> int:
    """Take a change back; the number of the entry that says so. `ways` know how each action is undone.

    Raises:
        NotFound: no such entry.
        WrongKey: they may change nothing in the room in which it was done.
        Conflict: it cannot be undone, was undone already, or something newer was changed since.
    """
    row = shop.store.audit.one(seq)
    if row is None:
        raise NotFound("no such entry of the log", key="entry", value=seq)
    if row["undo"] is None or row["action"] not in ways:
        raise Conflict("this cannot be undone", key="action", value=row["action"])
    undo = json.loads(row["undo"])
    if undo["room"] and not who.may("change", undo["room"]):
        raise WrongKey("your role changes nothing there", key="room", value=undo["room"])
    if row["undone_by"] is not None:
        raise Conflict("this was undone already", key="entry", value=seq)
    newest = shop.store.audit.newest_of(row["action"], row["subject"])
    if newest is not None and newest["seq"] != seq:
        raise Conflict(
            "something newer was changed since", key="entry", value=newest["seq"], way_out="undo the newer one first"
        )
    ways[row["action"]](shop, undo["with"], who, now)
    back = Change(row["action"], row["subject"], _value(row["after"]), _value(row["before"]), None, row["customer_id"])
    return record_change(shop, back, who, now, undoes=seq)


def must_stand(stands: object, made: object, subject: str) -> None:
    """Refuse where what a change made stands no more.

    An API key or a command may have changed it since: of those this log does not know what they changed.

    Raises:
        Conflict: something else stands there by now.
    """
    if stands != made:
        raise Conflict("something newer was changed since, elsewhere", key="subject", value=subject,
                       way_out="look at it, and change it by hand")  # fmt: skip


def entry_told(row: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of the log as plain values."""
    told = {name: row[name] for name in ("seq", "who", "action", "subject", "customer_id", "undoes", "undone_by")}
    told |= {"at": from_micros(row["at"]), "before": _value(row["before"]), "after": _value(row["after"])}
    return told | {"undoable": row["undo"] is not None and row["undone_by"] is None}


def _text(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str, sort_keys=True)


def _value(text: str | None) -> Any:  # noqa: ANN401 - JSON
    return None if text is None else json.loads(text)
