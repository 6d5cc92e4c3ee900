"""Which attribute of products tells whom they suit: the system they fit, men's or women's, the roast, and how much."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import gammaln

from tsuide.kit.arrays import Float64, Int32, Int64, frozen
from tsuide.mining.index import Index

MOST_VALUES: Final = 6
_STRENGTHS: Final = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
_NOTHING: Final = 1e6  # purchases that everybody's choice counts for: an attribute that says nothing of a customer
_CERTAIN: Final = 10.0  # log likelihood that an attribute must tell more than nothing


@dataclass(frozen=True, slots=True, eq=False)
class Trait:
    """The attribute by which customers differ most in what they choose; no values where none tells anything.

    Args:
        of: (items,) int32: place of each product's value, -1 = it has none.
        usual: (values,) float64: share of each value among products bought.
        strength: purchases that `usual` counts for beside a customer's own (Dirichlet).
    """

    of: Int32
    usual: Float64
    strength: float


def likeliest_trait(attributes: Mapping[str, Mapping[str, str]], ids: Index, own_of: Int64, own_item: Int32) -> Trait:
    """The attribute of at most 6 values that tells most of who buys what (Dirichlet–multinomial).

    Args:
        attributes: item id → attribute → value.
        ids: items.
        own_of: products that customer c bought, each once, are ``own_item[own_of[c]:own_of[c + 1]]``.
        own_item: see there.
    """
    best, found = _CERTAIN, Trait(frozen(np.full(len(ids), -1, np.int32)), frozen(np.empty(0)), _NOTHING)
    whose = np.repeat(np.arange(len(own_of) - 1), np.diff(own_of))
    for name in sorted({name for each in attributes.values() for name in each}):
        values = sorted({each[name] for each in attributes.values() if name in each})
        if not 1 < len(values) <= MOST_VALUES:
            continue
        code = {value: place for place, value in enumerate(values)}
        of = np.array([code.get(attributes.get(each, {}).get(name, ""), -1) for each in ids.ids], np.int32)
        bought = of[own_item]
        counts = np.zeros((len(own_of) - 1, len(values)))
        np.add.at(counts, (whose[bought >= 0], bought[bought >= 0]), 1.0)
        usual = (counts.sum(axis=0) + 0.5) / (counts.sum() + 0.5 * len(values))
        nothing = _likelihood(counts, usual, _NOTHING)
        strength = max(_STRENGTHS, key=lambda each: _likelihood(counts, usual, each))
        gain = _likelihood(counts, usual, strength) - nothing
        if gain > best:
            best, found = gain, Trait(frozen(of), frozen(usual), strength)
    return found


def _likelihood(counts: Float64, usual: Float64, strength: float) -> float:
    prior = strength * usual
    rows = (gammaln(prior + counts) - gammaln(prior)).sum(axis=1)
    return float((rows + gammaln(strength) - gammaln(strength + counts.sum(axis=1))).sum())
