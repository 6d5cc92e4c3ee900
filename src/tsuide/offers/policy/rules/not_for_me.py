"""Who said that it is not for them is not shown it, nor its category, for a while."""

from typing import Final

from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule("not_for_me", "contact", parameters=(Parameter("days", "days", 180, "how long"),))


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return 0 <= candidate.said_not_for_me < policy.not_for_me_days
