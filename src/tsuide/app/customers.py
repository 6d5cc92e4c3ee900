"""Prepare a customer for `decide`: everything that it may know of them, read from the store beforehand."""

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, TypeVar, cast
from zlib import crc32

import numpy as np

from tsuide.app.loading import Loaded
from tsuide.app.memberships import Memberships
from tsuide.facts.consent import Channel, Purpose
from tsuide.kit.clock import MICROS_PER_SECOND, from_micros, to_micros
from tsuide.kit.maker import maker
from tsuide.offers import codes
from tsuide.offers.customer import (
    LONGEST_MEMORY_DAYS,
    MOST_TOUCHES,
    CustomerView,
    Due,
    Expected,
    Grant,
    Joined,
    Owned,
    PriceBand,
    Risks,
    Touch,
    Viewed,
    allowed,
)
from tsuide.offers.learned import (
    Outlook,
    Times,
    habits_of,
    heeds_looks,
    likely_beside,
    likely_next,
    likely_views,
    outlook_of,
    refills_due,
    times_bought,
)
from tsuide.offers.moved import PREFIX as UPLIFT_PREFIX
from tsuide.offers.moved import FittedUplift
from tsuide.offers.offer import Kind, NoReason, Outcome, Placement
from tsuide.offers.records import MOST_MONEY
from tsuide.offers.request import OfferRequest
from tsuide.offers.state import State
from tsuide.outreach.segments.sheets import CUSTOMER
from tsuide.store.database import Store
from tsuide.store.outcomes import Contact
from tsuide.store.people import NOBODY, Bought, Person, Seen

_MOST_KEPT: Final = 20_000  # customers whose history is remembered
_MOST_CARTS: Final = 8_000  # of which what completes them is remembered
_MOST_PERSONS: Final = 5_000  # of whom the last that was read is remembered, for when the store is away
_SEEN_FOR: Final = timedelta(days=30)
_REMEMBERED: Final = timedelta(days=LONGEST_MEMORY_DAYS)
_VISIT: Final = 30 * 60 * MICROS_PER_SECOND  # without a view, after which a visit is over
_MOST_SEEN: Final = 50
_MOST_IN_VISIT: Final = 20
_BAND: Final = (0.1, 0.5, 0.9)
_WHOLE: Final = 10_000  # basis points
_HOUR_S: Final = 3_600
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_YES: Final = frozenset({"yes", "true", "1"})


@dataclass(frozen=True, slots=True, eq=False)
class _History:
    """What changes only with the customer's own orders; `bought` tells when what is owned was bought last."""

    bought: Mapping[str, int]
    owned: tuple[Owned, ...]
    band: PriceBand | None
    return_rate: int | None
    bought_units: int


@dataclass(frozen=True, slots=True, eq=False)
class _Foreseen:
    """What learning foresees for an hour, unless the customer buys or something new is learned before."""

    history: _History
    hour: datetime
    due: tuple[Due, ...]
    expected: tuple[Expected, ...]
    times: Times


