"""Strategies compared in simulated shops whose truth is known, from silence over Tsuide to one who sees everything.

Every strategy runs the same days of the same world with the same dice, so that the differences are effects, free of
chance but for the world drawn. Worlds run beside each other in processes of their own.
"""

import importlib
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np

from tsuide.app.closed_loop import Builder, running
from tsuide.kit.arrays import Int32
from tsuide.kit.clock import MICROS_PER_DAY
from tsuide.kit.money import RATE_UNIT
from tsuide.offers.codes import CHANNEL_CODE, SHOWN
from tsuide.offers.policy.load import load_policy, ready_text
from tsuide.offers.policy.policy import SCOPES
from tsuide.proof.evaluation.supervision import judged
from tsuide.proof.worlds.answers import Strategy
from tsuide.proof.worlds.bounds import BoundOracle, Bounds
from tsuide.proof.worlds.choice import NOTHING
from tsuide.proof.worlds.comparison import Figures, figures_of
from tsuide.proof.worlds.family import Family
from tsuide.proof.worlds.life import Life, born
from tsuide.proof.worlds.oracle import Clairvoyant, Oracle
from tsuide.proof.worlds.rollout import Day, Outcome, roll
from tsuide.proof.worlds.strategies import Popular, bought_together
from tsuide.proof.worlds.world import World, draw

STRATEGIES: Final = (
    "silence", "newsletter", "popular", "bought_together", "tsuide_gentle", "tsuide_standard", "oracle_in_bounds",
    "oracle", "clairvoyant",
)  # fmt: skip
_APPLICATION: Final = "tsuide.asgi:create"  # the top of the house, loaded by name as a server loads it
_SENDER: Final = "\nsender: {name: Simulated shop, address: 1-1 Simulated street, opt_out: https://shop.example/stop}\n"
_SETTLING: Final = 90  # days before the history, in which stocks at home find their balance


@dataclass(frozen=True, slots=True)
class Plan:
    """What is simulated.

    Args:
        history: days of silence whose orders the strategies learn from.
        days: days that are compared.
        relearn: days between two runs of the engine's learning; 0 = once, before the first day.
        shoppers: how many, as a multiple of the family's own number.
        strategies: of `STRATEGIES`; silence is always run.
        mail: whether strategies may write mails, too.
    """

    history: int = 60
    days: int = 60
    relearn: int = 15
    shoppers: float = 1.0
    strategies: tuple[str, ...] = STRATEGIES
    mail: bool = True


@dataclass(frozen=True, slots=True)
class _Past:
    """A world and what its shop knows on the first day."""

    world: World
    life: Life
    oracle: Oracle
    days: list[Day]

    @property
    def baskets(self) -> Int32:
        return np.concatenate([day.basket for day in self.days])


def simulate(
    families: Sequence[tuple[Family, int]], plan: Plan, *, jobs: int, tell: Callable[[str], None]
) -> list[Figures]:
    """Every world's figures, in the order given.

    Args:
        families: (family, seed) of each world.
        plan: the same for all.
        jobs: worlds at a time.
        tell: told of each world that is done.
    """
    done: dict[int, Figures] = {}
    with ProcessPoolExecutor(min(jobs, len(families)), mp_context=get_context("spawn")) as pool:
        running_now = {
            pool.submit(simulate_world, family, seed, plan): place for place, (family, seed) in enumerate(families)
        }
        for future in as_completed(running_now):
            figures = future.result()
            done[running_now[future]] = figures
            tell(f"{figures.family} {figures.seed}")
    return [done[place] for place in range(len(families))]


def simulate_world(family: Family, seed: int, plan: Plan) -> Figures:
    """All strategies in one world."""
    sized = replace(family, shoppers=max(round(family.shoppers * plan.shoppers), 20))
    past = _past(draw(sized, seed), plan, seed)
    wanted = ("silence", *(each for each in plan.strategies if each != "silence"))
    outcomes = {name: _run(name, past, plan, seed) for name in wanted}
    figures = figures_of(past.world, outcomes, past.baskets)
    return replace(figures, supervision=judged(family.reps, seed=seed)) if family.reps else figures


