"""Data: what is there, what it lacks and what to do about it; products; snapshots; jobs."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from tsuide.app.changes import Change
from tsuide.app.data_health import data_health
from tsuide.app.jobs import jobs_told
from tsuide.app.snapshots import noted_snapshots, roll_back
from tsuide.errors import Conflict
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.log import begin, waited_for
from tsuide.interfaces.console.numbers import number, share
from tsuide.interfaces.console.phrases.data import DATA
from tsuide.interfaces.console.phrases.frame import FRAME
from tsuide.interfaces.console.tables import Action, Column, Table
from tsuide.interfaces.console.visit import Visit, change, see
from tsuide.kit.clock import from_micros

TABS: Final = (
    ("/data", "overview"), ("/data/import", "imports"), ("/data/products", "products"), ("/data/live", "live"),
    ("/data/quarantine", "quarantine"), ("/data/connectors", "connectors"), ("/data/snapshots", "snapshots"),
    ("/data/jobs", "jobs_page"),
)  # fmt: skip
"""The room's pages: path, and key of the phrase that names it."""
_COUNTED: Final = ("products", "customers", "orders", "reviews", "relations", "consents", "interactions")
_WAYS_OUT: Final = {"quarantine": "/data/quarantine", "learned": "/data/snapshots"}
_ROWS: Final = 50
_JOBS: Final = 100


def overview(visit: Visit) -> Response:
    """What is there, and what it lacks."""
    counts = visit.shop.store.facts.overview()
    newest = {
        name: None if counts[name] is None else from_micros(int(counts[name] or 0))
        for name in ("newest_order", "newest_event")
    }
    gaps = [
        {
            "said": DATA.text(
                f"gap.{gap.name}", visit.language,
                share=share(gap.share, visit.language, 0), count=number(gap.count, visit.language),
            ),
            "do": DATA.text(f"do.{gap.name}", visit.language),
            "path": _WAYS_OUT.get(gap.name, "/data/import"),
        }
        for gap in data_health(visit.shop, visit.serving.decider, visit.now)
    ]  # fmt: skip
    return page(
        visit, "data.html", "room.data", DATA, tabs=TABS, counts=[(name, counts[name]) for name in _COUNTED],
        newest=newest, gaps=gaps, learned=visit.serving.decider.loaded_or_none is not None,
        empty=not counts["orders"] and not counts["products"],
        held=visit.shop.store.inbox.counts().get("quarantined", 0), under_way=waited_for(visit, *_KINDS),
    )  # fmt: skip


_KINDS: Final = ("learn", "import", "import_try")


def products(visit: Visit) -> Response:
    """The catalogue as it is kept."""
    asked = visit.asked("q")
    found = visit.shop.store.facts.found_products(asked, visit.asked("after"), _ROWS + 1)
    rows = [
        {**each, "category": " > ".join(each["category"] or []), "state": f"status.{each['status']}",
         "currency": each["currency"] or visit.serving.settings.currency}
        for each in found.head(_ROWS).to_dicts()
    ]  # fmt: skip
    more = visit.here(after=rows[-1]["id"]) if found.height > _ROWS else None
    columns = [
        Column("id", sortable=False), Column("title", "product_title", sortable=False),
        Column("category", sortable=False), Column("price", kind="money", sortable=False, help="of_price"),
        Column("cost", kind="money", sortable=False, help="help_cost"),
        Column("stock", kind="number", sortable=False, help="of_stock"),
        Column("state", kind="mark", sortable=False),
    ]  # fmt: skip
    empty = "no_product_found" if asked else "no_products"
    return page(
        visit, "data_products.html", "room.data", DATA, tabs=TABS, q=asked,
        tables=[Table("products", columns, rows, empty=empty, more=more, title_key="title")],
    )  # fmt: skip


