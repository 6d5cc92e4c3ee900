"""Learned wants: what is known of every customer, and what it says of one of them now; `wants` tells the method."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final, Self

import numpy as np

from tsuide.kit.arrays import Bool, Float64, Int32, Int64, frozen
from tsuide.kit.clock import MICROS_PER_DAY, to_micros
from tsuide.mining.fitted import Arrays, Meta, brief, taken
from tsuide.mining.index import Index
from tsuide.mining.parameters import must_be_whole
from tsuide.mining.wants_kernel import FAINTEST, SOONEST, chances, likeliest
from tsuide.mining.wants_shares import level_of, same_of

PACES: Final = np.array([2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 200.0])
"""Days after which what was bought is wanted again, about: the mixture's θ."""
PLACES: Final = ("alone", "one", "cart")
FEATURES: Final = 5  # bias, log rate, mean lift, best lift, size of the cart
_NO_ITEMS: Final = frozen(np.empty(0, np.int32))
_NO_COUNTS: Final = frozen(np.empty(0))


@dataclass(frozen=True, slots=True, eq=False)
class Likely:
    """What is wanted, the most valuable first: items, their chances, and in how many orders each was bought before."""

    items: list[str]
    chance: list[float]
    times: list[int]


@dataclass(frozen=True, slots=True, eq=False)
class _Stand:
    """A customer now.

    Args:
        count, exposure, days: orders that held each group, ready ones, days since the last (-1 = never); (groups,).
        mine: products that they bought, ascending, each once; bought: in how many orders.
    """

    count: Float64
    exposure: Float64
    days: Float64
    mine: Int32
    bought: Float64


