"""What lines of deals cost and earn: products as they are now, cases, and the policy's margin floor."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from tsuide.app.catalogue import Catalogue
from tsuide.app.policies import active_policy
from tsuide.app.wiring import Shop
from tsuide.facts.catalogue import Product
from tsuide.offers.bind import ANY_CATEGORY
from tsuide.outreach.sales.deals import Earned, Line, refuse_below_floor


def floor_of(shop: Shop, now: datetime) -> int:
    """The margin floor of the policy in force, basis points; 0 where the rule is off."""
    policy = active_policy(shop, now)
    return policy.value("margin_floor", "rate") if policy.value("margin_floor", "on") else 0


def earned(shop: Shop, lines: Iterable[Line], now: datetime) -> list[Earned]:
    """Lines with what is known of their cost."""
    listed = list(lines)
    goods = goods_of(shop, [line.product_id for line in listed])
    found = ((line, goods.product(line.product_id)) for line in listed)
    return [Earned(line, None) if product is None else earned_of(shop, line, product, now) for line, product in found]


def refuse_below_floors(shop: Shop, lines: Sequence[Line], now: datetime) -> None:
    """Refuse prices of a rep's own that earn too little by now: a line's by itself, a set's together.

    Lines with a promotion are judged with it (`deal_benefits.refuse_over`).

    Raises:
        Refused: names the least that may be asked.
    """
    floor, known = floor_of(shop, now), earned(shop, lines, now)
    for each in known:
        if each.line.price_from == "rep" and each.line.promotion_id is None:
            refuse_below_floor([each], floor)
    refuse_below_floor([each for each in known if each.line.price_from == "set"], floor)


def goods_of(shop: Shop, product_ids: Iterable[str]) -> Catalogue:
    """Products as they are now, by id."""
    return Catalogue(shop.store.facts.products_of(list(dict.fromkeys(product_ids))), {})


def case_of(product: Product) -> int:
    """Units of one case (attribute ``case``); 1 where it is sold by the unit.

    >>> case_of(Product("t", "Tea", "JPY", attributes={"case": "12"})), case_of(Product("c", "Cup", "JPY"))
    (12, 1)
    """
    text = str(product.attributes.get("case", ""))
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else 1


def earned_of(shop: Shop, line: Line, product: Product, now: datetime) -> Earned:
    """A line with what is known of its product's cost."""
    rates = active_policy(shop, now).margin_rates
    named = [name for name in reversed(product.category) if name in rates]
    rate = rates[named[0]] if named else rates.get(ANY_CATEGORY, 0)
    return Earned(line, product.cost, rate, product.price)
