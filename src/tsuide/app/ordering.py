"""Take an order of the demo shop: lines that come from offers carry their offer and the customer's recorded yes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl

from tsuide.app.accepting import final_click
from tsuide.app.catalogue import Catalogue
from tsuide.app.ledger import Told
from tsuide.app.quoting import Buyer, Quote, Quoted, Wanted, quote
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, Conflict
from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.facts.schema import conform

ORIGIN: Final = "demo-shop"


@dataclass(frozen=True, slots=True)
class Placed:
    """An order that is in the store.

    Args:
        accepted: product id → offer, of the lines whose offer was believed.
        told: what to tell the ledger, by decision.
        quote: what was charged.
    """

    order_id: str
    accepted: dict[str, str]
    told: dict[str, list[Told]]
    quote: Quote


def place_order(
    shop: Shop,
    catalogue: Catalogue,
    order_id: str,
    buyer: Buyer,
    wanted: Sequence[Wanted],
    now: datetime,
    shown_total: int | None = None,
) -> Placed:
    """Write the order; the same `order_id` again changes nothing.

    An offer is believed only where its decision was made for this buyer and names this product; else the line is
    an ordinary one. What was offered is what is charged. The final click is the customer's own and is kept as the
    evidence of the yes, which draws on the offer's promotions.

    Args:
        shop: its store.
        catalogue: products and prices.
        order_id: the order's own, for ever.
        buyer: whose order.
        wanted: its lines.
        now: UTC.
        shown_total: what the customer saw when they said yes.

    Raises:
        BadValue: nothing wanted, a product that is not for sale, or several currencies.
        Conflict: it does not cost what the customer saw, or a promotion was used up this very moment: nothing is
            ordered, and they look at it again.
    """
    made = quote(shop, catalogue, buyer, wanted, now, order_id=order_id)
    if made.whole is None:
        raise BadValue("an order has one currency and at least one line", key="lines", value=0)
    if shown_total is not None and shown_total != made.whole.total:
        raise Conflict("a price has changed", key="total", value=made.whole.total, way_out="look at the cart again")
    told: dict[str, list[Told]] = {}
    for each in made.taken:
        lines = [line for line in made.lines if line.offer_id == each.offer.id]
        items = [line.item for line in lines]
        final_click(shop, each.decision, each.offer, [line.product for line in lines], items, each.draws, order_id, now)
        told.setdefault(each.decision.id, []).append(Told(each.offer.id, "purchased", evidence=order_id))
    order = {
        "id": order_id,
        "customer_id": buyer.customer_id,
        "placed_at": now,
        "currency": made.whole.currency,
        "status": "placed",
        "channel": "site",
        "origin": ORIGIN,
    }
    rows = [_row(order_id, place, line) for place, line in enumerate(made.lines, 1)]
    shop.store.facts.write_orders(
        conform(pl.DataFrame([order]), ORDERS),
        conform(pl.DataFrame(rows, infer_schema_length=None), ORDER_LINES),
    )
    for each in made.taken:
        shop.store.confirmations.placed(f"{order_id}:{each.offer.id}", order_id, now)
    accepted = {line.product.id: line.offer_id for line in made.lines if line.offer_id is not None and not line.free}
    return Placed(order_id, accepted, told, made)


def _row(order_id: str, place: int, line: Quoted) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "line": place,
        "product_id": line.product.id,
        "quantity": line.quantity,
        "unit_price": line.product.price,
        "amount": line.amount,
        "discount": line.discount,
        "cost": line.product.cost,
        "role": "attached" if line.offer_id else "main",
        "gift": False,
        "offer_id": line.offer_id,
        "returned": 0,
    }
