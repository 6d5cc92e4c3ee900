"""Every item's 20 best partners by cosine, exact, beside implicit, rusket and sparse_dot_topn on the same baskets.

The task is the 20 best among the partners with at least 3 common baskets. The peers have no such minimum: they give
the 20 best whatever the count (and the item itself, as one more). So ours is timed without the minimum, too: that is
`same_output`, from which `equal_results` comes. The whole `Complements().fit`, with its tests of significance, is
timed beside them.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix

from tsuide.app.bench.generated import generated_baskets
from tsuide.app.bench.measured import Said, Timed, measured
from tsuide.errors import MissingExtra
from tsuide.intake.complete_journey import load
from tsuide.kit.arrays import Int32, Int64
from tsuide.mining.baskets import Baskets
from tsuide.mining.complements import Complements
from tsuide.mining.cooccurrence import Best, Score, best_partners, threads

TOP: Final = 20
MIN_COUNT: Final = 3
PEERS: Final = ("implicit", "rusket", "sparse_dot_topn")
_HERE: Final = "tsuide.app.bench.complements"
_CLOSE: Final = 2e-4  # the peers count in float32


def bench_complements(
    *, lines: int | None = None, seed: int = 0, repeats: int = 2, say: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Time ours and every installed peer, each in its own process.

    Args:
        lines: size of a generated shop; None = the demo's data.
        seed: of the generated shop.
        repeats: runs of each; the fastest counts.
        say: called with what is being done.

    Returns:
        seconds, peak_mb, times_faster_than_fastest_peer, peers, lines, baskets, items, equal_results, the same
        for ours without a minimum count (same_output), and the whole fit.

    Raises:
        MissingExtra: none of the peers is installed, or the demo's data are not.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        say("baskets")
        described = write_baskets(folder, lines, seed)
        say("tsuide")
        found = measured(f"{_HERE}:ours", folder, {"min_count": MIN_COUNT}, repeats=repeats)
        say("tsuide, whatever the count")
        same = measured(f"{_HERE}:ours", folder, {"min_count": 1, "keep": "ours.npy"}, repeats=repeats)
        say("tsuide, the whole fit")
        whole = measured(f"{_HERE}:whole_fit", folder, {}, repeats=repeats)
        peers: dict[str, dict[str, Any]] = {}
        for peer in PEERS:
            say(peer)
            try:
                peers[peer] = measured(f"{_HERE}:{peer}", folder, {"keep": f"{peer}.npy"}, repeats=repeats)
            except MissingExtra:
                continue
            peers[peer]["equal_results"] = _equal(folder / "ours.npy", folder / f"{peer}.npy")
    if not peers:
        raise MissingExtra("no peer is installed", key="peers", value=PEERS, way_out="pip install tsuide[bench]")
    fastest = {key: min(peer[key] for peer in peers.values()) for key in ("seconds", "cpu_seconds")}
    return {
        **found,
        "min_count": MIN_COUNT,
        "times_faster_than_fastest_peer": round(fastest["seconds"] / found["seconds"], 2),
        "times_less_cpu_than_leanest_peer": round(fastest["cpu_seconds"] / found["cpu_seconds"], 2),
        "same_output": {
            **same,
            "times_faster_than_fastest_peer": round(fastest["seconds"] / same["seconds"], 2),
            "times_less_cpu_than_leanest_peer": round(fastest["cpu_seconds"] / same["cpu_seconds"], 2),
        },
        "fit": whole,
        "peers": peers,
        "equal_results": all(peer["equal_results"] for peer in peers.values()),
        **described,
        "threads": threads(),
        "memory": "peak_mb is beyond the loaded input, total_mb with it and the interpreter",
    }


def write_baskets(folder: Path, lines: int | None, seed: int) -> dict[str, Any]:
    """Write the baskets that all contestants read: of a generated shop, or the demo's."""
    if lines is None:
        purchases = load().lines
        baskets = Baskets.from_frame(purchases, basket="order_id", item="product_id")
        items_of, item, n_items = baskets.items_of, baskets.item, baskets.n_items
    else:
        items_of, item, n_items = generated_baskets(lines, seed=seed)
    for name, values in (("items_of", items_of), ("item", item), ("n_items", np.array(n_items))):
        np.save(folder / f"{name}.npy", values)
    return {
        "data": "demo" if lines is None else "generated",
        "lines": len(item),
        "baskets": len(items_of) - 1,
        "items": n_items,
    }


def read_baskets(folder: Path) -> tuple[Int64, Int32, int]:
    """What `write_baskets` wrote."""
    items_of, item = np.load(folder / "items_of.npy"), np.load(folder / "item.npy")
    items_of.flags.writeable = item.flags.writeable = False  # as the arrays of Baskets are
    return items_of, item, int(np.load(folder / "n_items.npy"))


# --- contestants: (folder, arguments) → what is timed ---------------------------------------------------


