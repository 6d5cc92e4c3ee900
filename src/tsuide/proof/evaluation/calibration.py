"""Whether foretold chances come true: log loss beside baselines, slope and intercept of calibration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from tsuide.kit.arrays import Float64, Int64
from tsuide.mining.logistic import fit_logistic, probability

_REPEATS: Final = 1_000
_Z: Final = 1.959963984540054
_EPSILON: Final = 1e-9
_BINS: Final = 10


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic regression of what happened on the foretold log odds; 1 and 0 are perfect.

    Args:
        slope: below 1: chances too extreme; above: too timid.
        low, high: its 95 % interval, with errors correlated within clusters.
        intercept: at the foretold log odds of the mean.
    """

    slope: float
    low: float
    high: float
    intercept: float

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {"slope": self.slope, "slope_interval": [self.low, self.high], "intercept": self.intercept}


def calibration(chance: Float64, hits: Float64, trials: Float64, cluster: Int64) -> Calibration:
    """Slope and intercept, with a cluster-robust interval (Liang and Zeger 1986).

    Args:
        chance: foretold, float64 (rows,).
        hits: how often it happened, float64 (rows,).
        trials: out of how many, float64 (rows,).
        cluster: rows of one cluster (a customer, an anchor) are not independent; int64 (rows,).

    >>> chance = np.array([0.2, 0.5, 0.8])
    >>> found = calibration(chance, 100 * chance, np.full(3, 100.0), np.arange(3))
    >>> round(found.slope, 3), round(found.intercept, 3)
    (1.0, 0.0)
    """
    seen = trials > 0
    p, hits, trials, cluster = chance[seen], hits[seen], trials[seen], cluster[seen]
    odds = np.log(p / (1 - p))
    center = float(np.average(odds, weights=trials))
    fitted = fit_logistic(
        (odds - center)[:, None], hits / trials, ridge=1e-6, trials=trials, offset=np.full(len(p), center)
    )
    slope = float(fitted[1])
    error = _robust_error(odds - center, center, fitted, (hits, trials, cluster))
    return Calibration(slope, slope - _Z * error, slope + _Z * error, float(fitted[0]))


def _robust_error(x: Float64, center: float, fitted: Float64, told: tuple[Float64, Float64, Int64]) -> float:
    hits, trials, cluster = told
    share = probability(fitted[0] + fitted[1] * x + center)
    design = np.column_stack([np.ones(len(x)), x])
    bread = np.linalg.inv((design * (trials * share * (1 - share))[:, None]).T @ design)
    _, group = np.unique(cluster, return_inverse=True)
    score = np.zeros((int(group.max(initial=0)) + 1, 2))
    np.add.at(score, group, design * (hits - trials * share)[:, None])
    return float(np.sqrt((bread @ score.T @ score @ bread)[1, 1]))


def log_losses(chance: Float64, happened: Float64) -> Float64:
    """−log of the chance given to what happened; float64 (rows,).

    >>> log_losses(np.array([0.5, 0.25]), np.array([1.0, 0.0])).round(3).tolist()
    [0.693, 0.288]
    """
    p = np.clip(chance, _EPSILON, 1 - _EPSILON)
    losses: Float64 = -(happened * np.log(p) + (1 - happened) * np.log1p(-p))
    return losses


def compared(losses: Mapping[str, Float64], trials: Float64, ours: str, seed: int) -> dict[str, dict[str, Any]]:
    """Mean log loss of each method, and how far ours lies below it; 95 % intervals by bootstrap of clusters.

    Args:
        losses: method → sum of the losses of each cluster, float64 (clusters,).
        trials: how many predictions each cluster holds, float64 (clusters,).
        ours: the method that the others are compared with.
        seed: of the bootstrap.
    """
    random = np.random.default_rng(seed)
    weights = random.multinomial(len(trials), np.full(len(trials), 1 / len(trials)), _REPEATS).astype(np.float64)
    whole = weights @ trials

    def told(name: str) -> dict[str, Any]:
        below = losses[name] - losses[ours]
        low, high = np.quantile(weights @ below / whole, [0.025, 0.975]).tolist()
        return {
            "log_loss": float(losses[name].sum() / trials.sum()),
            "ours_below": float(below.sum() / trials.sum()),
            "ours_below_interval": [low, high],
        }

    return {name: told(name) for name in losses}


def reliability(chance: Float64, hits: Float64, trials: Float64) -> list[dict[str, float]]:
    """Foretold and seen shares in tenths of the predictions, from the least to the most likely.

    >>> rows = reliability(np.array([0.1, 0.9]), np.array([1.0, 8.0]), np.array([10.0, 10.0]))
    >>> [(row["foretold"], row["seen"]) for row in rows]
    [(0.1, 0.1), (0.9, 0.8)]
    """
    order = np.argsort(chance, kind="stable")
    reached = np.cumsum(trials[order])
    part = np.minimum((_BINS * (reached - trials[order] / 2) / reached[-1]).astype(np.int64), _BINS - 1)
    rows = []
    for which in np.unique(part):
        mine = order[part == which]
        n = float(trials[mine].sum())
        rows.append(
            {
                "foretold": float((chance[mine] * trials[mine]).sum() / n),
                "seen": float(hits[mine].sum() / n),
                "trials": n,
            }
        )
    return rows
