"""Tasks of whoever writes to customers, in a browser: a segment by form, a journey whose mail arrives, a template."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tsuide.app.applying import put_orders
from tsuide.app.importing import import_file, read_file
from tsuide.app.learn import learn
from tsuide.app.users import Doorkeeper, choose_password, invite
from tsuide.app.wiring import Shop, opened
from tsuide.config import Settings
from tsuide.facts.orders import Order, OrderLine
from tsuide.intake.settings import IntakeSettings
from tsuide.interfaces.console.visit import COOKIE

pytestmark = pytest.mark.browser
PEOPLE = """id,name,prefecture,rank,email
hana,山田 花子,東京都,gold,hana@example.jp
ken,鈴木 健,大阪府,gold,ken@example.jp
"""
JOURNEY = """id: thanks
names: {ja: お礼, en: Thanks}
trigger: {order: {}}
again: always
steps:
  - {id: mail, message: {template: order, purpose: transactional}}
  - {id: rest, wait: {for: 1d}}
  - {id: end-of-it, goal: {name: thanked}}
"""


@dataclass(frozen=True)
class Desk:
    """A server that can send mail, and the cookie of its owner."""

    url: str
    home: Path
    cookie: str
    settings: dict[str, str]

    def shop(self) -> Any:
        """The same shop, opened beside the server."""
        return opened(Settings(home=self.home, language="en"))

    def worker(self) -> None:
        """A worker does what is due, then ends."""
        command = [sys.executable, "-m", "tsuide", "worker", "--once", "--home", str(self.home)]
        done = subprocess.run(
            command, env={**os.environ, **self.settings}, capture_output=True, text=True, timeout=240, check=False
        )
        assert done.returncode == 0, done.stderr


@pytest.fixture
def desk(
    tmp_path: Path, fill_shop: Callable[[Shop], None], start_server: Callable[..., Any], post_office: Any
) -> Iterator[Desk]:
    """A learned small shop with customers from a file, a mail server, and whoever writes to them."""
    home, now = tmp_path / "home", datetime.now(UTC)
    people = tmp_path / "customers.csv"
    people.write_text(PEOPLE, encoding="utf-8")
    with opened(Settings(home=home, language="en")) as shop:
        fill_shop(shop)
        report = import_file(shop.store.facts, read_file(people), IntakeSettings(now=now, currency="JPY"))
        assert report.rejected == 0
        learn(shop, now=now, seed=0)
        user, token = invite(shop, {"email": "yuki@example.com", "name": "Yuki", "role": "owner"}, now, 1)
        choose_password(shop, token, "a few words that do", now)
        cookie = Doorkeeper(shop, lambda: 0.0).begin(user, now)
    settings = {
        "TSUIDE_SMTP": post_office.url, "TSUIDE_MAIL_FROM": "Shop <shop@example.com>",
        "TSUIDE_PUBLIC_URL": "https://shop.example.com",
    }  # fmt: skip
    running = start_server(home, settings=settings)
    yield Desk(running.url, home, cookie, settings)
    running.process.terminate()
    assert running.process.wait(60) in {0, -signal.SIGTERM}


def window(browser: Any, desk: Desk, width: int = 1440) -> Any:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    context.add_cookies([{"name": COOKIE, "value": desk.cookie, "url": f"{desk.url}/console"}])
    return context.new_page()


def clean(page: Any) -> None:
    """Nothing serious is wrong with a page, on a phone and on a screen."""
    for width in (360, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})
    serious = [each for each in found.response["violations"] if each["impact"] in {"serious", "critical"}]
    assert serious == [], found.generate_report()


def test_build_a_segment_with_the_form_and_see_who_is_in(desk: Desk, browser: Any) -> None:
    page = window(browser, desk)
    page.goto(f"{desk.url}/console/segments/build?lang=ja")
    page.get_by_role("button", name="読み込みを始める").click()
    page.locator("select[name='0.subject']").wait_for(timeout=120_000)
    page.locator("select[name='0.subject']").select_option(label="prefecture")  # the server adds its fields
    page.locator("[name='0.value']").fill("東京都")
    page.get_by_role("button", name="人数を調べる").click()
    page.get_by_text("のうち1人").wait_for()
    assert page.locator(".chips").inner_text() == "hana"
    assert page.locator("textarea[name=text]").input_value() == "prefecture = '東京都'"
    page.locator("textarea[name=text]").fill("prefecture = '東京都' and rnk = 'gold'")
    page.get_by_role("button", name="この文で調べる").click()
    assert page.locator(".excerpt mark").inner_text() == "rnk"
    clean(page)
    page.locator("textarea[name=text]").fill("prefecture = '東京都' and rank = 'gold'")
    page.get_by_role("button", name="この文で調べる").click()
    page.locator("select[name='1.subject']").wait_for()  # the form follows
    page.locator("[name=ja]").fill("東京のゴールド会員")
    page.locator("[name=en]").fill("Gold in Tokyo")
    page.get_by_role("button", name="保存").click()
    page.get_by_role("heading", name="東京のゴールド会員").wait_for()
    assert "hana" in page.get_by_role("region", name="いま入っている人").inner_text()
    page.goto(f"{page.url.partition('?')[0]}?lang=en&customer=ken")
    page.get_by_text("ken is not in.").wait_for()
    clean(page)
    page.goto(f"{desk.url}/console/segments/of/gold-in-tokyo?lang=en")
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Undone").wait_for()
    page.goto(f"{desk.url}/console/segments?lang=en")
    page.get_by_role("link", name="Gold in Tokyo").wait_for()
    page.context.close()


def test_build_a_journey_run_it_see_the_mail_arrive(desk: Desk, browser: Any, post_office: Any) -> None:
    page = window(browser, desk)
    page.goto(f"{desk.url}/console/journeys/write?lang=ja")
    page.locator("textarea[name=text]").fill(JOURNEY.replace("template: order", "template: ordr"))
    page.get_by_role("button", name="確かめる").click()
    page.get_by_text("did you mean").or_(page.get_by_text("one of")).first.wait_for()
    page.locator("textarea[name=text]").fill(JOURNEY)
    page.get_by_role("button", name="確かめる").click()
    page.locator("svg").get_by_text("order（email）").wait_for()
    page.get_by_role("button", name="保存").click()
    page.get_by_role("button", name="開始する").click()
    page.get_by_text("実行中です。").wait_for()
    with desk.shop() as shop:
        line = OrderLine("o-1", 1, "tea", 1, 800, 800)
        put_orders(shop, [Order("o-1", datetime.now(UTC), "JPY", "hana", lines=(line,))])
    desk.worker()
    (mail,) = post_office.mails()
    assert mail["To"].endswith("<hana@example.jp>")
    page.goto(f"{desk.url}/console/journeys/of/thanks?lang=en")
    assert page.locator(".way-n").all_text_contents()[:2] == ["1", "1"]
    page.get_by_text("1 wait here").wait_for()
    clean(page)
    page.get_by_role("link", name="Who is in it").click()
    page.get_by_role("link", name="hana").click()
    page.get_by_role("cell", name="Send order (email)").wait_for()
    page.goto(f"{desk.url}/console/journeys/of/thanks?lang=en")
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("everybody has left it").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("It runs:").wait_for()
    page.get_by_text("1 wait here").wait_for()  # who had left is back where they stood
    page.locator("select[name=days]").select_option("7")
    page.wait_for_timeout(300)
    page.get_by_role("button", name="Run it dry").click()  # choosing days alone begins nothing
    page.get_by_text(re.compile(r"Would have sent \d+ messages")).wait_for(timeout=120_000)
    page.context.close()


def test_change_a_template_test_it_and_undo(desk: Desk, browser: Any, post_office: Any) -> None:
    page = window(browser, desk)
    page.goto(f"{desk.url}/console/templates/of/order?lang=ja&customer=hana")
    page.locator("[name='subject.ja']").fill("{{ customer.name }}様、ありがとうございます（{{ values.order_id }}）")
    page.get_by_role("button", name="プレビュー").first.click()
    page.locator(".mail-subject").get_by_text("ありがとうございます（1001）").wait_for()
    wide = page.frame_locator("iframe.wide")
    wide.get_by_text("注文番号：1001").first.wait_for()
    assert wide.locator("body").evaluate("each => getComputedStyle(each).margin") == "0px"  # its style holds
    clean(page)
    page.get_by_role("button", name="自分に試し送信").click()
    page.get_by_text("yuki@example.com に試し送信しました").wait_for()
    (mail,) = post_office.mails()
    assert mail["To"] == "yuki@example.com"
    assert "ありがとうございます（1001）" in mail["Subject"]
    page.get_by_role("button", name="保存", exact=True).click()
    page.get_by_text("文面「order」を保存しました").wait_for()
    page.goto(f"{desk.url}/console/templates?lang=en")
    page.get_by_text("own, changed").wait_for()
    page.go_back()
    page.get_by_role("button", name="元に戻す").click()
    page.goto(f"{desk.url}/console/templates?lang=en")
    page.get_by_role("cell", name="order", exact=True).wait_for()
    assert page.get_by_text("own, changed").count() == 0
    page.goto(f"{desk.url}/console/templates/fares?lang=en")
    page.get_by_text("_dmarc.example.com", exact=True).wait_for()
    clean(page)
    page.context.close()
