"""Files that somebody sends in to be imported: kept in the home's folder, looked at, mapped, tried, imported.

A file lies in ``HOME/imports/ID/`` with what was said about it (``upload.json``), its first rows for the preview, and
the rejects of the last try. It holds data of customers: it goes when somebody removes it, and by itself after a week.
"""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final

import polars as pl

from tsuide.app.importing import ImportReport, Progress, Read, import_file, read_file
from tsuide.app.taking_back import UNDONE, Kept, imports_of
from tsuide.app.wiring import Shop
from tsuide.errors import BadFile, NotFound
from tsuide.intake.mapping import Mapping as Columns
from tsuide.intake.mapping import checked
from tsuide.intake.settings import IntakeSettings
from tsuide.kit.ids import time_id

KEPT: Final = timedelta(days=7)
"""After so long a file goes by itself."""
"""Kinds whose import can be taken back whole: of these the store keeps every version."""
_CHUNK: Final = 1 << 20
_SAMPLE_BYTES: Final = 256 * 1024
_SAMPLE_ROWS: Final = 200
_ID: Final = re.compile(r"upl_[0-9a-zA-Z_-]{1,60}")
_NAME: Final = 120
_MAPPINGS: Final = "import.mappings"
_PARQUET: Final = frozenset({".parquet", ".pq"})
_SAID: Final = ("without", "currency", "zone", "day_first", "with_products")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file, and how it is to be read.

    Args:
        id: of the upload.
        name: as it was sent.
        size: bytes.
        at: when, ISO.
        who: by whom.
        kind: of table; "" = as its columns tell.
        given: field → column, as a person said.
        without: fields that are read from no column, whatever the guess.
        currency, zone, encoding, delimiter: where they are told; "" = the shop's, or found out.
        day_first: ``yes``, ``no`` or "" (as the dates show).
        with_products: take products that the catalogue does not have from an order file.
        job: the newest try or import.
    """

    id: str
    name: str
    size: int
    at: str
    who: str
    kind: str = ""
    given: dict[str, str] = field(default_factory=dict)
    without: list[str] = field(default_factory=list)
    currency: str = ""
    zone: str = ""
    encoding: str = ""
    delimiter: str = ""
    day_first: str = ""
    with_products: bool = False
    job: str = ""

    @property
    def parquet(self) -> bool:
        """Whether it is Parquet by its name."""
        return Path(self.name).suffix.lower() in _PARQUET


def keep_upload(shop: Shop, name: str, file: BinaryIO, who: str, now: datetime, entropy: int) -> Upload:
    """Keep a file that was sent, piece by piece: it is never whole in memory.

    Raises:
        BadFile: empty, or neither CSV nor Parquet.
    """
    forget_old(shop, now)
    upload = Upload(time_id("upl", now, entropy), Path(name).name[-_NAME:] or "table.csv", 0, now.isoformat(), who)
    folder = _folder(shop, upload.id)
    folder.mkdir(parents=True, mode=0o700)
    try:
        with file_of(shop, upload).open("wb") as kept:
            shutil.copyfileobj(file, kept, _CHUNK)
        upload = replace(upload, size=file_of(shop, upload).stat().st_size)
        _write_sample(shop, upload)
        columns = set(table_as_sent(shop, upload).columns)  # whether it can be read at all, said at once
        upload = replace(upload, **_remembered(shop, columns))
        save_upload(shop, upload)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return upload


def save_upload(shop: Shop, upload: Upload) -> None:
    """Keep what is said about a file."""
    path = _folder(shop, upload.id) / "upload.json"
    beside = path.with_suffix(".part")
    beside.write_text(json.dumps(asdict(upload), ensure_ascii=False), encoding="utf-8")
    beside.replace(path)


def upload_of(shop: Shop, upload_id: str) -> Upload:
    """One upload.

    Raises:
        NotFound: there is none of this id, any more.
    """
    path = _folder(shop, upload_id) / "upload.json"
    if _ID.fullmatch(upload_id) is None or not path.exists():
        raise NotFound("no such file any more", key="upload", value=upload_id, way_out="send it again")
    return Upload(**json.loads(path.read_text(encoding="utf-8")))


def uploads(shop: Shop) -> list[Upload]:
    """Every kept file, the newest first."""
    ids = sorted((each.parent.name for each in _root(shop).glob("*/upload.json")), reverse=True)
    return [upload_of(shop, each) for each in ids]


def drop_upload(shop: Shop, upload_id: str) -> Upload:
    """Remove a file and everything about it; what was imported stays.

    Raises:
        NotFound: there is none of this id.
    """
    upload = upload_of(shop, upload_id)
    shutil.rmtree(_folder(shop, upload_id), ignore_errors=True)
    return upload


def forget_old(shop: Shop, now: datetime) -> int:
    """Remove files that lay longer than they may; how many."""
    old = [each for each in uploads(shop) if datetime.fromisoformat(each.at) < now - KEPT]
    for each in old:
        drop_upload(shop, each.id)
    return len(old)


def forget_files_of(shop: Shop, customer_id: str) -> int:
    """Remove files that were sent in and name a customer, and what was rejected of them; how many.

    The files are copies: whoever sent one in has it.
    """
    named = [
        each for each in uploads(shop) if any(may_name(path, customer_id) for path in _folder(shop, each.id).iterdir())
    ]
    for each in named:
        drop_upload(shop, each.id)
    return len(named)


def may_name(path: Path, customer_id: str) -> bool:
    """Whether a file names a customer, read piece by piece; of Parquet, which is compressed, it cannot be ruled out."""
    if path.suffix.lower() in _PARQUET:
        return True
    told, before = customer_id.encode(), b""
    with path.open("rb") as file:
        while block := file.read(_CHUNK):
            if told in before + block:
                return True
            before = block[-len(told) :]
    return False


def file_of(shop: Shop, upload: Upload) -> Path:
    """Where the file itself lies."""
    return _folder(shop, upload.id) / f"table{'.parquet' if upload.parquet else '.csv'}"


def rejects_of(shop: Shop, upload: Upload) -> Path:
    """Where the rejects of the last try or import lie."""
    return _folder(shop, upload.id) / "rejects.csv"


def sample_of(shop: Shop, upload: Upload) -> Read:
    """The file's first rows, and how their columns are understood.

    Raises:
        BadFile: it cannot be read with this encoding or delimiter.
        BadColumns: its kind cannot be told, or a column is not there.
    """
    return _read(_sample(shop, upload), upload)


def table_as_sent(shop: Shop, upload: Upload) -> pl.DataFrame:
    """The file's first rows as they stand, whatever they are.

    Raises:
        BadFile: it cannot be read.
    """
    sample, encoding, delimiter = _sample(shop, upload), upload.encoding or None, upload.delimiter or None
    return read_file(sample, "products", encoding=encoding, delimiter=delimiter).table.frame


def try_upload(
    shop: Shop, upload: Upload, now: datetime, progress: Progress, *, language: str = "", dry_run: bool = True
) -> ImportReport:
    """Convert the whole file and count what would be kept; with `dry_run` False write it.

    Reasons of rejects are told in `language`; "" = the shop's. Of what can be taken back (`UNDONE`) the number of
    this import is `imports_of` the file afterwards.

    Raises:
        BadColumns: a needed field has no column.
        BadFile: it cannot be read.
    """
    read = _read(file_of(shop, upload), upload)
    checked(read.mapping)
    rejects = rejects_of(shop, upload)
    rejects.unlink(missing_ok=True)
    settings = IntakeSettings(
        now=now,
        currency=upload.currency or shop.settings.currency,
        zone=upload.zone or shop.settings.time_zone,
        day_first={"yes": True, "no": False}.get(upload.day_first),
        language=language or shop.settings.language,
    )
    return import_file(
        shop.store.facts, read, settings, dry_run=dry_run, rejects_path=rejects, with_products=upload.with_products,
        progress=progress, kept=_kept(shop, upload) if read.mapping.kind in UNDONE else None,
    )  # fmt: skip


def take_back(shop: Shop, upload_id: str, number: int) -> int:
    """What an import of a file changed, as it stood before; how many things were put back.

    Raises:
        NotFound: the file is not kept any more.
        BadFile: the import was cut off.
        Conflict: some of it was changed again since, by a later import of the same file, too.
    """
    return Kept(shop.store.facts, file_of(shop, upload_of(shop, upload_id)), number).take_back()


def _kept(shop: Shop, upload: Upload) -> Kept:
    file = file_of(shop, upload)
    return Kept(shop.store.facts, file, imports_of(file) + 1)


def kept_mappings(shop: Shop) -> dict[str, dict[str, Any]]:
    """Name → how a file was read, by which another of its kind is."""
    kept = shop.store.settings.get(_MAPPINGS)
    return {} if kept is None else dict(json.loads(kept))


def keep_mapping(shop: Shop, name: str, upload: Upload, mapping: Columns, now: datetime) -> dict[str, Any] | None:
    """Keep how a file is read under a name; what was kept before, None where it is new."""
    before = kept_mappings(shop).get(name)
    said = {each: getattr(upload, each) for each in _SAID}
    put_mapping(shop, name, {**said, "kind": mapping.kind, "given": mapping.columns}, now)
    return before


def put_mapping(shop: Shop, name: str, said: Mapping[str, Any] | None, now: datetime) -> None:
    """Set what is kept under a name; None = nothing any more."""
    kept = kept_mappings(shop)
    kept.pop(name, None)
    if said is not None:
        kept[name] = dict(said)
    shop.store.settings.put(_MAPPINGS, json.dumps(kept, ensure_ascii=False), now)


def as_kept(shop: Shop, upload: Upload, name: str) -> Upload:
    """A file read as one before it was; columns that it lacks are left to the guess.

    Raises:
        NotFound: nothing is kept under this name.
    """
    kept = kept_mappings(shop).get(name)
    if kept is None:
        raise NotFound("no such mapping is kept", key="mapping", value=name)
    there = set(table_as_sent(shop, upload).columns)
    given = {each: column for each, column in kept["given"].items() if column in there}
    return replace(upload, **{each: kept[each] for each in _SAID}, kind=kept["kind"], given=given)


def _remembered(shop: Shop, columns: set[str]) -> dict[str, Any]:
    """How an earlier file with the same columns was read."""
    for kept in kept_mappings(shop).values():
        if kept["given"] and set(kept["given"].values()) <= columns:
            return {**{each: kept[each] for each in _SAID}, "kind": kept["kind"], "given": kept["given"]}
    return {}


def _read(path: Path, upload: Upload) -> Read:
    read = read_file(
        path, upload.kind or None, upload.given, encoding=upload.encoding or None, delimiter=upload.delimiter or None
    )
    choices = tuple(each for each in read.mapping.choices if each.field not in upload.without)
    used = {each.column for each in choices}
    unused = tuple(each for each in read.table.frame.columns if each not in used)
    return Read(read.table, replace(read.mapping, choices=choices, unused=unused))


def _write_sample(shop: Shop, upload: Upload) -> None:
    path, sample = file_of(shop, upload), _sample(shop, upload)
    if upload.parquet:
        try:
            pl.scan_parquet(path).head(_SAMPLE_ROWS).collect().write_parquet(sample)
        except (pl.exceptions.PolarsError, OSError, ValueError) as error:
            way_out = "export or download it again"
            raise BadFile("a damaged Parquet file", key="file", value=upload.name, way_out=way_out) from error
        return
    with path.open("rb") as file:
        head = file.read(_SAMPLE_BYTES)
    sample.write_bytes(head if upload.size <= _SAMPLE_BYTES else _whole_lines(head))


def _whole_lines(head: bytes) -> bytes:
    ends = {b"\xff\xfe": b"\n\x00", b"\xfe\xff": b"\x00\n"}  # two bytes a character
    end = ends.get(head[:2], b"\n")
    cut = head.rfind(end)
    return head if cut < 0 else head[: cut + len(end)]


def _root(shop: Shop) -> Path:
    return shop.settings.home / "imports"


def _folder(shop: Shop, upload_id: str) -> Path:
    return _root(shop) / upload_id


def _sample(shop: Shop, upload: Upload) -> Path:
    return _folder(shop, upload.id) / f"sample{'.parquet' if upload.parquet else '.csv'}"
