"""The page in a real browser: nothing is loaded or overflows, axe finds nothing, keys and scripts do their work."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tsuide.proof.reports.material import Material, Reject
from tsuide.proof.reports.newcomer import figures
from tsuide.proof.reports.page import page

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]
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
NOW = datetime(2026, 4, 1, tzinfo=UTC)
Make = Callable[..., Material]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("no chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


@pytest.fixture(scope="module")
def files(shop: Make, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The page of a shop with findings in ja and en, and that of a shop with too few orders."""
    folder = tmp_path_factory.mktemp("reports")
    read = shop(400)
    rejects = tuple(Reject(line, "単価", "12,3x", "金額として読めません") for line in range(2, 15))
    told = figures(
        Material(read.source, read.lines, read.products, rejects=rejects, n_rejects=13, mapping=(("order_id", "No"),)),
        now=NOW,
    )
    few = figures(shop(8, named=False), now=NOW)
    made = {"ja": page(told, "ja"), "en": page(told, "en"), "few": page(few, "en")}
    paths = {}
    for name, text in made.items():
        paths[name] = folder / f"{name}.html"
        paths[name].write_text(text, encoding="utf-8")
    return paths


def opened(browser: Browser, file: Path, width: int = 1280, scheme: str = "light", *, scripts: bool = True) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=scripts,
        locale="en-US",
    )
    shown = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    shown.on("request", lambda request: asked.append(request.url))
    shown.on("console", lambda message: said.append(message.text))
    shown.on("pageerror", lambda error: said.append(str(error)))
    shown.goto(file.as_uri())
    if scripts:
        shown.wait_for_selector("html[data-ready]")
        assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    return shown


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        ("ja", 360, "dark"),
        ("ja", 1440, "light"),
        ("en", 360, "light"),
        ("en", 768, "dark"),
        ("few", 360, "light"),
        ("few", 1440, "dark"),
    ],
)
def test_axe_finds_nothing_and_nothing_overflows(
    browser: Browser, files: dict[str, Path], name: str, width: int, scheme: str
) -> None:
    shown = opened(browser, files[name], width, scheme)
    shown.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    violations = Axe().run(shown).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in violations] == []
    shown.context.close()


def test_the_estimate_is_recomputed_exactly(browser: Browser, files: dict[str, Path]) -> None:
    shown = opened(browser, files["en"])
    for field, value in (("orders", "1000"), ("fits", "100"), ("yes", "35"), ("amount", "5")):
        shown.fill(f"#w-{field}", value)
    assert shown.inner_text("#w-month") == "¥1,750"
    shown.fill("#w-amount", "")
    assert shown.inner_text("#w-month") == "–"
    shown.fill("#w-yes", "101")
    assert shown.inner_text("#w-month") == "–"
    shown.context.close()


def test_tables_sort_by_keyboard_and_filter(browser: Browser, files: dict[str, Path]) -> None:
    shown = opened(browser, files["en"])
    head = shown.locator("#rejects th").first
    button = head.locator("button.sort")
    button.focus()
    shown.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert shown.locator("#rejects tbody tr").first.locator("td").first.inner_text() == "14"
    assert shown.locator("#rejects tbody tr:visible").count() == 10
    search = shown.locator("#data input[type=search]")
    search.fill("nothing like this")
    assert shown.locator("#rejects tbody tr:visible").count() == 0
    search.fill("")
    shown.locator("#data .more button").click()
    assert shown.locator("#rejects tbody tr:visible").count() == 13
    shown.context.close()


def test_a_definition_opens_on_focus_and_closes_on_escape(browser: Browser, files: dict[str, Path]) -> None:
    shown = opened(browser, files["en"])
    shown.locator("#summary .what").first.focus()
    meaning = shown.locator("#word-several")
    assert meaning.is_visible()
    shown.keyboard.press("Escape")
    assert meaning.is_hidden()
    shown.context.close()


def test_without_scripts_everything_is_there(browser: Browser, files: dict[str, Path]) -> None:
    shown = opened(browser, files["ja"], scripts=False)
    assert shown.locator("#together .drawing .wide svg").is_visible()
    assert shown.locator("#rejects tbody tr:visible").count() == 13
    assert shown.locator("#worth noscript").count() == 1
    assert shown.inner_text("#w-month").startswith("￥")
    shown.context.close()


def test_scripts_draw_the_charts_to_the_width_of_the_screen(browser: Browser, files: dict[str, Path]) -> None:
    shown = opened(browser, files["ja"], 360)
    box = shown.locator("#together .drawing .live svg").bounding_box()
    assert box is not None
    assert 200 < box["width"] <= 360
    shown.context.close()
