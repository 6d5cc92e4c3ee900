"""Which of many candidates is chosen: a conditional logit with a learned curve for every feature.

P(j is chosen) = exp(v_j) / Σ exp(v_i) over the query's candidates, v_j = Σ_d g_{r,d}(x_{j,d}), where r is
the candidate's regime (say, bought before or new to the customer) and g a piecewise linear function. Source:
McFadden, "Conditional logit analysis of qualitative choice behavior" (1974); curves as hinges at quantiles,
ridge penalty.
The sum can be read: every feature's share in a score stands for itself.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from scipy.linalg import solve_triangular
from scipy.optimize import minimize

from tsuide.errors import BadArray
from tsuide.kit.arrays import Float32, Float64, Int32, UInt8, frozen
from tsuide.mining.compiled import compiled
from tsuide.mining.fitted import taken

_QUANTILES: Final = (0.1, 0.3, 0.6, 0.85, 0.95)
_FLAT: Final = np.float32(3.0e38)  # a knot that no value reaches: the curve has fewer bends


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """One piecewise linear function per regime and feature.

    g(x) = weight[0]·x + Σ_t weight[1 + t]·max(0, x − knot[t]).

    Args:
        base: what belonging to a regime is worth by itself; float32 (regimes,).
        knot: in the feature's unit; float32 (regimes, features, knots).
        weight: float32 (regimes, features, 1 + knots).
    """

    base: Float32
    knot: Float32
    weight: Float32

    @classmethod
    def linear(cls, weights: np.ndarray) -> Self:
        """Straight lines.

        Args:
            weights: (regimes, features).

        >>> Curves.linear(np.array([[1.0, 2.0]])).value(np.array([3.0, 4.0], np.float32), 0)
        11.0
        """
        regimes, features = weights.shape
        knot = np.full((regimes, features, 1), _FLAT, np.float32)
        weight = np.zeros((regimes, features, 2), np.float32)
        weight[:, :, 0] = weights
        return cls(frozen(np.zeros(regimes, np.float32)), frozen(knot), frozen(weight))

    def value(self, features: Float32, regime: int) -> float:
        """Value v of one candidate.

        Args:
            features: float32 (features,).
            regime: which family of curves.
        """
        return float(self.base[regime] + value_of(features, self.knot[regime], self.weight[regime]))

    def values(self, choices: "Choices") -> Float32:
        """Every candidate's value, -inf beyond a query's number; float32 (queries, candidates)."""
        values = np.full(choices.regime.shape, -np.inf, np.float32)
        all_values(choices.features, choices.regime, choices.size, self.base, self.knot, self.weight, values)
        return values

    def welcoming(self, regime: int, bonus: float) -> "Curves":
        """The same with `bonus` added to every value of one regime."""
        base = self.base.copy()
        base[regime] += np.float32(bonus)
        return Curves(frozen(base), self.knot, self.weight)

    def arrays(self) -> dict[str, np.ndarray]:
        """What to save."""
        return {"curve_base": self.base, "curve_knot": self.knot, "curve_weight": self.weight}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], features: int) -> Self:
        """The curves that `arrays` wrote, for so many features.

        Raises:
            BadArray: one is missing, or does not fit the others; named.
        """
        base = taken(arrays, "curve_base", np.float32, (None,))
        knot = taken(arrays, "curve_knot", np.float32, (len(base), features, None))
        bends = 1 + knot.shape[2]
        return cls(base, knot, taken(arrays, "curve_weight", np.float32, (len(base), features, bends)))


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """Candidates of many queries and what was chosen.

    Args:
        features: float32 (queries, candidates, features); rows from `size` on are not read.
        regime: uint8 (queries, candidates).
        size: candidates of each query, int32 (queries,).
        chosen: share of the choice that fell on each candidate, float32 (queries, candidates); a row sums to
            1, or to 0 where nothing chosen is among the candidates (the query is left out of the fit).
    """

    features: Float32
    regime: UInt8
    size: Int32
    chosen: Float32

    def part(self, rows: np.ndarray) -> "Choices":
        """Some of the queries."""
        return Choices(self.features[rows], self.regime[rows], self.size[rows], self.chosen[rows])


@compiled
def value_of(features: np.ndarray, knot: np.ndarray, weight: np.ndarray) -> float:
    """Value v = Σ_d g_d(x_d); features (D,), knot (D, T), weight (D, 1 + T)."""
    total = 0.0
    for d in range(knot.shape[0]):
        x = features[d]
        total += weight[d, 0] * x
        for t in range(knot.shape[1]):
            if x <= knot[d, t]:
                break  # knots ascend
            total += weight[d, 1 + t] * (x - knot[d, t])
    return total


@compiled
def all_values(
    features: np.ndarray,
    regime: np.ndarray,
    size: np.ndarray,
    base: np.ndarray,
    knot: np.ndarray,
    weight: np.ndarray,
    values: np.ndarray,
) -> None:
    """Fill the values of every query's candidates; (queries, candidates)."""
    for q in range(len(size)):
        for j in range(size[q]):
            r = regime[q, j]
            values[q, j] = base[r] + value_of(features[q, j], knot[r], weight[r])


