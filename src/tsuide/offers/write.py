"""From chosen rows back to names: the offers of a decision with their reasons."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from tsuide.kit.arrays import Float64, Int64
from tsuide.kit.clock import from_micros
from tsuide.kit.maker import maker
from tsuide.kit.remembered import forget_also, remembered
from tsuide.mining.lookalikes import FittedLookalikes
from tsuide.offers import codes
from tsuide.offers.candidates.declared import REQUIRED
from tsuide.offers.deal_table import ALWAYS, Deals, given_by
from tsuide.offers.links import Links
from tsuide.offers.offer import KINDS, MARGIN_BASES, SOURCES, Gain, Offer, OfferItem, Reason, Scores
from tsuide.offers.policy.policy import Policy
from tsuide.offers.propensity import FittedPropensity
from tsuide.offers.request import OfferRequest
from tsuide.offers.state import State
from tsuide.offers.tiers import Tiers

_SURE: Final = 1.959963984540054  # standard deviations of a 95 % interval
_make_offer: Final[Any] = maker(Offer)
_make_item: Final = maker(OfferItem)
_make_scores: Final = maker(Scores)
_make_reason: Final = maker(Reason)
_STEPS: Final = frozenset({codes.UP_SELL, codes.DOWN_SELL, codes.ALTERNATIVE})


class Told(NamedTuple):
    """What an offer tells of its candidate: columns of CANDIDATE, whole numbers first.

    `unit_price` is what its product costs in the catalogue (-1 = asked for), `counted` the column `count`: a tuple has
    something else of that name.
    """

    item: int
    anchor: int
    kind: int
    source: int
    quantity: int
    price: int
    list_price: int
    discount: int
    anchor_price: int
    margin_basis: int
    currency: int
    reviews: int
    qualified: int
    counted: int
    base: int
    since_anchor: int
    declared: int
    worth: int
    place: int
    mandatory: int
    pinned: int
    set: int
    second: int
    promotion: int
    group: int
    interval: int
    unit_price: int
    rating: float
    lift: float
    lift_low: float
    propensity: float
    prior: float
    context: float
    levers: float
    influence: float
    priority: float


WHOLE: Final = Told._fields[: Told._fields.index("rating")]
REAL: Final = Told._fields[len(WHOLE) :]
COLUMN: Final = {"counted": "row.count", "unit_price": "items[row.item].price"}
"""Where a kernel finds what is not called in CANDIDATE as here."""


def write_offers(
    decision_id: str,
    whole: Int64,
    real: Float64,
    picks: np.ndarray,
    request: OfferRequest,
    state: State,
    policy: Policy,
) -> tuple[Offer, ...]:
    """The offers of `picks`, in order.

    Args:
        decision_id: theirs is made of it.
        whole: `Told` of each, its whole numbers; int64 (picks, len(WHOLE)).
        real: the rest of it; float64 (picks, len(REAL)).
        picks: slate.PICK.
        request: as asked.
        state: as decided on.
        policy: as decided by.
    """
    drafts = _drafts_of(state)
    in_cart = {line.product_id for line in request.cart}
    bits, more = whole.tobytes(), real.tobytes()
    written = []
    for number, (numbers, shares, (_, at, _, probability)) in enumerate(
        zip(whole.tolist(), real.tolist(), picks.tolist(), strict=True)
    ):
        anchored = numbers[_SET] >= 0 and numbers[_DISCOUNT] > 0 and state.ids.ids[numbers[_ANCHOR]] not in in_cart
        here, there = number * _WIDTH, number * _WIDE
        key = (  # every bit of it, but for the place
            bits[here : here + _PLACE_AT],
            bits[here + _PLACE_AT + 8 : here + _WIDTH],
            more[there : there + _WIDE],
            anchored,
            policy.currency,
        )
        draft = drafts.get(key)
        if draft is None:
            if len(drafts) >= _MOST_DRAFTS:
                drafts.clear()
            draft = drafts[key] = _draft(_told((*numbers, *shares)), state, policy.currency, anchored=anchored)
        first, then, last = draft
        slot = request.slots[at].name if request.slots else ""
        written.append(_make_offer(f"{decision_id}.{number}", numbers[_PLACE], *first, slot, *then, probability, *last))
    return tuple(written)


_PLACE, _SET, _DISCOUNT, _ANCHOR = (Told._fields.index(name) for name in ("place", "set", "discount", "anchor"))
_WIDTH, _WIDE, _PLACE_AT = 8 * len(WHOLE), 8 * len(REAL), 8 * _PLACE  # bytes
_MOST_DRAFTS: Final = 8_192
_Draft: TypeAlias = tuple[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]
"""An offer's fields in their order, without those that only its decision knows: id and place, slot, probability."""
_KEPT: Final = 4
_last: list[tuple[State, dict[tuple[Any, ...], _Draft]]] = []
forget_also(_last.clear)


