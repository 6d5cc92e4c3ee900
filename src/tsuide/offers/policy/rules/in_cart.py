"""What lies in the cart already, or another variant of it, is not proposed again.

An upgrade in the cart replaces, and so does what stands for a colour that is sold out: variants count for the other
kinds only.
"""

from typing import Final

from tsuide.offers import codes
from tsuide.offers.policy.rule import Rule
from tsuide.offers.records import Record

RULE: Final = Rule("in_cart", "applicability", fixed=True)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    replaces = candidate.kind == codes.UP_SELL or candidate.kind == codes.ALTERNATIVE  # noqa: PLR1714 - a kernel
    return bool(candidate.in_cart or (candidate.variant_in_cart and not replaces))
