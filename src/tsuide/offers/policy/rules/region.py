"""A product for certain regions is offered there only; an unknown region is left to the checkout."""

from typing import Final

from tsuide.offers.policy.rule import Rule
from tsuide.offers.records import Record

RULE: Final = Rule("region", "eligibility")


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return candidate.regions != 0 and customer.region != 0 and candidate.regions & customer.region == 0
