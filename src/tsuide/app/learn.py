"""Learn everything from the store's facts and save it as the new current snapshot."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import Any, Final, TypeAlias

import polars as pl

from tsuide import __version__
from tsuide.app.erasing import erased_since_learning, forget_learned
from tsuide.app.locks import alone
from tsuide.app.material import Material, gather
from tsuide.app.models import MODELS, Model
from tsuide.app.outcomes_learning import learn_propensity
from tsuide.app.promotions import note_prices, published_parts, publishing
from tsuide.app.uplift import learn_uplift
from tsuide.app.wiring import Shop
from tsuide.errors import NothingLearned, SnapshotDamaged, TooFewData
from tsuide.mining.complements import FittedComplements
from tsuide.mining.fitted import Fitted
from tsuide.mining.snapshot import open_snapshot, save_snapshot

Progress: TypeAlias = Callable[[str, int, int], None]  # what is being done, steps done, steps in all
AT_ONCE: Final = 2  # models learned at the same time


@dataclass(frozen=True, slots=True)
class Learned:
    """What a run of learning made.

    Args:
        snapshot_id: the new current snapshot.
        sequence: up to which fact it reaches.
        orders, order_lines, products, customers: what it was learned from.
        complement_pairs: pairs kept that pass the false-discovery gate.
        seconds: by step; models are learned two at a time, so these add up to more than `seconds_in_all`.
        seconds_in_all: the whole run.
        left_out: model → why the shop's data could not teach it.
    """

    snapshot_id: str
    sequence: int
    orders: int
    order_lines: int
    products: int
    customers: int
    complement_pairs: int
    seconds: dict[str, float] = field(default_factory=dict)
    seconds_in_all: float = 0.0
    left_out: dict[str, str] = field(default_factory=dict)


class _Steps:
    """Tells progress and takes the time of each step, from whatever thread."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.seconds: dict[str, float] = {}
        self.total = total
        self._progress = progress
        self._begun = 0
        self._lock = Lock()

    def timed(self, name: str, work: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the step makes
        with self._lock:
            self._progress(name, self._begun, self.total)
            self._begun += 1
        start = perf_counter()
        made = work()
        self.seconds[name] = perf_counter() - start
        return made


def learn(
    shop: Shop,
    *,
    now: datetime,
    seed: int,
    tune: bool = False,
    progress: Progress = lambda _what, _done, _total: None,
    models: Sequence[Model] = MODELS,
) -> Learned:
    """Learn every model and make the result the current snapshot; servers pick it up by themselves.

    Args:
        shop: whose facts.
        now: written into the snapshot.
        seed: same facts, seed and code give the same snapshot's arrays.
        tune: choose all parameters on held-out orders anew; else the current snapshot's choices are kept, and a
            first run chooses only what is cheap to choose (`models.py` says which).
        progress: told before each step.
        models: in the order in which they are begun; each after those that it names.

    Raises:
        NothingLearned: there are no orders to learn from.
        Unavailable: another learner is at work in this home, or the store does not answer.
    """
    with alone(shop.settings.home / "learn.lock", "a learner"):
        begun = perf_counter()
        steps = _Steps(progress, len(models) + 9)
        sequence, erased = shop.store.facts.sequence(), erased_since_learning(shop)
        purchases: pl.DataFrame = steps.timed("read orders", lambda: _purchases(shop, sequence))
        if purchases.is_empty():
            raise NothingLearned("there are no orders to learn from", way_out="tsuide import orders FILE")
        previous = _previous(shop.snapshots)
        note_prices(shop, previous.get("deals"), now)
        material: Material = steps.timed(
            "baskets", lambda: gather(shop, purchases, previous, now=now, seed=seed, tune=tune)
        )
        parts, left_out = fit_all(material, models, steps.timed)
        parts["propensity"] = steps.timed(
            "propensity", lambda: learn_propensity(shop, purchases, material.products, now)
        )
        try:
            parts["uplift"] = steps.timed("uplift", lambda: learn_uplift(shop, purchases, now, seed))
        except TooFewData as why:
            left_out["uplift"] = str(why)
        counts = {
            "orders": material.baskets.n_baskets,
            "order_lines": len(purchases),
            "products": len(material.products),
            "customers": material.baskets.n_customers,
            "complement_pairs": pairs_of(parts.get("complements")),
        }
        meta = {
            "learned_at": now.isoformat(),
            "sequence": sequence,
            "seed": seed,
            "code": __version__,
            "first_order": purchases["placed_at"].min().isoformat(),  # type: ignore[union-attr]  # not empty, so a datetime
            "last_order": purchases["placed_at"].max().isoformat(),  # type: ignore[union-attr]  # as above
            "left_out": left_out,
            **counts,
        }
        with publishing(shop):  # last: what people published meanwhile must not be lost
            parts |= published_parts(shop, material.products, now, steps.timed)
            snapshot_id = steps.timed("save", lambda: save_snapshot(shop.snapshots, parts, meta))
        forget_learned(shop, erased, now)
        progress("done", steps.total, steps.total)
    return Learned(
        snapshot_id=snapshot_id,
        sequence=sequence,
        seconds=steps.seconds,
        seconds_in_all=perf_counter() - begun,
        left_out=left_out,
        **counts,
    )


def fit_all(
    material: Material, models: Sequence[Model], timed: Callable[[str, Callable[[], Any]], Any]
) -> tuple[dict[str, Fitted], dict[str, str]]:
    """Learn models, two at a time (their kernels run without the interpreter's lock).

    Args:
        material: not changed.
        models: each after those that it names.
        timed: (name, work) → what the work makes.

    Returns:
        The parts in the models' order, and why each of the others was left out.
    """
    begun: dict[str, Future[Fitted | TooFewData]] = {}

    def fit(model: Model) -> Fitted | TooFewData:
        before = {name: begun[name].result() for name in model.after if name in begun}
        parts = {name: part for name, part in before.items() if not isinstance(part, TooFewData)}
        try:
            made: Fitted = timed(model.name, lambda: model.fit(material, parts))
        except TooFewData as why:
            return why
        return made

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for model in models:
            begun[model.name] = pool.submit(fit, model)
        made = {name: future.result() for name, future in begun.items()}
    parts = {name: part for name, part in made.items() if not isinstance(part, TooFewData)}
    return parts, {name: str(why) for name, why in made.items() if isinstance(why, TooFewData)}


def pairs_of(part: Fitted | None) -> int:
    """How many directed pairs of complements passed the false-discovery gate."""
    if not isinstance(part, FittedComplements):
        return 0
    return int(part.frame()["significant"].sum())


def _purchases(shop: Shop, sequence: int) -> pl.DataFrame:
    """Purchases without the orders that came while they were read: a server folds those in from `sequence` on."""
    purchases = shop.store.facts.purchases()
    newer = shop.store.facts.fresh_orders(sequence)
    return purchases.filter(~pl.col("order_id").is_in(newer)) if newer else purchases


def _previous(snapshots: Path) -> Mapping[str, Fitted]:
    """The parts of the current snapshot; none where there is none that can be read."""
    try:
        return open_snapshot(snapshots).parts
    except (NothingLearned, SnapshotDamaged):
        return {}
