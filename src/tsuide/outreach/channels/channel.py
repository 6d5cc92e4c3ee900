"""What every channel takes and answers; `tests/contracts/test_channels.py` holds each of them to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias

from tsuide.outreach.message import MessagePurpose

Answered: TypeAlias = Literal["sent", "waiting", "failed", "in_doubt"]


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it goes out.

    Args:
        id: drawn; says nothing of the customer.
        key: the asker's: the receiving side may drop a second letter of the same key.
        to: the address on this channel.
        to_name: as it is written beside the address.
        unsubscribe: where one click ends it; None where nothing is advertised.
        at: the moment of sending.
        more: for machines: offers, values, products.
    """

    id: str
    key: str
    customer_id: str
    to: str
    purpose: MessagePurpose
    language: str
    subject: str
    text: str
    html: str | None
    at: datetime
    to_name: str | None = None
    unsubscribe: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiving side said.

    Args:
        state: sent: it took the letter; waiting: it did not, and may later; failed: it never will; in_doubt: it
            may have taken it, nobody knows (the line broke after the letter and before the answer).
        code: short and stable, such as ``smtp_550``; None where it was sent.
        detail: in the receiving side's own words.
        reference: what it knows the letter by.
    """

    state: Answered
    code: str | None = None
    detail: str | None = None
    reference: str | None = None


class Channel(Protocol):
    """Carries letters; one of them is used by one thread."""

    def deliver(self, letter: Letter) -> Answer:
        """Carry one letter; what goes wrong is an answer, never an exception."""
        ...

    def close(self) -> None:
        """Give connections back; it may be used again."""
        ...
