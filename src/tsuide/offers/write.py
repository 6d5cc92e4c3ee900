"""From chosen rows back to names: the offers of a decision with their reasons."""

import math
from typing import Final

import numpy as np

from tsuide.offers import codes
from tsuide.offers.candidates.declared import REQUIRED
from tsuide.offers.deals import promotion_of
from tsuide.offers.offer import KINDS, MARGIN_BASES, SOURCES, Offer, OfferItem, Reason, Scores
from tsuide.offers.policy.policy import Policy
from tsuide.offers.propensity import FittedPropensity
from tsuide.offers.request import OfferRequest
from tsuide.offers.state import State

_SURE: Final = 1.959963984540054  # standard deviations of a 95 % interval


WRITTEN: Final = (
    "item", "anchor", "kind", "source", "quantity", "price", "list_price", "discount", "anchor_price",
    "margin_basis", "currency", "rating", "reviews", "qualified", "count", "base", "lift", "lift_low",
    "propensity", "prior", "since_anchor", "declared", "worth", "context", "levers", "influence", "priority", "place",
    "mandatory", "set", "second", "promotion",
)  # fmt: skip
"""The columns that an offer tells."""


def write_offers(
    decision_id: str,
    pool: np.ndarray,
    picks: np.ndarray,
    request: OfferRequest,
    state: State,
    policy: Policy,
) -> tuple[Offer, ...]:
    """The offers of `picks`, in order."""
    names = pool.dtype.names or ()
    written = []
    for number, pick in enumerate(picks):
        row = dict(zip(names, pool[pick["row"]].item(), strict=True))
        slot = request.slots[pick["slot"]].name if request.slots else ""
        written.append(_offer(f"{decision_id}.{number}", row, slot, float(pick["probability"]), state, policy))
    return tuple(written)


def _offer(
    offer_id: str,
    row: dict[str, int],
    slot: str,
    probability: float,
    state: State,
    policy: Policy,
) -> Offer:
    ids = state.ids.ids
    product = ids[row["item"]]
    price = _known(row["price"])
    anchor_price = _known(row["anchor_price"])
    steps = row["kind"] in {codes.UP_SELL, codes.DOWN_SELL, codes.ALTERNATIVE}
    return Offer(
        id=offer_id,
        place=row["place"],
        slot=slot,
        kind=KINDS[row["kind"]],
        source=SOURCES[row["source"]],
        product_id=product,
        anchor_id=ids[row["anchor"]] if row["anchor"] >= 0 else None,
        items=_items(row, state),
        currency=state.words.currencies.words[row["currency"]] if row["currency"] >= 0 else policy.currency,
        price=price,
        list_price=_known(row["list_price"]),
        difference=price - anchor_price if steps and price is not None and anchor_price is not None else None,
        discount=row["discount"],
        promotion_id=promotion_of(state, row["promotion"]),
        margin_basis=MARGIN_BASES[row["margin_basis"]],
        shown_probability=probability,
        scores=_scores(row, state),
        reasons=reasons(row, state),
        act="offer" if row["qualified"] else "hand_over",
    )


def _known(value: int) -> int | None:
    return value if value >= 0 else None


def _items(row: dict[str, int], state: State) -> tuple[OfferItem, ...]:
    """Everything that accepting would add: the products offered, then the parts that they need."""
    offered = [row["item"]]
    if row["second"] >= 0:
        offered.append(row["second"])
    elif row["set"] >= 0:
        offered.extend(at for at in state.sets["items"][row["set"]][2:].tolist() if at >= 0)
    listed = [_known(price) for price in state.items["price"][offered].tolist()]
    found = [OfferItem(state.ids.ids[at], row["quantity"], price) for at, price in zip(offered, listed, strict=True)]
    required = {part.product_id: part for at in offered for part in _required(at, state)}
    inside = {item.product_id for item in found}
    return (*found, *(part for name, part in required.items() if name not in inside))


