"""Learned propensity laid over a catalogue, once for both, so that a decision only looks numbers up."""

from dataclasses import dataclass

import numpy as np

from tsuide.errors import BadArray
from tsuide.kit.arrays import Float64, frozen
from tsuide.kit.remembered import remembered
from tsuide.offers.candidates.chances import CHANCES, OF_SOURCE
from tsuide.offers.columns import SEPARATOR
from tsuide.offers.offer import SOURCES
from tsuide.offers.propensity import FittedPropensity
from tsuide.offers.state import State, Unchanged


@dataclass(frozen=True, slots=True, eq=False)
class Chances:
    """What `candidates.chances.correct` reads.

    Args:
        pairs: CHANCES, ascending by key.
        product: effect of each product of the catalogue, float64 (products,).
        weights: bias, log odds of the prior, place, then what the log odds weigh more by source; float64
            (OF_SOURCE + sources,): the kernel reads a slope for every source that a candidate may have.
        learned: the rest.
    """

    pairs: np.ndarray
    product: Float64
    weights: Float64
    learned: FittedPropensity


def chances_of(state: State) -> Chances | None:
    """The state's learned propensity; None while nothing is learned: candidates keep what was mined."""
    return _chances(Unchanged(state))


@remembered(8)
def _chances(key: Unchanged) -> Chances | None:
    state = key.state
    learned = state.parts.get("propensity")
    if not isinstance(learned, FittedPropensity) or learned.basis == "prior":
        return None
    product = np.zeros(len(state.items))
    places = state.ids.positions(learned.products.ids)
    product[places[places >= 0]] = learned.product[places >= 0]
    weights = frozen(np.concatenate([learned.weights, learned.slope]))
    if weights.shape != (OF_SOURCE + len(SOURCES),):
        raise BadArray(f"must be {OF_SOURCE} weights and {len(SOURCES)} slopes", key="weights", value=weights.shape)
    return Chances(_pairs(state, learned), frozen(product), weights, learned)


def _pairs(state: State, learned: FittedPropensity) -> np.ndarray:
    """Pairs whose categories the catalogue has; a learned category is a whole path joined by " > "."""
    codes = {path: code for code, path in enumerate(state.words.categories.words)}
    known = [codes.get(SEPARATOR.join(words)) for words in _paths(learned)]
    rows = []
    for anchor, category, effect in zip(
        learned.pair_anchor.tolist(), learned.pair_category.tolist(), learned.pair.tolist(), strict=True
    ):
        a, b = known[anchor] if anchor >= 0 else -1, known[category] if category >= 0 else None
        if a is not None and b is not None:
            rows.append((a * len(codes) + b, effect))
    return np.array(sorted(rows), dtype=CHANCES)


def _paths(learned: FittedPropensity) -> list[list[str]]:
    return [text.split(" > ") for text in learned.categories.ids]
