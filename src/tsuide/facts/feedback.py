"""What customers said of the shop itself: complaints, and scores of satisfaction (NPS)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

from tsuide.facts.schema import MOMENT, TEXT, WHOLE, Schema

FeedbackKind: TypeAlias = Literal["complaint", "answered", "score"]
FEEDBACK_KINDS: Final[tuple[FeedbackKind, ...]] = get_args(FeedbackKind)
LOWEST_SCORE: Final = 0
HIGHEST_SCORE: Final = 10


@dataclass(frozen=True, slots=True)
class Feedback:
    """One thing that a customer said.

    Args:
        id: the sender's own: the same id is the same thing.
        kind: complaint; answered: their complaints are settled; score: how likely they are to recommend the shop.
        score: 0 … 10, of a score only.
        text: in their words.
        source: survey, phone, mail …
    """

    id: str
    customer_id: str
    kind: FeedbackKind
    at: datetime
    score: int | None = None
    text: str | None = None
    source: str | None = None


FEEDBACK: Final[Schema] = {
    "id": TEXT,
    "customer_id": TEXT,
    "kind": TEXT,
    "at": MOMENT,
    "score": WHOLE,
    "text": TEXT,
    "source": TEXT,
}
