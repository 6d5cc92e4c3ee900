"""Which products travel alone, which never do, and which pairs avoid each other."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import sparse, stats

from tsuide.kit.arrays import Int64
from tsuide.mining.baskets import Baskets
from tsuide.proof.reports.evidence import adjusted, wilson

_ALPHA: Final = 0.05
_FEWEST_ORDERS: Final = 10  # a product of fewer is not worth a rule of its own
_AVOID_TOP: Final = 400  # the most sold products: rarer ones cannot be expected together often enough
_AVOID_EXPECTED: Final = 5.0
_AVOID_LIFT: Final = 0.5


@dataclass(frozen=True, slots=True)
class Company:
    """How often a product is bought together with anything else.

    Args:
        item: dense item.
        orders: orders that contain it.
        accompanied: of them, those that contain another product too.
        low: lower end of the 95 % interval of `accompanied / orders` (Wilson).
        high: its upper end.
        kind: never (not once so far), seldom (below the shop's usual share), always (above it, ≥ 90 %).
    """

    item: int
    orders: int
    accompanied: int
    low: float
    high: float
    kind: str


@dataclass(frozen=True, slots=True)
class Avoidance:
    """Two products that lie in one order less often than chance would put them there.

    Args:
        first: dense item; `second` likewise.
        together: orders with both.
        expected: pairs that chance would make of the places in orders with several products.
    """

    first: int
    second: int
    together: int
    expected: float


@dataclass(frozen=True, slots=True)
class Attachment:
    """What `attach` found.

    Args:
        usual: share of an order's products that have company, over the whole shop.
        companies: products that differ from the usual for sure, most sold first.
        avoidances: pairs that avoid each other, most expected first.
    """

    usual: float
    companies: tuple[Company, ...]
    avoidances: tuple[Avoidance, ...]

    def of_kind(self, kind: str) -> tuple[Company, ...]:
        """The products of one kind."""
        return tuple(company for company in self.companies if company.kind == kind)


def attach(baskets: Baskets) -> Attachment:
    """Compare every product's share of accompanied orders with the shop's own.

    A product counts as different where a two-sided binomial test against the usual share stays below .05
    after Benjamini–Hochberg over all products.

    >>> import polars as pl
    >>> rows = [("a%d" % n, "gift card") for n in range(12)]
    >>> rows += [("b%d" % n, p) for n in range(40) for p in ("camera", "memory card")]
    >>> lines = pl.DataFrame(rows, schema=["order", "sku"], orient="row")
    >>> found = attach(Baskets.from_frame(lines, basket="order", item="sku"))
    >>> [(company.orders, company.accompanied) for company in found.of_kind("never")]
    [(12, 0)]
    """
    size = np.diff(baskets.items_of)
    in_company = (size > 1)[baskets.basket_of_entry()]
    orders = baskets.count_of_item()
    accompanied = np.bincount(baskets.item[in_company], minlength=baskets.n_items)
    usual = float(in_company.mean()) if in_company.size else 0.0
    return Attachment(usual, _companies(orders, accompanied, usual), _avoidances(baskets))


def _companies(orders: Int64, accompanied: Int64, usual: float) -> tuple[Company, ...]:
    if not 0 < usual < 1:
        return ()
    below = stats.binom.cdf(accompanied, orders, usual)
    above = stats.binom.sf(accompanied - 1, orders, usual)
    p_value = adjusted(np.minimum(2 * np.minimum(below, above), 1.0), len(orders))
    low, high = wilson(accompanied, orders)
    found = []
    for item in np.argsort(-orders, kind="stable"):
        if p_value[item] >= _ALPHA or orders[item] < _FEWEST_ORDERS:
            continue
        kind = _kind(int(orders[item]), int(accompanied[item]), usual)
        if kind:
            found.append(
                Company(
                    int(item),
                    int(orders[item]),
                    int(accompanied[item]),
                    float(low[item]),
                    float(high[item]),
                    kind,
                )
            )
    return tuple(found)


def _kind(orders: int, accompanied: int, usual: float) -> str:
    if accompanied == 0:
        return "never"
    share = accompanied / orders
    if share < usual:
        return "seldom"
    return "always" if share >= 0.9 else ""  # noqa: PLR2004 - stated in Company.kind


def _avoidances(baskets: Baskets) -> tuple[Avoidance, ...]:
    """Pairs among the most sold products whose count is below chance (Poisson, BH < .05).

    Chance fills the places of the orders that hold several products: with many one-product orders, n_a n_b / N
    would make everything seem to avoid everything.
    """
    size = np.diff(baskets.items_of)
    inside = (size > 1)[baskets.basket_of_entry()]
    item, basket = baskets.item[inside], baskets.basket_of_entry()[inside]
    orders = np.bincount(item, minlength=baskets.n_items)
    top = np.sort(np.argsort(-orders, kind="stable")[:_AVOID_TOP])
    column = np.full(baskets.n_items, -1, dtype=np.int64)
    column[top] = np.arange(len(top))
    place = column[item]
    kept = place >= 0
    ones = np.ones(int(kept.sum()), dtype=np.float32)
    lies = sparse.csr_array((ones, (basket[kept], place[kept])), shape=(baskets.n_baskets, len(top)))
    together = np.rint((lies.T @ lies).toarray()).astype(np.int64)  # (top, top)
    first, second = np.triu_indices(len(top), k=1)
    both = together[first, second]
    share = orders[top] / max(len(item), 1)
    expected = float((size * (size - 1)).sum()) * share[first] * share[second]
    asked = expected >= _AVOID_EXPECTED
    first, second, both, expected = first[asked], second[asked], both[asked], expected[asked]
    p_value = adjusted(np.asarray(stats.poisson.cdf(both, expected)), len(both))
    avoid = np.flatnonzero((p_value < _ALPHA) & (both < _AVOID_LIFT * expected))
    ordered = avoid[np.argsort(-(expected - both)[avoid], kind="stable")]
    return tuple(Avoidance(int(top[first[k]]), int(top[second[k]]), int(both[k]), float(expected[k])) for k in ordered)