class Customers:
    """Views of customers.

    Of a customer's attributes these are read by name: ``age`` or ``birth_date`` (ISO), ``tastes``, ``needs``,
    ``goals`` and ``segments`` (words with commas between), ``won``, ``payment_default`` and ``open_complaint`` (yes),
    ``last_score`` (0 … 10), ``cost_to_serve`` and ``margin`` (of a year, minor units; what is given here goes before
    what was learned).

    Args:
        store: what is known of them.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._memberships = Memberships(store)
        self._persons: OrderedDict[tuple[str | None, str | None], Person] = OrderedDict()
        self._histories: OrderedDict[str, _History] = OrderedDict()
        self._foreseen: OrderedDict[str, _Foreseen] = OrderedDict()
        self._carts: OrderedDict[tuple[object, ...], tuple[_Foreseen, tuple[Expected, ...]]] = OrderedDict()
        self._outlooks: OrderedDict[tuple[str, bool], tuple[datetime, Outlook]] = OrderedDict()
        self._state: State | None = None
        self._reached = 0

    def view(self, request: OfferRequest, now: datetime, loaded: Loaded) -> CustomerView:
        """The customer of a request; one whom nobody knows is new, not an error.

        Without consent to personalisation only what this visit looked at is told beside contacts, age and risks.

        Args:
            request: names them.
            now: UTC.
            loaded: what was learned; its sequence is the newest fact that the caller knows of, and customers who
                bought since are read again when it moved.
        """
        customer, anonymous = request.customer_id, request.anonymous_id
        if customer is None and anonymous is None:
            return self._view_of_nobody(request, loaded)
        lessons = len(loaded.state.contents) > 0
        person = self._store.people.of(
            customer, anonymous, now - _SEEN_FOR, lessons=lessons, contacts_since=now - _REMEMBERED
        )
        self._remember(customer, anonymous, person)
        return self._view_of(person, request, now, loaded)

    def last_view(self, request: OfferRequest, now: datetime, loaded: Loaded) -> tuple[CustomerView, bool]:
        """The customer of a request as far as this process remembers them; the store is not asked.

        Of whom nothing is remembered only this page and its cart are told: without a consent nothing personal is.

        Returns:
            The view, and whether anything of the customer was remembered.
        """
        customer, anonymous = request.customer_id, request.anonymous_id
        if customer is None and anonymous is None:
            return self._view_of_nobody(request, loaded, away=True), False
        person = self._persons.get((customer, anonymous))
        if person is None and customer is not None:
            person = self._persons.get((customer, None))
        return self._view_of(person or NOBODY, request, now, loaded, away=True), person is not None

    def _view_of_nobody(self, request: OfferRequest, loaded: Loaded, *, away: bool = False) -> CustomerView:
        seen = (request.product_id,) if request.product_id else ()
        return CustomerView(
            session_products=seen,
            session=likely_views(seen, loaded.state),
            segments=self._claimed(request.segments, away=away),
        )

    def _remember(self, customer: str | None, anonymous: str | None, person: Person) -> None:
        if person is NOBODY:
            return
        self._persons[customer, anonymous] = person
        self._persons.move_to_end((customer, anonymous))
        if len(self._persons) > _MOST_PERSONS:
            self._persons.popitem(last=False)

    def _view_of(
        self, person: Person, request: OfferRequest, now: datetime, loaded: Loaded, *, away: bool = False
    ) -> CustomerView:
        customer, anonymous = request.customer_id, request.anonymous_id
        touches = _touches_of(person.contacts[-MOST_TOUCHES:]) if person.contacts else ()
        seen_now = _of_visit(person.seen, request, now) if person.seen else []
        visit, removed = _looked_at(seen_now, request), _removed(seen_now) if seen_now else ()
        session = likely_views(visit, loaded.state)
        if customer is None:
            return _make_view(
                anonymous_id=anonymous,
                touches=touches,
                session_products=visit,
                removed=removed,
                session=session,
                viewed=_viewed(person.seen, ()) if person.seen else (),
                joined=_joined(person.joined) if person.joined else (),
                segments=(*self._claimed(request.segments, away=away), *self._of(None, anonymous, away=away)),
            )
        known = {"id": customer, "anonymous_id": anonymous, "touches": touches, "session_products": visit}
        told = known | {"session": session, "removed": removed}
        return self._known(told, person, request, now, loaded, away=away)

    def refresh(self) -> None:
        """Take up who came into a segment or left one.

        Raises:
            Unavailable: the store does not answer.
        """
        self._memberships.refresh()

    def _of(self, customer: str | None, anonymous: str | None, *, away: bool) -> tuple[str, ...]:
        memberships = self._memberships
        return memberships.remembered(customer, anonymous) if away else memberships.of(customer, anonymous)

    def _claimed(self, segments: tuple[str, ...], *, away: bool = False) -> tuple[str, ...]:
        """Without those that are defined here: who is in these is known, and not a matter of saying so."""
        if not segments:
            return segments
        defined = self._memberships.last_defined if away else self._memberships.defined
        if not defined:
            return segments
        return tuple(each for each in segments if each not in defined)

    def _known(
        self,
        told: dict[str, Any],
        person: Person,
        request: OfferRequest,
        now: datetime,
        loaded: Loaded,
        *,
        away: bool = False,
    ) -> CustomerView:
        """The view of a customer from what is `told` of anybody; made once, since every making costs a request time."""
        self._foresee_by(loaded.state)
        said = _said(person.attributes)
        attributes = said.attributes
        history = _NO_HISTORY
        if away:
            history = self._histories.get(told["id"], _NO_HISTORY)
        elif person.kind is not None:
            history = self._history(told["id"], loaded.sequence)
        grants = _grants(person.consents)
        outlook = self._outlook(told["id"], now, loaded.state, margin_asked=said.cost is not None)
        told |= {
            "consents": grants,
            "owned": history.owned,
            "attributes": attributes,
            "age": _age(attributes, now) if attributes else None,
            "company": person.kind == "company",
            "risks": _risks(history, said, outlook),
            "won": said.won,
            "joined": _joined(person.joined) if person.joined else (),
            "segments": self._claimed(_segments(request.segments, said.segments), away=away),
        }
        channel = codes.CHANNEL_OF_PLACEMENT[request.placement]
        if not (allowed(grants, "personalisation", channel) or allowed(grants, "personalisation", "site")):
            return _make_view(**told)
        uplift = loaded.state.parts.get("uplift")
        moved = uplift.segment_of(told["id"]) if isinstance(uplift, FittedUplift) else None
        kept = self._of(told["id"], None, away=away)
        if kept or moved is not None:
            told["segments"] = (*told["segments"], *kept, *(() if moved is None else (moved,)))
        habits = self._habits(told["id"], history, now, loaded.state)
        told |= {
            "viewed": _viewed(person.seen, history.owned) if person.seen else (),
            "abandoned": _left_behind(person.seen, history.owned, request, now) if person.seen else (),
            "due": habits.due,
            "expected": self._beside(request, habits, loaded.state) or habits.expected,
            "price_band": history.band,
        }
        if attributes:
            told |= {"tastes": said.tastes, "needs": said.needs, "goals": said.goals}
        return _make_view(**told)

    def _foresee_by(self, state: State) -> None:
        """Let go of what another state foresaw: who does not come again must not keep it alive."""
        if state is not self._state:
            if self._state is not None and not _foresee_alike(self._state, state):
                for each in (self._foreseen, self._carts, self._outlooks):
                    each.clear()
            self._state = state

    def _habits(self, customer: str, history: _History, now: datetime, state: State) -> _Foreseen:
        """Refills and next basket, foreseen once an hour: the decision's record keeps what it was given."""
        hour = _hour_of(customer, now)
        kept = self._foreseen.get(customer)
        if kept is None or kept.history is not history or kept.hour != hour:
            habits = habits_of(customer, history.bought, state)
            times = times_bought(habits)
            due = refills_due(habits, state, hour)
            expected = likely_next(customer, times, state, hour, bought=history.bought)
            kept = _Foreseen(history, hour, due, expected, times)
            self._keep(state, self._foreseen, customer, kept, _MOST_KEPT)
        return kept

    def _beside(self, request: OfferRequest, habits: _Foreseen, state: State) -> tuple[Expected, ...]:
        """What completes the customer's cart, or goes with what they look at.

        Foreseen once for each: a visit's pages ask with the same cart again and again.
        """
        customer, looked_at = request.customer_id, request.product_id
        assert customer is not None  # noqa: S101 - a customer is known here
        if not request.cart and looked_at is None:
            return ()
        cart = tuple([line.product_id for line in request.cart])
        asked = (customer, cart, looked_at if heeds_looks(state) else None)
        kept = self._carts.get(asked)
        if kept is not None and kept[0] is habits:
            return kept[1]
        found = likely_beside(
            customer, cart, habits.times, state, habits.hour, looked_at=looked_at, bought=habits.history.bought
        )
        self._keep(state, self._carts, asked, (habits, found), _MOST_CARTS)
        return found

    def _outlook(self, customer_id: str, now: datetime, state: State, *, margin_asked: bool) -> Outlook:
        """As learned; kept for an hour."""
        hour = _hour_of(customer_id, now)
        kept = self._outlooks.get((customer_id, margin_asked))
        if kept is None or kept[0] != hour:
            found = outlook_of(customer_id, state, hour, margin_asked=margin_asked)
            kept = (hour, found)
            self._keep(state, self._outlooks, (customer_id, margin_asked), kept, _MOST_KEPT)
        return kept[1]

    def _keep(self, state: State, kept: OrderedDict[_Key, _Value], key: _Key, value: _Value, most: int) -> None:
        """Remember what a state foresaw, unless another thread has taken up a newer one meanwhile."""
        if state is self._state:
            kept[key] = value
            if len(kept) > most:
                kept.popitem(last=False)

    def _history(self, customer_id: str, sequence: int) -> _History:
        if sequence > self._reached:
            for buyer in self._store.people.buyers_since(self._reached) if self._histories else ():
                self._histories.pop(buyer, None)
            self._reached = sequence
        kept = self._histories.get(customer_id)
        if kept is None:
            kept = self._histories[customer_id] = _history_of(self._store.people.bought(customer_id))
            if len(self._histories) > _MOST_KEPT:
                self._histories.popitem(last=False)
        return kept


