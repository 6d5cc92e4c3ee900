"""Complaints and scores: recorded, and known to the very next decision of that customer."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from tsuide.app.applying import customer_with
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.feedback import FEEDBACK_KINDS, HIGHEST_SCORE, LOWEST_SCORE, Feedback
from tsuide.facts.frames import frame_of
from tsuide.kit.clock import from_micros, must_have_happened, to_micros
from tsuide.kit.text import must_be_short


def record_feedback(shop: Shop, said: Feedback, now: datetime) -> bool:
    """Record one; False if this very one was recorded before.

    A complaint makes offers silent (rule `open_complaint`) until it is `answered`; the last score is what the rule
    `bad_score` reads.

    Raises:
        BadValue: an unknown kind, a score outside 0 … 10 or where none belongs, or a moment in the future.
        Conflict: the id belongs to another.
    """
    if said.kind not in FEEDBACK_KINDS:
        raise BadValue("not a kind of feedback", key="kind", value=said.kind, way_out=", ".join(FEEDBACK_KINDS))
    if (said.kind == "score") != (said.score is not None):
        raise BadValue("belongs to a score, and only there", key="score", value=said.score)
    if said.score is not None and not LOWEST_SCORE <= said.score <= HIGHEST_SCORE:
        raise BadValue("must be 0 … 10", key="score", value=said.score)
    must_be_short("text", said.text)
    must_have_happened("at", said.at, now)
    said = replace(said, customer_id=shop.store.aliases.of(said.customer_id))
    row = {"id": said.id, "customer_id": said.customer_id, "kind": said.kind, "at": to_micros(said.at)}
    new = shop.store.said.add({**row, "score": said.score, "text": said.text, "source": said.source})
    _tell_customer(shop, said.customer_id, said.at)  # of what was recorded before too: it may have ended in between
    return new


def _tell_customer(shop: Shop, customer_id: str, at: datetime) -> None:
    """Lay what holds now over the customer's attributes; what came late changes nothing newer."""
    said = shop.store.said.of_customer(customer_id)
    open_, told = False, {}
    for row in said:
        open_ = row["kind"] == "complaint" or (open_ and row["kind"] != "answered")
        if row["kind"] == "score":
            told["last_score"] = str(row["score"])
    if any(row["kind"] != "score" for row in said):
        told["open_complaint"] = "yes" if open_ else "no"
    customer = customer_with(shop, Customer(customer_id, attributes=told), at)
    shop.store.facts.write_customers(frame_of([customer], CUSTOMERS))


def feedback_of(shop: Shop, customer_id: str) -> list[dict[str, Any]]:
    """What a customer said, oldest first, as JSON."""
    return [{**row, "at": from_micros(row["at"]).isoformat()} for row in shop.store.said.of_customer(customer_id)]
