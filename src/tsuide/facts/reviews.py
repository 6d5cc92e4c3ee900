"""What buyers said of products."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tsuide.facts.schema import MOMENT, TEXT, WHOLE, Schema


@dataclass(frozen=True, slots=True)
class Review:
    """One review.

    Args:
        rating: 1 … 5.
        helpful: votes that found it helpful.
    """

    id: str
    product_id: str
    rating: int
    at: datetime
    customer_id: str | None = None
    text: str | None = None
    helpful: int = 0


REVIEWS: Final[Schema] = {
    "id": TEXT,
    "product_id": TEXT,
    "customer_id": TEXT,
    "rating": WHOLE,
    "text": TEXT,
    "at": MOMENT,
    "helpful": WHOLE,
}
