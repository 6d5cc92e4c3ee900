"""Whatever comes in is read, rejected or refused by name, and no more: messages of other systems, rows, tables."""

# ruff: noqa: E501 - examples and pieces stand side by side

import dataclasses
import io
import json
import math
import random
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

import orjson
import polars as pl
import pytest
from pydantic import TypeAdapter
from tests.fuzz.mutating import Target, data, shown, text, tree

from tsuide.errors import BadInput
from tsuide.facts.schema import conform
from tsuide.intake import ga4, segment, shopify, woocommerce
from tsuide.intake.convert import to_facts
from tsuide.intake.event_names import TRACKED
from tsuide.intake.fields import KINDS
from tsuide.intake.mapping import guess_kind, guess_mapping
from tsuide.intake.message import LiveSettings, Message, Said
from tsuide.intake.settings import IntakeSettings
from tsuide.intake.sources import read
from tsuide.intake.tables import Table, table_of, table_of_frame
from tsuide.interfaces.api import upserts
from tsuide.interfaces.api.bodies import as_object

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SHOP = LiveSettings(currency="JPY")
WHOLE: Final = 2**63

# --- messages --------------------------------------------------------------------------------------------------

_LINES = [
    {"product_id": "p1", "sku": "S1", "price": 1980, "quantity": 2, "coupon": "X"},
    {"product_id": "p2", "price": "19.99"},
]
_CONTEXT: dict[str, Any] = {
    "locale": "ja-JP",
    "traits": {"email": "a@example.jp"},
    "consent": {"categoryPreferences": {"Advertising": True, "Analytics": False, "Marketing": True}},
}
_TIMES = {
    "timestamp": "2026-11-22T08:59:00Z",
    "sentAt": "2026-11-22T08:59:30.000Z",
    "originalTimestamp": "2026-11-22T08:59:00+09:00",
}
_WHO = {"messageId": "m1", "userId": "c1", "anonymousId": "v1", "context": _CONTEXT, **_TIMES}
SEGMENT: list[dict[str, Any]] = [
    *(
        {**_WHO, "type": "track", "event": name, "properties": {"product_id": "p1", "quantity": 1, "products": _LINES, "query": "茶"}}
        for name in sorted(TRACKED)
    ),
    *(
        {**_WHO, "type": "track", "event": name, "properties": {"order_id": "o1", "currency": "JPY", "discount": 10, "products": _LINES}}
        for name in ("Order Completed", "Order Updated", "Order Refunded", "Order Cancelled")
    ),
    {**_WHO, "type": "track", "event": "Product Reviewed", "properties": {"product_id": "p", "rating": 5, "review_body": "良い"}},
    {**_WHO, "type": "track", "event": "Promotion Clicked", "properties": {"promotion_id": "dec_1.1"}},
    {
        **_WHO, "type": "identify",
        "traits": {
            "firstName": "太郎", "lastName": "山田", "phone": "090", "createdAt": "2020-01-01T00:00:00Z", "tags": ["a", 1],
            "address": {"state": "東京都", "postalCode": "1"}, "company": {"industry": "tea"}, "language": "ja",
        },
    },
    {**_WHO, "type": "group", "groupId": "g1", "traits": {"name": "KK", "email": "b@x.jp", "industry": "tea"}},
    {**_WHO, "type": "alias", "previousId": "v0"},
    {**_WHO, "type": "page", "name": "Home", "properties": {"url": "https://x.jp", "title": "茶"}},
]  # fmt: skip
_ITEMS = [
    {"item_id": "a", "price": 9.5, "discount": 0.5, "quantity": 2, "currency": "USD"},
    {"item_name": "抹茶", "price": 1},
]
GA4: list[dict[str, Any]] = [
    {
        "client_id": "v1", "user_id": "c1", "timestamp_micros": 1_795_338_000_000_000,
        "user_properties": {"plan": {"value": "pro"}},
        "consent": {"ad_personalization": "GRANTED", "analytics_storage": "denied"},
        "events": [
            {
                "name": name,
                "params": {
                    "transaction_id": "t1", "currency": "USD", "items": _ITEMS, "session_id": 1, "search_term": "茶",
                    "promotion_id": "dec_1.1",
                },
            },
            {"name": "page_view", "params": {}},
        ],
    }
    for name in ("purchase", "refund", "view_item", "view_cart", "add_to_cart", "search", "begin_checkout", "select_promotion")
]  # fmt: skip
_PERSON = {
    "id": 115, "email": "taro@example.jp", "first_name": "太郎", "last_name": "山田", "locale": "ja", "tags": "a, b",
    "created_at": "2020-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
    "default_address": {"country_code": "JP", "province": "Tokyo", "zip": "100-0001"},
    "email_marketing_consent": {"state": "subscribed", "consent_updated_at": "2026-01-01T00:00:00Z"},
    "sms_marketing_consent": {"state": "unsubscribed", "consent_updated_at": None},
}  # fmt: skip
_REFUND = {"id": 7, "order_id": 820, "refund_line_items": [{"line_item_id": 2, "quantity": 1, "line_item": {"id": 2}}]}
_ORDER: dict[str, Any] = {
    "id": 820, "name": "#1001", "currency": "JPY", "created_at": "2026-11-20T10:00:00+09:00", "source_name": "web",
    "updated_at": "2026-11-20T10:00:01+09:00", "cancelled_at": None, "financial_status": "pending", "customer": _PERSON,
    "payment_terms": {"payment_schedules": [{"due_at": "2026-11-01T00:00:00Z", "completed_at": None}]},
    "line_items": [
        {"id": 1, "sku": "CAM-1", "name": "カメラ", "quantity": 1, "price": "58000", "total_discount": "5"},
        {"id": 2, "sku": None, "name": "緑茶", "quantity": 3, "price": "1000", "discount_allocations": [{"amount": "300"}]},
    ],
    "refunds": [_REFUND],
}  # fmt: skip
_GOODS = {
    "id": 9, "title": "緑茶", "product_type": "Food > Tea", "handle": "tea", "status": "active", "vendor": "Leaf", "tags": "a",
    "published_at": "2026-01-01T00:00:00Z", "images": [{"src": "https://x/1.jpg"}], "updated_at": "2026-01-01T00:00:00Z",
    "variants": [
        {"sku": "T1", "title": "100 g", "price": "1000", "inventory_quantity": 3, "inventory_management": "shopify"},
        {"sku": None, "title": "Default Title", "price": "9.5", "requires_shipping": False},
    ],
}  # fmt: skip
SHOPIFY: list[tuple[str, dict[str, Any]]] = [
    *((topic, _ORDER) for topic in ("orders/create", "orders/updated", "orders/paid", "orders/cancelled")),
    ("refunds/create", _REFUND),
    *((f"products/{act}", _GOODS) for act in ("create", "update", "delete")),
    *((f"customers/{act}", _PERSON) for act in ("create", "update", "delete")),
    *(
        (topic, {"token": "t", "customer": _PERSON, "line_items": _ORDER["line_items"]})
        for topic in ("carts/update", "checkouts/create")
    ),
    ("customers/data_request", {"customer": {"id": 115}, "orders_requested": [1]}),
    ("customers/redact", {"customer": {"id": 115}, "orders_to_redact": [820, "9"]}),
    ("shop/redact", {"shop_id": 1}),
]
_WOO_ORDER: dict[str, Any] = {
    "id": 727, "number": "727", "status": "processing", "currency": "JPY", "prices_include_tax": True, "created_via": "web",
    "date_created_gmt": "2026-11-20T01:00:00", "date_modified_gmt": "2026-11-20T01:00:05", "customer_id": 26,
    "line_items": [
        {"id": 1, "product_id": 93, "variation_id": 0, "sku": "", "quantity": 2, "subtotal": "1818", "subtotal_tax": "182", "total": "1636",
         "total_tax": "164"},
        {"id": 2, "product_id": 22, "variation_id": 23, "sku": "CUP", "quantity": 1, "subtotal": "909", "total": "909", "total_tax": "91"},
    ],
}  # fmt: skip
_WOO_PRODUCT = {
    "id": 93, "name": "緑茶", "sku": "T1", "price": "1000", "regular_price": "1200", "stock_quantity": 3, "manage_stock": True, "status": "publish",
    "categories": [{"id": 1, "name": "茶"}], "images": [{"src": "https://x/1.jpg"}], "permalink": "https://x/p", "virtual": False, "tags": [{"name": "a"}],
    "date_modified_gmt": "2026-01-01T00:00:00", "tax_status": "taxable", "parent_id": 0, "attributes": [{"name": "Size", "options": ["S"]}],
}  # fmt: skip
_WOO_PERSON = {
    "id": 26, "email": "taro@example.jp", "first_name": "太郎", "last_name": "山田", "date_created_gmt": "2020-01-01T00:00:00",
    "billing": {"country": "JP", "state": "JP13", "city": "x", "postcode": "1", "phone": "090", "company": "KK"}, "role": "customer",
}  # fmt: skip
WOOCOMMERCE: list[tuple[str, dict[str, Any]]] = [
    (f"{what}.{act}", body)
    for what, body in (("order", _WOO_ORDER), ("product", _WOO_PRODUCT), ("customer", _WOO_PERSON))
    for act in ("created", "updated", "deleted", "restored")
]


