"""Tasks of whoever decides what is offered, in a real browser: opportunities, why, policy, sets; undo included."""

import json
import re
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.flows.screens import Screen

from tsuide.app.keys import create_key, storefront_key
from tsuide.app.policies import active_policy
from tsuide.interfaces.console.phrases.frame import FRAME
from tsuide.interfaces.console.phrases.offers import OFFERS
from tsuide.interfaces.console.phrases.opportunities import OPPORTUNITIES
from tsuide.interfaces.console.phrases.policy import POLICY
from tsuide.interfaces.console.phrases.promotions import PROMOTIONS
from tsuide.interfaces.console.phrases.today import TODAY

pytestmark = pytest.mark.browser
CARD = "/opportunities/one?kind=pairs&a=cam-a&b=card"


@pytest.fixture(scope="module")
def ask(server: Any) -> Callable[..., list[dict[str, Any]]]:
    """What the running shop offers beside the camera, as a storefront asks: (kinds, language) → offers."""
    shop = server.shop()
    key = storefront_key(shop, datetime.now(UTC))
    shop.close()

    def asked(kind: str = "cross_sell", language: str = "en") -> list[dict[str, Any]]:
        body = {"placement": "product", "product_id": "cam-a", "anonymous_id": "flow", "n": 3, "kinds": [kind],
                "language": language}  # fmt: skip
        return _post(server, key, "/v1/offers", body)["offers"]  # type: ignore[no-any-return]  # JSON

    return asked


def _post(server: Any, key: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    head = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.url}{path}", json.dumps(body).encode(), head)  # noqa: S310 - our own server
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return json.loads(answer.read())  # type: ignore[no-any-return]  # JSON


def products(offers: list[dict[str, Any]]) -> list[str]:
    return [each["product"]["id"] for each in offers]


def the_shop_follows(holds: Callable[[], bool]) -> None:
    """Within a second on an idle machine; the tests share theirs."""
    end = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < end, "the shop does not follow"
        time.sleep(0.05)


@pytest.mark.walks("/opportunities", "/opportunities/one", "/", "/log")
def test_ban_a_pair_see_it_gone_from_the_shop_and_undo_it_from_today(screen: Screen, ask: Any) -> None:
    page = screen.page
    the_shop_follows(lambda: "card" in products(ask()))
    screen.open("/opportunities?q=ｍｅｍｏｒｙ")  # full width
    page.locator("main li", has_text="Camera Aoba").filter(has_text="Memory card 64 GB").locator("a").last.click()
    screen.press(OPPORTUNITIES, "ban", "Camera Aoba → Memory card 64 GB")
    screen.done()
    the_shop_follows(lambda: "card" not in products(ask()))
    screen.open("/")
    changed = page.locator("section", has=page.get_by_role("heading", name=screen.say(TODAY, "changed")))
    assert "cam-a" in changed.locator("li").first.inner_text()
    screen.follow(TODAY, "whole_log")
    page.get_by_role("button", name=re.compile(f"^{screen.say(FRAME, 'undo')}")).first.click()
    screen.done()
    the_shop_follows(lambda: "card" in products(ask()))


@pytest.mark.walks("/opportunities/one")
def test_pin_a_pair_and_see_it_first_in_the_shop(screen: Screen, ask: Any) -> None:
    usual = products(ask())
    other = next(each for each in ("bag", "tripod", "card") if each != usual[0])
    screen.open(f"/opportunities/one?kind=pairs&a=cam-a&b={other}")
    screen.page.locator("main").get_by_role("button", name=re.compile(f"^{screen.say(OPPORTUNITIES, 'pin')}")).click()
    screen.done()
    the_shop_follows(lambda: products(ask())[0] == other)
    screen.undo()
    the_shop_follows(lambda: products(ask())[0] == usual[0])


