"""The exports of the usual shops are read without a word from their owner."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from tsuide.intake.convert import Intake, to_facts
from tsuide.intake.mapping import guess_kind, guess_mapping
from tsuide.intake.settings import IntakeSettings
from tsuide.intake.tables import table_of, table_of_frame

NOW = datetime(2026, 6, 1, tzinfo=UTC)
JAPAN = IntakeSettings(now=NOW, currency="JPY")
AMERICA = IntakeSettings(now=NOW, currency="USD", zone="America/New_York")


def intake(text: str, settings: IntakeSettings, encoding: str = "utf-8") -> Intake:
    table = table_of(text.encode(encoding), "file.csv")
    kind = guess_kind(table.frame.columns)
    return to_facts(kind, table, guess_mapping(kind, table.frame.columns, table.frame), settings)


SHOPIFY_ORDERS = """\
Name,Email,Financial Status,Paid at,Fulfillment Status,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,Total,\
Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,\
Lineitem compare at price,Lineitem sku,Lineitem discount,Billing Name,Cancelled at,Vendor,Id,Tags,Source
#1001,Ann@x.com,paid,2026-01-05 10:00:00 -0500,fulfilled,no,USD,44.98,5,0,49.98,,0,Std,\
2026-01-05 10:00:00 -0500,2,Green Tea - 100g,19.99,,TEA-1,0,Ann,,Leaf,450,,web
#1001,ann@x.com,,,,,,,,,,,,,2026-01-05 10:00:00 -0500,1,"Cup ""Hill"" 1",5.00,,,0.00,,,Leaf,,,
#1002,bob@x.com,paid,2026-01-06 10:00:00 -0500,,no,USD,19.99,0,0,19.99,,0,,\
2026-01-06 10:00:00 -0500,1,Green Tea - 100g,19.99,,TEA-1,0,Bob,2026-01-07 09:00:00 -0500,Leaf,451,,web
"""


def test_shopify_orders_take_what_stands_on_the_first_row_of_an_order() -> None:
    got = intake(SHOPIFY_ORDERS, AMERICA)
    assert got.rejects.height == 0
    assert got.frames["orders"].select("id", "customer_id", "currency", "status", "channel").rows() == [
        ("#1001", "ann@x.com", "USD", "placed", "web"),
        ("#1002", "bob@x.com", "USD", "cancelled", "web"),
    ]
    assert got.frames["orders"]["placed_at"][0] == datetime(2026, 1, 5, 15, tzinfo=UTC)
    assert got.frames["order_lines"].select("order_id", "line", "product_id", "quantity", "amount").rows() == [
        ("#1001", 1, "TEA-1", 2, 3998),
        ("#1001", 2, 'Cup "Hill" 1', 1, 500),
        ("#1002", 1, "TEA-1", 1, 1999),
    ]


SHOPIFY_PRODUCTS = """\
Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,\
Option2 Value,Variant SKU,Variant Grams,Variant Inventory Qty,Variant Price,Image Src,Image Position,\
Cost per item,Status
shirt,Shirt,<p>x</p>,Loom,Apparel > Shirts,Tops,,true,Size,S,Colour,Red,SH-S,100,3,19.99,https://i/1.jpg,1,8.00,active
shirt,,,,,,,,,M,,Red,SH-M,100,0,19.99,,,,
shirt,,,,,,,,,,,,,,,,https://i/2.jpg,2,,
mug,Mug,,Clay,Home > Kitchen,Mugs,,true,Title,Default Title,,,,,5,7.5,,,,draft
"""


def test_shopify_products_become_variants_under_their_handle() -> None:
    got = intake(SHOPIFY_PRODUCTS, AMERICA)
    assert (got.kind, got.rejects.height) == ("products", 0)
    frame = got.frames["products"]
    assert frame.select("id", "title", "parent_id", "variant", "price", "cost", "stock", "status").rows() == [
        ("SH-S", "Shirt", "shirt", "S / Red", 1999, 800, 3, "active"),
        ("SH-M", "Shirt", "shirt", "M / Red", 1999, None, 0, "active"),
        ("Mug", "Mug", None, None, 750, None, 5, "hidden"),
    ]
    assert frame["category"].to_list() == [["Apparel", "Shirts"], ["Apparel", "Shirts"], ["Home", "Kitchen"]]
    assert frame["brand"].to_list() == ["Loom", "Loom", "Clay"]


WOOCOMMERCE_ORDERS = """\
Order Number,Order Status,Order Date,Customer Note,Email (Billing),Order Subtotal Amount,Order Total Amount,SKU,Item #,\
Item Name,Quantity (- Refund),Item Cost,Order Line Total
501,Completed,2026-02-01 09:30,,ann@x.com,25.00,25.00,M-1,1,Mug,2,7.50,15.00
501,Completed,2026-02-01 09:30,,ann@x.com,25.00,25.00,T-1,2,Tea,1,10.00,10.00
502,Cancelled,2026-02-02 10:00,,bob@x.com,7.50,7.50,M-1,1,Mug,1,7.50,7.50
"""


def test_woocommerce_orders() -> None:
    got = intake(WOOCOMMERCE_ORDERS, AMERICA)
    assert got.rejects.height == 0
    assert got.frames["orders"]["status"].to_list() == ["placed", "cancelled"]
    assert got.frames["order_lines"].select("product_id", "quantity", "unit_price", "amount").rows() == [
        ("M-1", 2, 750, 1500),
        ("T-1", 1, 1000, 1000),
        ("M-1", 1, 750, 750),
    ]


SQUARE_ITEMS = """\
Date,Time,Time Zone,Category,Item,Qty,Price Point Name,SKU,Modifiers Applied,Gross Sales,Discounts,Net Sales,Tax,\
Transaction ID,Payment ID,Device Name,Notes,Details,Event Type,Location,Customer ID,Customer Name
2026-03-14,14:05:33,Eastern,Drinks,Latte,2.0,Regular,LAT,,$9.00,-$1.00,$8.00,$0.00,TX1,P1,till,,,Payment,Main,C1,Ann
2026-03-15,09:00:00,Eastern,Drinks,Latte,-1.0,Regular,LAT,,-$4.50,$0.00,-$4.50,$0.00,TX2,P2,till,,,Refund,Main,C1,Ann
"""


def test_square_item_sales_join_date_and_time_and_match_the_refund() -> None:
    got = intake(SQUARE_ITEMS, AMERICA)
    assert got.rejects.height == 0
    assert got.frames["orders"].select("id", "placed_at", "customer_id").rows() == [
        ("TX1", datetime(2026, 3, 14, 18, 5, 33, tzinfo=UTC), "C1")
    ]
    assert got.frames["order_lines"].select("quantity", "unit_price", "discount", "amount", "returned").rows() == [
        (2, 450, 100, 800, 1)
    ]


MAKESHOP = """\
注文番号,注文日,会員ID,独自商品コード,商品名,数量,販売価格,送料,合計金額
M-1,2026/04/01 9:05,kai01,tea-1,煎茶　100g,2,"1,200",500,2900
M-2,2026年4月2日 午後3:10,kai02,tea-1,煎茶　100g,1,１２００円,500,1700
"""

EC_CUBE = """\
注文ID,注文番号,会員ID,お名前(姓),お名前(名),メールアドレス,小計,値引き,送料,合計,対応状況(名称),注文日時,注文明細ID,\
商品コード,商品名,価格,個数,税率,明細区分(名称)
1,E-1,7,山田,花子,h@x.jp,3400,0,500,3900,発送済み,2026-04-03 12:00:00,11,tea-1,煎茶,1200,2,8,商品
1,E-1,7,山田,花子,h@x.jp,3400,0,500,3900,発送済み,2026-04-03 12:00:00,12,cup-1,湯呑,1000,1,10,商品
1,E-1,7,山田,花子,h@x.jp,3400,0,500,3900,発送済み,2026-04-03 12:00:00,13,,送料,500,1,10,送料
2,E-2,,佐藤,一郎,S@x.jp,1200,0,500,1700,注文取消し,2026-04-04 12:00:00,14,tea-1,煎茶,1200,1,8,商品
"""

BASE = """\
注文ID,注文日時,氏(請求先),名(請求先),メールアドレス,商品ID,商品名,バリエーション,価格,税率,数量,合計金額,送料,支払い方法,発送状況
B1,2026-05-01 10:00:00,鈴木,次郎,j@x.jp,900,手ぬぐい,藍,1500,10,1,2000,500,card,発送済み
B1,2026-05-01 10:00:00,鈴木,次郎,j@x.jp,901,風呂敷,,2500,10,2,2000,500,card,発送済み
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_makeshop_orders_in_every_encoding(encoding: str) -> None:
    got = intake(MAKESHOP, JAPAN, encoding)
    assert got.rejects.height == 0
    assert got.frames["order_lines"].select("quantity", "unit_price", "amount").rows() == [
        (2, 1200, 2400),
        (1, 1200, 1200),
    ]
    assert got.frames["orders"]["placed_at"].to_list() == [
        datetime(2026, 4, 1, 0, 5, tzinfo=UTC),
        datetime(2026, 4, 2, 6, 10, tzinfo=UTC),
    ]
    assert got.frames["products"]["title"].to_list() == ["煎茶　100g"]


