"""Advertising mail names its sender and how to opt out; without both in the policy no offer goes out."""

from typing import Final

from tsuide.offers.policy.rule import Rule
from tsuide.offers.records import Record

RULE: Final = Rule("sender_named", "eligibility", fixed=True, source="特定電子メール法 4; 特商法 12の3")


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return bool(request.outbound and not request.transactional and not request.sender_named)
