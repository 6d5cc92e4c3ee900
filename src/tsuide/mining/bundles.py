"""Bundles: a main item and what truly goes with it, found together often and far more than by chance."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, Self, TypeAlias

import numpy as np
import polars as pl

from tsuide.errors import BadValue, UnknownProduct
from tsuide.kit.arrays import Float64, Int32, Int64, frozen
from tsuide.mining.baskets import Baskets
from tsuide.mining.bundles_kernel import attach_shares, grow
from tsuide.mining.complements import FittedComplements
from tsuide.mining.cooccurrence import threads
from tsuide.mining.fitted import taken
from tsuide.mining.index import Index
from tsuide.mining.kernels import posts_of
from tsuide.mining.significance import lift_interval, p_values

Intent: TypeAlias = Literal["starter", "complete"]
INTENTS: Final[tuple[Intent, Intent]] = ("starter", "complete")  # in the arrays: 0, 1

_NONE: Final = -1


@dataclass(frozen=True, slots=True)
class Bundle:
    """One set.

    Args:
        items: product ids, the main item first.
        intent: starter = the main item and its closest one or two; complete = a starter and what else belongs.
        count: baskets that hold all of it.
        joint: of the main item's baskets, the share that hold all of it.
        attach: of the main item's baskets, the share that hold each other item; (items − 1,).
        lift: how much more often together than if each were bought by itself.
        density: mean over its pairs of max(0, log lift) · log(1 + count).
    """

    items: tuple[str, ...]
    intent: Intent
    count: int
    joint: float
    attach: tuple[float, ...]
    lift: float
    density: float


@dataclass(frozen=True, slots=True)
class Bundles:
    """Dense sets around each main item, grown one item at a time; every count is exact.

    A member must pass the false-discovery gate with the main item, be of another need than every member (no two
    substitutes, no two variants, no two of one group), and keep the set's baskets at `min_count` or more. Of those,
    the one joins that leaves the density highest. Of sets with the same items one is kept: that whose main item is
    the dearest, or, where prices are not known, the most bought.

    Args:
        size: items in a set at most, 2 … 6.
        min_count: baskets that must hold the whole set.
        starter: items in a starter at most, 2 … size.

    >>> orders = ["cam card bag", "cam card bag", "cam card bag", "cam card", "tea", "tea", "tea cup", "pen", "pen"]
    >>> lines = pl.DataFrame([(n, sku) for n, order in enumerate(orders) for sku in order.split()],
    ...                      schema=["order", "sku"], orient="row")
    >>> baskets = Baskets.from_frame(lines, basket="order", item="sku")
    >>> from tsuide.mining.complements import Complements
    >>> complements = Complements(min_count=3, rate=0.5).fit(baskets)
    >>> bundle = Bundles(min_count=3).fit(baskets, complements).of("cam")[0]
    >>> bundle.items, bundle.intent, bundle.count, bundle.joint
    (('cam', 'card', 'bag'), 'starter', 3, 0.75)
    """

    size: int = 4
    min_count: int = 3
    starter: int = 3

    def fit(
        self,
        baskets: Baskets,
        complements: FittedComplements,
        *,
        groups: Mapping[str, str] | None = None,
        apart: Iterable[tuple[str, str]] = (),
    ) -> "FittedBundles":
        """Find the sets.

        Args:
            baskets: those that `complements` was learned from.
            complements: which pairs are sure.
            groups: product id → need (category, parent product); two of one group never share a set.
            apart: pairs that never share a set (substitutes, never_with), in either order.

        Raises:
            BadValue: a parameter out of range, or complements of other baskets.
        """
        if not 2 <= self.starter <= self.size <= _LARGEST or self.min_count < 1:  # noqa: PLR2004 - a set has two members
            raise BadValue("2 ≤ starter ≤ size ≤ 6 and min_count ≥ 1", key="bundles", value=self)
        if complements.item_ids != baskets.item_ids or not np.array_equal(complements.degree, baskets.count_of_item()):
            raise BadValue("complements were learned from other baskets", key="complements")
        rows = _grown(baskets, complements, needs_of(baskets.item_ids, groups), _apart(baskets.item_ids, apart), self)
        return _kept(rows, baskets, self)


_LARGEST: Final = 6


def needs_of(items: Index, groups: Mapping[str, str] | None) -> Int32:
    """Need of each item as a code, its own where none is given; int32 (items,)."""
    if groups is None:
        return np.arange(len(items), dtype=np.int32)
    codes: dict[str, int] = {}
    named = [groups.get(item) for item in items.ids]
    return np.array(
        [len(items) + codes.setdefault(name, len(codes)) if name else place for place, name in enumerate(named)],
        dtype=np.int32,
    )


def _apart(items: Index, pairs: Iterable[tuple[str, str]]) -> Int64:
    """Pairs that never share a set as sorted keys low · items + high; int64 (pairs,)."""
    keys = set()
    for one, other in pairs:
        a, b = sorted((items.position(one), items.position(other)))
        if a >= 0:
            keys.add(a * len(items) + b)
    return np.array(sorted(keys), dtype=np.int64)


def _grown(
    baskets: Baskets, complements: FittedComplements, group: Int32, apart: Int64, parameters: Bundles
) -> "np.ndarray":
    """Every set that can be grown; float64 (sets, size + 2): members (-1 = none), count, density."""
    sure, together = _sure(complements)
    begins, basket_of = posts_of(baskets.items_of, baskets.item, baskets.n_items)
    bounds = _shares(begins, _SHARES * threads())

    def share(part: int) -> "np.ndarray":
        first, end = bounds[part], bounds[part + 1]
        out = np.full((2 * (end - first), parameters.size + 2), float(_NONE))
        rows = grow(
            int(first), int(end), begins, basket_of, sure, together, group, apart,
            baskets.n_baskets, parameters.size, parameters.starter, parameters.min_count, out,
        )  # fmt: skip
        return out[:rows]

    with ThreadPoolExecutor(threads()) as pool:
        return np.concatenate(list(pool.map(share, range(len(bounds) - 1))))


_SHARES: Final = 8  # per thread: one popular stretch of items must not keep the others waiting


def _shares(begins: Int64, parts: int) -> Int64:
    """Bounds of stretches of items that hold about as many entries each; int64 (parts + 1,)."""
    entries = np.linspace(0, begins[-1], parts + 1)
    bounds = np.searchsorted(begins, entries).astype(np.int64)
    bounds[0], bounds[-1] = 0, len(begins) - 1
    return bounds


def _sure(complements: FittedComplements) -> tuple[Int32, Int32]:
    """Partners of each item that pass the gate, best first, -1 = none, and common baskets; int32 (items, top)."""
    now = complements.settled()
    anchor, slot = np.nonzero(now.top_item >= 0)
    item, count = now.top_item[anchor, slot], now.top_count[anchor, slot]
    of_anchor, of_item = now.degree[anchor].astype(np.int64), now.degree[item].astype(np.int64)
    _, low, _ = lift_interval(count.astype(np.int64), of_anchor, of_item, now.n_baskets)
    good = np.flatnonzero(low > 1.0)
    tails = p_values(count[good], of_anchor[good], of_item[good], now.n_baskets)
    good = good[tails <= now.p_cut]
    place = np.arange(len(good)) - np.searchsorted(anchor[good], np.arange(len(now.degree)))[anchor[good]]
    sure = np.full_like(now.top_item, _NONE)
    together = np.zeros_like(now.top_count)
    sure[anchor[good], place] = item[good]
    together[anchor[good], place] = count[good]
    return sure, together


def _kept(rows: "np.ndarray", baskets: Baskets, parameters: Bundles) -> "FittedBundles":
    """Of sets with the same items the one around the dearest, else the most bought; densest first."""
    size = parameters.size
    items = rows[:, :size].astype(np.int32)
    content = np.sort(items, axis=1)
    main = items[:, 0]
    order = np.lexsort((main, -baskets.count_of_item()[main], -_mean_price(baskets)[main]))
    seen: set[bytes] = set()
    kept = []
    for row in order.tolist():
        key = content[row].tobytes()
        if key not in seen:
            seen.add(key)
            kept.append(row)
    chosen = np.array(kept, dtype=np.int64)
    chosen = chosen[np.lexsort((items[chosen, 0], -rows[chosen, size + 1]))] if len(chosen) else chosen
    sizes = (items[chosen] >= 0).sum(axis=1)
    return FittedBundles(
        item_ids=baskets.item_ids,
        degree=frozen(baskets.count_of_item().astype(np.int64)),
        items=frozen(items[chosen]),
        intent=frozen((sizes > parameters.starter).astype(np.int32)),
        count=frozen(rows[chosen, size].astype(np.int64)),
        attach=frozen(_attach(items[chosen], baskets)),
        density=frozen(rows[chosen, size + 1].copy()),
        n_baskets=baskets.n_baskets,
        parameters=parameters,
    )


def _mean_price(baskets: Baskets) -> Float64:
    """Mean price of each item, minor units, 0 where it is not known; float64 (items,)."""
    known = baskets.price >= 0
    item, price = baskets.item[known], baskets.price[known].astype(np.float64)
    total = np.bincount(item, weights=price, minlength=baskets.n_items)
    return np.asarray(total / np.maximum(np.bincount(item, minlength=baskets.n_items), 1))


def _attach(items: Int32, baskets: Baskets) -> Float64:
    """Share of the main item's baskets that hold each other member, 0 where there is none; (sets, size − 1)."""
    begins, basket_of = posts_of(baskets.items_of, baskets.item, baskets.n_items)
    attach = np.zeros((len(items), items.shape[1] - 1))
    attach_shares(items, begins, basket_of, attach)
    return attach


