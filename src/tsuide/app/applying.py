"""Write what a message says into the facts, put together with what is known already."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final

import polars as pl

from tsuide.app.erasing import disclose, erase_customer, forget_everyone
from tsuide.app.own_orders import ORIGIN
from tsuide.app.wiring import Shop
from tsuide.errors import NotFound, UnknownCustomer
from tsuide.facts.catalogue import PRODUCTS, Product
from tsuide.facts.consent import CONSENTS
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.frames import frame_of, order_frames
from tsuide.facts.orders import Order, OrderLine
from tsuide.facts.reviews import REVIEWS
from tsuide.intake.message import Reported, Returned, Said

_CANCELLED: Final = "cancelled"
_UNSAID: Final = ("attributes",)  # mappings: what is said is laid over what is known


def apply_said(shop: Shop, said: Said, at: datetime, now: datetime) -> None:
    """Write everything but events and outcomes; the same again changes nothing.

    Args:
        shop: whose facts.
        said: what to write.
        at: when it happened, UTC.
        now: this moment, UTC.

    Raises:
        BadInput: the store refuses a value.
        NotFound: a return or cancellation of an order that is not known.
        Unavailable: the store does not answer.
    """
    _apply_people(shop, said, at)
    _apply_orders(shop, said, at)
    if said.products or said.gone:
        put_products(shop, said.products, said.gone)
    if said.reviews:
        shop.store.facts.write_reviews(frame_of(said.reviews, REVIEWS))
    _apply_privacy(shop, said, now)


def _apply_people(shop: Shop, said: Said, at: datetime) -> None:
    facts = shop.store.facts
    if said.customers:
        facts.write_customers(frame_of([customer_with(shop, each, at) for each in said.customers], CUSTOMERS))
    if said.consents:
        facts.write_consents(frame_of(said.consents, CONSENTS))
    for each in said.same:
        shop.store.inbox.join(each.anonymous_id, each.customer_id, at)


def _apply_orders(shop: Shop, said: Said, at: datetime) -> None:
    if said.orders:
        put_orders(shop, [_as_known(shop, each) for each in said.orders])
    for order_id in said.cancelled:
        put_orders(shop, [replace(_order(shop, order_id), status=_CANCELLED)])
    for back in said.returned:
        put_orders(shop, [_with_returned(_order(shop, back.order_id), back)])
    changed = {
        *said.cancelled,
        *(back.order_id for back in said.returned),
        *(each.id for each in said.orders if _undone(each)),
    }
    _note_undone(shop, changed, at)


def _undone(order: Order) -> bool:
    """Whether an order was cancelled, or came back whole."""
    return order.status == _CANCELLED or (
        bool(order.lines) and all(each.returned == each.quantity for each in order.lines)
    )


def _note_undone(shop: Shop, order_ids: Iterable[str], at: datetime) -> None:
    """When orders of our own were cancelled or came back whole: orders themselves do not tell."""
    undone = []
    for order_id in sorted(order_ids):
        order = _order(shop, order_id)
        if order.origin == ORIGIN and _undone(order):
            undone.append(order_id)
    if undone:
        shop.store.supervision.note_undone(undone, at)


def _apply_privacy(shop: Shop, said: Said, now: datetime) -> None:
    for customer_id in said.disclose:
        disclose(shop, customer_id, now)
    for customer_id in said.erase:
        erase_customer(shop, customer_id, now)
    shop.store.erasure.forget(said.forget)
    if said.forget_everyone:
        forget_everyone(shop, now)


def offer_reports(said: Said) -> dict[str, list[Reported]]:
    """What became of our own offers, by decision: an offer's id is its decision's and its number."""
    by_decision: dict[str, list[Reported]] = {}
    for each in said.reported:
        by_decision.setdefault(each.offer_id.rpartition(".")[0], []).append(each)
    return by_decision


def customer_with(shop: Shop, said: Customer, at: datetime) -> Customer:
    """A customer as known, with what is said laid over it: what is not said stays as it was.

    What is said under an id that was merged into another's is said of that other.
    """
    said = replace(said, id=shop.store.aliases.of(said.id))
    try:
        known = shop.store.facts.customer(said.id)
    except UnknownCustomer:
        return said if said.created_at is not None else replace(said, created_at=at)
    before: Mapping[str, Any] = {**known, "attributes": json.loads(str(known.get("attributes") or "{}"))}
    told = _said(said, before)
    if known.get("kind") == "company" and said.kind == "person":
        told["kind"] = "company"  # "person" is what is said where nothing is
    return Customer(**{**before, **told})


def put_products(shop: Shop, products: Sequence[Product], gone: Sequence[str]) -> None:
    """Write products over what is known of them (a cost, a flag that the sender does not know stay), and end others."""
    catalogue = shop.store.facts.products_of([*(each.id for each in products), *gone])
    known = {row["id"]: row for row in catalogue.iter_rows(named=True)}
    laid = [Product(**_laid_over(known[each.id], each)) if each.id in known else each for each in products]
    ended = [{**known[each], "status": "discontinued"} for each in gone if each in known]
    frame = pl.concat([frame_of(laid, PRODUCTS), pl.DataFrame(ended, schema=PRODUCTS)])
    shop.store.facts.write_products(frame)


def _laid_over(row: Mapping[str, Any], said: Product) -> dict[str, Any]:
    attributes = json.loads(row["attributes"] or "{}")
    before = {**row, "attributes": attributes, "category": tuple(row["category"] or ())}
    return {**before, **_said(said, before)}


def _said(record: Any, before: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - a record of facts
    """The fields of a record that say something."""
    told = {each.name: getattr(record, each.name) for each in fields(record)}
    kept = {name: value for name, value in told.items() if value is not None and value != () and name not in _UNSAID}
    for name in _UNSAID:
        kept[name] = {**before[name], **told[name]}
    return kept


def put_orders(shop: Shop, orders: Sequence[Order]) -> None:
    """Write orders with their lines."""
    shop.store.facts.write_orders(*order_frames(orders))


def _order(shop: Shop, order_id: str) -> Order:
    """An order as the store has it.

    Raises:
        NotFound: no such order.
    """
    orders, lines = shop.store.facts.order(order_id)
    if orders.is_empty():
        raise NotFound("no such order yet", key="order_id", value=order_id, way_out="it is read again on request")
    head = orders.row(0, named=True)
    return Order(**head, lines=tuple(OrderLine(**row) for row in lines.iter_rows(named=True)))


def _as_known(shop: Shop, said: Order) -> Order:
    """An order that is known keeps its first time, maker, offers and returns; a line that it lost came back."""
    try:
        known = _order(shop, said.id)
    except NotFound:
        return said
    now = {line.line: line for line in said.lines}
    lines = [_line_as_known(line, now.get(line.line)) for line in known.lines]
    held = {line.line for line in known.lines}
    return replace(
        said,
        placed_at=known.placed_at,
        origin=known.origin,
        customer_id=said.customer_id or known.customer_id,
        status=_CANCELLED if _CANCELLED in {said.status, known.status} else "placed",
        lines=(*lines, *(line for line in said.lines if line.line not in held)),
    )


def _line_as_known(known: OrderLine, said: OrderLine | None) -> OrderLine:
    if said is None:
        return replace(known, returned=known.quantity)
    more = min(max(known.returned, said.returned), said.quantity)
    return replace(said, cost=known.cost, role=known.role, gift=known.gift, offer_id=known.offer_id, returned=more)


def _with_returned(order: Order, back: Returned) -> Order:
    """The order with units that came back; no units named = all of them."""
    left, lines = dict(back.units), []
    for line in order.lines:
        if not back.units:
            lines.append(replace(line, returned=line.quantity))
            continue
        units = min(left.get(line.product_id, 0), line.quantity - line.returned)
        left[line.product_id] = left.get(line.product_id, 0) - units
        lines.append(replace(line, returned=line.returned + units))
    return replace(order, lines=tuple(lines))
