"""What comes in while the shop runs, as it comes; and what could not be read."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from tsuide.app.changes import Change
from tsuide.errors import BadValue, Conflict
from tsuide.facts.behaviour import EVENT_KINDS
from tsuide.interfaces.console.data import TABS
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.phrases.data import DATA
from tsuide.interfaces.console.tables import Column, Table
from tsuide.interfaces.console.visit import Visit, change, see
from tsuide.kit.clock import from_micros
from tsuide.kit.text import must_be_short

_ROWS: Final = 40
_HELD: Final = 50
_CUT: Final = 120
_SOURCES: Final = ("segment", "ga4", "shopify", "woocommerce")
_HINTS: Final = (("currency", "currency"), ("zone", "zone"), ("order", "order"), ("product", "product"))


def live(visit: Visit) -> Response:
    """The newest messages and acts, kept new by the page's script."""
    return _live(visit, "data_live.html")


def rows(visit: Visit) -> Response:
    """Only the table, for the script that puts it in the page."""
    return _live(visit, "data_live_rows.html")


def _live(visit: Visit, template: str) -> Response:
    wanted, customer = visit.asked("type"), visit.asked("customer")
    columns = [
        Column("at", kind="moment", sortable=False), Column("type", sortable=False),
        Column("who_", "whom", sortable=False), Column("about", sortable=False),
        Column("state", kind="mark", sortable=False),
    ]  # fmt: skip
    empty = "nothing_came_of_it" if wanted or customer else "nothing_came"
    kinds = [(each, each) for each in _SOURCES] + [(f"event.{each}", _event(visit, each)) for each in EVENT_KINDS]
    asked = {"type": wanted or None, "customer": customer or None}
    return page(
        visit, template, "room.data", DATA, tabs=TABS, type=wanted, customer=customer,
        kinds=[("", DATA.text("every_type", visit.language)), *kinds], rows_path=visit.url("/data/live.rows", **asked),
        tables=[Table("live", columns, _newest(visit, wanted, customer or None), empty=empty)],
    )  # fmt: skip


def _newest(visit: Visit, wanted: str, customer: str | None) -> list[dict[str, Any]]:
    inbox = visit.shop.store.inbox
    found: list[dict[str, Any]] = []
    if not wanted or wanted in _SOURCES:
        found += [_message(row) for row in inbox.newest(_ROWS, source=wanted or None, customer_id=customer)]
    kind = wanted.removeprefix("event.")
    if not wanted or kind in EVENT_KINDS:
        found += [_act(visit, row) for row in inbox.newest_events(_ROWS, kind=kind or None, customer_id=customer)]
    return sorted(found, key=lambda each: each["at"], reverse=True)[:_ROWS]


def _message(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "at": from_micros(row["received_at"]), "type": f"{row['source']}: {_named(row)}",
        "who_": row["customer_id"] or row["anonymous_id"], "about": row["reason"] or row["thing"],
        "state": f"message_{row['state']}",
    }  # fmt: skip


def _named(row: Mapping[str, Any]) -> str:
    """What a message is called: a track call by its event."""
    event = json.loads(row["body"]).get("event") if row["topic"] == "track" else None
    return event if isinstance(event, str) else str(row["topic"])


def _act(visit: Visit, row: Mapping[str, Any]) -> dict[str, Any]:
    about = row["query"] or row["product_id"] or row["cart_id"]
    who = row["customer_id"] or row["anonymous_id"]
    return {"at": from_micros(row["at"]), "type": _event(visit, row["kind"]), "who_": who, "about": about,
            "state": "message_done"}  # fmt: skip


def _event(visit: Visit, kind: str) -> str:
    return DATA.text(f"event.{kind}", visit.language)


def quarantine(visit: Visit) -> Response:
    """What could not be read, with the reason and the message as it came."""
    return _quarantine(visit)


def _quarantine(visit: Visit, problem: Exception | None = None) -> Response:
    inbox = visit.shop.store.inbox
    held = [
        {**row, "named": _named(row), "at": from_micros(row["received_at"]),
         "raw": _pretty(row["body"]), "hint": _hint(row["reason"] or "")}
        for row in inbox.in_state("quarantined", most=_HELD)
    ]  # fmt: skip
    return page(
        visit, "data_quarantine.html", "room.data", DATA, tabs=TABS, held=held, problem=problem,  # type: ignore[arg-type]  # a TsuideError
        total=inbox.counts().get("quarantined", 0), still=visit.number("still", 0), read=visit.number("read", 0),
        settings=visit.user.may("see", "settings"),
    )  # fmt: skip


def _pretty(body: str) -> str:
    return json.dumps(json.loads(body), ensure_ascii=False, indent=2)


def _hint(reason: str) -> str:
    said = reason.casefold()
    return next((hint for word, hint in _HINTS if word in said), "any")


async def again(visit: Visit) -> Response:
    """Read one message of the quarantine again, or all."""
    one = visit.given("id") or None
    taken = await visit.serving.arrivals.reprocess(one)
    read, still = taken.new, len(taken.quarantined)
    said = {"read": read, "still": still}
    entry = await asyncio.to_thread(visit.record, Change("message.again", one or "*", None, said))
    return visit.done("/data/quarantine", entry, read=read or None, still=still or None)


def drop(visit: Visit) -> Response:
    """Set a message aside for good, with a note of why."""
    inbox, message_id, note = visit.shop.store.inbox, visit.must("id"), visit.given("note")
    row = inbox.get(message_id)
    try:
        if not note:
            raise BadValue("say why it is dropped", key="note", value="")  # noqa: TRY301 - shown like any other
        must_be_short("note", note)
        if row["state"] != "quarantined":
            raise Conflict("this message is not in quarantine", key="id", value=message_id)  # noqa: TRY301 - as above
    except (BadValue, Conflict) as error:
        return _quarantine(visit, error)
    inbox.settle([(message_id, "done", f"{visit.user.name}: {note}"[:_CUT])])
    undo = {"id": message_id, "reason": row["reason"]}
    change_ = Change("message.drop", message_id, {"reason": row["reason"]}, {"note": note}, undo, row["customer_id"])
    return visit.done("/data/quarantine", visit.record(change_))


ROUTES: Final = [
    see("/data/live", "data", live),
    see("/data/live.rows", "data", rows),
    see("/data/quarantine", "data", quarantine),
    change("/data/quarantine/again", "data", again),
    change("/data/quarantine/drop", "data", drop),
]
