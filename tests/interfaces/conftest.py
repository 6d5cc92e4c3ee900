"""A learned small shop behind the real application, one for each file of tests."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from tsuide.app.keys import create_key
from tsuide.app.learn import learn
from tsuide.app.wiring import open_shop
from tsuide.asgi import create
from tsuide.config import Settings
from tsuide.facts.reviews import REVIEWS
from tsuide.facts.schema import conform

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)


@dataclass(frozen=True)
class Served:
    """The application and keys for it."""

    client: TestClient
    settings: Settings
    storefront: str
    rep: str
    admin: str

    def ask(self, **body: object) -> dict[str, object]:
        """A decision's answer; a storefront key may name no customer, a rep's may."""
        key = self.rep if "customer_id" in body else self.storefront
        answer = self.client.post("/v1/offers", json=body, headers={"X-Api-Key": key})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@dataclass(frozen=True)
class Learned:
    """A home that has learned, and keys for it; nobody serves it, everybody copies it."""

    home: Path
    keys: tuple[str, str, str]


@pytest.fixture(scope="session")
def learned(tmp_path_factory: pytest.TempPathFactory, fill_shop: object) -> Learned:
    """The small shop with two reviews, learned once."""
    home = tmp_path_factory.mktemp("learned")
    shop = open_shop(Settings(home=home, language="en"))
    assert callable(fill_shop)
    fill_shop(shop)
    said = {"id": ["r1", "r2"], "product_id": ["card", "card"], "rating": [5, 4], "helpful": [3, 0]}
    texts = {"text": ["Fast enough for film. Small box.", "動画にも十分な速さです。"]}
    shop.store.facts.write_reviews(conform(pl.DataFrame(said | texts), REVIEWS))
    learn(shop, now=NOW, seed=0)
    storefront, rep, admin = (create_key(shop, name, [name], NOW)[0] for name in ("storefront", "rep", "admin"))
    shop.close()
    return Learned(home, (storefront, rep, admin))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, learned: Learned) -> Iterator[Served]:
    """One for the tests of a file: what another file's tests order, set or break is not in it."""
    home = tmp_path_factory.mktemp("served") / "home"
    shutil.copytree(learned.home, home)
    settings = Settings(
        home=home,
        language="en",
        demo_shop=True,
        shopify_secrets=SecretStr("new,hush"),
        shopify_domain="mine.myshopify.com",
        woocommerce_secrets=SecretStr("hush"),
    )
    with TestClient(create(settings), raise_server_exceptions=False) as client:
        yield Served(client, settings, *learned.keys)
