"""Customers as a page finds them."""

from typing import Any

from tsuide.app.wiring import Shop
from tsuide.store.finding import LOOKED_THROUGH, Sought

__all__ = ["LOOKED_THROUGH", "Sought", "find_customers"]


def find_customers(shop: Shop, sought: Sought, n: int, after: str = "") -> tuple[list[dict[str, Any]], str | None]:
    """Customers by id, at most `n`, and after which id the next ones come (None = these are all).

    Raises:
        Unavailable: the store does not answer.
    """
    return shop.store.finding.find(sought, n, after)
