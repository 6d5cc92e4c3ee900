"""What a recommender answers: for every query the best items, best first."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from tsuide.kit.arrays import Float64, Int32
from tsuide.mining.index import Index


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """Items per query, best first; no item twice in a row.

    Args:
        item: dense item, -1 where there are fewer; int32 (queries, n).
        score: falling within a row, 0 where there is no item; float64 (queries, n).
        item_ids: dense item ↔ id.

    >>> ranked = Ranked(np.array([[1, -1]], np.int32), np.array([[0.5, 0.0]]), Index.of(["a", "b"]))
    >>> len(ranked), ranked.ids(0)
    (1, ['b'])
    >>> ranked.frame().rows()
    [(0, 1, 'b', 0.5)]
    """

    item: Int32
    score: Float64
    item_ids: Index

    def __len__(self) -> int:
        return len(self.item)

    def ids(self, query: int) -> list[str]:
        """The ids of one query's items, best first."""
        return [self.item_ids[int(place)] for place in self.item[query] if place >= 0]

    def frame(self) -> pl.DataFrame:
        """One row per query and item: query (from 0), rank (from 1), item, score."""
        query, rank = np.nonzero(self.item >= 0)
        return pl.DataFrame(
            {
                "query": query.astype(np.int64),
                "rank": (rank + 1).astype(np.int64),
                "item": self.item_ids.series(self.item[query, rank]),
                "score": self.score[query, rank],
            }
        )
