"""A rep without the qualification that a product asks for may only hand over, where that is allowed."""

from typing import Final

from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule(
    "qualification",
    "eligibility",
    parameters=(
        Parameter(
            "hand_over",
            "yes",
            1,
            "whether the offer stays, marked: hand over to a qualified colleague",
            high=1,
        ),
    ),
    fixed=True,
    source="保険業法 275; 金融商品取引法 64",
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return bool(request.rep and not candidate.qualified and not policy.qualification_hand_over)
