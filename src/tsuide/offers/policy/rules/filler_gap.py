"""A filler only where there is a gap, and only one that closes it without much beyond."""

from typing import Final

from tsuide.offers import codes
from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule(
    "filler_gap",
    "applicability",
    parameters=(
        Parameter(
            "overshoot",
            "ratio",
            20000,
            "how far beyond the gap its price may go, as a share of the gap",
            high=1000000,
        ),
    ),
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    if candidate.kind != codes.FILLER:
        return False
    if request.gap <= 0 or not candidate.reaches_gap:
        return True
    return (candidate.price - request.gap) * 10000 > request.gap * policy.filler_gap_overshoot
