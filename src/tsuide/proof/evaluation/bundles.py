"""Whether sets stay together: learned before the split, looked for in the baskets after it, beside the usual sets.

Of the later baskets that hold a set's main item: how many hold all its others, how many at least one of them, how many
hold all where the customer had never taken them before; and of all later baskets, how often the set is whole against
what chance would give. Every method shows as many sets of the same sizes, under the same rule that no two members are
of one need; what a method may choose is chosen on the last part of the past, by the share that held all others.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
from scipy.special import gammaincinv

from tsuide.errors import TooFewData
from tsuide.kit.arrays import Float64, Int32, Int64
from tsuide.mining.baskets import Baskets
from tsuide.mining.bundles import Bundles, needs_of
from tsuide.mining.complements import Complements, FittedComplements
from tsuide.mining.history import between
from tsuide.mining.kernels import posts_of
from tsuide.proof.evaluation.bundle_baselines import CONFIDENCE, grown_sets, picked_sets, random_sets
from tsuide.proof.evaluation.ranking import ROUNDS, with_intervals
from tsuide.proof.evaluation.split import split_at

SETS: Final = 200
OURS: Final = "tsuide"
CHOOSING: Final = (OURS, "support", "confidence")  # methods that have something to choose
HELD_OUT: Final = 0.15  # share of the past on which is chosen
MIN_COUNTS: Final = (3, 5, 10, 20, 50)
STILL: Final = (0, 2, 3, 5)  # of the latest quarter's baskets, those that must hold the whole set; ours only
_SIZE: Final = 4
_FEWEST: Final = 5


def evaluate_bundles(
    baskets: Baskets,
    *,
    groups: Mapping[str, str] | None = None,
    split: datetime | None = None,
    sets: int = SETS,
    seed: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Sets of ours and of three usual ways, found again in later baskets.

    Args:
        baskets: of a shop, with times.
        groups: item id → product type or category; two of one never share a set.
        split: first moment of the future; None = where 87 % of the baskets are past.
        sets: how many of each method, fewer where ours finds fewer.
        seed: of random sets and intervals.
        tell: called with what is being done.

    Returns:
        "methods": name → all_others and any_other (share of the main item's later baskets, mean over sets), all_new
        (all others, of those baskets whose customer never had the whole set before, mean over sets that have such),
        lift (median; whole sets against independent purchases), sure (share of sets whose lift's lower 95 % bound
        exceeds 1), intervals; "sets", "sizes", "split", "chosen".

    Raises:
        TooFewData: no times, or fewer than five sets found.
    """
    parts = split_at(baskets, split)
    cut = int(parts.past.n_baskets * (1 - HELD_OUT))
    tell("choose")
    early = _Candidates.of(between(parts.past, 0, cut), groups)
    tried = _tried(early, between(parts.past, cut, parts.past.n_baskets), sets)
    chosen = {name: max(by, key=lambda each: by[each]) for name, by in tried.items()}
    tell("learn")
    found = _Candidates.of(parts.past, groups).sets(sets, chosen, seed)
    if len(found[OURS]) < _FEWEST:
        raise TooFewData("too few sets to tell", key="sets", value=len(found[OURS]), way_out="import more orders")
    tell("measure")
    return {
        "methods": {name: _figures(each, parts.past, parts.future, seed) for name, each in found.items()},
        "sets": len(found[OURS]),
        "sizes": {str(size): n for size, n in sorted(_sizes(found[OURS]).items())},
        "split": parts.at.isoformat(),
        "later_baskets": parts.future.n_baskets,
        "chosen": {
            "min_count": {name: choice.min_count for name, choice in chosen.items()},
            "still": chosen[OURS].still,
            "tried": {
                name: [{"min_count": each.min_count, "still": each.still, "all_others": v} for each, v in by.items()]
                for name, by in tried.items()
            },
        },
        "examples": [[baskets.item_ids[item] for item in row if item >= 0] for row in found[OURS][:10].tolist()],
        "seed": seed,
    }


@dataclass(frozen=True, slots=True)
class _Choice:
    """What a method may choose."""

    min_count: int
    still: int = 0


