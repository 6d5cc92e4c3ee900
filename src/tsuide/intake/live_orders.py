"""Order lines of live messages: what was bought, at what price, the order's discount shared out."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from tsuide.errors import BadValue
from tsuide.facts.orders import OrderLine
from tsuide.intake.values import money, needed, whole
from tsuide.kit.money import line_total, share_out

Bought: TypeAlias = tuple[str, int, int]  # product, units, price of one in minor units


def bought(line: Mapping[str, Any], product: str | None, currency: str, key: str) -> Bought:
    """One line: units (1 where none are named) and the price of one.

    Raises:
        BadValue: no product, no price, or one that is none or too large.

    >>> bought({"quantity": "2", "price": 19.99}, "p1", "USD", "products.0")
    ('p1', 2, 1999)
    """
    units = whole(line.get("quantity"), f"{key}.quantity", 0)
    price = money(line.get("price"), currency, f"{key}.price")
    if price is None or price < 0:
        raise BadValue("a price is needed, and not a negative one", key=f"{key}.price", value=line.get("price"))
    units = 1 if units is None else units
    line_total(price, units, f"{key}.price")
    return needed(product, f"{key}.product_id"), units, price


def order_lines(order: str, heads: Sequence[Bought], discount: int) -> tuple[OrderLine, ...]:
    """Lines of what was bought, the order's discount shared out by amount, no unit lost; lines of no units drop out.

    >>> [line.amount for line in order_lines("o", [("a", 1, 300), ("b", 2, 100)], 50)]
    [270, 180]
    """
    held = [each for each in heads if each[1] > 0]
    amounts = [units * price for _, units, price in held]
    total = sum(amounts)
    off = share_out(min(discount, total), amounts) if discount > 0 and total > 0 else [0] * len(held)
    return tuple(
        OrderLine(order, place, product, units, price, amount=amount - less, discount=less)
        for place, ((product, units, price), amount, less) in enumerate(zip(held, amounts, off, strict=True), 1)
    )
