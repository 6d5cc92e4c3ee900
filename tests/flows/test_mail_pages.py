"""Leaving and choosing in a real browser: both languages, light and dark, wide and narrow, by keyboard, axe clean."""

import json
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe

from tsuide.app.learn import learn
from tsuide.app.mail_links import mail_links
from tsuide.app.survey_pages import survey_link
from tsuide.app.wiring import opened
from tsuide.config import Settings
from tsuide.facts.consent import CONSENTS
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.schema import conform
from tsuide.kit.clock import to_micros
from tsuide.kit.ids import time_id
from tsuide.outreach.surveys.survey import READY, ready_survey

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def letter(
    tmp_path_factory: pytest.TempPathFactory, fill_shop: Callable[..., None], start_server: Callable[..., Any]
) -> Iterator[Callable[..., tuple[str, Callable[[], set[tuple[str, str]]]]]]:
    """A server, and for each name a customer with a message: (page of it, what they agree to)."""
    home = tmp_path_factory.mktemp("letters")
    now = datetime.now(UTC)
    with opened(Settings(home=home, language="ja")) as shop:
        fill_shop(shop)
        learn(shop, now=now, seed=0)
        links = mail_links(shop, now)
    running = start_server(home)

    def made(who: str, page: str = "unsubscribe") -> tuple[str, Callable[[], set[tuple[str, str]]]]:
        message = time_id("m", now, int.from_bytes(who.encode()[:7]))
        with opened(Settings(home=home)) as shop:
            shop.store.facts.write_customers(conform(pl.DataFrame([{"id": who}]), CUSTOMERS))
            said = [{"customer_id": who, "purpose": "marketing", "channel": "email", "granted": True, "at": now}]
            shop.store.facts.write_consents(
                conform(pl.DataFrame(said).with_columns(source=pl.lit("form"), evidence=pl.lit("x")), CONSENTS)
            )
            row: dict[str, Any] = {
                "key": who,
                "id": message,
                "customer_id": who,
                "channel": "email",
                "purpose": "marketing",
            }
            row |= {"template": "offer", "source": None, "record": json.dumps({"key": who})}
            shop.store.outbox.put([row | {"asked_at": to_micros(now), "due_at": to_micros(now)}])

        def held() -> set[tuple[str, str]]:
            with opened(Settings(home=home)) as shop:
                return set(shop.store.people.of(who, None, now).consents)

        if page in READY:
            return f"{running.url}/m/survey/{survey_link(links, ready_survey(page), message, now)}", held
        return f"{running.url}/m/unsubscribe/{links.token(message, 'unsubscribe')}", held

    yield made
    running.process.terminate()
    assert running.process.wait(60) in {0, -signal.SIGTERM}


def clean(page: Any) -> None:
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]})
    assert found.violations_count == 0, found.generate_report()
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(wide)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("language", "leave", "left", "save", "saved"),
    [
        ("ja", "配信を停止する", "配信を停止しました", "保存する", "保存しました。"),
        ("en", "Unsubscribe", "You are unsubscribed", "Save", "Saved."),
    ],
)
def test_a_customer_leaves_comes_back_and_chooses(
    letter: Any, browser: Any, scheme: str, language: str, leave: str, left: str, save: str, saved: str
) -> None:
    link, held = letter(f"{language}-{scheme}")
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1000, "height": 800})
    page = context.new_page()
    page.goto(f"{link}?lang={language}")
    for width in (1000, 320):
        page.set_viewport_size({"width": width, "height": 800})
        clean(page)
    assert held() == {("marketing", "email")}  # looking changes nothing
    page.keyboard.press("Tab")  # the other language
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").strip() == leave
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=left).wait_for()
    clean(page)
    assert held() == set()
    page.get_by_role("main").get_by_role("link").click()
    for width in (320, 1000):
        page.set_viewport_size({"width": width, "height": 800})
        clean(page)
    page.locator('input[value="marketing_email"]').check()
    page.locator('input[value="30"]').check()
    page.get_by_role("button", name=save).click()
    page.get_by_role("status").get_by_text(saved).wait_for()
    clean(page)
    assert held() == {("marketing", "email")}
    assert page.locator("input:checked").evaluate_all("each => each.map(one => one.value)") == ["marketing_email", "30"]
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("language", "send", "fault", "thanks", "change"),
    [
        ("ja", "回答を送信する", "お答えください。", "ご回答ありがとうございました", "回答を変更する"),
        ("en", "Send my answers", "Please answer this one.", "Thank you for your answers", "Change my answers"),
    ],
)
def test_a_customer_answers_a_survey_by_keyboard_and_changes_it(
    letter: Any, browser: Any, scheme: str, language: str, send: str, fault: str, thanks: str, change: str
) -> None:
    link, _ = letter(f"s{language}{scheme}", "nps")
    context = browser.new_context(color_scheme=scheme, viewport={"width": 360, "height": 800})
    page = context.new_page()
    page.goto(f"{link}?lang={language}")
    clean(page)
    page.get_by_role("button", name=send).click()
    page.get_by_role("alert").get_by_text(fault).wait_for()
    for width in (360, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        clean(page)
    page.get_by_role("alert").get_by_role("link").click()  # to the question that is at fault
    page.keyboard.press("Tab")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.get_by_role("button", name=send).press("Enter")
    page.get_by_role("heading", name=thanks).wait_for()
    clean(page)
    page.get_by_role("link", name=change).click()
    assert page.locator("input[name=score]:checked").get_attribute("value") == "3"
    clean(page)
    context.close()


def test_a_survey_of_needs_reads_well_on_a_phone(letter: Any, browser: Any) -> None:
    link, held = letter("needs", "needs")
    context = browser.new_context(locale="ja-JP", viewport={"width": 320, "height": 800})
    page = context.new_page()
    page.goto(link)
    clean(page)
    page.locator('input[value="eco"]').check()
    page.locator('input[name="agrees."]').check()
    page.get_by_role("button", name="回答を送信する").click()
    page.get_by_role("heading", name="ご回答ありがとうございました").wait_for()
    assert ("personalisation", "any") in held()
    context.close()


def test_a_broken_link_says_so_in_the_reader_s_language(letter: Any, browser: Any) -> None:
    link, _ = letter("broken")
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(link[:-3])
    page.get_by_role("heading", name="This link does not work").wait_for()
    clean(page)
    context.close()
