"""How long each model takes to learn: the demo shop, every part of a snapshot, untuned and tuned."""

from datetime import datetime
from typing import Any

from tsuide.app.demo import prepare
from tsuide.app.learn import Progress, learn
from tsuide.app.wiring import Shop


def bench_fit(shop: Shop, *, now: datetime, seed: int, progress: Progress) -> dict[str, Any]:
    """`learn` on the demo shop, which is imported first where it is not there yet.

    Args:
        shop: the demo's; gets two more snapshots.
        now: the moment of learning.
        seed: of everything drawn.
        progress: told before each step.

    Returns:
        seconds and seconds_tuned by step, both in all, and what was learned from.

    Raises:
        Conflict: the store holds orders of somebody's own.
        MissingExtra: the demo's data are not installed.
    """
    prepare(shop, now=now, seed=seed, progress=progress)  # compiles whatever is not compiled yet
    plain = learn(shop, now=now, seed=seed, tune=False, progress=progress)
    tuned = learn(shop, now=now, seed=seed, tune=True, progress=progress)
    return {
        "seconds": {name: round(value, 3) for name, value in plain.seconds.items()},
        "seconds_tuned": {name: round(value, 3) for name, value in tuned.seconds.items()},
        "seconds_in_all": round(plain.seconds_in_all, 2),
        "seconds_tuned_in_all": round(tuned.seconds_in_all, 2),
        "orders": plain.orders,
        "order_lines": plain.order_lines,
        "products": plain.products,
    }
