"""What is added to a cart ships with it: no frozen, pre-order or bulky thing beside another class.

Holds for the kinds named; to a remote island, only the usual class.
"""

from typing import Final

from tsuide.offers import codes
from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule(
    "ships_together",
    "eligibility",
    parameters=(
        Parameter(
            "kinds",
            "kinds",
            (1 << codes.BUNDLE) | (1 << codes.FILLER),
            "kinds that must ship with the cart",
            high=255,
        ),
    ),
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    if (policy.ships_together_kinds >> candidate.kind) & 1 == 0 or candidate.product_kind != codes.PHYSICAL:
        return False
    if request.remote and candidate.shipping != 0:
        return True
    return 0 <= request.cart_shipping != candidate.shipping
