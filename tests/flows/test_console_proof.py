"""Tasks of whoever wants to know whether it works, in a real browser: planned, started, watched, sent, and undone."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.flows.calling import Caller
from tests.flows.screens import Screen

from tsuide.app.experiments import experiments
from tsuide.app.initiatives import entries_of
from tsuide.app.keys import create_key
from tsuide.app.scheduling import schedules
from tsuide.app.supervising import cases
from tsuide.app.wiring import Shop
from tsuide.interfaces.console.phrases.experiments import EXPERIMENTS
from tsuide.interfaces.console.phrases.frame import FRAME
from tsuide.interfaces.console.phrases.map import MAP
from tsuide.interfaces.console.phrases.reports import REPORTS
from tsuide.interfaces.console.phrases.supervision import SUPERVISED
from tsuide.kit.phrases import Phrases

pytestmark = pytest.mark.browser
_LONG: Any = 60_000  # milliseconds that a job in a process of its own may take on a busy machine


@pytest.fixture(scope="module")
def shop(server: Any, rep_sales: Any) -> Iterator[Shop]:
    """The same shop, opened beside the server, with offers that were shown and sales of reps."""
    opened: Shop = server.shop()
    key, _ = create_key(opened, "page", ["storefront"], datetime.now(UTC))
    ask = Caller(server.url, key)
    for n in range(10):  # some are in the holdout
        _, made, _ = ask("/v1/offers", {"placement": "product", "product_id": "cam-a", "customer_id": f"proof{n}"})
        told = [{"offer_id": each["id"], "outcome": "shown", "idempotency_key": each["id"]} for each in made["offers"]]
        if told:
            ask(f"/v1/offers/{made['decision']}/outcomes", {"outcomes": told})
    rep_sales(opened, datetime.now(UTC))
    yield opened
    opened.close()


def _tab(screen: Screen, table: Phrases, name: str) -> None:
    screen.page.locator("nav.tabs").get_by_role("link", name=screen.say(table, f"tab.{name}"), exact=True).click()


@pytest.mark.walks("/experiments", "/experiments/plan", "/experiments/new", "/experiments/one")
def test_plan_start_and_stop_an_experiment(screen: Screen, shop: Shop) -> None:
    page, named = screen.page, f"silence-{screen.language}"
    screen.open("/experiments")
    _tab(screen, EXPERIMENTS, "plan")
    for field, value in {"effect": "50", "deviation": "1000", "per_day": "500", "control_share": "50"}.items():
        page.fill(f"#f-{field}", value)
    screen.press(EXPERIMENTS, "plan_do")
    expect(page.locator(".chart .plot svg")).to_be_visible(timeout=_LONG)
    screen.follow(EXPERIMENTS, "make_of_plan")
    assert page.input_value("#f-days") == "26"
    page.fill("#f-id", named)
    page.fill("#f-hypothesis", "Silence costs nothing.")
    screen.press(EXPERIMENTS, "save_draft")
    screen.done()
    screen.press(EXPERIMENTS, "start")
    assert [each.state for each in experiments(shop) if each.id == named] == ["running"]
    expect(page.get_by_role("link", name=screen.say(EXPERIMENTS, "change"), exact=True)).to_have_count(0)  # locked
    screen.press(EXPERIMENTS, "stop")
    assert [each.state for each in experiments(shop) if each.id == named] == ["stopped"]


@pytest.mark.walks("/experiments/initiatives", "/experiments/initiatives/new", "/experiments/initiatives/one")
def test_write_down_why_a_set_is_tried_record_its_cost_and_undo(screen: Screen, shop: Shop) -> None:
    page, named = screen.page, f"sets-{screen.language}"
    screen.open("/experiments/initiatives")
    screen.follow(EXPERIMENTS, "new_initiative")
    page.fill("#f-id", named)
    page.fill("#f-hypothesis", "Sets help beginners to begin.")
    page.fill("#f-ends_at", (datetime.now(UTC) + timedelta(days=40)).strftime("%Y-%m-%dT%H:%M"))
    screen.press(FRAME, "save")
    screen.done()
    page.fill("#c-amount", "12000")
    screen.press(EXPERIMENTS, "record_cost")
    screen.done()
    assert [each["amount"] for each in entries_of(shop, named)] == [12_000]
    screen.undo()
    assert [each["undone_at"] is None for each in entries_of(shop, named)] == [False]
    screen.is_right()


@pytest.mark.walks("/supervision", "/supervision/rep", "/supervision/case", "/supervision/cases", "/supervision/audit")
def test_open_a_case_on_a_rep_and_close_it(screen: Screen, shop: Shop) -> None:
    page, before = screen.page, {each.id for each in cases(shop)}
    screen.open("/supervision")
    if not before:
        screen.press(SUPERVISED, "look")
    page.get_by_role("link", name="tanaka", exact=True).first.click(timeout=_LONG)
    page.locator("input[name^='sale.']").nth(len(before)).check()
    page.fill("#f-reason", "Answered in seconds; the customer knew of nothing.")
    screen.press(SUPERVISED, "open_case")
    screen.done()
    (case,) = [each for each in cases(shop) if each.id not in before]
    for step in case.missing:
        page.select_option("#f-step", step)
        page.fill("#f-reference", "file 7")
        screen.press(SUPERVISED, "record")
    page.select_option("#f-step", "closure")
    page.fill("#f-note", "Talked it over; sales taken back.")
    screen.press(SUPERVISED, "record")
    expect(page.get_by_text(screen.say(SUPERVISED, "closed"), exact=True).first).to_be_visible()
    assert all(each.closed for each in cases(shop))
    screen.follow(SUPERVISED, "tab.cases")
    _tab(screen, SUPERVISED, "audit")
    page.locator("table").first.wait_for()


@pytest.mark.walks("/reports", "/reports/rows")
def test_make_the_report_of_chosen_days_and_read_the_rows_behind_a_name(screen: Screen, shop: Shop) -> None:
    del shop  # there are sales
    page = screen.page
    screen.open("/reports")
    page.locator("main form button", has_text=re.compile(screen.say(REPORTS, "make"))).or_(
        page.locator("main form button", has_text=screen.say(REPORTS, "make_anew"))
    ).first.click()
    page.locator("#f-by").wait_for(timeout=_LONG)
    page.locator("main a[href*='/reports/rows']").first.click()
    page.locator("main tbody tr").first.wait_for()


@pytest.mark.walks(
    "/reports/suits", "/reports/uplift", "/reports/uplift/customers", "/reports/what-if", "/reports/orders"
)
def test_what_cannot_be_known_yet_is_said_in_plain_words(screen: Screen) -> None:
    page = screen.page
    screen.open("/reports/suits")
    assert page.locator("main .empty").count() == 1
    _tab(screen, REPORTS, "uplift")
    page.wait_for_url("**/reports/uplift*")
    assert screen.say(REPORTS, "uplift_none") in page.locator("main .empty").inner_text()
    screen.open("/reports/uplift/customers?group=persuadables")
    screen.open("/reports/what-if")
    screen.press(REPORTS, "work_out")
    page.locator(".wrong[role=alert]").wait_for()  # what if what?
    _tab(screen, REPORTS, "orders")
    page.wait_for_url("**/reports/orders*")
    assert page.locator("main .empty").count() == 1


@pytest.mark.walks("/reports/schedules")
def test_schedule_a_report_and_undo(screen: Screen, shop: Shop) -> None:
    page = screen.page
    screen.open("/reports/schedules")
    page.fill("#f-id", "mondays")
    page.fill("#f-to", "owner@example.com")
    screen.press(REPORTS, "add")
    screen.done()
    assert [each["to"] for each in schedules(shop)] == [["owner@example.com"]]
    screen.undo()
    assert schedules(shop) == []


@pytest.mark.walks("/map", "/journeys/write")
def test_from_the_map_to_a_journey(screen: Screen) -> None:
    page = screen.page
    screen.open("/map?back=730&window=60")
    make = page.get_by_role("button", name=screen.say(MAP, "make"), exact=True)
    if make.count():
        make.click()
    expect(page.locator("main figure, main .sankey").first).to_be_visible(timeout=_LONG)
    star = page.locator("a[href*='/map/journey']").first
    if star.count() == 0:  # a shop so small has no certain moment: what the star leads to is the same
        screen.open("/map/journey?after=cam-a&offer=card&days=12")
    else:
        star.click()
    expect(page.locator("textarea[name=text]")).to_have_value(re.compile("product: "))
    expect(page.locator("main svg").first).to_be_visible()