@pytest.mark.walks("/opportunities/one", "/opportunities/orders")
def test_what_a_person_wrote_is_what_the_shop_says(screen: Screen, ask: Any) -> None:
    page, language = screen.page, screen.language
    written = {"ja": "このカメラで一番速いカードです。", "en": "The card that this camera is fastest with."}[language]
    screen.open(CARD)
    screen.follow(OPPORTUNITIES, "orders_behind")
    assert page.locator("main tbody tr").count() > 10
    page.go_back()
    page.locator(f"#f-text_{language}").fill(written)
    screen.press(OPPORTUNITIES, "save_texts")
    screen.done()
    the_shop_follows(lambda: any(written in each["reasons"][0]["text"] for each in ask(language=language)))
    screen.undo()
    the_shop_follows(lambda: all(written not in each["reasons"][0]["text"] for each in ask(language=language)))


@pytest.mark.walks("/opportunities", "/opportunities/add", "/opportunities/network")
def test_pin_two_products_that_nobody_bought_together_see_the_network_and_undo(screen: Screen, ask: Any) -> None:
    page = screen.page
    screen.open("/opportunities/network")
    assert page.locator("svg a").count() > 5
    screen.open("/opportunities")
    screen.follow(OPPORTUNITIES, "add")
    page.locator("#f-a").fill("aoba")
    page.locator("#f-b").fill("rice")
    screen.press(FRAME, "filter")
    screen.press(OPPORTUNITIES, "add_do")
    screen.done()
    the_shop_follows(lambda: products(ask())[0] == "rice")
    screen.undo()
    the_shop_follows(lambda: "rice" not in products(ask()))


@pytest.fixture
def seen(server: Any) -> tuple[str, str]:
    """A customer who was shown offers beside a camera, and the decision."""
    shop, now = server.shop(), datetime.now(UTC)
    key, _ = create_key(shop, "page", ["storefront", "rep"], now)
    shop.close()
    for n in range(40):  # some are in the holdout
        who = f"seen-{now.timestamp()}-{n}"
        body = {"placement": "product", "product_id": "cam-a", "customer_id": who}
        answer = _post(server, key, "/v1/offers", body)
        if answer["offers"]:
            told = [{"offer_id": answer["offers"][0]["id"], "outcome": "shown", "idempotency_key": who}]
            _post(server, key, f"/v1/offers/{answer['decision']}/outcomes", {"outcomes": told})
            return who, answer["decision"]
    raise AssertionError("nobody was offered anything")


@pytest.mark.walks("/offers", "/offers/log", "/offers/decision/{decision}")
def test_find_why_this_customer_saw_this_offer(screen: Screen, seen: tuple[str, str]) -> None:
    page, t = screen.page, OFFERS.all(screen.language)
    screen.open("/offers")
    page.get_by_role("link", name=t["log"]).click()
    page.locator("#f-customer").fill(seen[0])
    page.locator("#f-customer").press("Enter")
    page.locator("table a[href*=decision]").first.click()
    page.wait_for_url("**/offers/decision/*")
    assert seen[1] in page.locator("main").inner_text()
    assert page.locator(".offer p[lang]").first.inner_text()  # why, in a sentence
    assert page.get_by_text(t["replay.same"]).count() == 1
    assert page.locator("table", has_text=t["outcomes"]).locator("tbody tr").count() == 1
    assert page.locator("table", has_text=t["refused"]).locator("tbody tr").count() > 0
    screen.is_accessible()
    page.get_by_role("link", name=t["open_now"]).click()
    page.get_by_text(t["would_see"]).wait_for()
    assert page.locator("#f-who").input_value() == seen[0]
    assert page.locator("#f-product").input_value() == "cam-a"


