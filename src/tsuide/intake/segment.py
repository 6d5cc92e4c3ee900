"""Segment's HTTP API and e-commerce specification: calls → messages → facts.

https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/ and …/spec/ecommerce/v2/. Seen from
real clients: traits stand in ``traits`` or in ``context.traits``; a batch has its own ``context`` and ``sentAt``; ids
may be null; times end in Z or +00:00.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from tsuide.errors import BadValue
from tsuide.facts.behaviour import JOINED, Event
from tsuide.facts.consent import Consent
from tsuide.facts.customers import Customer
from tsuide.facts.orders import Order
from tsuide.facts.reviews import Review
from tsuide.intake.event_names import TRACKED
from tsuide.intake.live_orders import bought, order_lines
from tsuide.intake.message import OFFER, LiveSettings, Message, Refused, Reported, Returned, Said, Same
from tsuide.intake.values import (
    currency,
    in_short,
    listed,
    mapping,
    moment,
    money,
    name,
    needed,
    plain,
    shallow,
    text,
    whole,
)

CALLS: Final = ("identify", "track", "page", "screen", "group", "alias")
LARGEST_MESSAGE: Final = 32 * 1024  # bytes of one message
LARGEST_BATCH: Final = 500 * 1024  # bytes of one batch
_AHEAD: Final = timedelta(minutes=5)  # what a clock may be ahead of ours without being told so
_ORDERED: Final = frozenset({"Order Completed", "Completed Order", "Order Updated", "Updated Order"})
_SEVERAL: Final = frozenset({"checkout", "coupon"})  # kinds of several acts: which one it was is kept
_PROMOTED: Final[dict[str, Any]] = {
    "Promotion Viewed": "shown",
    "Viewed Promotion": "shown",
    "Promotion Clicked": "clicked",
    "Clicked Promotion": "clicked",
}
_OF_PRODUCT: Final = frozenset({"product_id", "sku", "quantity", "cart_id", "products", "query"})
_LESSONS: Final = ("webinar_id", "course_id", "content_id", "event_id")
_OF_PERSON: Final = frozenset(
    {"name", "firstName", "lastName", "first_name", "last_name", "email", "phone", "address", "createdAt", "created_at"}
)


def messages(
    payload: Mapping[str, Any], call: str, received_at: datetime, *, trusted: bool = False
) -> tuple[list[Message], list[Refused]]:
    """The messages of one request, in order, and what of it is none.

    Args:
        payload: the request's body.
        call: ``batch`` or one of `CALLS`.
        received_at: when it came, UTC.
        trusted: whether the key belongs to a server.

    Raises:
        BadValue: a batch without a list.
    """
    shared: Mapping[str, Any] = {}
    items, sent = [{**payload, "type": call}], payload.get("sentAt")
    if call == "batch":
        shared, found = mapping(payload.get("context"), "context"), payload.get("batch")
        if not isinstance(found, list):
            raise BadValue("a batch needs a list", key="batch")
        items = found
    taken: list[Message] = []
    refused: list[Refused] = []
    for place, item in enumerate(items):
        try:
            whole_item = dict(mapping(item, f"batch.{place}"))
            if shared:
                whole_item["context"] = {**shared, **mapping(whole_item.get("context"), "context")}
            taken.append(_message(whole_item, whole_item.get("sentAt") or sent, received_at, trusted=trusted))
        except BadValue as error:
            refused.append(Refused(place, str(error)))
    return taken, refused


def _message(item: dict[str, Any], sent: object, received_at: datetime, *, trusted: bool) -> Message:
    kind = item.get("type")
    if kind not in CALLS:
        raise BadValue("not a kind of message", key="type", value=in_short(kind), way_out=f"use {', '.join(CALLS)}")
    customer, anonymous = name(item.get("userId"), "userId"), name(item.get("anonymousId"), "anonymousId")
    if kind == "alias":
        anonymous = anonymous or name(item.get("previousId"), "previousId")
    if customer is None and anonymous is None:
        raise BadValue("userId or anonymousId is required", key="userId")
    given = name(item.get("messageId"), "messageId")
    body = item if sent is None else {**item, "sentAt": sent}
    written = _written(body)
    if given is None:  # the sender cannot send it again as the same: only the very same bytes are the same message
        given = hashlib.blake2b(written, digest_size=16).hexdigest()
    if len(written) > LARGEST_MESSAGE:
        raise BadValue(f"larger than {LARGEST_MESSAGE:,} bytes", key="messageId", value=given)
    return Message(
        id=f"segment:{given}",
        source="segment",
        topic=str(kind),
        at=_happened(item, sent, received_at),
        received_at=received_at,
        content=body,
        customer_id=customer,
        anonymous_id=anonymous,
        trusted=trusted,
        text=written.decode(),
    )


def _written(body: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(body)
    except TypeError:  # half a character, a number of more than 64 bits, more than 254 levels
        shallow(body)
        return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def _happened(item: Mapping[str, Any], sent: object, received_at: datetime) -> datetime:
    """When it happened by our clock: receivedAt − (sentAt − originalTimestamp).

    A sender whose clock is a year off is off by the same year in both, so the difference is right. Without sentAt a
    time ahead of ours is taken as now.
    """
    try:
        original = moment(item.get("originalTimestamp"), "originalTimestamp") or moment(
            item.get("timestamp"), "timestamp"
        )
        sent_at = moment(sent, "sentAt")
    except BadValue:
        return received_at  # `read` says what is wrong with it
    if original is None:
        return received_at
    if sent_at is not None:
        passed = sent_at - original
        try:
            return received_at - passed if passed >= timedelta(0) else received_at
        except OverflowError:  # before the year 1
            return received_at
    return original if original <= received_at + _AHEAD else received_at


def read(message: Message, settings: LiveSettings, _earlier: Sequence[Message] = ()) -> Said:
    """What a message says.

    Raises:
        BadValue: it cannot be understood; names the key.
    """
    item = message.content
    if message.at == message.received_at:  # as it is where a time could not be read
        for key in ("timestamp", "originalTimestamp", "sentAt"):
            moment(item.get(key), key)
    read_one = {"identify": _identify, "group": _group, "alias": _alias, "track": _track}.get(message.topic, _page)
    said = read_one(message, settings)
    consents = _consents(message, settings)
    return replace(said, consents=(*said.consents, *consents)) if consents else said


def _same(message: Message) -> tuple[Same, ...]:
    if message.customer_id is None or message.anonymous_id is None or message.customer_id == message.anonymous_id:
        return ()
    return (Same(message.anonymous_id, message.customer_id),)


def _identify(message: Message, _settings: LiveSettings) -> Said:
    context = mapping(message.content.get("context"), "context")
    traits = {**mapping(context.get("traits"), "context.traits"), **mapping(message.content.get("traits"), "traits")}
    if message.customer_id is None:
        return Said()  # traits of somebody without a name: kept as they came
    return Said(customers=(_person(message, traits, context),), same=_same(message))


def _person(message: Message, traits: Mapping[str, Any], context: Mapping[str, Any]) -> Customer:
    language = _language(text(traits.get("language") or context.get("locale"), "locale", 40))
    address = mapping(traits.get("address"), "address") if isinstance(traits.get("address"), Mapping) else {}
    company = traits.get("company") if isinstance(traits.get("company"), Mapping) else {}
    renamed = {"state": "prefecture", "postalCode": "postal_code"}
    attributes = plain(traits, _OF_PERSON) | {renamed.get(key, key): value for key, value in plain(address).items()}
    if isinstance(company, Mapping) and company.get("industry"):
        attributes["industry"] = str(text(company.get("industry"), "company.industry"))
    return Customer(
        id=needed(message.customer_id, "userId"),
        name=_full_name(traits, language),
        email=text(traits.get("email"), "email", 320),
        phone=text(traits.get("phone"), "phone", 60),
        language=language,
        attributes=attributes,
        created_at=_created(traits),
    )


def _full_name(traits: Mapping[str, Any], language: str | None) -> str | None:
    first = text(traits.get("firstName") or traits.get("first_name"), "firstName")
    last = text(traits.get("lastName") or traits.get("last_name"), "lastName")
    parts = (last, first) if language == "ja" else (first, last)
    return text(traits.get("name"), "name") or " ".join(each for each in parts if each) or None


def _created(traits: Mapping[str, Any]) -> datetime | None:
    value = traits.get("createdAt") or traits.get("created_at")
    return moment(value, "createdAt") if isinstance(value, str) else None


def _language(locale: str | None) -> str | None:
    """Ja and en, whatever the region.

    >>> _language("ja-JP"), _language("en_US"), _language("fr")
    ('ja', 'en', None)
    """
    short = (locale or "").replace("_", "-").split("-")[0].lower()
    return short if short in {"ja", "en"} else None


def _group(message: Message, _settings: LiveSettings) -> Said:
    company = needed(name(message.content.get("groupId"), "groupId"), "groupId")
    traits = mapping(message.content.get("traits"), "traits")
    account = Customer(
        id=company,
        kind="company",
        name=text(traits.get("name"), "name"),
        email=text(traits.get("email"), "email", 320),
        phone=text(traits.get("phone"), "phone", 60),
        attributes=plain(traits, _OF_PERSON),
        created_at=_created(traits),
    )
    if message.customer_id is None:
        return Said(customers=(account,))
    return Said(customers=(account, Customer(id=message.customer_id, parent_id=company)), same=_same(message))


def _alias(message: Message, _settings: LiveSettings) -> Said:
    before = needed(name(message.content.get("previousId"), "previousId"), "previousId")
    after = needed(message.customer_id, "userId")
    return Said(same=() if before == after else (Same(before, after),))


def _page(message: Message, _settings: LiveSettings) -> Said:
    properties = mapping(message.content.get("properties"), "properties")
    kept = plain(properties)
    title = text(message.content.get("name"), "name")
    if title:
        kept["name"] = title
    return Said(events=(_event(message, "page", properties, kept),), same=_same(message))


def _track(message: Message, settings: LiveSettings) -> Said:
    event = needed(text(message.content.get("event"), "event"), "event")
    properties = mapping(message.content.get("properties"), "properties")
    said = Said()  # an event of the shop's own: kept as it came
    if event in TRACKED:
        kind, kept = TRACKED[event], plain(properties, _OF_PRODUCT)
        if kind in _SEVERAL:
            kept["event"] = event
        said = Said(events=(_event(message, kind, properties, kept),))
    elif event in _ORDERED:
        said = Said(orders=(_order(message, properties, settings),))
    elif event in {"Order Cancelled", "Cancelled Order"}:
        said = Said(cancelled=(needed(name(properties.get("order_id"), "order_id"), "order_id"),))
    elif event == "Order Refunded":
        said = Said(returned=(_returned(properties),))
    elif event == "Product Reviewed":
        said = Said(reviews=(_review(message, properties),))
    elif event in _PROMOTED:
        offer = text(properties.get("promotion_id"), "promotion_id") or ""
        said = Said(reported=(Reported(offer, _PROMOTED[event]),) if offer.startswith(OFFER) else ())
    same = _same(message)
    return replace(said, same=same) if same else said


def _product_id(properties: Mapping[str, Any]) -> str | None:
    return name(properties.get("product_id"), "product_id") or name(properties.get("sku"), "sku")


def _lesson_id(properties: Mapping[str, Any]) -> str | None:
    """What somebody came to, as tools for webinars and courses call it."""
    return next((found for each in _LESSONS if (found := name(properties.get(each), each)) is not None), None)


def _event(message: Message, kind: Any, properties: Mapping[str, Any], kept: dict[str, str]) -> Event:  # noqa: ANN401 - a kind of event
    products = listed(properties.get("products"), "products")
    if products:
        held = [[_product_id(each), whole(each.get("quantity"), "quantity") or 1] for each in products]
        kept["products"] = json.dumps([each for each in held if each[0]], ensure_ascii=False)
    context = mapping(message.content.get("context"), "context")
    session = message.content.get("sessionId") or context.get("sessionId")
    return Event(
        id=message.id,
        kind=kind,
        at=message.at,
        customer_id=message.customer_id,
        anonymous_id=message.anonymous_id,
        session_id=name(session, "sessionId"),
        product_id=_product_id(properties) or (_lesson_id(properties) if kind in JOINED else None),
        cart_id=name(properties.get("cart_id"), "cart_id"),
        quantity=whole(properties.get("quantity"), "quantity"),
        query=text(properties.get("query"), "query"),
        properties=kept,
    )


def _order(message: Message, properties: Mapping[str, Any], settings: LiveSettings) -> Order:
    order = needed(name(properties.get("order_id"), "order_id"), "order_id")
    paid = currency(properties.get("currency"), settings.currency)
    products = listed(properties.get("products"), "products")
    if not products:
        raise BadValue("an order without products", key="products")
    heads = [bought(each, _product_id(each), paid, f"products.{place}") for place, each in enumerate(products)]
    lines = order_lines(order, heads, money(properties.get("discount"), paid, "discount") or 0)
    return Order(
        id=order,
        placed_at=message.at,
        currency=paid,
        customer_id=message.customer_id,
        channel=text(properties.get("affiliation"), "affiliation", 200),
        origin=message.source,
        lines=lines,
    )


def _returned(properties: Mapping[str, Any]) -> Returned:
    order = needed(name(properties.get("order_id"), "order_id"), "order_id")
    units: dict[str, int] = {}
    for place, each in enumerate(listed(properties.get("products"), "products")):
        product = needed(_product_id(each), f"products.{place}.product_id")
        units[product] = units.get(product, 0) + (whole(each.get("quantity"), "quantity") or 1)
    return Returned(order, units)


def _review(message: Message, properties: Mapping[str, Any]) -> Review:
    return Review(
        id=name(properties.get("review_id"), "review_id") or message.id,
        product_id=needed(_product_id(properties), "product_id"),
        rating=needed_rating(whole(properties.get("rating"), "rating", 1, 5)),
        at=message.at,
        customer_id=message.customer_id,
        text=text(properties.get("review_body"), "review_body"),
    )


def needed_rating(stars: int | None) -> int:
    """One to five stars.

    Raises:
        BadValue: none.
    """
    if stars is None:
        raise BadValue("a review without stars", key="rating")
    return stars


def _consents(message: Message, settings: LiveSettings) -> tuple[Consent, ...]:
    """``context.consent.categoryPreferences``, as Segment's consent wrapper sends it.

    A browser speaks for its own visitor: it may withdraw anything and allow what happens on its pages; a marketing
    consent needs a server that keeps the evidence.
    """
    context = mapping(message.content.get("context"), "context")
    said = context.get("consent")
    if not isinstance(said, Mapping) or message.customer_id is None:
        return ()
    found = []
    for category, allowed in mapping(said.get("categoryPreferences"), "context.consent.categoryPreferences").items():
        meant = _CONSENTED.get(str(category).lower())
        if meant is None or not isinstance(allowed, bool):
            continue
        if allowed and meant == "marketing" and not (settings.trusted or message.trusted):
            continue
        channel: Any = "any" if meant == "marketing" else "site"
        found.append(Consent(message.customer_id, meant, channel, allowed, message.at, "segment", message.id))
    return tuple(found)


_CONSENTED: Final[dict[str, Any]] = {
    "functional": "personalisation",
    "personalization": "personalisation",
    "personalisation": "personalisation",
    "targeting": "personalisation",
    "advertising": "personalisation",
    "analytics": "analytics",
    "performance": "analytics",
    "marketing": "marketing",
}
