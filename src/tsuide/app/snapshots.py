"""What was learned and is kept: list it, and go back to an earlier state."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tsuide.app.wiring import Shop
from tsuide.errors import NotFound, NothingLearned, SnapshotDamaged
from tsuide.mining.snapshot import Snapshot, current_snapshot, list_snapshots, noted, open_snapshot, return_to


@dataclass(frozen=True, slots=True)
class KeptSnapshot:
    """One learned state.

    Args:
        id: content-addressed.
        number: in the order of learning; None where it cannot be read.
        learned_at: UTC.
        parts: what was learned, by name.
        current: whether servers decide with it.
        damaged: what is wrong with its files; None = every byte was verified.
    """

    id: str
    number: int | None
    learned_at: datetime | None
    parts: tuple[str, ...]
    current: bool
    damaged: str | None


def learned_at(snapshot: Snapshot) -> datetime | None:
    """When a snapshot was learned; None where its maker did not note it."""
    noted = snapshot.meta.get("learned_at")
    return datetime.fromisoformat(noted) if isinstance(noted, str) else None


def kept_snapshots(shop: Shop) -> list[KeptSnapshot]:
    """Every kept snapshot, newest first; each is verified, which reads all of its bytes."""
    current = current_snapshot(shop.snapshots)
    found = []
    for each in list_snapshots(shop.snapshots):
        try:
            opened = open_snapshot(shop.snapshots, each)
        except (NothingLearned, SnapshotDamaged) as error:
            found.append(KeptSnapshot(each, None, None, (), each == current, str(error)))
        else:
            parts = tuple(sorted(opened.parts))
            found.append(KeptSnapshot(each, opened.number, learned_at(opened), parts, each == current, None))
    return found


@dataclass(frozen=True, slots=True)
class Noted:
    """A kept snapshot by what its manifest says; its arrays were not read.

    Args:
        id, number, learned_at, parts, current: as of `KeptSnapshot`.
        orders: from how many it was learned; None where that was not noted.
        left_out: model → why the shop's data could not teach it.
    """

    id: str
    number: int
    learned_at: datetime | None
    parts: tuple[str, ...]
    current: bool
    orders: int | None
    left_out: Mapping[str, str]


def noted_snapshots(shop: Shop) -> list[Noted]:
    """Every kept snapshot by its manifest, newest first: quick, and nothing is verified."""
    current, found = current_snapshot(shop.snapshots), []
    for each in list_snapshots(shop.snapshots):
        number, meta, parts = noted(shop.snapshots, each)
        at = meta.get("learned_at")
        learned = datetime.fromisoformat(at) if isinstance(at, str) else None
        left = dict(meta.get("left_out") or {})
        found.append(Noted(each, number, learned, parts, each == current, meta.get("orders"), left))
    return found


def roll_back(shop: Shop, snapshot_id: str) -> KeptSnapshot:
    """Decide with an earlier (or a later) kept snapshot from now on; running servers follow within a second.

    Raises:
        NotFound: no such snapshot is kept.
        SnapshotDamaged: its files are not whole.
    """
    if snapshot_id not in list_snapshots(shop.snapshots):
        raise NotFound("no such snapshot is kept", key="snapshot", value=snapshot_id, way_out="GET /v1/snapshots")
    return_to(shop.snapshots, snapshot_id)
    opened = open_snapshot(shop.snapshots, snapshot_id)
    return KeptSnapshot(snapshot_id, opened.number, learned_at(opened), tuple(sorted(opened.parts)), True, None)
