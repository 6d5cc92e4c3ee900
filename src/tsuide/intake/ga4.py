"""GA4's Measurement Protocol: ``POST /mp/collect?measurement_id=&api_secret=`` → messages → facts.

https://developers.google.com/analytics/devguides/collection/protocol/ga4. A client_id is the visitor, a user_id the
customer; up to 25 events come at once; values of an item override those of its event.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tsuide.errors import BadValue
from tsuide.facts.behaviour import Event
from tsuide.facts.consent import Consent
from tsuide.facts.customers import Customer
from tsuide.facts.orders import Order, OrderLine
from tsuide.intake.event_names import TRACKED
from tsuide.intake.live_orders import bought
from tsuide.intake.message import OFFER, LiveSettings, Message, Reported, Returned, Said, Same
from tsuide.intake.values import currency, listed, mapping, money, name, needed, plain, shallow, text, whole
from tsuide.kit.money import line_total

MOST_EVENTS: Final = 25
MOST_ITEMS: Final = 200
LARGEST: Final = 130_000  # bytes of one request
_OLDEST: Final = timedelta(hours=72)
_AHEAD: Final = timedelta(minutes=5)
_SHARED: Final = ("client_id", "user_id", "user_properties", "consent", "non_personalized_ads")
_OF_ITEMS: Final = frozenset({"items", "session_id", "engagement_time_msec", "search_term"})
_OF_ITEM: Final = frozenset({"item_id", "quantity"})
_PROMOTED: Final[dict[str, Any]] = {"view_promotion": "shown", "select_promotion": "clicked"}


def messages(payload: Mapping[str, Any], received_at: datetime, *, trusted: bool = False) -> list[Message]:
    """The messages of one request, one per event, each with what the request says of the visitor.

    Raises:
        BadValue: neither client_id nor user_id, no list of at most 25 events, or nested too deeply.
    """
    shallow(payload)
    visitor, customer = name(payload.get("client_id"), "client_id"), name(payload.get("user_id"), "user_id")
    if visitor is None and customer is None:
        raise BadValue("client_id or user_id is required", key="client_id")
    events = listed(payload.get("events"), "events", MOST_EVENTS)
    if not events:
        raise BadValue("no events", key="events")
    shared = {key: payload[key] for key in _SHARED if key in payload}
    sent = payload.get("timestamp_micros")
    found = []
    for place, each in enumerate(events):
        stamp = each.get("timestamp_micros", sent)
        body = {**shared, **each} | ({} if stamp is None else {"timestamp_micros": stamp})
        found.append(
            Message(
                id=_identity(body, place, received_at),
                source="ga4",
                topic=text(each.get("name"), f"events.{place}.name", 100) or "",
                at=_happened(stamp, received_at),
                received_at=received_at,
                content=body,
                customer_id=customer,
                anonymous_id=visitor,
                trusted=trusted,
            )
        )
    return found


def _identity(body: Mapping[str, Any], place: int, received_at: datetime) -> str:
    """The protocol has no message ids: the same event with the same time is the same; without a time each is new."""
    told = json.dumps(body, sort_keys=True) + f"\x1f{place}"
    if "timestamp_micros" not in body:
        told += received_at.isoformat()
    return f"ga4:{hashlib.blake2b(told.encode('utf-8', 'replace'), digest_size=16).hexdigest()}"


def _happened(stamp: object, received_at: datetime) -> datetime:
    """The event's own time where it is of the last 72 hours, as the protocol has it; else when it came."""
    try:
        micros = whole(stamp, "timestamp_micros", 0, 10**17)
    except BadValue:
        return received_at
    if micros is None:
        return received_at
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    return at if received_at - _OLDEST <= at <= received_at + _AHEAD else received_at


def read(message: Message, settings: LiveSettings, _earlier: Sequence[Message] = ()) -> Said:
    """What an event says.

    Raises:
        BadValue: it cannot be understood; names the key.
    """
    event = needed(text(message.content.get("name"), "name"), "name")
    params = mapping(message.content.get("params"), "params")
    whole(message.content.get("timestamp_micros"), "timestamp_micros", 0, 10**17)
    said = _what(message, event, params, settings)
    if message.customer_id is None:
        return said
    same = () if message.anonymous_id in {None, message.customer_id} else (
        Same(str(message.anonymous_id), message.customer_id),
    )  # fmt: skip
    properties = _user_properties(message)
    customers = (Customer(id=message.customer_id, attributes=properties),) if properties else ()
    return replace(said, same=same, customers=customers, consents=_consents(message))


def _what(message: Message, event: str, params: Mapping[str, Any], settings: LiveSettings) -> Said:
    items = listed(params.get("items"), "params.items", MOST_ITEMS)
    if event == "purchase":
        return Said(orders=(_order(message, params, items, settings),))
    if event == "refund":
        return Said(returned=(_returned(params, items),))
    if event in _PROMOTED:
        ids = [params.get("promotion_id"), *(each.get("promotion_id") for each in items)]
        told = [name(each, "promotion_id") for each in ids if isinstance(each, str)]
        ours = {each for each in told if each is not None and each.startswith(OFFER)}
        return Said(reported=tuple(Reported(each, _PROMOTED[event]) for each in sorted(ours)))
    kind = "search" if event == "search" else TRACKED.get(event)
    return Said() if kind is None else Said(events=_events(message, kind, params, items))


