"""Write the order that a yes has become, as an order of Tsuide's own: the store takes it only with that yes."""

from datetime import datetime
from typing import Final

import polars as pl

from tsuide.app.catalogue import Catalogue
from tsuide.app.wiring import Shop
from tsuide.errors import Conflict
from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.facts.schema import conform
from tsuide.offers.acceptance import Confirmation, from_json

ORIGIN: Final = "tsuide"


def order_accepted(shop: Shop, catalogue: Catalogue, acceptance_id: str, now: datetime) -> str:
    """The id of the order; ordered again it is the same order.

    Raises:
        NotFound: no such acceptance.
        Conflict: it is not accepted.
    """
    row = shop.store.confirmations.get(acceptance_id)
    if row["state"] not in {"accepted", "used"}:
        raise Conflict(
            f"it is {row['state']}: an order needs the customer's yes", key="acceptance", value=acceptance_id
        )
    order_id = row["order_id"] or f"tsuide_{acceptance_id}"
    if row["state"] == "used":
        return str(order_id)
    made = from_json(row["content"])
    head = {
        "id": order_id,
        "customer_id": made.customer_id,
        "placed_at": now,
        "currency": made.currency,
        "status": "placed",
        "channel": None,
        "origin": ORIGIN,
    }
    shop.store.facts.write_orders(
        conform(pl.DataFrame([head]), ORDERS),
        conform(pl.DataFrame(_lines(order_id, made, catalogue), infer_schema_length=None), ORDER_LINES),
    )
    shop.store.confirmations.placed(acceptance_id, order_id, now)
    return str(order_id)


def _lines(order_id: str, made: Confirmation, catalogue: Catalogue) -> list[dict[str, object]]:
    costs = {item.product_id: getattr(catalogue.product(item.product_id), "cost", None) for item in made.items}
    return [
        {
            "order_id": order_id,
            "line": place,
            "product_id": item.product_id,
            "quantity": item.quantity,
            "unit_price": item.unit_price,
            "discount": item.discount,
            "amount": item.amount,
            "cost": costs[item.product_id],
            "role": "attached" if made.decision_id or item.offer_id else "main",
            "gift": False,
            "offer_id": item.offer_id or made.offer_id,
            "returned": 0,
        }
        for place, item in enumerate(made.items, 1)
    ]
