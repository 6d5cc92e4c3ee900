"""What is attached costs no more than a share of its main product, and stays near what the customer pays.

The dearest thing in the cart counts (or the product looked at); where nothing is there, the customer's own
price band. A set is measured by what it adds, and a filler that lasts is no small thing that comes along. Even who can
afford it is offered no multiple of the main product: a case brings no phone.
"""

from typing import Final

from tsuide.offers import codes
from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule(
    "price_reach",
    "suitability",
    parameters=(
        Parameter(
            "of_main",
            "ratio",
            10000,
            "of the dearest thing beside it, unless it is within the customer's own band",
            high=1000000,
        ),
        Parameter(
            "within_band",
            "ratio",
            30000,
            "of the dearest thing beside it, that even what is within the customer's own band may cost",
            high=1000000,
        ),
        Parameter("of_band", "ratio", 20000, "of the 90th percentile of what they paid for one unit", high=1000000),
    ),
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:
    """Whether the rule refuses the candidate."""
    a_set = candidate.kind == codes.BUNDLE and candidate.source != codes.COMBINED
    lasts = candidate.kind == codes.FILLER and candidate.durable == 1
    attached = candidate.kind == codes.CROSS_SELL or a_set or lasts
    if not attached or candidate.price < 0:
        return False
    main = max(request.cart_dearest, candidate.anchor_price)
    if main > 0 and candidate.price * 10000 > main * policy.price_reach_of_main:
        own = customer.band_high >= 0 and candidate.price <= customer.band_high
        return not own or candidate.price * 10000 > main * policy.price_reach_within_band
    if main > 0 or customer.band_high < 0:
        return False
    return candidate.price * 10000 > customer.band_high * policy.price_reach_of_band
