"""The walks over customers' orders that `wants` learns from: what they had before, how long ago, and what came next."""

import numpy as np

from tsuide.kit.arrays import Float64, Int32, Int64
from tsuide.mining.compiled import compiled

DAY = 86_400_000_000.0
SOONEST = 0.5  # days: what is bought again the same day counts as half a day


@compiled
def paces(  # noqa: C901 - one walk
    order_of: Int64,
    order: Int64,
    time: Int64,
    groups_of: Int64,
    group: Int32,
    theta: Float64,
    n_groups: int,
    exposure: Float64,
    told: Float64,
    returns: Int64,
) -> None:
    """Orders of those who had bought of a group before, by how ready each pace would call them.

    Args:
        order_of: baskets of customer c, oldest first, are ``order[order_of[c]:order_of[c + 1]]``.
        order: see there.
        time: of each basket, microseconds.
        groups_of: distinct groups of basket b are ``group[groups_of[b]:groups_of[b + 1]]``.
        group: see there.
        theta: paces in days, (paces,).
        n_groups: of all.
        exposure: filled: Σ readiness, (groups, paces).
        told: filled: Σ log readiness where it was bought, (groups, paces).
        returns: filled: how often it was bought again, (groups,).
    """
    last = np.full(n_groups, -1, np.int64)
    known = np.empty(n_groups, np.int64)
    ready = np.empty(len(theta))
    for c in range(len(order_of) - 1):
        count = 0
        for at in range(order_of[c], order_of[c + 1]):
            b = order[at]
            for k in range(count):
                g = known[k]
                days = max((time[b] - last[g]) / DAY, SOONEST)
                bought = False
                for e in range(groups_of[b], groups_of[b + 1]):
                    if group[e] == g:
                        bought = True
                for t in range(len(theta)):
                    ready[t] = 1.0 - np.exp(-((days / theta[t]) ** 2))
                    exposure[g, t] += ready[t]
                    if bought:
                        told[g, t] += np.log(ready[t] + 1e-9)
                returns[g] += bought
            for e in range(groups_of[b], groups_of[b + 1]):
                g = group[e]
                if last[g] < 0:
                    known[count] = g
                    count += 1
                last[g] = time[b]
        for k in range(count):
            last[known[k]] = -1


@compiled
def exposures(  # noqa: C901 - one walk
    order_of: Int64,
    order: Int64,
    time: Int64,
    groups_of: Int64,
    group: Int32,
    theta: Float64,
    paces_of: Float64,
    pair_of: Int64,
    pair_group: Int32,
    pair_count: Float64,
    pair_exposure: Float64,
    pair_last: Int64,
    asked: Int64,
    row_count: Float64,
    row_exposure: Float64,
    row_days: Float64,
) -> None:
    """What each customer bought of each group in how many ready orders; and how that stood before some orders.

    Args:
        order_of: as `paces`, with `order`.
        order: see there.
        time: of each basket, microseconds.
        groups_of: as `paces`, with `group`.
        group: see there.
        theta: paces in days, (paces,).
        paces_of: weight of each pace, (groups, paces).
        pair_of: groups of customer c, ascending, are ``pair_group[pair_of[c]:pair_of[c + 1]]``.
        pair_group: see there.
        pair_count: filled: orders that held it, by pair, as the next two.
        pair_exposure: filled: Σ readiness of the customer's orders.
        pair_last: filled: the last that held it, microseconds.
        asked: by basket: row to fill with how things stood before it, -1 = none.
        row_count: filled: as `pair_count`, (rows, groups).
        row_exposure: filled: as `pair_exposure`, (rows, groups).
        row_days: filled: days since the last purchase, -1 = never, (rows, groups).
    """
    n_groups = len(paces_of)
    place = np.full(n_groups, -1, np.int64)
    for c in range(len(order_of) - 1):
        for p in range(pair_of[c], pair_of[c + 1]):
            place[pair_group[p]] = p
            pair_last[p] = -1
        for at in range(order_of[c], order_of[c + 1]):
            b = order[at]
            row = asked[b]
            if row >= 0:
                orders = at - order_of[c]
                for g in range(n_groups):
                    row_exposure[row, g] = orders
                    row_days[row, g] = -1.0
            for p in range(pair_of[c], pair_of[c + 1]):
                g = pair_group[p]
                if row >= 0:
                    row_count[row, g] = pair_count[p]
                    row_exposure[row, g] = pair_exposure[p]
                ready = 1.0
                if pair_last[p] >= 0:
                    days = max((time[b] - pair_last[p]) / DAY, SOONEST)
                    ready = 0.0
                    for t in range(len(theta)):
                        ready += paces_of[g, t] * (1.0 - np.exp(-((days / theta[t]) ** 2)))
                    if row >= 0:
                        row_days[row, g] = days
                pair_exposure[p] += ready
            for e in range(groups_of[b], groups_of[b + 1]):
                p = place[group[e]]
                pair_count[p] += 1.0
                pair_last[p] = time[b]
        for p in range(pair_of[c], pair_of[c + 1]):
            place[pair_group[p]] = -1
