"""A snapshot: everything learned at one time, saved whole or not at all, opened memory-mapped and verified.

A folder of snapshots looks like this::

    current                    the id of the newest good snapshot
    lock                       held while a learner saves or prunes
    manifests/ID.json          parts, their meta and arrays (checksum, bytes), what the caller noted
    arrays/CHECKSUM.npy        one array; equal arrays of several snapshots are one file

ID is the BLAKE2b of the manifest, CHECKSUM that of the file. Every file is written beside its place, flushed
to the disk (fsync) and renamed, `current` last: a crash at any moment leaves the previous snapshot in use.
Opening reads every byte once to verify it (measured: see docs/benchmarks.md) and then maps the files.
"""

import errno
import fcntl
import hashlib
import importlib
import io
import json
import os
import tempfile
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from tsuide.errors import BadInput, BadValue, NothingLearned, SnapshotDamaged, Unavailable
from tsuide.mining.fitted import Arrays, Fitted

# Every part that a snapshot may hold: its name and where its class stands (imported when it is opened).
PARTS: Final[dict[str, str]] = {
    "alternatives": "tsuide.mining.alternatives:FittedAlternatives",
    "backoff": "tsuide.mining.backoff:FittedBackOff",
    "bundles": "tsuide.mining.bundles:FittedBundles",
    "complements": "tsuide.mining.complements:FittedComplements",
    "completion": "tsuide.mining.completion_model:FittedCompletion",
    "contact_channel": "tsuide.mining.contact_channel:ContactChannels",
    "contact_time": "tsuide.mining.contact_time:ContactTimes",
    "curated": "tsuide.offers.curated:Curated",  # a name only: mining never imports offers
    "deals": "tsuide.offers.deal_table:Deals",  # a name only: mining never imports offers
    "fillers": "tsuide.mining.fillers:FittedFillers",
    "foretold": "tsuide.offers.foretold:FittedForetold",  # a name only: mining never imports offers
    "next_basket": "tsuide.mining.next_basket_model:FittedNextBasket",
    "paths": "tsuide.mining.paths:PathMap",
    "propensity": "tsuide.offers.propensity:FittedPropensity",  # a name only: mining never imports offers
    "replenishment": "tsuide.mining.replenishment:FittedReplenishment",
    "returns": "tsuide.mining.returns:FittedReturns",
    "wants": "tsuide.mining.wants_model:FittedWants",
    "reviews": "tsuide.mining.reviews:ReviewSignals",
    "lookalikes": "tsuide.mining.lookalikes:FittedLookalikes",
    "relations": "tsuide.mining.stated:StatedRelations",
    "rooms": "tsuide.mining.rooms:FittedRooms",
    "sessions": "tsuide.mining.sessions:FittedSessions",
    "tiers": "tsuide.offers.tiers:Tiers",  # a name only: mining never imports offers
    "timing": "tsuide.mining.timing:FittedTiming",
    "uplift": "tsuide.offers.moved:FittedUplift",  # a name only: mining never imports offers
    "value": "tsuide.mining.value:FittedLifetimeValue",
    "whitespace": "tsuide.mining.whitespace:WhitespaceMap",
}

FORMAT: Final = 1


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """An opened snapshot.

    Args:
        id: of the manifest.
        number: 1, 2, 3 … in the order of saving.
        parts: by name; their arrays are memory-mapped and read-only.
        meta: what the caller noted when saving.
        refused: newer snapshots that were damaged and not used, each with what was wrong.
    """

    id: str
    number: int
    parts: Mapping[str, Fitted]
    meta: Mapping[str, Any]
    refused: tuple[str, ...] = ()


