"""WooCommerce webhooks: a signed body with its topic → one message → facts.

https://developer.woocommerce.com/docs/apis/rest-api/v3/webhooks/. Line totals come without tax beside their tax;
amounts here stand as the shop shows its prices (``prices_include_tax``).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from tsuide.errors import BadValue
from tsuide.facts.catalogue import Product, ProductKind, ProductStatus
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

_NONE: Final = (0, "0", None)  # how it says that there is none
_DEAD: Final = frozenset({"cancelled", "failed", "trash"})
_NOT_YET: Final = frozenset({"pending", "checkout-draft", "draft", "auto-draft"})
_STATUS: Final[Mapping[str, ProductStatus]] = {"publish": "active", "draft": "hidden", "pending": "hidden",
                                              "private": "hidden", "trash": "discontinued"}  # fmt: skip


def message(topic: str, delivery_id: str, payload: Mapping[str, Any], received_at: datetime) -> Message:
    """The message of one delivery.

    Raises:
        BadValue: no topic, ids that are none, or nested too deeply.
    """
    shallow(payload)
    kind = needed(text(topic, "X-WC-Webhook-Topic", 100), "X-WC-Webhook-Topic")
    given = needed(name(delivery_id, "X-WC-Webhook-Delivery-ID"), "X-WC-Webhook-Delivery-ID")
    what = kind.partition(".")[0]
    try:
        number = name(payload.get("id"), "id")
    except BadValue:
        number = None
    thing = None if number is None else f"woocommerce:{what}:{number}"[:200]
    return Message(
        id=f"woocommerce:{given}",
        source="woocommerce",
        topic=kind,
        at=changed_at(payload, ("date_modified_gmt", "date_created_gmt"), received_at),
        received_at=received_at,
        content=payload,
        customer_id=_customer(payload, what),
        thing=thing,
        trusted=True,
    )


def _customer(payload: Mapping[str, Any], what: str) -> str | None:
    number = payload.get("id") if what == "customer" else payload.get("customer_id")
    try:
        return None if one_of(number, _NONE) else name(number, "customer_id")
    except BadValue:
        return None


def read(message: Message, settings: LiveSettings, earlier: Sequence[Message] = ()) -> Said:
    """What a delivery says; of several about one thing the newest holds.

    Args:
        message: the delivery.
        settings: what it does not say of itself.
        earlier: other deliveries about the same `thing`, in any order.

    Raises:
        BadValue: it cannot be understood; names the key.
    """
    known = sorted([*earlier, message], key=lambda each: (each.at, each.received_at, each.id))
    what, _, act = message.topic.partition(".")
    told = [each.content for each in known if not each.topic.endswith(".deleted")]
    if what == "order":
        return _read_order(message, told, settings, gone=act == "deleted")
    if what == "product":
        before = {_product(each, settings).id for each in told}
        now = () if act == "deleted" else (_product(told[-1], settings),)
        return Said(products=now, gone=tuple(sorted(before - {each.id for each in now})))
    if what == "customer":
        return Said(erase=(_id(message.content),)) if act == "deleted" else Said(customers=(_person(told[-1]),))
    return Said()


def _id(told: Mapping[str, Any]) -> str:
    return needed(name(told.get("id"), "id"), "id")


def _read_order(message: Message, told: Sequence[Mapping[str, Any]], settings: LiveSettings, *, gone: bool) -> Said:
    newest = told[-1] if told else message.content
    order = name(newest.get("number"), "number") or _id(newest)
    status = "trash" if gone else str(newest.get("status", "")).lower()
    if status in _NOT_YET:
        return Said()  # nobody has bought anything yet; kept as it came
    if status in _DEAD:  # of an order that nobody had placed there is nothing to take back
        placed = any(str(each.get("status", "")).lower() not in _DEAD | _NOT_YET for each in told)
        return Said(cancelled=(order,) if placed else ())
    return Said(orders=(_order(order, newest, settings, all_back=status == "refunded"),))


def _order(order: str, told: Mapping[str, Any], settings: LiveSettings, *, all_back: bool) -> Order:
    paid = currency(told.get("currency"), settings.currency)
    placed = moment(told.get("date_created_gmt"), "date_created_gmt")
    if placed is None:
        raise BadValue("an order without a time", key="date_created_gmt")
    taxed = bool(told.get("prices_include_tax", settings.tax_included))
    lines = []
    for place, each in enumerate(listed(told.get("line_items"), "line_items"), 1):
        line = _line(order, place, each, paid, taxed=taxed, all_back=all_back)
        if line is not None:
            lines.append(line)
    if not lines:
        raise BadValue("an order without lines", key="line_items")
    return Order(
        id=order,
        placed_at=placed,
        currency=paid,
        customer_id=_customer(told, "order"),
        channel=text(told.get("created_via"), "created_via", 200),
        origin="woocommerce",
        lines=tuple(lines),
    )


def _line(
    order: str, place: int, each: Mapping[str, Any], paid: str, *, taxed: bool, all_back: bool
) -> OrderLine | None:
    key = f"line_items.{place - 1}"
    units = whole(each.get("quantity"), f"{key}.quantity") or 0
    if units == 0:
        return None
    before, after = (_amount(each, part, paid, key, taxed=taxed) for part in ("subtotal", "total"))
    product = name(each.get("sku"), f"{key}.sku") or _numbered(each, key)
    return OrderLine(
        order, place, product, units, before // units, amount=after, discount=max(before - after, 0),
        returned=units if all_back else 0,
    )  # fmt: skip


def _amount(each: Mapping[str, Any], part: str, paid: str, key: str, *, taxed: bool) -> int:
    amount = money(each.get(part), paid, f"{key}.{part}")
    if amount is None or amount < 0:
        raise BadValue("an amount is needed, and not a negative one", key=f"{key}.{part}", value=each.get(part))
    return amount + (money(each.get(f"{part}_tax"), paid, f"{key}.{part}_tax") or 0) if taxed else amount


def _numbered(each: Mapping[str, Any], key: str) -> str:
    """The variation's number where there is one, else the product's."""
    variation = each.get("variation_id")
    number = each.get("product_id") if one_of(variation, _NONE) else variation
    return needed(name(number, f"{key}.product_id"), f"{key}.product_id")


def _product(told: Mapping[str, Any], settings: LiveSettings) -> Product:
    images, categories = listed(told.get("images"), "images"), listed(told.get("categories"), "categories")
    attributes: dict[str, str] = {}
    for each in listed(told.get("attributes"), "attributes"):
        options = each.get("options", each.get("option"))
        attributes |= plain({str(each.get("name")): options})
    kind: ProductKind = "content" if told.get("downloadable") else "service" if told.get("virtual") else "physical"
    parent = told.get("parent_id")
    in_stock = told.get("stock_status", "instock") != "outofstock"
    stock = whole(told.get("stock_quantity"), "stock_quantity", -(10**9)) if told.get("manage_stock") else None
    return Product(
        id=name(told.get("sku"), "sku") or _id(told),
        title=needed(text(told.get("name"), "name"), "name"),
        currency=settings.currency,
        category=tuple(filter(None, [text(each.get("name"), "categories.name") for each in categories[:1]])),
        price=money(told.get("price"), settings.currency, "price"),
        tax_rate=settings.tax_rate,
        tax_included=settings.tax_included,
        parent_id=None if one_of(parent, _NONE) else name(parent, "parent_id"),
        attributes=attributes,
        stock=0 if not in_stock else None if stock is None else max(stock, 0),
        status=_STATUS.get(str(told.get("status", "publish")).lower(), "hidden"),
        kind=kind,
        image=text(images[0].get("src"), "images.0.src") if images else None,
        url=text(told.get("permalink"), "permalink"),
    )


def _person(told: Mapping[str, Any]) -> Customer:
    billing = mapping(told.get("billing"), "billing")
    parts = [text(told.get(key) or billing.get(key), key) for key in ("first_name", "last_name")]
    if billing.get("country") == "JP":
        parts.reverse()
    renamed = {"prefecture": billing.get("state"), "city": billing.get("city"), "country": billing.get("country"),
               "postal_code": billing.get("postcode"), "company": billing.get("company")}  # fmt: skip
    return Customer(
        id=_id(told),
        name=" ".join(each for each in parts if each) or None,
        email=text(told.get("email"), "email", 320),
        phone=text(billing.get("phone"), "billing.phone", 60),
        attributes=plain({key: value for key, value in renamed.items() if value}),
        created_at=moment(told.get("date_created_gmt"), "date_created_gmt"),
    )
