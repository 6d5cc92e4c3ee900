"""Orders that came after learning, folded into what goes with what: in offers within a second, without learning anew.

What is folded in is a pure function of the snapshot and of the orders up to a sequence, so that a decision made in
between can be made again: the links of every product whose partners moved since the snapshot are made anew from the
learned ones, whatever was folded in before. The gate and everything else stay as learned.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl

from tsuide.app.wiring import Shop
from tsuide.mining.baskets import Baskets
from tsuide.mining.complements import WRITTEN_DOWN, FittedComplements
from tsuide.mining.snapshot import Snapshot
from tsuide.offers.links import Links, renewed_links
from tsuide.offers.state import State

LEARNED_UP_TO: Final = "sequence"  # of a snapshot's meta


@dataclass(frozen=True, slots=True, eq=False)
class Folded:
    """What was folded in so far.

    Args:
        complements: with every new order; None where the snapshot has none that can be updated.
        learned: links as the snapshot has them, of the catalogue that they were made for.
        orders: how many were folded in.
    """

    complements: FittedComplements | None
    learned: Links
    orders: int = 0


def unfolded(snapshot: Snapshot, state: State) -> Folded:
    """Nothing folded in yet."""
    part = snapshot.parts.get("complements")
    updatable = isinstance(part, FittedComplements) and part.kept is not None
    return Folded(part if updatable and isinstance(part, FittedComplements) else None, state.complements)


def learned_up_to(snapshot: Snapshot) -> int:
    """The newest fact that the snapshot was learned from."""
    found: Any = snapshot.meta.get(LEARNED_UP_TO, 0)
    return int(found)


def fold_in(shop: Shop, folded: Folded, state: State, after: int, upto: int) -> tuple[Folded, State]:
    """The orders with after < number ≤ upto folded in as well; what was given where there are none."""
    if folded.complements is None or upto <= after:
        return folded, state
    baskets = shop.store.facts.fresh_baskets(after, upto)
    if not baskets:
        return folded, state
    folded = with_baskets(folded, baskets)
    return folded, with_links(folded, state)


def rehearse(folded: Folded, state: State) -> None:
    """Fold an order of the most bought product in and throw the result away: then compiling and paging in are over.

    The first order of a fresh installation would else take seconds to reach offers.
    """
    known = folded.complements
    if known is not None and not folded.orders and len(known.item_ids):
        with_links(with_baskets(folded, [[known.item_ids[int(known.degree.argmax())]]]), state)


def with_baskets(folded: Folded, baskets: Sequence[Sequence[str]]) -> Folded:
    """More orders, each the product ids that lay in it."""
    if folded.complements is None:
        return folded
    rows = [(place, item) for place, basket in enumerate(baskets) for item in basket]
    frame = pl.DataFrame(rows, schema={"order": pl.Int64, "item": pl.String}, orient="row")
    updated = folded.complements.update(Baskets.from_frame(frame, basket="order", item="item"))
    return Folded(updated, folded.learned, folded.orders + len(baskets))


def with_links(folded: Folded, state: State) -> State:
    """The state with its links as they follow from what was folded in."""
    known = folded.complements
    if known is None or not folded.orders:
        return state
    counted_anew = folded.orders > WRITTEN_DOWN  # its tables no longer tell what moved since learning
    moved = np.arange(len(known.item_ids)) if counted_anew else known.moved().astype(np.int64)
    learned = folded.learned.grown(len(state.ids))
    return replace(state, complements=renewed_links(learned, known.settled(), moved, state.ids))
