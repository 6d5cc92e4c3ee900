"""What the request excludes by id never comes back."""

from typing import Final

from tsuide.offers.policy.rule import Rule
from tsuide.offers.records import Record

RULE: Final = Rule("excluded", "eligibility", fixed=True)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return bool(candidate.excluded)