def _hour_of(customer: str, now: datetime) -> datetime:
    """The moment, less than an hour ago, from which on what is foreseen of a customer is kept.

    Each customer has a second of their own: else everybody's would be worked out anew as the clock strikes.

    >>> from datetime import UTC
    >>> [_hour_of(who, datetime(2026, 1, 1, 12, 0, tzinfo=UTC)).strftime("%H:%M:%S") for who in ("c1", "c2")]
    ['11:44:17', '11:21:31']
    """
    own = timedelta(seconds=crc32(customer.encode("utf-8", "surrogatepass")) % _HOUR_S)
    return (now - own).replace(minute=0, second=0, microsecond=0) + own


def _touches_of(rows: Sequence[Contact]) -> tuple[Touch, ...]:
    """One contact is one moment: what a page or mail showed counts from the first of it that was seen."""
    first: dict[str, int] = {}
    return tuple(
        [
            _touch(
                row, first.setdefault(row.decision_id, row.at) if row.outcome == "shown" and row.decision_id else row.at
            )
            for row in rows
        ]
    )


def _touch(row: Contact, at: int) -> Touch:
    return _make_touch(
        at=from_micros(at),
        outcome=cast("Outcome", row.outcome),
        placement=cast("Placement | None", row.placement),
        channel=cast("Channel", row.channel or "site"),
        kind=cast("Kind | None", row.kind),
        product_id=row.product_id,
        category=row.category,
        reason=cast("NoReason | None", row.reason),
    )


