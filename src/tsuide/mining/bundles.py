"""Bundles: a main item and what most of its buyers take with it, surely, still, and more than by chance."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, Self, TypeAlias

import numpy as np
import polars as pl

from tsuide.errors import BadValue, UnknownProduct
from tsuide.kit.arrays import Bool, Float64, Int32, Int64, frozen
from tsuide.mining.baskets import Baskets, must_be_baskets
from tsuide.mining.bundles_kernel import attach_shares, grow
from tsuide.mining.complements import Complements, FittedComplements
from tsuide.mining.cooccurrence import Score, best_partners, threads
from tsuide.mining.fitted import brief, taken
from tsuide.mining.index import Index
from tsuide.mining.intervals import Z95
from tsuide.mining.kernels import posts_of
from tsuide.mining.parameters import must_be_groups, must_be_list, must_be_number, must_be_whole
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
        strength: how surely the main item's buyers take all of it: the geometric mean of the lower 95 % bounds of
            `joint` and of the same share of customers; of `joint` alone where customers are not known.
    """

    items: tuple[str, ...]
    intent: Intent
    count: int
    joint: float
    attach: tuple[float, ...]
    lift: float
    strength: float


@dataclass(frozen=True, slots=True)
class Bundles:
    """Sets around each main item, grown one item at a time; every count is exact.

    A member must pass the false-discovery gate with the main item, with the lower bound of the lift above 1, and be of
    another need than every member (no two substitutes, no two variants, no two of one group). Of those the one joins
    that most of the set's baskets hold: that makes the largest share of the main item's buyers who take all. A set
    must have been bought whole in `min_count` baskets, and where times are known in `still` of the latest quarter.

    Sets are ranked by their strength, which counts customers, too: one household that buys the same two things every
    week says little about the next customer.

    Args:
        size: items in a set at most, 2 … 6.
        min_count: baskets that must hold the whole set.
        starter: items in a starter at most, 2 … size.
        still: of the latest quarter of the baskets, those that must; 0 = it may be out of fashion.
        hold: share of a set's baskets that must hold a third and further item for it to join, 0 … 1.

    >>> orders = ["cam card bag", "cam card bag", "cam card bag", "cam card", "tea", "tea", "tea cup", "pen", "pen"]
    >>> lines = pl.DataFrame([(n, sku) for n, order in enumerate(orders) for sku in order.split()],
    ...                      schema=["order", "sku"], orient="row")
    >>> baskets = Baskets.from_frame(lines, basket="order", item="sku")
    >>> complements = Complements(min_count=3, rate=0.5).fit(baskets)
    >>> bundle = Bundles(min_count=3).fit(baskets, complements).of("cam")[0]
    >>> bundle.items, bundle.intent, bundle.count, bundle.joint
    (('cam', 'card', 'bag'), 'starter', 3, 0.75)
    """

    size: int = 4
    min_count: int = 3
    starter: int = 3
    still: int = 2
    hold: float = 0.25

    def __post_init__(self) -> None:
        for name, least in (("size", 2), ("min_count", 1), ("starter", 2), ("still", 0)):
            must_be_whole(name, getattr(self, name), least)
        must_be_number("hold", self.hold, least=0, most=1)
        if not self.starter <= self.size <= _LARGEST:
            sizes = (self.starter, self.size)
            raise BadValue("do not fit", key="starter, size", value=sizes, way_out="2 ≤ starter ≤ size ≤ 6")

    def fit(
        self,
        baskets: Baskets,
        complements: FittedComplements | None = None,
        *,
        groups: Mapping[str, str] | None = None,
        apart: Iterable[tuple[str, str]] = (),
    ) -> "FittedBundles":
        """Find the sets.

        Args:
            baskets: orders.
            complements: which pairs are sure, learned from the same baskets; None = they are learned here.
            groups: product id → need (category, parent product); two of one group never share a set.
            apart: pairs that never share a set (substitutes, never_with), in either order.

        Raises:
            BadValue: a parameter out of range, or complements of other baskets.
        """
        must_be_baskets(baskets)
        must_be_groups(groups)
        must_be_list("apart", apart, "pairs of item ids")
        if complements is None:
            complements = Complements(min_count=self.min_count, keep=False).fit(baskets, tune=False)
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
    """Every set that can be grown; int64 (sets, size + 3): see `grow`."""
    sure, together = _sure(baskets, complements, parameters.min_count)
    begins, basket_of = posts_of(baskets.items_of, baskets.item, baskets.n_items)
    bounds = _shares(begins, _SHARES * threads())

    def share(part: int) -> "np.ndarray":
        first, end = bounds[part], bounds[part + 1]
        out = np.full((2 * (end - first), parameters.size + 3), _NONE, np.int64)
        rows = grow(
            int(first), int(end), begins, basket_of, sure, together, group, apart,
            baskets.customer, _latest(baskets), parameters.size, parameters.starter, parameters.min_count,
            parameters.still if baskets.has_time else 0, parameters.hold, out,
        )  # fmt: skip
        return out[:rows]

    with ThreadPoolExecutor(threads()) as pool:
        return np.concatenate(list(pool.map(share, range(len(bounds) - 1))))


