"""Without consent to personalisation only contextual offers; without consent to marketing nothing goes out.

A message that the customer must get anyway (transactional) may carry a contextual offer.
"""

from typing import Final

from tsuide.offers.policy.rule import Rule
from tsuide.offers.records import Record

RULE: Final = Rule("consent", "eligibility", fixed=True, source="個人情報保護法 17, 18; 特定電子メール法 3 (opt-in)")


def refuses(candidate: Record, customer: Record, request: Record, policy: Record) -> bool:  # noqa: ARG001 - every rule takes the same four records
    """Whether the rule refuses the candidate."""
    if candidate.personal and not customer.personalisation:
        return True
    return bool(request.outbound and not request.transactional and not customer.marketing)
