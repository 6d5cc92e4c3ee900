"""What a customer agreed to: by purpose and channel, with evidence."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

from tsuide.facts.schema import MOMENT, TEXT, YES, Schema

Purpose: TypeAlias = Literal["personalisation", "marketing", "analytics", "transactional"]
Channel: TypeAlias = Literal["site", "app", "email", "line", "sms", "phone", "post", "rep", "till", "agent", "any"]
PURPOSES: Final[tuple[str, ...]] = get_args(Purpose)
CHANNELS: Final[tuple[str, ...]] = get_args(Channel)


@dataclass(frozen=True, slots=True)
class Consent:
    """One grant or withdrawal; the latest per customer, purpose and channel holds.

    Args:
        source: where it was given (form, import, webhook …).
        evidence: a reference that proves it (form id, IP and time, signature).
    """

    customer_id: str
    purpose: Purpose
    channel: Channel
    granted: bool
    at: datetime
    source: str
    evidence: str | None = None


CONSENTS: Final[Schema] = {
    "customer_id": TEXT,
    "purpose": TEXT,
    "channel": TEXT,
    "granted": YES,
    "at": MOMENT,
    "source": TEXT,
    "evidence": TEXT,
}