def test_ec_cube_orders_leave_shipping_out_and_do_not_take_the_orders_subtotal_for_the_lines() -> None:
    got = intake(EC_CUBE, JAPAN)
    assert got.rejects.select("line", "column", "code").rows() == [(4, "明細区分(名称)", "goods")]
    assert got.frames["orders"].select("id", "customer_id", "status").rows() == [
        ("E-1", "7", "placed"),
        ("E-2", None, "cancelled"),
    ]
    assert got.frames["order_lines"].select("line", "product_id", "amount", "discount").rows() == [
        (11, "tea-1", 2400, 0),
        (12, "cup-1", 1000, 0),
        (14, "tea-1", 1200, 0),
    ]


def test_base_orders() -> None:
    got = intake(BASE, JAPAN)
    assert got.rejects.height == 0
    assert got.frames["orders"].select("id", "customer_id").rows() == [("B1", "j@x.jp")]
    assert got.frames["order_lines"]["amount"].to_list() == [1500, 5000]


EC_CUBE_PRODUCTS = """\
商品ID,公開ステータス(名称),商品名,商品カテゴリ(名称),商品コード,在庫数,通常価格,販売価格,原価,消費税率,産地
1,公開,煎茶,食品＞お茶,tea-1,12,1500,1200,600,8%,静岡
2,非公開,湯呑,,cup-1,,,1000,,,
"""