def storable(value: object) -> None:
    """Both databases take it: whole numbers of 64 bits, moments with a zone, text without NUL and half characters."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for each in dataclasses.fields(value):
            storable(getattr(value, each.name))
    elif isinstance(value, str):
        value.encode()
        assert "\x00" not in value
    elif isinstance(value, int):
        assert -WHOLE <= value < WHOLE
    elif isinstance(value, datetime):
        assert value.tzinfo is not None
        value.astimezone(UTC)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            storable(key)
            storable(each)
    elif isinstance(value, (tuple, list)):
        for each in value:
            storable(each)


def understood(message: Message, earlier: tuple[Message, ...] = ()) -> bool:
    """It can be kept, and what it says can be, too; read again from where it is kept it says the same."""
    storable((message.id, message.topic, message.customer_id, message.anonymous_id, message.thing, message.at))
    try:
        said = read(message, SHOP, earlier)
    except BadInput as error:
        assert str(error)  # noqa: PT017 - whichever it is, it can be told
        return False
    assert isinstance(said, Said)
    storable(said)
    try:
        kept = orjson.loads(message.text or orjson.dumps(message.content))
    except (orjson.JSONDecodeError, TypeError):
        return True  # no server takes it: half a character, a number that JSON has not
    if message.text is None and kept == message.content:  # JSON knows no NaN
        assert read(dataclasses.replace(message, content=kept), SHOP, earlier) == said
    return True


def some(parts: list[bool]) -> bool:
    """Whether anything of it was understood."""
    return any(parts)


def a_segment_call(dice: random.Random) -> bool:
    body = tree(dice, dice.choice(SEGMENT), SEGMENT)
    call = dice.choice([body.get("type") if isinstance(body, dict) else "track", "track", "batch"])
    if call not in segment.CALLS:
        body = {
            "batch": [body, dice.choice(SEGMENT)],
            "context": tree(dice, _CONTEXT),
            "sentAt": tree(dice, _TIMES["sentAt"]),
        }
        call = "batch"
    if not isinstance(body, dict):
        return False
    with shown((call, body)):
        found, _ = segment.messages(body, str(call), NOW, trusted=dice.random() < 0.5)
        return some([understood(each) for each in found])


def a_ga4_request(dice: random.Random) -> bool:
    body = tree(dice, dice.choice(GA4), GA4)
    if not isinstance(body, dict):
        return False
    with shown(body):
        return some([understood(each) for each in ga4.messages(body, NOW, trusted=dice.random() < 0.5)])


def a_shopify_delivery(dice: random.Random) -> bool:
    topic, body = dice.choice(SHOPIFY)
    body = tree(dice, body, [each for _, each in SHOPIFY])
    if not isinstance(body, dict):
        return False
    if dice.random() < 0.1:
        topic = text(dice, topic)
    with shown((topic, body)):
        earlier = [shopify.message(*dice.choice([("orders/create", "w0"), ("orders/updated", "w2")]), _ORDER, NOW)]
        if dice.random() < 0.3:
            earlier.append(shopify.message("orders/updated", "w3", body, NOW))
        known = tuple(earlier) if topic.startswith(("orders/", "refunds/")) else ()
        return understood(shopify.message(topic, "w1", body, NOW), known)


def a_woocommerce_delivery(dice: random.Random) -> bool:
    topic, original = dice.choice(WOOCOMMERCE)
    body = tree(dice, original, [each for _, each in WOOCOMMERCE])
    if not isinstance(body, dict):
        return False
    with shown((topic, body)):
        earlier = (woocommerce.message(topic, "w0", original, NOW),) if dice.random() < 0.5 else ()
        return understood(woocommerce.message(topic, "w1", body, NOW), earlier)


def a_body(dice: random.Random) -> bool:
    """Bytes of a request, changed as bytes."""
    raw = data(dice, json.dumps(dice.choice(SEGMENT), ensure_ascii=False).encode())
    with shown(raw):
        found, _ = segment.messages(as_object(raw), "track", NOW)
        return some([understood(each) for each in found])


# --- rows ------------------------------------------------------------------------------------------------------

ROWS: dict[str, list[dict[str, Any]]] = {
    "orders": [
        {
            "id": "o1", "placed_at": "2026-11-20T10:00:00+09:00", "currency": "JPY", "customer_id": "c1", "status": "placed", "channel": "web",
            "lines": [{"product_id": "p1", "quantity": 2, "unit_price": 1_000, "discount": 10, "cost": 5, "gift": True, "returned": 1}],
        },
    ],
    "products": [
        {
            "id": "p1", "title": "緑茶", "currency": "JPY", "category": ["Food", "Tea"], "price": 1_000, "cost": 10, "tax_rate": 800, "stock": 3,
            "brand": "Leaf", "parent_id": "p", "variant": "100 g", "attributes": {"a": "b"}, "kind": "physical", "status": "active",
        },
    ],
    "customers": [
        {
            "id": "c1", "kind": "person", "name": "山田", "email": "a@x.jp", "phone": "090", "language": "ja", "attributes": {"a": "b"},
            "created_at": "2020-01-01T00:00:00Z",
            "consents": [{"purpose": "marketing", "channel": "email", "granted": True, "at": "2026-01-01T00:00:00Z", "evidence": "form"}],
        },
    ],
    "events": [
        {
            "id": "e1", "kind": "view", "at": "2026-01-01T00:00:00Z", "customer_id": "c1", "anonymous_id": "v1", "session_id": "s", "cart_id": "k",
            "product_id": "p1", "quantity": 1, "query": "茶", "properties": {"a": "b"},
        },
    ],
    "reviews": [{"id": "r1", "product_id": "p1", "rating": 5, "at": "2026-01-01T00:00:00Z", "customer_id": "c1", "text": "良い", "helpful": 1}],
}  # fmt: skip


def rows(kind: str) -> Target:
    """Rows of a bulk call."""
    model, fact, _ = upserts._KINDS[kind]
    adapter = TypeAdapter(model)

    def some_rows(dice: random.Random) -> bool:
        made = tree(dice, ROWS[kind], [ROWS])
        try:
            made = orjson.loads(orjson.dumps(made))
        except TypeError:
            return False  # no JSON
        with shown(made):
            good, rejected = upserts._read(made if isinstance(made, list) else [made], adapter, fact)
            for each in rejected:
                f"{each.id} {each.reason}".encode()
            for said in good:
                storable(said)
            return bool(good)

    return some_rows


# --- tables ----------------------------------------------------------------------------------------------------

TABLES: dict[str, str] = {
    "products": 'id,title,price,currency,category,stock,status,tax_rate,cost,durable\nT1,緑茶,"1,980",JPY,Food > Tea,3,active,8%,500,no\nT2,Cup,500,JPY,Home,0,draft,10%,,yes\n',
    "relations": "product_id,other_id,relation\nT1,T2,required_part\nT2,T3,upgrade_of\n",
    "customers": "id,name,email,phone,language,created_at,prefecture,kind\nc1,山田 太郎,a@x.jp,090-1,ja,2020/1/5,東京都,person\nc2,KK,b@x.jp,03,en,2021-02-03 04:05,大阪府,company\n",
    "consents": "customer_id,purpose,channel,granted,at\nc1,marketing,email,yes,2026-01-01T00:00:00Z\nc2,analytics,site,no,2026/1/2 3:04\n",
    "orders": "order_id,placed_at,product_id,quantity,unit_price,amount,customer_id,currency,status\nA1,2026/1/5 10:00,T1,2,¥1980,3960,c1,JPY,paid\nA1,2026/1/5 10:00,T2,1,500,500,c1,JPY,paid\nA2,2026/1/6,T1,-1,1980,-1980,c1,JPY,paid\n",
    "events": "id,kind,at,customer_id,anonymous_id,product_id,quantity,query,session_id\ne1,view,2026-01-01T00:00:00Z,c1,v1,T1,1,茶,s1\n,add,2026-01-02 10:00,,v2,T2,2,,s2\n",
    "reviews": 'id,product_id,customer_id,rating,text,at,helpful\nr1,T1,c1,5,良い,2026-01-01,3\n,T2,,1,"bad, ""very""",2026-01-02,\n',
    "interactions": "id,customer_id,kind,at,who,department,text,outcome\ni1,c1,電話,2026-01-01 10:00,山田,営業,話した,不在\n,a@X.jp,visit,2026-01-02,,,note,ok\n",
}  # fmt: skip
_ENCODINGS = (None, None, None, "utf-8", "cp932", "utf-16")


