"""All pairs with at least n common baskets, beside pyfim and rusket on the same baskets."""

import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from tsuide.app.bench.complements import read_baskets, write_baskets
from tsuide.app.bench.generated import generated_baskets
from tsuide.app.bench.measured import Said, Timed, measured
from tsuide.errors import MissingExtra
from tsuide.mining.cooccurrence import all_pairs, threads

PEERS: Final = ("pyfim", "rusket")
_HERE: Final = "tsuide.app.bench.pairs"


def bench_pairs(
    *,
    min_count: int = 10,
    lines: int | None = None,
    seed: int = 0,
    repeats: int = 2,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Time ours and every installed peer, each in its own process.

    Args:
        min_count: common baskets that a pair needs.
        lines: size of a generated shop; None = the demo's data.
        seed: of the generated shop.
        repeats: runs of each; the fastest counts.
        say: called with what is being done.

    Returns:
        seconds, peak_mb, pairs, times_faster_than_fastest_peer, peers, equal_results (as many pairs, with the same
        sum of counts), lines, baskets, items.

    Raises:
        MissingExtra: none of the peers is installed, or the demo's data are not.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        say("baskets")
        described = write_baskets(folder, lines, seed)
        say("tsuide")
        found = measured(f"{_HERE}:ours", folder, {"min_count": min_count}, repeats=repeats)
        peers: dict[str, dict[str, Any]] = {}
        for peer in PEERS:
            say(peer)
            try:
                peers[peer] = measured(f"{_HERE}:{peer}", folder, {"min_count": min_count}, repeats=repeats)
            except MissingExtra:
                continue
    if not peers:
        raise MissingExtra("no peer is installed", key="peers", value=PEERS, way_out="pip install tsuide[bench]")
    same = ("pairs", "sum_of_counts")
    return {
        **found,
        "times_faster_than_fastest_peer": round(min(p["seconds"] for p in peers.values()) / found["seconds"], 2),
        "peers": peers,
        "equal_results": all(peer[key] == found[key] for peer in peers.values() for key in same),
        "min_count": min_count,
        **described,
        "threads": threads(),
    }


def ours(folder: Path, arguments: dict[str, Any]) -> Timed:
    """`mining.cooccurrence.all_pairs`."""
    items_of, item, n_items = read_baskets(folder)
    small_of, small, n_small = generated_baskets(2000, seed=1)
    small_of.flags.writeable = small.flags.writeable = False
    all_pairs(small_of, small, n_small, min_count=2)

    def timed() -> Callable[[], Said]:
        pairs = all_pairs(items_of, item, n_items, min_count=arguments["min_count"])
        return lambda: {"pairs": len(pairs.count), "sum_of_counts": int(pairs.count.sum())}

    return timed


def pyfim(folder: Path, arguments: dict[str, Any]) -> Timed:
    """`fim.eclat` with sets of exactly two items."""
    import fim

    items_of, item, _ = read_baskets(folder)
    flat = item.tolist()
    baskets = [flat[first:end] for first, end in itertools.pairwise(items_of.tolist())]

    def timed() -> Callable[[], Said]:
        found = fim.eclat(baskets, supp=-arguments["min_count"], zmin=2, zmax=2)
        return lambda: {"pairs": len(found), "sum_of_counts": sum(count for _, count in found)}

    return timed


def rusket(folder: Path, arguments: dict[str, Any]) -> Timed:
    """`rusket.fpgrowth` with sets of at most two items, of a sparse frame."""
    import rusket

    items_of, item, n_items = read_baskets(folder)
    ones = np.ones(len(item), np.bool_)
    matrix = csr_matrix((ones, item.copy(), items_of.astype(np.int32)), shape=(len(items_of) - 1, n_items))
    frame = pd.DataFrame.sparse.from_spmatrix(matrix)  # type: ignore[attr-defined]  # its stubs leave the accessor open
    support = (arguments["min_count"] - 0.5) / (len(items_of) - 1)

    def timed() -> Callable[[], Said]:
        found = rusket.fpgrowth(frame, min_support=support, max_len=2, use_colnames=False)
        return lambda: _said(found, len(items_of) - 1)

    return timed


def _said(found: pd.DataFrame, n_baskets: int) -> Said:
    two = found[[len(each) == 2 for each in found["itemsets"]]]  # noqa: PLR2004  # pairs
    return {"pairs": len(two), "sum_of_counts": round(float(two["support"].sum()) * n_baskets)}