def _drafts_of(state: State) -> dict[tuple[Any, ...], _Draft]:
    """Offers that were written on this catalogue and learning; the last few are kept, as `ground_of` keeps them.

    What goes with a product that sells is proposed again and again, with the same numbers.
    """
    for known, drafts in tuple(_last):  # another thread may put its own there meanwhile
        same = (
            known.items is state.items
            and known.parts is state.parts
            and known.sets is state.sets
            and known.beside is state.beside
        )
        if same:
            return drafts
    made: dict[tuple[Any, ...], _Draft] = {}
    _last[:] = [(state, made), *_last[: _KEPT - 1]]
    return made


def _told(values: tuple[Any, ...]) -> Told:
    return tuple.__new__(Told, values)


def _draft(row: Told, state: State, currency: str, *, anchored: bool) -> _Draft:
    """An offer's fields; `anchored`: accepting adds the anchor too, since a set's price is of the whole.

    `currency`: of an offer whose product has none.
    """
    ids, prices = state.ids.ids, state.items["price"]
    product = ids[row.item]
    whole = int(prices[row.anchor]) if anchored else 0
    price = row.price + whole if row.price >= 0 else None
    gains = _gains(row, state)
    anchor_price = _known(row.anchor_price)
    ends = _ends(row, state) if gains else None
    stepped = row.kind in _STEPS and price is not None and anchor_price is not None
    return (
        (
            KINDS[row.kind],
            SOURCES[row.source],
            product,
            state.words.currencies.words[row.currency] if row.currency >= 0 else currency,
            _scores(row, state),
            _items(row, state, prices, anchored=anchored) + _free(gains, state),
        ),
        (
            ids[row.anchor] if row.anchor >= 0 else None,
            price,
            row.list_price + whole if row.list_price >= 0 else None,
            price - anchor_price if stepped else None,  # type: ignore[operator]  # both are known
            row.discount,
            gains[0].promotion_id if gains else None,
            gains,
            MARGIN_BASES[row.margin_basis],
        ),
        (_reasons(row, gains, state), ends, "offer" if row.qualified else "hand_over"),
    )


def _known(value: int) -> int | None:
    return value if value >= 0 else None


def _gains(row: Told, state: State) -> tuple[Gain, ...]:
    if row.promotion < 0:
        return ()
    part = state.parts.get("deals")
    return given_by(part, row.promotion) if isinstance(part, Deals) else ()


def _ends(row: Told, state: State) -> datetime | None:
    """When the promotions of its price are over; None where they have no end."""
    part = state.parts.get("deals")
    ends = int(part.ends[row.promotion]) if isinstance(part, Deals) else ALWAYS
    return None if ends >= ALWAYS else from_micros(ends)


def _free(gains: tuple[Gain, ...], state: State) -> tuple[OfferItem, ...]:
    """What comes free, with its price, so that the customer sees what it is worth."""
    if not gains:
        return ()
    return tuple(
        OfferItem(item, 1, _known(int(state.items["price"][state.ids.position(item)])), "free")
        for gain in gains
        for item in gain.items
    )


