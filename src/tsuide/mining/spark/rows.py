"""Arrow batches of sorted rows in pieces that hold whole groups: what a Spark worker does first."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tsuide.kit.arrays import Bool, Int64

ROOM: Final = 1_000_000  # rows held at once, or one group where that is larger


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Some whole groups of sorted rows.

    Args:
        begin: rows of group g are begin[g] … begin[g + 1] − 1; int64 (groups + 1,).
        table: the rows.
    """

    begin: Int64
    table: pa.Table

    def column(self, name: str) -> np.ndarray:
        """A column of numbers."""
        found: np.ndarray = self.table.column(name).to_numpy()
        return found


def whole_groups(batches: Iterable[Any], key: str, *, room: int = ROOM) -> Iterator[Groups]:
    """Rows in pieces of about `room`, never cut within a group.

    Args:
        batches: Arrow record batches, rows with the same key side by side, keys never null.
        key: the column that tells groups apart.
        room: rows held at once, unless one group is larger.

    >>> batch = pa.RecordBatch.from_pydict({"basket": ["a", "a", "b", "c"], "item": [1, 2, 1, 3]})
    >>> [piece.begin.tolist() for piece in whole_groups([batch, batch.slice(3)], "basket", room=2)]
    [[0, 2, 3], [0, 2]]
    """
    held: list[Any] = []
    rows = 0
    for batch in batches:
        if batch.num_rows == 0:
            continue
        held.append(batch)
        rows += batch.num_rows
        if rows < room:
            continue
        table = pa.Table.from_batches(held)
        first = np.flatnonzero(changes(table.column(key)))
        last = int(first[-1]) if len(first) else 0
        if last == 0:
            held = table.combine_chunks().to_batches()  # one group larger than the room
            continue
        yield Groups(first, table.slice(0, last))  # the last group may go on: its first row is the end of the others
        rest = table.slice(last)
        held, rows = rest.to_batches(), rest.num_rows
    if held:
        table = pa.Table.from_batches(held)
        yield Groups(np.append(np.flatnonzero(changes(table.column(key))), len(table)), table)


def changes(column: Any) -> Bool:  # noqa: ANN401 - an Arrow column
    """Where a row differs from the one before, the first counted as different; bool (rows,).

    >>> changes(pa.chunked_array([["a", "a", "b"]])).tolist()
    [True, False, True]
    """
    differs = np.ones(len(column), np.bool_)
    if len(column) > 1:
        differs[1:] = pc.not_equal(column.slice(1), column.slice(0, len(column) - 1)).to_numpy()
    return differs
