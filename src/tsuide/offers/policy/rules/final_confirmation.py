"""A subscription is offered only with its term and cancellation written down: the yes must show both."""

from typing import Final

from tsuide.offers import codes
from tsuide.offers.policy.rule import Rule
from tsuide.offers.records import Record

RULE: Final = Rule("final_confirmation", "eligibility", fixed=True, source="特商法 12の6")


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return candidate.product_kind == codes.SUBSCRIPTION and not candidate.has_terms
