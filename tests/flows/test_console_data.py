"""Tasks in the console's rooms of data and settings, done as a person does them: in a browser, in both languages."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from tests.flows.screens import WORDS, Screen

from tsuide.app.users import setup_token
from tsuide.app.wiring import opened
from tsuide.asgi import create
from tsuide.config import Settings
from tsuide.interfaces.console.phrases.data import DATA
from tsuide.interfaces.console.phrases.frame import FRAME
from tsuide.interfaces.console.phrases.settings import SETTINGS

pytestmark = pytest.mark.browser


@pytest.fixture
def unowned(new_home: Path) -> Iterator[tuple[str, str]]:
    """A server of this process whose shop nobody has set up: its address, and the token of the first link."""
    settings = Settings(home=new_home, language="en")
    with opened(settings) as shop:
        token = setup_token(shop, datetime.now(UTC))
    assert token is not None
    server = uvicorn.Server(uvicorn.Config(create(settings), port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", token
    server.should_exit = True
    thread.join(60)


@pytest.mark.walks("/sign-in", "/setup", "/", "/me")
def test_the_first_owner_sets_up_signs_out_and_signs_in(browser: Any, screen: Screen, unowned: tuple[str, str]) -> None:
    url, token = unowned
    context = browser.new_context(locale=screen.language)
    page = screen.beside(context.new_page())

    def press(key: str) -> None:
        page.get_by_role("button", name=screen.say(FRAME, key), exact=True).click()

    page.goto(f"{url}/console/setup?token={token}&lang={screen.language}")
    page.locator("#f-name").fill("Hana")
    page.locator("#f-email").fill("hana@example.com")
    page.locator("#f-password").fill("short")
    press("set_up_do")
    assert page.get_by_role("alert").is_visible()
    page.locator("#f-password").fill(WORDS)
    press("set_up_do")
    page.get_by_role("heading", level=1, name=screen.say(FRAME, "room.today")).wait_for()
    page.locator("header a[href*='/me']").click()
    press("sign_out")
    page.locator("#f-email").fill("hana@example.com")
    page.locator("#f-password").fill("not the words")
    press("sign_in")
    assert page.get_by_role("alert").is_visible()
    page.locator("#f-password").fill(WORDS)
    press("sign_in")
    page.get_by_role("heading", level=1, name=screen.say(FRAME, "room.today")).wait_for()
    context.close()


@pytest.mark.walks("/data", "/data/import", "/data/import/{upload}", "/data/products", "/data/jobs", "/log")
def test_import_a_file_with_a_wrong_column_map_it_import_see_the_products(screen: Screen, tmp_path: Path) -> None:
    page, mark = screen.page, screen.language.upper()
    file = tmp_path / f"gear-{mark}.csv"
    file.write_text(
        f"my number,label,worth\nGEAR-{mark},Lantern {mark},4800\nBAD-{mark},Tent,cheap\n", encoding="utf-8"
    )
    screen.open("/data/import")
    page.locator("#f-file").set_input_files(file)
    screen.press(DATA, "send_and_look")
    assert page.get_by_text(screen.say(DATA, "which_kind")).is_visible()
    page.locator("#f-kind").select_option("products")
    screen.press(DATA, "apply")
    page.locator("#m-id").select_option("my number")
    page.locator("#m-title").select_option("label")
    page.locator("#m-price").select_option("worth")
    screen.press(DATA, "try_it")
    page.get_by_role("heading", name=screen.say(DATA, "tried")).wait_for(timeout=120_000)  # the page follows the job
    assert page.get_by_text(screen.say(DATA, "reject.money")).first.is_visible()
    screen.is_accessible()
    screen.press(DATA, "import_it")
    screen.open("/data")  # the job does not mind that the page is left
    page.go_back()
    page.get_by_role("heading", name=screen.say(DATA, "imported"), exact=True).wait_for(timeout=120_000)
    screen.open("/data/jobs")
    assert page.locator("main tbody tr").count() >= 2
    page.go_back()
    page.get_by_role("link", name=screen.say(DATA, "see_products")).click()
    page.locator("#f-q").fill(f"gear-{mark.lower()}")
    page.locator("#f-q").press("Enter")
    assert page.get_by_role("cell", name=f"Lantern {mark}").is_visible()
    screen.open("/log")
    row = page.get_by_role("row").filter(has_text=file.name).first
    row.get_by_role("button").click()
    screen.open(f"/data/products?q=GEAR-{mark}")
    assert page.get_by_text(screen.say(DATA, "status.discontinued")).is_visible()


def _asked(server: Any, key: str) -> int:
    body = json.dumps({"placement": "home"}).encode()
    headers = {"X-Api-Key": key, "Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.url}/v1/offers", body, headers)  # noqa: S310 - our own server
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.walks("/settings/keys")
def test_revoke_a_key_and_see_it_refused(server: Any, screen: Screen) -> None:
    page, name = screen.page, f"till {screen.language}"
    screen.open("/settings/keys")
    page.locator("#f-name").fill(name)
    screen.press(SETTINGS, "make_key")
    key = page.locator("#once").input_value()
    screen.is_accessible()
    assert _asked(server, key) == 200
    screen.open("/settings/keys")
    assert page.get_by_text(key).count() == 0
    row = page.get_by_role("row").filter(has_text=name)
    row.get_by_role("button").click()
    page.locator(".notice").wait_for()
    page.wait_for_timeout(1_200)  # a server remembers a key for a second
    assert _asked(server, key) == 401
    screen.press(FRAME, "undo")
    page.wait_for_timeout(1_200)
    assert _asked(server, key) == 200


@pytest.mark.walks("/settings", "/password", "/me", "/sign-in")
def test_invite_a_user_who_chooses_a_password_and_sees_only_their_rooms(browser: Any, screen: Screen) -> None:
    page, name = screen.page, f"Sato {screen.language}"
    screen.open("/settings")
    page.locator("#f-name").fill(name)
    page.locator("#f-email").fill(f"sato-{screen.language}@example.com")
    page.locator("#f-role").select_option("marketer")
    page.locator("#f-language").select_option(screen.language)
    screen.press(SETTINGS, "invite")
    link = page.locator("#once").input_value()
    context = browser.new_context(locale=screen.language)
    theirs = screen.beside(context.new_page())
    theirs.goto(link)
    theirs.locator("#f-password").fill("short")
    theirs.get_by_role("button", name=screen.say(FRAME, "save")).click()
    assert theirs.get_by_role("alert").is_visible()
    theirs.locator("#f-password").fill(WORDS)
    theirs.get_by_role("button", name=screen.say(FRAME, "save")).click()
    theirs.get_by_role("heading", level=1, name=screen.say(FRAME, "room.today")).wait_for()
    menu = theirs.locator("nav").first
    assert menu.get_by_role("link", name=screen.say(FRAME, "room.data"), exact=True).is_visible()
    assert menu.get_by_role("link", name=screen.say(FRAME, "room.settings"), exact=True).count() == 0
    refused = theirs.goto(f"{screen.base}/settings")
    assert refused is not None
    assert refused.status == 403
    theirs.goto(link)
    assert theirs.get_by_role("alert").is_visible()  # it is used up
    theirs.goto(f"{screen.base}/me")
    Screen(theirs, screen.server, screen.language).is_accessible()
    screen.open("/settings")
    page.get_by_role("row").filter(has_text=name).get_by_role("button", name=screen.say(SETTINGS, "end")).click()
    theirs.goto(f"{screen.base}/data")
    assert "/sign-in" in theirs.url
    screen.press(FRAME, "undo")
    context.close()


def _track(server: Any, key: str, event: str, message: str, **properties: Any) -> None:
    body = json.dumps({"userId": "c1", "event": event, "properties": properties, "messageId": message}).encode()
    headers = {"X-Api-Key": key, "Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.url}/v1/track", body, headers)  # noqa: S310 - our own server
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        assert answer.status == 200


@pytest.mark.walks("/data/connectors", "/data/live", "/data/quarantine")
def test_read_a_quarantined_message_again(server: Any, screen: Screen) -> None:
    page, order = screen.page, f"late-{screen.language}"
    screen.open("/data/connectors")
    page.locator("#segment").get_by_role("button", name=screen.say(DATA, "make_key_here")).click()
    key = page.locator("#once").input_value()
    screen.open("/data/live")
    _track(server, key, "Order Refunded", f"refund-{order}", order_id=order)
    page.get_by_text("segment: Order Refunded").first.wait_for(timeout=20_000)  # without anybody loading the page anew
    screen.open("/data/quarantine")
    card = page.get_by_role("article").filter(has_text=f"refund-{order}")
    assert "no such order yet" in card.inner_text()
    card.locator("summary").click()
    assert f'"order_id": "{order}"' in card.inner_text()
    screen.is_accessible()
    again = screen.say(DATA, "read_again")
    card.get_by_role("button", name=again).click()
    assert page.get_by_text(screen.say(DATA, "still_n", n=1)).is_visible()
    _track(server, key, "Order Completed", f"order-{order}", order_id=order, currency="JPY",
           products=[{"product_id": "cam-a", "quantity": 1, "price": 100}])  # fmt: skip
    card.get_by_role("button", name=again).click()
    assert page.get_by_text(screen.say(DATA, "read_n", n=1)).is_visible()
    assert card.count() == 0


@pytest.mark.walks("/customers")
def test_import_customers_and_find_one_in_another_writing(screen: Screen, tmp_path: Path) -> None:
    page, mark = screen.page, screen.language
    file = tmp_path / f"people-{mark}.csv"
    file.write_text(f"id,name,email\nguest-{mark},ミナミ {mark.upper()},{mark}@example.jp\n", encoding="utf-8")
    screen.open("/data/import")
    page.locator("#f-file").set_input_files(file)
    screen.press(DATA, "send_and_look")
    page.locator("#f-kind").select_option("customers")
    screen.press(DATA, "apply")
    screen.press(DATA, "import_it")
    page.get_by_role("heading", name=screen.say(DATA, "imported"), exact=True).wait_for(timeout=120_000)
    screen.open("/customers")
    page.locator("input[name=q]").first.fill("ﾐﾅﾐ")  # half width
    page.locator("input[name=q]").first.press("Enter")
    page.get_by_role("link", name=f"ミナミ {mark.upper()}").first.click()
    assert f"guest-{mark}" in page.locator("main").inner_text()


@pytest.mark.walks("/settings/consent", "/log")
def test_change_the_words_of_consent_and_undo_it_from_the_audit_log(screen: Screen) -> None:
    page, field = screen.page, "textarea[name='marketing.email.en']"
    screen.open("/settings/consent")
    before = page.locator(field).input_value()
    page.locator(field).fill(f"Write to me ({screen.language})")
    screen.press(SETTINGS, "ask_so")
    page.locator(".notice").wait_for()
    assert page.locator(field).input_value() == f"Write to me ({screen.language})"
    screen.is_accessible()
    screen.open("/log")
    page.get_by_role("row").filter(has_text="Write to me").first.get_by_role("button").click()
    page.wait_for_url("**done=*")
    screen.open("/settings/consent")
    assert page.locator(field).input_value() == before


@pytest.mark.walks("/settings/shop")
def test_set_the_time_zone_of_the_shop_and_undo(screen: Screen) -> None:
    page = screen.page
    screen.open("/settings/shop")
    before = page.locator("#f-time_zone").input_value()
    page.locator("#f-time_zone").fill("Mars/Base")
    screen.press(FRAME, "save")
    assert page.locator("#f-time_zone").get_attribute("aria-invalid") == "true"
    page.locator("#f-time_zone").fill("Europe/Berlin")
    screen.press(FRAME, "save")
    page.locator(".notice").wait_for()
    assert page.locator("#f-time_zone").input_value() == "Europe/Berlin"
    screen.is_accessible()
    page.locator(".notice button").click()
    page.wait_for_url("**done=*")
    screen.open("/settings/shop")
    assert page.locator("#f-time_zone").input_value() == before


@pytest.mark.walks("/data", "/data/snapshots")
def test_see_what_was_learned_and_of_how_many_orders(screen: Screen) -> None:
    screen.open("/data")
    screen.page.locator("nav.tabs a[href*='/data/snapshots']").click()
    row = screen.page.locator("main tbody tr").first
    assert "400" in row.inner_text()
    assert screen.page.locator(".chips li").count() > 5  # what it holds
    screen.is_right()


@pytest.mark.walks("/settings/terms")
def test_set_the_terms_of_sale_and_undo(screen: Screen) -> None:
    page = screen.page
    screen.open("/settings/terms")
    for each in page.locator("main form.wide textarea").all():
        each.fill(f"As said ({screen.language})")
    screen.press(FRAME, "save")
    screen.done()
    screen.undo()
    screen.open("/settings/terms")
    assert page.locator("main form.wide textarea").first.input_value() != f"As said ({screen.language})"


@pytest.mark.walks("/settings/hooks")
def test_tell_another_system_and_take_it_back(screen: Screen) -> None:
    page = screen.page
    screen.open("/settings/hooks")
    page.locator("#f-id").fill("warehouse")
    page.locator("#f-url").fill("https://hooks.example.com/tsuide")
    page.locator("input[name=topics]").first.check()
    screen.press(FRAME, "save")
    screen.done()
    assert page.get_by_role("cell", name="warehouse", exact=True).is_visible()
    screen.undo()
    assert page.get_by_role("cell", name="warehouse", exact=True).count() == 0


@pytest.mark.walks("/settings/mail", "/settings/environment", "/settings/doctor")
def test_find_what_keeps_mail_from_going_out(screen: Screen) -> None:
    page = screen.page
    screen.open("/settings/mail")
    assert page.locator("main p.warn").count() >= 1
    page.locator("main a[href*='/settings/environment']").last.click()
    page.get_by_text("TSUIDE_SMTP", exact=True).first.wait_for()
    screen.open("/settings/doctor")
    if page.locator("main tbody tr").count() == 0:  # nobody has looked yet
        screen.press(SETTINGS, "examine")
    page.locator("main tbody tr").first.wait_for()
    screen.is_accessible()


@pytest.mark.walks("/settings", "/settings/users/{user}")
def test_give_a_user_another_role_and_undo(screen: Screen) -> None:
    page, name = screen.page, f"Role {screen.language}"
    screen.open("/settings")
    page.locator("#f-name").fill(name)
    page.locator("#f-email").fill(f"role-{screen.language}@example.com")
    page.locator("#f-role").select_option("auditor")
    screen.press(SETTINGS, "invite")
    screen.open("/settings")
    page.get_by_role("link", name=name).click()
    page.locator("#f-role").select_option("marketer")
    screen.press(FRAME, "save")
    screen.done()
    row = page.get_by_role("row").filter(has_text=name)
    assert screen.say(FRAME, "role.marketer") in row.inner_text()
    screen.undo()
    screen.open("/settings")
    assert screen.say(FRAME, "role.auditor") in row.inner_text()