@pytest.mark.walks("/policy", "/policy/versions", "/policy/diff")
def test_try_a_stricter_policy_on_last_week_save_it_compare_and_undo(screen: Screen, server: Any, seen: Any) -> None:
    del seen  # there are decisions
    page, t, rate = screen.page, POLICY.all(screen.language), {"ja": 95, "en": 94}[screen.language]
    shop = server.shop()
    before = active_policy(shop, datetime.now(UTC))
    screen.open("/policy")
    page.locator("details.stage").nth(2).locator("summary").click()
    page.locator("[name='rules.margin_floor.rate']").fill(f"{rate}%")
    page.locator("#f-days").fill("7")
    expect(page.locator("#f-text")).to_have_value(
        re.compile("margin_floor: {rate: " + f"{rate}%")
    )  # the script sees to it
    assert page.locator("details.stage").nth(2).get_attribute("open") is not None
    assert page.locator("#f-days").input_value() == "7"
    page.get_by_role("button", name=t["try"], exact=True).click()
    page.locator("#what-if .figure").first.wait_for()  # a process of its own; the page comes anew when it has ended
    assert page.locator("table", has_text=t["refused_by_rule"]).locator("tbody tr").count() >= 1
    assert f"{{rate: {rate}%}}" in page.locator("#f-text").input_value()
    assert active_policy(shop, datetime.now(UTC)).version == before.version  # nothing is in force yet
    screen.is_accessible()
    page.locator("#f-note").fill(f"fewer, surer ({screen.language})")
    page.get_by_role("button", name=t["save_do"]).click()
    screen.done()
    assert active_policy(shop, datetime.now(UTC)).value("margin_floor", "rate") == rate * 100
    screen.undo()
    assert active_policy(shop, datetime.now(UTC)).version == before.version
    page.get_by_role("link", name=t["versions"]).click()
    page.wait_for_url("**/policy/versions*")
    assert f"fewer, surer ({screen.language})" in page.locator("main").inner_text()
    page.get_by_role("link", name=t["diff"]).first.click()
    page.wait_for_url("**/policy/diff*")
    shop.close()


@pytest.mark.walks("/promotions", "/promotions/new", "/promotions/edit")
def test_build_a_set_schedule_it_see_it_in_the_shop_change_it_and_undo(screen: Screen, ask: Any) -> None:
    page, t = screen.page, PROMOTIONS.all(screen.language)

    def set_prices() -> list[int]:
        return [each["price"] for each in ask("bundle") if each["promotion_id"]]

    screen.open("/promotions")
    screen.follow(PROMOTIONS, "new_set")
    page.locator("#f-name_ja").fill("はじめてのカメラセット")
    page.locator("#f-name_en").fill("First camera set")
    for words, title in (("aoba", "Camera Aoba"), ("memory", "Memory card 64 GB")):
        page.locator("#f-find").fill(words)
        screen.press(PROMOTIONS, "look")
        screen.press(PROMOTIONS, "add", title)
        page.get_by_role("button", name=f"{t['drop']}: {title}").wait_for()
    page.locator("#f-value").fill("42,000")
    page.locator("#f-starts").fill((datetime.now(UTC) - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M"))
    page.locator("#f-ends").fill((datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_role("button", name=t["check"]).last.click()
    page.get_by_text(t["curve"]).first.wait_for()
    assert set_prices() == []
    screen.press(PROMOTIONS, "save")
    screen.done()
    the_shop_follows(lambda: set_prices() == [42_000])
    name = {"ja": "はじめてのカメラセット", "en": "First camera set"}[screen.language]
    screen.page.get_by_role("link", name=name).first.click()
    page.locator("#f-value").fill("42,400")
    screen.press(PROMOTIONS, "save")
    screen.done()
    the_shop_follows(lambda: set_prices() == [42_400])
    screen.undo()
    the_shop_follows(lambda: set_prices() == [42_000])
    screen.open("/log")
    page.get_by_role("row").filter(has_text="42400").first.wait_for()
    page.get_by_role("row").get_by_role("button", name=re.compile(f"^{screen.say(FRAME, 'undo')}")).first.click()
    screen.done()
    the_shop_follows(lambda: set_prices() == [])


@pytest.mark.walks("/promotions/thresholds")
def test_ask_what_another_order_threshold_would_have_met(screen: Screen) -> None:
    page, t = screen.page, PROMOTIONS.all(screen.language)
    screen.open("/promotions")
    page.get_by_role("link", name=t["thresholds"]).click()
    new = {"ja": "4500", "en": "5000"}[screen.language]
    page.locator("#f-new").fill(new)
    page.locator("#f-days").fill("900")
    screen.press(PROMOTIONS, "try")
    page.locator("main h2", has_text=re.compile(f"{new[0]},{new[1:]}")).wait_for()  # a process of its own
    screen.is_accessible()