def table(kind: str) -> Target:
    """Bytes of a file, by its own encoding and others."""

    def a_table(dice: random.Random) -> bool:
        made = text(dice, TABLES[kind], list(TABLES.values()), "table")
        if dice.random() < 0.1:
            made += "".join(f"{made}\n" for _ in range(20))
        raw = made.encode(dice.choice(("utf-8", "utf-8", "cp932", "utf-16", "utf-8-sig")), "replace")
        raw = data(dice, raw) if dice.random() < 0.3 else raw
        with shown(raw):
            encoding, mark = dice.choice(_ENCODINGS), dice.choice((None, None, None, ",", "\t", ""))
            found = table_of(raw, "x.csv", encoding=encoding, delimiter=mark)
            asked = kind if dice.random() < 0.8 else guess_kind(found.frame.columns)
            return _taken(dice, asked, found)

    return a_table


def typed(kind: str) -> Target:
    """Columns of every type, as Parquet has them."""

    def a_typed_table(dice: random.Random) -> bool:
        frame = table_of(TABLES[kind].encode(), "x.csv").frame
        for name in dice.sample(frame.columns, dice.randint(1, 3)):
            frame = frame.with_columns(_typed(dice, frame.height).alias(name))
        with shown(frame.to_dict(as_series=False)):
            return _taken(dice, kind, table_of_frame(frame))

    return a_typed_table


