"""So many offers on a page, or in a message, and no more: choice overload is real."""

from typing import Final

from tsuide.offers.policy.rule import Parameter, Rule
from tsuide.offers.records import Record

RULE: Final = Rule(
    "offers_per_page",
    "contact",
    parameters=(Parameter("most", "count", 3, "offers in one slot", low=1, high=50),),
)


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    return candidate.place >= policy.offers_per_page_most
