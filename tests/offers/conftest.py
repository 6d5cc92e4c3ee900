"""A small shop with a ladder of cameras, things that go with them, and orders that say so."""

import polars as pl
import pytest

from tsuide.mining.alternatives import Alternatives
from tsuide.mining.baskets import Baskets
from tsuide.mining.complements import Complements
from tsuide.mining.fitted import Fitted
from tsuide.offers.state import State, build_state


def product(
    id_: str, category: list[str], price: int | None, cost: int | None = None, **more: object
) -> dict[str, object]:
    return {
        "id": id_,
        "title": id_.replace("-", " ").title(),
        "category": category,
        "price": price,
        "cost": cost,
        "currency": "JPY",
        "tax_rate": 1000,
        "tax_included": True,
        "stock": 10,
        "status": "active",
        "kind": "physical",
        "durable": True,
        **more,
    }


PRODUCTS = [
    product("camera-basic", ["Photo", "Cameras"], 33_000, 20_000),
    product("camera-good", ["Photo", "Cameras"], 44_000, 26_000),
    product("camera-best", ["Photo", "Cameras"], 88_000, 50_000),
    product("card", ["Photo", "Memory"], 3_300, 1_500),
    product("bag", ["Photo", "Bags"], 5_500, 3_000),
    product("tripod", ["Photo", "Tripods"], 11_000, 7_400),
    product("battery", ["Photo", "Batteries"], 4_400, None),
    product("sold-out", ["Photo", "Straps"], 2_200, 500, stock=0),
    product("hidden", ["Photo", "Filters"], 2_200, 500, status="hidden"),
    product("film", ["Photo", "Film"], 1_100, 600, durable=False),
    product("dollar-lens", ["Photo", "Lenses"], 9_900, 10, currency="USD"),
]
RELATIONS = [
    {"product_id": "camera-basic", "other_id": "camera-good", "relation": "upgrade_of"},
    {"product_id": "camera-good", "other_id": "camera-best", "relation": "upgrade_of"},
    {"product_id": "camera-good", "other_id": "battery", "relation": "required_part"},
    {"product_id": "camera-best", "other_id": "film", "relation": "never_with"},
]
BASKETS = (
    [["camera-basic", "card"]] * 30
    + [["camera-good", "card", "bag"]] * 20
    + [["camera-good", "tripod"]] * 10
    + [["camera-good", "battery"]] * 8
    + [["camera-good", "sold-out"]] * 8
    + [["camera-good", "hidden"]] * 8
    + [["camera-good", "dollar-lens"]] * 8
    + [["film"]] * 60
    + [["camera-best", "film"]] * 12
    + [["bag"]] * 10
    + [["tripod"]] * 10
    + [["camera-basic"]] * 20
    + [["x"]] * 200
)


def products() -> pl.DataFrame:
    return pl.DataFrame(PRODUCTS)


@pytest.fixture(scope="session")
def catalogue() -> list[dict[str, object]]:
    return PRODUCTS


@pytest.fixture(scope="session")
def relations() -> pl.DataFrame:
    return pl.DataFrame(RELATIONS)


@pytest.fixture(scope="session")
def shop() -> State:
    lines = pl.DataFrame(
        [{"order": str(number), "sku": sku} for number, basket in enumerate(BASKETS) for sku in basket]
    )
    baskets = Baskets.from_frame(lines, basket="order", item="sku")
    parts: dict[str, Fitted] = {
        "complements": Complements().fit(baskets, tune=False),
        "alternatives": Alternatives().fit(products()),
    }
    return build_state(parts, products(), pl.DataFrame(RELATIONS), snapshot_id="snap-1", sequence=1)
