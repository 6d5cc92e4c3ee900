"""Shopify webhooks: a signed body with its topic → one message → facts.

https://shopify.dev/docs/api/webhooks and …/docs/apps/build/compliance/privacy-law-compliance. Ids are those that
Shopify's own CSV exports write (an order's name, a variant's SKU or ``Title - Variant``), so that what was imported and
what comes live are the same things.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from tsuide.errors import BadValue
from tsuide.facts.behaviour import Event
from tsuide.facts.catalogue import Product, ProductStatus
from tsuide.facts.consent import Channel, Consent
from tsuide.facts.customers import Customer
from tsuide.facts.orders import Order, OrderLine
from tsuide.intake.message import LiveSettings, Message, Said
from tsuide.intake.values import (
    changed_at,
    currency,
    listed,
    mapping,
    moment,
    money,
    name,
    needed,
    one_of,
    plain,
    shallow,
    text,
    whole,
)
from tsuide.kit.money import line_total

TOPICS: Final = (
    "orders/create", "orders/updated", "orders/paid", "orders/cancelled", "refunds/create",
    "products/create", "products/update", "products/delete",
    "customers/create", "customers/update", "customers/delete",
    "carts/create", "carts/update", "checkouts/create", "checkouts/update",
    "customers/data_request", "customers/redact", "shop/redact",
)  # fmt: skip
"""What is read; any other topic is kept as it came."""
_CHANGED: Final = ("updated_at", "cancelled_at", "processed_at", "created_at")
PRIVACY: Final = frozenset({"customers/data_request", "customers/redact", "shop/redact"})
_NO_VARIANT: Final = "Default Title"
_STATUS: Final[Mapping[str, ProductStatus]] = {"active": "active", "draft": "hidden", "archived": "discontinued"}


def message(topic: str, webhook_id: str, payload: Mapping[str, Any], received_at: datetime) -> Message:
    """The message of one delivery; a retry has the same webhook id and so is the same message.

    Raises:
        BadValue: no topic, ids that are none, or nested too deeply.
    """
    shallow(payload)
    kind = needed(text(topic, "X-Shopify-Topic", 100), "X-Shopify-Topic")
    given = needed(name(webhook_id, "X-Shopify-Webhook-Id"), "X-Shopify-Webhook-Id")
    return Message(
        id=f"shopify:{given}",
        source="shopify",
        topic=kind,
        at=changed_at(payload, _CHANGED, received_at),
        received_at=received_at,
        content=payload,
        customer_id=_customer_id(payload, kind),
        thing=_thing(kind, payload),
        trusted=True,
    )


_THINGS: Final = {"orders": "order", "refunds": "order", "products": "product", "customers": "customer"}


def _thing(topic: str, payload: Mapping[str, Any]) -> str | None:
    kind = _THINGS.get(topic.partition("/")[0])
    number = payload.get("order_id" if topic.startswith("refunds/") else "id")
    if kind is None or topic in PRIVACY:
        return None
    try:
        told = name(number, "id")
    except BadValue:
        return None
    return None if told is None else f"shopify:{kind}:{told}"[:200]


def _customer_id(payload: Mapping[str, Any], topic: str) -> str | None:
    told = payload if topic.startswith("customers/") and topic not in PRIVACY else payload.get("customer")
    if not isinstance(told, Mapping):
        return None
    try:
        return name(told.get("id"), "customer.id")
    except BadValue:
        return None


def read(message: Message, settings: LiveSettings, earlier: Sequence[Message] = ()) -> Said:
    """What a delivery says.

    Deliveries come out of order, and a refund names its order by number alone: so whatever is known of the same thing
    is read together, and the newest holds.

    Args:
        message: the delivery.
        settings: what it does not say of itself.
        earlier: other deliveries about the same `thing`, in any order.

    Raises:
        BadValue: it cannot be understood; names the key.
    """
    read_topic = _READERS.get(message.topic) or _READERS.get(message.topic.partition("/")[0])
    if read_topic is None:
        return Said()
    known = sorted([*earlier, message], key=lambda each: (each.at, each.received_at, each.id))
    return read_topic(message, known, settings)


def _read_order(message: Message, known: Sequence[Message], settings: LiveSettings) -> Said:
    orders = [each.content for each in known if each.topic.startswith("orders/")]
    if not orders:
        raise BadValue(
            "a refund of an order that is not known yet",
            key="order_id",
            value=message.content.get("order_id"),
            way_out="it is read together with the order, when that comes",
        )
    refunds: dict[object, Mapping[str, Any]] = {}
    for each in known:
        found = [each.content] if each.topic.startswith("refunds/") else listed(each.content.get("refunds"), "refunds")
        refunds |= {_numbered(refund.get("id"), refund): refund for refund in found}
    newest = orders[-1]
    cancelled = any(each.get("cancelled_at") for each in orders)
    order = _order(newest, settings, _refunded(refunds.values()), cancelled=cancelled)
    person = mapping(newest.get("customer"), "customer")
    buyer: tuple[Customer, ...] = (_person(person),) if person.get("id") is not None else ()
    owed = _overdue(newest, cancelled=cancelled)
    if owed is not None:
        buyer = tuple(replace(each, attributes={**each.attributes, "payment_default": owed}) for each in buyer)
    return Said(orders=(order,), customers=buyer, cancelled=(order.id,) if cancelled else ())


def _read_product(_message: Message, known: Sequence[Message], settings: LiveSettings) -> Said:
    """The newest state; variants that stood in an earlier one and are gone are no longer sold."""
    told = [each.content for each in known if each.topic != "products/delete"]
    before = {product.id for each in told for product in _products(each, settings)}
    if known[-1].topic == "products/delete":
        return Said(gone=tuple(sorted(before)))
    products = _products(told[-1], settings)
    return Said(products=products, gone=tuple(sorted(before - {each.id for each in products})))


def _read_customer(message: Message, known: Sequence[Message], _settings: LiveSettings) -> Said:
    told = message.content
    if message.topic == "customers/delete":
        return Said(erase=(_id_of(told),))
    newest = known[-1]
    return Said(customers=(_person(newest.content),), consents=_consents(message, told))


def _read_redact(told: Mapping[str, Any]) -> Said:
    """Whom to forget, and their orders: a guest's name and address stand in those alone."""
    orders = told.get("orders_to_redact")
    numbers = [name(each, "orders_to_redact") for each in orders] if isinstance(orders, list) else []
    return Said(erase=(_asked_about(told),), forget=tuple(f"shopify:order:{each}" for each in numbers if each))


