"""An alternative costs about the same."""

from typing import Final

from tsuide.offers import codes
from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule(
    "alternative_reach",
    "suitability",
    parameters=(
        Parameter("most", "ratio", 13000, "of the price of what it stands for", high=1000000),
        Parameter("least", "ratio", 7000, "of the price of what it stands for", high=1000000),
    ),
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    if candidate.kind != codes.ALTERNATIVE or candidate.price < 0 or candidate.anchor_price <= 0:
        return False
    return (
        candidate.price * 10000 > candidate.anchor_price * policy.alternative_reach_most
        or candidate.price * 10000 < candidate.anchor_price * policy.alternative_reach_least
    )
