from itertools import pairwise

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tsuide.mining.spark.rows import whole_groups

sizes = st.lists(st.integers(1, 7), min_size=1, max_size=12)
cuts = st.lists(st.integers(0, 84), max_size=6)


@settings(deadline=None)
@given(sizes, cuts, st.integers(1, 20))
def test_groups_come_whole_and_in_order_wherever_batches_are_cut(group: list[int], cut: list[int], room: int) -> None:
    keys = np.repeat(np.arange(len(group)), group)
    batch = pa.RecordBatch.from_pydict({"key": keys, "row": np.arange(len(keys))})
    edges = [0, *sorted(min(each, len(keys)) for each in cut), len(keys)]
    batches = [batch.slice(low, high - low) for low, high in pairwise(edges)]
    pieces = list(whole_groups(batches, "key", room=room))
    assert np.concatenate([piece.column("row") for piece in pieces]).tolist() == list(range(len(keys)))
    assert np.concatenate([np.diff(piece.begin) for piece in pieces]).tolist() == group
    largest = room + max(group) + max(each.num_rows for each in batches)
    assert all(len(piece.table) <= largest for piece in pieces)


def test_nothing_comes_of_nothing() -> None:
    assert list(whole_groups([], "key")) == []
