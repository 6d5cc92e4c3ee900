"""What is used up is not proposed before it is nearly due."""

from typing import Final

from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule(
    "not_due",
    "applicability",
    parameters=(
        Parameter("share", "ratio", 7000, "of the usual interval that must have passed", high=20000),
        Parameter("least_days", "days", 7, "where no interval is known"),
    ),
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    if candidate.owned_days < 0:
        return False
    if candidate.interval < 0:
        return candidate.durable == 0 and candidate.owned_days < policy.not_due_least_days
    return candidate.owned_days * 10000 < candidate.interval * policy.not_due_share
