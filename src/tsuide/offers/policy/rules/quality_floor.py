"""Nothing that its buyers rate badly, where enough of them did."""

from typing import Final

from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule(
    "quality_floor",
    "suitability",
    parameters=(
        Parameter("rating", "score", 300, "least mean rating, 1 … 5, kept in hundredths", high=500),
        Parameter("reviews", "count", 5, "from how many reviews on", low=1),
    ),
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return candidate.reviews >= policy.quality_floor_reviews and candidate.rating * 100 < policy.quality_floor_rating
