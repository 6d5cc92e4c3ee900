"""The walks over customers' orders that `wants` learns from, and those over groups and products by which it tells.

Learning looks at what customers had before, how long ago, and what came next.
"""

import numpy as np

from tsuide.kit.arrays import Float64, Int32, Int64
from tsuide.mining.compiled import compiled

DAY = 86_400_000_000.0
SOONEST = 0.5  # days: what is bought again the same day counts as half a day
FAINTEST = 1e-5  # added to a rate before its logarithm is taken


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


@compiled
def chances(
    mean: Float64,
    shape: float,
    theta: Float64,
    paces_of: Float64,
    lift: Float64,
    weights: Float64,
    there: Int64,
    count: Float64,
    exposure: Float64,
    days: Float64,
    chance: Float64,
) -> None:
    """Chance that an order holds each group besides what lies there: `probability(context_of(…) @ weights)`.

    Args:
        mean: share of orders that hold each group, (groups,).
        shape: Gamma shape of rates.
        theta: paces in days, (paces,).
        paces_of: weight of each pace, (groups, paces).
        lift: logarithms, (groups, groups).
        weights: of bias, log rate, mean lift, best lift and size, (5,).
        there: groups that lie there already, each once; (there,).
        count: the customer's orders that held each group, (groups,).
        exposure: their ready orders, (groups,).
        days: since the last purchase, -1 = never, (groups,).
        chance: filled; 0 of what lies there, (groups,).
    """
    size = len(there)
    for g in range(len(mean)):
        rate = mean[g] * (shape + count[g]) / (shape + mean[g] * exposure[g])
        if days[g] >= 0:
            since, ready = max(days[g], SOONEST), 0.0
            for t in range(len(theta)):
                ready += paces_of[g, t] * (1.0 - np.exp(-((since / theta[t]) ** 2)))
            rate *= ready
        odds = weights[0] + weights[1] * np.log(rate + FAINTEST)
        if size:
            total, best = 0.0, -np.inf
            for h in there:
                total += lift[h, g]
                best = max(best, lift[h, g])
            odds += weights[2] * total / np.sqrt(size) + weights[3] * best + weights[4] * np.log1p(size)
        chance[g] = 0.5 * (1.0 + np.tanh(0.5 * odds))
    for h in there:
        chance[h] = 0.0


@compiled
def likeliest(
    some: Int32,
    mine: Int32,
    bought: Float64,
    group_of: Int32,
    trait_of: Int32,
    share: Float64,
    worth: Float64,
    liked: Float64,
    in_all: Float64,
    chance: Float64,
    count: Float64,
    own: float,
    same: Float64,
    level: float,
    item: Int32,
    likely: Float64,
    times: Float64,
) -> int:
    """The products of the greatest chance times worth, the greatest first, of two of which the lower number; how many.

    Args:
        some: products that anybody may want, ascending, each once; (some,).
        mine: what the customer bought, ascending, each once; (mine,).
        bought: in how many orders each, (mine,).
        group_of: (items,).
        trait_of: -1 = none, (items,).
        share: of its group's purchases, (items,).
        worth: what one brings, (items,).
        liked: how much likelier than to others each trait is to this customer, (traits,); empty where none tells.
        in_all: the same of each group, (groups,); not read where `liked` is empty.
        chance: of each group, (groups,).
        count: the customer's orders that held each group, (groups,).
        own: what everybody's choice counts for beside one's own.
        same: chance that two purchases of a group are of one product, (groups,): chances are those of taking an
            offer; empty = those of buying.
        level: what of a group's chance is an offer's, before how well the product does in it; not read where `same` is
            empty.
        item: filled, (n,).
        likely: filled: chances, (n,).
        times: filled: in how many orders the customer had it, (n,).
    """
    n, found, a, b = len(item), 0, 0, 0
    value = np.empty(n)
    while a < len(some) or b < len(mine):
        at_mine = b < len(mine) and (a >= len(some) or mine[b] <= some[a])
        each = mine[b] if at_mine else some[a]
        had = bought[b] if at_mine else 0.0
        if a < len(some) and some[a] == each:
            a += 1
        if at_mine:
            b += 1
        g = group_of[each]
        if chance[g] <= 0.0:
            continue
        usual = share[each]
        if len(liked):
            usual *= (liked[trait_of[each]] if trait_of[each] >= 0 else 1.0) / in_all[g]
        own_share = (had + own * usual) / (max(count[g], 0.0) + own)
        own_share = min(own_share, 1.0)
        if len(same):
            own_share = min(level * own_share / (own_share + same[g]), 1.0)
        now = chance[g] * own_share
        told = now * worth[each]
        if now <= 0.0 or (found == n and told <= value[n - 1]):
            continue
        place = found if found < n else n - 1
        while place > 0 and value[place - 1] < told:
            value[place], item[place], likely[place], times[place] = (
                value[place - 1],
                item[place - 1],
                likely[place - 1],
                times[place - 1],
            )
            place -= 1
        value[place], item[place], likely[place], times[place] = told, each, now, had
        found = min(found + 1, n)
    return found
