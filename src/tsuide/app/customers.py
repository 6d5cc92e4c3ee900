"""Prepare a customer for `decide`: everything that it may know of them, read from the store beforehand."""

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, cast

from tsuide.app.loading import Loaded
from tsuide.facts.consent import Channel, Purpose
from tsuide.kit.clock import MICROS_PER_SECOND, from_micros, to_micros
from tsuide.offers import codes
from tsuide.offers.customer import (
    LONGEST_MEMORY_DAYS,
    MOST_TOUCHES,
    CustomerView,
    Due,
    Expected,
    Grant,
    Owned,
    PriceBand,
    Risks,
    Touch,
    Viewed,
)
from tsuide.offers.learned import habits_of, likely_beside, likely_next, likely_views, refills_due
from tsuide.offers.request import OfferRequest
from tsuide.offers.state import State
from tsuide.store.database import Store
from tsuide.store.people import Bought, Person, Seen

_MOST_KEPT: Final = 20_000  # customers whose history is remembered
_SEEN_DAYS: Final = 30
_VISIT: Final = 30 * 60 * MICROS_PER_SECOND  # without a view, after which a visit is over
_MOST_SEEN: Final = 50
_MOST_IN_VISIT: Final = 20
_BAND: Final = (0.1, 0.5, 0.9)
_WHOLE: Final = 10_000  # basis points
_YES: Final = frozenset({"yes", "true", "1"})


@dataclass(frozen=True, slots=True, eq=False)
class _History:
    """What changes only with the customer's own orders."""

    owned: tuple[Owned, ...]
    band: PriceBand | None
    return_rate: int | None
    bought_units: int


@dataclass(frozen=True, slots=True, eq=False)
class _Foreseen:
    """What learning foresees for an hour, unless the customer buys or something new is learned before."""

    history: _History
    state: State
    hour: datetime
    due: tuple[Due, ...]
    expected: tuple[Expected, ...]


class Customers:
    """Views of customers.

    Of a customer's attributes these are read by name: ``age`` or ``birth_date`` (ISO), ``tastes``, ``needs`` and
    ``goals`` (words with commas between), ``won``, ``payment_default`` and ``open_complaint`` (yes), ``last_score``
    (0 … 10).

    Args:
        store: what is known of them.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._histories: OrderedDict[str, _History] = OrderedDict()
        self._foreseen: OrderedDict[str, _Foreseen] = OrderedDict()
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
        touches = self._touches(request, now)
        if customer is None and anonymous is None:
            seen = (request.product_id,) if request.product_id else ()
            return CustomerView(touches=touches, session_products=seen, session=likely_views(seen, loaded.state))
        person = self._store.people.of(customer, anonymous, now - timedelta(days=_SEEN_DAYS))
        visit = _visit(person.seen, request, now)
        view = CustomerView(
            anonymous_id=anonymous,
            touches=touches,
            session_products=visit,
            session=likely_views(visit, loaded.state),
        )
        if customer is None:
            return replace(view, viewed=_viewed(person.seen, ()))
        return self._known(replace(view, id=customer), person, request, now, loaded)

    def _known(
        self, view: CustomerView, person: Person, request: OfferRequest, now: datetime, loaded: Loaded
    ) -> CustomerView:
        assert view.id is not None  # noqa: S101 - the caller has looked
        attributes = _attributes(person.attributes)
        history = self._history(view.id, loaded.sequence) if person.kind is not None else _NO_HISTORY
        view = replace(
            view,
            consents=tuple(Grant(cast("Purpose", p), cast("Channel", c)) for p, c in person.consents),
            owned=history.owned,
            attributes=attributes,
            age=_age(attributes, now),
            company=person.kind == "company",
            risks=_risks(history, attributes),
            won=_said_yes(attributes, "won"),
        )
        channel = codes.CHANNEL_OF_PLACEMENT[request.placement]
        if not (view.allows("personalisation", channel) or view.allows("personalisation", "site")):
            return view
        habits = self._habits(view, history, now, loaded.state)
        cart = [line.product_id for line in request.cart]
        beside = self._beside(view, cart, now, loaded.state) if cart else ()
        return replace(
            view,
            viewed=_viewed(person.seen, history.owned),
            due=habits.due,
            expected=beside or habits.expected,
            price_band=history.band,
            tastes=_words(attributes, "tastes"),
            needs=_words(attributes, "needs"),
            goals=_words(attributes, "goals"),
        )

    def _beside(self, view: CustomerView, cart: Sequence[str], now: datetime, state: State) -> tuple[Expected, ...]:
        assert view.id is not None  # noqa: S101 - as above
        return likely_beside(view.id, cart, habits_of(view, state), state, now)

    def _habits(self, view: CustomerView, history: _History, now: datetime, state: State) -> _Foreseen:
        """Refills and next basket, foreseen once an hour: the decision's record keeps what it was given."""
        assert view.id is not None  # noqa: S101 - as above
        hour = now.replace(minute=0, second=0, microsecond=0)
        kept = self._foreseen.get(view.id)
        if kept is None or kept.history is not history or kept.hour != hour or not _same(kept.state, state):
            habits = habits_of(view, state)
            due = refills_due(habits, state, hour)
            expected = likely_next(view.id, habits, state, hour)
            kept = self._foreseen[view.id] = _Foreseen(history, state, hour, due, expected)
            if len(self._foreseen) > _MOST_KEPT:
                self._foreseen.popitem(last=False)
        return kept

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

    def _touches(self, request: OfferRequest, now: datetime) -> tuple[Touch, ...]:
        if request.customer_id is None and request.anonymous_id is None:
            return ()
        since = now - timedelta(days=LONGEST_MEMORY_DAYS)
        rows = self._store.contacts.of(since, request.customer_id, request.anonymous_id)
        return tuple(
            Touch(
                at=from_micros(row["at"]),
                outcome=row["outcome"],
                placement=row["placement"],
                channel=row["channel"] or "site",
                kind=row["kind"],
                product_id=row["product_id"],
                category=row["category"],
                reason=row["reason"],
            )
            for row in rows[-MOST_TOUCHES:]
        )


