"""Never the cheaper one first: repeated views alone do not open it until something else was proposed."""

from typing import Final

from tsuide.offers import codes
from tsuide.offers.policy.rule import Rule
from tsuide.offers.records import Record

RULE: Final = Rule("down_sell_first", "applicability")


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return (
        candidate.kind == codes.DOWN_SELL
        and request.hesitation & ~codes.REPEATED_VIEWS_BIT == 0
        and not customer.offered_before
    )
