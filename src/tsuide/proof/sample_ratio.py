"""Sample-ratio check: do the arms hold as many customers as was planned?

Estimator: Pearson's χ² of counts against planned shares. At p < .001 the split cannot be chance: something lets
customers of one arm into the log more often (a redirect, a bot, a bug), and then every difference is suspect.
Assumes: each customer counted once. Source: Fabijan et al., "Diagnosing sample ratio mismatch in online controlled
experiments", KDD 2019.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from scipy.special import chdtrc

from tsuide.errors import BadValue, SampleRatioMismatch

BLOCKS_BELOW: Final = 0.001


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """How the arms are filled.

    Args:
        counts: arm → customers.
        expected: arm → customers that the plan makes likely.
        p: of the χ² test.
    """

    counts: Mapping[str, int]
    expected: Mapping[str, float]
    p: float

    @property
    def holds(self) -> bool:
        """Whether the experiment may be read."""
        return self.p >= BLOCKS_BELOW

    def checked(self, experiment: str) -> "SampleRatio":
        """Itself, if the experiment may be read.

        Raises:
            SampleRatioMismatch: it may not; names the experiment, the counts and the plan.
        """
        if not self.holds:
            planned = {arm: round(each) for arm, each in self.expected.items()}
            raise SampleRatioMismatch(
                f"the arms are not split as planned (p = {self.p:.2g}): counted {dict(self.counts)}, planned {planned}",
                key="experiment",
                value=experiment,
                way_out="find why one arm loses customers; start a new experiment; do not read this one",
            )
        return self

    def plain(self) -> dict[str, object]:
        """As JSON."""
        expected = {arm: round(each, 1) for arm, each in self.expected.items()}
        return {"counts": dict(self.counts), "expected": expected, "p": self.p, "holds": self.holds}


def sample_ratio(counts: Mapping[str, int], shares: Mapping[str, float]) -> SampleRatio:
    """Counts of arms against planned shares.

    Args:
        counts: arm → customers; a missing arm has none.
        shares: arm → weight, > 0; they need not sum to 1.

    Raises:
        BadValue: a count of an arm without a share, or a share that is not above zero.

    >>> sample_ratio({"treated": 9500, "holdout": 500}, {"treated": 95, "holdout": 5}).p
    1.0
    >>> sample_ratio({"a": 5300, "b": 4700}, {"a": 1, "b": 1}).holds
    False
    """
    unknown = sorted(set(counts) - set(shares))
    if unknown:
        raise BadValue("an arm that was not planned", key="arm", value=unknown[0], way_out=f"one of {list(shares)}")
    if any(share <= 0 for share in shares.values()):
        raise BadValue("shares must be above zero", key="shares", value=dict(shares))
    whole, n = sum(shares.values()), sum(counts.values())
    expected = {arm: n * share / whole for arm, share in shares.items()}
    seen = {arm: int(counts.get(arm, 0)) for arm in shares}
    if n == 0 or len(shares) == 1:
        return SampleRatio(seen, expected, 1.0)
    statistic = sum((seen[arm] - each) ** 2 / each for arm, each in expected.items())
    return SampleRatio(seen, expected, float(chdtrc(len(shares) - 1, statistic)))
