"""The better model, alone or with what goes with it, costs at most so much more.

Above a free one it costs at most an absolute price, since a ratio to nothing means nothing.
"""

from typing import Final

from tsuide.offers import codes
from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule(
    "upgrade_reach",
    "suitability",
    parameters=(
        Parameter("most", "ratio", 15000, "of the price of what is looked at", high=1000000),
        Parameter("least", "ratio", 10100, "below which it is no upgrade", high=1000000),
        Parameter("from_free_most", "money", 2000, "the most that follows a free plan, minor units"),
    ),
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    if candidate.kind != codes.UP_SELL and candidate.source != codes.COMBINED:
        return False
    if candidate.price < 0 or candidate.anchor_price < 0:
        return False
    if candidate.anchor_price == 0:
        return candidate.price > policy.upgrade_reach_from_free_most
    return (
        candidate.price * 10000 > candidate.anchor_price * policy.upgrade_reach_most
        or candidate.price * 10000 < candidate.anchor_price * policy.upgrade_reach_least
    )