@compiled
def _loss(
    features: np.ndarray,
    regime: np.ndarray,
    size: np.ndarray,
    chosen: np.ndarray,
    knot: np.ndarray,
    weight: np.ndarray,
    first: int,
    step: int,
    gradient: np.ndarray,
) -> float:
    """−log likelihood of every step-th query; adds its gradient to `gradient` (R, D, 1 + T)."""
    loss = 0.0
    value = np.empty(features.shape[1])
    for q in range(first, len(size), step):
        n = size[q]
        share = 0.0
        for j in range(n):
            share += chosen[q, j]
        if share == 0.0:
            continue
        top = -np.inf
        for j in range(n):
            r = regime[q, j]
            value[j] = value_of(features[q, j], knot[r], weight[r])
            top = max(top, value[j])
        total = 0.0
        for j in range(n):
            total += np.exp(value[j] - top)
        log_total = np.log(total) + top
        for j in range(n):
            loss -= chosen[q, j] * (value[j] - log_total)
            r = regime[q, j]
            error = share * np.exp(value[j] - log_total) - chosen[q, j]
            for d in range(knot.shape[1]):
                x = features[q, j, d]
                gradient[r, d, 0] += error * x
                for t in range(knot.shape[2]):
                    if x <= knot[r, d, t]:
                        break
                    gradient[r, d, 1 + t] += error * (x - knot[r, d, t])
    return loss


def fit_curves(choices: Choices, *, regimes: int, bends: bool, ridge: float = 10.0, rounds: int = 40) -> Curves:
    """The curves under which the choices are most likely (ridge-penalised, L-BFGS, deterministic).

    Args:
        choices: what could be chosen and what was.
        regimes: how many families of curves.
        bends: True for curves with bends at quantiles, False for straight lines.
        ridge: penalty on squared weights per standard deviation of a feature.
        rounds: most iterations.

    Raises:
        BadArray: no query has a chosen candidate.

    >>> x = np.array([[[0.0], [1.0]]] * 4, np.float32)  # four queries, two candidates, one feature
    >>> chosen = np.array([[0, 1], [0, 1], [0, 1], [1, 0]], np.float32)
    >>> one = Choices(x, np.zeros((4, 2), np.uint8), np.full(4, 2, np.int32), chosen)
    >>> curves = fit_curves(one, regimes=1, bends=False, ridge=0.0)
    >>> better = curves.value(np.ones(1, np.float32), 0) - curves.value(np.zeros(1, np.float32), 0)
    >>> round(better, 2)  # log(3 / 1)
    1.1
    """
    if not choices.chosen.any():
        raise BadArray("no query has its choice among the candidates", key="chosen", value=choices.chosen.shape)
    center, spread, knot = _scales(choices, regimes, bends=bends)
    scaled = Choices(
        ((choices.features - center) / spread).astype(np.float32), choices.regime, choices.size, choices.chosen
    )
    shape = (*knot.shape[:2], knot.shape[2] + 1)
    root = _root_of_curvature(scaled, knot, ridge)

    def objective(turned: Float64) -> tuple[float, Float64]:
        flat = solve_triangular(root, turned, trans="T", lower=True)
        loss, gradient = _total(scaled, knot, flat.reshape(shape))
        whole = gradient.ravel() + ridge * flat
        return loss + ridge / 2 * float(flat @ flat), solve_triangular(root, whole, lower=True)

    start = np.zeros(int(np.prod(shape)))
    found = minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": rounds})
    weight = solve_triangular(root, found.x, trans="T", lower=True).reshape(shape) / spread[None, :, None]
    base = -(weight[:, :, 0] * center).sum(axis=1)
    back = np.full(knot.shape, _FLAT, np.float32)
    bent = knot != _FLAT
    back[bent] = (knot * np.where(bent, spread[None, :, None], 0) + center[None, :, None])[bent]
    return Curves(frozen(base.astype(np.float32)), frozen(back), frozen(weight.astype(np.float32)))


