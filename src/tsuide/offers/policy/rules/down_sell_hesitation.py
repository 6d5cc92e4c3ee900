"""Something cheaper only after hesitation.

Removal, abandonment, repeated views, price objection, stock-out, or a budget that the customer named.
"""

from typing import Final

from tsuide.offers import codes
from tsuide.offers.policy.rule import Rule
from tsuide.offers.records import Record

RULE: Final = Rule("down_sell_hesitation", "applicability")


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return candidate.kind == codes.DOWN_SELL and request.hesitation == 0