def ours(folder: Path, arguments: dict[str, Any]) -> Timed:
    """The kernel alone."""
    items_of, item, n_items = read_baskets(folder)

    def run(of: Int64, entries: Int32, n: int) -> Best:
        return best_partners(of, entries, n, top=TOP, min_count=arguments["min_count"], score=Score("cosine"))

    def timed() -> Callable[[], Said]:
        best = run(items_of, item, n_items)

        def report() -> Said:
            if "keep" in arguments:
                np.save(folder / arguments["keep"], best.score)
            return {"pairs": best.pairs}

        return report

    run(*_small())
    return timed


def whole_fit(folder: Path, _: dict[str, Any]) -> Timed:
    """`Complements().fit`: counted, tested, ranked; the score as given."""
    items_of, item, n_items = read_baskets(folder)
    baskets = Baskets.from_arrays(items_of, item, n_items=n_items)
    small_of, small, n_small = _small()
    for keep in (True, False):
        Complements(keep=keep).fit(Baskets.from_arrays(small_of, small, n_items=n_small), tune=False)

    def timed() -> Callable[[], Said]:
        fitted = Complements(top=TOP, min_count=MIN_COUNT).fit(baskets, tune=False)
        return lambda: {"pairs": fitted.pairs, "kept": fitted.kept is not None}

    return timed


def implicit(folder: Path, arguments: dict[str, Any]) -> Timed:
    """`implicit.nearest_neighbours.CosineRecommender`."""
    from implicit.nearest_neighbours import CosineRecommender

    def run(matrix: csr_matrix) -> csr_matrix:
        model = CosineRecommender(K=TOP + 1, num_threads=threads())
        model.fit(matrix, show_progress=False)
        return csr_matrix(model.similarity)

    return _of_matrix(folder, arguments, run)


def rusket(folder: Path, arguments: dict[str, Any]) -> Timed:
    """`rusket.ItemKNN` of the matrix with columns of length 1 (its own "cosine" normalises the baskets instead)."""
    from rusket import ItemKNN

    def run(matrix: csr_matrix) -> csr_matrix:
        model = ItemKNN(method="count", k=TOP + 1)
        model.fit(_normalised(matrix))
        n_items = matrix.shape[1]
        return csr_matrix((model.w_data, model.w_indices, model.w_indptr), shape=(n_items, n_items))

    return _of_matrix(folder, arguments, run)


def sparse_dot_topn(folder: Path, arguments: dict[str, Any]) -> Timed:
    """`sparse_dot_topn.sp_matmul_topn` of the normalised matrix with itself."""
    from sparse_dot_topn import sp_matmul_topn

    def run(matrix: csr_matrix) -> csr_matrix:
        unit = _normalised(matrix)
        return csr_matrix(sp_matmul_topn(unit.T.tocsr(), unit, top_n=TOP + 1, n_threads=threads()))

    return _of_matrix(folder, arguments, run)


def _of_matrix(folder: Path, arguments: dict[str, Any], run: Callable[[csr_matrix], csr_matrix]) -> Timed:
    """A peer's run on baskets × items, float32; what it found kept for the comparison."""
    items_of, item, n_items = read_baskets(folder)
    matrix = _matrix(items_of, item, n_items)
    run(_matrix(*_small()))

    def timed() -> Callable[[], Said]:
        found = run(matrix)

        def report() -> Said:
            np.save(folder / arguments["keep"], _sorted_rows(found, n_items))
            return {}

        return report

    return timed


def _matrix(items_of: Int64, item: Int32, n_items: int) -> csr_matrix:
    ones = np.ones(len(item), np.float32)
    return csr_matrix((ones, item.copy(), items_of.astype(np.int32)), shape=(len(items_of) - 1, n_items))


def _normalised(matrix: csr_matrix) -> csr_matrix:
    """Every item's column of length 1."""
    degree = np.bincount(matrix.indices, minlength=matrix.shape[1])
    length = np.sqrt(np.maximum(degree, 1)).astype(np.float32)
    return csr_matrix((1 / length[matrix.indices], matrix.indices, matrix.indptr), shape=matrix.shape)


def _sorted_rows(found: csr_matrix, n_items: int) -> np.ndarray:
    """The 20 largest values of each row without the item itself, falling; float64 (items, 20)."""
    rows = np.repeat(np.arange(n_items), np.diff(found.indptr))
    others = found.indices != rows
    table = pl.DataFrame({"row": rows[others], "value": found.data[others].astype(np.float64)})
    ranked = table.sort("row", "value", descending=[False, True])
    row = ranked["row"].to_numpy()
    begin = np.searchsorted(row, np.arange(n_items))
    place = np.arange(len(row)) - begin[row]
    best = np.zeros((n_items, TOP))
    best[row[place < TOP], place[place < TOP]] = ranked["value"].to_numpy()[place < TOP]
    return best


def _equal(ours_at: Path, theirs_at: Path) -> bool:
    """Whether both found the same values; which of equal values stands first is free."""
    return bool(np.allclose(np.load(ours_at), np.load(theirs_at), rtol=_CLOSE, atol=1e-6))


def _small() -> tuple[Int64, Int32, int]:
    """A few baskets for warming up."""
    items_of, item, n_items = generated_baskets(2000, seed=1)
    items_of.flags.writeable = item.flags.writeable = False
    return items_of, item, n_items