_NO_HISTORY: Final = _History((), None, None, 0)


def _same(one: State, other: State) -> bool:
    """Whether two states foresee the same: of one learning and one catalogue."""
    return one.parts is other.parts and one.items is other.items


def _history_of(lines: Sequence[Bought]) -> _History:
    """What lines, oldest first, tell: gifts and what came back are not owned; what was paid forms the band."""
    owned: dict[str, tuple[int, int]] = {}
    prices, units, returned = [], 0, 0
    for product, at, quantity, back, gift, amount in lines:
        units, returned = units + quantity, returned + back
        if quantity > 0:
            prices.append(amount // quantity)
        if not gift and quantity > back:
            owned[product] = (at, owned.pop(product, (0, 0))[1] + quantity - back)
    ranked = sorted(owned.items(), key=lambda each: (each[1][0], each[0]))
    return _History(
        owned=tuple(Owned(product, from_micros(at), quantity) for product, (at, quantity) in ranked),
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
    for product, at, _ in seen:
        if at > bought.get(product, -1):
            found[product] = (found.pop(product, (0, 0))[0] + 1, at)
    newest = list(found.items())[-_MOST_SEEN:]
    return tuple(Viewed(product, times, from_micros(at)) for product, (times, at) in newest)


def _visit(seen: Sequence[Seen], request: OfferRequest, now: datetime) -> tuple[str, ...]:
    """What this visit looked at, oldest first, each product at its last view."""
    end, found = to_micros(now), dict[str, None]()
    for product, at, session in reversed(seen):
        same = session == request.session_id if request.session_id and session else True
        if not same or end - at > _VISIT:
            break
        end = at
        found.setdefault(product)
    visit = [*reversed(found)]
    if request.product_id:
        visit = [*(each for each in visit if each != request.product_id), request.product_id]
    return tuple(visit[-_MOST_IN_VISIT:])


def _risks(history: _History, attributes: Mapping[str, str]) -> Risks:
    score = attributes.get("last_score", "")
    return Risks(
        return_rate=history.return_rate,
        bought_units=history.bought_units,
        payment_default=_said_yes(attributes, "payment_default"),
        open_complaint=_said_yes(attributes, "open_complaint"),
        last_score=int(score) if score.isdigit() and len(score) < 3 else None,  # noqa: PLR2004 - 0 … 10
    )


def _attributes(text: str | None) -> dict[str, str]:
    return {str(name): str(value) for name, value in json.loads(text or "{}").items()}


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