@dataclass(frozen=True, slots=True, eq=False)
class FittedWants:
    """What is known of every customer's wants.

    Args:
        item_ids: products with a group; customer_ids: customers with an order.
        group_of: (items,) int32; top: (groups, some) int32 items of the greatest share times worth, and of each trait.
        trait_of, usual, of_value: see `wants_traits`; of_value (groups, values) float64: share in its group.
        share: (items,) float64: of its group's purchases; worth: (items,) float64: what one brings, 1 = not known.
        mean: (groups,) float64: share of orders that hold it; lift: (groups, groups) float64, logarithms.
        paces: (groups, paces) float64, each row adds up to 1.
        orders: (customers,) float64.
        pair_of, pair_group, pair_count, pair_exposure, pair_last: groups that each customer bought of; int64
            (customers + 1,), int32, float64, float64 and int64 microseconds (pairs,).
        own_of, own_item, own_count: products that each bought; int64 (customers + 1,), int32, float64 (owned,).
        weights: (3, 5) float64: of the log odds, for `PLACES`.
        shape, own, strength: Gamma shape of rates; what everybody's choice of product, and of trait, counts for beside
            one's own.
        end: time of the newest order, microseconds.
    """

    name: ClassVar[str] = "wants"
    __repr__ = brief

    item_ids: Index
    customer_ids: Index
    group_of: Int32
    top: Int32
    share: Float64
    worth: Float64
    trait_of: Int32
    usual: Float64
    of_value: Float64
    mean: Float64
    lift: Float64
    paces: Float64
    orders: Float64
    pair_of: Int64
    pair_group: Int32
    pair_count: Float64
    pair_exposure: Float64
    pair_last: Int64
    own_of: Int64
    own_item: Int32
    own_count: Float64
    weights: Float64
    shape: float
    own: float
    strength: float
    end: int
    anybodys: Int32 = field(init=False)
    """Products in `top`, ascending, each once; int32 (some,)."""
    same: Float64 = field(init=False)
    """Chance that two purchases of a group are of one product, a tenth at least; float64 (groups,)."""
    level: float = field(init=False)
    """What of a group's chance is an offer's: as `wants_shares.level_of` says."""

    def __post_init__(self) -> None:
        """Told once, since every telling reads them."""
        object.__setattr__(self, "anybodys", frozen(np.unique(self.top[self.top >= 0]).astype(np.int32)))
        same = same_of(self.share, self.group_of, len(self.mean))
        object.__setattr__(self, "same", same)
        object.__setattr__(self, "level", level_of(self.share, self.group_of, same, self.mean))

    def likely(
        self,
        customer: str,
        n: int,
        *,
        now: datetime,
        cart: Sequence[str] = (),
        looked_at: str | None = None,
        owned: Mapping[str, int] | None = None,
        offered: bool = False,
    ) -> Likely:
        """The n products of the greatest chance times worth, none of a group that lies there already.

        Args:
            customer: whoever; one who is not known wants what everybody wants.
            n: products.
            now: UTC.
            cart: product ids; unknown ones are set aside.
            looked_at: the product under the eyes.
            owned: product → when it was last bought, microseconds; what is newer than `end` counts as one more order.
            offered: chances are those of taking an offer of the product, not of buying it of oneself.
        """
        must_be_whole("n", n, 1)
        stand = self._stand(customer, to_micros(now), owned or {})
        named = self.item_ids.positions([*cart, *([] if looked_at is None else [looked_at])])
        named = np.unique(named[named >= 0]).astype(np.int32)
        there = np.unique(self.group_of[named]).astype(np.int64)
        place = 2 if len(cart) else 1 if len(there) else 0
        chance = np.empty(len(self.mean))
        chances(
            self.mean, self.shape, PACES, self.paces, self.lift, self.weights[place], there,
            stand.count, stand.exposure, stand.days, chance,
        )  # fmt: skip
        return self._products(stand, chance, named, n, self.same if offered else _NO_COUNTS)

    def _stand(self, customer: str, now: int, owned: Mapping[str, int]) -> "_Stand":
        """What the customer bought up to now, what was bought since learning included."""
        c, groups = self.customer_ids.position(customer), len(self.mean)
        count, exposure, days = np.zeros(groups), np.zeros(groups), np.full(groups, -1.0)
        mine, bought = _NO_ITEMS, _NO_COUNTS
        if c >= 0:
            pairs = slice(self.pair_of[c], self.pair_of[c + 1])
            at = self.pair_group[pairs]
            exposure[:] = self.orders[c]
            count[at], exposure[at] = self.pair_count[pairs], self.pair_exposure[pairs]
            days[at] = np.where(self.pair_last[pairs] >= 0, (now - self.pair_last[pairs]) / MICROS_PER_DAY, -1.0)
            own = slice(self.own_of[c], self.own_of[c + 1])
            mine, bought = self.own_item[own], self.own_count[own]
        newer = [(self.item_ids.position(item), at) for item, at in owned.items() if at > self.end]
        newer = [(item, at) for item, at in newer if item >= 0]
        for item, at_last in newer:
            g = self.group_of[item]
            since = (now - at_last) / MICROS_PER_DAY
            count[g] += 1.0
            exposure[g] += 1.0
            days[g] = since if days[g] < 0 else min(days[g], since)
        if newer:
            fresh = np.array([item for item, _ in newer], np.int32)
            mine, place = np.unique(np.concatenate([mine, fresh]), return_inverse=True)
            counts = np.concatenate([bought, np.ones(len(fresh))])
            bought = np.bincount(place, weights=counts).astype(np.float64)
        return _Stand(count, exposure, days, frozen(mine), frozen(bought))

    def rate(self, count: Float64, exposure: Float64, days: Float64) -> Float64:
        """Chance, nearly, that an order now holds each group."""
        often = self.mean * (self.shape + count) / (self.shape + self.mean * exposure)
        return often * ready_of(self.paces, days)

    def _liked(self, seen: Int32) -> tuple[Float64, Float64]:
        """How much likelier than to others each trait is chosen by who chose what was `seen`; the same of each group.

        Empty where no trait tells.
        """
        if not len(self.usual):
            return _NO_COUNTS, _NO_COUNTS
        traits = self.trait_of[seen]
        counts = np.bincount(traits[traits >= 0], minlength=len(self.usual))
        liked = (counts + self.strength * self.usual) / (counts.sum() + self.strength) / self.usual
        return frozen(liked), frozen(1.0 - self.of_value.sum(axis=1) + self.of_value @ liked)

    def _products(self, stand: "_Stand", chance: Float64, named: Int32, n: int, same: Float64) -> Likely:
        liked, in_all = self._liked(np.union1d(stand.mine, named))
        item, likely, times = np.empty(n, np.int32), np.empty(n), np.empty(n)
        many = likeliest(
            self.anybodys, stand.mine, stand.bought, self.group_of, self.trait_of, self.share, self.worth, liked,
            in_all, chance, stand.count, self.own, same, self.level, item, likely, times,
        )  # fmt: skip
        ids = self.item_ids.ids
        return Likely(
            [ids[each] for each in item[:many].tolist()], likely[:many].tolist(), times[:many].astype(int).tolist()
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        return {
            **self.item_ids.arrays("items"),
            **self.customer_ids.arrays("customers"),
            **{name: getattr(self, name) for name in _ARRAYS},
        }

    def meta(self) -> dict[str, Any]:
        """The concentrations and the newest order."""
        return {"shape": self.shape, "own": self.own, "strength": self.strength, "end": self.end}

    @classmethod
    def from_arrays(cls, arrays: Arrays, meta: Meta) -> Self:
        """The result again.

        Raises:
            BadArray: an array is missing, or has another type or shape; named.
        """
        items, customers = Index.from_arrays(arrays, "items"), Index.from_arrays(arrays, "customers")
        groups = len(taken(arrays, "mean", np.float64, (None,)))
        values = len(taken(arrays, "usual", np.float64, (None,)))
        sizes: dict[str, int | None] = {
            "values": values,
            "items": len(items), "customers": len(customers), "customers + 1": len(customers) + 1, "groups": groups,
            "pairs": int(taken(arrays, "pair_of", np.int64, (len(customers) + 1,))[-1]),
            "owned": int(taken(arrays, "own_of", np.int64, (len(customers) + 1,))[-1]),
            "top": None, "paces": len(PACES), "places": len(PLACES), "features": FEATURES,
        }  # fmt: skip
        found: dict[str, Any] = {
            name: taken(arrays, name, dtype, tuple(sizes[each] for each in shape))
            for name, (dtype, shape) in _ARRAYS.items()
        }
        return cls(items, customers, **found, **{name: meta[name] for name in ("shape", "own", "strength", "end")})


_ARRAYS: Final[Mapping[str, tuple[Any, tuple[str, ...]]]] = {
    "group_of": (np.int32, ("items",)),
    "top": (np.int32, ("groups", "top")),
    "share": (np.float64, ("items",)),
    "worth": (np.float64, ("items",)),
    "trait_of": (np.int32, ("items",)),
    "usual": (np.float64, ("values",)),
    "of_value": (np.float64, ("groups", "values")),
    "mean": (np.float64, ("groups",)),
    "lift": (np.float64, ("groups", "groups")),
    "paces": (np.float64, ("groups", "paces")),
    "orders": (np.float64, ("customers",)),
    "pair_of": (np.int64, ("customers + 1",)),
    "pair_group": (np.int32, ("pairs",)),
    "pair_count": (np.float64, ("pairs",)),
    "pair_exposure": (np.float64, ("pairs",)),
    "pair_last": (np.int64, ("pairs",)),
    "own_of": (np.int64, ("customers + 1",)),
    "own_item": (np.int32, ("owned",)),
    "own_count": (np.float64, ("owned",)),
    "weights": (np.float64, ("places", "features")),
}


def ready_of(paces_of: Float64, days: Float64) -> Float64:
    """How ready each group is, so many days after its last purchase (-1 = never bought: ready)."""
    ready = np.ones(len(days))
    known = np.flatnonzero(days >= 0)
    since = np.maximum(days[known], SOONEST)[:, None]
    ready[known] = (paces_of[known] * (1.0 - np.exp(-((since / PACES) ** 2)))).sum(axis=1)
    return ready


def context_of(fitted: FittedWants, rate: Float64, there: Bool) -> Float64:
    """Bias, log rate, mean and best lift by what lies there, and how much that is; (groups, 5)."""
    groups = len(rate)
    found = np.zeros((groups, FEATURES))
    found[:, 0], found[:, 1] = 1.0, np.log(rate + FAINTEST)
    size = int(there.sum())
    if size:
        lifts = fitted.lift[there]
        found[:, 2], found[:, 3] = lifts.sum(axis=0) / np.sqrt(size), lifts.max(axis=0)
        found[:, 4] = np.log1p(size)
    return found
