"""Imports: a file is sent, its columns are understood and corrected, it is tried, imported, and taken back."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from starlette.responses import FileResponse, Response

from tsuide.app import uploads
from tsuide.app.changes import Change
from tsuide.app.jobs import job_told
from tsuide.app.taking_back import UNDONE
from tsuide.app.uploads import Upload
from tsuide.errors import BadValue, NotFound, TsuideError
from tsuide.intake.fields import FIELDS, KINDS, ONE_OF
from tsuide.intake.mapping import Mapping as Columns
from tsuide.intake.mapping import checked
from tsuide.interfaces.console.data import TABS
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.log import begin
from tsuide.interfaces.console.phrases.data import DATA
from tsuide.interfaces.console.tables import Action, Column, Table
from tsuide.interfaces.console.visit import Visit, change, see, take_file
from tsuide.kit.text import must_be_said, must_be_short

_ROWS: Final = 5
_CUT: Final = 60
_JAPANESE: Final = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_OPTIONS: Final = ("currency", "zone", "encoding", "delimiter", "day_first")


def files(visit: Visit) -> Response:
    """Files that were sent, and a form to send another."""
    return _files(visit)


def _files(visit: Visit, problem: TsuideError | None = None) -> Response:
    rows = [_row(visit, each) for each in uploads.uploads(visit.shop)]
    columns = [
        Column("name", "file", href=lambda row: visit.url(f"/data/import/{row['id']}")), Column("kind_name", "kind"),
        Column("at", "sent_at", kind="moment"), Column("who"), Column("state", kind="mark"),
    ]  # fmt: skip
    remove = Action("remove_file", "/data/import/remove", lambda row: {"id": row["id"]}, danger=True)
    kept = [
        {"name": name, "kind_name": DATA.text(f"kind.{said['kind']}", visit.language),
         "columns": [f"{field_label(said['kind'], own, visit.language)} ← {of}" for own, of in said["given"].items()]}
        for name, said in uploads.kept_mappings(visit.shop).items()
    ]  # fmt: skip
    forget = Action("forget_mapping", "/data/import/forget", lambda row: {"name": row["name"]}, danger=True)
    shown = [Column("name", "mapping_name"), Column("kind_name", "kind"), Column("columns", kind="lines")]
    mappings = Table("mappings", shown, kept, [forget], empty="no_mappings")
    return page(
        visit, "data_import.html", "room.data", DATA, problem=problem, tabs=TABS,
        tables=[Table("files", columns, rows, [remove], empty="no_files"), mappings], any_mapping=bool(kept),
    )  # fmt: skip


def _row(visit: Visit, upload: Upload) -> dict[str, Any]:
    job = _job(visit, upload)
    state = "sent" if job is None else f"{job['kind']}_{job['state']}"
    kind = DATA.text(f"kind.{upload.kind}", visit.language) if upload.kind else None
    return {"id": upload.id, "name": upload.name, "kind_name": kind, "at": upload.at, "who": upload.who, "state": state}


def _job(visit: Visit, upload: Upload) -> dict[str, Any] | None:
    try:
        return job_told(visit.shop, upload.job, visit.now) if upload.job else None
    except NotFound:  # its store was made anew
        return None


def send(visit: Visit) -> Response:
    """Keep a file that was sent."""
    file = visit.file("file")
    try:
        if file is None or file.filename is None:
            raise BadValue("no file was chosen", key="file", value="")
        serving = visit.serving
        upload = uploads.keep_upload(
            visit.shop, file.filename, file.file, visit.user.name, visit.now, serving.entropy()
        )
        kind = visit.given("kind")
        if kind:
            uploads.save_upload(visit.shop, replace(upload, kind=_known(kind)))
    except TsuideError as error:
        return _files(visit, error)
    return visit.done(f"/data/import/{upload.id}")


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise BadValue("no such kind of table", key="kind", value=kind, way_out=", ".join(KINDS))
    return kind


def one(visit: Visit) -> Response:
    """One file: its first rows, how its columns are understood, and what came of trying or importing it."""
    return _one(visit, uploads.upload_of(visit.shop, visit.request.path_params["upload"]))


def _one(visit: Visit, upload: Upload, problem: TsuideError | None = None) -> Response:
    mapping, frame = None, None
    try:
        read = uploads.sample_of(visit.shop, upload)
        mapping, frame = read.mapping, read.table.frame
        kind = mapping.kind
    except TsuideError as error:
        kind = upload.kind
        problem = problem or (error if kind else None)  # its kind alone is asked for, without blame
        frame = uploads.table_as_sent(visit.shop, replace(upload, encoding="", delimiter=""))
    rows = [{name: _short(value) for name, value in row.items()} for row in frame.head(_ROWS).to_dicts()]
    job = _job(visit, upload)
    result = job["result"] if job is not None and job["state"] == "done" else None
    return page(
        visit, "data_upload.html", f"={upload.name}", DATA, problem=problem, tabs=TABS, upload=upload,
        columns=frame.columns, rows=rows, fields=[] if mapping is None else _fields(mapping, visit.language),
        mapping=mapping, missing=[] if mapping is None else _missing(mapping, visit.language), kind=kind,
        kinds=[(each, DATA.text(f"kind.{each}", visit.language)) for each in KINDS],
        job=job, result=result, under_way=[job] if job is not None and job["under_way"] else [],
        failed=job["result"] if job is not None and job["state"] in {"failed", "gone"} else None,
        rejects=uploads.rejects_of(visit.shop, upload).exists(),
        mappings=[(name, name) for name in sorted(uploads.kept_mappings(visit.shop))],
        undone=kind in UNDONE, shop=visit.serving.settings,
        reasons=_reasons(result, visit.language), examples=_examples(result),
    )  # fmt: skip


def _short(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= _CUT else text[:_CUT] + "…"


def _reasons(result: Mapping[str, Any] | None, language: str) -> list[tuple[str, int]]:
    known = DATA.all(language)
    found = (result or {}).get("reasons") or {}
    return [(known.get(f"reject.{code}", code), count) for code, count in found.items()]


def _examples(result: Mapping[str, Any] | None) -> list[dict[str, str]]:
    names = ("line", "column", "value", "reason")
    return [dict(zip(names, each, strict=True)) for each in (result or {}).get("examples", [])]


def field_label(kind: str, name: str, language: str) -> str:
    """A field's name as a reader of a language calls it.

    >>> field_label("orders", "order_id", "ja"), field_label("orders", "order_id", "en")
    ('注文番号', 'order id')
    """
    field = next((each for each in FIELDS.get(kind, ()) if each.name == name), None)
    if language == "ja" and field is not None:
        return next((each for each in field.names.split(",") if _JAPANESE.search(each)), name)
    return name.replace("_", " ")


def _fields(mapping: Columns, language: str) -> list[dict[str, Any]]:
    chosen = {each.field: each for each in mapping.choices}
    missing = {name for each in mapping.missing for name in each.split(" or ")}
    found = []
    for field in FIELDS[mapping.kind]:
        choice = chosen.get(field.name)
        state = ("tie" if choice.reason == "tie" else "") if choice else "missing" if field.name in missing else ""
        found.append(
            {
                "name": field.name, "label": field_label(mapping.kind, field.name, language),
                "needed": field.needed or any(field.name in names for names in ONE_OF[mapping.kind]),
                "column": choice.column if choice else "", "state": state,
                "others": choice.others if choice else (), "samples": choice.samples if choice else (),
            }
        )  # fmt: skip
    return sorted(found, key=lambda each: (not each["column"] and not each["needed"], not each["needed"]))


def _missing(mapping: Columns, language: str) -> list[str]:
    either = " / ".join
    return [
        either(field_label(mapping.kind, name, language) for name in each.split(" or ")) for each in mapping.missing
    ]


def act(visit: Visit) -> Response:
    """Keep what was said about a file; then try it, import it, or keep how it is read under a name."""
    upload = uploads.upload_of(visit.shop, visit.request.path_params["upload"])
    path, entry, do = f"/data/import/{upload.id}", None, visit.given("do", "save")
    try:
        upload = _said(visit, upload)
        uploads.save_upload(visit.shop, upload)
        if do == "as_kept" and visit.given("kept"):
            uploads.save_upload(visit.shop, uploads.as_kept(visit.shop, upload, visit.given("kept")))
        elif do == "keep":
            entry = _keep(visit, upload)
        elif do in {"import_try", "import"}:
            entry = _begin(visit, upload, do)
    except TsuideError as error:
        return _one(visit, upload, error)
    return visit.done(path, entry)


def _said(visit: Visit, upload: Upload) -> Upload:
    """The file with what the form says; the guess of another kind begins anew."""
    kind = visit.given("kind")
    said: dict[str, Any] = {name: visit.given(name) for name in _OPTIONS if name in visit.form}
    said["with_products"] = visit.given("with_products") == "yes"
    if kind and kind != visit.given("kind_was"):
        return replace(upload, **said, kind=_known(kind), given={}, without=[])
    fields = {name.removeprefix("map."): str(value) for name, value in visit.form.items() if name.startswith("map.")}
    given = {field: column for field, column in fields.items() if column}
    without = [field for field, column in fields.items() if not column]
    return replace(upload, **said, kind=kind or upload.kind, given=given, without=without)


def _keep(visit: Visit, upload: Upload) -> int:
    name = visit.must("name")
    must_be_said("name", name)
    must_be_short("name", name)
    mapping = uploads.sample_of(visit.shop, upload).mapping
    before = uploads.keep_mapping(visit.shop, name, upload, mapping, visit.now)
    return visit.record(Change("mapping.keep", name, before, mapping.columns, {"name": name, "was": before}))


def _begin(visit: Visit, upload: Upload, kind: str) -> int | None:
    mapping = checked(uploads.sample_of(visit.shop, upload).mapping)
    job = begin(visit, kind, {"upload": upload.id, "file": upload.name, "language": visit.language})
    uploads.save_upload(visit.shop, replace(upload, kind=mapping.kind, job=job))
    if kind == "import_try":
        return None
    undo = {"job": job} if mapping.kind in UNDONE else None
    return visit.record(Change("import.begin", upload.name, None, {"kind": mapping.kind, **mapping.columns}, undo))


def rejects(visit: Visit) -> Response:
    """The rejects as a file."""
    upload = uploads.upload_of(visit.shop, visit.request.path_params["upload"])
    path = uploads.rejects_of(visit.shop, upload)
    if not path.exists():
        raise NotFound("nothing was rejected", key="upload", value=upload.id)
    headers = {"Cache-Control": "no-store"}
    return FileResponse(
        path, media_type="text/csv; charset=utf-8", filename=f"{upload.name}.rejects.csv", headers=headers
    )


def remove(visit: Visit) -> Response:
    """Remove a file; what was imported stays."""
    upload = uploads.drop_upload(visit.shop, visit.must("id"))
    return visit.done("/data/import", visit.record(Change("file.remove", upload.name)))


def forget(visit: Visit) -> Response:
    """Forget how files are read that was kept under a name."""
    name = visit.must("name")
    before = uploads.kept_mappings(visit.shop).get(name)
    if before is None:
        raise NotFound("no such mapping is kept", key="name", value=name)
    uploads.put_mapping(visit.shop, name, None, visit.now)
    return visit.done(
        "/data/import", visit.record(Change("mapping.forget", name, before, None, {"name": name, "was": before}))
    )


UPLOAD: Final = take_file("/data/import", "data", send)
ROUTES: Final = [
    see("/data/import", "data", files),
    UPLOAD,
    change("/data/import/remove", "data", remove),
    change("/data/import/forget", "data", forget),
    see("/data/import/{upload}", "data", one),
    change("/data/import/{upload}", "data", act),
    see("/data/import/{upload}/rejects", "data", rejects),
]
