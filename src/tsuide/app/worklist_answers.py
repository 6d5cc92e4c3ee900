"""What a rep says of an offer on their worklist: taken up, dismissed with a reason, put off; and notes of colleagues.

What a rep takes up is about to reach the customer: it is recorded as `shown`, counts toward contact limits, and becomes
a task. What they dismiss is recorded as `declined`, what they put off as `later`. None of that is a customer's yes:
that comes by acceptance alone.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from tsuide.app.accepting import holds_until
from tsuide.app.ledger import Told, offer_of
from tsuide.app.models import lines_of
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, Conflict, NotFound
from tsuide.kit.clock import from_micros, to_micros, zone
from tsuide.kit.ids import time_id
from tsuide.kit.text import must_be_short
from tsuide.offers.decision import Decision
from tsuide.offers.offer import NO_REASONS, Offer
from tsuide.outreach.sales.phrases import WORKLIST

ACCOUNT_REASONS: Final = ("wrong_contact", "closed", "other")
"""Why a rep dismisses an account, beside why they dismiss an offer (NO_REASONS)."""
REASONS: Final = (*NO_REASONS, *ACCOUNT_REASONS)
_ABOUT_OFFER: Final = frozenset({"have_it", "too_dear", "not_for_me"})  # another offer may fit at once
_AWAY: Final = {"accepted": timedelta(days=30), "dismissed": timedelta(days=90)}
_SNOOZE: Final = timedelta(days=14)
_LONGEST_SNOOZE: Final = timedelta(days=730)
_HOUR: Final = 10  # local, at which a task is due on the next working day
_WORKDAYS: Final = 5


@dataclass(frozen=True, slots=True)
class Answered:
    """What a rep said of an offer, checked.

    Args:
        told: for the ledger, under the decision's id.
        row: for the worklist's port.
        task: for the tasks; None where there is nothing to do.
    """

    decision_id: str
    told: Told
    row: dict[str, Any]
    task: dict[str, Any] | None = None


def accept(shop: Shop, offer_id: str, now: datetime, *, note: str | None = None, entropy: int = 0) -> Answered:
    """A rep takes an offer up: it becomes a task of theirs, due at the customer's usual working hour.

    Raises:
        UnknownDecision, NotFound: no such offer.
        Conflict: it has expired.
        BadValue: it was not made for a worklist, or the note is too long.
    """
    decision, offer, row = _answer(shop, offer_id, "accepted", None, note, now)
    if now > holds_until(decision, offer):
        raise Conflict("the offer has expired", key="offer", value=offer_id, way_out="open the worklist again")
    local = now.astimezone(zone(shop.settings.time_zone))
    due = (local + timedelta(days=1)).replace(hour=_HOUR, minute=0, second=0, microsecond=0)
    while due.weekday() >= _WORKDAYS:
        due += timedelta(days=1)
    who, product = decision.request.customer_id or "", shop.store.facts.products_of([offer.product_id])
    title = offer.product_id if product.is_empty() else str(product["title"][0] or offer.product_id)
    account = shop.store.facts.customer(who)["name"] or who
    texts = {each: WORKLIST.text("task", each, account=account, product=title) for each in ("ja", "en")}
    task = {
        "id": time_id("tsk", now, entropy), "key": f"worklist:{offer_id}", "customer_id": who, "source": "worklist",
        "title": json.dumps(texts, ensure_ascii=False),
        "note": None if note is None else json.dumps({"ja": note, "en": note}, ensure_ascii=False),
        "assignee": row["rep"], "state": "open", "due_at": to_micros(due), "made_at": to_micros(now),
        "changed_at": to_micros(now), "reason": None,
    }  # fmt: skip
    return Answered(decision.id, Told(offer_id, "shown", key=None), row, task)


def dismiss(shop: Shop, offer_id: str, reason: str, now: datetime, *, note: str | None = None) -> Answered:
    """A rep dismisses an offer; where the reason is about the offer, the account comes back with another at once.

    Raises:
        UnknownDecision, NotFound: no such offer.
        BadValue: not a reason, not made for a worklist, or the note is too long.
    """
    if reason not in REASONS:
        raise BadValue("not a reason", key="reason", value=reason, way_out=f"one of {', '.join(REASONS)}")
    decision, _, row = _answer(shop, offer_id, "dismissed", reason, note, now)
    if reason in _ABOUT_OFFER:
        row["until"] = None
    if reason in ACCOUNT_REASONS:  # says nothing of the offer: not now, that is all
        return Answered(decision.id, Told(offer_id, "later"), row)
    return Answered(decision.id, Told(offer_id, "declined", reason), row)


def snooze(shop: Shop, offer_id: str, now: datetime, *, days: int | None = None) -> Answered:
    """A rep puts an account off.

    Raises:
        UnknownDecision, NotFound: no such offer.
        BadValue: days outside 1 … 730, or not made for a worklist.
    """
    length = _SNOOZE if days is None else timedelta(days=days)
    if not timedelta() < length <= _LONGEST_SNOOZE:
        raise BadValue(f"must be 1 … {_LONGEST_SNOOZE.days}", key="days", value=days)
    decision, _, row = _answer(shop, offer_id, "snoozed", None, None, now)
    return Answered(decision.id, Told(offer_id, "later"), row | {"until": to_micros(now + length)})


def keep(shop: Shop, answered: Answered) -> bool:
    """Keep a rep's answer and its task; False where it was kept before. The ledger is told by the caller."""
    new = shop.store.worklist.answer(answered.row)
    if answered.task is not None:
        shop.store.tasks.give(answered.task)
    return new


