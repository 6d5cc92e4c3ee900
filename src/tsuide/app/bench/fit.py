"""What each model takes to learn on the demo's data: seconds, processor seconds, memory; a peer where there is one.

Every model in its own process, on frames read from Parquet; what it is learned after (bundles after complements) is
learned before and not timed. Peers learn from the same orders in the same run: no peer answers the same question with
the same definitions, so what each is given to do is said with it.
"""

import itertools
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix

from tsuide.app.bench.complements import PEERS as OF_PAIRS
from tsuide.app.bench.complements import write_baskets
from tsuide.app.bench.measured import Said, Timed, measured
from tsuide.app.material import Material, baskets_of, groups_of
from tsuide.app.models import MODELS, Model
from tsuide.errors import BadValue, MissingExtra, TooFewData
from tsuide.facts.catalogue import RELATIONS
from tsuide.intake import complete_journey
from tsuide.mining.cooccurrence import threads

_HERE: Final = "tsuide.app.bench.fit"
_PAIRS: Final = "tsuide.app.bench.complements"

PEER_TASKS: Final[Mapping[str, tuple[tuple[str, str, str], ...]]] = {
    "complements": tuple(
        (name, f"{_PAIRS}:{name}", "the 20 best by cosine, no test of significance, no updates") for name in OF_PAIRS
    ),
    "bundles": (("pyfim", f"{_HERE}:pyfim", "eclat: all sets of two to four in at least 20 baskets, not ranked"),),
    "next_basket": (("implicit", f"{_HERE}:implicit", "ALS of customers and items, 64 factors, 15 rounds"),),
}
"""Model → its peers: name, task, and what it is given to do."""


