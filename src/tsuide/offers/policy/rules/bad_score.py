"""After a bad satisfaction answer, nothing is offered."""

from typing import Final

from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule(
    "bad_score",
    "suitability",
    parameters=(Parameter("least", "count", 7, "score from 0 to 10 below which there is silence", high=11),),
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return 0 <= customer.last_score < policy.bad_score_least
