"""Only what can be had now: active, and with a price.

A rep may also offer what is priced on request; what is only read or watched needs no price.
"""

from typing import Final

from tsuide.offers import codes
from tsuide.offers.policy.rule import Rule
from tsuide.offers.records import Record

RULE: Final = Rule("sellable", "eligibility", fixed=True)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    unpriced = candidate.price < 0 and candidate.kind != codes.CONTENT and not request.rep
    return candidate.status != codes.ACTIVE or unpriced
