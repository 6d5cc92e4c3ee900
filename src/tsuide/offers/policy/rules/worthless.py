"""No offer by which nothing would be earned, once discount, fees, returns and what it replaces are counted."""

from typing import Final

from tsuide.offers import codes
from tsuide.offers.policy.rule import Rule
from tsuide.offers.records import Record

RULE: Final = Rule("worthless", "suitability")


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return (
        candidate.margin_basis != codes.UNKNOWN_MARGIN
        and candidate.worth <= 0
        and candidate.kind != codes.CONTENT
        and not candidate.mandatory
    )
