"""The slate: the best of what no rule refused, diverse by need, explored a little, never padded.

Draw by draw: among the candidates that still fit (need, slot, product), those within the guard of the best
are drawn with probability ∝ exp(ln priority / temperature) — Plackett–Luce, which is what Gumbel noise on
scores and taking the top gives — and the probability of every draw is recorded.

Logarithm and exponential are made of additions, multiplications and divisions only (IEEE exact), so that the
same decision comes out on every machine, whatever its mathematical library.
"""

from typing import Final

import numpy as np

from tsuide.offers import codes, trial
from tsuide.offers.candidates.members import share_a_product
from tsuide.offers.compiled import Rows, kernel
from tsuide.offers.offer import KINDS

PICK: Final = np.dtype(
    [("row", np.int32), ("slot", np.int32), ("place", np.int32), ("probability", np.float64)], align=True
)
"""A chosen candidate: its row in the pool, its slot, its place in the slot, the probability of its draw."""

SLOT: Final = np.dtype([("n", np.int64), ("kinds", np.int64)])
SQRT2: Final = 1.4142135623730951
LEAST: Final = -700.0  # below, e^x is nothing here
UNREAD: Final = 1e9  # no logarithm of a number
N_KINDS: Final = len(KINDS)
_LN2: Final = 0.6931471805599453
BESIDE_DRAWS: Final = 1 << 20  # of the seed's numbers, those that no draw takes
RANDOM: Final = trial.RANDOM
USUAL: Final = trial.USUAL
PROPENSITY_ONLY: Final = trial.PROPENSITY_ONLY
NO_LEVERS: Final = trial.NO_LEVERS
RANDOM_PROPENSITY: Final = trial.RANDOM_PROPENSITY


@kernel
def ln(x: float) -> float:
    """Natural logarithm of a positive number to about 1e-15, by exact operations only."""
    exponent = 0
    while x >= SQRT2:
        x *= 0.5
        exponent += 1
    while x < SQRT2 / 2.0:
        x *= 2.0
        exponent -= 1
    z = (x - 1.0) / (x + 1.0)
    square = z * z
    term, total = z, z
    for k in range(3, 27, 2):
        term *= square
        total += term / k
    return 2.0 * total + exponent * _LN2


@kernel
def exp(x: float) -> float:
    """Exponential of a number ≤ 0 to about 1e-15, by exact operations only; 0 below e^-700."""
    if x < LEAST:
        return 0.0
    halvings = int(-x / _LN2)
    rest = x + halvings * _LN2
    term, total = 1.0, 1.0
    for k in range(1, 20):
        term *= rest / k
        total += term
    for _ in range(halvings):
        total *= 0.5
    return total


