"""Whether sets stay together: learned before the split, looked for in the baskets after it, beside the usual sets.

Of the later baskets that hold a set's main item: how many hold all its others, how many at least one of them; and of
all later baskets, how often the set is whole against what chance would give. Every method shows as many sets of the
same sizes, under the same rule that no two members are of one need; what a method may choose is chosen on the last
part of the past, by the share that held all others.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
from scipy.stats import chi2

from tsuide.errors import TooFewData
from tsuide.kit.arrays import Float64, Int32, Int64
from tsuide.mining.baskets import Baskets
from tsuide.mining.bundles import Bundles, FittedBundles, needs_of
from tsuide.mining.complements import Complements, FittedComplements
from tsuide.mining.history import between
from tsuide.mining.intervals import Z95
from tsuide.mining.kernels import posts_of
from tsuide.proof.evaluation.bundle_baselines import CONFIDENCE, grown_sets, picked_sets, random_sets
from tsuide.proof.evaluation.ranking import ROUNDS, with_intervals
from tsuide.proof.evaluation.split import split_at

SETS: Final = 200
OURS: Final = "tsuide"
SUREST: Final = "tsuide_surest"  # the same sets, those first of which most of the main item's buyers took all
CHOOSING: Final = (OURS, SUREST, "support", "confidence")  # methods that have something to choose
HELD_OUT: Final = 0.15  # share of the past on which is chosen
MIN_COUNTS: Final = (3, 5, 10, 20, 50)
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
        "methods": name → all_others and any_other (share of the main item's later baskets, mean over sets),
        lift (median; whole sets against independent purchases), sure (share of sets whose lift's lower 95 % bound
        exceeds 1), intervals; "sets", "sizes", "split", "chosen".

    Raises:
        TooFewData: no times, or fewer than five sets found.
    """
    parts = split_at(baskets, split)
    cut = int(parts.past.n_baskets * (1 - HELD_OUT))
    tell("choose")
    early = _Candidates.of(between(parts.past, 0, cut), groups)
    tried = _tried(early, between(parts.past, cut, parts.past.n_baskets), sets, seed)
    chosen = {name: max(by_count, key=lambda each: by_count[each]) for name, by_count in tried.items()}
    tell("learn")
    found = _Candidates.of(parts.past, groups).sets(sets, chosen, seed)
    if len(found[OURS]) < _FEWEST:
        raise TooFewData("too few sets to tell", key="sets", value=len(found[OURS]), way_out="import more orders")
    tell("measure")
    return {
        "methods": {name: _figures(each, parts.future, seed) for name, each in found.items()},
        "sets": len(found[OURS]),
        "sizes": {str(size): n for size, n in sorted(_sizes(found[OURS]).items())},
        "split": parts.at.isoformat(),
        "later_baskets": parts.future.n_baskets,
        "chosen": {
            "min_count": chosen,
            "tried": {name: {str(n): v for n, v in by.items()} for name, by in tried.items()},
        },
        "examples": [[baskets.item_ids[item] for item in row if item >= 0] for row in found[OURS][:10].tolist()],
        "seed": seed,
    }


def _tried(early: "_Candidates", late: Baskets, sets: int, seed: int) -> dict[str, dict[int, float]]:
    """Share that held all others on the last part of the past: method → min_count → share."""
    tried: dict[str, dict[int, float]] = {}
    for least in MIN_COUNTS:
        found = early.sets(sets, dict.fromkeys(CHOOSING, least), seed)
        if len(found[OURS]) < _FEWEST:
            break
        for name in CHOOSING:
            tried.setdefault(name, {})[least] = float(_figures(found[name], late, seed)["all_others"] or 0.0)
    return tried or {name: {MIN_COUNTS[0]: 0.0} for name in CHOOSING}


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

    def sets(self, most: int, min_count: Mapping[str, int], seed: int) -> dict[str, Int32]:
        """Every method's sets; int32 (sets, size), main first, -1 = none.

        The two of ours are one learner's sets, shown densest first or surest first, where the sizes of the former hold
        for all.
        """
        ours = self._ours(min_count[OURS]).items[:most]
        sizes = _sizes(ours)
        wide = self._ours(min_count[SUREST])
        degree = self.past.count_of_item()
        joint = wilson_low(wide.count, degree[wide.items[:, 0]])
        confidence = self.count / np.maximum(degree[self.grown[:, 0]], 1)
        often = self.count >= min_count["support"]
        usual = (self.count >= min_count["confidence"]) & (confidence >= CONFIDENCE)
        return {
            OURS: ours,
            SUREST: picked_sets(wide.items, joint, sizes),
            "support": picked_sets(self.grown[often], self.count[often].astype(np.float64), sizes),
            "confidence": picked_sets(self.grown[usual], confidence[usual], sizes),
            "random_popular": random_sets(degree, self.needs, sizes, width=_SIZE, seed=seed),
        }

    def _ours(self, min_count: int) -> FittedBundles:
        return Bundles(size=_SIZE, min_count=min_count).fit(self.past, self.complements, groups=self.groups)


def wilson_low(hits: Int64, trials: Int64) -> Float64:
    """Lower 95 % bounds of shares (Wilson 1927); float64 (shares,).

    >>> wilson_low(np.array([50]), np.array([100])).round(4).tolist()
    [0.4038]
    """
    share = hits / np.maximum(trials, 1)
    spread = Z95 * np.sqrt(share * (1 - share) / trials + Z95**2 / (4 * trials**2))
    low: Float64 = (share + Z95**2 / (2 * trials) - spread) / (1 + Z95**2 / trials)
    return low


def _sizes(sets: Int32) -> Counter[int]:
    return Counter((sets >= 0).sum(axis=1).tolist())


def _figures(sets: Int32, later: Baskets, seed: int) -> dict[str, Any]:
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
    figures["lift"] = float(np.median(lift)) if len(lift) else None
    figures["intervals"]["lift"] = _median_interval(lift, seed) if len(lift) else None
    return figures


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
    return len(main), whole, some, whole / expected, float(chi2.ppf(0.025, 2 * whole)) / 2 / expected