_TYPED: Final[dict[Any, tuple[Any, ...]]] = {
    pl.Int64: (0, 1, -1, 2**63 - 1, -(2**63), 10**15 + 1, 20_260_105, None),
    pl.UInt64: (0, 2**64 - 1, None),
    pl.Int8: (-128, 127, None),
    pl.Float64: (0.0, -0.0, 1.5, 1e300, -1e300, 5e-324, 1e18, math.nan, math.inf, -math.inf, None),
    pl.Boolean: (True, False, None),
    pl.Datetime("us"): (datetime(1, 1, 1), datetime(9999, 12, 31, 23), datetime(2026, 1, 5), None),  # noqa: DTZ001 - without a zone on purpose
    pl.Datetime("ns", "Asia/Tokyo"): (NOW, None),
    pl.Date: (date(1, 1, 1), date(9999, 12, 31), date(2026, 1, 5), None),
    pl.Time: (time(0), time(23, 59), None),
    pl.Duration("us"): (timedelta(0), timedelta(days=-1), None),
    pl.Binary: (b"", b"\xff", None),
    pl.Null: (None,),
    pl.List(pl.String): (["a"], [], None),
    pl.Struct({"x": pl.Int64}): ({"x": 1}, None),
    pl.Decimal(38, 4): (Decimal("1.5"), Decimal(10) ** 33, None),
    pl.Categorical: ("a", "JPY", None),
    pl.String: ("", "\x00", "x" * 1_100, "1e999", "茶", None),
}


