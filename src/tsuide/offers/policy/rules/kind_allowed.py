"""Only kinds that the request, and the policy for this placement, allow."""

from typing import Final

from tsuide.offers.policy.rule import Rule
from tsuide.offers.records import Record

RULE: Final = Rule("kind_allowed", "eligibility", fixed=True)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return (request.kinds >> candidate.kind) & 1 == 0