def _past(world: World, plan: Plan, seed: int) -> _Past:
    first = -plan.history - _SETTLING
    life = born(world, first, seed)
    roll(world, life, range(first, -plan.history), seed, None)
    oracle = Oracle(world, life, plan.days)
    told = roll(world, life, range(-plan.history, 0), seed, None, oracle.saw, keep=True)
    return _Past(world, life, oracle, told.days)


def _run(name: str, past: _Past, plan: Plan, seed: int) -> Outcome:
    world, life = past.world, past.life.copy()
    days, dice = range(plan.days), seed + 1
    popular = Popular(world, np.bincount(past.baskets[past.baskets != NOTHING], minlength=world.products))
    if name.startswith("tsuide_"):
        return _run_engine(name.removeprefix("tsuide_"), past, plan, life, dice)
    if name == "silence":
        return roll(world, life, days, dice, None)
    if name == "newsletter":
        return roll(world, life, days, dice, None, mail=popular)
    if name == "oracle":
        oracle = past.oracle.in_life(life)
        return roll(world, life, days, dice, oracle, oracle.saw, mail=oracle if plan.mail else None)
    if name == "oracle_in_bounds":
        bound = BoundOracle(world, past.oracle.in_life(life), bounds_of(policy_text("standard")))
        for each in past.days:
            bound.remember(each.day, each)
        return roll(world, life, days, dice, bound, bound.saw, mail=bound if plan.mail else None)
    chosen: dict[str, Callable[[], Strategy]] = {
        "popular": lambda: popular,
        "bought_together": lambda: bought_together(world, past.baskets),
        "clairvoyant": lambda: Clairvoyant(world, life.last, plan.days),
    }
    strategy = chosen[name]()
    return roll(world, life, days, dice, strategy, mail=strategy if plan.mail else None)


def _run_engine(policy: str, past: _Past, plan: Plan, life: Life, dice: int) -> Outcome:
    """The engine behind its own doors."""
    text = policy_text(policy)
    with (
        tempfile.TemporaryDirectory(prefix="tsuide-world-", ignore_cleanup_errors=True) as home,
        running(
            past.world, past.days, text, home=Path(home), build=_builder(), seed=dice, relearn=plan.relearn
        ) as engine,
    ):
        return roll(past.world, life, range(plan.days), dice, engine, engine.saw, mail=engine if plan.mail else None)


def policy_text(name: str) -> str:
    """A ready-made policy as simulated shops run it: its holdout is off, since silence is run on the same dice.

    The shop names who sends its mails, as everybody must before an advertising mail may go out.
    """
    return ready_text(name).replace("holdout: 5%", "holdout: 0%") + _SENDER


def bounds_of(text: str) -> Bounds:
    """The limits of a policy's text that bind in simulated shops.

    >>> bounds_of(ready_text("standard")).contacts["email"]
    (1, 7.0)
    """
    policy = load_policy(text)
    limits = {
        name: (int(row["most"]), float(row["window"]) / MICROS_PER_DAY)
        for row in policy.limits
        for name in ("email", "site", "rep")
        if row["channel"] == CHANNEL_CODE[name]
    }
    (shown,) = (
        row for row in policy.suppression if row["outcome"] == SHOWN and row["scope"] == SCOPES.index("product")
    )
    ratio = {name: policy.value("price_reach", name) / RATE_UNIT for name in ("of_main", "within_band", "of_band")}
    return Bounds(
        contacts=limits,
        shown=int(shown["count"]),
        within=float(shown["window"]) / MICROS_PER_DAY,
        rest=float(shown["rest"]) / MICROS_PER_DAY,
        **ratio,
        upgrade=(
            policy.value("upgrade_reach", "least") / RATE_UNIT,
            policy.value("upgrade_reach", "most") / RATE_UNIT,
        ),
        least_days=float(policy.value("not_due", "least_days")),
    )


def _builder() -> Builder:
    module, _, name = _APPLICATION.partition(":")
    built: Builder = getattr(importlib.import_module(module), name)
    return built


def to_json(figures: Sequence[Figures], summary: dict[str, Any], plan: Plan) -> dict[str, Any]:
    """The whole result as plain data."""
    return {
        **summary,
        "history_days": plan.history,
        "days": plan.days,
        "relearn_days": plan.relearn,
        "worlds": [each.to_json() for each in figures],
    }
