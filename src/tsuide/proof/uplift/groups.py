"""Persuadables, sure things, lost causes, do-not-disturbs: groups to make segments of.

A customer is *persuadable* where the offer raises their chance by at least `least`, *do not disturb* where it lowers
it by as much; of the others, those who buy anyway are *sure things* and the rest *lost causes*. Whether a group is what
its name says is tested on the groups themselves (`effects`): predictions of one person are weak, of a group they can be
checked.
Source: Radcliffe (2007), as `qini`.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from tsuide.kit.arrays import Bool, Float64
from tsuide.offers.moved import GROUPS, MOST, Group
from tsuide.proof.difference import difference
from tsuide.proof.estimate import Estimate
from tsuide.proof.moments import FEWEST

LEAST: Final = 0.01


def groups(uplift: Float64, untreated: Float64, *, least: float = LEAST, likely: float = 0.5) -> np.ndarray:
    """The group of each customer, as place in GROUPS; int8 (customers,).

    Args:
        uplift: predicted difference of probabilities; float64 (customers,).
        untreated: predicted probability without the offer; float64 (customers,).
        least: from which difference on it counts.
        likely: from which probability on somebody buys anyway.

    >>> [GROUPS[each] for each in groups(np.array([0.2, -0.2, 0.0, 0.0]), np.array([0.1, 0.6, 0.9, 0.1]))]
    ['persuadable', 'do_not_disturb', 'sure_thing', 'lost_cause']
    """
    anyway = np.where(untreated >= likely, GROUPS.index("sure_thing"), GROUPS.index("lost_cause"))
    moved = np.where(uplift >= least, GROUPS.index("persuadable"), anyway)
    return np.where(uplift <= -least, GROUPS.index("do_not_disturb"), moved).astype(np.int8)


def effects(group: np.ndarray, bought: Float64, treated: Bool) -> dict[Group, Estimate]:
    """What the offer really adds in each group that has two customers of each arm."""
    found: dict[Group, Estimate] = {}
    for place, name in enumerate(GROUPS):
        with_offer, without = bought[(group == place) & treated], bought[(group == place) & ~treated]
        if min(len(with_offer), len(without)) >= FEWEST:
            found[name] = difference(with_offer, without)
    return found


def factors(found: Mapping[Group, Estimate], overall: Estimate) -> Float64:
    """By what P of offers to each group is multiplied; float64 (groups,), 1 where the holdout does not support more.

    Who is put off beyond chance gets 0. Who is moved beyond chance, where offers move people at all, gets the group's
    effect over that of all, at most MOST.

    Args:
        found: effects of groups.
        overall: effect on everybody.
    """
    made = np.ones(len(GROUPS))
    moved, put_off = found.get("persuadable"), found.get("do_not_disturb")
    if put_off is not None and put_off.high < 0:
        made[GROUPS.index("do_not_disturb")] = 0.0
    if moved is not None and overall.low > 0 and moved.low > overall.value:
        made[GROUPS.index("persuadable")] = min(float(moved.value / overall.value), MOST)
    return made