def save_snapshot(folder: Path, parts: Mapping[str, Fitted], meta: Mapping[str, Any]) -> str:
    """Save all parts as the new current snapshot and return its id.

    Several learners may save at once: one waits for the other.

    Args:
        folder: made where it is missing.
        parts: by name; each name must equal the part's own.
        meta: plain JSON: when, from which facts, by which code.

    Raises:
        BadValue: a name that is not the part's own, or meta that is not plain JSON.
    """
    for each in (folder / "arrays", folder / "manifests"):
        each.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        return _write_manifest(folder, _described(folder, parts), meta)


def amend_snapshot(folder: Path, parts: Mapping[str, Fitted]) -> str:
    """Save the current snapshot with some parts replaced, as the new current one, and return its id.

    What stays is neither read nor written: only its manifest's lines are taken over, checksums and all.

    Raises:
        NothingLearned: there is no current snapshot.
        SnapshotDamaged: its manifest is.
        BadValue: as in `save_snapshot`.
    """
    before = current_snapshot(folder)
    if before is None:
        raise NothingLearned("no snapshot yet", key="folder", value=str(folder), way_out="tsuide learn")
    with _locked(folder):
        manifest = _read_manifest(folder, current_snapshot(folder) or before)
        return _write_manifest(folder, {**manifest["parts"], **_described(folder, parts)}, manifest["meta"])


def _described(folder: Path, parts: Mapping[str, Fitted]) -> dict[str, Any]:
    """The parts' arrays written, and what a manifest says of them."""
    for name, part in parts.items():
        if part.name != name:
            raise BadValue("a part is saved under its own name", key="part", value=name, way_out=part.name)
    return {name: _write_part(folder / "arrays", part) for name, part in sorted(parts.items())}


def _write_manifest(folder: Path, described: Mapping[str, Any], meta: Mapping[str, Any]) -> str:
    manifest = {
        "format": FORMAT,
        "number": max((number for number, _ in _numbered(folder)), default=0) + 1,
        "meta": dict(meta),
        "parts": described,
    }
    text = _plain(manifest)
    snapshot = _checksum(text)
    _write(folder / "manifests" / f"{snapshot}.json", text)
    _write(folder / "current", snapshot.encode())
    return snapshot


def open_snapshot(folder: Path, snapshot: str | None = None, *, before: Snapshot | None = None) -> Snapshot:
    """Open a snapshot, every byte of it verified.

    Args:
        folder: where snapshots are kept.
        snapshot: its id; None = the current one, or where that is damaged the newest good one before it.
        before: opened earlier; a part that did not change since is this one's, and is not read again.

    Raises:
        NothingLearned: there is none (or none with this id).
        SnapshotDamaged: a file does not match its checksum, and there is no good one to fall back on.
    """
    if snapshot is not None:
        return _open(folder, snapshot, before)
    refused: list[str] = []
    for candidate in _candidates(folder):
        try:
            opened = _open(folder, candidate, before)
        except SnapshotDamaged as error:
            refused.append(str(error))
        else:
            return Snapshot(opened.id, opened.number, opened.parts, opened.meta, tuple(refused))
    if refused:
        raise SnapshotDamaged(
            "no snapshot is whole", key="snapshots", value=refused, way_out="learn again: tsuide learn"
        )
    raise NothingLearned("no snapshot yet", key="folder", value=str(folder), way_out="tsuide learn")


def noted(folder: Path, snapshot: str) -> tuple[int, Mapping[str, Any], tuple[str, ...]]:
    """What the manifest of a snapshot says: its number, what was noted, and the names of its parts; arrays stay unread.

    Raises:
        SnapshotDamaged: its manifest is, or there is none with this id.
    """
    manifest = _read_manifest(folder, snapshot)
    return int(manifest["number"]), manifest["meta"], tuple(sorted(manifest["parts"]))


def list_snapshots(folder: Path) -> list[str]:
    """Ids of the kept snapshots, newest first."""
    return [snapshot for _, snapshot in sorted(_numbered(folder), reverse=True)]


def current_snapshot(folder: Path) -> str | None:
    """The id that `current` points to, None where nothing was learned."""
    try:
        return (folder / "current").read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None


