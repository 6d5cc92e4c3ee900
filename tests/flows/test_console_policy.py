"""In a real browser: find why a customer saw an offer; try a stricter policy on last week, save it, take it back."""

import json
import re
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tsuide.app.keys import create_key
from tsuide.app.policies import active_policy
from tsuide.app.users import Doorkeeper, choose_password, invite
from tsuide.interfaces.console.phrases.offers import OFFERS
from tsuide.interfaces.console.phrases.policy import POLICY
from tsuide.interfaces.console.visit import COOKIE

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def sold(server: Any) -> tuple[str, str, str]:
    """A customer who was shown offers beside a camera; their id, the decision's, and an owner's cookie."""
    shop, now = server.shop(), datetime.now(UTC)
    key, _ = create_key(shop, "page", ["storefront", "rep"], now)
    user, token = invite(shop, {"email": "seeker@example.com", "name": "Seeker", "role": "owner"}, now, 11)
    choose_password(shop, token, "a few words that do", now)
    cookie = Doorkeeper(shop, lambda: 0.0).begin(user, now)
    shop.close()

    def ask(path: str, body: dict[str, Any]) -> dict[str, Any]:
        head = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{server.url}{path}", json.dumps(body).encode(), head)  # noqa: S310 - our own server
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.loads(answer.read())  # type: ignore[no-any-return]  # JSON

    for n in range(40):  # some are in the holdout
        answer = ask("/v1/offers", {"placement": "product", "product_id": "cam-a", "customer_id": f"seen{n}"})
        if answer["offers"]:
            decision = answer["decision"]
            told = [{"offer_id": answer["offers"][0]["id"], "outcome": "shown", "idempotency_key": f"seen{n}"}]
            ask(f"/v1/offers/{decision}/outcomes", {"outcomes": told})
            return f"seen{n}", decision, cookie
    raise AssertionError("nobody was offered anything")


@pytest.fixture(params=["ja", "en"])
def window(request: Any, server: Any, browser: Any, sold: tuple[str, str, str]) -> Iterator[tuple[Any, str, str]]:
    """A signed-in window; errors in its scripts fail the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, reduced_motion="reduce")
    context.set_default_timeout(60_000)
    context.add_cookies([{"name": COOKIE, "value": sold[2], "url": f"{server.url}/console"}])
    page, said = context.new_page(), []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    yield page, f"{server.url}/console", request.param
    context.close()
    assert said == []


def clean(page: Any) -> None:
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})
    assert found.violations_count == 0, found.generate_report()


def test_find_why_this_customer_saw_this_offer(window: tuple[Any, str, str], sold: tuple[str, str, str]) -> None:
    page, base, language = window
    t = OFFERS.all(language)
    page.goto(f"{base}/offers?lang={language}")
    page.get_by_role("link", name=t["log"]).click()
    page.locator("#f-customer").fill(sold[0])
    page.locator("#f-customer").press("Enter")
    page.locator("table a[href*=decision]").first.click()
    page.wait_for_url("**/offers/decision/*")
    assert sold[1] in page.locator("main").inner_text()
    assert page.locator(".offer p[lang]").first.inner_text()  # why, in a sentence
    assert page.get_by_text(t["replay.same"]).count() == 1
    assert page.locator("table", has_text=t["outcomes"]).locator("tbody tr").count() == 1
    assert page.locator("table", has_text=t["refused"]).locator("tbody tr").count() > 0
    clean(page)
    page.get_by_role("link", name=t["open_now"]).click()
    page.get_by_text(t["would_see"]).wait_for()
    assert page.locator("#f-who").input_value() == sold[0]
    assert page.locator("#f-product").input_value() == "cam-a"
    clean(page)


def test_try_a_stricter_policy_on_last_week_and_save_it(
    window: tuple[Any, str, str], server: Any, sold: tuple[str, str, str]
) -> None:
    del sold  # there are decisions
    page, base, language = window
    t = POLICY.all(language)
    shop = server.shop()
    before = active_policy(shop, datetime.now(UTC))
    page.goto(f"{base}/policy?lang={language}")
    page.locator("details.stage").nth(2).locator("summary").click()
    page.locator("[name='rules.margin_floor.rate']").fill("95%")
    page.locator("#f-days").fill("7")
    expect(page.locator("#f-text")).to_have_value(re.compile("margin_floor: {rate: 95%}"))  # the script sees to it
    assert page.locator("details.stage").nth(2).get_attribute("open") is not None
    assert page.locator("#f-days").input_value() == "7"
    page.get_by_role("button", name=t["try"], exact=True).click()
    page.locator("#what-if .figure").first.wait_for()  # a process of its own; the page comes anew when it has ended
    assert page.locator("table", has_text=t["refused_by_rule"]).locator("tbody tr").count() >= 1
    assert "margin_floor: {rate: 95%}" in page.locator("#f-text").input_value()
    assert active_policy(shop, datetime.now(UTC)).version == before.version  # nothing is in force yet
    clean(page)
    page.locator("#f-note").fill("fewer, surer")
    page.get_by_role("button", name=t["save_do"]).click()
    page.locator(".notice").wait_for()
    assert active_policy(shop, datetime.now(UTC)).value("margin_floor", "rate") == 9_500
    page.locator(".notice button").click()
    page.wait_for_url("**done=*")
    assert active_policy(shop, datetime.now(UTC)).version == before.version
    page.get_by_role("link", name=t["versions"]).click()
    assert "fewer, surer" in page.locator("main").inner_text()
    clean(page)
    shop.close()
