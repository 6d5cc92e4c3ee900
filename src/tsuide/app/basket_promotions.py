"""What running promotions on whole baskets make of a shop's cart: those with a least purchase that it reaches."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from tsuide.app.catalogue import Catalogue
from tsuide.app.customers import segments_of
from tsuide.app.promotions import Standing, standings
from tsuide.app.wiring import Shop
from tsuide.facts.catalogue import Product
from tsuide.facts.promotions import Budget, Promotion, Targets
from tsuide.kit.money import RATE_UNIT
from tsuide.offers.promotions import Basket, Line, apply_promotions, targeted


@dataclass(frozen=True, slots=True)
class Reached:
    """What the cart gets.

    Args:
        cuts: off each line, minor units as shown, (lines,).
        free: products that come free, each as often as it does.
        ships_free: no shipping.
        points: unit → how many.
        saved: promotions that take something off, and how much, minor units.
        draws: promotion → what it costs, minor units; none without a yes that could draw on it.
    """

    cuts: tuple[int, ...]
    free: tuple[str, ...] = ()
    ships_free: bool = False
    points: Mapping[str, int] = field(default_factory=dict)
    saved: tuple[tuple[Promotion, int], ...] = ()
    draws: Mapping[str, int] = field(default_factory=dict)


def reached(
    shop: Shop,
    catalogue: Catalogue,
    lines: Sequence[tuple[Product, int, int]],
    given: frozenset[str],
    now: datetime,
    *,
    customer_id: str | None,
    yes: Sequence[str],
    shipping: int,
) -> Reached:
    """What the cart gets by what it comes to, on top of what its offers gave.

    What has a budget is given only together with a customer's yes to an offer, which draws on it.

    Args:
        shop: its promotions.
        catalogue: products and prices.
        lines: (product, quantity, amount as it is charged so far) of each.
        given: promotions that its offers gave already.
        now: UTC.
        customer_id: who buys.
        yes: the acceptances that the cart's offers become; none = only what has no budget.
        shipping: what shipping costs the customer, minor units.
    """
    nothing = Reached((0,) * len(lines))
    asked = [each for each in standings(shop) if _for_baskets(each.promotion) and each.promotion.runs(now)]
    currencies = {product.currency for product, _, _ in lines}
    if not asked or len(currencies) != 1:
        return nothing
    (currency,) = currencies
    segments = segments_of(shop.store, customer_id, now) if customer_id is not None else ()
    listed = Basket(
        tuple(Line(product.id, quantity, product.price or 0, 0, product.category) for product, quantity, _ in lines),
        currency,
    )
    own = _drawn(shop, asked, yes)
    chosen = {
        each.promotion.id: each
        for each in asked
        if each.promotion.id not in given
        and each.promotion.currency == currency
        and _holds(each.promotion, listed)
        and (each.promotion.id in own or not _limited(each) or (bool(yes) and not each.exhausted()))
    }
    promotions = [_without_least(each.promotion) for each in chosen.values()]
    if not promotions:
        return nothing
    shelf = _shelf(promotions, catalogue)
    basket = Basket(tuple(_line(*each) for each in lines), currency, shipping, segments=segments, shelf=shelf)
    priced = apply_promotions(promotions, basket, now)
    short = {made.promotion_id for made in priced.given if made.cost > _left(chosen[made.promotion_id])} - own
    if short:
        priced = apply_promotions([each for each in promotions if each.id not in short], basket, now)
    points: dict[str, int] = {}
    for made in priced.given:
        if made.points:
            points[made.unit] = points.get(made.unit, 0) + made.points
    return Reached(
        cuts=priced.discounts,
        free=tuple(item for made in priced.given for item in made.items),
        ships_free=any(made.shipping for made in priced.given),
        points=points,
        saved=tuple((chosen[made.promotion_id].promotion, sum(made.cuts)) for made in priced.given if any(made.cuts)),
        draws={made.promotion_id: made.cost for made in priced.given if yes},
    )


def _for_baskets(promotion: Promotion) -> bool:
    """What one customer may use so often only is none: who used it up would never get their order through."""
    return promotion.targets.least > 0 and promotion.budget.uses_per_customer is None


def _without_least(promotion: Promotion) -> Promotion:
    """As it stands for a basket that has reached its least purchase, wherever on the page; still for its segments."""
    targets = promotion.targets
    return replace(promotion, targets=Targets(targets.products, targets.categories, segments=targets.segments))


def _holds(promotion: Promotion, listed: Basket) -> bool:
    """Whether it is for a cart, and the cart comes to enough before discounts."""
    targets = promotion.targets
    here = not targets.kinds and (not promotion.placements or not {"cart", "checkout"}.isdisjoint(promotion.placements))
    return here and sum(listed.lines[i].listed for i in targeted(targets, listed)) >= targets.least


def _limited(each: Standing) -> bool:
    return each.promotion.budget != Budget()


def _left(each: Standing) -> float:
    amount = each.promotion.budget.amount
    return math.inf if amount is None else amount - each.spent


def _drawn(shop: Shop, asked: Sequence[Standing], yes: Sequence[str]) -> set[str]:
    """Promotions that this very order drew on already."""
    names = [each.promotion.id for each in asked if yes and _limited(each)]
    return {name for name in names if any(use["acceptance_id"] in yes for use in shop.store.promotions.uses_of(name))}


def _line(product: Product, quantity: int, amount: int) -> Line:
    """A whole line as one unit of what it comes to; no promotion takes it below what it costs the shop."""
    tax = product.tax_rate if product.tax_included else 0
    cost = -(-(product.cost or 0) * quantity * (RATE_UNIT + tax) // RATE_UNIT)
    return Line(product.id, 1, amount, min(cost, amount), product.category)


def _shelf(promotions: Sequence[Promotion], catalogue: Catalogue) -> dict[str, tuple[int, int]]:
    gifts = {item for each in promotions for item in each.benefit.items}
    found = [product for item in sorted(gifts) if (product := catalogue.product(item)) is not None]
    return {
        each.id: (each.price, each.price if each.cost is None else each.cost)
        for each in found
        if each.price is not None and each.status == "active" and each.stock != 0
    }