def _tried(early: "_Candidates", late: Baskets, sets: int) -> dict[str, dict[_Choice, float]]:
    """Share that held all others on the last part of the past, of every choice that finds as many sets."""
    tried: dict[str, dict[_Choice, float]] = {name: {} for name in CHOOSING}
    sizes = early.sizes(sets)
    most = {name: early.picked(name, _Choice(MIN_COUNTS[0]), sizes) for name in CHOOSING}
    for name in CHOOSING:
        for least in MIN_COUNTS:
            for still in STILL if name == OURS and early.past.has_time else (0,):
                found = early.picked(name, _Choice(least, still), sizes)
                if _FEWEST <= len(found) == len(most[name]):
                    held = held_later(found, late)
                    share = float((held["all"] / np.maximum(held["main"], 1)).mean())
                    tried[name][_Choice(least, still)] = share
    return {name: by or {_Choice(MIN_COUNTS[0]): 0.0} for name, by in tried.items()}


@dataclass(frozen=True, slots=True, eq=False)
class _Candidates:
    """What sets are made of, learned once for every choice.

    Args:
        past: baskets to learn from.
        groups: item id → need.
        needs: of each item, int32 (items,).
        complements: of the past.
        grown: the sets that most baskets hold, of any count; int32 (sets, size).
        count: baskets that hold them, int64 (sets,).
    """

    past: Baskets
    groups: Mapping[str, str] | None
    needs: Int32
    complements: FittedComplements
    grown: Int32
    count: Int64

    @classmethod
    def of(cls, past: Baskets, groups: Mapping[str, str] | None) -> "_Candidates":
        """Everything that does not depend on a choice."""
        needs = needs_of(past.item_ids, groups)
        complements = Complements(min_count=MIN_COUNTS[0]).fit(past, tune=False)
        return cls(past, groups, needs, complements, *grown_sets(past, needs, size=_SIZE, min_count=MIN_COUNTS[0]))

    def sizes(self, most: int) -> dict[int, int]:
        """Items in a set → how many sets: as many pairs as sets of three and of four, so far as ours finds them."""
        there = {size: len(self.picked(OURS, _Choice(MIN_COUNTS[0]), {size: most})) for size in range(2, _SIZE + 1)}
        sizes: dict[int, int] = {}
        for place, size in enumerate(range(_SIZE, 1, -1)):  # what large sets lack, smaller ones make up for
            sizes[size] = min(there[size], (most - sum(sizes.values())) // (_SIZE - 1 - place))
        return sizes

    def sets(self, most: int, chosen: Mapping[str, _Choice], seed: int) -> dict[str, Int32]:
        """Every method's sets; int32 (sets, size), main first, -1 = none. The sizes of ours hold for all."""
        ours = self.picked(OURS, chosen[OURS], self.sizes(most))
        sizes = _sizes(ours)
        return {
            OURS: ours,
            **{name: self.picked(name, chosen[name], sizes) for name in CHOOSING[1:]},
            "random_popular": random_sets(self.past.count_of_item(), self.needs, sizes, width=_SIZE, seed=seed),
        }

    def picked(self, name: str, choice: _Choice, sizes: Mapping[int, int]) -> Int32:
        """One method's best sets of the sizes."""
        if name == OURS:
            found = [self._ours(choice, size, wanted) for size, wanted in sorted(sizes.items()) if wanted]
            return np.concatenate([np.empty((0, _SIZE), np.int32), *found])
        good = self.count >= choice.min_count
        worth = self.count.astype(np.float64)
        if name == "confidence":
            worth = worth / np.maximum(self.past.count_of_item()[self.grown[:, 0]], 1)
            good &= worth >= CONFIDENCE
        return picked_sets(self.grown[good], worth[good], sizes)

    def _ours(self, choice: _Choice, size: int, wanted: int) -> Int32:
        """Our strongest sets of one size, int32 (sets, _SIZE)."""
        model = Bundles(size=size, starter=size, min_count=choice.min_count, still=choice.still)
        found = model.fit(self.past, self.complements, groups=self.groups)
        sets = picked_sets(found.items, found.strength, {size: wanted})
        return np.pad(sets, ((0, 0), (0, _SIZE - size)), constant_values=-1)


def _sizes(sets: Int32) -> Counter[int]:
    return Counter((sets >= 0).sum(axis=1).tolist())


def _figures(sets: Int32, past: Baskets, later: Baskets, seed: int) -> dict[str, Any]:
    """How the sets did in later baskets, with intervals by resampling sets."""
    held = held_later(sets, later)
    lift, low = held["lift"], held["lift_low"]
    of_main = np.maximum(held["main"], 1)
    columns = {
        "all_others": held["all"] / of_main,
        "any_other": held["any"] / of_main,
        "sure": (low > 1).astype(np.float64),
    }
    figures = with_intervals(columns, seed=seed)
    asked, took = held_by_new(sets, past, later)
    new = with_intervals({"all_new": took[asked > 0] / asked[asked > 0]}, seed=seed) if asked.any() else None
    figures["all_new"] = new["all_new"] if new else None
    figures["intervals"]["all_new"] = new["intervals"]["all_new"] if new else None
    figures["lift"] = float(np.median(lift)) if len(lift) else None
    figures["intervals"]["lift"] = _median_interval(lift, seed) if len(lift) else None
    return figures


def held_by_new(sets: Int32, past: Baskets, later: Baskets) -> tuple[Float64, Float64]:
    """Later baskets with the main item of customers who never had the whole set, and how many of them hold all.

    Args:
        sets: members, main first, -1 = none; int32 (sets, size).
        past: baskets before.
        later: baskets with the same dense items and customers; those of nobody known do not count.

    >>> past = Baskets.from_arrays([0, 2], [0, 1], customer=[0])
    >>> later = Baskets.from_arrays([0, 2, 4], [0, 1, 0, 1], customer=[0, 1])
    >>> [each.tolist() for each in held_by_new(np.array([[0, 1]], np.int32), past, later)]
    [[1.0], [1.0]]
    """
    before, after = (
        posts_of(past.items_of, past.item, past.n_items),
        posts_of(later.items_of, later.item, later.n_items),
    )
    asked, took = np.zeros(len(sets)), np.zeros(len(sets))
    for row, members in enumerate(sets.tolist()):
        items = [item for item in members if item >= 0]
        had = past.customer[_whole(before, items)]
        main = _whole(after, items[:1])
        new = main[(later.customer[main] >= 0) & ~np.isin(later.customer[main], had)]
        asked[row], took[row] = len(new), len(np.intersect1d(new, _whole(after, items), assume_unique=True))
    return asked, took


def _whole(posts: tuple[Int64, Int32], items: list[int]) -> Int32:
    """Baskets that hold all of some items."""
    begins, basket_of = posts
    baskets = basket_of[begins[items[0]] : begins[items[0] + 1]]
    for item in items[1:]:
        baskets = np.intersect1d(baskets, basket_of[begins[item] : begins[item + 1]], assume_unique=True)
    return baskets


def _median_interval(values: Float64, seed: int) -> list[float]:
    random = np.random.default_rng(seed)
    medians = np.median(values[random.integers(0, len(values), (ROUNDS, len(values)))], axis=1)
    return [float(bound) for bound in np.quantile(medians, [0.025, 0.975])]


def held_later(sets: Int32, later: Baskets) -> dict[str, Float64]:
    """What later baskets held of each set.

    Args:
        sets: members, main first, -1 = none; int32 (sets, size).
        later: baskets with the same dense items.

    Returns:
        main: baskets with the main item; all: with all members; any: with the main item and at least one other;
        lift: all against what independent purchases would give (0 where a member was not bought); lift_low: its
        lower 95 % bound, all being Poisson (Garwood 1936). Each float64 (sets,).

    >>> later = Baskets.from_arrays([0, 2, 4, 5, 6], [0, 1, 0, 1, 0, 2])
    >>> found = held_later(np.array([[0, 1, -1]], np.int32), later)
    >>> [found[name].tolist() for name in ("main", "all", "any", "lift")]
    [[3.0], [2.0], [2.0], [1.3333333333333333]]
    """
    begins, basket_of = posts_of(later.items_of, later.item, later.n_items)
    found = np.zeros((5, len(sets)))
    for row, members in enumerate(sets.tolist()):
        posts = [basket_of[begins[item] : begins[item + 1]] for item in members if item >= 0]
        found[:, row] = _held(posts, later.n_baskets)
    return dict(zip(("main", "all", "any", "lift", "lift_low"), found, strict=True))


def _held(posts: list[Int64], n_baskets: int) -> tuple[float, float, float, float, float]:
    main, *others = posts
    inside = np.array([np.isin(main, other, assume_unique=True) for other in others])
    whole, some = int(inside.all(axis=0).sum()), int(inside.any(axis=0).sum())
    expected = n_baskets * float(np.prod([len(each) / n_baskets for each in posts]))
    if expected == 0 or whole == 0:
        return len(main), whole, some, 0.0, 0.0
    return len(main), whole, some, whole / expected, float(gammaincinv(whole, 0.025)) / expected
