"""Tasks of whoever wants to know whether it works, in a real browser: planned, started, watched, sent, and undone."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tsuide.app.experiments import experiments
from tsuide.app.scheduling import schedules
from tsuide.app.supervising import cases
from tsuide.app.users import Doorkeeper, choose_password, invite
from tsuide.interfaces.console.phrases.experiments import EXPERIMENTS
from tsuide.interfaces.console.phrases.frame import FRAME
from tsuide.interfaces.console.phrases.map import MAP
from tsuide.interfaces.console.phrases.reports import REPORTS
from tsuide.interfaces.console.phrases.supervision import SUPERVISED
from tsuide.interfaces.console.visit import COOKIE

pytestmark = pytest.mark.browser
_LONG: Any = 60_000  # milliseconds that a job in a process of its own may take on a busy machine


@pytest.fixture(scope="module")
def shop(server: Any) -> Iterator[Any]:
    """The same shop, opened beside the server."""
    opened = server.shop()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def page(server: Any, shop: Any, browser: Any) -> Iterator[Page]:
    """An owner's window."""
    now = datetime.now(UTC)
    user, token = invite(shop, {"email": "proof@example.com", "name": "Mio", "role": "owner"}, now, 11)
    choose_password(shop, token, "a few words that do", now)
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    cookie = Doorkeeper(shop, lambda: 0.0).begin(user, now)
    context.add_cookies([{"name": COOKIE, "value": cookie, "url": f"{server.url}/console"}])
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_plan_start_and_stop_an_experiment(server: Any, shop: Any, page: Page, language: str) -> None:
    def say(key: str) -> str:
        return EXPERIMENTS.text(key, language)

    named = f"silence-{language}"
    page.goto(f"{server.url}/console/experiments/plan?lang={language}")
    for field, value in {"effect": "50", "deviation": "1000", "per_day": "500", "control_share": "50"}.items():
        page.fill(f"#f-{field}", value)
    page.get_by_role("button", name=say("plan_do")).click()
    expect(page.locator(".chart .plot svg")).to_be_visible(timeout=_LONG)
    page.get_by_role("link", name=say("make_of_plan")).click()
    assert page.input_value("#f-days") == "26"
    page.fill("#f-id", named)
    page.fill("#f-hypothesis", "Silence costs nothing.")
    page.get_by_role("button", name=say("save_draft")).click()
    expect(page.locator(".notice")).to_be_visible()
    page.get_by_role("button", name=say("start"), exact=True).click()
    assert [each.state for each in experiments(shop) if each.id == named] == ["running"]
    expect(page.get_by_role("link", name=say("change"), exact=True)).to_have_count(0)  # locked
    page.get_by_role("button", name=say("stop"), exact=True).click()
    assert [each.state for each in experiments(shop) if each.id == named] == ["stopped"]


def test_open_a_case_on_a_rep_and_close_it(server: Any, shop: Any, page: Page, rep_sales: Any) -> None:
    rep_sales(shop, datetime.now(UTC))

    def say(key: str, **blanks: str) -> str:
        return SUPERVISED.text(key, "en", **blanks)

    page.goto(f"{server.url}/console/supervision?lang=en")
    page.get_by_role("button", name=say("look")).click()
    page.get_by_role("link", name="tanaka", exact=True).first.click(timeout=_LONG)
    page.locator("input[name^='sale.']").first.check()
    page.fill("#f-reason", "Answered in seconds; the customer knew of nothing.")
    page.get_by_role("button", name=say("open_case")).click()
    (case,) = cases(shop)
    for step in case.missing:
        page.select_option("#f-step", step)
        page.fill("#f-reference", "file 7")
        page.get_by_role("button", name=say("record")).click()
    page.select_option("#f-step", "closure")
    page.fill("#f-note", "Talked it over; sales taken back.")
    page.get_by_role("button", name=say("record")).click()
    expect(page.get_by_text(say("closed"), exact=True).first).to_be_visible()
    assert cases(shop)[0].closed


@pytest.mark.parametrize("language", ["ja", "en"])
def test_schedule_a_report_and_undo(server: Any, shop: Any, page: Page, language: str) -> None:
    page.goto(f"{server.url}/console/reports/schedules?lang={language}")
    page.fill("#f-id", "mondays")
    page.fill("#f-to", "owner@example.com")
    page.get_by_role("button", name=REPORTS.text("add", language), exact=True).click()
    expect(page.locator(".notice")).to_be_visible()
    assert [each["to"] for each in schedules(shop)] == [["owner@example.com"]]
    page.locator(".notice").get_by_role("button", name=FRAME.text("undo", language)).click()
    page.wait_for_load_state()
    assert schedules(shop) == []


def test_from_the_map_to_a_journey(server: Any, page: Page) -> None:
    page.goto(f"{server.url}/console/map?lang=en&back=730&window=60")
    page.get_by_role("button", name=MAP.text("make", "en")).click()
    expect(page.get_by_text(re.compile("customers, .* purchases"))).to_be_visible(timeout=_LONG)
    star = page.locator("a[aria-label^='★'], td a", has_text=re.compile("★|Make a journey")).first
    if star.count() == 0:  # a shop so small has no certain moment: what the star leads to is the same
        page.goto(f"{server.url}/console/map/journey?lang=en&after=cam-a&offer=card&days=12")
    else:
        star.click()
    expect(page.locator("textarea[name=text]")).to_have_value(re.compile("product: "))
    expect(page.locator("main svg").first).to_be_visible()
