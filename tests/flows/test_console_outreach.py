"""Tasks of whoever writes to customers, in a browser: a segment by form, a journey whose mail arrives, a template."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.flows.screens import Screen

from tsuide.app.applying import put_orders
from tsuide.app.importing import import_file, read_file
from tsuide.app.wiring import opened
from tsuide.config import Settings
from tsuide.facts.orders import Order, OrderLine
from tsuide.intake.settings import IntakeSettings
from tsuide.interfaces.console.phrases.frame import FRAME
from tsuide.interfaces.console.phrases.journeys import JOURNEYS
from tsuide.interfaces.console.phrases.mail import MAIL
from tsuide.interfaces.console.phrases.segments import SEGMENTS

pytestmark = pytest.mark.browser
PEOPLE = """id,name,prefecture,rank,email
hana,山田 花子,東京都,gold,hana@example.jp
ken,鈴木 健,大阪府,gold,ken@example.jp
"""
JOURNEY = """id: thanks-LANG
names: {ja: お礼, en: Thanks}
trigger: {order: {}}
again: always
steps:
  - {id: mail, message: {template: order, purpose: transactional}}
  - {id: rest, wait: {for: 1d}}
  - {id: end-of-it, goal: {name: thanked}}
"""


@pytest.fixture(scope="module")
def settings(lasting_post_office: Any) -> dict[str, str]:
    """Of a server and a worker that can send mail."""
    return {
        "TSUIDE_SMTP": lasting_post_office.url, "TSUIDE_MAIL_FROM": "Shop <shop@example.com>",
        "TSUIDE_PUBLIC_URL": "https://shop.example.com",
    }  # fmt: skip


@pytest.fixture(scope="module")
def server(
    taught_home: Path,
    tmp_path_factory: pytest.TempPathFactory,
    start_server: Callable[..., Any],
    settings: dict[str, str],
) -> Iterator[Any]:
    """A server over the small shop, with customers from a file."""
    folder = tmp_path_factory.mktemp("outreach")
    shutil.copytree(taught_home, folder / "home")
    people = folder / "customers.csv"
    people.write_text(PEOPLE, encoding="utf-8")
    with opened(Settings(home=folder / "home", language="en")) as shop:
        report = import_file(shop.store.facts, read_file(people), IntakeSettings(now=datetime.now(UTC), currency="JPY"))
        assert report.rejected == 0
    running = start_server(folder / "home", settings=settings)
    yield running
    running.process.terminate()
    assert running.process.wait(60) in {0, -signal.SIGTERM}


@pytest.fixture(scope="module")
def work(server: Any, settings: dict[str, str]) -> Callable[[], None]:
    """A worker does what is due, then ends."""

    def working() -> None:
        command = [sys.executable, "-m", "tsuide", "worker", "--once", "--home", str(server.home)]
        done = subprocess.run(
            command, env={**os.environ, **settings}, capture_output=True, text=True, timeout=240, check=False
        )
        assert done.returncode == 0, done.stderr

    return working


@pytest.mark.walks("/segments", "/segments/build", "/segments/of/{segment}")
def test_build_a_segment_with_the_form_see_who_is_in_remove_it_and_undo(screen: Screen) -> None:
    page, t = screen.page, SEGMENTS.all(screen.language)
    name = {"ja": "東京のゴールド会員", "en": "Gold in Tokyo"}[screen.language]
    screen.open("/segments/build")
    if page.get_by_role("button", name=t["make_sheets"]).count():
        page.get_by_role("button", name=t["make_sheets"]).click()
    page.locator("select[name='0.subject']").wait_for(timeout=120_000)
    page.locator("select[name='0.subject']").select_option(label="prefecture")  # the server adds its fields
    page.locator("[name='0.value']").fill("東京都")
    screen.press(SEGMENTS, "try_form")
    page.locator(".chips").wait_for()
    assert page.locator(".chips").inner_text() == "hana"
    assert page.locator("textarea[name=text]").input_value() == "prefecture = '東京都'"
    page.locator("textarea[name=text]").fill("prefecture = '東京都' and rnk = 'gold'")
    screen.press(SEGMENTS, "try_text")
    assert page.locator(".excerpt mark").inner_text() == "rnk"
    screen.is_right()
    page.locator("textarea[name=text]").fill("prefecture = '東京都' and rank = 'gold'")
    screen.press(SEGMENTS, "try_text")
    page.locator("select[name='1.subject']").wait_for()  # the form follows
    page.locator("[name=ja]").fill("東京のゴールド会員")
    page.locator("[name=en]").fill("Gold in Tokyo")
    page.locator("[name=id]").fill(f"gold-{screen.language}")
    page.locator("button[name=do][value=save]").click()
    page.get_by_role("heading", name=name).wait_for()
    assert "hana" in page.get_by_role("region", name=t["members"]).inner_text()
    screen.open(f"/segments/of/gold-{screen.language}?customer=ken")
    page.get_by_text(screen.say(SEGMENTS, "why_out", customer="ken")).wait_for()
    page.get_by_role("button", name=re.compile(f"^{t['remove']}")).click()
    screen.done()
    screen.undo()
    screen.open("/segments")
    page.get_by_role("link", name=name).first.wait_for()


@pytest.mark.walks(
    "/journeys",
    "/journeys/write",
    "/journeys/of/{journey}",
    "/journeys/of/{journey}/who",
    "/journeys/of/{journey}/who/{enrolment}",
)
def test_build_a_journey_run_it_see_the_mail_arrive(
    screen: Screen, server: Any, work: Callable[[], None], lasting_post_office: Any
) -> None:
    page, language, t = screen.page, screen.language, JOURNEYS.all(screen.language)
    text, before = JOURNEY.replace("LANG", language), len(lasting_post_office.letters)
    screen.open("/journeys/write")
    page.locator("textarea[name=text]").fill(text.replace("template: order", "template: ordr"))
    screen.press(JOURNEYS, "check")
    page.locator(".wrong").get_by_text("did you mean").or_(
        page.locator(".wrong").get_by_text("one of")
    ).first.wait_for()
    page.locator("textarea[name=text]").fill(text)
    screen.press(JOURNEYS, "check")
    page.locator("svg").get_by_text(re.compile("order[ （(]+email")).wait_for()
    screen.press(FRAME, "save")
    screen.press(JOURNEYS, "start")
    page.get_by_text(t["state_running"]).wait_for()
    with opened(Settings(home=server.home, language="en")) as shop:
        line = OrderLine(f"o-{language}", 1, "tea", 1, 800, 800)
        put_orders(shop, [Order(f"o-{language}", datetime.now(UTC), "JPY", "hana", lines=(line,))])
    work()
    (mail,) = lasting_post_office.mails()[before:]
    assert mail["To"].endswith("<hana@example.jp>")
    screen.open("/journeys")
    page.locator(f"a[href*='/journeys/of/thanks-{language}']").first.click()
    assert page.locator(".way-n").all_text_contents()[:2] == ["1", "1"]
    screen.is_right()
    screen.follow(JOURNEYS, "who")
    page.get_by_role("link", name="hana").click()
    page.locator("main table td").filter(has_text="order").first.wait_for()
    screen.open(f"/journeys/of/thanks-{language}")
    screen.press(JOURNEYS, "stop")
    page.get_by_text(t["state_stopped"]).wait_for()
    screen.undo()
    page.get_by_text(t["state_running"]).wait_for()
    assert page.locator("dl.figures .value").first.inner_text() == "1"  # who had left is back where they stood
    page.locator("select[name=days]").select_option("7")
    screen.press(JOURNEYS, "dry_do")
    page.locator("#dry ~ p.big").wait_for(timeout=120_000)
    screen.press(JOURNEYS, "stop")  # what comes next sends nothing more
    page.get_by_text(t["state_stopped"]).wait_for()


@pytest.mark.walks("/templates", "/templates/of/{template}", "/templates/fares")
def test_change_a_template_test_it_and_undo(screen: Screen, lasting_post_office: Any) -> None:
    page, language, before = screen.page, screen.language, len(lasting_post_office.letters)
    written = {"ja": "{{ customer.name }}様、ありがとうございます（{{ values.order_id }}）",
               "en": "Thank you, {{ customer.name }} ({{ values.order_id }})"}[language]  # fmt: skip
    read = {"ja": "ありがとうございます（1001）", "en": "(1001)"}[language]
    screen.open(f"/templates/of/order?customer=hana&in={language}")
    page.locator(f"[name='subject.{language}']").fill(written)
    screen.press(MAIL, "look")
    page.locator(".mail-subject").get_by_text(read).wait_for()
    wide = page.frame_locator("iframe.wide")
    wide.get_by_text("1001").first.wait_for()
    assert wide.locator("body").evaluate("each => getComputedStyle(each).margin") == "0px"  # its style holds
    screen.is_right()
    screen.press(MAIL, "test")
    page.get_by_text(f"walker-{language}@example.com").or_(page.locator(".notice", has_text="@example.com")).wait_for()
    (mail,) = lasting_post_office.mails()[before:]
    assert read in mail["Subject"]
    page.locator("button[name=do][value=save]").click()
    screen.done()
    screen.open("/templates")
    changed = page.get_by_text(screen.say(MAIL, "own_instead"), exact=True)
    changed.first.wait_for()
    page.go_back()
    screen.undo()
    screen.open("/templates")
    page.get_by_role("cell", name="order", exact=True).wait_for()
    assert changed.count() == 0
    screen.follow(MAIL, "fares")
    page.get_by_text("_dmarc.example.com", exact=True).wait_for()
    screen.is_right()
