"""From names to numbers: the customer and the request as the arrays that kernels read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from struct import Struct, calcsize
from typing import Any, Final

import numpy as np

from tsuide.facts.consent import Channel
from tsuide.kit.arrays import Int32, Int64, frozen
from tsuide.kit.clock import to_micros
from tsuide.kit.maker import maker
from tsuide.kit.money import RATE_UNIT
from tsuide.kit.remembered import remembered
from tsuide.mining.lookalikes import groups_of
from tsuide.offers import codes
from tsuide.offers.bind import Bound, in_categories
from tsuide.offers.candidates.alike import LIKED
from tsuide.offers.candidates.cart import LINE
from tsuide.offers.candidates.contacts import TOUCH
from tsuide.offers.candidates.fill import WEIGHT
from tsuide.offers.candidates.pool import LISTED
from tsuide.offers.columns import SEPARATOR
from tsuide.offers.customer import CustomerView, Expected, Touch
from tsuide.offers.lessons import unfit
from tsuide.offers.local_time import ATTRIBUTE as TIME_ZONE
from tsuide.offers.local_time import local_zone
from tsuide.offers.moved import moved_of
from tsuide.offers.offer import HESITATIONS, KINDS, NO_REASONS, OUTCOMES, PLACEMENTS
from tsuide.offers.pack import packer, rows_of
from tsuide.offers.policy.policy import Policy
from tsuide.offers.records import CUSTOMER, MOST_MONEY, REQUEST
from tsuide.offers.request import OfferRequest, Rep
from tsuide.offers.slate import SLOT
from tsuide.offers.state import State, Unchanged
from tsuide.offers.tiers import NO_GOAL, Goal, Tiers, cart_worth, nearest_goal

VIEWS_THAT_HESITATE: Final = 3
MOST_BY_WORDS: Final = 40
_DAY: Final = 86_400_000_000  # microseconds
_PURCHASE: Final = timedelta(hours=1)  # from the first look at the cart to the confirmation
_BEFORE: Final = frozenset({"cart", "checkout"})
_REACHED, _RETURNS, _OF_FILLER = 6, 7, 8  # places in `economics`
_MOST_COMPARED: Final = 1_000_000  # basis points: a hundred times as often

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
        kin: places among them of variants that are not used up: who owns one colour owns the thing.
        touches: TOUCH, oldest first.
        due, expected, session: LISTED.
        region: the bit of the customer's region; 0 = not known.
        liked: LIKED, what customers of their groups buy more than others.
    """

    view: CustomerView
    owned: Int32
    owned_at: Int64
    kin: Int32
    touches: np.ndarray
    due: np.ndarray
    expected: np.ndarray
    session: np.ndarray
    region: int
    liked: np.ndarray


