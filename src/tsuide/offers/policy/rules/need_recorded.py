"""A rep who has recorded no need of the customer gets a question to ask, not a product."""

from typing import Final

from tsuide.offers.policy.rule import Rule
from tsuide.offers.records import Record

RULE: Final = Rule("need_recorded", "eligibility", on=False)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return bool(request.rep and not request.needs_recorded)
