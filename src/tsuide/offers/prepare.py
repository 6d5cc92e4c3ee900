"""From names to numbers: the customer and the request as the arrays that kernels read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from tsuide.facts.consent import Channel
from tsuide.kit.arrays import Int32, Int64
from tsuide.kit.clock import to_micros
from tsuide.offers import codes
from tsuide.offers.bind import Bound, in_categories
from tsuide.offers.candidates.contacts import TOUCH
from tsuide.offers.candidates.fill import WEIGHT
from tsuide.offers.candidates.pool import ANCHOR, LISTED
from tsuide.offers.columns import SEPARATOR
from tsuide.offers.customer import CustomerView, Due, Expected, Touch
from tsuide.offers.offer import HESITATIONS, KINDS, NO_REASONS, OUTCOMES, PLACEMENTS
from tsuide.offers.policy.policy import Policy
from tsuide.offers.records import CUSTOMER, LONG, MOST_MONEY, REQUEST
from tsuide.offers.request import OfferRequest
from tsuide.offers.slate import SLOT
from tsuide.offers.state import State

MOST_ANCHORS: Final = 32
CART_ANCHORS: Final = 24
PAST_ANCHORS: Final = 8
PAST_DAYS: Final = 365
VIEWS_THAT_HESITATE: Final = 3

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
        owned, owned_at: dense products and microseconds of their last purchase, newest last; (owned,).
        touches: TOUCH, oldest first.
        due, expected, session: LISTED.
        region: the bit of the customer's region; 0 = not known.
    """

    view: CustomerView
    owned: Int32
    owned_at: Int64
    touches: np.ndarray
    due: np.ndarray
    expected: np.ndarray
    session: np.ndarray
    region: int


def prepare_customer(view: CustomerView, state: State) -> Prepared:
    """The customer in the state's numbers; products that the catalogue does not know are left out."""
    places = state.ids.places
    owned = np.array([places.get(each.product_id, -1) for each in view.owned], dtype=np.int32)
    owned_at = np.array([to_micros(each.at) for each in view.owned], dtype=np.int64)
    region = view.attributes.get("prefecture") or view.attributes.get("region") or ""
    code = state.words.regions.codes().get(region, -1) if region else -1
    return Prepared(
        view=view,
        owned=owned[owned >= 0],
        owned_at=owned_at[owned >= 0],
        touches=_touches(view.touches, state),
        due=_due(view.due, places),
        expected=_expected(view.expected, places),
        session=_expected(view.session, places),
        region=1 << code if code >= 0 else 0,
    )


def _touches(touches: Sequence[Touch], state: State) -> np.ndarray:
    if not touches:
        return _NO_TOUCHES
    rows = np.empty(len(touches), TOUCH)
    places, items = state.ids.places, state.items
    leaf = {path.rsplit(SEPARATOR, 1)[-1]: code for code, path in enumerate(state.words.categories.words)}
    for i, each in enumerate(touches):
        item = places.get(each.product_id, -1) if each.product_id is not None else -1
        category = items["category"][item] if item >= 0 else leaf.get(each.category or "", -1)
        rows[i] = (
            to_micros(each.at),
            item,
            category,
            items["need"][item] if item >= 0 else -1,
            _OUTCOME[each.outcome],
            _KIND[each.kind] if each.kind is not None else -1,
            codes.CHANNEL_CODE[each.channel],
            _REASON[each.reason] if each.reason is not None else -1,
        )
    return rows[np.argsort(rows["at"], kind="stable")]


def _due(due: Sequence[Due], places: dict[str, int]) -> np.ndarray:
    rows = [(places.get(each.product_id, -1), -1, each.days, each.probability) for each in due]
    return _listed(rows)


def _expected(expected: Sequence[Expected], places: dict[str, int]) -> np.ndarray:
    rows = [
        (
            places.get(each.product_id, -1),
            places.get(each.because, -1) if each.because else -1,
            each.times,
            each.probability,
        )
        for each in expected
    ]
    return _listed(rows)


