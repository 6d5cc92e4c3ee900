"""A product with a minimum age is not offered to the younger, nor to whom the age is not known."""

from typing import Final

from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule(
    "age_limit",
    "eligibility",
    parameters=(Parameter("unknown_refused", "yes", 1, "whether somebody of unknown age counts as too young", high=1),),
    fixed=True,
    source="二十歳未満ノ者ノ飲酒ノ禁止ニ関スル法律 1",
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    if candidate.min_age <= 0:
        return False
    if customer.age < 0:
        return bool(policy.age_limit_unknown_refused)
    return customer.age < candidate.min_age
