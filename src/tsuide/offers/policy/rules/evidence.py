"""No relation that rests on too little: fewer rather than weak offers.

Holds for what was mined from baskets; what a person declared needs no count.
"""

from typing import Final

from tsuide.offers import codes
from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule(
    "evidence",
    "suitability",
    parameters=(
        Parameter("count", "count", 5, "baskets that held both", low=1),
        Parameter("lift", "ratio", 10000, "least lower end of the 95 % interval of lift", high=1000000),
    ),
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    if candidate.declared or candidate.source != codes.COMPLEMENTS:
        return False
    return candidate.count < policy.evidence_count or candidate.lift_low * 10000.0 < policy.evidence_lift
