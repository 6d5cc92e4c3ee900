"""What comes free with a purchase stays within the legal limits for premiums to all buyers.

Up to 200 yen below 1,000 yen, else 20 % of the purchase. Yen only: other countries have other laws.
"""

from typing import Final

from tsuide.offers import codes
from tsuide.offers.policy.rule import Rule
from tsuide.offers.records import Record

SMALL_PURCHASE: Final = 1_000  # yen
SMALL_PREMIUM: Final = 200  # yen

RULE: Final = Rule(
    "premium_limit",
    "eligibility",
    fixed=True,
    source="景品表示法 4; 一般消費者に対する景品類の提供に関する事項の制限",
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    if not request.yen or candidate.premium <= 0:
        return False
    purchase = candidate.price
    if candidate.kind == codes.BUNDLE and candidate.set >= 0 and candidate.anchor_price > 0:
        purchase += candidate.anchor_price  # what comes free with a set comes with the whole of it
    if purchase < SMALL_PURCHASE:
        return candidate.premium > SMALL_PREMIUM
    return candidate.premium * 5 > purchase