def must_fit(shop: Shop, answered: Answered) -> None:
    """Refuse what was settled otherwise, before the ledger is told.

    Raises:
        Conflict: it was.
    """
    shop.store.worklist.must_fit(answered.row)


def answered_told(answered: Answered, *, new: bool) -> dict[str, Any]:
    """What is on record, as JSON."""
    row = answered.row
    return {
        "offer": row["offer_id"], "account": row["customer_id"], "product_id": row["product_id"],
        "state": row["state"], "reason": row["reason"],
        "until": None if row["until"] is None else from_micros(row["until"]).isoformat(),
        "task": None if answered.task is None or not new else answered.task["id"], "new": new,
    }  # fmt: skip


def leaf_of(shop: Shop, product_id: str) -> str | None:
    """The narrowest category of a product, by which contact limits count."""
    found = shop.store.facts.products_of([product_id])
    path = None if found.is_empty() else found["category"][0]
    return str(path[-1]) if path is not None and len(path) else None


def add_note(
    shop: Shop, product_id: str, rep: str, text: str, now: datetime, *, entropy: int,
    before: str | None = None, after: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Add to a product's pitch what a colleague knows from experience.

    Raises:
        NotFound: no such product.
        BadValue: an empty or too long text, or only one of before and after.
    """
    if shop.store.facts.products_of([product_id]).is_empty():
        raise NotFound("no such product", key="product", value=product_id)
    if not text.strip():
        raise BadValue("says nothing", key="text", value=text)
    if (before is None) != (after is None):
        raise BadValue("before and after belong together", key="before" if before is None else "after", value=None)
    for key, each in (("text", text), ("before", before), ("after", after)):
        must_be_short(key, each)
    row = {"id": time_id("note", now, entropy), "product_id": product_id, "rep": rep, "text": text, "before": before,
           "after": after, "at": to_micros(now)}  # fmt: skip
    shop.store.worklist.note(row)
    return row | {"at": now.isoformat()}


def _answer(
    shop: Shop, offer_id: str, state: str, reason: str | None, note: str | None, now: datetime
) -> tuple[Decision, Offer, dict[str, Any]]:
    must_be_short("note", note)
    decision = Decision.from_json(shop.store.decisions.get(offer_id.rpartition(".")[0])["record"])
    offer = offer_of(decision, offer_id)
    if decision.request.rep is None or decision.request.customer_id is None:
        raise BadValue("not an offer of a worklist", key="offer", value=offer_id)
    row = {
        "offer_id": offer_id, "decision_id": decision.id, "rep": decision.request.rep.id,
        "customer_id": decision.request.customer_id, "product_id": offer.product_id,
        "line": _line_of(shop, offer.product_id), "state": state, "reason": reason, "note": note, "at": to_micros(now),
        "until": to_micros(now + _AWAY[state]) if state in _AWAY else None,
    }  # fmt: skip
    return decision, offer, row


def _line_of(shop: Shop, product_id: str) -> str | None:
    found = lines_of(shop.store.facts.products_of([product_id]))
    return None if found.is_empty() else str(found["line"][0])
