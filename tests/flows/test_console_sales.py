"""Tasks of a sales team in the console, by hand in a real browser: ja and en, undo included."""

import json
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.flows.screens import Screen, cookie_of

from tsuide.app.deal_quotes import set_seller
from tsuide.app.signing import set_sale_terms
from tsuide.app.tasks import add_task
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.errors import UnknownCustomer
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.frames import frame_of
from tsuide.facts.schema import conform
from tsuide.interfaces.console.phrases.customers import CUSTOMERS as CUSTOMERS_SAID
from tsuide.interfaces.console.phrases.deals import DEALS
from tsuide.interfaces.console.phrases.tasks import TASKS
from tsuide.interfaces.console.phrases.worklist import WORKLIST
from tsuide.kit.phrases import LANGUAGES
from tsuide.offers.acceptance import SaleTerms
from tsuide.outreach.sales.quotes import Seller

pytestmark = pytest.mark.browser
_TERMS = {"ja": "あ", "en": "a"}


@pytest.fixture(scope="module")
def sales_home(taught_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose customers have a rep, one of them twice."""
    home = tmp_path_factory.mktemp("sales") / "home"
    shutil.copytree(taught_home, home)
    shop, now = open_shop(Settings(home=home, language="en")), datetime.now(UTC)
    rows = shop.store.facts.customers().head(16).to_dicts()
    for row in rows:
        row["attributes"] = json.dumps({"owner": "ann", "needs": "more"})
    shop.store.facts.write_customers(conform(pl.DataFrame(rows, infer_schema_length=None), CUSTOMERS))
    more = [
        Customer("gtx1", "company", name="株式会社GTX Pro", email="a@gtx.example", attributes={"owner": "ann"}),
        Customer("gtx2", "company", name="ＧＴＸＰｒｏ（株）", phone="03-1", attributes={"owner": "ann"}),
        *(Customer(f"gone-{each}", "person", name=f"Moved away {each}") for each in LANGUAGES),
    ]
    shop.store.facts.write_customers(frame_of(more, CUSTOMERS))
    set_sale_terms(shop, SaleTerms(payment=_TERMS, delivery=_TERMS, cancellation=_TERMS), now)
    set_seller(shop, Seller({"ja": "店", "en": "Shop"}, {"ja": "東京", "en": "Tokyo"}, "T1234567890123"), now)
    for n, each in enumerate(LANGUAGES):
        add_task(shop, f"Call about the printer ({each})", now + timedelta(hours=2), now, n, assignee="ann")
    shop.close()
    return home


@pytest.fixture(scope="module")
def server(sales_home: Path, start_server: Callable[..., Any]) -> Iterator[Any]:
    """A server over it."""
    running = start_server(sales_home)
    yield running
    running.process.terminate()
    assert running.process.wait(60) in {0, -signal.SIGTERM}


@pytest.fixture(scope="module")
def shop(server: Any) -> Iterator[Shop]:
    """The same shop, opened beside the server."""
    opened = server.shop()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def cookies(shop: Shop) -> Mapping[str, str]:
    """Of a rep, a manager and an owner."""
    people = {"rep": "ann", "sales_manager": "", "owner": ""}
    return {role: cookie_of(shop, f"the-{role}", role, rep=rep) for role, rep in people.items()}


@pytest.mark.walks("/worklist")
def test_a_rep_works_the_worklist_accepts_one_dismisses_one_with_a_reason_and_undoes(
    screen: Screen, shop: Shop, cookies: Mapping[str, str]
) -> None:
    page, entries = screen.page, screen.page.locator("article.entry")
    screen.become(cookies["rep"])
    screen.open("/worklist")
    name = entries.first.locator("h2 a").inner_text()
    entries.first.get_by_role("button", name=screen.say(WORKLIST, "accept")).first.click()
    screen.done()
    task = shop.store.tasks.listed("open", assignee="ann", customer_id=None, key=None)[-1]
    assert task["source"] == "worklist"
    assert name not in page.locator("article.entry h2").all_inner_texts()
    who = entries.first.locator("h2 a").get_attribute("href")
    entries.first.locator("details.answers summary").click()
    entries.first.locator("select[name=reason]").select_option("wrong_contact")
    entries.first.get_by_role("button", name=screen.say(WORKLIST, "dismiss")).click()
    screen.done()
    assert page.locator(f"article.entry h2 a[href='{who}']").count() == 0
    screen.undo()
    assert page.locator(f"article.entry h2 a[href='{who}']").count() == 1
    screen.is_right()


@pytest.mark.walks("/customers", "/customers/one", "/deals", "/deals/{deal}", "/deals/quotes/{quote}", "/deals/report")
def test_a_deal_goes_from_its_main_line_to_a_sent_quote_that_is_taken_back(
    screen: Screen, cookies: Mapping[str, str]
) -> None:
    page, title = screen.page, f"New cameras ({screen.language})"
    screen.become(cookies["sales_manager"])
    screen.open("/customers?q=gtx1")
    page.get_by_role("link", name="株式会社GTX Pro").click()
    page.wait_for_url("**/customers/one*")
    screen.follow(CUSTOMERS_SAID, "deal_add")
    page.locator("#add #f-title").fill(title)
    screen.press(DEALS, "do_add")
    page.locator("#f-find").fill("aoba")
    screen.press(DEALS, "do_find")
    screen.press(DEALS, "add_line", "Camera Aoba")
    screen.done()
    screen.press(DEALS, "propose")
    screen.done()
    screen.press(DEALS, "do_quote")
    screen.done()
    screen.follow(DEALS, "view_quote")
    assert "T1234567890123" in page.content()
    page.go_back()
    page.get_by_text(screen.say(DEALS, "send"), exact=True).click()
    page.locator("input[name=to]").fill("")
    screen.press(DEALS, "do_send")
    page.get_by_text(screen.say(DEALS, "quote_waiting")).wait_for()
    page.goto(screen.server + page.locator("pre", has_text="/m/quote/").inner_text())
    assert title in page.content()
    page.go_back()
    screen.undo()
    assert page.get_by_text(screen.say(DEALS, "quote_waiting")).count() == 0
    screen.open("/deals")
    assert page.get_by_role("link", name=title).is_visible()
    screen.follow(DEALS, "report")
    screen.is_right()


@pytest.mark.walks("/tasks", "/tasks/{task}", "/tasks/rules", "/tasks/elsewhere")
def test_a_task_is_put_off_that_is_undone_and_it_is_done(
    screen: Screen, shop: Shop, cookies: Mapping[str, str]
) -> None:
    page, title = screen.page, f"Call about the printer ({screen.language})"
    screen.become(cookies["sales_manager"])
    screen.open("/tasks/rules")
    assert page.get_by_role("heading", level=1).is_visible()
    screen.become(cookies["rep"])
    screen.open("/tasks")
    screen.press(TASKS, "do_tomorrow", title)
    screen.done()
    screen.undo()
    page.get_by_role("link", name=title).click()
    page.wait_for_url("**/tasks/tsk_*")
    screen.press(TASKS, "in_days", n=3)
    screen.done()
    page.locator("#f-reason").fill("reached her")
    screen.press(TASKS, "do_done")
    screen.done()
    (task,) = [row for row in shop.store.tasks.listed("done") if title in row["title"]]
    assert (task["snoozes"], task["reason"]) == (1, "reached her")
    screen.follow(TASKS, "to_list")
    screen.follow(TASKS, "elsewhere")
    assert "webcal" in page.locator("main").inner_text() or "/tasks" in page.locator("pre").first.inner_text()


@pytest.mark.walks("/customers/duplicates")
def test_two_customers_are_merged_and_are_two_again(screen: Screen, shop: Shop, cookies: Mapping[str, str]) -> None:
    screen.become(cookies["sales_manager"])
    screen.open("/customers/duplicates")
    screen.press(CUSTOMERS_SAID, "keep_this", "株式会社GTX Pro")
    screen.done()
    assert shop.store.facts.customer("gtx1")["phone"] == "03-1"
    screen.undo()
    assert shop.store.facts.customer("gtx2")["name"] == "ＧＴＸＰｒｏ（株）"
    assert shop.store.facts.customer("gtx1")["phone"] is None
    screen.is_right()


@pytest.mark.walks("/customers/files")
def test_look_at_an_export_of_another_system_before_anything_is_written(
    screen: Screen, shop: Shop, cookies: Mapping[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text("Record Id,First Name,Last Name,Email\nz1,Hana,Yamada,hana@z.example\n", encoding="utf-8")
    screen.become(cookies["sales_manager"])
    screen.open("/customers")
    screen.follow(CUSTOMERS_SAID, "files")
    screen.page.locator("#f-file").set_input_files(file)
    screen.press(CUSTOMERS_SAID, "do_look")
    screen.page.get_by_role("button", name=screen.say(CUSTOMERS_SAID, "do_import"), exact=True).wait_for()
    assert screen.page.get_by_role("row").filter(has_text="Yamada").is_visible()
    with pytest.raises(UnknownCustomer):
        shop.store.facts.customer("z1")


@pytest.mark.walks("/customers/one", "/customers/erase")
def test_write_down_a_call_take_it_back_and_erase_the_customer(
    screen: Screen, shop: Shop, cookies: Mapping[str, str]
) -> None:
    page, who = screen.page, f"gone-{screen.language}"
    screen.become(cookies["owner"])
    screen.open(f"/customers/one?id={who}&part=history")
    page.locator("#f-text").fill("Moves to Osaka; asks for nothing more.")
    screen.press(CUSTOMERS_SAID, "do_note")
    screen.done()
    assert "Osaka" in page.locator("main").inner_text()
    screen.undo()
    screen.open(f"/customers/one?id={who}&part=profile")
    page.locator("a[href*='/customers/erase']").click()
    page.locator("#f-confirm").fill(who)
    screen.press(CUSTOMERS_SAID, "do_erase")
    screen.done()
    with pytest.raises(UnknownCustomer):
        shop.store.facts.customer(who)
