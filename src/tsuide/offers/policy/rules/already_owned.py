"""A durable product that the customer owns is not sold again; unknown durability counts as durable."""

from typing import Final

from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule(
    "already_owned",
    "applicability",
    parameters=(
        Parameter("days", "days", 3650, "for how long a purchase counts as owned"),
        Parameter("variants", "yes", 1, "whether another colour or size of what is owned counts as owned", high=1),
    ),
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    if policy.already_owned_variants != 0 and 0 <= candidate.kin_days < policy.already_owned_days:
        return True
    return (
        candidate.owned_days >= 0
        and candidate.durable != 0
        and candidate.interval < 0
        and candidate.owned_days < policy.already_owned_days
    )
