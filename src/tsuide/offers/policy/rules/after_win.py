"""A cross-sell to an account only after a recorded success or a good satisfaction answer."""

from typing import Final

from tsuide.offers import codes
from tsuide.offers.policy.rule import Rule
from tsuide.offers.records import Record

RULE: Final = Rule("after_win", "applicability", on=False)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return candidate.kind == codes.CROSS_SELL and bool(customer.company) and not customer.won
