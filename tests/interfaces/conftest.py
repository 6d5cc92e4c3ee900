"""A learned small shop behind the real application, once per test session."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from tsuide.app.keys import create_key
from tsuide.app.learn import learn
from tsuide.app.wiring import open_shop
from tsuide.asgi import create
from tsuide.config import Settings

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
        """A decision's answer."""
        answer = self.client.post("/v1/offers", json=body, headers={"X-Api-Key": self.storefront})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, fill_shop: object) -> Iterator[Served]:
    """One for all tests that do not mind what others order."""
    yield from serve_small_shop(tmp_path_factory, fill_shop)


@pytest.fixture(scope="module")
def served_alone(tmp_path_factory: pytest.TempPathFactory, fill_shop: object) -> Iterator[Served]:
    """One for the tests of a single file."""
    yield from serve_small_shop(tmp_path_factory, fill_shop)


def serve_small_shop(tmp_path_factory: pytest.TempPathFactory, fill_shop: object) -> Iterator[Served]:
    """A learned small shop, served until the fixture ends."""
    settings = Settings(
        home=tmp_path_factory.mktemp("served"),
        language="en",
        demo_shop=True,
        shopify_secrets=SecretStr("new,hush"),
        woocommerce_secrets=SecretStr("hush"),
    )
    shop = open_shop(settings)
    assert callable(fill_shop)
    fill_shop(shop)
    learn(shop, now=NOW, seed=0)
    keys = [create_key(shop, name, [name], NOW)[0] for name in ("storefront", "rep", "admin")]
    shop.close()
    with TestClient(create(settings), raise_server_exceptions=False) as client:
        yield Served(client, settings, *keys)
