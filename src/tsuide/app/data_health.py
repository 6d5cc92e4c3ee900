"""What the data lack, and what that costs: said where somebody can mend it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from tsuide.app.deciding import Decider
from tsuide.app.snapshots import learned_at
from tsuide.app.wiring import Shop

OLD_DAYS: Final = 8
"""After so many days what was learned is worth learning anew."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that is missing.

    Args:
        name: what: ``cost``, ``price``, ``image``, ``category``, ``stock``, ``quarantine`` or ``learned``.
        count: how many (of ``learned``: days).
        total: of how many; 0 = a count alone.
    """

    name: str
    count: int
    total: int = 0

    @property
    def share(self) -> float:
        """Of all."""
        return self.count / self.total if self.total else 0.0


def gaps_of(products: pl.DataFrame) -> list[Gap]:
    """What active products that are sold lack, the most often missing first; nothing of what all have.

    >>> frame = pl.DataFrame({"id": ["a", "b"], "status": "active", "kind": "physical", "price": [5, 5],
    ...     "cost": [None, 3], "image": "x", "category": [["c"], ["c"]], "stock": [1, 2]})
    >>> gaps_of(frame)
    [Gap(name='cost', count=1, total=2)]
    """
    sold = products.filter((pl.col("status") == "active") & (pl.col("kind") != "content"))
    missing = {
        "cost": pl.col("cost").is_null(),
        "price": pl.col("price").is_null(),
        "image": pl.col("image").is_null(),
        "category": pl.col("category").list.len().fill_null(0) == 0,
        "stock": pl.col("stock").is_null(),
    }
    counts = sold.select(**{name: what.sum() for name, what in missing.items()}).row(0, named=True)
    found = [Gap(name, int(count), sold.height) for name, count in counts.items() if count]
    return sorted(found, key=lambda gap: -gap.count)


def data_health(shop: Shop, decider: Decider, now: datetime) -> list[Gap]:
    """Everything that the data lack now."""
    held = shop.store.inbox.counts().get("quarantined", 0)
    found = [Gap("quarantine", held)] if held else []
    loaded = decider.loaded_or_none
    if loaded is None:
        return found
    found += gaps_of(loaded.products)
    learned = learned_at(loaded.snapshot)
    days = 0 if learned is None else (now - learned).days
    return [*found, Gap("learned", days)] if days >= OLD_DAYS else found
