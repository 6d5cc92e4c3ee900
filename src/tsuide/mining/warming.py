"""Compile the kernels of co-occurrence once; afterwards they come from Numba's cache beside the code.

Without it the first `fit` after an installation takes some seconds longer.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Final

import numpy as np
import polars as pl

from tsuide.mining import kernels, packing
from tsuide.mining.baskets import Baskets
from tsuide.mining.complements import Complements

LINE: Final = "compiling the kernels once (some seconds); later starts take them from the cache"


def is_warm() -> bool:
    """Whether the sweep's compiled form was found in the cache (or was compiled in this process)."""
    kernels.count_items(_ITEMS, 2)
    return not kernels.count_items.stats.cache_misses  # type: ignore[attr-defined]  # a Numba function


_ITEMS: Final = np.zeros(1, np.int32)
_ITEMS.flags.writeable = False


def warm_up(say: Callable[[str], None] = lambda _line: None) -> float:
    """Run every kernel on a handful of orders, so that all are compiled and cached.

    Args:
        say: called with one line where something has to be compiled.

    Returns:
        Seconds that it took.

    >>> warm_up() >= 0.0
    True
    """
    start = perf_counter()
    if not is_warm():
        say(LINE)
    lines = pl.DataFrame(
        {
            "order": [f"o{i // 3}" for i in range(1500)],
            "item": [f"p{(i * i + i % 7) % 40}" for i in range(1500)],
            "customer": [f"c{i // 3 % 20}" for i in range(1500)],
            "time": [i // 3 for i in range(1500)],
            "quantity": [1 + i % 2 for i in range(1500)],
            "price": [100 + i % 5 for i in range(1500)],
        }
    )
    named = {name: name for name in ("item", "customer", "time", "quantity", "price")}
    baskets = Baskets.from_frame(lines, basket="order", **named)
    more = baskets.between(baskets.n_baskets - 3, baskets.n_baskets)
    fitted = Complements(min_count=2).fit(baskets, views=baskets)
    updated = fitted.update(more)
    updated.of("p1")
    updated.settled().frame()
    Complements(min_count=2, keep=False).fit(baskets, tune=False)
    packing.first_unsorted(baskets.item, baskets.items_of, baskets.n_items)
    return perf_counter() - start