@kernel
def mixed(value: np.uint64) -> np.uint64:
    """SplitMix64's finisher: a counter becomes 64 random-looking bits (Steele, Lea, Flood 2014)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@kernel
def uniform(seed: np.uint64, counter: int) -> float:
    """The counter-th number in [0, 1) of a seed, 53 bits."""
    state = seed + np.uint64(counter + 1) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed(state) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@kernel
def prioritise(
    pool: Rows,
    count: int,
    verdict: Rows,
    priors_of_like: Rows,
    ranking: int,
    seed: np.uint64,
    whole: bool,  # noqa: FBT001 - a kernel takes no names
) -> None:
    """Priority = P × V × C × L × influence, or what an experiment's arm ranks by.

    A candidate whose margin nobody knows is ranked among its like without V: it takes the mean V of the
    cleared candidates of its kind (else of all), which moves it neither up nor down. Its V is never shown.
    Where nobody's margin is known, V is left out for all. Content earns nothing by itself and is ranked so too.
    What a rule refused gets its priority only where the `whole` pool is looked at.
    """
    kinds = len(priors_of_like)
    total = np.zeros(kinds + 1, np.int64)
    known = np.zeros(kinds + 1, np.int64)
    for i in range(count):
        row = pool[i]
        if verdict[i] < 0 and row.margin_basis != codes.UNKNOWN_MARGIN and row.kind != codes.CONTENT:
            total[row.kind] += max(row.worth, 0)
            known[row.kind] += 1
            total[kinds] += max(row.worth, 0)
            known[kinds] += 1
    for i in range(count):
        if verdict[i] >= 0 and not whole:
            continue
        row = pool[i]
        worth = float(max(row.worth, 0))
        if row.margin_basis == codes.UNKNOWN_MARGIN or row.kind == codes.CONTENT:
            worth = 1.0
            if known[row.kind] > 0:
                worth = total[row.kind] / known[row.kind]
            elif known[kinds] > 0:
                worth = total[kinds] / known[kinds]
        row.priority = _priority(row, worth, ranking, seed, i)
        row.pinned = row.pinned and ranking == USUAL  # an arm that tries another ranking tries that alone


@kernel
def _priority(row: Rows, worth: float, ranking: int, seed: np.uint64, i: int) -> float:
    if ranking == RANDOM:
        return 1.0
    if ranking == PROPENSITY_ONLY:
        return float(row.propensity)
    if ranking == NO_LEVERS:
        return float(row.propensity * worth * row.context * row.influence)
    if ranking == RANDOM_PROPENSITY:
        return float(uniform(seed, BESIDE_DRAWS + i) * worth * row.context * row.levers * row.influence)
    return float(row.propensity * worth * row.context * row.levers * row.influence)


@kernel
def choose(
    pool: Rows,
    count: int,
    verdict: Rows,
    items: Rows,
    sets: Rows,
    slots: Rows,
    most: int,
    per_need: int,
    temperature: float,
    guard: float,
    seed: np.uint64,
    priors_of_like: Rows,
    picks: Rows,
    ranking: int,
    whole: bool,  # noqa: FBT001 - a kernel takes no names
) -> int:
    """Choose for every slot in turn; returns how many were chosen.

    Mandatory candidates come first. No product and no family of variants stands twice on the page, and at most
    `per_need` offers serve one need.
    """
    prioritise(pool, count, verdict, priors_of_like, ranking, seed, whole)
    cleared = np.empty(count, np.int32)
    left = 0
    for i in range(count):
        if verdict[i] < 0 and pool[i].priority > 0.0:
            cleared[left] = i
            left += 1
    cleared = cleared[:left]
    chosen = 0
    draw = 0
    weights = np.empty(left, np.float64)
    logs = np.full(left, UNREAD)
    for s in range(len(slots)):
        place = 0
        while place < min(slots[s].n, most) and chosen < len(picks):
            best = weigh(pool, cleared, sets, slots[s].kinds, picks, chosen, per_need, weights)
            if best < 0:
                break
            at, probability = _draw(pool, cleared, items, weights, logs, best, temperature, guard, seed, draw)
            row = cleared[at]
            draw += 1
            pool[row].place = place
            picks[chosen].row = row
            picks[chosen].slot = s
            picks[chosen].place = place
            picks[chosen].probability = probability
            chosen += 1
            place += 1
    return chosen


@kernel
def weigh(
    pool: Rows,
    cleared: Rows,
    sets: Rows,
    kinds: int,
    picks: Rows,
    chosen: int,
    per_need: int,
    weights: Rows,
) -> int:
    """Write the priority of each of `cleared`, or 0 where it does not fit; returns the best's place, -1 = none.

    While a mandatory candidate fits, only mandatory ones do. While one fits that people put first, it has the weight
    of the best of its kind, and the others of its kind none.
    """
    mandatory, pinned = False, False
    best = -1
    for i in range(len(cleared)):
        weights[i] = 0.0
        row = pool[cleared[i]]
        if (kinds >> row.kind) & 1 == 0:
            continue
        if not _fits(pool, cleared[i], sets, picks, chosen, per_need):
            continue
        if row.mandatory and not mandatory:
            mandatory = True
            best = -1
            weights[:i] = 0.0
        if row.mandatory or not mandatory:
            weights[i] = row.priority
            pinned |= row.pinned
            if best < 0 or row.priority > weights[best]:
                best = i
    return _pinned_first(pool, cleared, weights) if pinned else best


@kernel
def _pinned_first(pool: Rows, cleared: Rows, weights: Rows) -> int:
    """Give what people put first the weight of the best of its kind; returns the best's place."""
    for kind in range(N_KINDS):
        most, most_pinned = 0.0, 0.0
        for i in range(len(cleared)):
            if pool[cleared[i]].kind == kind:
                most = max(most, weights[i])
                if pool[cleared[i]].pinned:
                    most_pinned = max(most_pinned, weights[i])
        if most_pinned == 0.0:
            continue
        for i in range(len(cleared)):
            if pool[cleared[i]].kind == kind:
                weights[i] = weights[i] * (most / most_pinned) if pool[cleared[i]].pinned else 0.0
    best = -1
    for i in range(len(cleared)):
        if weights[i] > 0.0 and (best < 0 or weights[i] > weights[best]):
            best = i
    return best


@kernel
def _fits(pool: Rows, i: int, sets: Rows, picks: Rows, chosen: int, per_need: int) -> bool:
    row = pool[i]
    same_need = 0
    for c in range(chosen):
        other = pool[picks[c].row]
        if share_a_product(row, other, sets) or (row.parent >= 0 and other.parent == row.parent):
            return False
        if other.need == row.need:
            same_need += 1
    return same_need < per_need


@kernel
def best_of(pool: Rows, cleared: Rows, items: Rows, weights: Rows, best: int) -> int:
    """The place of the best; of equals the one whose id's hash comes first."""
    row = best
    for i in range(len(cleared)):
        if weights[i] == weights[best] and items[pool[cleared[i]].item].tie < items[pool[cleared[row]].item].tie:
            row = i
    return row


@kernel
def _draw(
    pool: Rows,
    cleared: Rows,
    items: Rows,
    weights: Rows,
    logs: Rows,
    best: int,
    temperature: float,
    guard: float,
    seed: np.uint64,
    draw: int,
) -> tuple[int, float]:
    """One draw: (place in `cleared`, its probability).

    Without exploration it is the best; a tie goes by the hash of the ids.
    """
    top = weights[best]
    if temperature <= 0.0 or pool[cleared[best]].mandatory:
        return best_of(pool, cleared, items, weights, best), 1.0
    floor = top * (1.0 - guard)
    log_top = ln(top)
    total = 0.0
    for i in range(len(cleared)):
        if weights[i] > 0.0:
            if weights[i] < floor:
                weights[i] = 0.0
                continue
            if logs[i] == UNREAD or pool[cleared[i]].pinned:
                logs[i] = ln(weights[i])  # a priority stays what it is from draw to draw, but for what was put first
            weights[i] = exp((logs[i] - log_top) / temperature)
            total += weights[i]
    target = uniform(seed, draw) * total
    row = best
    for i in range(len(cleared)):
        if weights[i] > 0.0:
            row = i
            target -= weights[i]
            if target < 0.0:
                break
    return row, weights[row] / total
