"""What learning foresees for one customer or visit, written into their view before deciding."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from tsuide.mining.next_basket_model import FittedNextBasket
from tsuide.mining.ranked import Ranked
from tsuide.mining.sessions import FittedSessions
from tsuide.offers.customer import CustomerView, Expected
from tsuide.offers.state import State

MOST: Final = 40
TOP_CHANCE: Final = 0.05  # believed of the first of a list: its scores rank, they are no probabilities


def foreseen(view: CustomerView, state: State, *, now: datetime) -> CustomerView:
    """The view with `expected` (next basket) and `session` (this visit) filled from what was learned.

    Lists that the caller filled stay. Without consent to personalisation nothing is foreseen from history.
    """
    expected, session = view.expected, view.session
    next_basket, sessions = state.parts.get("next_basket"), state.parts.get("sessions")
    known = view.id is not None and view.allows("personalisation", "site")
    if not expected and known and view.id is not None and isinstance(next_basket, FittedNextBasket):
        expected = _expected(next_basket.recommend([view.id], MOST, now=now))
    if not session and view.session_products and isinstance(sessions, FittedSessions):
        last = next((each for each in reversed(view.session_products) if each in sessions.item_ids), None)
        session = _expected(sessions.recommend(view.session_products, MOST), because=last)
    return replace(view, expected=expected, session=session)


def _expected(ranked: Ranked, because: str | None = None) -> tuple[Expected, ...]:
    scores: Sequence[float] = ranked.score[0].tolist()
    top = max(scores, default=0.0)
    if top <= 0:
        return ()
    return tuple(
        Expected(item, TOP_CHANCE * score / top, because=because)
        for item, score in zip(ranked.ids(0), scores, strict=False)
        if score > 0
    )
