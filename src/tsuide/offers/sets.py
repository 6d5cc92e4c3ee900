"""What mined sets may cost: the deepest discount that still raises the expected margin, for all sets at once."""

from typing import Final

import numpy as np

from tsuide.kit.arrays import Int64, frozen
from tsuide.kit.money import RATE_UNIT
from tsuide.offers import codes
from tsuide.offers.candidates.bundles import MEMBERS
from tsuide.offers.policy.policy import Policy, SetPrices
from tsuide.offers.state import State

_STEP: Final = 100  # basis points between two discounts that are looked at, as in mining.set_price


def set_savings(policy: Policy, state: State, margin: Int64, basis: np.ndarray) -> Int64:
    """Off the full price of each mined set, minor units as shown, 0 = it is offered at the sum of its prices.

    The rule of `mining.set_price`, for all sets at once, with two limits more: no deeper than the policy allows, and
    what is offered (the set without its main product) keeps the policy's margin floor too. A set in which a margin
    is not known, a price is asked for, or two currencies meet, has no price of its own.

    Args:
        policy: says whether sets get prices at all.
        state: its sets.
        margin: of one unit of each product, ex tax, minor units; int64 (products,).
        basis: how each margin is known; int8 (products,).

    Returns:
        int64 (sets,).
    """
    sets, settings = state.sets, policy.set_prices
    savings = np.zeros(len(sets), np.int64)
    if settings is None or not len(sets):
        return frozen(savings)
    members = sets["items"].astype(np.int64)
    there = members >= 0
    at = np.where(there, members, 0)
    price, currency = state.items["price"][at], state.items["currency"][at]
    known = (price > 0) & (basis[at] != codes.UNKNOWN_MARGIN) & (currency == currency[:, :1])
    good = np.flatnonzero(
        (sets["deal"] < 0) & (sets["base"] > 0) & (there.sum(axis=1) > 1) & (known | ~there).all(axis=1)
    )
    if len(good):
        floor = policy.value("margin_floor", "rate") if policy.value("margin_floor", "on") else 0
        net = np.where(there, state.items["net"][at], 0)[good]
        own = np.where(there, margin[at], 0)[good]
        savings[good] = _deepest(np.where(there, price, 0)[good], own, net, sets[good], settings, floor)
    return frozen(savings)


def _deepest(price: Int64, margin: Int64, net: Int64, sets: np.ndarray, settings: SetPrices, floor: int) -> Int64:
    """The saving of each set; price, margin and net are (sets, 6), 0 where there is no member."""
    full, whole = price.sum(axis=1), margin.sum(axis=1)
    joint = np.minimum(sets["count"] / sets["base"], _least(sets["attach"], price[:, 1:] > 0))
    usual = margin[:, 0].astype(np.float64)
    rest = np.zeros(len(price))
    for member in range(1, MEMBERS):
        rest += sets["attach"][:, member - 1] * margin[:, member]
    usual += rest
    others = np.where(joint < 1.0, (usual - joint * whole) / np.where(joint < 1.0, 1.0 - joint, 1.0), 0.0)
    response = settings.response / RATE_UNIT
    rest_margin, rest_net = whole - margin[:, 0], net[:, 1:].sum(axis=1)
    found = np.zeros(len(price), np.int64)
    for discount in range(_STEP, settings.most + 1, _STEP):
        exact = full * (RATE_UNIT - discount)
        asked = -(-exact // (RATE_UNIT * settings.step)) * settings.step
        saving = full - asked
        off = (saving * RATE_UNIT / full) / RATE_UNIT
        taken = np.minimum(1.0, joint * (1.0 + response * off))
        gain = taken * (whole - off * full) + (1.0 - taken) * others - usual
        raises = (saving > 0) & (gain > 0)
        raises &= (whole - saving) * RATE_UNIT >= floor * asked
        raises &= (rest_margin - saving) * RATE_UNIT >= floor * (rest_net - saving)
        raises &= saving < price[:, 1:].sum(axis=1)
        found = np.where(raises, saving, found)
    return found


def _least(attach: np.ndarray, there: np.ndarray) -> np.ndarray:
    """The least of the members' rates: the whole set is never likelier than its rarest member."""
    return np.asarray(np.where(there, attach, 1.0).min(axis=1))
