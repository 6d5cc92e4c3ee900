"""A policy laid over a catalogue: margins and weights per product, computed once for both."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from tsuide.kit.arrays import Int64, frozen
from tsuide.kit.money import RATE_UNIT
from tsuide.kit.remembered import remembered
from tsuide.offers import codes
from tsuide.offers.candidates.fill import BOUND
from tsuide.offers.columns import SEPARATOR, Words
from tsuide.offers.policy.policy import Policy, Weight
from tsuide.offers.sets import set_savings
from tsuide.offers.state import State, Unchanged

ANY_CATEGORY: Final = "default"  # the key of margin_rates for what no other key names


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """What a policy makes of a state.

    Args:
        items: BOUND, shape (products,).
        weights: the policy's levers, then its contexts: as the bits of `items["weights"]` count them.
        economics: lost share, payment fee, return cost, influence start, target, days, parcel, and how often a
            customer of the shop sends back compared with all (basis points: 10,000), then of a discount tier that a
            filler reaches (0 here: none) what it costs of the filler's price, basis points; int64 (9,).
        mandatory: dense products that people put first, int32; those of unknown products are left out.
        mandatory_rows: their places in the policy's list.
        savings: off the full price of each set, minor units, 0 = none; int64 (sets,).
        anybody: where no rep asks, everybody is qualified; bool (qualifications,).
        choice: offers in one slot and of one need at most, temperature and guard of exploring.
    """

    items: np.ndarray
    weights: tuple[tuple[Weight, bool], ...]
    economics: Int64
    mandatory: np.ndarray
    mandatory_rows: tuple[int, ...]
    savings: Int64
    anybody: np.ndarray
    choice: tuple[int, int, float, float]


def bind(policy: Policy, state: State) -> Bound:
    """The policy laid over the state's catalogue; computed once for both."""
    return _bound(policy, Unchanged(state))


@remembered(8)
def _bound(policy: Policy, key: Unchanged) -> Bound:
    state = key.state
    weights = [(each, True) for each in policy.levers] + [(each, False) for each in policy.contexts]
    items = np.zeros(len(state.items), BOUND)
    items["margin"], items["basis"] = margins(policy, state)
    for place, (weight, _) in enumerate(weights):
        items["weights"] |= np.where(_matches(weight, state), 1 << place, 0)
    for place, (one, other) in enumerate(policy.never_with):
        for side, name in (("apart_left", one), ("apart_right", other)):
            items[side] |= np.where(in_categories(state, (name,))[state.items["category"]], 1 << place, 0)
    wanted = state.ids.positions([each.product for each in policy.mandatory])
    return Bound(
        items=frozen(items),
        weights=tuple(weights),
        economics=np.array(
            [
                policy.lost_share,
                policy.payment_fee,
                policy.return_cost,
                policy.influence.start,
                policy.influence.target,
                policy.influence.days,
                policy.shipping_cost,
                RATE_UNIT,
                0,
            ],
            dtype=np.int64,
        ),
        mandatory=wanted[wanted >= 0],
        mandatory_rows=tuple(np.flatnonzero(wanted >= 0).tolist()),
        savings=set_savings(policy, state, items["margin"], items["basis"]),
        anybody=np.ones(len(state.words.qualifications.words), dtype=np.bool_),
        choice=(
            policy.page_most,
            policy.per_need,
            policy.exploration.temperature / 10_000.0,
            policy.exploration.guard / 10_000.0,
        ),
    )


def margins(policy: Policy, state: State) -> tuple[Int64, np.ndarray]:
    """Margin of one unit ex tax, minor units, int64 (products,), and its basis (codes.*MARGIN*), int8.

    From the cost where it is known; else from the rate that a person set for the deepest category on the
    product's path; else not known (margin 0, never guessed).
    """
    net, cost = state.items["net"], state.items["cost"]
    rate = _rate_of_category(policy, state.words.categories)[state.items["category"]]
    by_cost, by_rate = (cost >= 0) & (net >= 0), (cost < 0) & (net >= 0) & (rate > 0)
    margin = np.where(by_cost, net - cost, np.where(by_rate, net * rate // RATE_UNIT, 0))
    basis = np.where(by_cost, codes.MARGIN_FROM_COST, np.where(by_rate, codes.MARGIN_FROM_RATE, codes.UNKNOWN_MARGIN))
    return margin.astype(np.int64), basis.astype(np.int8)


def _rate_of_category(policy: Policy, categories: Words) -> Int64:
    rates = np.zeros(max(len(categories.words), 1), dtype=np.int64)
    for code, path in enumerate(categories.words):
        names = [name for name in reversed(path.split(SEPARATOR)) if name in policy.margin_rates]
        rates[code] = policy.margin_rates[names[0]] if names else policy.margin_rates.get(ANY_CATEGORY, 0)
    return rates


def _matches(weight: Weight, state: State) -> np.ndarray:
    matches = np.ones(len(state.items), dtype=np.bool_)
    if weight.category is not None:
        matches &= in_categories(state, (weight.category,))[state.items["category"]]
    if weight.product is not None:
        matches &= np.arange(len(state.items)) == state.ids.position(weight.product)
    return matches


def in_categories(state: State, names: tuple[str, ...]) -> np.ndarray:
    """Which category codes have one of the names on their path; bool (categories,)."""
    wanted = set(names)
    return np.array(
        [not wanted.isdisjoint(path.split(SEPARATOR)) for path in state.words.categories.words],
        dtype=np.bool_,
    )
