"""Fillers: the best one or two small things that close the gap to free shipping or to the next discount."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np
import polars as pl

from tsuide.kit.arrays import Float64, Int64, frozen
from tsuide.mining.baskets import Baskets, must_be_baskets
from tsuide.mining.compiled import compiled
from tsuide.mining.fitted import brief, taken
from tsuide.mining.index import Index
from tsuide.mining.parameters import must_be_list, must_be_number, must_be_whole
from tsuide.mining.tables import Table, as_polars

UNKNOWN: Final = -1
_SMALL_SHARE: Final = 0.5  # a thing at most half as dear as the dearest in the basket came along with it
_TWO_THINGS: Final = 0.5  # two things to say yes to, instead of one
_COLUMNS: Final = ("id", "price")


@dataclass(frozen=True, slots=True)
class Fill:
    """One way to close the gap.

    Args:
        items: one or two product ids.
        price: together, minor units.
        overshoot: what it goes beyond the gap, minor units, ≥ 0.
        appeal: how readily it is taken, relative, 0 … 1; not a probability of acceptance.
        gain: margin net of returns and of the shipping given away, minor units; None where a cost is not known.
    """

    items: tuple[str, ...]
    price: int
    overshoot: int
    appeal: float
    gain: int | None


@dataclass(frozen=True, slots=True)
class Fillers:
    """Learn what comes along with other things: small beside the basket's dearest, and often there.

    Appeal of an item = shrunk share of the baskets of two and more items in which it lay at most half as dear as
    the dearest. Order value is not the aim: a filler that costs more in shipping than it earns is no filler
    (threshold studies in algorithms.md: more fill-ins, no more profit, where only order value was raised).

    Args:
        pool: items considered for one gap, most appealing first.
        prior: baskets that the mean appeal is worth.

    >>> lines = pl.DataFrame({"order": [1, 1, 2, 2, 3, 3], "sku": ["tv", "cable", "tv", "cable", "tv", "mount"],
    ...                       "price": [900, 20, 900, 20, 900, 60]})
    >>> baskets = Baskets.from_frame(lines, basket="order", item="sku", price="price")
    >>> products = pl.DataFrame({"id": ["tv", "cable", "mount"], "price": [900, 20, 60]})
    >>> fill = Fillers(prior=1.0).fit(baskets, products).recommend(15)[0]
    >>> fill.items, fill.overshoot, fill.gain
    (('cable',), 5, None)
    """

    pool: int = 400
    prior: float = 20.0

    def __post_init__(self) -> None:
        must_be_whole("pool", self.pool, 1)
        must_be_number("prior", self.prior, above=0)

    def fit(
        self,
        baskets: Baskets,
        products: Table,
        *,
        margins: Mapping[str, int] | None = None,
        return_rates: Mapping[str, float] | None = None,
    ) -> "FittedFillers":
        """Learn the appeal of every product with a price.

        Args:
            baskets: with prices; without them appeal cannot be told and every product has the same.
            products: Polars, pandas or Arrow: id and price (minor units, what the customer pays), one currency.
            margins: contribution of one unit ex tax, minor units; products that are not in it have none known.
            return_rates: share of units that come back, 0 … 1; 0 where it is not known.

        Raises:
            BadColumns: a column is missing.
            BadValue: a parameter out of range.
        """
        must_be_baskets(baskets)
        table = as_polars(products, columns=_COLUMNS)
        priced = table.filter(pl.col("price") > 0).select("id", "price").unique("id").sort("id")
        ids = priced["id"].to_list()
        margins, return_rates = margins or {}, return_rates or {}
        along, trips, others = _came_along(baskets, Index.of(ids))
        mean = (int(along.sum()) + others) / max(len(ids), 1)
        return FittedFillers(
            items=Index.of(ids),
            price=frozen(priced["price"].cast(pl.Int64).to_numpy(writable=True)),
            margin=frozen(np.array([margins.get(each, _NO_MARGIN) for each in ids], dtype=np.int64)),
            returned=frozen(np.array([return_rates.get(each, 0.0) for each in ids], dtype=np.float64)),
            appeal=frozen(np.asarray((along + self.prior * mean / max(trips, 1.0)) / (trips + self.prior))),
            along=frozen(along),
            trips=trips,
            pool=self.pool,
            prior=self.prior,
        )


_NO_MARGIN: Final = int(np.iinfo(np.int64).min)


def _came_along(baskets: Baskets, items: Index) -> tuple[Int64, int, int]:
    """In how many baskets of two and more each item came along.

    Returns:
        Baskets, int64 (items,); all baskets of two and more; how often things that are no items of these came along.
    """
    sizes = np.diff(baskets.items_of)
    starts = baskets.items_of[:-1]
    filled = sizes > 0  # after `with_items` a basket may be empty
    dearest = np.full(len(sizes), -1, np.int64)
    if filled.any():
        dearest[filled] = np.maximum.reduceat(baskets.price, starts[filled])
    entry = baskets.basket_of_entry()
    small = (baskets.price >= 0) & (baskets.price <= _SMALL_SHARE * dearest[entry]) & (sizes[entry] > 1)
    along = np.bincount(baskets.item[small], minlength=baskets.n_items).astype(np.int64)
    places = baskets.item_ids.positions(items.ids)
    counts = np.where(places >= 0, along[np.maximum(places, 0)] if len(along) else 0, 0).astype(np.int64)
    return counts, int((sizes > 1).sum()), int(along.sum() - counts.sum())


@dataclass(frozen=True, slots=True, eq=False)
class FittedFillers:
    """What comes along.

    Args:
        items: dense product ↔ id.
        price: minor units, int64 (items,).
        margin: of one unit ex tax, minor units, int64 (items,); the smallest int64 = not known.
        returned: share that comes back, float64 (items,).
        appeal: float64 (items,), 0 … 1.
        along: baskets of two and more in which it came along, int64 (items,); -1 = learned before it was kept.
        trips: all baskets of two and more.
    """

    name: ClassVar[str] = "fillers"
    __repr__ = brief

    items: Index
    price: Int64
    margin: Int64
    returned: Float64
    appeal: Float64
    along: Int64
    trips: int
    pool: int
    prior: float

    def recommend(
        self,
        gap: int,
        *,
        n: int = 3,
        cart: Sequence[str] = (),
        relevance: Mapping[str, float] | None = None,
        shipping: int = 0,
        reach: int | None = None,
    ) -> list[Fill]:
        """The n best ways to close a gap, best first; fewer where fewer exist, never one that loses money.

        Value = appeal × 2^(−overshoot / gap) × gain, so that twice the gap halves the readiness. Where any cost is
        not known, ways are ranked among their like without gain, after those that are known to earn.

        Args:
            gap: missing to the threshold, minor units, > 0.
            n: how many.
            cart: product ids already there: never proposed.
            relevance: product id → weight from the cart or the customer; products that are not in it count as 1.
            shipping: what the shop gives away when the threshold is reached, minor units.
            reach: largest overshoot, minor units; the gap itself where None.

        Raises:
            BadValue: a gap or n that is not positive.
        """
        must_be_whole("gap", gap, 1)
        must_be_whole("n", n, 1)
        must_be_whole("shipping", shipping)
        must_be_list("cart", cart, "item ids")
        if reach is not None:
            must_be_whole("reach", reach)
        limit = gap + (gap if reach is None else reach)
        appeal = self.appeal.copy()
        for item, weight in (relevance or {}).items():
            place = self.items.position(item)
            if place >= 0:
                appeal[place] *= weight
        open_to = (self.price <= limit) & (appeal > 0)
        inside = self.items.positions(list(cart))
        open_to[inside[inside >= 0]] = False
        candidates = np.flatnonzero(open_to)
        candidates = candidates[np.argsort(-appeal[candidates], kind="stable")][: self.pool]
        gains = np.where(
            self.margin[candidates] == _NO_MARGIN,
            np.nan,
            self.margin[candidates] * (1.0 - self.returned[candidates]),
        )
        found = _close(self.price[candidates], gains, appeal[candidates], gap, limit, float(shipping))
        return self._ranked(found, candidates, gap, n)

    def _ranked(self, found: "np.ndarray", candidates: Int64, gap: int, n: int) -> list[Fill]:
        """Rows (first, second or -1, gain or NaN, readiness) as fills, best first."""
        known = ~np.isnan(found[:, 2])
        value = np.where(known, found[:, 2] * found[:, 3], found[:, 3])
        keep = ~known | (found[:, 2] > 0)
        rows = np.flatnonzero(keep)
        rows = rows[np.lexsort((rows, -value[rows], ~known[rows]))][:n]
        fills = []
        for row in rows.tolist():
            places = [int(candidates[int(place)]) for place in found[row, :2] if place >= 0]
            price = int(self.price[places].sum())
            fills.append(
                Fill(
                    items=tuple(self.items[place] for place in places),
                    price=price,
                    overshoot=price - gap,
                    appeal=float(found[row, 3]),
                    gain=round(float(found[row, 2])) if known[row] else None,
                )
            )
        return fills

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        return {
            **self.items.arrays("items"),
            "price": self.price,
            "margin": self.margin,
            "returned": self.returned,
            "appeal": self.appeal,
            "along": self.along,
        }

    def meta(self) -> dict[str, Any]:
        """The parameters."""
        return {"pool": self.pool, "prior": self.prior, "trips": self.trips}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self:
        """The result again.

        Raises:
            BadArray: the arrays do not fit together; named.
        """
        items = Index.from_arrays(arrays, "items")
        n = len(items)
        return cls(
            items=items,
            price=taken(arrays, "price", np.int64, (n,)),
            margin=taken(arrays, "margin", np.int64, (n,)),
            returned=taken(arrays, "returned", np.float64, (n,)),
            appeal=taken(arrays, "appeal", np.float64, (n,)),
            along=taken(arrays, "along", np.int64, (n,)) if "trips" in meta else frozen(np.full(n, -1, np.int64)),
            trips=meta.get("trips", 0),
            pool=meta["pool"],
            prior=meta["prior"],
        )


def _close(price: Int64, gain: Float64, appeal: Float64, gap: int, limit: int, shipping: float) -> "np.ndarray":
    """Every one or two candidates whose price lies in [gap, limit].

    Returns:
        float64 (ways, 4): first, second (-1 = alone), gain net of shipping (NaN = not known), readiness.
    """
    rows = np.empty((len(price) * (len(price) + 1) // 2, 4))
    return rows[: _fill(price, gain, appeal, gap, limit, shipping, rows)]


@compiled
def _fill(
    price: Int64, gain: Float64, appeal: Float64, gap: int, limit: int, shipping: float, rows: Float64
) -> int:  # pragma: no cover - compiled
    count = 0
    for i in range(len(price)):
        for j in range(i, len(price)):
            alone = i == j
            if alone and price[i] < gap:
                continue
            if not alone and (price[i] >= gap or price[j] >= gap):
                continue  # one of them would do alone
            total = price[i] if alone else price[i] + price[j]
            if total < gap or total > limit:
                continue
            ready = appeal[i] if alone else _TWO_THINGS * np.sqrt(appeal[i] * appeal[j])
            rows[count, 0] = i
            rows[count, 1] = -1.0 if alone else j
            rows[count, 2] = (gain[i] if alone else gain[i] + gain[j]) - shipping
            rows[count, 3] = ready * 2.0 ** (-(total - gap) / gap)
            count += 1
    return count
