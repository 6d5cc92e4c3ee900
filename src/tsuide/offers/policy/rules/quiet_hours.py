"""Nothing goes out at night, by the customer's clock where it is known; what must go out anyway is exempt."""

from typing import Final

from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule(
    "quiet_hours",
    "eligibility",
    parameters=(
        Parameter("start", "minute", 21 * 60, "from when nothing goes out", high=1439),
        Parameter("end", "minute", 8 * 60, "until when", high=1439),
    ),
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    if not request.outbound or request.transactional:
        return False
    minute = request.local_minute
    start = policy.quiet_hours_start
    end = policy.quiet_hours_end
    if start <= end:
        return start <= minute < end
    return minute >= start or minute < end
