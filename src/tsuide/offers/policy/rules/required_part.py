"""A part without which the product does not work is no extra.

It stands in the total with a neutral "do you have one?", never as a cross-sell nor preselected.
"""

from typing import Final

from tsuide.offers import codes
from tsuide.offers.policy.rule import Rule
from tsuide.offers.records import Record

RULE: Final = Rule(
    "required_part",
    "applicability",
    fixed=True,
    source="特商法 14 (顧客の意に反して申込みをさせようとする行為)",
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return bool(candidate.required_part and candidate.kind == codes.CROSS_SELL)
