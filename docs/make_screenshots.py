"""Make the pictures of README and docs: `make docs`.

Starts `tsuide demo` (imports and learns at the first run), opens its pages in headless Chromium, and saves
docs/images/*.png.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

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


def shoot(browser: Browser, address: str, name: str, shows: str) -> None:
    """One picture of a page that shows `shows`.

    A report that is still being written is waited for; a visitor who fell into the holdout sees no offers, so the
    next one is asked.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(address)
        page.wait_for_load_state("networkidle")
        if page.locator(shows).count():
            page.screenshot(path=IMAGES / f"{name}.png")
            return
        page.close()
        time.sleep(1)
    raise SystemExit(f"{address} never showed {shows}")


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
            browser.close()
    finally:
        process.terminate()


if __name__ == "__main__":
    main()
