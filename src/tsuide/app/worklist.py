"""A rep's worklist: accounts ranked by past results × room to grow, each with its next offer.

Looking at the list touches nobody: its decisions are recorded, no outcome is. `worklist_answers` keeps what a rep says.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

import numpy as np

from tsuide.app.accepting import holds_until
from tsuide.app.catalogue import Catalogue
from tsuide.app.contact_habits import Habits
from tsuide.app.deciding import Decider, Served
from tsuide.app.models import ROOM_DAYS
from tsuide.app.silence import why_silent
from tsuide.app.wiring import Shop
from tsuide.app.worklist_accounts import Known, known_accounts
from tsuide.app.worklist_wins import with_wins
from tsuide.errors import BadValue
from tsuide.kit.clock import from_micros, to_micros
from tsuide.mining.contact_time import Hour
from tsuide.mining.rooms import AccountRoom, FittedRooms
from tsuide.mining.whitespace import Room
from tsuide.offers.offer import Offer, OfferItem, Reason
from tsuide.offers.pitch import pitch
from tsuide.offers.request import OfferRequest, Rep
from tsuide.outreach.sales.phrases import DAYS, WORKLIST, sentence
from tsuide.outreach.sales.worklist import QUADRANTS, Accounts, Ranking, Thresholds, rank
from tsuide.outreach.segments.sheets import CUSTOMER
from tsuide.store.people import Bought
from tsuide.store.rows import Found

SHOWN: Final = 20
MOST: Final = 200
_THRESHOLDS: Final = "worklist_thresholds"
_MONTHS: Final = ROOM_DAYS / 30.4
_SILENT: Final = 90  # days without an order that are worth a word
_RARELY: Final = 3
_PRIOR: Final = 20.0  # answers that the usual share of offers taken up is worth
_USUAL_HOUR: Final = 10
_WORKDAYS: Final = 5
_SPOKEN: Final = ("rep", "phone")  # channels on which a rep reaches somebody
_MOST_NOTES: Final = 3
_DIGITS: Final = 4


# --- thresholds ---------------------------------------------------------------------------------------------------


def thresholds_of(shop: Shop) -> Thresholds:
    """From where on an account counts as high in this shop."""
    text = shop.store.settings.get(_THRESHOLDS)
    return Thresholds(**json.loads(text)) if text else Thresholds()


def thresholds_told(thresholds: Thresholds) -> dict[str, Any]:
    """As JSON."""
    return asdict(thresholds)


def set_thresholds(shop: Shop, thresholds: Thresholds, now: datetime) -> None:
    """Keep them; they hold from the next list on."""
    shop.store.settings.put(_THRESHOLDS, json.dumps(asdict(thresholds)), now)


# --- the list -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a rep asks for.

    Args:
        rep: the customers' attribute `owner`.
        language: of sentences, ja or en.
        n: accounts with an offer at most, over all groups.
        everybody: list all other accounts too, without asking for offers.
        qualifications: what the rep may advise on.

    Raises:
        BadValue: no rep, or n outside 1 … 200.
    """

    rep: str
    language: str
    n: int = SHOWN
    everybody: bool = False
    qualifications: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.rep.strip():
            raise BadValue("whose worklist?", key="rep", value=self.rep, way_out="the owner of the customers")
        if not 1 <= self.n <= MOST:
            raise BadValue(f"must be 1 … {MOST}", key="n", value=self.n)


def worklist_now(shop: Shop, decider: Decider, wanted: Wanted, now: datetime, habits: Habits) -> dict[str, Any]:
    """`worklist` for callers without an event loop: its decisions are recorded.

    Raises:
        NothingLearned: nothing has been learned yet.
        Unavailable: the store does not answer.
    """
    told, served = worklist(shop, decider, wanted, now, habits)
    decider.keep_now(served)
    return told


