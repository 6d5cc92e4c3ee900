"""Files of customers that a page takes in: kept beside the store, looked at, imported by a job, their rejects kept."""

import hashlib
import re
import shutil
from collections.abc import Iterable, Mapping
from datetime import datetime
from os import SEEK_END
from pathlib import Path
from typing import Any, BinaryIO, Final

from tsuide.app.importing import import_file, read_file, unambiguous
from tsuide.app.jobs import Tell
from tsuide.app.taking_back import Kept, imports_of
from tsuide.app.uploads import KEPT, may_name
from tsuide.app.wiring import Shop
from tsuide.errors import BadFile, BadValue, NotFound, TsuideError
from tsuide.intake.fields import FIELDS
from tsuide.intake.mapping import checked
from tsuide.intake.settings import IntakeSettings

MOST_BYTES: Final = 20_000_000
"""It is looked at whole while its sender waits; a larger one is imported as any table of the shop is."""
_CHUNK: Final = 1 << 20
_NAMED: Final = re.compile(r"[0-9a-f]{24}\.(csv|tsv|txt|parquet)")
_ENDINGS: Final = (".csv", ".tsv", ".txt", ".parquet")


def take_upload(shop: Shop, filename: str, file: BinaryIO, now: datetime) -> str:
    """Keep a file for a week, piece by piece; the name under which it is known from now on.

    Raises:
        BadValue: empty, too large, or of another kind than CSV, TSV, Parquet.
    """
    ending = Path(filename).suffix.lower()
    if ending not in _ENDINGS:
        raise BadValue("not a table", key="file", value=filename, way_out=", ".join(_ENDINGS))
    size = file.seek(0, SEEK_END)
    if not 0 < size <= MOST_BYTES:
        raise BadValue(f"must hold 1 … {MOST_BYTES:,} bytes", key="file", value=f"{size:,}",
                       way_out="larger ones: Data, Import")  # fmt: skip
    forget_old(shop, now)
    folder = _folder(shop)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    file.seek(0)
    digest = hashlib.sha256()
    while block := file.read(_CHUNK):
        digest.update(block)
    name = digest.hexdigest()[:24] + ending
    file.seek(0)
    with (folder / name).open("wb") as kept:
        shutil.copyfileobj(file, kept, _CHUNK)
    return name


def forget_old(shop: Shop, now: datetime) -> int:
    """Remove files that lay longer than they may; how many."""
    return _removed(each for each in kept_files(shop) if each.stat().st_mtime < (now - KEPT).timestamp())


def forget_files_of(shop: Shop, customer_id: str) -> int:
    """Remove files that name a customer, and what was rejected of them; how many."""
    return _removed(each for each in kept_files(shop) if may_name(each, customer_id))


def kept_files(shop: Shop) -> list[Path]:
    """Every kept file, and what was rejected of them."""
    return [*_folder(shop).glob("*")]


def _removed(paths: Iterable[Path]) -> int:
    many = 0
    for path in paths:
        path.unlink(missing_ok=True)
        many += 1
    return many


def look_at_upload(shop: Shop, name: str, given: Mapping[str, str] | None, now: datetime) -> dict[str, Any]:
    """How the columns of a file are meant, and what an import would keep; nothing is written.

    Args:
        shop: whose.
        name: as `take_upload` gave it.
        given: field → column, as a person says.
        now: UTC.

    Raises:
        NotFound: there is no such file any more.
        BadFile, BadColumns: it cannot be read, or `given` names what is not there.
    """
    read = read_file(_path(shop, name), "customers", dict(given) if given else None)
    mapping = read.mapping
    told: dict[str, Any] = {
        "upload": name, "file": read.table.name, "rows": read.table.rows, "columns": list(read.table.frame.columns),
        "fields": [field.name for field in FIELDS["customers"]],
        "attributes": list(mapping.attributes), "left_out": list(mapping.left_out),
        "layout": None if mapping.layout is None else f"{mapping.layout.vendor}.{mapping.layout.thing}",
        "choices": [
            {"field": each.field, "column": each.column, "reason": f"by_{each.reason}", "samples": list(each.samples)}
            for each in mapping.choices
        ],
        "kept": None, "rejected": None, "reasons": {}, "wrong": None,
    }  # fmt: skip
    try:
        unambiguous(mapping)
        checked(mapping)
        report = import_file(shop.store.facts, read, _settings(shop, now), dry_run=True)
    except TsuideError as error:
        return told | {"wrong": str(error)}
    return told | {"kept": report.kept, "rejected": report.rejected, "reasons": report.reasons or {}}


def import_upload(shop: Shop, wanted: Mapping[str, Any], tell: Tell, now: datetime) -> dict[str, Any]:
    """The job: import a file that was looked at; its report, with the rejects kept beside it."""
    path = _path(shop, str(wanted["upload"]))
    read = read_file(path, "customers", dict(wanted.get("mapping") or {}) or None)
    unambiguous(read.mapping)
    rejects = path.with_name(f"{path.name}.rejects.csv")
    number = imports_of(path) + 1
    report = import_file(
        shop.store.facts, read, _settings(shop, now), rejects_path=rejects, progress=tell,
        kept=Kept(shop.store.facts, path, number),
    )  # fmt: skip
    return report.to_json() | {"rejects": path.name if report.rejects else None, "number": number}


def take_back_upload(shop: Shop, name: str, number: int) -> int:
    """Customers as they stood before an import of a file; how many.

    Raises:
        NotFound, BadFile: the file, or what was there before, is not kept any more.
        Conflict: some of them were changed again since.
    """
    return Kept(shop.store.facts, _path(shop, name), number).take_back()


def upload_rejects(shop: Shop, name: str) -> bytes:
    """What of a file was not kept, as CSV.

    Raises:
        NotFound: there is no such file any more.
    """
    path = _path(shop, name)
    found = path.with_name(f"{path.name}.rejects.csv")
    if not found.is_file():
        raise NotFound("nothing was rejected", key="upload", value=name)
    return found.read_bytes()


def _settings(shop: Shop, now: datetime) -> IntakeSettings:
    of = shop.settings
    return IntakeSettings(now=now, currency=of.currency, zone=of.time_zone, language=of.language)


def _path(shop: Shop, name: str) -> Path:
    if not _NAMED.fullmatch(name):
        raise NotFound("no such file", key="upload", value=name)
    path = _folder(shop) / name
    if not path.is_file():
        raise BadFile("the file is gone", key="upload", value=name, way_out="send it again")
    return path


def _folder(shop: Shop) -> Path:
    return shop.settings.home / "uploads"