def _read_cart(message: Message, _known: Sequence[Message], _settings: LiveSettings) -> Said:
    return Said(events=(_cart(message, message.content, message.topic.partition("/")[0]),))


_READERS: Final[Mapping[str, Callable[[Message, Sequence[Message], LiveSettings], Said]]] = {
    "orders": _read_order,
    "refunds": _read_order,
    "products": _read_product,
    "customers": _read_customer,
    "carts": _read_cart,
    "checkouts": _read_cart,
    "customers/data_request": lambda message, _known, _settings: Said(disclose=(_asked_about(message.content),)),
    "customers/redact": lambda message, _known, _settings: _read_redact(message.content),
    "shop/redact": lambda _message, _known, _settings: Said(forget_everyone=True),
}


def _id_of(told: Mapping[str, Any]) -> str:
    return needed(name(told.get("id"), "id"), "id")


def _asked_about(told: Mapping[str, Any]) -> str:
    person = mapping(told.get("customer"), "customer")
    return needed(name(person.get("id"), "customer.id"), "customer.id")


def _order_id(told: Mapping[str, Any]) -> str:
    return needed(name(told.get("name"), "name") or name(told.get("id"), "id"), "name")


def _order(
    told: Mapping[str, Any], settings: LiveSettings, returned: Mapping[object, int], *, cancelled: bool
) -> Order:
    order = _order_id(told)
    paid = currency(told.get("currency"), settings.currency)
    placed = moment(told.get("processed_at"), "processed_at") or moment(told.get("created_at"), "created_at")
    if placed is None:
        raise BadValue("an order without a time", key="created_at")
    person = mapping(told.get("customer"), "customer")
    lines = []
    for place, each in enumerate(listed(told.get("line_items"), "line_items"), 1):
        line = _line(order, place, each, paid, returned.get(_numbered(each.get("id")), 0))
        if line is not None:
            lines.append(line)
    if not lines:
        raise BadValue("an order without lines", key="line_items")
    return Order(
        id=order,
        placed_at=placed,
        currency=paid,
        customer_id=name(person.get("id"), "customer.id"),
        status="cancelled" if cancelled else "placed",
        channel=text(told.get("source_name"), "source_name", 200),
        origin="shopify",
        lines=tuple(lines),
    )


