"""What another policy, other levers or another model would have earned on the decisions of a range, or a refusal.

Per decision: RIPS (people read downwards), SIPS, both self-normalised, DR, and DM beside them without an interval,
because the model foretells and nobody checked it. Money is what customers brought by products of the
slate in the days after.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from tsuide.errors import NoSupport
from tsuide.kit.arrays import Float64
from tsuide.proof.off_policy.dr import dr
from tsuide.proof.off_policy.slates import slate_value, slate_weights
from tsuide.proof.off_policy.support import Support, support


@dataclass(frozen=True, slots=True, eq=False)
class Logged:
    """One decision, seen by the other.

    Args:
        draws: as `offers.likelihood.draws_of`.
        rewards: money of each place of the slate that was shown.
        foretold: by the model for that slate.
        otherwise: by the model for the slate that the other would have shown.
    """

    draws: Float64
    rewards: Float64
    foretold: float
    otherwise: float


@dataclass(frozen=True, slots=True, eq=False)
class Earnings:
    """The answer.

    Args:
        support: how much of the log could be used.
        earned: money per decision, as it was.
        estimates: estimator → plain estimate of money per decision under the other.
        foretold: by the model alone, per decision.
    """

    support: Support
    earned: float
    estimates: Mapping[str, Mapping[str, float | None]]
    foretold: float

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "support": self.support.plain(),
            "earned_per_decision": round(self.earned, 4),
            "would_have_earned_per_decision": dict(self.estimates),
            "model_alone_per_decision": round(self.foretold, 4),
        }


LABEL: Final = {
    "ja": "記録された選択確率による推定です。実験の代わりにはなりません。",
    "en": "Estimated from recorded probabilities of choice. No substitute for an experiment.",
}


def earnings(logged: Sequence[Logged], *, level: float = 0.95) -> Earnings:
    """Estimate, if the log can tell.

    Args:
        logged: decisions of treated customers.
        level: of the intervals.

    Raises:
        NoSupport: the other would have shown what was never tried, or the log is worth too few decisions.

    >>> same = [Logged(np.ones(2), np.array([float(n % 3), 0.0]), 1.0, 1.0) for n in range(300)]
    >>> found = earnings(same)
    >>> found.earned, found.estimates["rips"]["value"], found.support.effective
    (1.0, 1.0, 300.0)
    """
    if not logged:
        raise NoSupport("no decision of these days can be used", key="decisions", value=0)
    places = max(1, *(len(each.draws) for each in logged))
    draws, rewards = np.ones((len(logged), places)), np.zeros((len(logged), places))
    for row, each in enumerate(logged):
        draws[row, : len(each.draws)] = each.draws
        rewards[row, : len(each.rewards)] = each.rewards
    whole = slate_weights(draws, reading="sips")[:, 0]
    found = support(whole).checked()
    expected, foretold = (np.array([getattr(each, name) for each in logged]) for name in ("otherwise", "foretold"))
    estimates = {
        "rips": slate_value(draws, rewards, level=level),
        "rips_self_normalised": slate_value(draws, rewards, self_normalised=True, level=level),
        "sips": slate_value(draws, rewards, reading="sips", level=level),
        "sips_self_normalised": slate_value(draws, rewards, reading="sips", self_normalised=True, level=level),
        "dr": dr(whole, rewards.sum(axis=1), expected, foretold, level=level),
    }
    plain = {name: each.plain() for name, each in estimates.items()}
    return Earnings(found, float(rewards.sum(axis=1).mean()), plain, float(expected.mean()))
