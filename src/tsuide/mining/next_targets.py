"""What customers bought next after a moment: the truth that next basket is tuned and measured on."""

from dataclasses import dataclass

import numpy as np

from tsuide.kit.arrays import Bool, Float64, Int32, Int64
from tsuide.mining.baskets import Baskets
from tsuide.mining.cart_evidence import Evidence
from tsuide.mining.index import Index


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """Each customer's next basket.

    Args:
        customer: dense; int32 (queries,).
        target_of: items of query q are `item[target_of[q]:target_of[q + 1]]`; int64 (queries + 1,).
        item: dense; int32 (entries,).
        repeat: whether the customer had bought it before; bool (entries,).
    """

    customer: Int32
    target_of: Int64
    item: Int32
    repeat: Bool

    def query_of_entry(self) -> Int64:
        """For each entry its query; int64 (entries,)."""
        return np.repeat(np.arange(len(self.customer)), np.diff(self.target_of))


def next_targets(later: Baskets, evidence: Evidence, item_ids: Index, *, least: int = 3) -> Targets:
    """The first later basket of every customer with at least `least` earlier ones; known items only.

    Args:
        later: baskets after the moment, with the customers' dense integers of the evidence.
        evidence: of the baskets before it.
        item_ids: items of the evidence.
        least: earlier baskets.
    """
    dense = item_ids.positions(later.item_ids.ids)[later.item]
    kept = dense >= 0
    size = np.bincount(later.basket_of_entry()[kept], minlength=later.n_baskets)
    begins = np.concatenate([[0], np.cumsum(size)])
    dense = dense[kept]
    enough = np.append(np.diff(evidence.baskets_of) >= least, False)  # the last: customer -1
    can = np.flatnonzero(enough[later.customer] & (size > 0) & (later.customer >= 0))
    customer, first = np.unique(later.customer[can], return_index=True)
    basket = can[first]
    target_of = np.concatenate([[0], np.cumsum(size[basket])]).astype(np.int64)
    parts = [dense[begins[b] : begins[b + 1]] for b in basket]
    item = np.concatenate(parts) if parts else np.empty(0, np.int32)
    repeat = had_before(evidence, np.repeat(customer, size[basket]), item)
    return Targets(customer.astype(np.int32), target_of, item.astype(np.int32), repeat)


def had_before(evidence: Evidence, customer: np.ndarray, item: np.ndarray) -> Bool:
    """Whether each (customer, item) pair stands in the evidence; bool (pairs,). Customer -1 had nothing."""
    n = len(evidence.support)
    whose = np.repeat(np.arange(len(evidence.baskets_of) - 1), np.diff(evidence.baskets_of))
    size = np.diff(evidence.items_of)[evidence.basket]
    begin = evidence.items_of[evidence.basket]
    place = np.arange(size.sum()) + np.repeat(begin - np.concatenate([[0], np.cumsum(size)[:-1]]), size)
    pairs = np.unique(np.repeat(whose, size) * n + evidence.item[place])
    return np.isin(customer.astype(np.int64) * n + item, pairs)


def recalls(found: Int32, targets: Targets, of: Bool | None = None) -> Float64:
    """Share of each customer's next basket that stands among the found; NaN where nothing of it counts.

    Args:
        found: dense items, -1 padded; int32 (queries, n).
        targets: what was bought.
        of: which entries count, bool (entries,); None = all.
    """
    query = targets.query_of_entry()
    hit = (found[query] == targets.item[:, None]).any(axis=1)
    counted = np.ones(len(query), bool) if of is None else of
    n = len(targets.customer)
    total = np.bincount(query[counted], minlength=n)
    hits = np.bincount(query[counted & hit], minlength=n)
    share: Float64 = np.divide(hits, total, out=np.full(n, np.nan), where=total > 0)
    return share