def _overdue(told: Mapping[str, Any], *, cancelled: bool) -> str | None:
    """Whether a bill with payment terms was past due and unpaid when the order changed last; None: it has no terms."""
    terms = listed(mapping(told.get("payment_terms"), "payment_terms").get("payment_schedules"), "payment_schedules")
    if not terms:
        return None
    at = moment(told.get("updated_at"), "updated_at")
    open_since = [moment(each.get("due_at"), "due_at") for each in terms if not each.get("completed_at")]
    paid = cancelled or one_of(told.get("financial_status"), {"paid", "refunded", "voided"})
    late = at is not None and any(due is not None and due < at for due in open_since)
    return "yes" if late and not paid else "no"


def _line(order: str, place: int, each: Mapping[str, Any], paid: str, returned: int) -> OrderLine | None:
    key = f"line_items.{place - 1}"
    units = whole(each.get("quantity"), f"{key}.quantity") or 0
    price = money(each.get("price"), paid, f"{key}.price")
    if price is None or price < 0:
        raise BadValue("a price is needed, and not a negative one", key=f"{key}.price", value=each.get("price"))
    if units == 0 or each.get("gift_card") is True:  # a gift card is money, not a product
        return None
    allocations = listed(each.get("discount_allocations"), f"{key}.discount_allocations")
    off = sum(money(one.get("amount"), paid, f"{key}.discount_allocations.amount") or 0 for one in allocations)
    if not allocations:
        off = money(each.get("total_discount"), paid, f"{key}.total_discount") or 0
    full = line_total(price, units, f"{key}.price")
    off = min(max(off, 0), full)
    return OrderLine(
        order, place, line_product(each, key), units, price, amount=full - off, discount=off,
        returned=min(returned, units),
    )  # fmt: skip


def line_product(each: Mapping[str, Any], key: str) -> str:
    """The product of an order's line as Shopify's exports call it: its SKU, else ``Title - Variant``.

    Raises:
        BadValue: neither.

    >>> line_product({"sku": "", "name": "緑茶 - 100 g"}, "line"), line_product({"sku": "T1", "name": "緑茶"}, "line")
    ('緑茶 - 100 g', 'T1')
    """
    return needed(
        name(each.get("sku"), f"{key}.sku") or name(each.get("name"), f"{key}.name") or name(each.get("title"), key),
        f"{key}.sku",
    )


def _numbered(number: object, thing: Mapping[str, Any] | None = None) -> object:
    """The number by which Shopify calls a thing, to find it again; of what has none its content says which it is."""
    if isinstance(number, (str, int, float)):
        return number
    return None if thing is None else json.dumps(thing, sort_keys=True)


def _refunded(refunds: Iterable[Mapping[str, Any]]) -> dict[object, int]:
    """Units that came back, by the number of the order's line."""
    units: dict[object, int] = {}
    for refund in refunds:
        for each in listed(refund.get("refund_line_items"), "refund_line_items"):
            line = _numbered(each.get("line_item_id", mapping(each.get("line_item"), "line_item").get("id")))
            units[line] = units.get(line, 0) + (whole(each.get("quantity"), "refund_line_items.quantity") or 0)
    return units