def _items(row: Told, state: State, prices: Int64, *, anchored: bool = False) -> tuple[OfferItem, ...]:
    """Everything that accepting would add: the products offered, then the parts that they need."""
    needing = _needing(state.beside)
    if row.second < 0 and row.set < 0 and row.item not in needing:  # nearly every offer
        return (_make_item(state.ids.ids[row.item], row.quantity, _known(row.unit_price)),)
    offered = [row.item]
    if row.second >= 0:
        offered.append(row.second)
    elif row.set >= 0:
        offered.extend(at for at in state.sets["items"][row.set][2:].tolist() if at >= 0)
    listed = [_known(prices.item(at)) for at in offered]
    names, quantity = state.ids.ids, row.quantity
    found = [_make_item(names[at], quantity, price) for at, price in zip(offered, listed, strict=True)]
    if anchored:
        offered.append(row.anchor)
        anchor_price = _known(int(prices[row.anchor]))
        found.append(OfferItem(state.ids.ids[row.anchor], row.quantity, anchor_price, "anchor"))
    if needing.isdisjoint(offered):
        return tuple(found)
    required = {part.product_id: part for at in offered for part in _required(at, state)}
    inside = {item.product_id for item in found}
    return (*found, *(part for name, part in required.items() if name not in inside))


@remembered(8)
def _needing(beside: Links) -> frozenset[int]:
    """Products that need a part of their own."""
    anchors = np.repeat(np.arange(len(beside.of) - 1), np.diff(beside.of))
    return frozenset(anchors[beside.rows["relation"] == REQUIRED].tolist())


def _required(item: int, state: State) -> tuple[OfferItem, ...]:
    """Parts without which the product does not work: shown in the total, asked about, never preselected."""
    first, last = state.beside.of[item : item + 2].tolist()
    links = state.beside.rows[first:last]
    parts = links["item"][links["relation"] == REQUIRED].tolist()
    return tuple(OfferItem(state.ids[part], 1, _known(int(state.items["price"][part])), "required") for part in parts)


def _scores(row: Told, state: State) -> Scores:
    low, high = interval(row.counted, row.base) if row.base > 0 else (None, None)
    if low is not None and high is not None and row.source == codes.COMBINED and row.counted:
        upgrade = row.propensity * row.base / row.counted  # P of both: the step up times what goes with it
        low, high = low * upgrade, high * upgrade
    learned = state.parts.get("propensity") if row.prior >= 0 else None
    if isinstance(learned, FittedPropensity):
        low, high = learned.range_of(row.propensity)
    return _make_scores(
        propensity=row.propensity,
        worth=None if row.margin_basis == codes.UNKNOWN_MARGIN else row.worth,
        context=row.context,
        levers=row.levers,
        priority=row.priority,
        influence=row.influence,
        propensity_low=low,
        propensity_high=high,
        prior=row.prior if row.prior >= 0 else None,
    )