def return_to(folder: Path, snapshot: str) -> None:
    """Make a kept snapshot the current one, after every byte of it was verified; servers take it up at once.

    Raises:
        NothingLearned: there is none with this id.
        SnapshotDamaged: a file does not match its checksum.
    """
    open_snapshot(folder, snapshot)
    with _locked(folder):
        _write(folder / "current", snapshot.encode())


def prune_snapshots(folder: Path, *, keep: int, needed: frozenset[str] = frozenset()) -> list[str]:
    """Remove all but the newest `keep` snapshots, the current one and those `needed`; says which.

    Arrays that no kept manifest names are removed with them. A damaged manifest is removed like an old one.

    Raises:
        BadValue: `keep` below 1.
    """
    if keep < 1:
        raise BadValue("must be at least 1", key="keep", value=keep)
    if not folder.is_dir():
        return []
    with _locked(folder):
        kept = {*list_snapshots(folder)[:keep], *needed, current_snapshot(folder)}
        removed = [path.stem for path in (folder / "manifests").glob("*.json") if path.stem not in kept]
        for snapshot in removed:
            (folder / "manifests" / f"{snapshot}.json").unlink()
        used = {
            f"{array['checksum']}.npy"
            for snapshot in list_snapshots(folder)
            for part in _read_manifest(folder, snapshot)["parts"].values()
            for array in part["arrays"].values()
        }
        for path in (folder / "arrays").iterdir():
            if path.name not in used:
                path.unlink()
    return sorted(removed)


# --- writing ----------------------------------------------------------------------------------------


def _write_part(arrays: Path, part: Fitted) -> dict[str, Any]:
    return {
        "meta": part.meta(),
        "arrays": {name: _write_array(arrays, values) for name, values in sorted(part.arrays().items())},
    }


def _write_array(arrays: Path, values: np.ndarray) -> dict[str, Any]:
    """Write an array unless the same one stands there whole; what a manifest says of it."""
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(values), allow_pickle=False)
    data = buffer.getbuffer()
    checksum = _checksum(data)
    path = arrays / f"{checksum}.npy"
    if not (path.exists() and _checksum(path.read_bytes()) == checksum):
        _write(path, data)
    return {"checksum": checksum, "bytes": len(data)}


