"""A crossed-out price needs a price history that carries it."""

from typing import Final

from tsuide.offers.policy.rule import Rule
from tsuide.offers.records import Record

RULE: Final = Rule(
    "honest_price",
    "eligibility",
    fixed=True,
    source="景品表示法 5 二; 不当な価格表示についての景品表示法上の考え方",
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return bool(candidate.crossed_out and not candidate.price_history)
