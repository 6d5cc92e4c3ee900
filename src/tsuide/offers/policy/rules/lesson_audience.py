"""What is meant for certain people is offered to them only."""

from typing import Final

from tsuide.offers import codes
from tsuide.offers.policy.rule import Rule
from tsuide.offers.records import Record

RULE: Final = Rule("lesson_audience", "eligibility", fixed=True)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return candidate.lesson & codes.LESSON_AUDIENCE != 0
