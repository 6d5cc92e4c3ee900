"""How often 95 % intervals of off-policy estimators hold the truth: small worlds whose truth is an exact sum."""

from itertools import permutations
from typing import Final

import numpy as np

from tsuide.kit.arrays import Bool, Float64, Int64
from tsuide.proof.evaluation.coverage import scored
from tsuide.proof.off_policy.dr import dr
from tsuide.proof.off_policy.ips import ips
from tsuide.proof.off_policy.slates import slate_value
from tsuide.proof.off_policy.snips import snips

ROUNDS: Final = 3_000
KINDS: Final = 5  # of customers
ACTIONS: Final = 8
ITEMS: Final = 6
PLACES: Final = 3
SHARPNESS: Final = 0.5  # of both policies: weights to about ten; at .7 some cells see three rewards, IPS covers 93 %


def from_logs(rng: np.random.Generator, replications: int) -> dict[str, float]:
    """Coverage by estimator.

    Args:
        rng: of every draw.
        replications: how many logs of 3,000 decisions.
    """
    logged, target = _policy(rng, (KINDS, ACTIONS), SHARPNESS), _policy(rng, (KINDS, ACTIONS), SHARPNESS)
    chance = rng.uniform(0.05, 0.4, (KINDS, ACTIONS))
    single = scored(lambda n: _single(rng, n, logged, target, chance), replications)
    return single | scored(_Slates(rng).draw, replications)


def _policy(rng: np.random.Generator, shape: tuple[int, ...], sharpness: float) -> Float64:
    scores = np.exp(sharpness * rng.standard_normal(shape))
    return np.asarray(scores / scores.sum(axis=-1, keepdims=True))


def _chosen(rng: np.random.Generator, chances: Float64) -> Int64:
    """One draw for each row of chances; int64 (…)."""
    below = np.cumsum(chances, axis=-1)[..., :-1]
    return np.asarray((rng.random(chances.shape[:-1])[..., None] > below).sum(axis=-1))


def _single(rng: np.random.Generator, n: int, logged: Float64, target: Float64, chance: Float64) -> dict[str, Bool]:
    """The reward model of DR is wrong on purpose (half of the truth, plus .1): probabilities make up for it."""
    who = rng.integers(KINDS, size=(n, ROUNDS))
    what = _chosen(rng, logged[who])
    reward = (rng.random(what.shape) < chance[who, what]).astype(np.float64)
    weights = target[who, what] / logged[who, what]
    truth = float((target * chance).sum(axis=1).mean())
    model = 0.5 * chance + 0.1
    expected = (target * model).sum(axis=1)[who]
    return {
        "ips": ips(weights, reward).covers(truth),
        "snips": snips(weights, reward).covers(truth),
        "dr": dr(weights, reward, expected, model[who, what]).covers(truth),
    }


class _Slates:
    """Slates of three of six items, drawn one by one; what stands above changes the answer to what stands below."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._slates = np.array(list(permutations(range(ITEMS), PLACES)))  # (slates, places)
        logged, target = np.exp(0.5 * rng.standard_normal((2, ITEMS)))
        self._logged, self._target = _draws(self._slates, logged), _draws(self._slates, target)
        appeal = rng.uniform(0.1, 0.4, ITEMS)
        self._chance = appeal[self._slates]
        self._chance[:, 1:] *= 1 - 0.5 * self._chance[:, :-1]  # who liked the one above looks less at the next
        self._truth = float((self._target.prod(axis=1) * self._chance.sum(axis=1)).sum())

    def draw(self, n: int) -> dict[str, Bool]:
        """Score n logs."""
        chances = np.broadcast_to(self._logged.prod(axis=1), (n, len(self._slates)))
        which = np.stack([self._rng.choice(len(self._slates), ROUNDS, p=row) for row in chances])
        rewards = (self._rng.random((n, ROUNDS, PLACES)) < self._chance[which]).astype(np.float64)
        draws = (self._target / self._logged)[which]
        return {
            "sips": slate_value(draws, rewards, reading="sips").covers(self._truth),
            "rips": slate_value(draws, rewards).covers(self._truth),
            "sips_self_normalised": slate_value(draws, rewards, reading="sips", self_normalised=True).covers(
                self._truth
            ),
            "rips_self_normalised": slate_value(draws, rewards, self_normalised=True).covers(self._truth),
        }


def _draws(slates: Int64, appeal: Float64) -> Float64:
    """Probability of each draw given those before (Plackett–Luce); float64 (slates, places)."""
    taken = appeal[slates]
    left = appeal.sum() - np.concatenate([np.zeros((len(slates), 1)), np.cumsum(taken, axis=1)[:, :-1]], axis=1)
    return np.asarray(taken / left)
