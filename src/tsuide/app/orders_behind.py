"""The orders behind an opportunity, for people who want to see them."""

from collections.abc import Sequence
from typing import Any, Final

from tsuide.app.wiring import Shop
from tsuide.kit.clock import from_micros
from tsuide.store.behind import WINDOW

WITHIN: Final = WINDOW
"""Orders that one look goes through."""


def orders_behind(
    shop: Shop, products: Sequence[str], deep: int = 0, n: int = 100
) -> tuple[list[dict[str, Any]], bool]:
    """Orders that hold all of the products, of the last `WITHIN` that came in; whether there are older ones.

    Args:
        shop: whose.
        products: ids, each once.
        deep: how many times `WITHIN` orders are passed over.
        n: how many at most.

    Returns:
        id, customer_id, placed_at, currency, amount (minor units), beside (lines of other products): newest first.
    """
    rows, older = shop.store.facts.orders_holding(products, deep, n)
    return [{**row, "placed_at": from_micros(row["placed_at"])} for row in rows], older