_make_touch: Final = maker(Touch)
_make_view: Final = maker(CustomerView)
_make_viewed: Final = maker(Viewed)
_make_owned: Final = maker(Owned)
_make_risks: Final = maker(Risks)
_NO_HISTORY: Final = _History({}, (), None, None, 0)


def _foresee_alike(one: State, other: State) -> bool:
    """Whether two states foresee the same: of one learning, of the same products, as many of them used up.

    A change of prices or stock changes nothing of it, and may come every minute.
    """
    if one.parts is not other.parts or one.ids is not other.ids:
        return False
    return one.items is other.items or np.array_equal(one.items["durable"], other.items["durable"])


def _history_of(lines: Sequence[Bought]) -> _History:
    """What lines, oldest first, tell: gifts and what came back are not owned; what was paid forms the band."""
    last, kept = dict[str, int](), dict[str, int]()
    prices, units, returned = [], 0, 0
    for product, at, quantity, back, gift, amount in lines:
        units, returned = units + quantity, returned + back
        if quantity > 0:
            prices.append(amount // quantity)
        if not gift and quantity > back:
            last[product] = at
            kept[product] = kept.get(product, 0) + quantity - back
    moments = {at: from_micros(at) for at in set(last.values())}  # of an order's products it is the same
    ranked = sorted(zip(last.values(), last, kept.values(), strict=True))
    return _History(
        bought=last,
        owned=tuple([_make_owned(product, moments[at], quantity) for at, product, quantity in ranked]),
        band=_band(prices, units),
        return_rate=returned * _WHOLE // units if units else None,
        bought_units=units,
    )


def _band(prices: list[int], units: int) -> PriceBand | None:
    """10th, 50th and 90th percentile, each a price that was paid.

    >>> _band([300, 100, 200], 4)
    PriceBand(low=100, middle=200, high=300, units=4)
    """
    if not prices:
        return None
    ordered = sorted(prices)
    low, middle, high = (ordered[round(share * (len(ordered) - 1))] for share in _BAND)
    return PriceBand(low, middle, high, units)


def _viewed(seen: Sequence[Seen], owned: Sequence[Owned]) -> tuple[Viewed, ...]:
    """What was looked at and not bought since, the last looked at last."""
    bought = {each.product_id: to_micros(each.at) for each in owned}
    found: dict[str, tuple[int, int]] = {}
    for product, at, _, kind in seen:
        if kind == "view" and at > bought.get(product, -1):
            found[product] = (found.pop(product, (0, 0))[0] + 1, at)
    newest = list(found.items())[-_MOST_SEEN:]
    return tuple(_make_viewed(product, times, from_micros(at)) for product, (times, at) in newest)


def _of_visit(seen: Sequence[Seen], request: OfferRequest, now: datetime) -> list[Seen]:
    """What was done in this visit, the latest first."""
    end, found = to_micros(now), []
    for one in reversed(seen):
        same = one.session_id == request.session_id if request.session_id and one.session_id else True
        if not same or end - one.at > _VISIT:
            break
        end = one.at
        found.append(one)
    return found


def _removed(visit: Sequence[Seen]) -> tuple[str, ...]:
    """What lay in the cart in this visit and was taken out, and not put back."""
    last: dict[str, str] = {}
    for one in visit:
        if one.kind != "view":
            last.setdefault(one.product_id, one.kind)
    return tuple(product for product, kind in last.items() if kind == "remove")


def _joined(rows: Sequence[tuple[str, str]]) -> tuple[Joined, ...]:
    """What they came to, by id.

    >>> _joined([("w1", "attended"), ("w1", "registered"), ("w2", "registered")])
    (Joined(product_id='w1', attended=True), Joined(product_id='w2', attended=False))
    """
    came = {product for product, kind in rows if kind == "attended"}
    return tuple(Joined(product, product in came) for product in dict.fromkeys(product for product, _ in rows))


def _left_behind(seen: Sequence[Seen], owned: Sequence[Owned], request: OfferRequest, now: datetime) -> tuple[str, ...]:
    """What lay in the cart when an earlier visit ended and was not bought since; this visit's own cart is not over."""
    before = seen[: len(seen) - len(_of_visit(seen, request, now))]
    last = {each.product_id: each for each in before if each.kind != "view"}
    bought = {each.product_id: to_micros(each.at) for each in owned}
    return tuple(name for name, each in last.items() if each.kind == "add" and each.at > bought.get(name, -1))


def _looked_at(seen: Sequence[Seen], request: OfferRequest) -> tuple[str, ...]:
    """What this visit looked at or put into a cart, oldest first, each product at the last time."""
    if not seen:
        return (request.product_id,) if request.product_id else ()
    visit = [*dict.fromkeys(one.product_id for one in seen if one.kind != "remove")][::-1]
    if request.product_id:
        visit = [*(each for each in visit if each != request.product_id), request.product_id]
    return tuple(visit[-_MOST_IN_VISIT:])


@dataclass(frozen=True, slots=True, eq=False)
class _Said:
    """A customer's attributes, and what is read in them by name."""

    attributes: Mapping[str, str]
    won: bool
    payment_default: bool
    open_complaint: bool
    last_score: int | None
    cost: int | None
    margin: int | None
    segments: tuple[str, ...]
    tastes: tuple[str, ...]
    needs: tuple[str, ...]
    goals: tuple[str, ...]


@lru_cache(maxsize=4_096)
def _said(text: str | None) -> _Said:
    """Read once for each text; nobody writes into it."""
    attributes = _attributes(text)
    score = attributes.get("last_score", "")
    return _Said(
        attributes,
        won=_said_yes(attributes, "won"),
        payment_default=_said_yes(attributes, "payment_default"),
        open_complaint=_said_yes(attributes, "open_complaint"),
        last_score=int(score) if score.isdigit() and len(score) < 3 else None,  # noqa: PLR2004 - 0 … 10
        cost=_whole_number(attributes, "cost_to_serve"),
        margin=_whole_number(attributes, "margin"),
        segments=_words(attributes, "segments"),
        tastes=_words(attributes, "tastes"),
        needs=_words(attributes, "needs"),
        goals=_words(attributes, "goals"),
    )


def _risks(history: _History, said: _Said, outlook: Outlook) -> Risks:
    return _make_risks(
        return_rate=history.return_rate,
        bought_units=history.bought_units,
        payment_default=said.payment_default,
        open_complaint=said.open_complaint,
        last_score=said.last_score,
        cost_to_serve=outlook.cost_to_serve if said.cost is None else said.cost,
        margin=outlook.margin if said.margin is None else said.margin,
        returns_compared=outlook.returns_compared,
    )


def _whole_number(attributes: Mapping[str, str], name: str) -> int | None:
    """A count of minor units that somebody wrote down; nothing where it is no such number."""
    text = attributes.get(name, "").strip()
    return int(text) if text.isdecimal() and len(text) < len(str(MOST_MONEY)) else None


def segments_of(store: Store, customer_id: str, now: datetime) -> tuple[str, ...]:
    """The segments that a customer's own record names, and with their consent those that they were found to be in."""
    person = store.people.of(customer_id, None, now)
    said = _segments((), _said(person.attributes).segments)
    agreed = ("personalisation", "site") in person.consents or ("personalisation", "any") in person.consents
    defined = store.segments.ids()
    found = store.segments.named(CUSTOMER + customer_id) if defined and agreed else ()
    return (*(each for each in said if each not in defined), *found)


def _segments(asked: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Those that the customer is known to be in, and those that the asker named."""
    if not asked and not known:
        return ()
    named = dict.fromkeys((*known, *asked))
    return tuple(each for each in named if not each.startswith(UPLIFT_PREFIX))  # those are told by learning alone


@lru_cache(maxsize=4_096)
def _grants(consents: tuple[tuple[str, str], ...]) -> tuple[Grant, ...]:
    return tuple(Grant(cast("Purpose", purpose), cast("Channel", channel)) for purpose, channel in consents)


def _attributes(text: str | None) -> dict[str, str]:
    return {str(name): str(value) for name, value in json.loads(text).items()} if text else {}


def _words(attributes: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in attributes.get(name, "").split(",") if each.strip())


def _said_yes(attributes: Mapping[str, str], name: str) -> bool:
    return attributes.get(name, "").strip().lower() in _YES


def _age(attributes: Mapping[str, str], now: datetime) -> int | None:
    """Whole years, as given or since the date of birth.

    >>> from datetime import UTC
    >>> _age({"birth_date": "2000-06-02"}, datetime(2026, 6, 1, tzinfo=UTC)), _age({"age": "35-44"}, datetime.now(UTC))
    (25, None)
    """
    given = attributes.get("age", "")
    if given.isdigit():
        return int(given)
    try:
        born = date.fromisoformat(attributes.get("birth_date", ""))
    except ValueError:
        return None
    return now.year - born.year - ((now.month, now.day) < (born.month, born.day))
