"""A generated shop of any size, the same for the same seed: baskets with themes, popular items and rare ones."""

from typing import Final

import numpy as np

from tsuide.kit.arrays import Float64, Int32, Int64
from tsuide.mining import packing

LINES_PER_BASKET: Final = 10.3
MOST_ITEMS: Final = 50_000
DRAWN: Final = 1.03  # lines drawn for one that is left when doubles are merged
SHAPE: Final = 1.0  # of the negative binomial: the smaller, the more uneven
LARGEST: Final = 400  # lines of a basket
THEMES: Final = 500
OF_THEME: Final = 0.5  # share of lines drawn from the basket's theme
POPULARITY: Final = 0.9  # Zipf exponent
CHUNK: Final = 4_000_000


def generated_baskets(lines: int, *, seed: int) -> tuple[Int64, Int32, int]:
    """Distinct items of each basket.

    Sizes are negative binomial (mean 10.3, many of one or two lines, some of a hundred); half of a basket's
    lines come from one of 500 themes, half from the whole shop, both with Zipf popularity.

    Args:
        lines: about so many distinct (basket, item).
        seed: of everything drawn.

    Returns:
        Where baskets begin, int64 (baskets + 1,); items ascending within a basket, int32 (entries,); how many
        items there are.

    >>> items_of, item, n_items = generated_baskets(2_000, seed=0)
    >>> len(items_of) - 1, n_items, len(item) <= 2_200
    (194, 500, True)
    """
    rng = np.random.default_rng(seed)
    n_baskets = max(1, round(lines / LINES_PER_BASKET))
    n_items = int(np.clip(lines // 20, THEMES, MOST_ITEMS)) // THEMES * THEMES
    more = LINES_PER_BASKET * DRAWN - 1
    size = np.minimum(1 + rng.negative_binomial(SHAPE, SHAPE / (SHAPE + more), n_baskets), LARGEST)
    row = np.repeat(np.arange(n_baskets, dtype=np.int32), size)
    theme = rng.integers(0, THEMES, n_baskets, dtype=np.int32)
    everywhere, within = _alias(_popularity(n_items)), _alias(_popularity(n_items // THEMES))
    item = np.empty(len(row), np.int32)
    for first in range(0, len(row), CHUNK):
        part = slice(first, first + CHUNK)
        n = len(row[part])
        themed = rng.random(n, dtype=np.float32) < OF_THEME
        in_theme = _drawn(within, n, rng) * THEMES + theme[row[part]]
        item[part] = np.where(themed, in_theme, _drawn(everywhere, n, rng))
    begin = packing.begin_of_rows(row, n_baskets)
    items, _ = packing.gather_rows(row, item, begin)
    _, entries = packing.merge_doubles(items, begin)
    return begin, items[: entries[0]].copy(), n_items


def _popularity(n: int) -> Float64:
    weight = (np.arange(n, dtype=np.float64) + 20.0) ** -POPULARITY
    chance: Float64 = weight / weight.sum()
    return chance


def _alias(chance: Float64) -> tuple[Float64, Int32]:
    """Walker's alias table (Vose 1991): one number and one comparison draw from any distribution."""
    n = len(chance)
    scaled = chance * n
    keep, other = np.ones(n), np.arange(n, dtype=np.int32)
    small, large = list(np.flatnonzero(scaled < 1)), list(np.flatnonzero(scaled >= 1))
    while small and large:
        low, high = small.pop(), large[-1]
        keep[low], other[low] = scaled[low], high
        scaled[high] -= 1 - scaled[low]
        if scaled[high] < 1:
            small.append(large.pop())
    return keep, other


def _drawn(table: tuple[Float64, Int32], n: int, rng: np.random.Generator) -> Int32:
    keep, other = table
    place = rng.integers(0, len(keep), n, dtype=np.int32)
    return np.where(rng.random(n, dtype=np.float32) < keep[place], place, other[place]).astype(np.int32)
