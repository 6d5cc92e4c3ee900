"""The widget in a page of another origin, in a real browser: it shows, reports, keeps still, and breaks nothing."""

import functools
import http.server
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tsuide.app.keys import create_key
from tsuide.kit.hashing import bucket

pytestmark = pytest.mark.browser

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "widget.html"
TREATED = (f"widget-visitor-{n}" for n in count() if bucket(f"widget-visitor-{n}", "holdout") > 100_000)
"""Visitors outside the holdout; a new one for every window, since what was shown three times rests."""
TAGGED = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Camera</title>
<script type="application/ld+json">{"@type": "Product", "sku": "cam-c", "name": "Camera Chiyo"}</script>
<script>window.dataLayer = []</script>
<script src="SERVER/widget/tsuide.js" data-key="KEY" data-consent="granted" data-track="views carts"></script></head>
<body><h1>Camera</h1><tsuide-till></tsuide-till></body></html>"""
"""A page that may carry a tag and nothing else; and a till."""
SHIFTS = """window.moved = []; new PerformanceObserver((list) => list.getEntries().forEach((each) => {
  if (!each.hadRecentInput) window.moved.push(...each.sources.map((moved) => [each.value, moved.node?.nodeName]))
})).observe({ type: 'layout-shift', buffered: true })"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_: object) -> None:
        """Not even that."""


