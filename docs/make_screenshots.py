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

from playwright.sync_api import Page, sync_playwright

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
WIDTH, HEIGHT = 1280, 940
# Products of the demo's data that a reader knows at once.
PAGES = {
    "product": "/shop/p/866140?lang=en",
    "report": "/shop/report",
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


def shoot(page: Page, address: str, name: str) -> None:
    """One picture, when nothing moves any more; a report that is still being written is waited for."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = page.goto(address)
        if (answer is not None and answer.ok) or time.monotonic() > until:
            break
        time.sleep(2)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / f"{name}.png")


def main() -> None:
    """Make every picture."""
    IMAGES.mkdir(exist_ok=True)
    process, address = start()
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            for name, path in PAGES.items():
                shoot(page, address + path, name)
                print(f"docs/images/{name}.png", file=sys.stderr)  # noqa: T201 - a script for people
            browser.close()
    finally:
        process.terminate()


if __name__ == "__main__":
    main()
