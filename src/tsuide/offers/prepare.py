"""From names to numbers: the customer and the request as the arrays that kernels read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

import numpy as np

from tsuide.facts.consent import Channel
from tsuide.kit.arrays import Int32, Int64, frozen
from tsuide.kit.clock import to_micros, zone
from tsuide.kit.maker import maker
from tsuide.mining.lookalikes import groups_of
from tsuide.offers import codes
from tsuide.offers.bind import Bound, in_categories
from tsuide.offers.candidates.alike import LIKED
from tsuide.offers.candidates.cart import LINE
from tsuide.offers.candidates.contacts import TOUCH
from tsuide.offers.candidates.fill import WEIGHT
from tsuide.offers.candidates.pool import LISTED
from tsuide.offers.columns import SEPARATOR
from tsuide.offers.customer import CustomerView, Due, Expected, Owned, Touch
from tsuide.offers.offer import HESITATIONS, KINDS, NO_REASONS, OUTCOMES, PLACEMENTS
from tsuide.offers.policy.policy import Policy
from tsuide.offers.records import CUSTOMER, MOST_MONEY, REQUEST
from tsuide.offers.request import OfferRequest, Rep
from tsuide.offers.slate import SLOT
from tsuide.offers.state import State, Unchanged

VIEWS_THAT_HESITATE: Final = 3
MOST_BY_WORDS: Final = 40

_KIND: Final = {word: code for code, word in enumerate(KINDS)}
_OUTCOME: Final = {word: code for code, word in enumerate(OUTCOMES)}
_REASON: Final = {word: code for code, word in enumerate(NO_REASONS)}
_PLACEMENT: Final = {word: code for code, word in enumerate(PLACEMENTS)}
_BIT: Final = {word: 1 << code for code, word in enumerate(HESITATIONS)}
_ALL_KINDS: Final = (1 << len(KINDS)) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A customer in the state's numbers; made once per customer and state, for as many requests as come.

    Args:
        view: what it was made from.
        owned, owned_at: dense products (-1 = not in the catalogue) and microseconds of their last purchase,
            newest last; (owned,), as in the view.
        touches: TOUCH, oldest first.
        due, expected, session: LISTED.
        region: the bit of the customer's region; 0 = not known.
        liked: LIKED, what customers of their groups buy more than others.
    """

    view: CustomerView
    owned: Int32
    owned_at: Int64
    touches: np.ndarray
    due: np.ndarray
    expected: np.ndarray
    session: np.ndarray
    region: int
    liked: np.ndarray


def prepare_customer(view: CustomerView, state: State) -> Prepared:
    """The customer in the state's numbers; products that the catalogue does not know are left out."""
    places = state.ids.places
    owned, owned_at = _owned_arrays(_Same(view.owned), Unchanged(state))
    region = view.attributes.get("prefecture") or view.attributes.get("region") or ""
    code = state.words.regions.codes().get(region, -1) if region else -1
    return Prepared(
        view=view,
        owned=owned,
        owned_at=owned_at,
        touches=_touches(view.touches, state),
        due=_due(view.due, places),
        expected=_expected(view.expected, places),
        session=_expected(view.session, places),
        region=1 << code if code >= 0 else 0,
        liked=_liked(view, state),
    )


def _liked(view: CustomerView, state: State) -> np.ndarray:
    """What each of the customer's groups likes, the groups in turn."""
    if not state.liked or view.id is None:
        return NO_LIKED
    found = [state.liked[name] for name in groups_of(view.attributes, view.age) if name in state.liked]
    return np.concatenate(found) if found else NO_LIKED


class _Same:
    """A tuple known by identity: two equal histories are two keys, and neither is compared item by item."""

    __slots__ = ("owned",)

    def __init__(self, owned: tuple[Owned, ...]) -> None:
        self.owned = owned

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.owned is self.owned

    def __hash__(self) -> int:
        return id(self.owned)


@lru_cache(maxsize=2048)
def _owned_arrays(history: _Same, key: Unchanged) -> tuple[Int32, Int64]:
    """Dense products and moments of a history, newest last; kept, since many requests follow one another.

    Products that the catalogue does not know are kept as -1 (places of the view), which no candidate has.
    """
    places = key.state.ids.places
    owned = np.array([places.get(each.product_id, -1) for each in history.owned], dtype=np.int32)
    owned_at = np.array([to_micros(each.at) for each in history.owned], dtype=np.int64)
    return frozen(owned), frozen(owned_at)


def _touches(touches: Sequence[Touch], state: State) -> np.ndarray:
    if not touches:
        return _NO_TOUCHES
    places = state.ids.places
    rows = np.array(
        [
            (
                to_micros(each.at),
                places.get(each.product_id, -1) if each.product_id is not None else -1,
                -1,
                -1,
                _OUTCOME[each.outcome],
                _KIND[each.kind] if each.kind is not None else -1,
                codes.CHANNEL_CODE[each.channel],
                _REASON[each.reason] if each.reason is not None else -1,
            )
            for each in touches
        ],
        dtype=TOUCH,
    )
    known = rows["item"] >= 0
    items = state.items[rows["item"][known]]
    rows["category"][known], rows["need"][known] = items["category"], items["need"]
    for place in np.flatnonzero(~known).tolist():
        rows["category"][place] = _leaves(Unchanged(state)).get(touches[place].category or "", -1)
    return rows[np.argsort(rows["at"], kind="stable")]


