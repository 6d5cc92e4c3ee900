"""Customers: found, listed, taken in from a CRM and taken home, and who is there twice."""

import json
from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from tsuide.app.changes import Change
from tsuide.app.customer_files import look_at_upload, take_upload, upload_rejects
from tsuide.app.duplicates import duplicates_told, merge, merges_told
from tsuide.app.exporting_customers import export_customers
from tsuide.app.finding import LOOKED_THROUGH, Sought, find_customers
from tsuide.app.jobs import jobs_told, newest_result
from tsuide.errors import BadInput, BadValue, TsuideError, WrongKey
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.log import begin, waited_for
from tsuide.interfaces.console.own import entered, refuse_others_customer, rep_of
from tsuide.interfaces.console.phrases.customers import CUSTOMERS
from tsuide.interfaces.console.tables import Column, Table
from tsuide.interfaces.console.visit import Visit, change, see, take_file

_PAGE: Final = 50
_AT_ONCE: Final = 1_000
_MOST: Final = 20_000
_IMPORT: Final = "import_customers"


def customers(visit: Visit) -> Response:
    """Who is there, as it is asked."""
    sought = Sought(
        visit.asked("q"), visit.asked("kind") or None, visit.asked("prefecture") or None,
        visit.asked("segment") or None, rep_of(visit) or visit.asked("owner") or None,
    )  # fmt: skip
    port = visit.shop.store.finding
    rows, after = find_customers(visit.shop, sought, _PAGE, visit.asked("after"))
    above = port.names(row["parent_id"] for row in rows if row["parent_id"])
    columns = [
        Column("name", href=lambda row: visit.url("/customers/one", id=row["id"])),
        Column("id"), Column("kind", kind="mark"), Column("account"), Column("owner"), Column("prefecture"),
        Column("email"), Column("phone"),
    ]  # fmt: skip
    told = [_row(row, above) for row in rows]
    more = visit.here(after=after) if after is not None else None
    empty = "none_yet" if not told and sought == Sought(owner=rep_of(visit)) else "none_found"
    table = Table("customers", columns, told, empty=empty, more=more, everything=lambda: _all(visit, sought))
    return page(
        visit, "customers.html", "room.customers", CUSTOMERS, tables=[table], sought=sought,
        prefectures=port.values("prefecture"), owners=[] if visit.user.own_only else port.values("owner"),
        segments=visit.shop.store.segments.ids(), after=after, through=LOOKED_THROUGH,
        further=after is not None and len(rows) < _PAGE,
        zip_same=lambda values: [(each, each) for each in values],
    )  # fmt: skip


def _all(visit: Visit, sought: Sought) -> list[dict[str, Any]]:
    """Everybody who is sought, for CSV; at most so many."""
    told: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None and len(told) < _MOST:
        rows, after = find_customers(visit.shop, sought, _AT_ONCE, after)
        above = visit.shop.store.finding.names(row["parent_id"] for row in rows if row["parent_id"])
        told += [_row(row, above) for row in rows]
    return told[:_MOST]


def _row(row: Mapping[str, Any], above: Mapping[str, str]) -> dict[str, Any]:
    known = json.loads(row["attributes"] or "{}")
    parent = row["parent_id"]
    return {
        **{name: row[name] for name in ("id", "kind", "email", "phone")},
        "name": row["name"] or row["id"], "account": None if parent is None else above.get(parent, parent),
        "owner": known.get("owner"), "prefecture": known.get("prefecture"),
    }  # fmt: skip


# --- twice there --------------------------------------------------------------------------------------------------


def duplicates(visit: Visit) -> Response:
    """Pairs who are probably one, side by side, and what was merged."""
    return _duplicates(visit)


def _duplicates(visit: Visit, problem: TsuideError | None = None) -> Response:
    shop, rep = visit.shop, rep_of(visit)
    about = visit.asked("id") or None
    if about is not None:
        refuse_others_customer(visit, about)
    pairs = duplicates_told(shop, about, n=100)
    port = shop.store.finding
    if rep is not None:
        pairs = [
            pair for pair in pairs if all(rep in port.owners_above(each["id"]) for each in pair["customers"])
        ]  # fmt: skip
    shown = pairs[:20]
    for pair in shown:
        pair["customers"] = [each | _known(visit, each["id"]) for each in pair["customers"]]
    merges = [] if rep is not None else merges_told(shop, 50)
    columns = [Column("at", kind="moment"), Column("kept", label="kept_one"), Column("merged"), Column("who"),
               Column("moved", kind="lines", help="moved_help"), Column("undone_at", kind="moment")]  # fmt: skip
    told = [{**row, "moved": [f"{name} {many}" for name, many in row["moved"].items()]} for row in merges]
    table = Table("merges", columns, told, caption="merges", empty="no_merges")
    return page(
        visit, "customers_twice.html", "duplicates", CUSTOMERS, tables=[table], problem=problem, pairs=shown,
        pairs_n=len(pairs), about=about,
    )  # fmt: skip