@pytest.fixture(scope="module")
def site(server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The example page on an origin of its own."""
    folder = tmp_path_factory.mktemp("site")
    shop = server.shop()
    key, _ = create_key(shop, "pages", ["storefront"], datetime.now(UTC))
    shop.close()
    text = EXAMPLE.read_text(encoding="utf-8")
    (folder / "index.html").write_text(text.replace("SERVER", server.url).replace("KEY", key), encoding="utf-8")
    tagged = TAGGED.replace("SERVER", server.url).replace("KEY", key)
    (folder / "tagged.html").write_text(tagged, encoding="utf-8")
    (folder / "away.html").write_text(text.replace("SERVER", server.url).replace("KEY", "no-key"), encoding="utf-8")
    handler = functools.partial(Quiet, directory=str(folder))
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


@pytest.fixture
def page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a page as a visitor outside the holdout; errors in its scripts fail the test."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def opened(url: str | None, script: str = "", **options: Any) -> Any:
        context = browser.new_context(viewport={"width": 1280, "height": 1000}, **options)
        contexts.append(context)
        context.set_default_timeout(10_000)
        context.add_init_script(  # about:blank has no storage
            f"try {{ localStorage.setItem('tsuide.visitor', '{next(TREATED)}') }} catch {{}}; {SHIFTS}; {script}"
        )
        made = context.new_page()
        made.on("pageerror", lambda error: wrong.append(str(error)))
        if url:
            made.goto(url)
        return made

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def outcomes(server: Any, decision: str) -> list[tuple[str, str | None]]:
    shop = server.shop()
    try:
        return [(row["outcome"], row["reason"]) for row in shop.store.outcomes.of_decision(decision)]
    finally:
        shop.close()


def decision_of(page: Any) -> str:
    page.wait_for_function("document.querySelector('tsuide-offers').decision")
    return str(page.evaluate("document.querySelector('tsuide-offers').decision"))


def test_offers_are_shown_reported_and_put_into_the_pages_own_cart(site: str, server: Any, page: Any) -> None:
    shown = page(site, locale="ja")
    card = shown.locator("tsuide-offers li", has_text="Memory card 64 GB").first
    card.wait_for()
    assert card.locator(".why").first.inner_text()
    decision = decision_of(shown)
    shown.wait_for_timeout(1_500)
    card.get_by_role("button", name="カートに入れる").click()
    shown.wait_for_function("document.getElementById('cart').textContent.includes('card')")
    assert card.get_by_role("button", name="カートに入れる").is_disabled()
    shown.wait_for_timeout(500)
    assert {("shown", None), ("accepted", None)} <= set(outcomes(server, decision))


def test_a_no_with_its_reason_is_recorded(site: str, server: Any, page: Any) -> None:
    shown = page(site, locale="en")
    shown.evaluate("Tsuide.settings.language = 'en'; document.querySelector('tsuide-offers').fill()")
    card = shown.locator("tsuide-offers li").first
    card.get_by_text("Not this").click()
    decision = decision_of(shown)
    card.get_by_role("button", name="Too dear").click()
    shown.locator("tsuide-offers").get_by_role("status").wait_for()
    shown.wait_for_timeout(500)
    assert ("declined", "too_dear") in outcomes(server, decision)


def test_nothing_is_wrong_for_a_screen_reader(site: str, page: Any) -> None:
    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 360)):
        shown = page(site, color_scheme=scheme)
        shown.set_viewport_size({"width": width, "height": 900})
        shown.locator("tsuide-offers li").first.wait_for()
        shown.wait_for_timeout(300)
        found = Axe().run(shown, options={"runOnly": ["wcag2a", "wcag2aa"]})
        assert found.violations_count == 0, (scheme, width, found.generate_report())


@pytest.mark.parametrize("late_ms", [0, 700])
def test_nothing_moves_however_late_the_script_comes(site: str, page: Any, late_ms: int) -> None:
    def late(route: Any) -> None:
        time.sleep(late_ms / 1000)
        route.continue_()

    still = page(None)
    still.route("**/widget/tsuide.js", late)
    still.goto(site)
    still.locator("tsuide-offers li").first.wait_for()
    still.wait_for_timeout(1_000)
    assert still.evaluate("window.moved") == []


def test_do_not_track_keeps_and_reports_nothing(site: str, server: Any, page: Any) -> None:
    private = "localStorage.clear(); Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })"
    shown = page(site, private)
    decision = decision_of(shown)
    shown.wait_for_timeout(1_500)
    assert shown.evaluate("Tsuide.tracking") is False
    assert shown.evaluate("localStorage.length") == 0
    assert outcomes(server, decision) == []
    shop = server.shop()
    assert shop.store.decisions.get(decision)["anonymous_id"] is None
    shop.close()


def test_a_server_that_refuses_or_is_away_leaves_the_page_as_it_was(site: str, page: Any) -> None:
    refused = page(f"{site}/away.html")
    refused.wait_for_function("document.querySelector('tsuide-offers').filled")
    refused.wait_for_timeout(500)
    assert refused.locator("h1").inner_text() == "カメラ"
    away = page("about:blank")
    away.route("**/v1/**", lambda route: route.abort())
    away.goto(site)
    away.wait_for_timeout(800)
    assert away.locator("h1").inner_text() == "カメラ"
    assert away.locator("tsuide-offers li").count() == 0


def test_a_set_a_bar_to_free_shipping_and_a_notice(site: str, page: Any) -> None:
    shown = page(site)
    bundle = shown.locator("tsuide-bundle")
    bundle.get_by_role("button", name="まとめて入れる").wait_for()
    assert bundle.locator("li li").count() >= 2
    assert "￥" in bundle.locator(".price").inner_text()
    bundle.get_by_role("button", name="まとめて入れる").click()
    shown.wait_for_function("document.getElementById('cart').textContent.split(',').length >= 2")
    bar = shown.locator("tsuide-progress")
    assert bar.get_by_role("status").inner_text() == "あと ￥1,800 で送料無料です"
    assert bar.locator("progress").get_attribute("value") == "3200"
    shown.evaluate("document.querySelector('tsuide-progress').setAttribute('total', '5200')")
    shown.wait_for_function("document.querySelector('tsuide-progress').shadowRoot.textContent.includes('送料無料です')")
    notice = shown.locator("tsuide-notice")
    notice.get_by_text("外部送信について").click()
    assert "送信先: 127.0.0.1" in notice.locator("p").inner_text()


def test_a_till_says_one_sentence_and_takes_yes_or_no(site: str, server: Any, page: Any) -> None:
    till = page(f"{site}/tagged.html").locator("tsuide-till")
    for code, answer, outcome in (("cam-a", "No", "declined"), ("cam-a", "Yes", "accepted")):
        till.get_by_label("Scan a product").fill(code)
        till.get_by_label("Scan a product").press("Enter")
        till.locator(".say").wait_for()
        assert "¥" in till.locator(".say").inner_text()
        decision = till.evaluate("node => node.decision")
        till.get_by_role("button", name=answer, exact=True).click()
        till.page.wait_for_timeout(500)
        assert outcome in {each for each, _ in outcomes(server, decision)}


def test_a_page_with_nothing_but_a_tag_reports_its_views_and_carts(site: str, server: Any, page: Any) -> None:
    shown = page(f"{site}/tagged.html")
    items = "[{item_id: 'card', quantity: 2}]"
    shown.evaluate(f"window.dataLayer.push({{event: 'add_to_cart', ecommerce: {{items: {items}}}}})")
    shown.wait_for_timeout(800)
    visitor = shown.evaluate("localStorage.getItem('tsuide.visitor')")
    shop = server.shop()
    told = shop.store.facts.events().filter(anonymous_id=visitor).select("kind", "product_id", "quantity").rows()
    shop.close()
    assert sorted(told) == [("add", "card", 2), ("view", "cam-c", None)]