def snapshots(visit: Visit) -> Response:
    """What was learned and is kept."""
    rows = [
        {"id": each.id, "number": each.number, "learned_at": each.learned_at, "orders": each.orders,
         "state": "in_use" if each.current else "kept", "parts": [_part(visit, part) for part in each.parts],
         "left_out": [f"{_part(visit, name)}: {why}" for name, why in each.left_out.items()]}
        for each in noted_snapshots(visit.shop)
    ]  # fmt: skip
    columns = [
        Column("number", kind="number", href=lambda row: visit.here(of=row["id"]), help="of_snapshot"),
        Column("learned_at", kind="moment"), Column("orders", kind="number", help="of_learned_orders"),
        Column("state", kind="mark"), Column("id", "snapshot_id"),
    ]  # fmt: skip
    use = Action("go_back", "/data/snapshots", lambda row: None if row["state"] == "in_use" else {"id": row["id"]})
    failed = next((each for each in jobs_told(visit.shop, visit.now, "learn", 1) if each["state"] == "failed"), None)
    shown = next((each for each in rows if each["id"] == visit.asked("of")), rows[0] if rows else None)
    return page(
        visit, "data_snapshots.html", "room.data", DATA, tabs=TABS, under_way=waited_for(visit, "learn"), failed=failed,
        shown=shown,
        tables=[Table("snapshots", columns, rows, [use], empty="no_snapshots", title_key="number")],
    )  # fmt: skip


def _part(visit: Visit, name: str) -> str:
    known = DATA.all(visit.language)
    return known.get(f"part.{name}", name)


def go_back(visit: Visit) -> Response:
    """Decide with another kept snapshot."""
    wanted = visit.must("id")
    before = next((each.id for each in noted_snapshots(visit.shop) if each.current), None)
    if before == wanted:
        raise Conflict("this snapshot is in use already", key="id", value=wanted)
    found = roll_back(visit.shop, wanted)
    undo = None if before is None else {"id": before}
    entry = visit.record(Change("snapshot.use", "snapshot", before, {"id": wanted, "number": found.number}, undo))
    return visit.done("/data/snapshots", entry)


def learn(visit: Visit) -> Response:
    """Learn everything anew, in a process of its own."""
    begin(visit, "learn", {"tune": visit.given("tune") == "yes"})
    return visit.done("/data/snapshots", visit.record(Change("learn.begin", "learn")))


def jobs(visit: Visit) -> Response:
    """Every long job."""
    kind = visit.asked("kind") or None
    rows = [_job(visit, each) for each in jobs_told(visit.shop, visit.now, kind, _JOBS)]
    columns = [
        Column("what", "job"), Column("state", kind="mark"), Column("begun_at", kind="moment"),
        Column("ended_at", kind="moment"), Column("who"), Column("result", kind="lines", sortable=False),
    ]  # fmt: skip
    under_way = [each for each in jobs_told(visit.shop, visit.now, kind, _JOBS) if each["under_way"]]
    kinds = sorted({each["kind"] for each in jobs_told(visit.shop, visit.now, None, _JOBS)})
    return page(
        visit, "data_jobs.html", "room.data", DATA, tabs=TABS, under_way=under_way, kind=kind or "",
        kinds=[("", FRAME.text("all", visit.language)), *((each, _kind(visit, each)) for each in kinds)],
        tables=[Table("jobs", columns, rows, empty="no_jobs", title_key="what")],
    )  # fmt: skip


def _kind(visit: Visit, kind: str) -> str:
    return FRAME.all(visit.language).get(f"job.{kind}", kind)


def _job(visit: Visit, told: Mapping[str, Any]) -> dict[str, Any]:
    return {**told, "what": _kind(visit, told["kind"]), "state": f"job_{told['state']}", "result": _result(visit, told)}


def _result(visit: Visit, told: Mapping[str, Any]) -> list[str]:
    found, known = told["result"] or {}, DATA.all(visit.language)
    return [
        f"{known[f'result.{name}']}: {number(value, visit.language) if isinstance(value, int) else value}"
        for name, value in found.items()
        if f"result.{name}" in known and value not in (None, "")
    ]


ROUTES: Final = [
    see("/data", "data", overview),
    see("/data/products", "data", products),
    see("/data/snapshots", "data", snapshots),
    change("/data/snapshots", "data", go_back),
    change("/data/learn", "data", learn),
    see("/data/jobs", "data", jobs),
]