def _latest(baskets: Baskets) -> int:
    """The first basket of the latest quarter."""
    return baskets.n_baskets - baskets.n_baskets // 4


_SHARES: Final = 8  # per thread: one popular stretch of items must not keep the others waiting


def _shares(begins: Int64, parts: int) -> Int64:
    """Bounds of stretches of items that hold about as many entries each; int64 (parts + 1,)."""
    entries = np.linspace(0, begins[-1], parts + 1)
    bounds = np.searchsorted(begins, entries).astype(np.int64)
    bounds[0], bounds[-1] = 0, len(begins) - 1
    return bounds


def _sure(baskets: Baskets, complements: FittedComplements, min_count: int) -> tuple[Int32, Int32]:
    """Of the partners that most baskets hold with an item those that pass the gate, most first, -1 = none.

    Returns:
        Partners and common baskets, int32 (items, top).
    """
    best = best_partners(
        baskets.items_of, baskets.item, baskets.n_items, top=_PARTNERS, min_count=min_count, score=Score("count"),
        order=complements.order, apart=complements.apart,
    )  # fmt: skip
    anchor, slot = np.nonzero(best.item >= 0)
    item, count = best.item[anchor, slot], best.count[anchor, slot]
    degree, total = complements.degree.astype(np.int64), complements.n_baskets
    of_anchor, of_item = degree[anchor], degree[item]
    _, low, _ = lift_interval(count.astype(np.int64), of_anchor, of_item, total)
    good = np.flatnonzero(low > 1.0)
    tails = p_values(count[good], of_anchor[good], of_item[good], total)
    good = good[tails <= complements.p_cut]
    place = np.arange(len(good)) - np.searchsorted(anchor[good], np.arange(len(degree)))[anchor[good]]
    sure, together = np.full_like(best.item, _NONE), np.zeros_like(best.count)
    sure[anchor[good], place] = item[good]
    together[anchor[good], place] = count[good]
    return sure, together


_PARTNERS: Final = 20


def _kept(rows: Int64, baskets: Baskets, parameters: Bundles) -> "FittedBundles":
    """Sets that are more than chance, strongest first; of those with the same items the strongest leads."""
    size = parameters.size
    items, count, buyers, takers = rows[:, :size].astype(np.int32), rows[:, size], rows[:, size + 1], rows[:, size + 2]
    degree = baskets.count_of_item().astype(np.int64)
    strength = _strength(count, degree[items[:, 0]], takers, buyers)
    good = np.flatnonzero(_lift_low(items, count, degree, baskets.n_baskets) > 1)
    order = good[np.lexsort((items[good, 0], -strength[good]))]
    items, count, strength = items[order], count[order], strength[order]
    leads = np.zeros(len(order), np.bool_)
    leads[np.unique(np.sort(items, axis=1), axis=0, return_index=True)[1]] = True
    return FittedBundles(
        item_ids=baskets.item_ids,
        degree=frozen(degree),
        items=frozen(items),
        intent=frozen(((items >= 0).sum(axis=1) > parameters.starter).astype(np.int32)),
        count=frozen(count),
        attach=frozen(_attach(items, baskets)),
        strength=frozen(strength),
        leads=frozen(leads),
        n_baskets=baskets.n_baskets,
        parameters=parameters,
    )


def _strength(count: Int64, of_main: Int64, takers: Int64, buyers: Int64) -> Float64:
    """The `strength` of sets from the baskets and customers with all of it and with the main item; (sets,)."""
    of_baskets = wilson_low(count, of_main)
    known = buyers > 0
    return np.where(known, np.sqrt(of_baskets * wilson_low(takers, np.where(known, buyers, 1))), of_baskets)


