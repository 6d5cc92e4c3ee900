"""Bundles: a main item and what truly goes with it, found together often and far more than by chance."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, Self, TypeAlias

import numpy as np
import polars as pl

from tsuide.errors import BadValue, UnknownProduct
from tsuide.kit.arrays import Float64, Int32, Int64, frozen
from tsuide.mining.baskets import Baskets
from tsuide.mining.compiled import compiled
from tsuide.mining.complements import FittedComplements
from tsuide.mining.fitted import taken
from tsuide.mining.index import Index

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
        if complements.item_ids != baskets.item_ids:
            raise BadValue("complements were learned from other baskets", key="complements")
        rows = _grown(baskets, complements, _groups(baskets.item_ids, groups), _apart(baskets.item_ids, apart), self)
        return _kept(rows, baskets, self)


_LARGEST: Final = 6


def _groups(items: Index, groups: Mapping[str, str] | None) -> Int32:
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
    sure = _sure(complements)
    order = np.argsort(baskets.item, kind="stable")
    basket_of = baskets.basket_of_entry()[order]
    begins = np.zeros(baskets.n_items + 1, dtype=np.int64)
    np.cumsum(baskets.count_of_item(), out=begins[1:])
    out = np.full((baskets.n_items * 2, parameters.size + 2), float(_NONE))
    count = _grow(
        begins,
        basket_of,
        sure,
        group,
        apart,
        baskets.n_baskets,
        parameters.size,
        parameters.starter,
        parameters.min_count,
        out,
    )
    return out[:count]


def _sure(complements: FittedComplements) -> Int32:
    """Partners of each item that pass the gate, best first, -1 = none; int32 (items, top)."""
    frame = complements.frame().filter(pl.col("significant") & (pl.col("lift_low") > 1.0))
    keys = set(
        zip(
            complements.item_ids.positions(frame["anchor"].to_list()).tolist(),
            complements.item_ids.positions(frame["item"].to_list()).tolist(),
            strict=True,
        )
    )
    sure = np.full_like(complements.top_item, _NONE)
    for anchor, row in enumerate(complements.top_item.tolist()):
        kept = [item for item in row if (anchor, item) in keys]
        sure[anchor, : len(kept)] = kept
    return sure


@compiled
def _meet(left: Int32, n_left: int, right: Int32, out: Int32) -> int:  # pragma: no cover - compiled
    """What two ascending lists share, written to `out` (which may be `left`); returns how many."""
    i, j, count = 0, 0, 0
    while i < n_left and j < len(right):
        if left[i] < right[j]:
            i += 1
        elif left[i] > right[j]:
            j += 1
        else:
            out[count] = left[i]
            count += 1
            i += 1
            j += 1
    return count


@compiled
def _fits(item: int, members: Int32, group: Int32, apart: Int64) -> bool:  # pragma: no cover - compiled
    """Whether an item shares no need with a member and is not kept apart from one."""
    n_items = len(group)
    for m in members:
        if m == item or group[m] == group[item]:
            return False
        key = min(m, item) * n_items + max(m, item)
        place = np.searchsorted(apart, key)
        if place < len(apart) and apart[place] == key:
            return False
    return True


@compiled
def _pair_weight(
    a: int, b: int, begins: Int64, basket_of: Int32, n_baskets: int, scratch: Int32
) -> float:  # pragma: no cover - compiled
    """Max(0, log lift) · log(1 + count) of a pair."""
    left = basket_of[begins[a] : begins[a + 1]]
    right = basket_of[begins[b] : begins[b + 1]]
    count = _meet(left, len(left), right, scratch)
    if count == 0:
        return 0.0
    lift = count * n_baskets / (len(left) * len(right))
    return float(max(0.0, np.log(lift)) * np.log1p(count))


@compiled
def _best_next(
    candidates: Int32,
    members: Int32,
    shared: Int32,
    begins: Int64,
    basket_of: Int32,
    group: Int32,
    apart: Int64,
    n_baskets: int,
    min_count: int,
    scratch: Int32,
) -> tuple[int, float, int]:  # pragma: no cover - compiled
    """The candidate that adds most weight: (item or -1, weight of its pairs with the members, common baskets)."""
    best, best_weight, best_count = -1, -1.0, 0
    for item in candidates:
        if item < 0:
            break
        if not _fits(item, members, group, apart):
            continue
        count = _meet(shared, len(shared), basket_of[begins[item] : begins[item + 1]], scratch)
        if count < min_count:
            continue
        weight = 0.0
        for m in members:
            weight += _pair_weight(m, item, begins, basket_of, n_baskets, scratch)
        if weight > best_weight:
            best, best_weight, best_count = item, weight, count
    return best, best_weight, best_count


@compiled
def _grow(
    begins: Int64,
    basket_of: Int32,
    sure: Int32,
    group: Int32,
    apart: Int64,
    n_baskets: int,
    size: int,
    starter: int,
    min_count: int,
    out: Float64,
) -> int:  # pragma: no cover - compiled
    """Grow a starter and a complete set around each item; rows as in `_grown`, the number of them returned."""
    longest = np.max(begins[1:] - begins[:-1]) if len(begins) > 1 else 0
    shared, scratch = np.empty(longest, dtype=np.int32), np.empty(longest, dtype=np.int32)
    members = np.empty(size, dtype=np.int32)
    rows = 0
    for main in range(len(begins) - 1):
        n_main = begins[main + 1] - begins[main]
        shared[:n_main] = basket_of[begins[main] : begins[main + 1]]
        n_shared, n_members, weight, density = n_main, 1, 0.0, 0.0
        members[0] = main
        while n_members < size:
            item, added, _ = _best_next(
                sure[main],
                members[:n_members],
                shared[:n_shared],
                begins,
                basket_of,
                group,
                apart,
                n_baskets,
                min_count,
                scratch,
            )
            thinner = (weight + added) / (n_members * (n_members + 1) / 2)
            if item < 0 or 2 * thinner < density:
                break  # nothing fits, or the newcomer halves what held the set together
            n_shared = _meet(shared, n_shared, basket_of[begins[item] : begins[item + 1]], shared)
            weight, density = weight + added, thinner
            members[n_members] = item
            n_members += 1
            if n_members == starter:
                _write(out, rows, members, n_members, n_shared, density)
                rows += 1
        if n_members > 1 and n_members != starter:
            _write(out, rows, members, n_members, n_shared, density)
            rows += 1
    return rows


@compiled
def _write(
    out: Float64, row: int, members: Int32, n_members: int, count: int, density: float
) -> None:  # pragma: no cover - compiled
    width = out.shape[1]
    for place in range(n_members):
        out[row, place] = members[place]
    out[row, width - 2] = count
    out[row, width - 1] = density


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
    order = np.argsort(baskets.item, kind="stable")
    basket_of = baskets.basket_of_entry()[order]
    begins = np.concatenate([[0], np.cumsum(baskets.count_of_item())])
    attach = np.zeros((len(items), items.shape[1] - 1))
    for row, members in enumerate(items.tolist()):
        main = basket_of[begins[members[0]] : begins[members[0] + 1]]
        for place, item in enumerate(members[1:]):
            if item >= 0:
                other = basket_of[begins[item] : begins[item + 1]]
                attach[row, place] = len(np.intersect1d(main, other, assume_unique=True)) / len(main)
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
