"""A phone is no extra to its screen glass: who looks at an accessory or a part has what it is for.

What lasts is meant: who buys paper filters may well take beans along. What people declared says which of two things is
the main one; where they put both beside each other, neither is.
"""

from typing import Final

from tsuide.offers import codes
from tsuide.offers.policy.rule import Rule
from tsuide.offers.records import Record

RULE: Final = Rule("main_product", "applicability")


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    attached = candidate.kind == codes.CROSS_SELL or candidate.kind == codes.BUNDLE or candidate.kind == codes.FILLER  # noqa: PLR1714 - a kernel
    return bool(candidate.main_product and attached and candidate.source != codes.COMBINED)
