"""What is tracked and not there is not offered."""

from typing import Final

from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule(
    "in_stock",
    "eligibility",
    parameters=(Parameter("least", "count", 1, "units that must be there for one unit offered", low=1),),
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return 0 <= candidate.stock < policy.in_stock_least * candidate.quantity
