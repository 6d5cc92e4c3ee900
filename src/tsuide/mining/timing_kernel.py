"""Counting who was there to buy b after a, and who did: the compiled part of timing."""

from typing import NamedTuple

import numpy as np

from tsuide.kit.arrays import Float64, Int32, Int64
from tsuide.mining.compiled import compiled
from tsuide.mining.timeline import Timeline


class Line(NamedTuple):
    """The arrays of a Timeline, for compiled code."""

    visit_start: Int64
    visit: Int64
    owner: Int32
    item: Int32
    bought_start: Int64
    bought: Int64
    owned_start: Int64


def line_of(timeline: Timeline) -> Line:
    """The arrays of `timeline`."""
    return Line(
        timeline.visit_start,
        timeline.visit,
        timeline.owner,
        timeline.item,
        timeline.bought_start,
        timeline.bought,
        timeline.owned_start,
    )


@compiled
def count_pairs(
    line: Line, anchor_start: Int64, partner: Int32, edges: Int64, after: int, bought: Int32, visits: Int32
) -> None:
    """Per pair and bin: visits of customers at risk, and first purchases of the partner among them.

    A customer is at risk from the visit after the first purchase of the anchor until the first purchase of
    the partner that comes later, or until the end. Only visits at `after` or later count.

    Args:
        line: the timeline.
        anchor_start: partners of item a are `partner[start[a]:start[a + 1]]`.
        partner: dense items.
        edges: of the bins, microseconds since the anchor, ascending; bin k is (edges[k], edges[k + 1]].
        after: microseconds.
        bought: int32 (pairs, bins), is added to.
        visits: int32 (pairs, bins), is added to.
    """
    bins = len(edges) - 1
    whole = np.zeros((len(anchor_start) - 1, bins), np.int64)  # visits of all buyers of the anchor
    place_of = np.full(len(anchor_start) - 1, -1, np.int64)  # where this customer's purchases of an item stand
    for customer in range(len(line.visit_start) - 1):
        for owned in range(line.owned_start[customer], line.owned_start[customer + 1]):
            place_of[line.item[owned]] = owned
        _count_customer(line, customer, place_of, anchor_start, partner, edges, after, whole, bought, visits)
        for owned in range(line.owned_start[customer], line.owned_start[customer + 1]):
            place_of[line.item[owned]] = -1
    for a in range(len(anchor_start) - 1):
        for pair in range(anchor_start[a], anchor_start[a + 1]):
            for k in range(bins):
                visits[pair, k] += whole[a, k]


@compiled
def _count_customer(
    line: Line,
    customer: int,
    place_of: Int64,
    anchor_start: Int64,
    partner: Int32,
    edges: Int64,
    after: int,
    whole: Int64,
    bought: Int32,
    visits: Int32,
) -> None:
    """One customer's visits to `whole` of each anchor they bought, and what differs from it where they bought on."""
    bins = len(edges) - 1
    first, last = line.visit_start[customer], line.visit_start[customer + 1]
    since = np.empty((last - first, bins + 1), np.int64)
    for v in range(first, last):
        reach(line, customer, line.visit[v], edges, after, since[v - first])
    for owned in range(line.owned_start[customer], line.owned_start[customer + 1]):
        a = line.item[owned]
        begin = line.bought[line.bought_start[owned]]
        reached = since[np.searchsorted(line.visit[first:last], begin)]
        if anchor_start[a] == anchor_start[a + 1] or reached[bins] == reached[0]:
            continue
        whole[a] += reached[1:] - reached[:-1]
        for pair in range(anchor_start[a], anchor_start[a + 1]):
            place = place_of[partner[pair]]
            when = _after(line, place, begin) if place >= 0 else -1
            if when >= 0:  # they do not stay at risk to the end
                for k in range(bins):
                    visits[pair, k] -= reached[k + 1] - reached[k]
                add(line, begin, when, edges, after, reached, bought[pair], visits[pair])


