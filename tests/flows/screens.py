"""A window of somebody who is signed in to the console, in one language: it knows which pages it has shown."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tsuide.app.users import Doorkeeper, choose_password, invite
from tsuide.app.wiring import Shop
from tsuide.interfaces.console.phrases.frame import FRAME
from tsuide.interfaces.console.visit import COOKIE
from tsuide.kit.phrases import Phrases

WORDS = "a few words that do"


def cookie_of(shop: Shop, name: str, role: str = "owner", language: str = "en", rep: str = "") -> str:
    """The cookie of somebody new who is signed in."""
    now, number = datetime.now(UTC), len(shop.store.users.all())
    given = {"email": f"{name}@example.com", "name": name, "role": role, "language": language, "rep_id": rep}
    user, token = invite(shop, given, now, number)
    choose_password(shop, token, WORDS, now)
    return Doorkeeper(shop, lambda: 0.0).begin(user, now)


class Screen:
    """A window.

    Args:
        page: of the browser.
        server: the server's address.
        language: in which everything is shown.
    """

    def __init__(self, page: Page, server: str, language: str) -> None:
        self.page, self.server, self.base, self.language = page, server, f"{server}/console", language
        self.seen: set[str] = set()
        self.faults: list[str] = []
        page.on("framenavigated", self._saw)
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def _saw(self, frame: Any) -> None:
        path = urlsplit(frame.url).path
        if frame.parent_frame is None and path.startswith("/console"):
            self.seen.add(path.removeprefix("/console") or "/")

    def beside(self, page: Page) -> Page:
        """Another window, whose pages count as seen."""
        page.on("framenavigated", self._saw)
        return page

    def has_seen(self, route: str) -> bool:
        """Whether it has shown a page of this route."""
        pattern = re.sub(r"\{\w+\}", "[^/]+", route)
        return any(re.fullmatch(pattern, path) for path in self.seen)

    def become(self, cookie: str) -> None:
        """Be somebody else from now on."""
        self.page.context.clear_cookies()
        self.page.context.add_cookies([{"name": COOKIE, "value": cookie, "url": self.base}])

    def open(self, path: str) -> Any:
        """Go to a page; its answer."""
        return self.page.goto(f"{self.base}{path}{'&' if '?' in path else '?'}lang={self.language}")

    def say(self, table: Phrases, key: str, **blanks: Any) -> str:
        """A phrase as the page says it."""
        return table.text(key, self.language, **blanks)

    def press(self, table: Phrases, key: str, named: str = "", **blanks: Any) -> None:
        """Press the first button of that name (of the row, card or product that is `named`)."""
        label = self.say(table, key, **blanks)
        found = self.page.get_by_role("button", name=f"{label}: {named}" if named else label, exact=True).first
        with self.page.expect_navigation():  # else what is asked next is asked of the page before
            found.click()

    def follow(self, table: Phrases, key: str, **blanks: Any) -> None:
        """Follow the first link of that name within the page."""
        found = self.page.locator("main").get_by_role("link", name=self.say(table, key, **blanks), exact=True).first
        with self.page.expect_navigation():
            found.click()

    def done(self) -> None:
        """Wait until the page says what was done."""
        self.page.locator(".notice[role=status]").first.wait_for()

    def undo(self) -> None:
        """Press *Undo* above the page, and wait until it says so."""
        with self.page.expect_navigation():
            self.page.locator(".notice").get_by_role("button", name=self.say(FRAME, "undo"), exact=True).click()
        self.page.locator(".notice", has_text=re.compile(self.say(FRAME, "undone", what="(.+)"))).wait_for()

    def is_accessible(self) -> None:
        """Axe finds nothing serious in the page as it stands."""
        found = Axe().run(self.page, options={"runOnly": ["wcag2a", "wcag2aa"]})
        serious = [each for each in found.response["violations"] if each["impact"] in {"serious", "critical"}]
        assert serious == [], found.generate_report()

    def is_right(self) -> None:
        """Nothing serious is wrong with the page, and it is no wider than a phone or a screen."""
        for width in (360, 1440):
            self.page.set_viewport_size({"width": width, "height": 900})
            assert self.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        self.is_accessible()
