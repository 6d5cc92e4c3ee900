"""What a promotion would be, before it is saved: its products, its margin, and for a set what every price would do."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tsuide.app.loading import Loaded
from tsuide.facts.promotions import Promotion
from tsuide.kit.money import RATE_UNIT
from tsuide.mining.bundles import FittedBundles
from tsuide.mining.complements import FittedComplements
from tsuide.mining.set_price import margin_curve, set_price
from tsuide.offers import codes
from tsuide.offers.bind import bind
from tsuide.offers.deals import reached
from tsuide.offers.policy.policy import Policy
from tsuide.offers.price_history import premium_allowed

_RESPONSE: Final = 50_000  # the policy's own default: ten percent off makes half as many more
_DEEPEST: Final = 3_000  # beyond it a set is a clearance


@dataclass(frozen=True, slots=True)
class Curve:
    """What every price of a set would do.

    Args:
        full: sum of the members' prices, minor units.
        points: (discount in basis points, price, gain per 100 buyers of the main item, margin rate).
        floor: least margin rate that the policy allows, basis points.
        advised: the deepest price that still raises the margin above the floor; None = no discount does.
        best: the price where the gain is largest; None as above.
        counted: whether orders hold the whole set; else how often it is bought whole is taken from its rarest pair.
        response: relative rise of the sale per unit of discount: an assumption.
    """

    full: int
    points: tuple[tuple[int, int, float, float], ...]
    floor: int
    advised: int | None
    best: int | None
    counted: bool
    response: float


@dataclass(frozen=True, slots=True)
class Checked:
    """What a promotion is.

    Args:
        products: how many it is for (of a set or gift: its items).
        unknown: product ids that the catalogue has not.
        full: what its items cost one by one; None where one's price is not known.
        price: what they cost with it; None as above, and where it is for many products.
        margin: of them with it, ex tax; None where a cost is not known.
        rate: margin over price ex tax.
        floor: of the policy, basis points.
        below_floor: products that fall below the margin floor with it, of those whose margin is known.
        premium_lawful: whether what is free is within the limit for premiums; None = nothing is free.
        offered_from: lowest price at which the policy still offers the set beside its first product: what is added
            without it keeps the floor too; None where a margin is not known.
        curve: of a set; None where a margin is not known, or it is no set.
    """

    products: int
    unknown: tuple[str, ...]
    full: int | None
    price: int | None
    margin: int | None
    rate: float | None
    floor: int
    below_floor: int
    premium_lawful: bool | None
    curve: Curve | None
    offered_from: int | None = None


def check_promotion(promotion: Promotion, loaded: Loaded, policy: Policy) -> Checked:
    """What it is, on today's catalogue and by the policy in force."""
    benefit, state = promotion.benefit, loaded.state
    bound = bind(policy, state).items
    floor = int(policy.value("margin_floor", "rate")) if policy.value("margin_floor", "on") else 0
    items = [*benefit.items, *benefit.extra]
    unknown = tuple(each for each in (*items, *promotion.targets.products) if each not in loaded.catalogue)
    is_set = benefit.kind == "set_price"
    if not is_set:
        frame = reached([promotion], loaded.products)
        places = state.ids.positions(frame["id"].to_list())
        below = _below(promotion, state.items["net"][places], bound[places], floor)
        lawful = _premium(promotion, loaded) if benefit.kind == "free_item" else None
        return Checked(len(frame), unknown, None, None, None, None, floor, below, lawful, None)
    places = state.ids.positions(items)
    prices = [int(each) for each in state.items["price"][places[places >= 0]]]
    known = not unknown and len(prices) == len(items) and all(each > 0 for each in prices)
    full = sum(prices) if known else None
    margins = [int(each) for each in bound["margin"][places[places >= 0]]]
    costs_known = known and bool((bound["basis"][places] != codes.UNKNOWN_MARGIN).all())
    margin = rate = None
    if full is not None and costs_known:
        whole = int(state.items["net"][places].sum())
        saved = round((full - benefit.value) * whole / full)  # the discount without its tax, spread over the items
        margin, net = sum(margins) - saved, whole - saved
        rate = margin / net if net > 0 else None
    curve = None
    if costs_known and len(items) > 1:
        curve = curve_of(items, prices, margins, loaded, policy, floor)
    offered_from = None
    if full is not None and costs_known and len(items) > 1:
        nets = [int(each) for each in state.items["net"][places]]
        offered_from = _offered_from(full, nets, margins, floor)
    below_floor = int(rate is not None and (rate * RATE_UNIT < floor or benefit.value < (offered_from or 0)))
    return Checked(
        len(items), unknown, full, benefit.value, margin, rate, floor, below_floor, None, curve, offered_from
    )


