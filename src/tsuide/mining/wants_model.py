"""Learned wants: what is known of every customer, and what it says of one of them now; `wants` tells the method."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, Self

import numpy as np

from tsuide.kit.arrays import Bool, Float64, Int32, Int64
from tsuide.kit.clock import MICROS_PER_DAY, to_micros
from tsuide.mining.fitted import Arrays, Meta, brief, taken
from tsuide.mining.index import Index
from tsuide.mining.logistic import probability
from tsuide.mining.parameters import must_be_whole
from tsuide.mining.wants_kernel import SOONEST

PACES: Final = np.array([2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 200.0])
"""Days after which what was bought is wanted again, about: the mixture's θ."""
PLACES: Final = ("alone", "one", "cart")
FEATURES: Final = 5  # bias, log rate, mean lift, best lift, size of the cart


@dataclass(frozen=True, slots=True, eq=False)
class Likely:
    """What is wanted, the most valuable first: items, their chances, and in how many orders each was bought before."""

    items: list[str]
    chance: list[float]
    times: list[int]


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

    def likely(
        self,
        customer: str,
        n: int,
        *,
        now: datetime,
        cart: Sequence[str] = (),
        looked_at: str | None = None,
        owned: Mapping[str, int] | None = None,
    ) -> Likely:
        """The n products of the greatest chance times worth, none of a group that lies there already.

        Args:
            customer: whoever; one who is not known wants what everybody wants.
            n: products.
            now: UTC.
            cart: product ids; unknown ones are set aside.
            looked_at: the product under the eyes.
            owned: product → when it was last bought, microseconds; what is newer than `end` counts as one more order.
        """
        must_be_whole("n", n, 1)
        count, exposure, days, own = self._stand(customer, to_micros(now), owned or {})
        there = np.zeros(len(self.mean), np.bool_)
        named = self.item_ids.positions([*cart, *([] if looked_at is None else [looked_at])])
        there[self.group_of[named[named >= 0]]] = True
        place = 2 if len(cart) else 1 if there.any() else 0
        chance = chances_of(self, place, self.rate(count, exposure, days), there)
        chance[there] = 0.0
        return self._products(chance, count, own, named[named >= 0], n)

    def _stand(
        self, customer: str, now: int, owned: Mapping[str, int]
    ) -> tuple[Float64, Float64, Float64, dict[int, float]]:
        """Purchases, ready orders, days since the last (-1 = never) by group, and own products with their counts."""
        c, groups = self.customer_ids.position(customer), len(self.mean)
        count, exposure, days = np.zeros(groups), np.zeros(groups), np.full(groups, -1.0)
        own: dict[int, float] = {}
        if c >= 0:
            pairs = slice(self.pair_of[c], self.pair_of[c + 1])
            at = self.pair_group[pairs]
            exposure[:] = self.orders[c]
            count[at], exposure[at] = self.pair_count[pairs], self.pair_exposure[pairs]
            days[at] = np.where(self.pair_last[pairs] >= 0, (now - self.pair_last[pairs]) / MICROS_PER_DAY, -1.0)
            mine = slice(self.own_of[c], self.own_of[c + 1])
            own = dict(zip(self.own_item[mine].tolist(), self.own_count[mine].tolist(), strict=True))
        newer = [(self.item_ids.position(item), at) for item, at in owned.items() if at > self.end]
        for item, bought in newer:
            if item >= 0:
                g = self.group_of[item]
                since = (now - bought) / MICROS_PER_DAY
                count[g] += 1.0
                exposure[g] += 1.0
                days[g] = since if days[g] < 0 else min(days[g], since)
                own[item] = own.get(item, 0.0) + 1.0
        return count, exposure, days, own

    def rate(self, count: Float64, exposure: Float64, days: Float64) -> Float64:
        """Chance, nearly, that an order now holds each group."""
        often = self.mean * (self.shape + count) / (self.shape + self.mean * exposure)
        return often * ready_of(self.paces, days)

    def _suits(self, items: Int32, seen: Int32) -> Float64:
        """How much likelier than to others each item is chosen within its group, by the trait of what was `seen`."""
        if not len(self.usual):
            return np.ones(len(items))
        traits = self.trait_of[seen]
        counts = np.bincount(traits[traits >= 0], minlength=len(self.usual))
        liked = (counts + self.strength * self.usual) / (counts.sum() + self.strength) / self.usual
        in_all = 1.0 - self.of_value.sum(axis=1) + self.of_value @ liked
        own = np.where(self.trait_of[items] >= 0, liked[self.trait_of[items]], 1.0)
        return np.asarray(own / in_all[self.group_of[items]], np.float64)

    def _products(self, chance: Float64, count: Float64, own: dict[int, float], named: Int32, n: int) -> Likely:
        mine = np.array(sorted(own), np.int32)
        items = np.union1d(self.top[self.top >= 0], mine)
        bought = np.zeros(len(items))
        bought[np.searchsorted(items, mine)] = [own[each] for each in mine.tolist()]
        group = self.group_of[items]
        usual = self.share[items] * self._suits(items, np.union1d(mine, named))
        share = (bought + self.own * usual) / (np.maximum(count[group], 0.0) + self.own)
        found = chance[group] * np.minimum(share, 1.0)
        best = np.argsort(-found * self.worth[items], kind="stable")[:n]
        best = best[found[best] > 0]
        ids = self.item_ids.ids
        return Likely(
            [ids[each] for each in items[best].tolist()], found[best].tolist(), bought[best].astype(int).tolist()
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
    found[:, 0], found[:, 1] = 1.0, np.log(rate + 1e-5)
    size = int(there.sum())
    if size:
        lifts = fitted.lift[there]
        found[:, 2], found[:, 3] = lifts.sum(axis=0) / np.sqrt(size), lifts.max(axis=0)
        found[:, 4] = np.log1p(size)
    return found


def chances_of(fitted: FittedWants, place: int, rate: Float64, there: Bool) -> Float64:
    """Chance that an order holds each group besides what lies there, by the weights of one of `PLACES`; (groups,)."""
    return probability(context_of(fitted, rate, there) @ fitted.weights[place])
