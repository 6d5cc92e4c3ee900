"""What a set of baskets says about completing a cart: counts, partners, rhythms, groups."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from tsuide.kit.arrays import Float32, Float64, Int32, Int64
from tsuide.mining.cooccurrence import Score, best_partners
from tsuide.mining.fitted import Arrays, taken, taken_rows, taken_within
from tsuide.mining.history import History
from tsuide.mining.index import Index

_PARTNERS: Final = 300  # per item at most …
_ROOM: Final = 6_000_000  # … and in all
_GROUP_PARTNERS: Final = 100
_POPULAR: Final = 100
_PRIOR_REPEATS: Final = 5.0  # an item's interval starts as if 5 repeats …
_PRIOR_DAYS: Final = 30.0  # … after 30 days had been seen


class Evidence(NamedTuple):
    """Arrays for the kernel; n items, g groups, K partners.

    Args:
        items_of: as in History.
        item: as in History.
        age: as in History.
        baskets_of: as in History.
        basket: as in History.
        support: baskets with the item, float32 (n,).
        recent: baskets weighted by exp(−days / 14) and exp(−days / 60); float32 (n, 2).
        interval: mean days between two purchases of the item by one customer, shrunk; float32 (n,).
        repeat: share of purchases that repeat an earlier one, shrunk; float32 (n,).
        alone: mean of 1 / items over the baskets with the item: 1 where it is always bought alone; float32 (n,).
        partner: partners of each item, -1 = none left; int32 (n, K).
        together: common baskets with each partner; float32 (n, K).
        popular: the most popular items of the last weeks; int32 (≤ 100,).
        group: group of each item; int32 (n,); one group for all where none were given.
        group_partner: int32 (g, ≤ 100), -1 = none left.
        group_cosine: float32 (g, ≤ 100).
        group_several: share of the group's baskets with more than one item of it; float32 (g,).
        share: the item's share of its group's purchases; float32 (n,).
    """

    items_of: Int64
    item: Int32
    age: Float32
    baskets_of: Int64
    basket: Int32
    support: Float32
    recent: Float32
    interval: Float32
    repeat: Float32
    alone: Float32
    partner: Int32
    together: Float32
    popular: Int32
    group: Int32
    group_partner: Int32
    group_cosine: Float32
    group_several: Float32
    share: Float32


def evidence_from(arrays: Arrays, items: int, customers: int) -> Evidence:
    """The evidence that was saved.

    Raises:
        BadArray: an array is missing, or does not fit the others; named.
    """
    baskets = len(taken(arrays, "items_of", np.int64, (None,))) - 1
    items_of, item = taken_rows(arrays, "items_of", {"item": np.int32}, baskets)
    baskets_of, basket = taken_rows(arrays, "baskets_of", {"basket": np.int32}, customers)
    shape = taken(arrays, "partner", np.int32, (items, None)).shape
    groups, near = taken(arrays, "group_partner", np.int32, (None, None)).shape
    for name, high in (("item", items), ("basket", baskets), ("popular", items), ("group", groups)):
        taken_within(arrays, name, 0, high)
    taken_within(arrays, "partner", -1, items)
    taken_within(arrays, "group_partner", -1, groups)
    real = np.float32
    return Evidence(
        items_of=items_of,
        item=item,
        age=taken(arrays, "age", real, (baskets,)),
        baskets_of=baskets_of,
        basket=basket,
        support=taken(arrays, "support", real, (items,)),
        recent=taken(arrays, "recent", real, (items, 2)),
        interval=taken(arrays, "interval", real, (items,)),
        repeat=taken(arrays, "repeat", real, (items,)),
        alone=taken(arrays, "alone", real, (items,)),
        partner=arrays["partner"],
        together=taken(arrays, "together", real, shape),
        popular=taken(arrays, "popular", np.int32, (min(items, _POPULAR),)),
        group=taken(arrays, "group", np.int32, (items,)),
        group_partner=arrays["group_partner"],
        group_cosine=taken(arrays, "group_cosine", real, (groups, near)),
        group_several=taken(arrays, "group_several", real, (groups,)),
        share=taken(arrays, "share", real, (items,)),
    )


def evidence_of(history: History, groups: Mapping[str, str] | None) -> Evidence:
    """All evidence at once.

    Args:
        history: baskets.
        groups: item id → its group (product type, category); None where the shop has none.
    """
    n = len(history.item_ids)
    basket_of_entry = np.repeat(np.arange(history.n_baskets, dtype=np.int32), np.diff(history.items_of))
    age = history.age[basket_of_entry]
    count = np.bincount(history.item, minlength=n)
    recent = np.stack(
        [np.bincount(history.item, weights=np.exp(-age / days), minlength=n) for days in (14, 60)], axis=1
    )
    top = max(1, min(_PARTNERS, _ROOM // max(1, n)))
    best = best_partners(
        history.items_of, history.item, n, top=top, min_count=2 if history.n_baskets >= _MANY else 1,
        score=Score("asymmetric", left=0.0, right=0.5),
    )  # fmt: skip
    size = np.diff(history.items_of)[basket_of_entry]
    alone = np.bincount(history.item, weights=1 / size, minlength=n)
    interval, repeat = _rhythm(history, basket_of_entry, count)
    group = _groups(history.item_ids, groups)
    return Evidence(
        items_of=history.items_of,
        item=history.item,
        age=history.age,
        baskets_of=history.baskets_of,
        basket=history.basket,
        support=count.astype(np.float32),
        recent=recent.astype(np.float32),
        interval=interval.astype(np.float32),
        repeat=repeat.astype(np.float32),
        alone=(alone / np.maximum(1, count)).astype(np.float32),
        partner=best.item,
        together=best.count.astype(np.float32),
        popular=np.lexsort((-count, -recent[:, 0]))[:_POPULAR].astype(np.int32),
        group=group,
        **_group_evidence(history, basket_of_entry, group, count),
    )


_MANY: Final = 20_000


def _rhythm(history: History, basket_of_entry: Int32, count: Int64) -> tuple[Float64, Float64]:
    """Interval and repeat share of each item, from customers who bought it more than once."""
    n = len(history.item_ids)
    customer = np.full(history.n_baskets, -1, np.int64)
    customer[history.basket] = np.repeat(np.arange(len(history.customer_ids)), np.diff(history.baskets_of))
    known = customer[basket_of_entry] >= 0
    entry_basket = basket_of_entry[known]
    pair = customer[entry_basket] * n + history.item[known]
    order = np.argsort(pair, kind="stable")  # baskets are in order of time already
    pair, age = pair[order], history.age[entry_basket][order]
    again = np.flatnonzero(pair[1:] == pair[:-1])
    item = pair[again] % max(1, n)
    repeats = np.bincount(item, minlength=n)
    days = np.bincount(item, weights=(age[again] - age[again + 1]).astype(np.float64), minlength=n)
    interval = (days + _PRIOR_DAYS * _PRIOR_REPEATS) / (repeats + _PRIOR_REPEATS)
    return interval, (repeats + 1) / (count + 10)


def _groups(item_ids: Index, groups: Mapping[str, str] | None) -> Int32:
    if groups is None:
        return np.zeros(len(item_ids), np.int32)
    names = [groups.get(item) or "" for item in item_ids.ids]
    places = {name: place for place, name in enumerate(sorted(set(names)))}
    return np.fromiter((places[name] for name in names), np.int32, len(names))


def _group_evidence(history: History, basket_of_entry: Int32, group: Int32, count: Int64) -> dict[str, np.ndarray]:
    n_groups = int(group.max()) + 1 if len(group) else 1
    pair, times = np.unique(basket_of_entry.astype(np.int64) * n_groups + group[history.item], return_counts=True)
    basket, which = pair // n_groups, (pair % n_groups).astype(np.int32)
    groups_of = np.zeros(history.n_baskets + 1, np.int64)
    np.cumsum(np.bincount(basket, minlength=history.n_baskets), out=groups_of[1:])
    best = best_partners(groups_of, which, n_groups, top=_GROUP_PARTNERS, min_count=1, score=Score("cosine"))
    baskets = np.bincount(which, minlength=n_groups)
    several = np.bincount(which, weights=times > 1, minlength=n_groups)
    bought = np.bincount(group, weights=count, minlength=n_groups)
    return {
        "group_partner": best.item,
        "group_cosine": best.score.astype(np.float32),
        "group_several": (several / np.maximum(1, baskets)).astype(np.float32),
        "share": (count / np.maximum(1, bought[group])).astype(np.float32),
    }