def worklist(
    shop: Shop, decider: Decider, wanted: Wanted, now: datetime, habits: Habits
) -> tuple[dict[str, Any], list[Served]]:
    """A rep's list as JSON, one group for each currency; and its decisions, to be recorded before anybody sees it.

    Args:
        shop: whose.
        decider: with the state in force.
        wanted: whose list.
        now: UTC.
        habits: when customers react.

    Raises:
        NothingLearned: nothing has been learned yet.
        Unavailable: the store does not answer.
    """
    part = decider.loaded.state.parts.get("rooms")
    known = known_accounts(shop, part if isinstance(part, FittedRooms) else None, wanted.rep, now)
    away = _away(shop.store.worklist.answers([each.id for each in known]), now)
    thresholds, rates = thresholds_of(shop), line_rates(shop.store.worklist.settled())
    groups: list[dict[str, Any]] = []
    served: list[Served] = []
    offered = 0
    for currency, members in _grouped(known, shop.settings.currency).items():
        ranking = rank(_arrays(members, rates), thresholds)
        asked = _Asked(shop, decider, wanted, habits, members, ranking)
        entries, held = asked.listed(away, wanted.n - offered)
        offered += len(entries)
        served += [one for one, _ in (*entries, *held)]  # a decision for silence is recorded like any other
        group = _group(currency, members, ranking)
        group |= {"entries": [told for _, told in entries], "held": [told for _, told in held]}
        if wanted.everybody:
            group["everybody"] = [asked.told(place) for place in ranking.order.tolist()]
        groups.append(group)
    _with_colleagues(shop, groups)
    rows = {each.id: each.row for each in known}
    listed = [each for group in groups for each in group["entries"]]
    with_wins(shop, decider.loaded.catalogue, listed, rows, wanted.rep, wanted.language)
    told = {
        "rep": wanted.rep,
        "accounts": len(known),
        "at": now.isoformat(),
        "thresholds": asdict(thresholds),
        "away": [{"account": who, **each} for who, each in sorted(away.items())],
        "groups": groups,
        "text": None if offered else _empty(wanted.rep, known, groups, wanted.language),
    }
    return told, served


_Entry = tuple[Served, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Asked:
    """The accounts of one currency in their order, of whom offers are asked for."""

    shop: Shop
    decider: Decider
    wanted: Wanted
    habits: Habits
    members: Sequence[Known]
    ranking: Ranking

    def told(self, place: int) -> dict[str, Any]:
        """One account, without an offer."""
        return _account_told(self.members[place], self.ranking, place, self.wanted.language)

    def _named(self, who: str) -> Collection[str]:
        """The segments that a customer is in."""
        return self.shop.store.segments.named(CUSTOMER + who)

    def listed(self, away: Collection[str], n: int) -> tuple[list[_Entry], list[_Entry]]:
        """The first n accounts with an offer, and those before them to whom the policy says silence."""
        language, rep = self.wanted.language, Rep(self.wanted.rep, self.wanted.qualifications)
        entries: list[_Entry] = []
        held: list[_Entry] = []
        for place in self.ranking.order.tolist():
            if len(entries) >= n or len(entries) + len(held) >= 2 * self.wanted.n:
                break
            account = self.members[place]
            if account.id in away:
                continue
            bought = self.shop.store.people.bought(account.id)
            one = _decided(self.decider, account, bought, rep, language)
            if one.decision.offers:
                told = _offer_told(one, account, bought, self.habits, language, self._named)
                entries.append((one, self.told(place) | told))
            else:
                why = why_silent(one.decision, language)
                silence = {"decision": one.decision.id, "question": why.pop("question"), "why_no_offer": why}
                held.append((one, self.told(place) | silence))
        return entries, held


def _empty(rep: str, known: Sequence[Known], groups: Sequence[Mapping[str, Any]], language: str) -> str:
    if not known:
        return WORKLIST.text("empty", language, rep=rep)
    held = sum(len(group["held"]) for group in groups)
    return WORKLIST.text("all_held", language, n=held) if held else WORKLIST.text("done", language)


def _away(answers: Sequence[Found], now: datetime) -> dict[str, dict[str, Any]]:
    """Accounts that do not come back to the list yet, by the newest answer."""
    newest = {row["customer_id"]: row for row in answers}
    return {
        who: {"state": row["state"], "reason": row["reason"], "until": from_micros(row["until"]).isoformat()}
        for who, row in newest.items()
        if row["until"] is not None and row["until"] > to_micros(now)
    }


def line_rates(settled: Sequence[Found]) -> dict[str, float]:
    """By what factor the chance of a line differs from the usual one, by what reps took up and dismissed.

    A line without answers has the factor 1; few answers move it little: 20 of the usual kind stand beside them.

    >>> ink, pens = ({"line": "ink", "state": "accepted", "n": 30}, {"line": "pens", "state": "dismissed", "n": 10})
    >>> rates = line_rates([ink, pens])
    >>> {line: round(rate, 2) for line, rate in rates.items()}
    {'ink': 1.2, 'pens': 0.67}
    """
    taken: dict[str, list[int]] = {}
    for row in settled:
        if row["line"] is not None:
            counts = taken.setdefault(row["line"], [0, 0])
            counts[row["state"] != "accepted"] += int(row["n"])
    yes, no = (sum(each[at] for each in taken.values()) for at in (0, 1))
    if yes == 0 or no == 0:  # nothing tells one line from another
        return {}
    usual = yes / (yes + no)
    return {line: (y + _PRIOR * usual) / (y + n + _PRIOR) / usual for line, (y, n) in sorted(taken.items())}


def _grouped(known: Sequence[Known], own: str) -> dict[str, list[Known]]:
    """Accounts by currency, the largest group first; who never bought stands with their room's currency.

    Of whom neither is known stands with the shop's own currency, else at the end of the largest group.
    """
    groups: dict[str, list[Known]] = {}
    for each in known:
        room = each.own_room
        groups.setdefault(
            each.currency or (each.room.currency if each.room and room and room.lines else ""), []
        ).append(each)
    nobody = groups.pop("", [])
    if nobody:
        there = own if own in groups or not groups else max(groups, key=lambda name: len(groups[name]))
        groups.setdefault(there, []).extend(nobody)
    return dict(sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])))


