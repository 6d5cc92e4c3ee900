"""Put a learned state together with the catalogue: what `decide` reads, at one snapshot and one fact sequence."""

from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from tsuide.app.catalogue import Catalogue
from tsuide.app.folding import Folded, fold_in, learned_up_to, unfolded, with_links
from tsuide.app.wiring import Shop
from tsuide.errors import BadArray, SnapshotDamaged
from tsuide.mining.complements import FittedComplements
from tsuide.mining.snapshot import Snapshot, open_snapshot
from tsuide.mining.stated import StatedRelations
from tsuide.offers.state import State, build_state

PUBLISHED: Final = frozenset({"curated", "deals", "relations", "tiers"})
"""Parts that people change between two runs of learning."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything that a decision reads, immutable; a newer one replaces it whole.

    Args:
        snapshot: what was learned.
        state: the same as `decide` reads it.
        products: frame of PRODUCTS at `sequence`.
        catalogue: the same as pages read it.
        sequence: the newest fact in it.
        folded: the orders since learning that its links hold.
    """

    snapshot: Snapshot
    state: State
    products: pl.DataFrame
    catalogue: Catalogue
    sequence: int
    folded: Folded


def open_learned(shop: Shop, snapshot_id: str | None = None, *, before: Snapshot | None = None) -> Snapshot:
    """A snapshot, as this version of the code understands it; None = the newest good one.

    `before` is one opened earlier: what did not change since is not read again.

    Raises:
        NothingLearned: there is no (such) snapshot.
        SnapshotDamaged: it does not match its checksums, or was learned by a version that wrote other arrays.
    """
    try:
        return open_snapshot(shop.snapshots, snapshot_id, before=before)
    except BadArray as exc:
        raise SnapshotDamaged(
            f"learned by another version of Tsuide ({exc})",
            key="snapshots",
            value=str(shop.snapshots),
            way_out="tsuide learn",
        ) from exc


def load(shop: Shop, snapshot_id: str | None = None, sequence: int | None = None) -> Loaded:
    """The state of a snapshot and a sequence; None = the newest of each.

    Raises:
        NothingLearned: there is no (such) snapshot.
        SnapshotDamaged: it does not match its checksums, and there is no earlier good one.
    """
    snapshot = open_learned(shop, snapshot_id)
    reached = shop.store.facts.sequence() if sequence is None else sequence
    products = shop.store.facts.products_at(reached)
    state = build_state(snapshot.parts, products, _relations(shop, snapshot), snapshot_id=snapshot.id, sequence=reached)
    folded, state = fold_in(shop, unfolded(snapshot, state), state, learned_up_to(snapshot), reached)
    return Loaded(snapshot, state, products, Catalogue(products, baskets_of(snapshot)), reached, folded)


def newer(shop: Shop, loaded: Loaded) -> Loaded:
    """The state of the newest snapshot; where only promotions and relations were published, at once.

    Raises:
        NothingLearned, SnapshotDamaged: as `load`.
    """
    snapshot = open_learned(shop, before=loaded.snapshot)
    if not _learned_the_same(snapshot, loaded.snapshot):
        return load(shop)
    loaded = caught_up(shop, loaded)
    state = loaded.state.with_published(
        snapshot.parts, _relations(shop, snapshot), snapshot_id=snapshot.id, sequence=loaded.sequence
    )
    return replace(loaded, snapshot=snapshot, state=state)


def _learned_the_same(one: Snapshot, other: Snapshot) -> bool:
    """Whether two snapshots hold the very same parts, those aside that people publish."""
    names = (one.parts.keys() | other.parts.keys()) - PUBLISHED
    return one.meta == other.meta and all(one.parts.get(name) is other.parts.get(name) for name in names)


def _relations(shop: Shop, snapshot: Snapshot) -> pl.DataFrame:
    """What people had declared when the snapshot was made; a later declaration must not change a replay."""
    part = snapshot.parts.get("relations")
    return part.frame() if isinstance(part, StatedRelations) else shop.store.facts.relations()


def caught_up(shop: Shop, loaded: Loaded) -> Loaded:
    """The same state with the products and orders that came in since; itself where nothing did."""
    facts = shop.store.facts
    newest = facts.sequence()
    if newest == loaded.sequence:
        return loaded
    while True:
        changed = facts.products_since(loaded.sequence)
        after = facts.sequence()
        if after == newest:  # nothing came in between: the products are those of this very sequence
            break
        newest = after
    new = [each for each in changed["id"].to_list() if each not in loaded.state.ids]
    part = loaded.snapshot.parts.get("complements")
    if isinstance(part, FittedComplements) and any(each in part.item_ids for each in new):
        return load(shop, loaded.snapshot.id, newest)  # learned from before the catalogue had it
    state = loaded.state.with_products(changed, sequence=newest)
    if new:
        state = with_links(loaded.folded, state)
    folded, state = fold_in(shop, loaded.folded, state, loaded.sequence, newest)
    if changed.is_empty():
        return Loaded(loaded.snapshot, state, loaded.products, loaded.catalogue, newest, folded)
    kept = loaded.products.join(changed.select("id"), on="id", how="anti")
    products = pl.concat([kept, changed]).sort("id")
    return Loaded(loaded.snapshot, state, products, Catalogue(products, baskets_of(loaded.snapshot)), newest, folded)


def baskets_of(snapshot: Snapshot) -> dict[str, int]:
    """In how many learned orders each product lay."""
    part = snapshot.parts.get("complements")
    if not isinstance(part, FittedComplements):
        return {}
    return dict(zip(part.item_ids.ids, part.degree.tolist(), strict=True))
