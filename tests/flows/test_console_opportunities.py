"""Ban a pair in the console and see it gone from the shop; pin one; undo brings both back. In a real browser."""

import json
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tsuide.app.keys import storefront_key
from tsuide.app.users import Doorkeeper, choose_password, invite
from tsuide.interfaces.console.visit import COOKIE

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def merchandiser(server: Any, browser: Any) -> Iterator[Any]:
    """A signed-in window."""
    shop, now = server.shop(), datetime.now(UTC)
    user, token = invite(shop, {"email": "merch@example.com", "name": "Merch", "role": "marketer"}, now, 11)
    choose_password(shop, token, "a few words that do", now)
    cookie = Doorkeeper(shop, lambda: 0.0).begin(user, now)
    shop.close()
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.add_cookies([{"name": COOKIE, "value": cookie, "url": f"{server.url}/console"}])
    yield context.new_page()
    context.close()


def offered(server: Any, product: str, n: int = 3) -> list[str]:
    """What the running server offers beside a product."""
    return [each["product"]["id"] for each in asked(server, product, n)]


def asked(server: Any, product: str, n: int = 3) -> list[dict[str, Any]]:
    """Offers beside a product, as a storefront asks for them."""
    shop = server.shop()
    key = storefront_key(shop, datetime.now(UTC))
    shop.close()
    body = {
        "placement": "product",
        "product_id": product,
        "anonymous_id": "flow",
        "n": n,
        "kinds": ["cross_sell"],
        "language": "en",
    }
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{server.url}/v1/offers",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        offers: list[dict[str, Any]] = json.load(answer)["offers"]
        return offers


def within(seconds: float, holds: Any) -> float:
    """How long it took until it held."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds
        time.sleep(0.05)
    return time.monotonic() - began


def the_other_moves(condition: Any) -> None:
    within(10, condition)  # a second on an idle machine; the tests share theirs


@pytest.mark.parametrize(("language", "ban", "undo"), [("en", "Ban", "Undo"), ("ja", "禁止", "元に戻す")])
def test_ban_a_pair_and_see_it_gone_from_the_shop(
    server: Any, merchandiser: Any, language: str, ban: str, undo: str
) -> None:
    page, one = merchandiser, "/opportunities/one?kind=pairs&a=cam-a&b=card"
    the_other_moves(lambda: "card" in offered(server, "cam-a"))
    page.goto(f"{server.url}/console{one}&lang={language}")
    page.locator("main").get_by_role("button", name=ban).click()
    page.wait_for_url("**done=*")
    the_other_moves(lambda: "card" not in offered(server, "cam-a"))
    page.get_by_role("status").get_by_role("button", name=undo).click()
    page.wait_for_load_state()
    the_other_moves(lambda: "card" in offered(server, "cam-a"))


def test_pin_a_pair_and_see_it_first_in_the_shop(server: Any, merchandiser: Any) -> None:
    page = merchandiser
    usual = offered(server, "cam-a")
    other = next(each for each in ("bag", "tripod", "card") if each != usual[0])
    page.goto(f"{server.url}/console/opportunities/one?kind=pairs&a=cam-a&b={other}&lang=en")
    page.locator("main").get_by_role("button", name="Pin").click()
    page.wait_for_url("**done=*")
    the_other_moves(lambda: offered(server, "cam-a")[0] == other)
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    page.wait_for_load_state()
    the_other_moves(lambda: offered(server, "cam-a")[0] == usual[0])


def test_what_a_person_wrote_is_what_the_shop_says(server: Any, merchandiser: Any) -> None:
    page = merchandiser
    page.goto(f"{server.url}/console/opportunities/one?kind=pairs&a=cam-a&b=card&lang=en")
    page.get_by_label("In English").fill("The card that this camera is fastest with.")
    page.get_by_role("button", name="Save the wording").click()
    page.wait_for_url("**done=*")
    the_other_moves(lambda: any("fastest with" in each["reasons"][0]["text"] for each in asked(server, "cam-a")))
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    page.wait_for_load_state()
