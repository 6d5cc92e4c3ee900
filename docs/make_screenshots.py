"""Make the pictures of README and docs: `make docs`.

Starts `tsuide demo` (imports and learns at the first run), opens its pages in headless Chromium, and saves
docs/images/*.png.
"""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright

IMAGES = Path(__file__).parent / "images"
HOME = Path(__file__).parents[1] / ".tsuide"
CHROMIUM = os.environ.get("TSUIDE_CHROMIUM", "/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTH, HEIGHT = 1280, 1440
# Path, and what must be seen there. Hot dog buns: a product of the demo that a reader knows at once.
PAGES = {
    "product": ("/shop/p/1098066?lang=en", ".offer"),
    "named": ("/named/shop/p/S1-white?lang=en", ".offer"),
    "looks": ("/named/shop/?lang=en", ".offer"),
    "report": ("/shop/report", "main"),
}
# Of the made-up shop's console: path, and what must be seen there. Whoever looks is an owner made for it.
CONSOLE_PAGES = {
    "console-today": ("/?lang=en", "h1"),
    "console-opportunities": ("/opportunities?lang=en", "main article, main table, main .card"),
    "console-network": ("/opportunities/network?lang=ja", "main svg"),
    "console-offers": ("/offers?lang=ja&placement=product&product=S1-white&customer=C1", "main table, main .card"),
    "console-policy": ("/policy?lang=en", "textarea"),
    "console-journey": ("/journeys/write?lang=en&ready=after-purchase", "main svg"),
    "console-data": ("/data?lang=ja", "main"),
}
OWNER = {"email": "screenshots@example.com", "password": "only for the pictures"}
PATIENCE_SECONDS = 300


def start() -> "tuple[subprocess.Popen[bytes], str]":
    """The demo as a process of its own, and its address once it answers."""
    log = HOME.parent / ".tsuide-screenshots.log"
    command = [sys.executable, "-m", "tsuide", "demo", "--home", str(HOME), "--port", "0"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)  # noqa: S603 - our own command
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and process.poll() is None:
        found = re.search(r"shop +(http://[^/\s]+)/", log.read_text(encoding="utf-8"))
        if found:
            log.unlink()
            return process, found.group(1)
        time.sleep(0.2)
    process.terminate()
    raise SystemExit(f"the demo did not start:\n{log.read_text(encoding='utf-8')}")


def shoot(browser: Browser | BrowserContext, address: str, name: str, shows: str) -> None:
    """One picture of a page that shows `shows`.

    A report that is still being written is waited for; a visitor who fell into the holdout sees no offers, so the
    next one is asked.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        page = browser.new_page()
        page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        page.goto(address)
        page.wait_for_load_state("networkidle")
        if page.locator(shows).count():
            page.screenshot(path=IMAGES / f"{name}.png")
            return
        page.close()
        time.sleep(1)
    raise SystemExit(f"{address} never showed {shows}")


def signed_in(browser: Browser, console: str, home: Path) -> BrowserContext:
    """A window of an owner who chose a password with a link, as anybody would."""
    command = [sys.executable, "-m", "tsuide", "user"]
    where = ["--home", str(home)]
    add, link = ([*command, verb, OWNER["email"], *where, "--json"] for verb in ("add", "link"))
    found = subprocess.run(add, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if found.returncode:  # of an earlier run
        found = subprocess.run(link, capture_output=True, text=True, check=True)  # noqa: S603 - our own command
    token = json.loads(found.stdout)["link"].partition("?")[2]
    window = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    page = window.new_page()
    page.goto(f"{console}/password?{token}")
    page.locator("input[name=password]").fill(OWNER["password"])
    page.locator("form.door button").click()
    page.wait_for_load_state("networkidle")
    page.close()
    return window


def main() -> None:
    """Make every picture."""
    IMAGES.mkdir(exist_ok=True)
    process, address = start()
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
            for name, (path, shows) in PAGES.items():
                shoot(browser, address + path, name, shows)
                print(f"docs/images/{name}.png", file=sys.stderr)
            console = f"{address}/named/console"
            window = signed_in(browser, console, HOME / "named")
            for name, (path, shows) in CONSOLE_PAGES.items():
                shoot(window, console + path, name, shows)
                print(f"docs/images/{name}.png", file=sys.stderr)
            browser.close()
    finally:
        process.terminate()


if __name__ == "__main__":
    main()