def _room_currency(account: Known) -> str:
    """The currency of an account's room; "" where no room is known of it."""
    room = account.own_room
    return account.room.currency if account.room is not None and room is not None and room.lines else ""


def _arrays(members: Sequence[Known], rates: Mapping[str, float]) -> Accounts:
    rooms = [each.own_room for each in members]
    return Accounts(
        results=np.array([each.results for each in members], dtype=np.int64),
        room=np.array([0.0 if room is None else room.total for room in rooms], dtype=np.float64),
        reach=np.array([0.0 if room is None else (room.high - room.low) / 2 for room in rooms], dtype=np.float64),
        touches=np.array([each.touches for each in members], dtype=np.int64),
        reactions=np.array([each.reactions for each in members], dtype=np.int64),
        months=_MONTHS,
        taken=np.array([_rate(room, rates) for room in rooms], dtype=np.float64),
    )


def _rate(room: AccountRoom | None, rates: Mapping[str, float]) -> float:
    """The factors of an account's lines, weighted by their potential."""
    whole = sum(each.potential for each in room.lines) if room is not None and rates else 0
    if room is None or whole == 0:
        return 1.0
    return sum(each.potential * rates.get(each.line, 1.0) for each in room.lines) / whole


def _group(currency: str, members: Sequence[Known], ranking: Ranking) -> dict[str, Any]:
    counts = np.bincount(ranking.quadrant, minlength=len(QUADRANTS)).tolist()
    return {
        "currency": currency or None,
        "accounts": len(members),
        "quadrants": dict(zip(QUADRANTS, counts, strict=True)),
        "results_line": ranking.results_line,
        "room_line": ranking.room_line,
    }


# --- one account --------------------------------------------------------------------------------------------------


