"""While a complaint or ticket waits for an answer, nothing is offered."""

from typing import Final

from tsuide.offers.policy.rule import Rule
from tsuide.offers.records import Record

RULE: Final = Rule("open_complaint", "suitability")


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return bool(customer.open_complaint)