def _root_of_curvature(choices: Choices, knot: Float32, ridge: float) -> Float64:
    """Cholesky root of the curvature of the loss at equal chances, from some of the queries; (P, P) lower.

    Along its axes the loss is nearly round, so that the search takes tens of steps instead of hundreds.
    """
    rows = np.unique(np.linspace(0, len(choices.size) - 1, _LOOKED_AT).astype(np.int64))
    part = choices.part(rows)
    regimes, features, knots = knot.shape
    curvature = np.zeros((regimes * features * (knots + 1),) * 2)
    for q in range(len(rows)):
        n = int(part.size[q])
        if n == 0:
            continue
        x = part.features[q, :n]
        bent = np.maximum(0, x[:, :, None] - knot[part.regime[q, :n]])  # (n, D, T); 0 beyond the last knot
        all_of = np.concatenate([x[:, :, None], bent], axis=2)  # (n, D, 1 + T)
        wide = np.zeros((n, regimes, features, knots + 1))
        wide[np.arange(n), part.regime[q, :n]] = all_of
        flat = wide.reshape(n, -1)
        flat -= flat.mean(axis=0)
        curvature += flat.T @ flat / n
    curvature *= len(choices.size) / max(1, len(rows))
    curvature[np.diag_indices_from(curvature)] += ridge + 1e-6 * max(1.0, float(curvature.max()))
    return np.linalg.cholesky(curvature)


_LOOKED_AT: Final = 400


def _total(choices: Choices, knot: Float32, weight: Float64) -> tuple[float, Float64]:
    """Loss and gradient over all queries; halves run side by side, added in a fixed order."""
    parts = [np.zeros(weight.shape) for _ in range(_PARTS)]

    def half(part: int) -> float:
        return float(
            _loss(
                choices.features, choices.regime, choices.size, choices.chosen, knot, weight,
                part, _PARTS, parts[part],
            )
        )  # fmt: skip

    with ThreadPoolExecutor(_PARTS) as pool:
        losses = list(pool.map(half, range(_PARTS)))
    return sum(losses), np.sum(parts, axis=0)


_PARTS: Final = 2  # fixed, so that sums do not depend on the machine


def _scales(choices: Choices, regimes: int, *, bends: bool) -> tuple[Float32, Float32, Float32]:
    """Mean and spread of each feature, and knots at quantiles of each regime, in standard units."""
    seen = np.arange(choices.features.shape[1])[None, :] < choices.size[:, None]
    rows, which = choices.features[seen], choices.regime[seen]
    every = 1 + len(rows) // _ROWS
    rows, which = rows[::every], which[::every]
    center = rows.mean(axis=0, dtype=np.float64).astype(np.float32)
    spread = rows.std(axis=0, dtype=np.float64).astype(np.float32)
    spread[spread < _CONSTANT] = 1.0
    center[spread == 1.0] = 0.0
    features = rows.shape[1]
    knot = np.full((regimes, features, len(_QUANTILES) if bends else 1), _FLAT, np.float32)
    if not bends:
        return center, spread, knot
    for r in range(regimes):
        mine = rows[which == r]
        for d in range(features):
            if not len(mine):
                continue
            places = np.unique((np.quantile(mine[:, d], _QUANTILES) - center[d]) / spread[d])
            if len(places) > 1:
                knot[r, d, : len(places)] = places
    return center, spread, knot


_CONSTANT: Final = 1e-6
_ROWS: Final = 200_000  # enough to tell quantiles
