"""Everything that is kept of one person, in one archive that machines and people can read."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from tsuide.app import customer_files, uploads
from tsuide.app.erasing import everything_of
from tsuide.app.privacy.phrases import TABLES
from tsuide.app.taking_back import SUFFIX, files_of
from tsuide.app.wiring import Shop
from tsuide.errors import UnknownCustomer

FORMAT: Final = 1
_CHUNK: Final = 65_536


def archive_of(shop: Shop, customer_id: str, now: datetime) -> bytes:
    """A ZIP of JSON files.

    ``about.json`` says what each holds, ``tables/NAME.json`` the rows, ``files.json`` rows of files that were sent in.

    Raises:
        UnknownCustomer: nothing is kept of anybody with this id.
    """
    kept = {name: rows for name, rows in everything_of(shop, customer_id).items() if rows}
    files = _in_files(shop, customer_id)
    if not kept and not files:
        raise UnknownCustomer("nothing is kept of this customer", key="customer_id", value=customer_id)
    about = {
        "format": FORMAT,
        "customer_id": customer_id,
        "at": now.isoformat(),
        "tables": {
            name: {"rows": len(rows), **{language: TABLES.text(name, language) for language in ("ja", "en")}}
            for name, rows in kept.items()
        },
        "files": {name: len(rows) for name, rows in files.items()},
        "moments": "microseconds since 1970-01-01 UTC",
        "money": "minor units of the currency",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        _put(archive, "about.json", about, now)
        for name, rows in kept.items():
            _put(archive, f"tables/{name}.json", rows, now)
        if files:
            _put(archive, "files.json", files, now)
    return out.getvalue()


def _put(archive: zipfile.ZipFile, name: str, content: object, now: datetime) -> None:
    entry = zipfile.ZipInfo(name, now.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, json.dumps(content, ensure_ascii=False, indent=1, default=str))


def _in_files(shop: Shop, customer_id: str) -> dict[str, list[dict[str, Any]]]:
    """Rows with the customer's id in a cell, of files that were sent in."""
    paths = [(path.name, path) for path in customer_files.kept_files(shop)]
    for each in uploads.uploads(shop):
        file = uploads.file_of(shop, each)
        paths += [(each.name, file), *((f"{each.name}/{path.name}", path) for path in files_of(file))]
    found = {name: list(_rows_naming(path, customer_id)) for name, path in paths if uploads.may_name(path, customer_id)}
    return {name: rows for name, rows in found.items() if rows}


def _rows_naming(path: Path, customer_id: str) -> Iterator[dict[str, Any]]:
    if path.suffix.lower() in {".parquet", ".pq", SUFFIX}:
        table = pl.read_ipc(path) if path.suffix == SUFFIX else pl.read_parquet(path)
        named = pl.any_horizontal(pl.all().cast(pl.String, strict=False) == customer_id)
        yield from table.filter(named).iter_rows(named=True)
        return
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        head = file.read(_CHUNK)
        file.seek(0)
        try:
            dialect: type[csv.Dialect] = csv.Sniffer().sniff(head)
        except csv.Error:
            dialect = csv.excel
        for row in csv.DictReader(file, dialect=dialect):
            if customer_id in row.values():
                yield {str(name): value for name, value in row.items()}