@lru_cache(maxsize=8)
def _leaves(key: Unchanged) -> dict[str, int]:
    """Name of a leaf category → its code."""
    return {path.rsplit(SEPARATOR, 1)[-1]: code for code, path in enumerate(key.state.words.categories.words)}


def _due(due: Sequence[Due], places: dict[str, int]) -> np.ndarray:
    rows = [(places.get(each.product_id, -1), -1, each.days, each.interval, each.probability) for each in due]
    return _listed(rows)


def _expected(expected: Sequence[Expected], places: dict[str, int]) -> np.ndarray:
    rows = [
        (
            places.get(each.product_id, -1),
            places.get(each.because, -1) if each.because else -1,
            each.times,
            -1,
            each.probability,
        )
        for each in expected
    ]
    return _listed(rows)


def _listed(rows: list[tuple[int, int, int, int, float]]) -> np.ndarray:
    if not rows:
        return NO_LIST
    found = np.array(rows, dtype=LISTED)
    return found[found["item"] >= 0]


_CART_IS_READ_LATER: Final = (0, -1, 0, -1, -1)  # value, dearest, lines, shipping, currency
_NO_TOUCHES: Final = np.empty(0, TOUCH)
NO_LIST: Final = np.empty(0, LISTED)
NO_LIKED: Final = np.empty(0, LIKED)
_NO_ITEMS: Final = np.empty(0, np.int32)
_NO_MOMENTS: Final = np.empty(0, np.int64)
_NO_CATEGORIES: Final = np.empty(0, np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A request in the state's numbers.

    Args:
        customer, request: one record each, shape (1,).
        cart: LINE; unknown products left out.
        looked_at: dense product, -1 = none.
        free_at: cart value from which shipping is free, -1 = none.
        yen: the currency code of JPY, -1 = none.
        slots: SLOT.
        weights: WEIGHT, as bound.
        wanted, tastes: LISTED, products for a stated goal or need, and of the customer's tastes.
    """

    customer: np.ndarray
    request: np.ndarray
    cart: np.ndarray
    looked_at: int
    free_at: int
    yen: int
    excluded: Int32
    shown: Int32
    categories: np.ndarray
    slots: np.ndarray
    weights: np.ndarray
    qualified: np.ndarray
    mandatory: np.ndarray
    mandatory_kind: np.ndarray
    wanted: np.ndarray
    tastes: np.ndarray
    personal: bool


_make_question: Final = maker(Question)


def prepare_request(
    request: OfferRequest, state: State, prepared: Prepared, policy: Policy, bound: Bound, now: datetime
) -> Question:
    """The request in the state's numbers; unknown products in cart or filters are left out."""
    places, items, view = state.ids.places, state.items, prepared.view
    channel = codes.CHANNEL_OF_PLACEMENT[request.placement]
    personal = view.id is None or view.allows("personalisation", channel) or view.allows("personalisation", "site")
    looked_at = places.get(request.product_id, -1) if request.product_id is not None else -1
    hesitation = _hesitation(request, view, items, looked_at, personal=personal)
    placement = _PLACEMENT[request.placement]
    kinds = int(policy.kinds_of_placement[placement])
    if request.kinds:
        kinds &= sum({1 << _KIND[kind] for kind in request.kinds})
    free_at = request.free_shipping_at if request.free_shipping_at is not None else policy.free_shipping_at
    local = now.astimezone(zone(policy.time_zone))
    row = np.empty(1, REQUEST)
    row[0] = (
        placement,
        codes.CHANNEL_CODE[channel],
        channel in codes.OUTBOUND,
        request.transactional,
        kinds,
        *_CART_IS_READ_LATER,
        policy.currency == "JPY",
        request.budget if request.budget is not None else -1,
        hesitation,
        local.hour * 60 + local.minute,
        request.rep is not None,
        request.rep is not None and bool(request.rep.needs or view.needs),
        -1,  # the gap, read with the cart
        view.attributes.get("remote") == "yes",
        0,
        policy.sender is not None,
    )
    return _make_question(
        customer=_customer_row(prepared, channel, personal=personal),
        request=row,
        cart=_cart(request, places),
        looked_at=looked_at,
        free_at=-1 if free_at is None else free_at,
        yen=state.yen,
        excluded=_dense(request.exclude, places),
        shown=_dense(request.shown, places),
        categories=in_categories(state, request.categories) if request.categories else _NO_CATEGORIES,
        slots=_slots(request) if request.slots else _one_slot(request.n),
        weights=_weights(bound, view.segments, placement, hesitating=hesitation != 0),
        qualified=bound.anybody if request.rep is None else _qualified(request.rep, state),
        wanted=_by_words(state.goals, _goals(request, view, personal=personal), policy),
        tastes=_by_words(state.tags, view.tastes if personal else (), policy),
        personal=personal,
        **_mandatory(policy, bound, placement, now),
    )


def _customer_row(prepared: Prepared, channel: Channel, *, personal: bool) -> np.ndarray:
    view = prepared.view
    band, risks = view.price_band if personal else None, view.risks
    row = np.empty(1, CUSTOMER)
    row[0] = (
        view.id is not None,
        personal,
        view.allows("marketing", channel),
        view.company,
        view.won,
        -1 if view.age is None else view.age,
        prepared.region if personal else 0,
        -1 if band is None else min(band.low, MOST_MONEY),
        -1 if band is None else min(band.middle, MOST_MONEY),
        -1 if band is None else min(band.high, MOST_MONEY),
        -1 if risks.return_rate is None else risks.return_rate,
        risks.bought_units,
        risks.payment_default,
        risks.open_complaint,
        -1 if risks.last_score is None else risks.last_score,
        -1 if risks.cost_to_serve is None else risks.cost_to_serve,
        -1 if risks.margin is None else risks.margin,
        False,
    )
    return row


def _hesitation(request: OfferRequest, view: CustomerView, items: np.ndarray, looked_at: int, *, personal: bool) -> int:
    bits = sum({_BIT[sign] for sign in request.hesitation})
    if request.budget is not None:
        bits |= _BIT["budget"]
    if looked_at >= 0 and items[looked_at]["stock"] == 0:
        bits |= _BIT["stock_out"]
    if personal and any(
        each.product_id == request.product_id and each.times >= VIEWS_THAT_HESITATE for each in view.viewed
    ):
        bits |= _BIT["repeated_views"]
    return bits


def _cart(request: OfferRequest, places: dict[str, int]) -> np.ndarray:
    numbers: list[int] = []
    for line in request.cart:
        item = places.get(line.product_id)
        if item is not None:
            numbers += (item, line.quantity, -1 if line.unit_price is None else line.unit_price)
    return np.array(numbers, dtype=np.int64).view(LINE)


def _dense(ids: Sequence[str], places: dict[str, int]) -> Int32:
    if not ids:
        return _NO_ITEMS
    return np.array([places[each] for each in ids if each in places], dtype=np.int32)


@lru_cache(maxsize=64)
def _one_slot(n: int) -> np.ndarray:
    return np.array([(n, _ALL_KINDS)], dtype=SLOT)


def _slots(request: OfferRequest) -> np.ndarray:
    return np.array(
        [(slot.n, sum({1 << _KIND[kind] for kind in slot.kinds}) or _ALL_KINDS) for slot in request.slots],
        dtype=SLOT,
    )


def _goals(request: OfferRequest, view: CustomerView, *, personal: bool) -> tuple[str, ...]:
    asked = (request.goal,) if request.goal else ()
    needs = request.rep.needs if request.rep is not None else ()
    return (*asked, *needs, *(view.goals if personal else ()), *(view.needs if personal else ()))


def _by_words(listed: Mapping[str, Int32], words: Sequence[str], policy: Policy) -> np.ndarray:
    """Products under the words, those under most of them first; P is the prior of cross-selling × their share."""
    if not words:
        return NO_LIST
    counts: dict[int, int] = {}
    for word in words:
        for place in listed[word].tolist() if word in listed else ():
            counts[place] = counts.get(place, 0) + 1
    if not counts:
        return NO_LIST
    prior = int(policy.priors[_KIND["cross_sell"]]) / 10_000
    ranked = sorted(counts.items(), key=lambda each: -each[1])[:MOST_BY_WORDS]
    return np.array([(at, -1, times, -1, prior * times / len(words)) for at, times in ranked], dtype=LISTED)


@lru_cache(maxsize=512)
def _weights(bound: Bound, segments: tuple[str, ...], placement: int, *, hesitating: bool) -> np.ndarray:
    rows = [
        (
            weight.percent,
            weight.kinds,
            lever,
            bool(weight.placements >> placement & 1)
            and (weight.segment is None or weight.segment in segments)
            and (hesitating or not weight.hesitating),
        )
        for weight, lever in bound.weights
    ]
    return np.array(rows, dtype=WEIGHT)


def _qualified(rep: Rep, state: State) -> np.ndarray:
    words = state.words.qualifications.words
    return np.array([not word or word in rep.qualifications for word in words], dtype=np.bool_)


def _mandatory(policy: Policy, bound: Bound, placement: int, now: datetime) -> dict[str, np.ndarray]:
    if not bound.mandatory_rows:
        return {"mandatory": _NO_ITEMS, "mandatory_kind": _NO_ITEMS}
    chosen = [
        (int(item), policy.mandatory[row].kind)
        for item, row in zip(bound.mandatory, bound.mandatory_rows, strict=True)
        if policy.mandatory[row].placements >> placement & 1
        and ((until := policy.mandatory[row].until) is None or now < until)
    ]
    return {
        "mandatory": np.array([item for item, _ in chosen], dtype=np.int32),
        "mandatory_kind": np.array([kind for _, kind in chosen], dtype=np.int32),
    }