def _write(path: Path, data: bytes | memoryview) -> None:
    """Whole or not at all: beside its place, flushed, renamed, the folder flushed."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise Unavailable(
                "no room to save what was learned: the former snapshot stays in use",
                key="disk",
                value=str(path.parent),
                way_out="make room on the disk, then learn again",
            ) from error
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _plain(manifest: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(manifest, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1).encode()
    except (TypeError, ValueError) as exc:
        raise BadValue("must be plain JSON", key="meta", value=str(exc)) from exc


def _checksum(data: bytes | memoryview) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One learner at a time; the lock goes with its process, however that ends."""
    with (folder / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Nothing is saved into the folder or removed from it while the block runs; who wants to waits."""
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        yield


# --- reading ----------------------------------------------------------------------------------------


def _candidates(folder: Path) -> list[str]:
    """The current snapshot, then the others from new to old."""
    current = current_snapshot(folder)
    known = list_snapshots(folder)
    if current is None:
        return known
    return [current, *(each for each in known if each != current)]


def _numbered(folder: Path) -> list[tuple[int, str]]:
    """(number, id) of every manifest that can be read."""
    found = []
    for path in (folder / "manifests").glob("*.json"):
        try:
            found.append((int(_read_manifest(folder, path.stem)["number"]), path.stem))
        except SnapshotDamaged:
            continue
    return found


def _read_manifest(folder: Path, snapshot: str) -> dict[str, Any]:
    path = folder / "manifests" / f"{snapshot}.json"
    try:
        data = path.read_bytes()
    except FileNotFoundError as exc:
        raise SnapshotDamaged("the manifest is missing", key="snapshot", value=snapshot) from exc
    if _checksum(data) != snapshot:
        raise SnapshotDamaged("the manifest does not match its checksum", key="snapshot", value=snapshot)
    manifest: dict[str, Any] = json.loads(data)
    return manifest


def _open(folder: Path, snapshot: str, before: Snapshot | None = None) -> Snapshot:
    if not snapshot.isalnum():
        raise NothingLearned("no such snapshot", key="snapshot", value=snapshot)
    manifest = _read_manifest(folder, snapshot)
    if manifest["format"] > FORMAT:
        raise SnapshotDamaged("saved by a newer version", key="snapshot", value=snapshot)
    kept = {} if before is None else _unchanged(folder, manifest, before)
    wanted = [
        (name, array, described)
        for name, part in manifest["parts"].items()
        if name not in kept
        for array, described in part["arrays"].items()
    ]
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        mapped = list(pool.map(lambda each: _map_array(folder, snapshot, *each), wanted))
    arrays: dict[str, dict[str, np.ndarray]] = {name: {} for name in manifest["parts"]}
    for (name, array, _), values in zip(wanted, mapped, strict=True):
        arrays[name][array] = values
    parts = {
        name: kept[name] if name in kept else _part(snapshot, name, arrays[name], part["meta"])
        for name, part in manifest["parts"].items()
    }
    return Snapshot(snapshot, manifest["number"], parts, manifest["meta"])


def _unchanged(folder: Path, manifest: Mapping[str, Any], before: Snapshot) -> dict[str, Fitted]:
    """The parts that a snapshot opened earlier has, to the checksum."""
    try:
        earlier = _read_manifest(folder, before.id)["parts"]
    except SnapshotDamaged:  # or pruned
        return {}
    return {
        name: before.parts[name]
        for name, part in manifest["parts"].items()
        if name in before.parts and earlier.get(name) == part
    }


def _part(snapshot: str, name: str, arrays: Arrays, meta: Mapping[str, Any]) -> Fitted:
    """One part; what another version of the code wrote is refused like what is damaged."""
    try:
        return part_class(name).from_arrays(arrays, meta)
    except (BadInput, KeyError) as exc:
        raise SnapshotDamaged(
            f"learned by another version of Tsuide ({exc})",
            key="part",
            value=f"{snapshot} {name}",
            way_out="tsuide learn",
        ) from exc


def _map_array(folder: Path, snapshot: str, part: str, name: str, described: Mapping[str, Any]) -> np.ndarray:
    path = folder / "arrays" / f"{described['checksum']}.npy"
    where = f"{snapshot} {part}.{name}"
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except FileNotFoundError as exc:
        raise SnapshotDamaged("an array is missing", key="array", value=where) from exc
    if found != described["checksum"]:
        raise SnapshotDamaged("an array does not match its checksum", key="array", value=where)
    return read_array(path, mapped=described["bytes"] > _SMALL)


def read_array(path: Path, *, mapped: bool) -> np.ndarray:
    """A saved array, mapped or read, that nobody can write to; of several threads one reads at a time.

    numpy reads the head of a file as a Python literal, and Python 3.11 builds syntax trees wrongly where two threads do
    so at once and the garbage collector runs in between (SystemError: recursion depth mismatch).
    """
    with _ONE_AT_A_TIME:
        if mapped:
            return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
        small: np.ndarray = np.load(path, allow_pickle=False)
    small.flags.writeable = False
    return small


_ONE_AT_A_TIME: Final = threading.Lock()
_SMALL: Final = 4096  # an empty array cannot be mapped, a small one need not be


def part_class(name: str) -> type[Fitted]:
    """The class of a part.

    Raises:
        BadValue: no such part is known.
    """
    if name not in PARTS:
        raise BadValue("no such part of a snapshot", key="part", value=name, way_out=", ".join(PARTS))
    module, _, kind = PARTS[name].partition(":")
    found: type[Fitted] = getattr(importlib.import_module(module), kind)
    return found
