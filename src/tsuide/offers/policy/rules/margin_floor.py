"""No offer that earns less than the floor; an unknown margin is never guessed and passes, marked."""

from typing import Final

from tsuide.offers import codes
from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule(
    "margin_floor",
    "suitability",
    parameters=(Parameter("rate", "rate", 500, "least margin, of the price ex tax", high=10000),),
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    if candidate.margin_basis == codes.UNKNOWN_MARGIN or candidate.net_price < 0:
        return False
    return candidate.margin * 10000 < candidate.net_price * policy.margin_floor_rate