def _events(message: Message, kind: Any, params: Mapping[str, Any], items: Any) -> tuple[Event, ...]:  # noqa: ANN401 - JSON
    """One event per item for acts on products, one with all items for lists, carts and checkouts."""
    kept = plain(params, _OF_ITEMS)
    if kind == "checkout":  # several acts: which one it was is kept
        kept["event"] = str(message.content["name"])
    single = kind in {"view", "click", "add", "remove", "wishlist", "unwishlist"} and items
    if not single and items:
        kept["products"] = json.dumps(
            [[each_id, whole(each.get("quantity"), "quantity") or 1] for each in items if (each_id := _item_id(each))],
            ensure_ascii=False,
        )
    acted = items if single else [{}]
    return tuple(
        Event(
            id=message.id if place == 0 else f"{message.id}.{place}",
            kind=kind,
            at=message.at,
            customer_id=message.customer_id,
            anonymous_id=message.anonymous_id,
            session_id=name(params.get("session_id"), "params.session_id"),
            product_id=_item_id(each),
            quantity=whole(each.get("quantity"), f"items.{place}.quantity"),
            query=text(params.get("search_term"), "params.search_term"),
            properties=kept | plain(each, _OF_ITEM),  # what an item says of itself goes before what its event says
        )
        for place, each in enumerate(acted)
    )


def _item_id(item: Mapping[str, Any]) -> str | None:
    return name(item.get("item_id"), "item_id") or name(item.get("item_name"), "item_name")


def _order(message: Message, params: Mapping[str, Any], items: Any, settings: LiveSettings) -> Order:  # noqa: ANN401 - JSON
    order = needed(name(params.get("transaction_id"), "params.transaction_id"), "params.transaction_id")
    if not items:
        raise BadValue("a purchase without items", key="params.items")
    usual = currency(params.get("currency"), settings.currency, "params.currency")
    lines = []
    for place, each in enumerate(items, 1):
        paid = currency(each.get("currency"), usual, f"items.{place}.currency")
        if paid != usual:
            raise BadValue("a second currency in one purchase", key=f"items.{place}.currency", value=paid)
        product, units, price = bought(each, _item_id(each), usual, f"items.{place}")
        less = money(each.get("discount"), usual, f"items.{place}.discount") or 0  # of one unit; `price` is without it
        if units > 0:
            line_total(price + less, units, f"items.{place}.discount")
            line = OrderLine(order, place, product, units, price + less, amount=units * price, discount=units * less)
            lines.append(line)
    return Order(
        id=order,
        placed_at=message.at,
        currency=usual,
        customer_id=message.customer_id,
        channel=text(params.get("affiliation"), "params.affiliation", 200),
        origin="ga4",
        lines=tuple(lines),
    )


def _returned(params: Mapping[str, Any], items: Any) -> Returned:  # noqa: ANN401 - JSON
    order = needed(name(params.get("transaction_id"), "params.transaction_id"), "params.transaction_id")
    units: dict[str, int] = {}
    for place, each in enumerate(items):
        item = needed(_item_id(each), f"items.{place}.item_id")
        units[item] = units.get(item, 0) + (whole(each.get("quantity"), f"items.{place}.quantity") or 1)
    return Returned(order, units)


def _user_properties(message: Message) -> dict[str, str]:
    """``{"plan": {"value": "pro"}}`` → ``{"plan": "pro"}``."""
    told = mapping(message.content.get("user_properties"), "user_properties")
    return plain({key: each.get("value") if isinstance(each, Mapping) else each for key, each in told.items()})


_CONSENTED: Final[Mapping[str, Any]] = {
    "ad_personalization": "personalisation",
    "personalization_storage": "personalisation",
    "analytics_storage": "analytics",
}
NOT_OURS: Final = frozenset({"ad_storage", "ad_user_data", "functionality_storage", "security_storage"})
"""Signals about others (what Google's advertising stores and is told) or about no purpose of ours (a page's language, a
login): kept as they came. None of them is a yes or a no to mail: a cookie banner does not touch marketing consent."""


def _consents(message: Message) -> tuple[Consent, ...]:
    """Consent signals of the customer's own pages; of two that mean the same, a denial holds."""
    told = mapping(message.content.get("consent"), "consent")
    meant: dict[Any, bool] = {}
    for key, purpose in _CONSENTED.items():
        said = str(told.get(key, "")).lower()
        if said in {"granted", "denied"}:
            meant[purpose] = meant.get(purpose, True) and said == "granted"
    customer = message.customer_id
    if customer is None:
        return ()
    return tuple(
        Consent(customer, purpose, "site", granted, message.at, "ga4", message.id) for purpose, granted in meant.items()
    )
