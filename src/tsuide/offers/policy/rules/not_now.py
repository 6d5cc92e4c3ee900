"""Who said not now is asked again later."""

from typing import Final

from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule("not_now", "contact", parameters=(Parameter("days", "days", 14, "how long"),))


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return 0 <= candidate.said_not_now < policy.not_now_days
