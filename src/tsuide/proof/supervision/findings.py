"""Reps beyond chance: every sign of every rep tested against the other reps, false discoveries held at 5 %.

A high attach rate alone accuses nobody: good reps have one. A *finding* needs a sign that customers did not want what
was entered (instant or slow yeses, quick cancellations, services that sleep, bursts after hours); together with a
high attach rate, or with two such signs, it reads as the quota-gaming pattern. A finding is a reason to look at the
rows, never a verdict: a person confirms it, or not.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import polars as pl

from tsuide.proof.multiple import benjamini_hochberg
from tsuide.proof.supervision.chance import FEWEST_REPS, p_values
from tsuide.proof.supervision.signs import SIGNS, Sign

Pattern: TypeAlias = Literal["quota_gaming", "look", "top_seller"]
DISCOVERY: Final = 0.05
LEAST_TRIALS: Final = 10
_TWO: Final = 2


@dataclass(frozen=True, slots=True)
class Beyond:
    """One sign of one rep beyond chance.

    Args:
        sign: which.
        hits, trials: how often, of how many.
        usual: the same share among the other reps.
        q: p-value adjusted for all signs of all reps.
        rows: the sale (for the attach rate: customer@day) behind each hit.
    """

    sign: Sign
    hits: int
    trials: int
    usual: float
    q: float
    rows: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        numbers = {"hits": self.hits, "trials": self.trials, "share": round(self.hits / self.trials, 4)}
        return {"sign": self.sign, **numbers, "usual": round(self.usual, 4), "q": self.q, "rows": list(self.rows)}


@dataclass(frozen=True, slots=True)
class Finding:
    """One rep with something beyond chance."""

    rep_id: str
    pattern: Pattern
    beyond: tuple[Beyond, ...]

    @property
    def accuses(self) -> bool:
        """Whether somebody should look at the rows: not where there is only skill."""
        return self.pattern != "top_seller"

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        told = [each.plain() for each in self.beyond]
        return {"rep_id": self.rep_id, "pattern": self.pattern, "accuses": self.accuses, "beyond_chance": told}


def findings(counted: pl.DataFrame, *, least: int = LEAST_TRIALS, discovery: float = DISCOVERY) -> list[Finding]:
    """Findings, quota gaming first, then by rep; empty where fewer than five reps can be compared.

    Args:
        counted: as `signs` returns it.
        least: signs with fewer trials are not judged.
        discovery: expected share of false ones among what is called beyond chance.
    """
    judged = []
    for sign in SIGNS:
        rows = counted.filter((pl.col("sign") == sign) & (pl.col("trials") >= least)).sort("rep_id")
        if len(rows) < FEWEST_REPS:
            continue
        p = p_values(rows["hits"].to_numpy(), rows["trials"].to_numpy())
        judged.append(rows.with_columns(p=pl.Series(p), usual=_usual(rows)))
    if not judged:
        return []
    tested = pl.concat(judged)
    tested = tested.with_columns(q=pl.Series(benjamini_hochberg(tested["p"].to_numpy())))
    found = []
    for (rep,), rows in sorted(tested.filter(pl.col("q") <= discovery).group_by("rep_id"), key=lambda each: each[0]):
        beyond = tuple(_beyond(row) for row in sorted(rows.iter_rows(named=True), key=lambda row: row["q"]))
        found.append(Finding(str(rep), _pattern({each.sign for each in beyond}), beyond))
    order: tuple[Pattern, ...] = ("quota_gaming", "look", "top_seller")
    return sorted(found, key=lambda each: (order.index(each.pattern), each.rep_id))


def _usual(rows: pl.DataFrame) -> pl.Series:
    """The share of all other reps together."""
    hits, trials = rows["hits"].to_numpy(), rows["trials"].to_numpy()
    return pl.Series((hits.sum() - hits) / np.maximum(trials.sum() - trials, 1))


def _beyond(row: dict[str, Any]) -> Beyond:
    return Beyond(row["sign"], row["hits"], row["trials"], row["usual"], round(row["q"], 8), tuple(row["rows"]))


def _pattern(found: set[Sign]) -> Pattern:
    harms = found - {"attach_rate"}
    if not harms:
        return "top_seller"
    return "quota_gaming" if "attach_rate" in found or len(harms) >= _TWO else "look"