@compiled
def count_base(
    line: Line, start_owner: Int32, start_at: Int64, edges: Int64, bought: Int64, visits: Int64, whole: Int64
) -> None:
    """The same from any starts, for every item at once: what the hazard of b is since nothing in particular.

    Args:
        line: the timeline.
        start_owner: customer of each start.
        start_at: microseconds of each start.
        edges: of the bins.
        bought: int64 (items, bins), is added to.
        visits: int64 (items, bins): visits to take from `whole` because the item was bought before, is added to.
        whole: int64 (bins,): visits of all starts, is added to.
    """
    reached = np.zeros(len(edges), np.int64)
    for start in range(len(start_owner)):
        customer, begin = start_owner[start], start_at[start]
        reach(line, customer, begin, edges, 0, reached)
        for k in range(len(edges) - 1):
            whole[k] += reached[k + 1] - reached[k]
        for owned in range(line.owned_start[customer], line.owned_start[customer + 1]):
            when = _after(line, owned, begin)
            if when < 0:
                continue
            b = line.item[owned]
            low, high = line.visit_start[customer], line.visit_start[customer + 1]
            upto = low + np.searchsorted(line.visit[low:high], when, "right")
            for k in range(len(edges) - 1):
                if when - begin > edges[k] and when - begin <= edges[k + 1]:
                    bought[b, k] += 1
                visits[b, k] += reached[k + 1] - max(reached[k], min(reached[k + 1], upto))


@compiled
def add_losses(
    line: Line,
    item_start: Int64,
    owned_of_item: Int64,
    anchor_start: Int64,
    partner: Int32,
    edges: Int64,
    after: int,
    chance: Float64,
    loss: Float64,
    seen: Int64,
) -> None:
    """Log loss of predicted chances over the same visits, per customer and method.

    Args:
        line: as in `count_pairs`.
        item_start: the (customer, item)s of item a are `owned_of_item[start[a]:start[a + 1]]`.
        owned_of_item: places in `line.item`.
        anchor_start: as in `count_pairs`, and so the next three.
        partner: …
        edges: …
        after: …
        chance: of buying the partner at a visit in the bin; float64 (methods, pairs, bins).
        loss: float64 (methods, customers), is added to.
        seen: visits at risk, int64 (customers,), is added to.
    """
    reached = np.zeros(len(edges), np.int64)
    bins = len(edges) - 1
    bought = np.zeros(bins, np.int32)
    visits = np.zeros(bins, np.int32)
    for a in range(len(anchor_start) - 1):
        if anchor_start[a] == anchor_start[a + 1]:
            continue
        for place in range(item_start[a], item_start[a + 1]):
            owned = owned_of_item[place]
            customer = line.owner[owned]
            begin = line.bought[line.bought_start[owned]]
            reach(line, customer, begin, edges, after, reached)
            if reached[bins] == reached[0]:
                continue
            for pair in range(anchor_start[a], anchor_start[a + 1]):
                bought[:] = 0
                visits[:] = 0
                when = first_after(line, customer, partner[pair], begin)
                add(line, begin, when, edges, after, reached, bought, visits)
                for k in range(bins):
                    if visits[k] == 0:
                        continue
                    seen[customer] += visits[k]
                    for method in range(len(chance)):
                        p = chance[method, pair, k]
                        loss[method, customer] -= bought[k] * np.log(p)
                        loss[method, customer] -= (visits[k] - bought[k]) * np.log1p(-p)


@compiled
def reach(line: Line, customer: int, begin: int, edges: Int64, after: int, reached: Int64) -> None:
    """Place of the first visit beyond each edge since `begin`, none before `after`; int64 (edges,)."""
    low, high = line.visit_start[customer], line.visit_start[customer + 1]
    mine = line.visit[low:high]
    least = np.searchsorted(mine, after, "left")
    for k in range(len(edges)):
        reached[k] = low + max(least, np.searchsorted(mine, begin + edges[k], "right"))


@compiled
def first_after(line: Line, customer: int, item: int, begin: int) -> int:
    """When the customer first bought the item later than `begin`; −1 = never."""
    low, high = line.owned_start[customer], line.owned_start[customer + 1]
    place = low + np.searchsorted(line.item[low:high], item)
    if place == high or line.item[place] != item:
        return -1
    return _after(line, place, begin)


@compiled
def _after(line: Line, owned: int, begin: int) -> int:
    low, high = line.bought_start[owned], line.bought_start[owned + 1]
    place = low + np.searchsorted(line.bought[low:high], begin, "right")
    return line.bought[place] if place < high else -1


@compiled
def add(
    line: Line,
    begin: int,
    when: int,
    edges: Int64,
    after: int,
    reached: Int64,
    bought: Int32,
    visits: Int32,
) -> None:
    """Add one customer's visits at risk and the purchase at `when` (−1 = none) to the bins of one pair."""
    if 0 <= when < after:
        return
    for k in range(len(edges) - 1):
        if when < 0 or when - begin > edges[k + 1]:
            visits[k] += reached[k + 1] - reached[k]
        elif when - begin > edges[k]:
            bought[k] += 1
            for place in range(reached[k], reached[k + 1]):
                if line.visit[place] > when:
                    break
                visits[k] += 1
