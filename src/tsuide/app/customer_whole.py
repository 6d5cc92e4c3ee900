"""One customer whole: a person, a site or an account with all below it; what is known, and what to offer now or not.

Read in one moment from the store. Sums go over the whole tree, each currency by itself. What is learned (value, risks,
offers) is the newest state's; without one the rest is still told.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from tsuide.app.deciding import Decider, Served
from tsuide.app.explaining import candidates_told
from tsuide.app.loading import Loaded
from tsuide.app.wiring import Shop
from tsuide.kit.clock import from_micros
from tsuide.kit.money import Money
from tsuide.mining.value import FittedLifetimeValue
from tsuide.offers.explain import NOTES, QUESTIONS
from tsuide.offers.pitch import pitch
from tsuide.offers.policy.phrases import RULES
from tsuide.offers.request import OfferRequest, Rep
from tsuide.store.accounts import OnRecord
from tsuide.store.rows import Found

LOOKED_BACK: Final = timedelta(days=90)
"""How far back acts on the site are counted; what was registered for or attended never lapses."""
OFFERS: Final = 3
_YEAR: Final = 365
_LISTED: Final = 20
_MOST_MEMBERS: Final = 200
_MOST_REFUSED: Final = 20
_STATED: Final = ("needs", "goals", "tastes")
_FLAGS: Final = ("payment_default", "won", "last_score", "cost_to_serve")


def asked_of(
    told: Mapping[str, Any], language: str, rep: str | None = None, qualifications: Sequence[str] = ()
) -> OfferRequest:
    """What is asked of `decide` for the page of a customer.

    Args:
        told: `customer_whole`.
        language: ja or en.
        rep: who looks at it: where the customer stated no need, they get a question to ask and no product. None =
            nobody in particular; what the customer stated is known then too, as their owner knows it.
        qualifications: what that rep may advise on.
    """
    who = told["customer"]["id"]
    needs = [need for each in told["stated"] if each["customer_id"] == who for need in each["needs"]]
    name = rep if rep is not None or not needs else str(told["customer"]["attributes"].get("owner") or "")
    seller = None if name is None else Rep(name, tuple(qualifications), tuple(needs))
    return OfferRequest("rep", n=OFFERS, customer_id=who, language=language, rep=seller)


def customer_whole(
    shop: Shop, customer_id: str, now: datetime, loaded: Loaded | None, *, n: int = _LISTED
) -> dict[str, Any]:
    """What is known of a customer and of everybody below them, as JSON; without offers.

    Args:
        shop: whose.
        customer_id: a person, a site or an account.
        now: UTC.
        loaded: what was learned; None = nothing yet.
        n: so many of each list, the newest.

    Raises:
        UnknownCustomer: nobody has this id.
    """
    since = now - LOOKED_BACK
    customer_id = shop.store.aliases.of(customer_id)
    found = shop.store.accounts.on_record(customer_id, since, n)
    own = found.members[0]
    return {
        "customer": _profile(own),
        "tree": _tree(found),
        "same_address": [_named(row) for row in found.namesakes],
        "consents": _consents(found.consents),
        "sums": _sums(found.sums, customer_id),
        "orders": _orders(found),
        "returned": [_told(row, ("placed_at",), but=("no",)) for row in found.returned],
        "owned": _owned(found.owned, n),
        "open_complaints": found.open_complaints,
        "feedback": [_told(row, ("at",)) for row in found.feedback],
        "interactions": [_told(row, ("at",)) for row in found.interactions],
        "wins": [_told(row, ("at",)) for row in found.wins],
        "reviews": [_told(row, ("at",)) for row in found.reviews],
        "surveys": [
            _told(row, ("at",), ("answers", "texts"), but=("became", "subject", "version")) for row in found.answers
        ],
        "stated": _stated(found.members),
        "contacts": [_told(row, ("at",), but=("evidence", "anonymous_id")) for row in found.contacts],
        "messages": _messages(found),
        "tasks": [
            _told(row, ("due_at", "made_at"), ("title", "note"), but=("key", "changed_at")) for row in found.tasks
        ],
        "web": {
            "since": since.isoformat(),
            "counts": {row["kind"]: row["times"] for row in found.deeds},
            "viewed": [_told(row, ("at",), only=("product_id", "title", "times", "at")) for row in found.viewed],
            "newest": [_told(row, ("at",), but=("product_kind",)) for row in found.acts],
        },
        "content": [
            _told(row, ("at",), only=("product_id", "title", "kind", "at", "customer_id")) for row in found.content
        ],
        "value": _value(found, loaded, now, shop.settings.currency),
        "risks": _risks(found.members),
    }  # fmt: skip


def offers_told(served: Served, owned: Sequence[Mapping[str, Any]], language: str) -> dict[str, Any]:
    """What a decision for the page of a customer says: offers with their pitch, and what was refused and why.

    Args:
        served: the decision, already in the journal.
        owned: `customer_whole(…)["owned"]`: who in the tree has what.
        language: ja or en.
    """
    decision = served.decision
    fates = candidates_told(decision, served.state, served.policy, language)
    whose = {str(row["product_id"]): row["customers"] for row in owned}
    pitches = {(each.product_id, each.kind): (each, pitch(each, language, served.state)) for each in decision.offers}
    offers = []
    for told in fates["offers"]:
        found = pitches.get((told["product"], told["kind"]))
        if found is None:  # of the slate of somebody in the holdout nothing is shown
            continue
        offer, said = found
        text = None if offer.price is None else Money(offer.price, offer.currency).text(language)
        offers.append(
            told | {"id": offer.id, "currency": offer.currency, "price_text": text, "pitch": said.text()}
            | {"act": offer.act, "owned_in_tree": whose.get(offer.product_id, {})}
        )  # fmt: skip
    rules = sorted(decision.refused.items(), key=lambda rule: (-rule[1], rule[0]))
    question = decision.question
    return {
        "decision": decision.id,
        "arm": decision.arm,
        "offers": offers,
        "question": None if question is None else {"code": question, "text": QUESTIONS.text(question, language)},
        "notes": [{"code": note, "text": NOTES.text(note, language)} for note in decision.notes],
        "considered": decision.considered,
        "refused_by_rule": [{"rule": name, "times": n, "text": RULES.text(name, language)} for name, n in rules],
        "refused": fates["refused"][:_MOST_REFUSED],
        "risks": asdict(decision.customer.risks),
    }


def whole_now(
    shop: Shop, decider: Decider, customer_id: str, now: datetime, language: str, rep: str | None = None
) -> dict[str, Any]:
    """`customer_whole` with what to offer, for callers without an event loop; the decision is recorded.

    Raises:
        UnknownCustomer: nobody has this id.
        Unavailable: the store does not answer.
    """
    told = customer_whole(shop, customer_id, now, decider.loaded_or_none)
    if decider.loaded_or_none is None:
        return told | {"offers": None}
    served = decider.decide_now(asked_of(told, language, rep))
    decider.keep_now([served])
    return told | {"offers": offers_told(served, told["owned"], language)}


def _profile(row: Found) -> dict[str, Any]:
    return _told(row, ("created_at",), ("attributes",))


def _named(row: Found) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "kind", "name", "parent_id")}


def _tree(found: OnRecord) -> dict[str, Any]:
    """Members depth first, so that a reader sees each below what it belongs to."""
    orders: dict[str, int] = {}
    last: dict[str, int] = {}
    for row in found.sums:
        who = row["customer_id"]
        orders[who] = orders.get(who, 0) + row["orders"]
        last[who] = max(last.get(who, 0), row["last_at"] or 0)
    below: dict[str, list[Found]] = {}
    root = found.members[0]
    for row in found.members[1:]:
        below.setdefault(row["parent_id"], []).append(row)
    told: list[dict[str, Any]] = []
    waiting = [(root, 0)]
    while waiting:
        row, depth = waiting.pop()
        who = row["id"]
        told.append(
            _named(row) | {
                "depth": depth, "orders": orders.get(who, 0), "open_complaint": who in found.open_complaints,
                "last_order_at": _moment(last.get(who) or None),
            }
        )  # fmt: skip
        waiting += [(each, depth + 1) for each in reversed(below.pop(who, []))]
    return {
        "above": [_named(row) for row in found.above],
        "size": len(told),
        "members": told[:_MOST_MEMBERS],
    }


def _consents(rows: Sequence[Found]) -> list[dict[str, Any]]:
    """The latest word of each purpose and channel."""
    latest = {(row["purpose"], row["channel"]): row for row in rows}
    told = [_told(row, ("at",), but=("customer_id",)) for _, row in sorted(latest.items())]
    return [each | {"granted": bool(each["granted"])} for each in told]


def _sums(rows: Sequence[Found], customer_id: str) -> list[dict[str, Any]]:
    """Of the tree, and of the customer alone, by currency; currencies are never added."""
    counted = ("orders", "cancelled", "amount", "units", "returned_units", "returned_amount")
    told: dict[str, dict[str, Any]] = {}
    for row in rows:
        total = told.setdefault(
            row["currency"],
            {"currency": row["currency"]} | dict.fromkeys(counted, 0) | {"first_at": None, "last_at": None}
            | {"own": dict.fromkeys(counted, 0)},
        )  # fmt: skip
        for name in counted:
            total[name] += row[name]
        for name, choose in _ENDS.items():
            ends = [each for each in (total[name], row[name]) if each is not None]
            total[name] = choose(ends) if ends else None
        if row["customer_id"] == customer_id:
            total["own"] = {name: row[name] for name in counted}
    ordered = sorted(told.values(), key=lambda each: (-each["orders"], each["currency"]))
    return [each | {name: _moment(each[name]) for name in _ENDS} for each in ordered]


_ENDS: Final[Mapping[str, Callable[[list[int]], int]]] = {"first_at": min, "last_at": max}


def _orders(found: OnRecord) -> list[dict[str, Any]]:
    lines: dict[int, list[Found]] = {}
    for row in found.lines:
        lines.setdefault(row["order_no"], []).append(row)
    told = []
    for row in found.orders:
        own = lines.get(row["no"], [])
        told.append(
            _told(row, ("placed_at",), but=("no", "seq")) | {
                "amount": sum(line["amount"] for line in own),
                "lines": [_told(line, (), but=("order_no", "line")) | {"gift": bool(line["gift"])} for line in own],
            }
        )  # fmt: skip
    return told


def _owned(rows: Sequence[Found], n: int) -> list[dict[str, Any]]:
    """What the tree has, the last bought first, with who has how many."""
    told: dict[str, dict[str, Any]] = {}
    for row in rows:
        each = told.setdefault(
            row["product_id"],
            {"product_id": row["product_id"], "title": row["title"], "quantity": 0, "last_at": 0, "customers": {}},
        )
        each["quantity"] += row["quantity"]
        each["last_at"] = max(each["last_at"], row["last_at"])
        each["customers"][row["customer_id"]] = row["quantity"]
    newest = sorted(told.values(), key=lambda each: (-each["last_at"], each["product_id"]))
    return [each | {"last_at": _moment(each["last_at"])} for each in newest[: n * 5]]


def _stated(members: Sequence[Found]) -> list[dict[str, Any]]:
    """Needs, goals and tastes as each member has stated them."""
    told = []
    for row in members:
        known = _object(row["attributes"])
        words = {
            name: [word.strip() for word in str(known.get(name) or "").split(",") if word.strip()] for name in _STATED
        }
        if any(words.values()):
            told.append({"customer_id": row["id"], **words})
    return told


def _messages(found: OnRecord) -> list[dict[str, Any]]:
    became: dict[str, list[str]] = {}
    for row in reversed(found.reactions):
        became.setdefault(row["message_id"] or "", []).append(row["kind"])
    kept = ("id", "customer_id", "channel", "purpose", "template", "source", "state", "code", "asked_at", "sent_at")
    return [
        _told(row, ("asked_at", "sent_at"), only=kept) | {"reactions": [*dict.fromkeys(became.get(row["id"], []))]}
        for row in found.messages
    ]


def _value(found: OnRecord, loaded: Loaded | None, now: datetime, currency: str) -> dict[str, Any] | None:
    """What the tree is expected to bring in a year, summed over those of whom a purchase was learned from.

    None where nothing was learned, or of nobody in the tree. In a tree that buys in several currencies, or in another
    than the shop's, amounts are left open: learning has one currency.
    """
    part = None if loaded is None else loaded.state.parts.get("value")
    if not isinstance(part, FittedLifetimeValue):
        return None
    frame = part.of_many([row["id"] for row in found.members], now, _YEAR)
    if frame.is_empty():
        return None
    clear = {row["currency"] for row in found.sums} <= {currency}
    sums = {
        name: frame[name].sum() if clear and not frame[name].is_null().all() else None for name in ("revenue", "margin")
    }
    own = next(iter(frame.filter(pl.col("customer") == found.members[0]["id"]).iter_rows(named=True)), None)
    return {
        "days": _YEAR, "currency": currency, "customers": frame.height,
        "purchases": round(float(frame["purchases"].sum()), 2),
        **{name: None if value is None else int(value) for name, value in sums.items()},
        "alive": None if own is None else round(own["alive"], 4),
        "return_risk": None if own is None or own["return_risk"] is None else round(own["return_risk"], 4),
    }  # fmt: skip


def _risks(members: Sequence[Found]) -> list[dict[str, Any]]:
    """What people or other systems wrote down of each member: unpaid bills, scores, cost."""
    told = []
    for row in members:
        known = _object(row["attributes"])
        flags = {name: str(known[name]) for name in _FLAGS if known.get(name)}
        if flags:
            told.append({"customer_id": row["id"], **flags})
    return told


def _told(
    row: Mapping[str, Any],
    moments: Sequence[str],
    objects: Sequence[str] = (),
    *,
    but: Sequence[str] = (),
    only: Sequence[str] | None = None,
) -> dict[str, Any]:
    """A row as plain JSON: moments written out, JSON read; its names are the plain text that JSON writers insist on."""
    told: dict[str, Any] = {}
    for name in row if only is None else only:
        if name in but:
            continue
        value = row[name]
        told[str(name)] = _moment(value) if name in moments else _object(value) if name in objects else value
    return told


def _moment(at: int | None) -> str | None:
    return None if at is None else from_micros(at).isoformat()


def _object(text: object) -> dict[str, Any]:
    found = json.loads(str(text)) if text else {}
    return found if isinstance(found, dict) else {}