def interval(count: int, base: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share.

    >>> low, high = interval(8, 10)
    >>> round(low, 3), round(high, 3)
    (0.49, 0.943)
    """
    share, square = count / base, _SURE * _SURE
    middle = share + square / (2 * base)
    half = _SURE * math.sqrt(share * (1 - share) / base + square / (4 * base * base))
    whole = 1 + square / base
    return max((middle - half) / whole, 0.0), min((middle + half) / whole, 1.0)


def _reasons(row: Told, gains: Sequence[Gain], state: State) -> tuple[Reason, ...]:
    """Why: the evidence of the candidate's source, then what qualifies it."""
    found = [_because(row, state)]
    if row.source == codes.BUNDLES:
        found.append(_make_reason("complete_set" if state.sets["intent"][row.set] else "starter_set", {}))
    if row.declared and not row.pinned and row.source != codes.DECLARED:
        found.append(_make_reason("declared", {}))
    if row.since_anchor > 0 and row.anchor >= 0:
        found.append(_make_reason("bought_lately", {"with": state.ids.ids[row.anchor], "days": row.since_anchor}))
    if row.reviews > 0:
        found.append(_make_reason("rated", {"rating": row.rating, "reviews": row.reviews}))
    if row.discount > 0 or gains:
        found.extend(_savings(row, gains, state))
    if row.mandatory or row.pinned:
        found.append(_make_reason("put_first"))
    return tuple(found)


def _savings(row: Told, gains: Sequence[Gain], state: State) -> list[Reason]:
    """What the customer saves or gets with it: by a set's own price, or by a campaign."""
    currency = state.words.currencies.words[row.currency] if row.currency >= 0 else ""
    found = []
    if row.discount > 0:
        code = "set_price" if row.set >= 0 else "promotion"
        found.append(_make_reason(code, {"difference": row.discount, "currency": currency}))
    for gain in gains:
        if gain.points:
            found.append(_make_reason("points", {"points": gain.points, "unit": gain.unit}))
        elif gain.kind == "free_shipping":
            found.append(_make_reason("ships_free"))
        found.extend(_make_reason("comes_free", {"with": item}) for item in gain.items)
    return found


def _because(row: Told, state: State) -> Reason:  # noqa: C901, PLR0911, PLR0912 - one return per source
    anchor = {"with": state.ids.ids[row.anchor]} if row.anchor >= 0 else {}
    source = row.source
    if source == codes.COMPLEMENTS:
        numbers = {"count": row.counted, "base": row.base, "lift": row.lift, "lift_low": row.lift_low}
        return _make_reason("bought_together", {**numbers, **anchor})
    if source in {codes.LADDER, codes.ALTERNATIVES}:
        code = {codes.UP_SELL: "step_up", codes.DOWN_SELL: "step_down"}.get(row.kind, "same_need")
        known = row.price >= 0 and row.anchor_price >= 0
        if not known:
            return _make_reason("same_need", anchor)
        currency = state.words.currencies.words[row.currency]
        return _make_reason(code, {**anchor, "difference": abs(row.price - row.anchor_price), "currency": currency})
    if source == codes.REPLENISHMENT:
        paced = {"interval": row.interval} if row.interval >= 0 else {}
        return _make_reason("due", {"days": row.counted, **paced})
    if source == codes.PERSONAL:
        return _make_reason("your_history", {"times": row.counted, **anchor})
    if source == codes.BUNDLES:
        return _make_reason("whole_set", {"count": row.counted, "base": row.base, **anchor})
    if source == codes.COMBINED:
        return _make_reason("upgrade_with", {"with": state.ids.ids[row.item], "other": state.ids.ids[row.second]})
    if source == codes.ALIKE:
        part = state.parts.get("lookalikes")
        group = part.group_ids[row.group] if isinstance(part, FittedLookalikes) else ""
        return _make_reason("alike", {"group": group, "count": row.counted, "base": row.base})
    if source == codes.BORROWED:
        if row.base >= 0:
            return _make_reason("as_its_like", {**anchor, "other": state.ids.ids[row.base]})
        return _make_reason("as_its_kind", anchor)
    if source == codes.FILLERS and row.group >= 0:
        tiers = state.parts.get("tiers")
        named = tiers.asked[row.group].promotion_id if isinstance(tiers, Tiers) else ""
        return _make_reason("closes_tier", {"promotion": named})
    if source == codes.PROMOTION:
        return _make_reason("campaign", anchor)
    if source == codes.CATEGORY:
        return _make_reason("bestseller", {"count": row.counted, "base": row.base})
    return _make_reason(_PLAIN.get(source, "declared"), anchor)


_PLAIN: Final = {
    codes.SESSION: "looked_alike",
    codes.FILLERS: "closes_gap",
    codes.LESSON: "about",
    codes.LOOK: "same_look",
    codes.GOAL: "serves_goal",
    codes.TASTE: "told_taste",
}
"""Sources whose reason is its code and its anchor."""