def prepare_customer(view: CustomerView, state: State) -> Prepared:
    """The customer in the state's numbers; products that the catalogue does not know are left out."""
    places = state.ids.places
    key = Unchanged(state)
    owned, owned_at, kin = _owned_arrays(_Same(view.owned), key)
    region = view.attributes.get("prefecture") or view.attributes.get("region") or ""
    code = state.words.regions.codes().get(region, -1) if region else -1
    return Prepared(
        view=view,
        owned=owned,
        owned_at=owned_at,
        kin=kin,
        touches=_touches(view.touches, state),
        due=_due(_Same(view.due), key) if view.due else NO_LIST,
        expected=_kept_expected(_Same(view.expected), key) if view.expected else NO_LIST,
        session=_expected(view.session, places) if view.session else NO_LIST,
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

    __slots__ = ("told",)

    def __init__(self, told: tuple[Any, ...]) -> None:
        self.told = told

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.told is self.told

    def __hash__(self) -> int:
        return id(self.told)


@remembered(2048)
def _owned_arrays(history: _Same, key: Unchanged) -> tuple[Int32, Int64, Int32]:
    """Dense products and moments of a history, newest last, and the places of its lasting variants.

    Kept, since many requests follow one another.

    Products that the catalogue does not know are kept as -1 (places of the view), which no candidate has.
    """
    places, items = key.state.ids.places, key.state.items
    moments = {id(each.at): each.at for each in history.told}  # those of one order are one
    micros = {name: to_micros(at) for name, at in moments.items()}
    owned = np.array([places.get(each.product_id, -1) for each in history.told], dtype=np.int32)
    owned_at = np.array([micros[id(each.at)] for each in history.told], dtype=np.int64)
    lasting = (items["parent"][owned] >= 0) & (items["durable"][owned] != 0)
    kin = np.flatnonzero((owned >= 0) & lasting).astype(np.int32)
    return frozen(owned), frozen(owned_at), frozen(kin)


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


@remembered(8)
def _leaves(key: Unchanged) -> dict[str, int]:
    """Name of a leaf category → its code."""
    return {path.rsplit(SEPARATOR, 1)[-1]: code for code, path in enumerate(key.state.words.categories.words)}


@remembered(2048)
def _due(due: _Same, key: Unchanged) -> np.ndarray:
    """Refills, LISTED; kept, since they are foreseen once an hour and read by each decision of it."""
    places, told = key.state.ids.places, due.told
    return _listed(
        [
            _LISTED_ROW(places[each.product_id], -1, each.days, each.interval, each.probability)
            for each in told
            if each.product_id in places
        ]
    )


@remembered(2048)
def _kept_expected(expected: _Same, key: Unchanged) -> np.ndarray:
    """As `_expected`; kept, as `_due`."""
    return _expected(expected.told, key.state.ids.places)


def _expected(expected: Sequence[Expected], places: dict[str, int]) -> np.ndarray:
    return _listed(
        [
            _LISTED_ROW(
                places[each.product_id],
                places.get(each.because, -1) if each.because else -1,
                each.times,
                -1,
                each.probability,
            )
            for each in expected
            if each.product_id in places
        ]
    )


_LISTED_ROW: Final = Struct("@iiiid0d").pack
assert calcsize("@iiiid0d") == LISTED.itemsize  # noqa: S101 - as a compiler lays it out


def _listed(rows: list[bytes]) -> np.ndarray:
    return np.frombuffer(bytearray().join(rows), LISTED) if rows else NO_LIST


_CART_IS_READ_LATER: Final = (0, -1, 0, -1, -1)  # value, dearest, lines, shipping, currency
_NO_TOUCHES: Final = np.empty(0, TOUCH)
NO_LIST: Final = np.empty(0, LISTED)
NO_LIKED: Final = np.empty(0, LIKED)
_NO_ITEMS: Final = np.empty(0, np.int32)
_NO_LINES: Final = np.empty(0, LINE)
_NO_CATEGORIES: Final = np.empty(0, np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A request in the state's numbers.

    Args:
        customer, request: one record each, shape (1,).
        cart: LINE; unknown products left out.
        looked_at: dense product, -1 = none.
        free_at: cart value from which shipping is free, or the tier of `goal` is reached; -1 = none.
        goal: the discount tier that is nearer than free shipping.
        slots: SLOT.
        weights: WEIGHT, as bound.
        economics: the policy's, with how often this customer sends back compared with all, and what the tier costs;
            int64 (9,).
        unfit: lessons.UNFIT, content that does not suit the customer now.
        wanted, tastes: LISTED, products for a stated goal or need, and of the customer's tastes.
    """

    customer: np.ndarray
    request: np.ndarray
    cart: np.ndarray
    looked_at: int
    free_at: int
    goal: Goal
    excluded: Int32
    shown: Int32
    categories: np.ndarray
    slots: np.ndarray
    weights: np.ndarray
    economics: Int64
    qualified: np.ndarray
    mandatory: np.ndarray
    mandatory_kind: np.ndarray
    unfit: np.ndarray
    wanted: np.ndarray
    tastes: np.ndarray
    personal: bool


_make_question: Final = maker(Question)
_request_row: Final = packer(REQUEST)
_packed_customer: Final = packer(CUSTOMER)


def prepare_request(
    request: OfferRequest, state: State, prepared: Prepared, policy: Policy, bound: Bound, now: datetime
) -> Question:
    """The request in the state's numbers; unknown products in cart or filters are left out."""
    places, items, view = state.ids.places, state.items, prepared.view
    channel = codes.CHANNEL_OF_PLACEMENT[request.placement]
    personal = view.id is None or view.allows("personalisation", channel) or view.allows("personalisation", "site")
    looked_at = places.get(request.product_id, -1) if request.product_id is not None else -1
    hesitation = _hesitation(request, prepared, items, looked_at, places, personal=personal)
    if looked_at >= 0 and len(prepared.touches) and _was_too_dear(prepared.touches, items, looked_at, policy, now):
        hesitation |= _BIT["price_objection"]
    placement = _PLACEMENT[request.placement]
    kinds = int(policy.kinds_of_placement[placement])
    if request.kinds:
        kinds &= sum({1 << _KIND[kind] for kind in request.kinds})
    free_at = request.free_shipping_at if request.free_shipping_at is not None else policy.free_shipping_at
    cart = _cart(request, places)
    goal, free_at = _goal(request, state, view, cart, -1 if free_at is None else free_at, now)
    asks = request.rep is not None or request.placement == "rep"
    local = now.astimezone(local_zone(view.attributes.get(TIME_ZONE), policy.time_zone))
    row = _request_row(
        placement,
        codes.CHANNEL_CODE[channel],
        channel in codes.OUTBOUND,
        request.transactional,
        kinds,
        *_CART_IS_READ_LATER,
        policy.currency == "JPY",
        request.budget if request.budget is not None else _own_budget(view, personal=personal),
        hesitation,
        local.hour * 60 + local.minute,
        asks,
        bool(view.needs or (request.rep is not None and request.rep.needs)),
        -1,  # the gap, read with the cart
        view.attributes.get("remote") == "yes",
        0,
        policy.sender is not None,
    )
    return _make_question(
        customer=_customer_row(
            prepared, channel, moved_of(state.parts.get("uplift"), view.segments), personal=personal
        ),
        request=row,
        cart=cart,
        looked_at=looked_at,
        free_at=free_at,
        goal=goal,
        excluded=_dense(request.exclude, places),
        shown=_dense((*request.shown, *_shown_in_visit(request, view, now)), places),
        categories=in_categories(state, request.categories) if request.categories else _NO_CATEGORIES,
        slots=_slots(request) if request.slots else _one_slot(request.n),
        weights=_weights(bound, view.segments, placement, hesitating=hesitation != 0),
        economics=_economics(bound, view.risks.returns_compared, goal),
        qualified=_qualified(request.rep, state) if asks else bound.anybody,
        unfit=unfit(state, view, now, policy.time_zone, personal=personal),
        wanted=_by_words(state, state.goals, _goals(request, view, personal=personal), policy),
        tastes=_by_words(state, state.tags, view.tastes if personal else (), policy),
        personal=personal,
        **_mandatory(policy, bound, placement, now),
    )


def _own_budget(view: CustomerView, *, personal: bool) -> int:
    """What one thing may cost, as the customer once said (attribute ``budget``, minor units); -1 = they did not."""
    text = view.attributes.get("budget", "") if personal else ""
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) <= MOST_MONEY else -1


def _shown_in_visit(request: OfferRequest, view: CustomerView, now: datetime) -> list[str]:
    """What the cart and the checkout of this purchase proposed: the confirmation proposes something else."""
    if request.placement != "confirmation":
        return []
    since = now - _PURCHASE
    return [
        each.product_id
        for each in view.touches
        if each.outcome == "shown" and each.placement in _BEFORE and each.product_id and since <= each.at <= now
    ]


def _economics(bound: Bound, returns_compared: int | None, goal: Goal) -> Int64:
    if returns_compared is None and goal.tier < 0:
        return bound.economics
    theirs = bound.economics.copy()
    if returns_compared is not None:
        theirs[_RETURNS] = min(max(returns_compared, 0), _MOST_COMPARED)
    if goal.tier >= 0:
        theirs[_REACHED], theirs[_OF_FILLER] = goal.spent, goal.rate
    return theirs


def _goal(
    request: OfferRequest, state: State, view: CustomerView, cart: np.ndarray, free_at: int, now: datetime
) -> tuple[Goal, int]:
    """The discount tier to fill up to, where it is nearer than free shipping, and the cart value that reaches it.

    Who names the threshold of free shipping asks for what fills that; where it is 0, shipping is no goal.
    """
    tiers = state.parts.get("tiers")
    if not isinstance(tiers, Tiers) or not tiers.asked or not len(cart) or request.free_shipping_at:
        return NO_GOAL, free_at
    worth = cart_worth(state, cart)
    goal = nearest_goal(tiers, state, cart, worth, request.placement, view.segments, to_micros(now))
    if goal.tier < 0:
        return NO_GOAL, free_at
    value = min(sum(worth), MOST_MONEY)
    return (NO_GOAL, free_at) if 0 < free_at - value <= goal.gap else (goal, value + goal.gap)


def _customer_row(prepared: Prepared, channel: Channel, moved: int, *, personal: bool) -> np.ndarray:
    view = prepared.view
    band, risks = view.price_band if personal else None, view.risks
    return _packed_customer(
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
        moved if personal else RATE_UNIT,
        False,
    )


def _was_too_dear(touches: np.ndarray, items: np.ndarray, looked_at: int, policy: Policy, now: datetime) -> bool:
    """Whether they said of it, or of what serves its need for less, that it is too dear; a dearer one says nothing."""
    said = touches[touches["reason"] == codes.TOO_DEAR]
    if not len(said):
        return False
    since = to_micros(now) - int(policy.row["too_dear_days"][0]) * _DAY
    of = said["item"][(said["item"] >= 0) & (said["at"] > since)]
    own, others = items[looked_at], items[of]
    return bool(((others["need"] == own["need"]) & (others["price"] <= own["price"])).any())


def _hesitation(
    request: OfferRequest,
    prepared: Prepared,
    items: np.ndarray,
    looked_at: int,
    places: Mapping[str, int],
    *,
    personal: bool,
) -> int:
    view = prepared.view
    bits = sum({_BIT[sign] for sign in request.hesitation}) if request.hesitation else 0
    if request.budget is not None:
        bits |= _BIT["budget"]
    if looked_at >= 0 and items[looked_at]["stock"] == 0:
        bits |= _BIT["stock_out"]
    if looked_at >= 0 and view.removed and _same_need(view.removed, items, looked_at, places):
        bits |= _BIT["removed"]
    if looked_at >= 0 and personal and view.abandoned and _same_need(view.abandoned, items, looked_at, places):
        bits |= _BIT["abandoned"]
    if (
        personal
        and view.viewed
        and any(each.product_id == request.product_id and each.times >= VIEWS_THAT_HESITATE for each in view.viewed)
    ):
        bits |= _BIT["repeated_views"]
    return bits


def _same_need(products: Sequence[str], items: np.ndarray, looked_at: int, places: Mapping[str, int]) -> bool:
    """Whether one of the products serves the need of the one that is looked at."""
    of = [places[each] for each in products if each in places]
    return bool((items["need"][of] == items[looked_at]["need"]).any())


def _cart(request: OfferRequest, places: dict[str, int]) -> np.ndarray:
    numbers: list[int] = []
    for line in request.cart:
        item = places.get(line.product_id)
        if item is not None:
            numbers += (item, line.quantity, -1 if line.unit_price is None else line.unit_price)
    return rows_of(numbers, LINE) if numbers else _NO_LINES


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


def _by_words(state: State, listed: Mapping[str, Int32], words: Sequence[str], policy: Policy) -> np.ndarray:
    """Products under the words, and what teaches about a need of that name; those under most of the words first.

    P is the prior of cross-selling (of content, for what teaches) × the share of the words.
    """
    if not words:
        return NO_LIST
    counts: dict[int, int] = {}
    lessons = _lessons(Unchanged(state))
    for word in words:
        under = {*(listed[word].tolist() if word in listed else ()), *lessons.get(word, ())}
        for place in sorted(under, key=state.ids.ids.__getitem__):
            counts[place] = counts.get(place, 0) + 1
    if not counts:
        return NO_LIST
    sells, teaches = (int(policy.priors[_KIND[kind]]) / 10_000 for kind in ("cross_sell", "content"))
    kinds = state.items["kind"]
    ranked = sorted(counts.items(), key=lambda each: -each[1])[:MOST_BY_WORDS]
    rows = [
        (at, -1, times, -1, (teaches if kinds[at] == codes.CONTENT_PRODUCT else sells) * times / len(words))
        for at, times in ranked
    ]
    return np.array(rows, dtype=LISTED)


@remembered(8)
def _lessons(key: Unchanged) -> dict[str, tuple[int, ...]]:
    """Need → what teaches about it, dense."""
    found: dict[str, tuple[int, ...]] = {}
    names, needs = key.state.words.needs.words, key.state.items["need"]
    for place in key.state.contents.tolist():
        need = names[needs[place]].rsplit(SEPARATOR, 1)[-1]
        found[need] = (*found.get(need, ()), place)
    return found


@remembered(512)
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


def _qualified(rep: Rep | None, state: State) -> np.ndarray:
    """Which qualifications a rep has; who does not name themselves has none."""
    words, has = state.words.qualifications.words, () if rep is None else rep.qualifications
    return np.array([not word or word in has for word in words], dtype=np.bool_)


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