def _products(told: Mapping[str, Any], settings: LiveSettings) -> tuple[Product, ...]:
    title = needed(text(told.get("title"), "title"), "title")
    kind = text(told.get("product_type"), "product_type")
    handle = name(told.get("handle"), "handle")
    status = _STATUS.get(str(told.get("status", "active")).lower(), "hidden")
    variants = listed(told.get("variants"), "variants", most=2_100)
    images = listed(told.get("images"), "images")
    attributes = plain({"tags": told.get("tags")})
    found = []
    for place, each in enumerate(variants):
        named = text(each.get("title"), f"variants.{place}.title")
        variant = None if named == _NO_VARIANT else named
        managed = each.get("inventory_management") is not None and each.get("inventory_policy") != "continue"
        found.append(
            Product(
                id=variant_id(title, each, place),
                title=title if variant is None else f"{title} - {variant}",
                currency=settings.currency,
                category=tuple(part.strip() for part in (kind or "").split(">") if part.strip()),
                price=money(each.get("price"), settings.currency, f"variants.{place}.price"),
                tax_rate=settings.tax_rate,
                tax_included=settings.tax_included,
                brand=text(told.get("vendor"), "vendor"),
                parent_id=handle if variant is not None else None,
                variant=variant,
                attributes=attributes,
                stock=max(whole(each.get("inventory_quantity"), "inventory_quantity", -(10**9)) or 0, 0)
                if managed
                else None,
                status=status if told.get("published_at", "") is not None else "hidden",
                kind="physical" if each.get("requires_shipping", True) else "service",
                image=text(images[0].get("src"), "images.0.src") if images else None,
                url=f"/products/{handle}" if handle else None,
            )
        )
    return tuple(found)


def variant_id(title: str, variant: Mapping[str, Any], place: int) -> str:
    """A variant as Shopify's exports call it.

    >>> variant_id("緑茶", {"sku": None, "title": "100 g"}, 0), variant_id("緑茶", {"title": "Default Title"}, 0)
    ('緑茶 - 100 g', '緑茶')
    """
    sku = name(variant.get("sku"), f"variants.{place}.sku")
    if sku:
        return sku
    named = text(variant.get("title"), f"variants.{place}.title")
    return needed(name(title if named in {None, _NO_VARIANT} else f"{title} - {named}", "title"), "title")


def _person(told: Mapping[str, Any]) -> Customer:
    address = mapping(told.get("default_address"), "default_address")
    locale = str(told.get("locale") or "")
    parts = [text(told.get(key), key) for key in ("first_name", "last_name")]
    if str(address.get("country_code")) == "JP" or locale.startswith("ja"):
        parts.reverse()
    place = {"prefecture": "province", "city": "city", "country": "country_code", "postal_code": "zip"}
    renamed = {ours: address.get(theirs) for ours, theirs in place.items()} | {"tags": told.get("tags")}
    return Customer(
        id=_id_of(told),
        name=" ".join(each for each in parts if each) or None,
        email=text(told.get("email"), "email", 320),
        phone=text(told.get("phone"), "phone", 60),
        language=locale[:2] if locale[:2] in {"ja", "en"} else None,
        attributes=plain({key: value for key, value in renamed.items() if value}),
        created_at=moment(told.get("created_at"), "created_at"),
    )


def _consents(message: Message, told: Mapping[str, Any]) -> tuple[Consent, ...]:
    found = []
    channels: tuple[tuple[str, Channel], ...] = (("email_marketing_consent", "email"), ("sms_marketing_consent", "sms"))
    for key, channel in channels:
        said = mapping(told.get(key), key)
        state = said.get("state")
        if not one_of(state, {"subscribed", "unsubscribed", "redacted"}):
            continue  # pending, not_subscribed, invalid: nobody has said anything
        at = moment(said.get("consent_updated_at"), f"{key}.consent_updated_at") or message.at
        found.append(Consent(_id_of(told), "marketing", channel, state == "subscribed", at, "shopify", message.id))
    return tuple(found)


def _cart(message: Message, told: Mapping[str, Any], what: str) -> Event:
    items = listed(told.get("line_items"), "line_items")
    held = [[line_product(each, f"line_items.{place}"), whole(each.get("quantity"), "quantity") or 1]
            for place, each in enumerate(items)]  # fmt: skip
    token = name(told.get("token") or told.get("id"), "token")
    return Event(
        id=message.id,
        kind="cart" if what == "carts" else "checkout",
        at=message.at,
        customer_id=message.customer_id,
        anonymous_id=None if message.customer_id else token,
        cart_id=token,
        properties={"products": json.dumps(held, ensure_ascii=False)},
    )
