"""What people of any department did with a customer (calls, visits, mails, notes), and what the customer gained."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

from tsuide.facts.consent import Channel
from tsuide.facts.schema import MOMENT, TEXT, Schema

InteractionKind: TypeAlias = Literal["note", "call", "visit", "meeting", "mail", "chat", "social"]
INTERACTION_KINDS: Final[tuple[InteractionKind, ...]] = get_args(InteractionKind)
NOTE: Final[InteractionKind] = "note"
"""Written about a customer, without a word to them: no contact."""
NO_ANSWER: Final = "no_answer"
"""The outcome of a contact that did not come about."""
SPOKEN: Final[Mapping[InteractionKind, Channel]] = {"call": "phone", "visit": "rep", "meeting": "rep", "chat": "app"}
"""Talks of which it is known whether somebody was reached, and the channel that this speaks of: a mail tells nothing of
its answer, and `social` is the customer's own."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """One talk with a customer, or a note about them.

    Args:
        id: the sender's own: the same id is the same thing.
        who: of the shop's people.
        department: sales, support …
        text: what was said.
        outcome: what came of it, in a word or two; `no_answer`: nobody was reached.
    """

    id: str
    customer_id: str
    kind: InteractionKind
    at: datetime
    who: str | None = None
    department: str | None = None
    text: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Win:
    """A measurable result that a customer reached: what a seller may tell of.

    Args:
        id: the sender's own.
        metric: hours for month-end closing, say.
        before: with its unit.
        after: with its unit.
        evidence: the report, the mail, the measurement that shows it.
    """

    id: str
    customer_id: str
    metric: str
    before: str
    after: str
    evidence: str
    at: datetime


INTERACTIONS: Final[Schema] = {
    "id": TEXT,
    "customer_id": TEXT,
    "kind": TEXT,
    "at": MOMENT,
    "who": TEXT,
    "department": TEXT,
    "text": TEXT,
    "outcome": TEXT,
}
WINS: Final[Schema] = {
    "id": TEXT,
    "customer_id": TEXT,
    "metric": TEXT,
    "before": TEXT,
    "after": TEXT,
    "evidence": TEXT,
    "at": MOMENT,
}