def _account_told(account: Known, ranking: Ranking, at: int, language: str) -> dict[str, Any]:
    room = account.own_room
    reasons = _reasons(account, ranking, at)
    return {
        "account": account.id,
        "name": account.name,
        "quadrant": QUADRANTS[int(ranking.quadrant[at])],
        "priority": round(float(ranking.priority[at])),
        "results": account.results,
        "orders": account.orders,
        "other_currencies": dict(account.others),
        "room": None if room is None else {"amount": room.total, "low": room.low, "high": room.high},
        "white_space": [] if room is None else [_line_told(each) for each in room.lines],
        "what": {"high": bool(ranking.what_high[at]), "share": round(float(ranking.what[at]), _DIGITS)},
        "pace": {"high": bool(ranking.pace_high[at]), "a_month": round(float(ranking.pace[at]), _DIGITS)},
        "same_contact_as": account.same_as,
        "reasons": [
            {"code": each.code, "numbers": dict(each.numbers), "text": sentence(each, language)} for each in reasons
        ],
    }


def _line_told(room: Room) -> dict[str, Any]:
    return {
        "line": room.line, "potential": room.potential, "low": room.potential_low, "high": room.potential_high,
        "share": round(room.share, _DIGITS), "buyers": room.buyers,
    }  # fmt: skip


def _reasons(account: Known, ranking: Ranking, at: int) -> list[Reason]:
    room = account.own_room
    found = [] if room is None else [_room_reason(each, room.currency) for each in room.lines[:1]]
    if account.orders:
        bought: dict[str, int | float | str] = {
            "amount": account.results,
            "orders": account.orders,
            "currency": account.currency,
        }
        found.append(Reason("results", bought))
    elif account.room is None:
        found.append(Reason("not_learned"))
    else:
        found.append(Reason("no_orders" if account.room.lines else "nothing_known"))
    found += [Reason("other_currency", {"amount": a, "currency": name}) for name, a in account.others.items()]
    if account.silent is not None and account.silent >= _SILENT:
        found.append(Reason("silent", {"days": account.silent}))
    if account.touches > account.all_orders:  # an order is an answer in itself
        found.append(Reason("reacts", {"touches": account.touches, "reactions": account.reactions}))
    if 0 < account.touches <= _RARELY and not ranking.pace_high[at]:
        found.append(Reason("rarely_touched", {"touches": account.touches}))
    found += [Reason("held_elsewhere", {"line": each}) for each in account.elsewhere]
    if account.same_as is not None:
        found.append(Reason("same_contact", {"account": account.same_as}))
    return found


def _room_reason(room: Room, currency: str) -> Reason:
    numbers: dict[str, int | float | str] = {
        "line": room.line, "share": room.share, "buyers": room.buyers, "potential": room.potential,
        "low": room.potential_low, "high": room.potential_high, "currency": currency,
    }  # fmt: skip
    return Reason("room", numbers)


def _decided(decider: Decider, account: Known, bought: Sequence[Bought], rep: Rep, language: str) -> Served:
    """What `decide` would have this rep propose, beside what the account bought last.

    First of the lines in which there is most room; where it finds nothing there, of whatever there is.
    """
    last = bought[-1][0] if bought else None
    needs = str(json.loads(account.row["attributes"] or "{}").get("needs") or "")
    said = tuple(each.strip() for each in needs.split(",") if each.strip())
    asked = replace(rep, needs=said)
    request = OfferRequest("rep", 1, customer_id=account.id, product_id=last, rep=asked, language=language)
    room = account.own_room
    if room is not None and room.lines:
        found = decider.decide_now(replace(request, categories=tuple(each.line for each in room.lines)))
        if found.decision.offers or found.decision.arm == "holdout":
            return found
    return decider.decide_now(request)


def _offer_told(
    served: Served,
    account: Known,
    bought: Sequence[Bought],
    habits: Habits,
    language: str,
    named: Callable[[str], Collection[str]],
) -> dict[str, Any]:
    decision, offer = served.decision, served.decision.offers[0]
    words, product = pitch(offer, language, served.state), served.product(offer.product_id)
    quantity = suggested_quantity(offer, bought, served.catalogue)
    value = None if offer.price is None else offer.price * quantity
    return {
        "offer": {
            "id": offer.id,
            "decision": decision.id,
            "kind": offer.kind,
            "product_id": offer.product_id,
            "title": served.state.title(offer.product_id, language),
            "items": [_item_told(served, each, language) for each in offer.bought],
            "image": product.image,
            "act": offer.act,
            "price": offer.price,
            "currency": offer.currency,
            "quantity": quantity,
            "value": value,
            "expires_at": holds_until(decision, offer).isoformat(),
            "pitch": {
                "benefit": words.benefit,
                "evidence": list(words.evidence),
                "difference": list(words.difference),
                "price": words.price,
                "caution": words.caution,
                "text": words.text(),
            },
        },
        "best_time": best_time(habits, account, language, named),
    }


