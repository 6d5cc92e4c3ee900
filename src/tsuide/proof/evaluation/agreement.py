"""The same inputs through others' libraries, where these are installed: tea-tasting and scikit-uplift."""

import importlib.util
import warnings
from typing import Any

import numpy as np
import polars as pl

from tsuide.proof.cuped import cuped
from tsuide.proof.difference import difference
from tsuide.proof.estimate import Estimate
from tsuide.proof.evaluation.coverage import CONTROL, TREATED
from tsuide.proof.evaluation.shoppers import Shoppers, shoppers
from tsuide.proof.multiple import benjamini_hochberg, holm
from tsuide.proof.ratio import ratio_difference
from tsuide.proof.relative import relative_lift
from tsuide.proof.sample_ratio import sample_ratio
from tsuide.proof.uplift.qini import qini
from tsuide.proof.uplift.top import uplift_at


def agreement(seed: int = 0) -> dict[str, dict[str, float] | None]:
    """Library → figure → largest difference from ours, relative; None where the library is not installed."""
    return {
        "tea_tasting": with_tea_tasting(seed) if _installed("tea_tasting") else None,
        "scikit_uplift": with_scikit_uplift(seed) if _installed("sklift") else None,
    }


def _installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def with_tea_tasting(seed: int) -> dict[str, float]:
    """Means, CUPED, ratios, their intervals and p-values; the sample ratio; adjusted p-values."""
    import tea_tasting as tt

    rng = np.random.default_rng(seed)
    t, c = shoppers(rng, TREATED, 1, 900), shoppers(rng, CONTROL, 1, 1_000)
    data = pl.concat([_frame(t, 1), _frame(c, 0)])
    found: Any = tt.Experiment(
        mean=tt.Mean("after"),
        cuped=tt.Mean("after", "before"),
        ratio=tt.RatioOfMeans("after", "orders"),
        ratio_sample=tt.SampleRatio(1, method="norm", correction=False),
    ).analyze(data, control=0)
    a, b = t.after[0], c.after[0]
    ours = {
        "mean": difference(a, b),
        "cuped": cuped(a, b, t.before[0], c.before[0]),
        "ratio": ratio_difference((a, t.orders[0]), (b, c.orders[0])),
    }
    answers = {name: _apart(each, found[name]) for name, each in ours.items()}
    lift = relative_lift(a, b, scale="log")
    answers["relative_lift"] = _relative(float(lift.value), found["mean"].rel_effect_size)
    srm = sample_ratio({"t": 900, "c": 1_000}, {"t": 1, "c": 1})
    answers["sample_ratio"] = _relative(srm.p, found["ratio_sample"].pvalue)
    p = {name: float(each.p) for name, each in ours.items()}
    answers |= _multiplicity(tt, found, np.array(list(p.values())))
    return answers


def _multiplicity(tt: Any, found: Any, p: np.ndarray) -> dict[str, float]:  # noqa: ANN401 - an untyped library
    names = ["mean", "cuped", "ratio"]
    fdr = tt.adjust_fdr(found, names).to_dicts()
    fwer = tt.adjust_fwer(found, names, method="bonferroni", arbitrary_dependence=True).to_dicts()
    by_name = {row["metric"]: row["pvalue_adj"] for row in fdr}
    strict = {row["metric"]: row["pvalue_adj"] for row in fwer}
    return {
        "benjamini_hochberg": max(
            _relative(ours, by_name[name]) for name, ours in zip(names, benjamini_hochberg(p).tolist(), strict=True)
        ),
        "holm": max(_relative(ours, strict[name]) for name, ours in zip(names, holm(p).tolist(), strict=True)),
    }


def with_scikit_uplift(seed: int) -> dict[str, float]:
    """Qini coefficient and uplift among the first 30 %."""
    from sklift.metrics import qini_auc_score, uplift_at_k

    rng = np.random.default_rng(seed)
    score, treated = rng.random(3_000), rng.random(3_000) < 0.5  # noqa: PLR2004 - half
    bought = (rng.random(3_000) < 0.2 + 0.2 * score * treated).astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # it calls what scikit-learn is about to drop
        theirs = qini_auc_score(bought, score, treated.astype(int), negative_effect=True)
    first = uplift_at_k(bought, score, treated.astype(int), strategy="overall", k=0.3)
    return {
        "qini": _relative(qini(score, bought, treated), float(theirs)),
        "uplift_at_30": _relative(float(uplift_at(score, bought, treated, k=0.3).value), float(first)),
    }


def _frame(found: Shoppers, variant: int) -> pl.DataFrame:
    columns = {"after": found.after[0], "before": found.before[0], "orders": found.orders[0]}
    return pl.DataFrame(columns).with_columns(variant=pl.lit(variant))


def _apart(ours: Estimate, theirs: Any) -> float:  # noqa: ANN401 - an untyped library
    pairs = (
        (ours.value, theirs.effect_size),
        (ours.low, theirs.effect_size_ci_lower),
        (ours.high, theirs.effect_size_ci_upper),
        (ours.p, theirs.pvalue),
    )
    return max(_relative(float(one), float(other)) for one, other in pairs)


def _relative(one: float, other: float) -> float:
    """To ten digits: their sums run over several threads, in an order that differs from run to run."""
    return round(abs(one - other) / max(abs(one), abs(other), 1e-12), 10)