def _required(item: int, state: State) -> tuple[OfferItem, ...]:
    """Parts without which the product does not work: shown in the total, asked about, never preselected."""
    first, last = state.beside.of[item : item + 2].tolist()
    if first == last:
        return ()
    links = state.beside.rows[first:last]
    parts = links["item"][links["relation"] == REQUIRED].tolist()
    return tuple(OfferItem(state.ids[part], 1, _known(int(state.items["price"][part])), "required") for part in parts)


def _scores(row: dict[str, int], state: State) -> Scores:
    low, high = interval(row["count"], row["base"]) if row["base"] > 0 else (None, None)
    learned = state.parts.get("propensity") if row["prior"] >= 0 else None
    if isinstance(learned, FittedPropensity):
        low, high = learned.range_of(row["propensity"])
    return Scores(
        propensity=row["propensity"],
        worth=None if row["margin_basis"] == codes.UNKNOWN_MARGIN else row["worth"],
        context=row["context"],
        levers=row["levers"],
        priority=row["priority"],
        influence=row["influence"],
        propensity_low=low,
        propensity_high=high,
        prior=row["prior"] if row["prior"] >= 0 else None,
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


def reasons(row: dict[str, int], state: State) -> tuple[Reason, ...]:
    """Why: the evidence of the candidate's source, then what qualifies it."""
    found = [_because(row, state)]
    if row["declared"] and row["source"] != codes.DECLARED:
        found.append(Reason("declared", {}))
    if row["since_anchor"] > 0 and row["anchor"] >= 0:
        found.append(Reason("bought_lately", {"with": state.ids.ids[row["anchor"]], "days": row["since_anchor"]}))
    if row["reviews"] > 0:
        found.append(Reason("rated", {"rating": row["rating"], "reviews": row["reviews"]}))
    if row["promotion"] >= 0:
        currency = state.words.currencies.words[row["currency"]]
        found.append(Reason("promotion", {"difference": row["discount"], "currency": currency}))
    if row["mandatory"]:
        found.append(Reason("put_first"))
    return tuple(found)


def _because(row: dict[str, int], state: State) -> Reason:  # noqa: PLR0911 - one return per source
    anchor = {"with": state.ids.ids[row["anchor"]]} if row["anchor"] >= 0 else {}
    source = row["source"]
    if source == codes.COMPLEMENTS:
        numbers = {name: row[name] for name in ("count", "base", "lift", "lift_low")}
        return Reason("bought_together", {**numbers, **anchor})
    if source in {codes.LADDER, codes.ALTERNATIVES}:
        code = {codes.UP_SELL: "step_up", codes.DOWN_SELL: "step_down"}.get(row["kind"], "same_need")
        known = row["price"] >= 0 and row["anchor_price"] >= 0
        if not known:
            return Reason("same_need", anchor)
        currency = state.words.currencies.words[row["currency"]]
        return Reason(code, {**anchor, "difference": abs(row["price"] - row["anchor_price"]), "currency": currency})
    if source == codes.REPLENISHMENT:
        return Reason("due", {"days": row["count"]})
    if source == codes.PERSONAL:
        return Reason("your_history", {"times": row["count"], **anchor})
    if source == codes.BUNDLES:
        return Reason("whole_set", {"count": row["count"], "base": row["base"], **anchor})
    if source == codes.COMBINED:
        return Reason("upgrade_with", {"with": state.ids.ids[row["item"]], "other": state.ids.ids[row["second"]]})
    if source == codes.CATEGORY:
        return Reason("bestseller", {"count": row["count"], "base": row["base"]})
    return Reason(_PLAIN.get(source, "declared"), anchor)


_PLAIN: Final = {
    codes.SESSION: "looked_alike",
    codes.FILLERS: "closes_gap",
    codes.LESSON: "about",
    codes.LOOK: "same_look",
    codes.GOAL: "serves_goal",
    codes.TASTE: "your_taste",
}
"""Sources whose reason is its code and its anchor."""
