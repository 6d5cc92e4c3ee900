"""A camera shop in Japanese whose habits are known: it was made with them."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import polars as pl
import pytest

from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.schema import MOMENT, conform
from tsuide.proof.reports.material import Material, from_lines

GOODS: Final = {  # id → title, category, price
    "cam-s": ("コンパクトカメラ C3", "カメラ", 49_800),
    "cam-m": ("ミラーレスカメラ α10", "カメラ", 98_000),
    "cam-l": ("ミラーレスカメラ α20 プロ", "カメラ", 168_000),
    "card-s": ("SDカード 64GB", "記録メディア", 2_480),
    "card-l": ("SDカード 128GB", "記録メディア", 4_480),
    "battery": ("予備バッテリー NB-7", "電源", 6_980),
    "lens": ("単焦点レンズ 50mm F1.8", "レンズ", 32_800),
    "tripod": ("三脚 ライト", "三脚", 9_800),
    "cleaner": ("レンズクリーナー 100枚", "お手入れ", 780),
    "gift": ("ギフトカード 5,000円", "ギフト", 5_000),
}


def camera_products() -> pl.DataFrame:
    """The shop's catalogue, as PRODUCTS."""
    rows = [
        {"id": key, "title": title, "category": [category], "price": price, "currency": "JPY", "status": "active"}
        for key, (title, category, price) in GOODS.items()
    ]
    return conform(pl.DataFrame(rows), PRODUCTS)


def lines(orders: int, seed: int = 1) -> pl.DataFrame:
    """Order lines: 60 % of camera orders hold a card; 45 % of camera buyers come back for a lens after 30 days.

    Gift cards are always bought alone.
    """
    draw = random.Random(seed)  # noqa: S311 - a test's shop, not a secret
    begin = datetime(2025, 4, 1, tzinfo=UTC)
    rows: list[tuple[str, str, datetime, str]] = []
    for number in range(orders):
        at = begin + timedelta(days=draw.random() * 320, hours=draw.random() * 12)
        customer = f"m{number % max(orders * 6 // 10, 1)}"
        basket = _basket(draw)
        rows += [(f"o{number}", customer, at, item) for item in basket]
        if basket[0].startswith("cam") and draw.random() < 0.45:
            rows.append((f"o{number}-next", customer, at + timedelta(days=draw.gauss(30, 3)), "lens"))
    frame = pl.DataFrame(
        rows,
        schema={"order_id": pl.String, "customer_id": pl.String, "placed_at": MOMENT, "product_id": pl.String},
        orient="row",
    )
    price = pl.col("product_id").replace_strict({key: told[2] for key, told in GOODS.items()}, return_dtype=pl.Int64)
    return frame.with_columns(
        quantity=pl.lit(1, pl.Int64),
        unit_price=price,
        amount=price,
        cost=pl.lit(None, pl.Int64),
        currency=pl.lit("JPY"),
        returned=pl.lit(0, pl.Int64),
    )


def _basket(draw: random.Random) -> list[str]:
    kind = draw.random()
    if kind < 0.15:
        return ["gift"]
    if kind < 0.5:
        basket = [draw.choice(["cam-s", "cam-m", "cam-m", "cam-l"])]
        if draw.random() < 0.6:
            basket.append(draw.choice(["card-s", "card-l"]))
        if draw.random() < 0.2:
            basket.append("battery")
        return basket
    return draw.sample(["cleaner", "tripod", "battery", "card-s"], draw.choice([1, 1, 2]))


@pytest.fixture(scope="session")
def products() -> pl.DataFrame:
    """The shop's catalogue."""
    return camera_products()


@pytest.fixture(scope="session")
def shop() -> Callable[..., Material]:
    """What the report reads of this shop: `shop(orders, named=True, seed=1)`."""

    def make(orders: int, *, named: bool = True, seed: int = 1) -> Material:
        return from_lines("orders.csv", lines(orders, seed), camera_products() if named else None)

    return make
