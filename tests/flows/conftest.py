"""Real server processes, and a real browser where Debian's chromium is there."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.flows.screens import Screen, cookie_of

from tsuide.app.learn import learn
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.interfaces.console.visit import COOKIE
from tsuide.kit.phrases import LANGUAGES

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Server:
    """A running `tsuide serve`."""

    process: "subprocess.Popen[bytes]"
    url: str
    home: Path

    def shop(self) -> Shop:
        """The same shop, opened beside the server."""
        return open_shop(Settings(home=self.home, language="en"))


def start(home: Path, *options: str, settings: Mapping[str, str] | None = None) -> Server:
    """Start a server on a free port and wait until it can decide; `settings`: further variables of its environment."""
    command = [sys.executable, "-m", "tsuide", "serve", "--home", str(home), "--port", "0", *options]
    log = home / f"server-{time.monotonic_ns()}.log"  # not a pipe: a full one would hold the server up
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stderr=out, stdout=subprocess.DEVNULL, env={**os.environ, **(settings or {})}
        )
    for _ in range(600):
        found = re.search(r"API docs +(http://[^/]+)/docs", log.read_text(encoding="utf-8"))
        if found:
            server = Server(process, found.group(1), home)
            _wait(server)
            return server
        assert process.poll() is None, log.read_text(encoding="utf-8")
        time.sleep(0.1)
    raise AssertionError("the server did not say where it is")


def _wait(server: Server) -> None:
    for _ in range(600):
        assert server.process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(f"{server.url}/readyz", timeout=5):  # noqa: S310 - our own server
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError("the server was not ready within a minute")


@pytest.fixture(scope="session")
def start_server() -> Callable[..., Server]:
    """`start`, for tests that end the server themselves."""
    return start


@pytest.fixture(scope="session")
def taught_home(tmp_path_factory: pytest.TempPathFactory, fill_shop: Callable[[Shop], None]) -> Path:
    """A home whose small shop has been learned."""
    home = tmp_path_factory.mktemp("taught")
    shop = open_shop(Settings(home=home, language="en"))
    fill_shop(shop)
    learn(shop, now=datetime.now(UTC), seed=0)
    shop.close()
    return home


@pytest.fixture(scope="session")
def server(taught_home: Path) -> Iterator[Server]:
    """A server over the small shop, with its demo shop."""
    running = start(taught_home, "--demo-shop")
    yield running
    running.process.terminate()
    assert running.process.wait(60) in {0, -signal.SIGTERM}


@pytest.fixture(scope="module")  # while it runs, the worker has an event loop that no other test can bear
def browser() -> Iterator[Browser]:
    """Headless chromium."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield running
        running.close()


@pytest.fixture(scope="module", params=LANGUAGES)
def window(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Screen]:
    """An owner's, in each language: a module that serves another home has a `server` of its own."""
    server: Server = request.getfixturevalue("server")
    shop, language = server.shop(), request.param
    cookie = cookie_of(shop, f"{request.module.__name__.rpartition('_')[2]}-{language}", language=language)
    shop.close()
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(60_000)
    context.add_cookies([{"name": COOKIE, "value": cookie, "url": f"{server.url}/console"}])
    yield Screen(context.new_page(), server.url, language)
    context.close()


@pytest.fixture
def screen(request: pytest.FixtureRequest, window: Screen) -> Iterator[Screen]:
    """The window for one task: what the task says that it walks, it must have shown, in this language."""
    window.seen.clear()
    window.faults.clear()
    yield window
    walks = request.node.get_closest_marker("walks")
    assert [each for each in (walks.args if walks else ()) if not window.has_seen(each)] == [], "it walked past these"
    assert window.faults == []
