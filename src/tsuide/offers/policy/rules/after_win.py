"""A cross-sell to an account only after a recorded success or a good satisfaction answer."""

from typing import Final

from tsuide.offers import codes
from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule(
    "after_win",
    "applicability",
    parameters=(Parameter("score", "count", 9, "last score from 0 to 10 that counts as good satisfaction", high=11),),
    on=False,
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    satisfied = customer.last_score >= policy.after_win_score
    return candidate.kind == codes.CROSS_SELL and bool(customer.company) and not (customer.won or satisfied)
