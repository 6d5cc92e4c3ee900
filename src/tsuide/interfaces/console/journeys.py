"""Every journey, and the ready-made ones."""

from datetime import datetime

from starlette.responses import Response

from tsuide.app import journeys as shelf
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.journey_changes import path_of
from tsuide.interfaces.console.phrases.journeys import JOURNEYS
from tsuide.interfaces.console.tables import Column, Table
from tsuide.interfaces.console.visit import Visit, see


def listed(visit: Visit) -> Response:
    """Every journey and how many are in it; and the ready-made ones."""
    language = visit.language
    rows = [
        {
            **row,
            "name": row["names"][language],
            "trigger": JOURNEYS.text(f"trigger.{row['trigger']}", language),
            "changed_at": datetime.fromisoformat(row["changed_at"]),
        }
        for row in shelf.journeys_told(visit.shop)
    ]
    columns = [
        Column("name", href=lambda row: visit.url(path_of(row["id"]))), Column("state", kind="mark"),
        Column("trigger"), Column("active", kind="number", help="help_active"),
        Column("done", kind="number", help="help_done"), Column("left", kind="number", help="help_left"),
        Column("reached", kind="number", help="help_reached"), Column("version", kind="number", help="of_version"),
        Column("changed_at", kind="moment"),
    ]  # fmt: skip
    known = {row["id"] for row in rows}
    ready = []
    for ready_id, text in shelf.ready_journeys().items():
        made = shelf.journey_of(text)
        ready.append(
            {
                "id": ready_id,
                "name": getattr(made.names, language),
                "purpose": getattr(made.purpose, language) if made.purpose is not None else "",
                "trigger": JOURNEYS.text(f"trigger.{made.trigger.kind}", language),
                "taken": made.id in known,
            }
        )
    table = Table("journeys", columns, rows, empty="no_journeys")
    return page(visit, "journeys.html", "room.journeys", JOURNEYS, tables=[table], ready=ready)


ROUTES = [
    see("/journeys", "journeys", listed),
]
