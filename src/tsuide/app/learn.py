"""Learn everything from the store's facts and save it as the new current snapshot."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Final, TypeAlias

import polars as pl

from tsuide import __version__
from tsuide.app.locks import alone
from tsuide.app.outcomes_learning import learn_propensity
from tsuide.app.promotions import current_deals
from tsuide.app.wiring import Shop
from tsuide.errors import NothingLearned, SnapshotDamaged
from tsuide.mining.alternatives import Alternatives, FittedAlternatives
from tsuide.mining.baskets import Baskets
from tsuide.mining.complements import Complements, FittedComplements
from tsuide.mining.fitted import Fitted
from tsuide.mining.snapshot import open_snapshot, save_snapshot
from tsuide.mining.weighing import Weights

Progress: TypeAlias = Callable[[str, int, int], None]  # what is being done, steps done, steps in all


@dataclass(frozen=True, slots=True)
class Material:
    """What models learn from.

    Args:
        baskets: every order that was not cancelled, with customer, time and price.
        purchases: the same as one row per line (`store.facts.purchases`).
        products, relations, customers: frames of facts.
        now: the moment of learning.
        seed: of everything that is drawn.
        tune: choose parameters on held-out orders, whatever was chosen before.
        previous: the parts of the current snapshot, whose choices are kept where `tune` is not asked for.
    """

    baskets: Baskets
    purchases: pl.DataFrame
    products: pl.DataFrame
    relations: pl.DataFrame
    now: datetime
    seed: int
    tune: bool
    previous: Mapping[str, Fitted]


@dataclass(frozen=True, slots=True)
class Model:
    """One part of a snapshot and how it is learned; the parts before it are at hand."""

    name: str
    fit: Callable[[Material], Fitted]


def _complements(material: Material) -> Fitted:
    last = material.previous.get("complements")
    if isinstance(last, FittedComplements) and not material.tune:
        return Complements(score=last.score).fit(material.baskets, tune=False, seed=material.seed)
    return Complements().fit(material.baskets, tune=True, seed=material.seed)


def _alternatives(material: Material) -> Fitted:
    last = material.previous.get("alternatives")
    chosen = last.chosen if isinstance(last, FittedAlternatives) and not material.tune else None
    model = Alternatives() if chosen is None else Alternatives(weights=Weights(chosen["weights"], chosen["note"]))
    return model.fit(
        material.products,
        material.baskets,
        relations=material.relations,
        tune=chosen is None,
        seed=material.seed,
    )


MODELS: Final[tuple[Model, ...]] = (
    Model("complements", _complements),
    Model("alternatives", _alternatives),
)


@dataclass(frozen=True, slots=True)
class Learned:
    """What a run of learning made.

    Args:
        snapshot_id: the new current snapshot.
        sequence: up to which fact it reaches.
        orders, order_lines, products, customers: what it was learned from.
        complement_pairs: pairs kept that pass the false-discovery gate.
        seconds: by step.
    """

    snapshot_id: str
    sequence: int
    orders: int
    order_lines: int
    products: int
    customers: int
    complement_pairs: int
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def seconds_in_all(self) -> float:
        """The whole run."""
        return sum(self.seconds.values())


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
        tune: choose parameters on held-out orders anew; else the current snapshot's choices are kept, and only
            a first run chooses.
        progress: told before each step.
        models: parts in the order in which they are learned.

    Raises:
        NothingLearned: there are no orders to learn from.
        Unavailable: another learner is at work in this home, or the store does not answer.
    """
    with alone(shop.settings.home / "learn.lock", "a learner"):
        steps, total, seconds = 0, len(models) + 5, {}

        def timed(name: str, work: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the step makes
            nonlocal steps
            progress(name, steps, total)
            start = perf_counter()
            made = work()
            seconds[name] = perf_counter() - start
            steps += 1
            return made

        sequence = shop.store.facts.sequence()
        shop.store.prices.note(now)
        purchases: pl.DataFrame = timed("read orders", shop.store.facts.purchases)
        if purchases.is_empty():
            raise NothingLearned("there are no orders to learn from", way_out="tsuide import orders FILE")
        material: Material = timed("baskets", lambda: _material(shop, purchases, now, seed, tune))
        parts: dict[str, Fitted] = {model.name: timed(model.name, partial(model.fit, material)) for model in models}
        parts["deals"] = timed("deals", lambda: current_deals(shop, material.products, now))
        parts["propensity"] = timed("propensity", lambda: learn_propensity(shop, purchases, material.products, now))
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
            **counts,
        }
        snapshot_id = timed("save", lambda: save_snapshot(shop.snapshots, parts, meta))
        progress("done", total, total)
    return Learned(snapshot_id=snapshot_id, sequence=sequence, seconds=seconds, **counts)


def pairs_of(part: Fitted | None) -> int:
    """How many directed pairs of complements passed the false-discovery gate."""
    if not isinstance(part, FittedComplements):
        return 0
    return int(part.frame()["significant"].sum())


def _material(shop: Shop, purchases: pl.DataFrame, now: datetime, seed: int, tune: bool) -> Material:  # noqa: FBT001 - passed on
    baskets = Baskets.from_frame(
        purchases,
        basket="order_id",
        item="product_id",
        customer="customer_id",
        time="placed_at",
        quantity="quantity",
        price="unit_price",
    )
    facts = shop.store.facts
    return Material(baskets, purchases, facts.products(), facts.relations(), now, seed, tune, _previous(shop.snapshots))


def _previous(snapshots: Path) -> Mapping[str, Fitted]:
    """The parts of the current snapshot; none where there is none that can be read."""
    try:
        return open_snapshot(snapshots).parts
    except (NothingLearned, SnapshotDamaged):
        return {}
