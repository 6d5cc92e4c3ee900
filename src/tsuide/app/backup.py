"""Back a shop up while it runs, verify a backup by restoring it, restore it into an empty home.

A backup is a folder: the store (one moment of it, SQLite or PostgreSQL), what was learned, other files of the home that
nobody can make anew, and a manifest with the checksum of every file. It gets its name when it is whole: a folder that
ends in ``.partial`` is one that was interrupted.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

import sqlalchemy as sa

from tsuide import __version__
from tsuide.app.erasing import erase_customer
from tsuide.app.privacy.marks import LIST, mark_of, note_folder, read_list
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.errors import BadFile, Conflict, NotFound, Unavailable
from tsuide.kit.clock import to_micros
from tsuide.mining.snapshot import current_snapshot, held, open_snapshot
from tsuide.store.backup import copy_in, copy_out, counts_of, whole
from tsuide.store.engines import checked_url, make_engine, make_schema

Tell: TypeAlias = Callable[[str, int, int], None]
MANIFEST: Final = "backup.json"
_PARTIAL: Final = ".partial"
_STORE: Final = "store"
_SNAPSHOTS: Final = "snapshots"
_KEPT: Final = ("disclosures", "imports", "late")
"""Folders of a home that nobody can make anew."""
_FORMAT: Final = 1
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that is whole.

    Args:
        path: its folder.
        at: the moment that it holds.
        engine: sqlite or postgresql.
        revision: of the store's schema.
        snapshot: what was in use; None = nothing had been learned.
        rows: of each table.
        bytes: of all files.
    """

    path: Path
    at: datetime
    engine: str
    revision: str
    snapshot: str | None
    rows: Mapping[str, int]
    bytes: int

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "path": str(self.path),
            "at": self.at.isoformat(),
            "engine": self.engine,
            "revision": self.revision,
            "snapshot": self.snapshot,
            "rows": sum(self.rows.values()),
            "tables": dict(self.rows),
            "bytes": self.bytes,
        }


def nothing(_what: str, _done: int, _total: int) -> None:
    """Tells nobody."""


def back_up(shop: Shop, folder: Path, now: datetime, *, keep: int = 0, tell: Tell = nothing) -> Backup:
    """Write a backup into a folder, under a name of its own; the shop goes on meanwhile.

    Args:
        shop: which.
        folder: made where it is missing; may hold other backups.
        now: names the backup.
        keep: remove older ones of the folder until so many are left; 0 = remove none.
        tell: hears how far it is.

    Raises:
        Unavailable: the database does not answer, or the folder cannot be written.
        Conflict: there is one of this very moment.
    """
    name = f"tsuide-{now:%Y%m%dT%H%M%S%f}Z"
    partial, final = folder / f"{name}{_PARTIAL}", folder / name
    if final.exists() or partial.exists():
        raise Conflict("there is such a backup", key="backup", value=str(final))
    try:
        (partial / _STORE).mkdir(parents=True)
        with held(shop.snapshots):  # what decisions refer to is not removed between the two
            revision = copy_out(shop.store.record, partial / _STORE, tell)
            tell(_SNAPSHOTS, 0, 1)
            shutil.copytree(shop.snapshots, partial / _SNAPSHOTS, ignore=shutil.ignore_patterns("lock", "*.tmp"))
        for each in _KEPT:
            if (shop.settings.home / each).is_dir():
                shutil.copytree(shop.settings.home / each, partial / each)
        rows = _rows_in(partial / _STORE)
        described = {
            "format": _FORMAT,
            "tsuide": __version__,
            "at": now.isoformat(),
            "engine": shop.store.record.dialect.name,
            "revision": revision,
            "snapshot": current_snapshot(partial / _SNAPSHOTS),
            "rows": rows,
            "files": {str(file.relative_to(partial)): _sum(file) for file in _files(partial)},
        }
        _write(partial / MANIFEST, json.dumps(described, ensure_ascii=False, indent=1))
        partial.rename(final)
    except OSError as exc:
        shutil.rmtree(partial, ignore_errors=True)
        raise Unavailable("the backup cannot be written", key="folder", value=str(folder), way_out=str(exc)) from exc
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    if keep:
        _thin_out(folder, keep)
    note_folder(shop, folder, now)
    return read_backup(final)


def read_backup(path: Path) -> Backup:
    """What a backup says of itself; nothing is checked yet.

    Raises:
        NotFound: there is none.
        BadFile: it cannot be read, or was made by a newer version.
    """
    described = _described(path)
    size = sum(file.stat().st_size for file in _files(path))
    return Backup(
        path,
        datetime.fromisoformat(described["at"]),
        described["engine"],
        described["revision"],
        described["snapshot"],
        described["rows"],
        size,
    )


def backups(folder: Path) -> list[Backup]:
    """Every backup of a folder that is whole, the newest first."""
    found = (path for path in folder.glob("tsuide-*") if (path / MANIFEST).exists() and path.suffix != _PARTIAL)
    return sorted((read_backup(path) for path in found), key=lambda each: each.at, reverse=True)


def check_sums(path: Path, tell: Tell = nothing) -> Backup:
    """Read every file of a backup and compare it with the manifest.

    Raises:
        NotFound: there is none.
        BadFile: a file is missing, changed, or nobody's.
    """
    listed: dict[str, str] = _described(path)["files"]
    there = {str(file.relative_to(path)): file for file in _files(path)}
    there.pop(MANIFEST, None)
    for n, (name, expected) in enumerate(listed.items()):
        tell("checksums", n, len(listed))
        if name not in there:
            raise BadFile("a file of the backup is missing", key="file", value=name)
        if _sum(there[name]) != expected:
            raise BadFile("a file of the backup was changed", key="file", value=name)
    if there.keys() - listed.keys():
        raise BadFile("a file is not of this backup", key="file", value=min(there.keys() - listed.keys()))
    return read_backup(path)


