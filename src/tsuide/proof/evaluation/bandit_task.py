"""The synthetic task of Open Bandit Pipeline: 10,000 rounds, 30 actions, contexts of five numbers.

Contexts N(0, 1); reward Bernoulli(logistic(x · β_a + α_a)), β and α from U(0, 1); the log is made by softmax(x · γ +
δ_a), γ and δ from U(0, 1). The policy in question is learned by inverse-propensity weighting on a second log of the
same length: multinomial logistic regression on rewarded rounds weighted by 1 / P(shown). DM and DR use a logistic
regression of context and action, cross-fitted in three folds. Relative error: |estimate − truth| / truth, truth = exact
expected reward on the test contexts. Source: Saito et al., "Open Bandit Dataset and Pipeline", NeurIPS 2021, and its
examples.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import minimize

from tsuide.kit.arrays import Float64, Int64
from tsuide.mining.logistic import fit_logistic, probability
from tsuide.proof.off_policy.dm import dm
from tsuide.proof.off_policy.dr import dr
from tsuide.proof.off_policy.ips import ips
from tsuide.proof.off_policy.snips import snips
from tsuide.proof.off_policy.support import Support, support, weights_of

ROUNDS: Final = 10_000
ACTIONS: Final = 30
CONTEXT: Final = 5
FOLDS: Final = 3
_RIDGE: Final = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class _World:
    slopes: Float64  # (actions, context)
    levels: Float64  # (actions,)
    leaning: Float64  # (context,)
    habits: Float64  # (actions,)

    def reward(self, x: Float64) -> Float64:
        return probability(x @ self.slopes.T + self.levels)

    def logged(self, x: Float64) -> Float64:
        return _softmax((x @ self.leaning)[:, None] + self.habits)


@dataclass(frozen=True, slots=True, eq=False)
class _Log:
    x: Float64
    action: Int64
    reward: Float64
    shown: Float64  # probability of what was shown


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Errors of one run, by estimator, and what the log held."""

    errors: dict[str, float]
    support: Support


def run(rng: np.random.Generator, *, rounds: int = ROUNDS, actions: int = ACTIONS) -> Task:
    """One world, one learned policy, one log to judge it by."""
    world = _World(
        slopes=rng.uniform(size=(actions, CONTEXT)),
        levels=rng.uniform(size=actions),
        leaning=rng.uniform(size=CONTEXT),
        habits=rng.uniform(size=actions),
    )
    train, test = _log(rng, world, rounds), _log(rng, world, rounds)
    target = _softmax(_with_bias(test.x) @ _learned(train, actions))
    truth = float((target * world.reward(test.x)).sum(axis=1).mean())
    foretold = _foretold(rng, test, actions)
    rows = np.arange(rounds)
    weights = weights_of(target[rows, test.action], test.shown)
    expected = (target * foretold).sum(axis=1)
    found = {
        "ips": ips(weights, test.reward).value,
        "snips": snips(weights, test.reward).value,
        "dm": dm(target, foretold),
        "dr": dr(weights, test.reward, expected, foretold[rows, test.action]).value,
    }
    errors = {name: abs(float(value) - truth) / truth for name, value in found.items()}
    return Task(errors, support(weights, unsupported=0.0))


def relative_errors(rng: np.random.Generator, runs: int) -> dict[str, float]:
    """Mean relative error over runs, by estimator."""
    found = [run(rng).errors for _ in range(runs)]
    return {name: float(np.mean([each[name] for each in found])) for name in found[0]}


def _log(rng: np.random.Generator, world: _World, rounds: int) -> _Log:
    x = rng.standard_normal((rounds, CONTEXT))
    chances = world.logged(x)
    action = (rng.random(rounds)[:, None] > np.cumsum(chances, axis=1)[:, :-1]).sum(axis=1)
    rows = np.arange(rounds)
    reward = (rng.random(rounds) < world.reward(x)[rows, action]).astype(np.float64)
    return _Log(x, action, reward, chances[rows, action])


def _learned(log: _Log, actions: int) -> Float64:
    """Weights of a multinomial logistic regression; float64 (1 + context, actions)."""
    kept = log.reward > 0
    x, action, weight = _with_bias(log.x[kept]), log.action[kept], 1 / log.shown[kept]
    weight = weight / weight.sum()
    rows = np.arange(len(action))

    def loss(flat: Float64) -> tuple[float, Float64]:
        theta = flat.reshape(x.shape[1], actions)
        away = _softmax(x @ theta)
        likely = np.log(away[rows, action])
        away[rows, action] -= 1
        slope = x.T @ (away * weight[:, None]) + _RIDGE * theta / len(rows)
        return float(-(weight * likely).sum() + _RIDGE / len(rows) * (flat @ flat) / 2), slope.ravel()

    start = np.zeros(x.shape[1] * actions)
    return np.asarray(
        minimize(loss, start, jac=True, method="L-BFGS-B", options={"gtol": 1e-7, "ftol": 1e-13}).x.reshape(
            x.shape[1], actions
        )
    )


def _foretold(rng: np.random.Generator, log: _Log, actions: int) -> Float64:
    """Cross-fitted reward of every action in every round; float64 (rounds, actions)."""
    fold = rng.permutation(len(log.action)) % FOLDS
    features = np.hstack([log.x, np.eye(actions)[log.action]])
    found = np.empty((len(log.action), actions))
    for each in range(FOLDS):
        weights = fit_logistic(features[fold != each], log.reward[fold != each], ridge=1e-3)
        base = weights[0] + log.x[fold == each] @ weights[1 : 1 + CONTEXT]
        found[fold == each] = probability(base[:, None] + weights[1 + CONTEXT :])
    return found


def _softmax(logs: Float64) -> Float64:
    odds = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def _with_bias(x: Float64) -> Float64:
    return np.hstack([np.ones((len(x), 1)), x])
