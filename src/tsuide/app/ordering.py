"""Take an order of the demo shop: lines that come from offers carry their offer and the customer's recorded yes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from tsuide.app.accepting import final_click
from tsuide.app.catalogue import Catalogue
from tsuide.app.ledger import Told, offer_of
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, Conflict, NotFound
from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.facts.schema import conform
from tsuide.offers.decision import Decision

ORIGIN: Final = "demo-shop"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line that the customer confirmed.

    Args:
        offer_id, decision_id: where it came from, as the page said; checked before it is believed.
    """

    product_id: str
    quantity: int
    offer_id: str | None = None
    decision_id: str | None = None


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who confirmed: the browser, and the customer where one is signed in."""

    anonymous_id: str
    customer_id: str | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """An order that is in the store.

    Args:
        accepted: product id → offer, of the lines whose offer was believed.
        told: what to tell the ledger, by decision.
    """

    order_id: str
    accepted: dict[str, str]
    told: dict[str, list[Told]]


def place_order(
    shop: Shop, catalogue: Catalogue, order_id: str, buyer: Buyer, wanted: Sequence[Wanted], now: datetime
) -> Placed:
    """Write the order; the same `order_id` again changes nothing.

    An offer is believed only where its decision was made for this buyer and names this product; else the line is
    an ordinary one. The final click is the customer's own and is kept as the evidence of the yes.

    Raises:
        BadValue: nothing wanted, a product that is not for sale, or several currencies.
    """
    lines, currencies, accepted, told = [], set(), {}, dict[str, list[Told]]()
    for place, each in enumerate(wanted, 1):
        product = catalogue.product(each.product_id)
        if product is None or product.price is None or product.status != "active":
            raise BadValue("not for sale", key="product", value=each.product_id, way_out="take it out of the cart")
        currencies.add(product.currency)
        offer_id = _accepted(shop, catalogue, order_id, buyer, each, now)
        if offer_id is not None and each.decision_id is not None:
            accepted[each.product_id] = offer_id
            told.setdefault(each.decision_id, []).append(Told(offer_id, "purchased", evidence=order_id))
        lines.append(
            {
                "order_id": order_id,
                "line": place,
                "product_id": each.product_id,
                "quantity": each.quantity,
                "unit_price": product.price,
                "amount": product.price * each.quantity,
                "discount": 0,
                "cost": product.cost,
                "role": "attached" if offer_id else "main",
                "gift": False,
                "offer_id": offer_id,
                "returned": 0,
            }
        )
    if len(currencies) != 1:
        raise BadValue("an order has one currency and at least one line", key="currencies", value=sorted(currencies))
    order = {
        "id": order_id,
        "customer_id": buyer.customer_id,
        "placed_at": now,
        "currency": currencies.pop(),
        "status": "placed",
        "channel": "site",
        "origin": ORIGIN,
    }
    shop.store.facts.write_orders(
        conform(pl.DataFrame([order]), ORDERS),
        conform(pl.DataFrame(lines, infer_schema_length=None), ORDER_LINES),
    )
    for offer_id in accepted.values():
        shop.store.confirmations.placed(f"{order_id}:{offer_id}", order_id, now)
    return Placed(order_id, accepted, told)


def _accepted(
    shop: Shop, catalogue: Catalogue, order_id: str, buyer: Buyer, wanted: Wanted, now: datetime
) -> str | None:
    """The offer's id, once its yes is recorded; None where the page's word is not to be believed."""
    if wanted.offer_id is None or wanted.decision_id is None:
        return None
    try:
        decision = Decision.from_json(shop.store.decisions.get(wanted.decision_id)["record"])
        offer = offer_of(decision, wanted.offer_id)
        asked = decision.request
        if offer.product_id != wanted.product_id or asked.anonymous_id != buyer.anonymous_id:
            return None
        product = catalogue.product(wanted.product_id)
        assert product is not None  # noqa: S101 - place_order looked it up
        final_click(shop, decision, offer, product, wanted.quantity, order_id, now)
    except (NotFound, Conflict):
        return None
    return offer.id
