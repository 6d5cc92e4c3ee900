"""After "too dear", nothing of this need at that price or above for a while."""

from typing import Final

from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule("too_dear", "contact", parameters=(Parameter("days", "days", 60, "how long"),))


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return 0 <= candidate.said_too_dear < policy.too_dear_days and 0 <= candidate.too_dear_price <= candidate.price
