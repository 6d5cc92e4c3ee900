"""Before its window opens, the thing that goes with a purchase is not proposed."""

from typing import Final

from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule(
    "too_early",
    "applicability",
    parameters=(Parameter("tolerance", "days", 0, "days that it may come before the window"),),
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return candidate.since_anchor > 0 and 0 <= candidate.since_anchor + policy.too_early_tolerance < candidate.opens