def _typed(dice: random.Random, height: int) -> pl.Series:
    dtype = dice.choice(list(_TYPED))
    return pl.Series("made", [dice.choice(_TYPED[dtype]) for _ in range(height)], dtype=dtype)


def _taken(dice: random.Random, kind: str, found: Table) -> bool:
    mapping = guess_mapping(kind, found.frame.columns, found.frame)
    settings = IntakeSettings(
        now=NOW,
        currency=dice.choice(("JPY", "USD", None)),
        language=dice.choice(("ja", "en")),
        day_first=dice.choice((None, True)),
    )
    intake = to_facts(kind, found, mapping, settings)
    assert intake.rows == found.rows
    assert 0 <= intake.kept <= intake.rows
    for frame in intake.frames.values():
        _kept(frame)
    return bool(intake.kept)


def _kept(frame: pl.DataFrame) -> None:
    """It is what its schema says, and a file of it holds the same."""
    assert conform(frame, dict(frame.schema)).equals(frame)
    assert pl.read_ipc(io.BytesIO(_file(frame))).equals(frame)
    for row in frame.head(5).rows():
        storable(row)


def _file(frame: pl.DataFrame) -> bytes:
    made = io.BytesIO()
    frame.write_ipc(made)
    return made.getvalue()


TARGETS: dict[str, Target] = {
    "segment calls": a_segment_call,
    "ga4": a_ga4_request,
    "shopify": a_shopify_delivery,
    "woocommerce": a_woocommerce_delivery,
    "bytes": a_body,
    **{f"{kind} in bulk": rows(kind) for kind in ROWS},
    **{f"table of {kind}": table(kind) for kind in KINDS},
    **{f"typed table of {kind}": typed(kind) for kind in KINDS},
}


def test_every_kind_of_table_and_of_row_is_tried() -> None:
    assert set(TABLES) == set(KINDS)
    assert set(ROWS) == set(upserts._KINDS)


@pytest.mark.parametrize("name", TARGETS)
def test_what_comes_in_is_read_or_refused(campaign: Callable[..., object], name: str) -> None:
    campaign(name, TARGETS[name], 60 if "table" in name else 400)


@pytest.mark.soak
def test_what_comes_in_is_read_or_refused_for_long(soak: Callable[..., object]) -> None:
    soak(TARGETS)
