import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tsuide.app.bench.complements import TOP, bench_complements, write_baskets
from tsuide.app.bench.measured import measured
from tsuide.app.bench.pairs import bench_pairs
from tsuide.app.bench.update import bench_update
from tsuide.errors import TooFewData, Unavailable
from tsuide.mining.baskets import Baskets


def test_a_contestant_is_measured_in_its_own_process(tmp_path: Path) -> None:
    described = write_baskets(tmp_path, 5_000, 0)
    found = measured("tsuide.app.bench.pairs:ours", tmp_path, {"min_count": 2}, repeats=1)
    assert found["seconds"] > 0
    assert found["total_mb"] > found["peak_mb"] >= 0
    assert found["sum_of_counts"] >= 2 * found["pairs"] > 0
    assert described["baskets"] == len(np.load(tmp_path / "items_of.npy")) - 1


def test_a_contestant_that_fails_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="pairs:ours"):
        measured("tsuide.app.bench.pairs:ours", tmp_path / "nowhere", {"min_count": 2}, repeats=1)


def test_updates_are_timed_and_end_in_a_refit() -> None:
    baskets = Baskets.from_arrays(range(0, 301, 3), [i + offset for i in range(100) for offset in (0, 100, 200)])
    found = bench_update(baskets, updates=20)
    assert found["equals_refit"]
    assert found["mean_items"] == 3.0
    with pytest.raises(TooFewData):
        bench_update(baskets, updates=60)


@pytest.mark.soak
def test_ours_and_every_peer_find_the_same_in_a_small_shop() -> None:
    said: list[str] = []
    found: dict[str, Any] = bench_complements(lines=20_000, repeats=1, say=said.append)
    assert found["equal_results"]
    assert set(found["peers"]) == {"implicit", "rusket", "sparse_dot_topn"} <= set(said)
    assert {"seconds", "peak_mb", "times_faster_than_fastest_peer", "lines", "baskets", "items"} <= set(found)
    assert bench_pairs(lines=20_000, min_count=3, repeats=1)["equal_results"]
    assert json.loads(json.dumps(found)) == found
    assert TOP == 20