def bench_fit(
    *,
    models: Sequence[str] | None = None,
    tune: bool = False,
    repeats: int = 2,
    seed: int = 0,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Learn every model from the demo's data, each in its own process.

    Args:
        models: names of some; None = all.
        tune: choose their parameters on held-out orders, too.
        repeats: runs of each; the fastest counts, and the first one's memory.
        seed: of everything drawn.
        say: called with what is being done.

    Returns:
        "models": name → seconds, cpu_seconds, peak_mb (beyond the loaded input), total_mb, "peers" (name → the same,
        and the task); "left_out": name → why the demo cannot teach it; what was learned from.

    Raises:
        BadValue: no such model.
        MissingExtra: the demo's data are not installed.
    """
    known = [model.name for model in MODELS]
    wanted = known if models is None else list(models)
    for name in wanted:
        if name not in known:
            raise BadValue("no such model", key="models", value=name, way_out=f"one of {', '.join(known)}")
    found: dict[str, dict[str, Any]] = {}
    left_out: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        say("demo data")
        described = _write(folder)
        for number, name in enumerate(wanted, 1):
            say(f"{name} ({number} of {len(wanted)})")
            figures = measured(f"{_HERE}:model", folder, {"name": name, "tune": tune, "seed": seed}, repeats=repeats)
            why = figures.pop("left_out")
            if why is None:
                found[name] = figures | {"peers": _peers(name, folder, repeats, say)}
            else:
                left_out[name] = why
    return {"models": found, "left_out": left_out, "tune": tune, **described, "threads": threads()}


def _peers(name: str, folder: Path, repeats: int, say: Callable[[str], None]) -> dict[str, dict[str, Any]]:
    found = {}
    for peer, task, does in PEER_TASKS.get(name, ()):
        say(f"{name}: {peer}")
        try:
            figures = measured(task, folder, {"keep": f"{peer}.npy"}, repeats=repeats)
        except MissingExtra:
            continue
        found[peer] = figures | {"task": does}
    return found


def _write(folder: Path) -> dict[str, Any]:
    """The demo's purchases and products as Parquet, and its baskets as arrays for the peers."""
    data = complete_journey.load()
    orders = data.orders.filter(pl.col("status") != "cancelled")
    about = orders.select(pl.col("id").alias("order_id"), "customer_id", "placed_at", "currency")
    data.lines.join(about, on="order_id").write_parquet(folder / "purchases.parquet")
    data.products.write_parquet(folder / "products.parquet")
    return write_baskets(folder, None, 0) | {"products": len(data.products)}


def _material(folder: Path, *, tune: bool, seed: int) -> Material:
    """What the models learn from; the moment of learning is that of the last order."""
    purchases = pl.read_parquet(folder / "purchases.parquet")
    products = pl.read_parquet(folder / "products.parquet")
    baskets = baskets_of(purchases)
    return Material(
        baskets=baskets,
        kept=baskets,
        purchases=purchases,
        views=None,
        products=products,
        relations=pl.DataFrame(schema=RELATIONS),
        reviews=pl.DataFrame(),
        customers=pl.DataFrame(schema={"id": pl.String, "attributes": pl.String}),
        groups=groups_of(products),
        contacts=None,
        now=purchases["placed_at"].max(),  # type: ignore[arg-type]  # not empty, so a datetime
        seed=seed,
        tune=tune,
        previous={},
    )


# --- contestants: (folder, arguments) → what is timed ---------------------------------------------------


def model(folder: Path, arguments: dict[str, Any]) -> Timed:
    """One of ours, learned as `tsuide learn` learns it."""
    material = _material(folder, tune=arguments["tune"], seed=arguments["seed"])
    by_name = {each.name: each for each in MODELS}
    chosen = by_name[arguments["name"]]
    plain = replace(material, tune=False)
    before = {name: by_name[name].fit(plain, {}) for name in chosen.after}
    _compile(chosen, by_name, replace(plain, **_latest(plain)))

    def timed() -> Callable[[], Said]:
        try:
            chosen.fit(material, before)
        except TooFewData as why:
            said = {"left_out": str(why)}
            return lambda: said
        return lambda: {"left_out": None}

    return timed


_FEW: Final = 8_000  # orders, from which every model learns something in no time


def _latest(material: Material) -> dict[str, Any]:
    """The latest orders alone, as a material's fields."""
    begin = max(0, material.baskets.n_baskets - _FEW)
    since = int(material.baskets.time[begin]) if material.baskets.n_baskets else 0
    purchases = material.purchases.filter(pl.col("placed_at").dt.epoch("us") >= since)
    baskets = baskets_of(purchases)
    return {"baskets": baskets, "kept": baskets, "purchases": purchases}


def _compile(chosen: Model, by_name: Mapping[str, Model], material: Material) -> None:
    """Learn from little: what is not compiled yet is compiled, what is, is loaded."""
    with suppress(TooFewData):
        chosen.fit(material, {name: by_name[name].fit(material, {}) for name in chosen.after})


def pyfim(folder: Path, _: dict[str, Any]) -> Timed:
    """`fim.eclat` with sets of two to four items in at least 20 baskets."""
    import fim

    items_of, item = np.load(folder / "items_of.npy"), np.load(folder / "item.npy")
    flat = item.tolist()
    baskets = [flat[first:end] for first, end in itertools.pairwise(items_of.tolist())]

    def timed() -> Callable[[], Said]:
        sets = fim.eclat(baskets, supp=-20, zmin=2, zmax=4)
        return lambda: {"sets": len(sets)}

    return timed


def implicit(folder: Path, _: dict[str, Any]) -> Timed:
    """`implicit.als.AlternatingLeastSquares` on how often each customer bought each item."""
    from implicit.als import AlternatingLeastSquares

    baskets = baskets_of(pl.read_parquet(folder / "purchases.parquet"))
    customer = baskets.customer[baskets.basket_of_entry()]
    known = customer >= 0
    cells = (np.ones(int(known.sum()), np.float32), (customer[known], baskets.item[known]))
    counts = csr_matrix(cells, shape=(baskets.n_customers, baskets.n_items))

    def timed() -> Callable[[], Said]:
        fitted = AlternatingLeastSquares(factors=64, iterations=15, num_threads=threads(), random_state=0)
        fitted.fit(counts, show_progress=False)
        return dict

    return timed
