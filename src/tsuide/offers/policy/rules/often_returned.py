"""Nothing that comes back too often."""

from typing import Final

from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule(
    "often_returned",
    "suitability",
    parameters=(Parameter("rate", "rate", 2500, "share of bought units that came back", high=10000),),
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return candidate.returns > policy.often_returned_rate
