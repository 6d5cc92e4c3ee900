"""Tasks of a sales team in the console, by hand in a real browser: ja and en, undo included."""

import json
import shutil
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tsuide.app.deal_quotes import set_seller
from tsuide.app.signing import set_sale_terms
from tsuide.app.tasks import add_task
from tsuide.app.users import Doorkeeper, choose_password, invite
from tsuide.app.wiring import open_shop
from tsuide.config import Settings
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.frames import frame_of
from tsuide.facts.schema import conform
from tsuide.interfaces.console.visit import COOKIE
from tsuide.offers.acceptance import SaleTerms
from tsuide.outreach.sales.quotes import Seller

pytestmark = pytest.mark.browser
WORDS = {"ja": "あ", "en": "a"}


@pytest.fixture(scope="module")
def team(
    taught_home: Path, tmp_path_factory: pytest.TempPathFactory, start_server: Callable[..., Any]
) -> Iterator[Any]:
    """A server whose customers have a rep; with the cookies of that rep and of a manager."""
    home = tmp_path_factory.mktemp("sales") / "home"
    shutil.copytree(taught_home, home)
    shop, now = open_shop(Settings(home=home, language="en")), datetime.now(UTC)
    rows = shop.store.facts.customers().head(12).to_dicts()
    for row in rows:
        row["attributes"] = json.dumps({"owner": "ann", "needs": "more"})
    shop.store.facts.write_customers(conform(pl.DataFrame(rows, infer_schema_length=None), CUSTOMERS))
    twice = [
        Customer("gtx1", "company", name="株式会社GTX Pro", email="a@gtx.example", attributes={"owner": "ann"}),
        Customer("gtx2", "company", name="ＧＴＸＰｒｏ（株）", phone="03-1", attributes={"owner": "ann"}),
    ]
    shop.store.facts.write_customers(frame_of(twice, CUSTOMERS))
    set_sale_terms(shop, SaleTerms(payment=WORDS, delivery=WORDS, cancellation=WORDS), now)
    set_seller(shop, Seller({"ja": "店", "en": "Shop"}, {"ja": "東京", "en": "Tokyo"}, "T1234567890123"), now)
    add_task(shop, "Call about the printer", now + timedelta(hours=2), now, 1, assignee="ann")
    cookies = {}
    for n, (role, rep) in enumerate((("rep", "ann"), ("sales_manager", ""))):
        given = {"email": f"{role}@example.com", "name": f"The {role}", "role": role, "rep_id": rep}
        user, token = invite(shop, given, now, 70 + n)
        choose_password(shop, token, "a few words that do", now)
        cookies[role] = Doorkeeper(shop, lambda: 0.0).begin(user, now)
    server = start_server(home)
    yield server, shop, cookies
    shop.close()
    server.process.terminate()
    assert server.process.wait(60) in {0, -signal.SIGTERM}


