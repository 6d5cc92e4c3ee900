"""So many contacts per channel and period, over all journeys; what must go out anyway is exempt."""

from typing import Final

from tsuide.offers.policy.rule import Rule
from tsuide.offers.records import Record

RULE: Final = Rule("contact_limit", "contact")


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return request.contacts_left <= 0 and not request.transactional