def _offered_from(full: int, nets: Sequence[int], margins: Sequence[int], floor: int) -> int:
    """The price below which what is added to the first product falls under the floor, minor units as shown."""
    rest_net, rest_margin, least = sum(nets[1:]), sum(margins[1:]), floor / RATE_UNIT
    saving = max((rest_margin - least * rest_net) / (1 - least), 0.0) if least < 1 else 0.0
    return math.ceil(full - saving * full / sum(nets))


def curve_of(
    items: Sequence[str], prices: Sequence[int], margins: Sequence[int], loaded: Loaded, policy: Policy, floor: int
) -> Curve | None:
    """The margin curve of a set around its first product; None where nothing of it was bought together."""
    attach, joint, counted = _rates(items, loaded)
    if joint <= 0:
        return None
    response = (policy.set_prices.response if policy.set_prices is not None else _RESPONSE) / RATE_UNIT
    points = margin_curve(prices, margins, attach, joint, response=response, deepest=_DEEPEST)
    found = set_price(prices, margins, attach, joint, response=response, floor=floor)
    by_discount = {discount: price for discount, price, _, _ in points}
    best = None if found is None else by_discount.get(found.best_discount)
    shown = tuple((discount, price, gain * 100, rate) for discount, price, gain, rate in points)
    return Curve(sum(prices), shown, floor, None if found is None else found.price, best, counted, response)


def _rates(items: Sequence[str], loaded: Loaded) -> tuple[list[float], float, bool]:
    """Of the first product's orders, the share that holds each other, that holds all, and whether all was counted."""
    pairs, sets = loaded.snapshot.parts.get("complements"), loaded.snapshot.parts.get("bundles")
    main, others = items[0], list(items[1:])
    if isinstance(sets, FittedBundles):
        for each in sets.of(main) if main in sets.item_ids else ():
            if set(each.items) == set(items):
                by_item = dict(zip(each.items[1:], each.attach, strict=True))
                return [by_item[one] for one in others], min(each.joint, *by_item.values()), True
    if not isinstance(pairs, FittedComplements) or main not in pairs.item_ids:
        return [0.0] * len(others), 0.0, False
    rows = pairs.of(main, 10_000)
    share = dict(zip(rows["item"].to_list(), rows["confidence"].to_list(), strict=True))
    attach = [float(share.get(each, 0.0)) for each in others]
    if len(others) == 1:
        return attach, attach[0], True
    return attach, float(np.prod(attach)), False


def _below(promotion: Promotion, net: np.ndarray, bound: np.ndarray, floor: int) -> int:
    """Products whose margin falls below the floor by a percentage or an amount off."""
    benefit = promotion.benefit
    if benefit.kind == "percent":
        off = net * benefit.value // RATE_UNIT
    elif benefit.kind == "amount":
        off = np.full(len(net), benefit.value)  # with its tax: on the safe side
    else:
        return 0
    known = (bound["basis"] != codes.UNKNOWN_MARGIN) & (net > 0)
    return int((known & ((bound["margin"] - off) * RATE_UNIT < floor * (net - off))).sum())


def _premium(promotion: Promotion, loaded: Loaded) -> bool | None:
    products = [loaded.catalogue.product(each) for each in promotion.benefit.items]
    prices = [each.price for each in products if each is not None and each.price is not None]
    if len(prices) < len(promotion.benefit.items) or not prices:
        return None
    return premium_allowed(max(promotion.targets.least, 1), sum(prices), promotion.currency)