def _item_told(served: Served, item: OfferItem, language: str) -> dict[str, Any]:
    title = served.state.title(item.product_id, language)
    return {"product_id": item.product_id, "title": title, "quantity": item.quantity}


def suggested_quantity(offer: Offer, bought: Sequence[Bought], catalogue: Catalogue) -> int:
    """As many as the account usually takes of it at a time, else of things of its line; never more than are in stock.

    Of sets as many as the offer names.
    """
    named = max((each.quantity for each in offer.bought if each.product_id == offer.product_id), default=1)
    product = catalogue.product(offer.product_id)
    if len(offer.bought) > 1 or product is None:
        return named
    own = [units for what, _, units, _, gift, _ in bought if what == offer.product_id and units > 0 and not gift]
    line = product.category[:1]
    like = [
        units
        for what, _, units, _, gift, _ in bought
        if line and units > 0 and not gift and (each := catalogue.product(what)) and each.category[:1] == line
    ]
    usual = sorted(own or like)
    units = max(named, usual[(len(usual) - 1) // 2]) if usual else named
    return units if product.stock is None or product.stock < named else min(units, product.stock)


def best_time(
    habits: Habits, account: Known, language: str, named: Callable[[str], Collection[str]] = lambda _who: ()
) -> dict[str, Any]:
    """Whom in an account to reach on a working day, and when: who was reached most often is known best.

    Args:
        habits: when customers react.
        account: with the people in it; contacts are with them as often as with the account itself.
        language: ja or en.
        named: customer → the segments that they are in.

    Returns:
        weekday, hour and probability; `contacts`, how many of the person's own are behind it; `contact`, who; a usual
        hour where nothing was learned.
    """
    everybody = (account.id, *(person for person, _ in account.people))
    known = [(habits.contacts(each, channel), each, channel) for each in everybody for channel in _SPOKEN]
    own, who, channel = max(known, key=lambda each: each[0])  # of equals the account itself
    segment = habits.segment_of(named(who)) if habits.segments else ""
    hours = habits.hours(who, channel, segment)[:_WORKDAYS]
    if not hours:
        text = WORKLIST.text("when_usual", language, hour=_USUAL_HOUR)
        usual = {"weekday": None, "hour": _USUAL_HOUR, "probability": None, "contacts": 0}
        return {**usual, "contact": {"id": account.id, "name": account.name}, "text": text}
    best: Hour = max(hours, key=lambda hour: (hour.probability, -hour.weekday))
    day = DAYS.text(str(best.weekday), language)
    text = WORKLIST.text("when", language, day=day, hour=best.hour, probability=f"{best.probability:.0%}")
    name = dict(account.people).get(who, account.name)
    if who != account.id:
        text = WORKLIST.text("when_whom", language, when=text, name=name)
    return {"weekday": best.weekday, "hour": best.hour, "probability": round(best.probability, _DIGITS),
            "contacts": own, "contact": {"id": who, "name": name}, "text": text}  # fmt: skip


def _with_colleagues(shop: Shop, groups: Sequence[dict[str, Any]]) -> None:
    """Add to each pitch what colleagues wrote of its product."""
    entries = [each for group in groups for each in group["entries"]]
    by_product: dict[str, list[dict[str, Any]]] = {}
    for row in shop.store.worklist.notes(sorted({each["offer"]["product_id"] for each in entries})):
        told = {"rep": row["rep"], "text": row["text"], "before": row["before"], "after": row["after"]}
        by_product.setdefault(row["product_id"], []).append(told)
    for each in entries:
        each["offer"]["pitch"]["colleagues"] = by_product.get(each["offer"]["product_id"], [])[:_MOST_NOTES]
