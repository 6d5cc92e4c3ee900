"""Every page of the console in a real browser: nothing is wrong, nothing overflows, nothing is heavy, ja and en."""

import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tsuide.app.users import Doorkeeper, choose_password, invite
from tsuide.interfaces.console import PAGES
from tsuide.interfaces.console.visit import COOKIE

pytestmark = pytest.mark.browser
PLAIN = sorted(
    route.path
    for routes in PAGES.values()
    for route in routes
    if "GET" in (route.methods or ()) and "{" not in route.path and "." not in route.path
)
SCREENS = [
    ("ja", 1440, "light"),
    ("en", 360, "dark"),
    pytest.param(("ja", 360, "light"), marks=pytest.mark.soak),
    pytest.param(("en", 1440, "dark"), marks=pytest.mark.soak),
]
FIRST_KB, AFTER_KB = 400, 60


@pytest.fixture(scope="module")
def owner(server: Any) -> str:
    """The cookie of somebody who may see everything."""
    shop, now = server.shop(), datetime.now(UTC)
    user, token = invite(shop, {"email": "walker@example.com", "name": "Walker", "role": "owner"}, now, 7)
    choose_password(shop, token, "a few words that do", now)
    cookie = Doorkeeper(shop, lambda: 0.0).begin(user, now)
    shop.close()
    return cookie


@pytest.fixture(scope="module", params=SCREENS, ids=lambda screen: "-".join(map(str, screen)))
def screen(request: Any, server: Any, browser: Any, owner: str) -> Iterator[Any]:
    """A browser's window that is signed in, and what its console said."""
    language, width, scheme = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce", locale=language
    )
    context.add_cookies([{"name": COOKIE, "value": owner, "url": f"{server.url}/console"}])
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page, f"{server.url}/console", language, said
    context.close()


@pytest.mark.parametrize("path", PLAIN)
def test_a_page_is_right_on_every_screen(screen: Any, path: str) -> None:
    page, base, language, said = screen
    said.clear()
    answer = page.goto(f"{base}{path}?lang={language}")
    assert answer.status < 400, path
    page.wait_for_load_state("networkidle")
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, "the page is wider than the screen"
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})
    serious = [each for each in found.response["violations"] if each["impact"] in {"serious", "critical"}]
    assert serious == [], found.generate_report()
    assert said == []


@pytest.mark.parametrize("path", PLAIN)
def test_a_page_is_light(server: Any, owner: str, path: str) -> None:
    def weigh(address: str) -> int:
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{server.url}/console{address}", headers={"Cookie": f"{COOKIE}={owner}", "Accept-Encoding": "gzip"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return len(answer.read())

    page = weigh(path)
    assert page <= AFTER_KB * 1024
    first = sum(weigh(each) for each in ("/static/console.css", "/static/console.js", "/static/mark.svg", "/vega.js"))
    assert page + first <= FIRST_KB * 1024
