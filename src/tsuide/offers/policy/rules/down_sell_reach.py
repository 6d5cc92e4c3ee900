"""The cheaper one is clearly cheaper, and not so cheap that it is something else."""

from typing import Final

from tsuide.offers import codes
from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule(
    "down_sell_reach",
    "suitability",
    parameters=(
        Parameter("most", "ratio", 9500, "of the price of what is looked at", high=10000),
        Parameter("least", "ratio", 3000, "below which it is something else", high=10000),
    ),
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    if candidate.kind != codes.DOWN_SELL or candidate.price < 0 or candidate.anchor_price < 0:
        return False
    return (
        candidate.price * 10000 > candidate.anchor_price * policy.down_sell_reach_most
        or candidate.price * 10000 < candidate.anchor_price * policy.down_sell_reach_least
    )
