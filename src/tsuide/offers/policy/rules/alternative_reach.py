"""An alternative costs about the same.

Where nothing of the need does, the reach widens step by step until the nearest that can be had is within it, and the
offer says how much dearer or cheaper that is.
"""

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
        Parameter("steps", "count", 2, "how often that distance may be gone where nothing is nearer", low=1, high=10),
    ),
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    if candidate.kind != codes.ALTERNATIVE or candidate.price < 0 or candidate.anchor_price <= 0:
        return False
    up = candidate.anchor_price * (policy.alternative_reach_most - 10000)
    down = candidate.anchor_price * (10000 - policy.alternative_reach_least)
    off = (candidate.price - candidate.anchor_price) * 10000
    near = (candidate.nearest_price - candidate.anchor_price) * 10000
    for step in range(1, policy.alternative_reach_steps + 1):
        if -down * step <= off <= up * step:
            return False
        if candidate.nearest_price >= 0 and -down * step <= near <= up * step:
            return True
    return True