def _known(visit: Visit, customer_id: str) -> dict[str, Any]:
    row = visit.shop.store.facts.customer(customer_id)
    attributes = json.loads(str(row["attributes"] or "{}"))
    return {"email": row["email"], "phone": row["phone"], "attributes": attributes, "created_at": row["created_at"]}


def merge_two(visit: Visit) -> Response:
    """Make two customers one."""
    try:
        kept, merged = visit.must("kept"), visit.must("merged")
        for each in (kept, merged):
            refuse_others_customer(visit, each)
        row = merge(visit.shop, kept, merged, visit.now, visit.serving.entropy(), who=visit.user.name)
    except WrongKey:
        raise
    except TsuideError as error:
        return _duplicates(visit, error)
    entry = visit.record(Change("customers.merge", kept, merged, row["moved"], {"merge": row["id"]}, customer_id=kept))
    return visit.done("/customers/duplicates", entry)


# --- files --------------------------------------------------------------------------------------------------------


def files(visit: Visit) -> Response:
    """Take customers in from a file, or take them home."""
    _everybodys(visit)
    return _files(visit)


def _files(visit: Visit, problem: TsuideError | None = None, looked: Mapping[str, Any] | None = None) -> Response:
    kept = newest_result(visit.shop, _IMPORT)
    rows = jobs_told(visit.shop, visit.now, _IMPORT, 1)
    failed = rows[0]["result"] if rows and rows[0]["state"] == "failed" else None
    columns = [Column("field"), Column("column"), Column("reason", kind="mark"), Column("samples", kind="lines")]
    tables = [] if looked is None else [Table("mapping", columns, looked["choices"], caption="mapping")]
    result = None if kept is None else kept[0]
    return page(
        visit, "customers_files.html", "files", CUSTOMERS, problem=problem, tables=tables, looked=looked,
        under_way=waited_for(visit, _IMPORT), result=result, ended=None if kept is None else kept[1], failed=failed,
        entered=entered(visit),
    )  # fmt: skip


def _everybodys(visit: Visit) -> None:
    if visit.user.own_only:
        raise WrongKey("files hold everybody's customers", key="role", value="rep", way_out="ask your sales manager")


def upload(visit: Visit) -> Response:
    """Take a file, and show how its columns are meant."""
    _everybodys(visit)
    try:
        file = visit.file("file")
        if file is None:
            raise BadValue("must be chosen", key="file", way_out="a CSV export of your CRM")
        name = take_upload(visit.shop, file.filename or "customers.csv", file.file, visit.now)
        looked = look_at_upload(visit.shop, name, None, visit.now)
    except TsuideError as error:
        return _files(visit, error)
    return _files(visit, None, looked)


def take_in(visit: Visit) -> Response:
    """Begin the import of a file that was looked at; or look again, with other columns."""
    _everybodys(visit)
    name = visit.must("upload")
    given = {
        key.removeprefix("map."): str(value)
        for key, value in visit.form.items()
        if key.startswith("map.") and str(value)
    }
    try:
        looked = look_at_upload(visit.shop, name, given or None, visit.now)
        if visit.given("do") != "import":
            return _files(visit, None, looked)
        job = begin(visit, _IMPORT, {"upload": name, "mapping": given})
    except BadInput as error:
        return _files(visit, error, look_at_upload(visit.shop, name, None, visit.now))
    entry = visit.record(Change("customers.import", looked["file"], None, {"rows": looked["rows"]}, {"job": job}))
    return visit.done("/customers/files", entry)


def rejects(visit: Visit) -> Response:
    """What was not kept, with the reason, as CSV."""
    _everybodys(visit)
    headers = {"Content-Disposition": 'attachment; filename="rejects.csv"', "Cache-Control": "no-store"}
    return Response(
        upload_rejects(visit.shop, visit.asked("of")), media_type="text/csv; charset=utf-8", headers=headers
    )


def export(visit: Visit) -> Response:
    """Everybody as CSV."""
    _everybodys(visit)
    text, _many = export_customers(visit.shop)
    headers = {"Content-Disposition": 'attachment; filename="customers.csv"', "Cache-Control": "no-store"}
    return Response("\ufeff" + text, media_type="text/csv; charset=utf-8", headers=headers)


UPLOAD: Final = take_file("/customers/files/upload", "customers", upload)
ROUTES = [
    see("/customers", "customers", customers),
    see("/customers/duplicates", "customers", duplicates),
    see("/customers/files", "customers", files),
    see("/customers/rejects.csv", "customers", rejects),
    see("/customers/export.csv", "customers", export),
    change("/customers/merge", "customers", merge_two),
    UPLOAD,
    change("/customers/files/import", "customers", take_in),
]