def wilson_low(hits: Int64, trials: Int64) -> Float64:
    """Lower 95 % bounds of shares (Wilson 1927); 0 where nothing was tried; float64 (shares,).

    >>> wilson_low(np.array([50, 0]), np.array([100, 0])).round(4).tolist()
    [0.4038, 0.0]
    """
    n = np.maximum(trials, 1)
    share = hits / n
    spread = Z95 * np.sqrt(share * (1 - share) / n + Z95**2 / (4 * n**2))
    low: Float64 = (share + Z95**2 / (2 * n) - spread) / (1 + Z95**2 / n)
    return np.where(trials > 0, np.maximum(low, 0.0), 0.0)


def _lift_low(items: Int32, count: Int64, degree: Int64, n_baskets: int) -> Float64:
    """Lower 95 % bound of the lift of whole sets, counts as Poisson; float64 (sets,)."""
    chance = np.where(items >= 0, degree[items] / n_baskets, 1.0).prod(axis=1)
    return np.asarray(count / (chance * n_baskets) * np.exp(-Z95 / np.sqrt(count)))


def _attach(items: Int32, baskets: Baskets) -> Float64:
    """Share of the main item's baskets that hold each other member, 0 where there is none; (sets, size − 1)."""
    begins, basket_of = posts_of(baskets.items_of, baskets.item, baskets.n_items)
    attach = np.zeros((len(items), items.shape[1] - 1))
    attach_shares(items, begins, basket_of, attach)
    return attach


@dataclass(frozen=True, slots=True, eq=False)
class FittedBundles:
    """The sets that were found, strongest first.

    Args:
        item_ids: dense item ↔ id.
        degree: baskets of each item, int64 (items,).
        items: members, main first, -1 = none; int32 (sets, size).
        intent: 0 = starter, 1 = complete; int32 (sets,).
        count: baskets with the whole set, int64 (sets,).
        attach: share of the main item's baskets that hold each other member, float64 (sets, size − 1).
        strength: of each set, see `Bundle`; float64 (sets,).
        leads: whether no set of the same items around another main item is stronger; bool (sets,).
        n_baskets: all baskets.
    """

    name: ClassVar[str] = "bundles"
    __repr__ = brief

    item_ids: Index
    degree: Int64
    items: Int32
    intent: Int32
    count: Int64
    attach: Float64
    strength: Float64
    leads: Bool
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
            strength=float(self.strength[row]),
        )

    def frame(self) -> pl.DataFrame:
        """Every set once, around the item whose buyers take it most surely; strongest first.

        Columns: items (list, main first), intent, count, joint, attach (list), lift, strength.
        """
        rows = [self._bundle(row) for row in np.flatnonzero(self.leads).tolist()]
        return pl.DataFrame(
            {
                "items": [list(row.items) for row in rows],
                "intent": [row.intent for row in rows],
                "count": [row.count for row in rows],
                "joint": [row.joint for row in rows],
                "attach": [list(row.attach) for row in rows],
                "lift": [row.lift for row in rows],
                "strength": [row.strength for row in rows],
            },
            schema={
                "items": pl.List(pl.String),
                "intent": pl.String,
                "count": pl.Int64,
                "joint": pl.Float64,
                "attach": pl.List(pl.Float64),
                "lift": pl.Float64,
                "strength": pl.Float64,
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
            "strength": self.strength,
            "leads": self.leads,
        }

    def meta(self) -> dict[str, Any]:
        """Everything that is small."""
        own = self.parameters
        return {
            "n_baskets": self.n_baskets,
            "size": own.size,
            "min_count": own.min_count,
            "starter": own.starter,
            "still": own.still,
            "hold": own.hold,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self:
        """The result again.

        Raises:
            BadArray: the arrays do not fit together; named.
        """
        if "strength" not in arrays and "density" in arrays:  # written before sets were ranked by their strength
            arrays, meta = _of_old(arrays), {"still": 0, "hold": 0.0, **meta}
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
            strength=taken(arrays, "strength", np.float64, (sets,)),
            leads=taken(arrays, "leads", np.bool_, (sets,)),
            n_baskets=meta["n_baskets"],
            parameters=Bundles(**{name: meta[name] for name in _PARAMETERS}),
        )


_PARAMETERS: Final = ("size", "min_count", "starter", "still", "hold")


def _of_old(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Arrays with the strength that their counts give, as far as customers are not known."""
    main, count = arrays["members"][:, 0], arrays["count"]
    strength = wilson_low(count, arrays["degree"][main])
    return {**arrays, "strength": strength, "leads": np.ones(len(count), np.bool_)}
