"""A webinar from its tool to the page: who registered is not asked again, who attended is told of the next."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tsuide.app.applying import put_orders, put_products
from tsuide.app.keys import create_key
from tsuide.app.learn import learn
from tsuide.app.serving import clock
from tsuide.app.wiring import opened
from tsuide.asgi import create
from tsuide.config import Settings
from tsuide.facts.catalogue import Product
from tsuide.facts.orders import Order, OrderLine


@dataclass
class School:
    """A server of a shop that sells a camera and teaches how to use it."""

    client: TestClient
    key: str

    def track(self, event: str, webinar: str) -> None:
        body = {"userId": "c1", "event": event, "properties": {"webinar_id": webinar}}
        answer = self.client.post("/v1/track", json=body, auth=(self.key, ""))
        assert answer.status_code == 200, answer.text

    def offered(self) -> list[str]:
        body = {"placement": "product", "product_id": "camera", "customer_id": "c1", "n": 5}
        answer = self.client.post("/v1/offers", json=body, headers={"X-Api-Key": self.key})
        return sorted(item["product_id"] for offer in answer.json()["offers"] for item in offer["items"])


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    settings = Settings(home=tmp_path / "home", language="ja")
    with opened(settings) as shop:
        now = clock()
        lessons = {
            "soon": {"starts_at": (now + timedelta(days=5)).isoformat()},
            "gone": {"starts_at": (now - timedelta(minutes=5)).isoformat()},
            "next": {"prerequisite": "soon"},
        }
        put_products(
            shop,
            [
                Product("camera", "カメラ", "JPY", ("カメラ",), price=50_000, cost=30_000, stock=5, durable=True),
                *(
                    Product(
                        each, each, "JPY", ("教室",), price=0, kind="content", attributes={"about": "camera", **told}
                    )
                    for each, told in lessons.items()
                ),
            ],
            (),
        )
        orders = [
            Order(f"o{n}", now - timedelta(days=9 + n), "JPY", f"c{n}", "placed", "web", "api",
                  (OrderLine(f"o{n}", 1, "camera", 1, 50_000, 50_000),))
            for n in range(20)
        ]  # fmt: skip
        put_orders(shop, orders)
        learn(shop, now=now, seed=0)
        key, _ = create_key(shop, "admin", ["admin"], now)
    with TestClient(create(settings)) as client:
        yield School(client, key)


def test_a_webinar_is_offered_until_somebody_registers_and_what_builds_on_it_once_they_attended(school: School) -> None:
    assert school.offered() == ["soon"]
    school.track("Webinar Registered", "soon")
    assert school.offered() == []
    school.track("Webinar Attended", "soon")
    assert school.offered() == ["next"]
