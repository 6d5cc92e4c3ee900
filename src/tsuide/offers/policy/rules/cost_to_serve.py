"""Silence where serving the customer cost more than they brought."""

from typing import Final

from tsuide.offers.policy.rule import Rule
from tsuide.offers.records import Record

RULE: Final = Rule("cost_to_serve", "suitability")


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return customer.cost_to_serve >= 0 and 0 <= customer.margin < customer.cost_to_serve