@dataclass(frozen=True, slots=True, eq=False)
class FittedBundles:
    """The sets that were found, densest first.

    Args:
        item_ids: dense item ↔ id.
        degree: baskets of each item, int64 (items,).
        items: members, main first, -1 = none; int32 (sets, size).
        intent: 0 = starter, 1 = complete; int32 (sets,).
        count: baskets with the whole set, int64 (sets,).
        attach: share of the main item's baskets that hold each other member, float64 (sets, size − 1).
        density: float64 (sets,).
        n_baskets: all baskets.
    """

    name: ClassVar[str] = "bundles"

    item_ids: Index
    degree: Int64
    items: Int32
    intent: Int32
    count: Int64
    attach: Float64
    density: Float64
    n_baskets: int
    parameters: Bundles

    def of(self, item: str) -> list[Bundle]:
        """The sets around a main item: the starter before the complete one; none is an answer.

        Raises:
            UnknownProduct: the item was in no basket.
        """
        place = self.item_ids.position(item)
        if place < 0:
            raise UnknownProduct("the item was in no basket that was learned from", key="item", value=item)
        rows = np.flatnonzero(self.items[:, 0] == place)
        return [self._bundle(row) for row in rows[np.argsort(self.intent[rows], kind="stable")].tolist()]

    def _bundle(self, row: int) -> Bundle:
        members = [item for item in self.items[row].tolist() if item >= 0]
        count, main = int(self.count[row]), int(self.degree[members[0]])
        chance = np.prod(self.degree[members].astype(np.float64) / self.n_baskets)
        return Bundle(
            items=tuple(self.item_ids[item] for item in members),
            intent=INTENTS[int(self.intent[row])],
            count=count,
            joint=count / main,
            attach=tuple(self.attach[row, : len(members) - 1].tolist()),
            lift=float(count / (chance * self.n_baskets)),
            density=float(self.density[row]),
        )

    def frame(self) -> pl.DataFrame:
        """Items (list, main first), intent, count, joint, attach (list), lift, density; densest first."""
        rows = [self._bundle(row) for row in range(len(self.items))]
        return pl.DataFrame(
            {
                "items": [list(row.items) for row in rows],
                "intent": [row.intent for row in rows],
                "count": [row.count for row in rows],
                "joint": [row.joint for row in rows],
                "attach": [list(row.attach) for row in rows],
                "lift": [row.lift for row in rows],
                "density": [row.density for row in rows],
            },
            schema={
                "items": pl.List(pl.String),
                "intent": pl.String,
                "count": pl.Int64,
                "joint": pl.Float64,
                "attach": pl.List(pl.Float64),
                "lift": pl.Float64,
                "density": pl.Float64,
            },
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        return {
            **self.item_ids.arrays("items"),
            "degree": self.degree,
            "members": self.items,
            "intent": self.intent,
            "count": self.count,
            "attach": self.attach,
            "density": self.density,
        }

    def meta(self) -> dict[str, Any]:
        """Everything that is small."""
        own = self.parameters
        return {
            "n_baskets": self.n_baskets,
            "size": own.size,
            "min_count": own.min_count,
            "starter": own.starter,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self:
        """The result again.

        Raises:
            BadArray: the arrays do not fit together; named.
        """
        item_ids = Index.from_arrays(arrays, "items")
        items = taken(arrays, "members", np.int32, (None, meta["size"]))
        sets = len(items)
        return cls(
            item_ids=item_ids,
            degree=taken(arrays, "degree", np.int64, (len(item_ids),)),
            items=items,
            intent=taken(arrays, "intent", np.int32, (sets,)),
            count=taken(arrays, "count", np.int64, (sets,)),
            attach=taken(arrays, "attach", np.float64, (sets, meta["size"] - 1)),
            density=taken(arrays, "density", np.float64, (sets,)),
            n_baskets=meta["n_baskets"],
            parameters=Bundles(meta["size"], meta["min_count"], meta["starter"]),
        )