@pytest.fixture
def opened(team: Any, browser: Any) -> Iterator[Callable[[str, str], Any]]:
    """A page for a role and a language."""
    server, _, cookies = team
    contexts = []

    def open_page(role: str, path: str) -> Any:
        context = browser.new_context(viewport={"width": 1200, "height": 900}, reduced_motion="reduce")
        contexts.append(context)
        context.add_cookies([{"name": COOKIE, "value": cookies[role], "url": f"{server.url}/console"}])
        page = context.new_page()
        page.goto(f"{server.url}/console{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()


def test_a_rep_works_the_worklist_accepts_one_dismisses_one_with_a_reason_and_undoes(team: Any, opened: Any) -> None:
    _, shop, _ = team
    page = opened("rep", "/worklist?lang=ja")
    assert "訪問リスト" in page.locator("h1").inner_text()
    first = page.locator("article.entry").first
    name = first.locator("h2 a").inner_text()
    first.get_by_role("button", name="取り組む").first.click()
    page.wait_for_selector(".notice")
    (task,) = shop.store.tasks.listed("open", assignee="ann", customer_id=None, key=None)[-1:]
    assert task["source"] == "worklist"
    assert name not in page.locator("article.entry h2").all_inner_texts()

    page.goto(page.url.replace("lang=ja", "lang=en"))
    entry = page.locator("article.entry").first
    who = entry.locator("h2 a").get_attribute("href")
    entry.locator("details.answers summary").click()
    entry.locator("select[name=reason]").select_option("wrong_contact")
    entry.get_by_role("button", name="Dismiss").click()
    page.wait_for_selector(".notice")
    assert page.locator(f"article.entry h2 a[href='{who}']").count() == 0
    page.locator(".notice").get_by_role("button", name="Undo").click()
    page.wait_for_selector(".notice >> text=Undone")
    assert page.locator(f"article.entry h2 a[href='{who}']").count() == 1


def test_a_deal_goes_from_its_main_line_to_a_sent_quote(team: Any, opened: Any) -> None:
    server, shop, _ = team
    product = next(
        row["id"]
        for row in shop.store.facts.products().iter_rows(named=True)
        if row["price"] and row["status"] == "active"
    )
    page = opened("sales_manager", "/customers?lang=en&q=gtx1")
    page.get_by_role("link", name="株式会社GTX Pro").click()
    page.get_by_role("link", name="Begin a deal").click()
    page.get_by_label("Title").fill("New printers")
    page.get_by_role("button", name="Begin", exact=True).click()
    page.get_by_label("Find a product").fill(product)
    page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_role("button", name="Add:").first.click()
    page.wait_for_selector(".notice")
    page.get_by_role("button", name="Find what goes with it").click()
    page.wait_for_selector(".notice")
    page.get_by_role("button", name="Write the quote").click()
    page.wait_for_selector("text=written, not sent")
    page.get_by_role("link", name="View and print").click()
    assert "T1234567890123" in page.content()
    page.go_back()
    page.get_by_text("Send it to the customer").click()
    page.locator("input[name=to]").fill("")
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_selector("text=waits for the customer's yes")
    link = page.locator("pre", has_text="/m/quote/").inner_text()
    page.goto(server.url + link)
    assert "New printers" in page.content()
    page.go_back()
    page.locator(".notice").get_by_role("button", name="Undo").click()
    page.wait_for_selector("text=taken back or expired")


def test_a_task_is_put_off_and_done(team: Any, opened: Any) -> None:
    _, shop, _ = team
    page = opened("rep", "/tasks?lang=en")
    page.get_by_role("button", name="Tomorrow: Call about the printer").click()
    page.wait_for_selector(".notice >> text=Put a task off")
    page.locator(".notice").get_by_role("button", name="Undo").click()
    page.wait_for_selector(".notice >> text=Undone")
    page.get_by_role("link", name="Call about the printer").click()
    page.get_by_role("button", name="in 3 days").click()
    page.wait_for_selector(".notice")
    page.get_by_label("Reason (optional)").fill("reached her")
    page.get_by_role("button", name="Done").click()
    page.wait_for_selector(".notice >> text=Marked a task as done")
    (task,) = [row for row in shop.store.tasks.listed("done") if "printer" in row["title"]]
    assert (task["snoozes"], task["reason"]) == (1, "reached her")


def test_two_customers_are_merged_and_are_two_again(team: Any, opened: Any) -> None:
    _, shop, _ = team
    page = opened("sales_manager", "/customers/duplicates?lang=ja")
    page.get_by_role("button", name="こちらを残して統合: 株式会社GTX Pro").click()
    page.wait_for_selector(".notice >> text=統合しました")
    assert shop.store.facts.customer("gtx1")["phone"] == "03-1"
    page.locator(".notice").get_by_role("button", name="元に戻す").click()
    page.wait_for_selector(".notice >> text=元に戻しました")
    assert shop.store.facts.customer("gtx2")["name"] == "ＧＴＸＰｒｏ（株）"
    assert shop.store.facts.customer("gtx1")["phone"] is None
