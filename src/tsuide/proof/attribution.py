"""Attribution: which sales followed an offer. Never an effect: many would have come anyway; the holdout tells how many.

A line of an order is credited where the customer, before the order, *clicked* an offer of that product (within
`click_days`), *saw* one (within `view_days`), or saw one in the cart or at checkout within `cart_hours` and bought it
in one order with another product: the *same cart*. The strongest of these counts (accepted or clicked before same cart
before seen); of several offers of that strength each gets an equal part. Cancelled orders are left out and what came
back is taken off, so the figures agree with refunds. Parts sum to the line to the minor unit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import polars as pl

from tsuide.kit.clock import MICROS_PER_DAY
from tsuide.kit.money import share_out

Reason: TypeAlias = Literal["click", "same_cart", "view"]
LABEL: Final = {
    "ja": "帰属（提案のあとに売れた額）。効果ではありません。効果は比較群との差で測ります。",
    "en": "Attributed: what was sold after an offer. Not an effect: that is the difference to the holdout.",
}
_HOUR: Final = MICROS_PER_DAY // 24
_CLICKS: Final = frozenset({"clicked", "accepted"})
_IN_CART: Final = frozenset({"cart", "checkout"})
KEPT_AMOUNT: Final = pl.col("amount") * (pl.col("quantity") - pl.col("returned")) // pl.col("quantity")
"""What was paid for a line, what came back taken off; minor units, as `attribute` counts it."""


@dataclass(frozen=True, slots=True)
class Windows:
    """How long an offer may claim a sale."""

    click_days: float = 7
    view_days: float = 1
    cart_hours: float = 2


@dataclass(frozen=True, slots=True)
class Credit:
    """A part of a line that an offer is credited with.

    Args:
        amount: as paid, what came back taken off; minor units.
        part: of how many offers this is one.
    """

    offer_id: str
    order_id: str
    line: int
    product_id: str
    currency: str
    amount: int
    reason: Reason
    part: int


@dataclass(frozen=True, slots=True)
class _Touch:
    offer_id: str
    at: int
    outcome: str
    placement: str | None


def attribute(lines: pl.DataFrame, touches: pl.DataFrame, windows: Windows = Windows()) -> list[Credit]:
    """Credits of every line that followed an offer.

    Args:
        lines: of orders that were not cancelled: order_id, line, customer_id, placed_at (microseconds), product_id,
            quantity, returned, amount, currency.
        touches: customer_id, product_id, offer_id, outcome, placement, at (microseconds).
        windows: how long each touch may claim.

    >>> line = {"order_id": "o", "line": 1, "customer_id": "a", "placed_at": 1000, "product_id": "tea", "quantity": 1,
    ...     "returned": 0, "amount": 101, "currency": "JPY"}
    >>> touch = {"customer_id": "a", "product_id": "tea", "outcome": "clicked", "placement": "home", "at": 10}
    >>> found = attribute(pl.DataFrame([line]), pl.DataFrame([touch | {"offer_id": each} for each in ("x", "y")]))
    >>> [(each.offer_id, each.amount, each.reason, each.part) for each in found]
    [('x', 51, 'click', 2), ('y', 50, 'click', 2)]
    """
    by_person: dict[tuple[str, str], list[_Touch]] = {}
    columns = ("customer_id", "product_id", "offer_id", "at", "outcome", "placement")
    for customer, product, *rest in touches.select(columns).iter_rows() if len(touches) else ():
        if customer is not None and product is not None and rest[0] is not None:
            by_person.setdefault((customer, product), []).append(_Touch(*rest))
    orders = _together(lines)
    found = []
    for row in lines.sort("order_id", "line").iter_rows(named=True):
        amount = row["amount"] * (row["quantity"] - row["returned"]) // row["quantity"]
        near = by_person.get((row["customer_id"], row["product_id"]), [])
        reason, offers = _claim(near, row["placed_at"], orders[row["order_id"]], windows)
        if reason is None or amount <= 0:
            continue
        parts = share_out(amount, [1] * len(offers))
        found += [
            Credit(offer, row["order_id"], row["line"], row["product_id"], row["currency"], part, reason, len(offers))
            for offer, part in zip(offers, parts, strict=True)
        ]
    return found


def _together(lines: pl.DataFrame) -> dict[str, int]:
    """Order → how many products it holds: an offer in the cart needs another product beside it."""
    counts = lines.group_by("order_id").agg(pl.col("product_id").n_unique())
    return dict(counts.iter_rows())


def _claim(near: Sequence[_Touch], placed: int, products: int, windows: Windows) -> tuple[Reason | None, list[str]]:
    """The strongest reason there is, and the offers that have it, oldest first, each once."""
    tests: tuple[tuple[Reason, Any], ...] = (
        ("click", lambda t: t.outcome in _CLICKS and placed - t.at <= windows.click_days * MICROS_PER_DAY),
        (
            "same_cart",
            lambda t: (
                t.placement in _IN_CART
                and products > 1
                and t.outcome == "shown"
                and placed - t.at <= windows.cart_hours * _HOUR
            ),
        ),
        ("view", lambda t: t.outcome == "shown" and placed - t.at <= windows.view_days * MICROS_PER_DAY),
    )
    before = sorted((each for each in near if each.at <= placed), key=lambda each: (each.at, each.offer_id))
    for reason, holds in tests:
        offers = list(dict.fromkeys(each.offer_id for each in before if holds(each)))
        if offers:
            return reason, offers
    return None, []


def summary(credits_: Sequence[Credit]) -> dict[str, Any]:
    """Attributed money by currency and reason, with its label: what stands beside an effect, never in its place."""
    amounts: dict[str, dict[str, int]] = {}
    for each in credits_:
        of = amounts.setdefault(each.currency, {"click": 0, "same_cart": 0, "view": 0, "total": 0})
        of[each.reason] += each.amount
        of["total"] += each.amount
    lines = len({(each.order_id, each.line) for each in credits_})
    return {"label": LABEL, "lines": lines, "offers": len({each.offer_id for each in credits_}), "amounts": amounts}
