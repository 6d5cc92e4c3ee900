"""A customer who sends back most of what they buy is left in peace."""

from typing import Final

from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule(
    "frequent_returner",
    "suitability",
    parameters=(
        Parameter("rate", "rate", 5000, "share of bought units that came back", high=10000),
        Parameter("units", "count", 5, "from how many units on", low=1),
    ),
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return customer.bought_units >= policy.frequent_returner_units and customer.returns > policy.frequent_returner_rate
