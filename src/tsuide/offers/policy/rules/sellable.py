"""Only what can be bought now: active, and with a price (a rep may also offer what is priced on request)."""

from typing import Final

from tsuide.offers import codes
from tsuide.offers.policy.rule import Rule
from tsuide.offers.records import Record

RULE: Final = Rule("sellable", "eligibility", fixed=True)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return candidate.status != codes.ACTIVE or (candidate.price < 0 and not request.rep)