def _listed(rows: list[tuple[int, int, int, float]]) -> np.ndarray:
    if not rows:
        return _NO_LIST
    found = np.array(rows, dtype=LISTED)
    return found[found["item"] >= 0]


_NO_TOUCHES: Final = np.empty(0, TOUCH)
_NO_LIST: Final = np.empty(0, LISTED)
_NO_ITEMS: Final = np.empty(0, np.int32)
_NO_MOMENTS: Final = np.empty(0, np.int64)
_NO_CATEGORIES: Final = np.empty(0, np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A request in the state's numbers.

    Args:
        customer, request: one record each, shape (1,).
        anchors: ANCHOR.
        cart: dense products in the cart; int32.
        cart_parents: their parents, ascending.
        looked_at: dense product, -1 = none.
        slots: SLOT.
        weights: WEIGHT, as bound.
    """

    customer: np.ndarray
    request: np.ndarray
    anchors: np.ndarray
    cart: Int32
    cart_parents: Int32
    looked_at: int
    excluded: Int32
    shown: Int32
    categories: np.ndarray
    slots: np.ndarray
    weights: np.ndarray
    qualified: np.ndarray
    mandatory: np.ndarray
    mandatory_kind: np.ndarray
    personal: bool


def prepare_request(
    request: OfferRequest, state: State, prepared: Prepared, policy: Policy, bound: Bound, now: datetime
) -> Question:
    """The request in the state's numbers; unknown products in cart or filters are left out."""
    places, items, view = state.ids.places, state.items, prepared.view
    channel = codes.CHANNEL_OF_PLACEMENT[request.placement]
    personal = view.id is None or view.allows("personalisation", channel) or view.allows("personalisation", "site")
    lines = [(places[line.product_id], line) for line in request.cart if line.product_id in places]
    prices = [line.unit_price if line.unit_price is not None else int(items["price"][at]) for at, line in lines]
    cart = np.array([at for at, _ in lines], dtype=np.int32)
    looked_at = places.get(request.product_id, -1) if request.product_id is not None else -1
    priced = [min(price, MOST_MONEY) for price in prices if price >= 0]
    value = sum(max(price, 0) * line.quantity for price, (_, line) in zip(prices, lines, strict=True))
    value = min(value, MOST_MONEY)
    first = lines[0][0] if lines else looked_at
    currency = int(items["currency"][first]) if first >= 0 else -1
    hesitation = _hesitation(request, view, items, looked_at, personal=personal)
    placement = _PLACEMENT[request.placement]
    kinds = int(policy.kinds_of_placement[placement])
    if request.kinds:
        kinds &= sum({1 << _KIND[kind] for kind in request.kinds})
    free_at = request.free_shipping_at if request.free_shipping_at is not None else policy.free_shipping_at
    local = now.astimezone(ZoneInfo(policy.time_zone))
    row = np.array(
        [
            (
                placement,
                codes.CHANNEL_CODE[channel],
                channel in codes.OUTBOUND,
                request.transactional,
                kinds,
                value,
                max(priced, default=-1),
                len(lines),
                _one_class(items["shipping"], cart),
                currency,
                (state.words.currencies.words[currency] if currency >= 0 else policy.currency) == "JPY",
                request.budget if request.budget is not None else -1,
                hesitation,
                local.hour * 60 + local.minute,
                request.rep is not None,
                request.rep is not None and bool(request.rep.needs or view.needs),
                max(free_at - value, -1) if free_at is not None and lines else -1,
                view.attributes.get("remote") == "yes",
                0,
                policy.sender is not None,
            )
        ],
        dtype=REQUEST,
    )
    return Question(
        customer=_customer_row(prepared, channel, personal=personal),
        request=row,
        anchors=_anchors(lines, prices, looked_at, items, prepared, personal, now),
        cart=cart,
        cart_parents=_parents(items, cart),
        looked_at=looked_at,
        excluded=_dense(request.exclude, places),
        shown=_dense(request.shown, places),
        categories=in_categories(state, request.categories) if request.categories else _NO_CATEGORIES,
        slots=_slots(request),
        weights=_weights(bound, view, placement, hesitation),
        qualified=_qualified(request, state),
        personal=personal,
        **_mandatory(policy, bound, placement, now),
    )


def _customer_row(prepared: Prepared, channel: Channel, *, personal: bool) -> np.ndarray:
    view = prepared.view
    band, risks = view.price_band if personal else None, view.risks
    return np.array(
        [
            (
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
        ],
        dtype=CUSTOMER,
    )


def _anchors(
    lines: Sequence[tuple[int, object]],
    prices: Sequence[int],
    looked_at: int,
    items: np.ndarray,
    prepared: Prepared,
    personal: bool,  # noqa: FBT001 - told by its caller's name
    now: datetime,
) -> np.ndarray:
    rows = [(looked_at, 0, False, int(items["price"][looked_at]))] if looked_at >= 0 else []
    known = {looked_at}
    for (at, _), price in zip(reversed(lines), reversed(prices), strict=True):
        if at not in known and len(rows) < CART_ANCHORS:
            known.add(at)
            rows.append((at, 0, False, price))
    if personal and prepared.view.id is not None:
        moment = to_micros(now)
        for at, when in zip(prepared.owned[:-200:-1].tolist(), prepared.owned_at[:-200:-1].tolist(), strict=True):
            days = min((moment - when) // 86_400_000_000, LONG)
            if len(rows) == MOST_ANCHORS or days > PAST_DAYS or len(rows) >= len(lines) + 1 + PAST_ANCHORS:
                break
            if at not in known and days >= 0:
                known.add(at)
                rows.append((at, max(days, 1), True, int(items["price"][at])))
    return np.array(rows, dtype=ANCHOR)


def _hesitation(request: OfferRequest, view: CustomerView, items: np.ndarray, looked_at: int, *, personal: bool) -> int:
    bits = sum({_BIT[sign] for sign in request.hesitation})
    if request.budget is not None:
        bits |= _BIT["budget"]
    if looked_at >= 0 and items["stock"][looked_at] == 0:
        bits |= _BIT["stock_out"]
    if personal and any(
        each.product_id == request.product_id and each.times >= VIEWS_THAT_HESITATE for each in view.viewed
    ):
        bits |= _BIT["repeated_views"]
    return bits


def _one_class(shipping: np.ndarray, cart: Int32) -> int:
    if not len(cart):
        return -1
    classes = shipping[cart]
    return int(classes[0]) if (classes == classes[0]).all() else -1


def _parents(items: np.ndarray, cart: Int32) -> Int32:
    parents = items["parent"][cart]
    found: Int32 = np.unique(parents[parents >= 0])
    return found


def _dense(ids: Sequence[str], places: dict[str, int]) -> Int32:
    if not ids:
        return _NO_ITEMS
    return np.array([places[each] for each in ids if each in places], dtype=np.int32)


def _slots(request: OfferRequest) -> np.ndarray:
    if not request.slots:
        return np.array([(request.n, _ALL_KINDS)], dtype=SLOT)
    return np.array(
        [(slot.n, sum({1 << _KIND[kind] for kind in slot.kinds}) or _ALL_KINDS) for slot in request.slots],
        dtype=SLOT,
    )


def _weights(bound: Bound, view: CustomerView, placement: int, hesitation: int) -> np.ndarray:
    rows = [
        (
            weight.percent,
            weight.kinds,
            lever,
            bool(weight.placements >> placement & 1)
            and (weight.segment is None or weight.segment in view.segments)
            and (hesitation != 0 or not weight.hesitating),
        )
        for weight, lever in bound.weights
    ]
    return np.array(rows, dtype=WEIGHT)


def _qualified(request: OfferRequest, state: State) -> np.ndarray:
    words = state.words.qualifications.words
    if request.rep is None:
        return np.ones(len(words), dtype=np.bool_)
    return np.array([not word or word in request.rep.qualifications for word in words], dtype=np.bool_)


def _mandatory(policy: Policy, bound: Bound, placement: int, now: datetime) -> dict[str, np.ndarray]:
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