def restore(path: Path, settings: Settings, *, tell: Tell = nothing) -> Backup:
    """Restore a backup into an empty home (and an empty database), after every checksum was compared.

    Raises:
        NotFound: there is no such backup.
        BadFile: it is damaged, or of another kind of database than the settings name.
        Conflict: the home or the database holds something already.
        Unavailable: the home cannot be written, or the database does not answer.
    """
    backup = check_sums(path, tell)
    home = settings.home
    if any((home / each).exists() for each in (_SNAPSHOTS, "store.sqlite", *_KEPT)):
        raise Conflict("the home is not empty", key="home", value=str(home), way_out="name another with --home")
    url = checked_url(settings.url)
    make_schema(url)
    engine = make_engine(url, "record")
    try:
        home.mkdir(parents=True, exist_ok=True)
        copy_in(engine, path / _STORE, tell)
        for each in (_SNAPSHOTS, *_KEPT):
            if (path / each).is_dir():
                shutil.copytree(path / each, home / each)
        found = counts_of(engine)
        _must_equal(backup.rows, found)
    except OSError as exc:
        raise Unavailable("the home cannot be written", key="home", value=str(home), way_out=str(exc)) from exc
    finally:
        engine.dispose()
    return backup


def forget_again(path: Path, settings: Settings, now: datetime, erased: Path | None = None) -> int:
    """Erase, from a shop that was just restored, whoever was erased after the backup was made.

    Args:
        path: of the backup; the list beside it is heeded, too.
        settings: of the restored shop.
        now: UTC.
        erased: another list: the newest one of the shop that is gone.

    Returns:
        How many people were erased again.

    Raises:
        NotFound: there is no such list.
        BadFile: a list cannot be read.
    """
    made = to_micros(read_backup(path).at)
    lists = [(path.parent / LIST, False), (settings.home / LIST, False), *([] if erased is None else [(erased, True)])]
    marks = {mark for file, must in lists for mark in read_list(file, must=must) if mark.at > made}
    if not marks:
        return 0
    by_mark = {mark.mark for mark in marks}
    salts = {mark.salt for mark in marks}
    shop = open_shop(settings)
    try:
        there = {*shop.store.erasure.everyone(), *shop.store.aliases.all()}
        again = [each for each in sorted(there) if any(mark_of(salt, each) in by_mark for salt in salts)]
        for customer_id in again:
            erase_customer(shop, customer_id, now, "restore")
    finally:
        shop.close()
    return len(again)


def verify(path: Path, url: str | None = None, *, tell: Tell = nothing) -> Backup:
    """Prove a backup by restoring it: checksums, every row, the store's own examination, and what was learned opens.

    Args:
        path: of the backup.
        url: an empty PostgreSQL database, for a backup of one; it is left filled. SQLite needs none.
        tell: hears how far it is.

    Raises:
        NotFound: there is no such backup.
        BadFile: it is damaged.
        Conflict: the database is not empty.
        Unavailable: the database does not answer, or the disk is full.
    """
    with tempfile.TemporaryDirectory(prefix="tsuide-verify-") as folder:
        settings = Settings(home=Path(folder) / "home", database_url=url)
        backup = restore(path, settings, tell=tell)
        shop = open_shop(settings)  # brings its schema to this version's, as after a real disaster
        try:
            whole(shop.store.record)
            if backup.snapshot is not None:
                opened = open_snapshot(shop.snapshots)
                if opened.refused or opened.id != backup.snapshot:
                    raise BadFile("what was learned is damaged", key="snapshot", value=backup.snapshot)
        finally:
            shop.close()
    return backup


def _must_equal(rows: Mapping[str, int], found: Mapping[str, int]) -> None:
    for name, count in rows.items():
        if found.get(name, 0) != count:
            raise BadFile("rows were lost", key=name, value=f"{found.get(name, 0)} of {count}")


def _rows_in(store: Path) -> dict[str, int]:
    """Counted in the copy, not in the shop, which goes on."""
    shape = store / "tables" / "shape.json"
    if shape.exists():
        counts: dict[str, int] = json.loads(shape.read_text(encoding="utf-8"))["counts"]
        return counts
    engine = sa.create_engine(f"sqlite:///{store / 'store.sqlite'}")
    try:
        return counts_of(engine)
    finally:
        engine.dispose()


def _described(path: Path) -> dict[str, Any]:
    try:
        described: dict[str, Any] = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise NotFound("there is no such backup", key="backup", value=str(path), way_out="tsuide backup list") from exc
    except (OSError, ValueError) as exc:
        raise BadFile("the backup cannot be read", key="file", value=str(path / MANIFEST)) from exc
    if described.get("format") != _FORMAT:
        raise BadFile("made by another version of Tsuide", key="format", value=described.get("format"))
    return described


def _thin_out(folder: Path, keep: int) -> None:
    for old in backups(folder)[keep:]:
        shutil.rmtree(old.path)


def _files(path: Path) -> Iterator[Path]:
    return (file for file in sorted(path.rglob("*")) if file.is_file())


def _sum(file: Path) -> str:
    made = hashlib.blake2b(digest_size=32)
    with file.open("rb") as data:
        while block := data.read(_CHUNK):
            made.update(block)
    return made.hexdigest()


def _write(file: Path, text: str) -> None:
    with file.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
