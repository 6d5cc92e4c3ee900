"""The client libraries that people have, against a real server: nothing of theirs is changed but host and key."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tsuide.app.keys import create_key

NODE = """
import { Analytics } from '@segment/analytics-node'
const [host, writeKey] = process.argv.slice(2)
const analytics = new Analytics({ writeKey, host, flushAt: 5 })
analytics.on('error', (error) => { console.error(error); process.exitCode = 1 })
analytics.identify({ userId: 'node-1', anonymousId: 'node-visitor', traits: { email: 'node@example.jp' } })
analytics.track({ anonymousId: 'node-visitor', event: 'Product Viewed', properties: { product_id: 'cam-a' } })
analytics.track({ userId: 'node-1', event: 'Order Completed', properties: {
  order_id: 'node-order', currency: 'JPY', products: [{ product_id: 'bag', price: 5000, quantity: 1 }] } })
analytics.page({ userId: 'node-1', name: '日本語 🍵' })
analytics.alias({ userId: 'node-1', previousId: 'node-old' })
await analytics.closeAndFlush()
"""


@pytest.fixture(autouse=True)
def closed_sessions() -> Iterator[None]:
    """The clients keep one connection open for ever; here it ends with the test."""
    yield
    from rudderstack.analytics import request as of_rudder  # type: ignore[import-untyped]  # it ships no types
    from segment.analytics import request as of_segment  # type: ignore[import-untyped]  # as above

    for module in (of_rudder, of_segment):
        module._session.close()


@pytest.fixture(scope="module")
def write_key(server: Any) -> str:
    shop = server.shop()
    try:
        return create_key(shop, "a server's", ["admin"], datetime.now(UTC))[0]
    finally:
        shop.close()


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.1)
    return holds()


def owns(server: Any, customer: str, product: str) -> bool:
    shop = server.shop()
    try:
        return product in shop.store.facts.owned(customer)["product_id"].to_list()
    finally:
        shop.close()


def kinds(server: Any, customer: str) -> set[str]:
    shop = server.shop()
    try:
        return set(shop.store.facts.events(customer_id=customer)["kind"].to_list())
    finally:
        shop.close()


def bought(order: str) -> dict[str, Any]:
    products = [{"product_id": "bag", "price": 5000, "quantity": 1}]
    return {"order_id": order, "currency": "JPY", "products": products}


@pytest.mark.parametrize("body", ["plain", "gzip"])
def test_segments_python_client(server: Any, write_key: str, body: str) -> None:
    from segment.analytics import Client

    who, failed = f"segment-{body}", []
    client = Client(write_key, host=server.url, gzip=body == "gzip", on_error=lambda *error: failed.append(error))
    client.identify(user_id=who, anonymous_id=f"v-{who}", traits={"email": "segment@example.jp"})
    client.track(user_id=who, event="Product Viewed", properties={"product_id": "cam-a"})
    client.track(user_id=who, event="Order Completed", properties=bought(f"order-{who}"))
    client.page(user_id=who, name="日本語 🍵")
    client.group(user_id=who, group_id="company-1", traits={"name": "株式会社"})
    client.alias(previous_id=f"old-{who}", user_id=who)
    client.shutdown()
    assert not failed
    assert within(10, lambda: owns(server, who, "bag"))
    assert kinds(server, who) == {"view", "page"}


def test_rudders_python_client_which_always_packs(server: Any, write_key: str) -> None:
    from rudderstack.analytics.client import Client  # type: ignore[import-untyped]  # it ships no types

    failed: list[Any] = []
    client = Client(write_key, host=server.url, on_error=lambda *error: failed.append(error))
    client.identify("rudder-1", {"email": "rudder@example.jp"})
    client.track("rudder-1", "Product Added", {"product_id": "cam-a", "quantity": 1})
    client.track("rudder-1", "Order Completed", bought("rudder-order"))
    client.shutdown()
    assert not failed
    assert within(10, lambda: owns(server, "rudder-1", "bag"))
    shop = server.shop()
    assert shop.store.facts.customer("rudder-1")["email"] == "rudder@example.jp"
    shop.close()


@pytest.fixture(scope="module")
def node_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with @segment/analytics-node, fetched from npm."""
    folder = tmp_path_factory.mktemp("node")
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    command = ["npm", "install", "--no-audit", "--no-fund", "--silent", "@segment/analytics-node@3"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    if done.returncode:
        pytest.skip("npm cannot fetch @segment/analytics-node")
    (folder / "send.mjs").write_text(NODE, encoding="utf-8")
    return folder


def test_segments_node_client(server: Any, write_key: str, node_client: Path) -> None:
    command = ["node", "send.mjs", server.url, write_key]
    done = subprocess.run(command, cwd=node_client, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert within(10, lambda: owns(server, "node-1", "bag"))
    assert within(5, lambda: kinds(server, "node-1") == {"view", "page"})
