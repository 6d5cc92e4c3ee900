"""Build a set, schedule it, see it in the shop, undo: in a real browser, with a real server."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tsuide.app.keys import storefront_key
from tsuide.app.learn import learn
from tsuide.app.users import Doorkeeper, choose_password, invite
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.interfaces.console.visit import COOKIE

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, fill_shop: Callable[[Shop], None], start_server: Callable[..., Any]
) -> Iterator[Any]:
    """A server of its own: what other files ban, try or leave behind in theirs is not in it."""
    home = tmp_path_factory.mktemp("sets")
    shop = open_shop(Settings(home=home, language="en"))
    fill_shop(shop)
    learn(shop, now=datetime.now(UTC), seed=0)
    shop.close()
    running = start_server(home, "--demo-shop")
    yield running
    running.process.terminate()
    running.process.wait(60)


@pytest.fixture(scope="module")
def marketer(server: Any, browser: Any) -> Iterator[Any]:
    """A signed-in window."""
    shop, now = server.shop(), datetime.now(UTC)
    user, token = invite(shop, {"email": "sets@example.com", "name": "Sets", "role": "marketer"}, now, 13)
    choose_password(shop, token, "a few words that do", now)
    cookie = Doorkeeper(shop, lambda: 0.0).begin(user, now)
    shop.close()
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.add_cookies([{"name": COOKIE, "value": cookie, "url": f"{server.url}/console"}])
    yield context.new_page()
    context.close()


def set_prices(server: Any) -> list[int]:
    """What sets the running shop offers beside the camera, by their price with it."""
    shop = server.shop()
    key = storefront_key(shop, datetime.now(UTC))
    shop.close()
    body = {"placement": "product", "product_id": "cam-a", "anonymous_id": "sets", "kinds": ["bundle"]}
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.url}/v1/offers", json.dumps(body).encode(), headers)  # noqa: S310 - ours
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return [each["price"] for each in json.load(answer)["offers"] if each["promotion_id"]]


def until(holds: Callable[[], bool]) -> None:
    """A second on an idle machine; the tests share theirs."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < 15
        time.sleep(0.05)


def test_build_a_set_schedule_it_see_it_in_the_shop_and_undo(server: Any, marketer: Any) -> None:
    page = marketer
    page.goto(f"{server.url}/console/promotions?lang=en")
    page.get_by_role("link", name="Build a set").click()
    page.get_by_label("Name in Japanese").fill("はじめてのカメラセット")
    page.get_by_label("Name in English").fill("First camera set")
    for words, title in (("aoba", "Camera Aoba"), ("memory", "Memory card 64 GB")):
        page.get_by_label("Find products to add").fill(words)
        page.get_by_role("button", name="Find", exact=True).click()
        page.get_by_role("button", name=f"Add: {title}").click()
        page.get_by_role("button", name=f"Remove: {title}").wait_for()
    page.get_by_label("Value", exact=True).fill("42,000")
    page.get_by_label("Starts").fill((datetime.now(UTC) - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Ends").fill((datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_role("button", name="Check (does not save)").last.click()
    page.get_by_text("Expected margin by price").first.wait_for()
    assert set_prices(server) == []
    page.get_by_role("button", name="Save and publish").click()
    page.wait_for_url("**done=*")
    until(lambda: set_prices(server) != [])
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    page.wait_for_load_state()
    until(lambda: set_prices(server) == [])
