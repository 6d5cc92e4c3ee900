"""Nothing that is hardly ever taken: an empty place is better than a weak offer."""

from typing import Final

from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule(
    "unlikely",
    "suitability",
    parameters=(Parameter("least", "rate", 20, "least probability of acceptance", high=10000),),
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return candidate.propensity * 10000.0 < policy.unlikely_least and not candidate.mandatory