def test_ec_cube_products_keep_unknown_costs_unknown_and_the_rest_as_attributes() -> None:
    got = intake(EC_CUBE_PRODUCTS, JAPAN)
    assert (got.kind, got.rejects.height) == ("products", 0)
    names = ("id", "price", "cost", "stock", "tax_rate", "status", "category")
    assert got.frames["products"].select(names).rows() == [
        ("tea-1", 1200, 600, 12, 800, "active", ["食品", "お茶"]),
        ("cup-1", 1000, None, None, 1000, "hidden", []),
    ]
    assert '"産地": "静岡"' in got.frames["products"]["attributes"][0]


def test_customers_and_their_consents() -> None:
    got = intake(
        "会員ID,姓,名,メールアドレス,会員登録日,都道府県,住所\nk1,山田,花子,H@X.jp,2025/1/2,東京都,千代田区1-1\n", JAPAN
    )
    row = got.frames["customers"].row(0, named=True)
    assert (got.kind, row["name"], row["email"], row["attributes"]) == (
        "customers", "山田 花子", "h@x.jp", '{"prefecture": "東京都"}',
    )  # fmt: skip
    got = intake("会員ID,メルマガ,同意日時\nk1,はい,2026-01-01 00:00\nk2,たぶん,2026-01-01 00:00\n", JAPAN)
    assert got.frames["consents"].select("customer_id", "purpose", "channel", "granted").rows() == [
        ("k1", "marketing", "email", True)
    ]
    assert got.rejects.select("line", "value", "code").rows() == [(3, "たぶん", "yes_no")]


def test_events_reviews_and_relations() -> None:
    got = intake("messageId,event,userId,timestamp,product_id\n1,Product Viewed,u,2026-01-01T00:00:00Z,p\n", AMERICA)
    assert got.frames["events"].select("id", "kind", "customer_id", "product_id").rows() == [("1", "view", "u", "p")]
    got = intake("商品コード,評価,投稿日,本文\np,5,2026/1/1,よい\np,6,2026/1/1,?\n", JAPAN)
    assert got.frames["reviews"].select("product_id", "rating", "text").rows() == [("p", 5, "よい")]
    assert got.rejects.select("line", "code").rows() == [(3, "range")]
    got = intake("商品コード,関連商品コード,関係\na,b,アクセサリー\na,a,accessory\n", JAPAN)
    assert got.frames["relations"].rows() == [("a", "b", "accessory")]
    assert got.rejects["code"].to_list() == ["self"]


def test_a_tax_rate_beyond_every_number_and_a_date_before_the_calendar_cost_only_their_rows() -> None:
    products = intake("id,title,price,tax_rate\na,A,100,99999999999999999999%\nb,B,100,8%\n", JAPAN)
    assert products.frames["products"].select("id", "tax_rate").rows() == [("b", 800)]
    frame = pl.DataFrame(
        {"order_id": ["1", "2"], "placed_at": [date(1, 1, 1), date(2026, 1, 5)], "product_id": ["a", "b"]}
    )
    table = table_of_frame(frame.with_columns(unit_price=pl.lit(100), quantity=pl.lit(1)))
    orders = to_facts("orders", table, guess_mapping("orders", table.frame.columns, table.frame), JAPAN)
    assert orders.rejects.select("line", "code").rows() == [(1, "time")]
