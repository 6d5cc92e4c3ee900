"""The pieces of a look under its one picture, each addable in its own size: in the widget and on the shop's pages."""

import functools
import http.server
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe

from tsuide.app.keys import create_key
from tsuide.app.learn import learn
from tsuide.app.looks import put_look
from tsuide.app.policies import put_in_force
from tsuide.app.wiring import opened
from tsuide.config import Settings
from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.looks import Look
from tsuide.facts.schema import conform
from tsuide.offers.policy.load import ready_text

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="LANG"><head><meta charset="utf-8"><title>Tea room</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>:root{color-scheme:light dark}</style>
<script src="SERVER/widget/tsuide.js" data-key="KEY" data-language="LANG" async></script></head>
<body><main><h1>Rice</h1><tsuide-offers placement="product" product="rice" n="6" eager></tsuide-offers>
<p id="cart" role="status"></p></main>
<script>document.addEventListener('tsuide:add', ({ detail }) => {
  const ids = detail.items.map((each) => each.product_id)
  document.getElementById('cart').textContent = `${ids} ${detail.price}` })</script>
</body></html>"""
ROOM = Look("tea-room", {"ja": "茶の間", "en": "A tea room"}, ("rice", "cup", "cake"), "/shop/static/mark.svg")


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_: object) -> None:
        """Not even that."""


def _cups() -> pl.DataFrame:
    """The small shop's tea cup in two sizes, the larger one dearer."""
    cup = {"category": ["home", "cups"], "currency": "JPY", "tax_rate": 1000, "tax_included": True, "kind": "physical"}
    cup |= {"title": "Tea cup", "parent_id": "cups", "status": "active", "cost": 600}
    sizes = [{"id": "cup", "price": 1_500, "variant": "M"}, {"id": "cup-large", "price": 1_900, "variant": "L"}]
    return conform(pl.DataFrame([cup | each for each in sizes]), PRODUCTS)


@pytest.fixture(scope="module")
def room(
    tmp_path_factory: pytest.TempPathFactory, fill_shop: Callable[..., None], start_server: Callable[..., Any]
) -> Iterator[tuple[Any, str]]:
    """A server whose shop has a look, and the address of a page of another origin in ja.html and en.html."""
    home, folder = tmp_path_factory.mktemp("room"), tmp_path_factory.mktemp("pages")
    now = datetime.now(UTC)
    with opened(Settings(home=home, language="en")) as shop:
        fill_shop(shop)
        shop.store.facts.write_products(_cups())
        put_look(shop, ROOM, now)
        put_in_force(shop, ready_text("standard").replace("holdout: 5%", "holdout: 0%"), now)
        learn(shop, now=now, seed=0)
        key, _ = create_key(shop, "pages", ["storefront"], now)
    running = start_server(home, "--demo-shop")
    for language in ("ja", "en"):
        text = PAGE.replace("SERVER", running.url).replace("KEY", key).replace("LANG", language)
        (folder / f"{language}.html").write_text(text, encoding="utf-8")
    (folder / "shop" / "static").mkdir(parents=True)
    static = Path(__file__).parents[2] / "src" / "tsuide" / "interfaces" / "shop" / "static"
    shutil.copy(static / "mark.svg", folder / "shop" / "static" / "mark.svg")
    pages = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    yield running, f"http://127.0.0.1:{pages.server_port}"
    pages.shutdown()
    pages.server_close()
    running.process.terminate()
    assert running.process.wait(60) in {0, -signal.SIGTERM}


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page of a fresh visitor; errors in its scripts fail the test."""
    context, wrong = browser.new_context(viewport={"width": 1280, "height": 1000}, reduced_motion="reduce"), []
    context.set_default_timeout(15_000)
    made = context.new_page()
    made.on("pageerror", lambda error: wrong.append(str(error)))
    yield made
    context.close()
    assert wrong == []


def clean(page: Any) -> None:
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize(
    ("language", "title", "add", "dear"),
    [("ja", "茶の間", "カートに入れる", "L · ￥1,900"), ("en", "A tea room", "Add to cart", "L · ¥1,900")],
)
def test_the_widget_shows_a_look_once_and_adds_each_piece_in_its_size(
    room: tuple[Any, str], page: Any, language: str, title: str, add: str, dear: str
) -> None:
    page.goto(f"{room[1]}/{language}.html")
    look = page.locator("tsuide-offers li.look")
    look.get_by_text(title).first.wait_for()
    assert look.count() == 1
    assert look.locator("img").count() == 1
    assert look.locator("li").count() == 2  # the cup and the cake; the rice is the page's own
    cup = look.locator("li", has_text="Tea cup")
    assert cup.locator("option").all_inner_texts() == ["M", dear]
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 1000})
        clean(page)
    cup.locator("select").select_option("cup-large")
    assert "1,900" in cup.locator(".price").inner_text()
    cup.get_by_role("button", name=add).click()
    page.wait_for_function("document.getElementById('cart').textContent === 'cup-large 1900'")
    assert look.locator("li", has_text="Sponge cake").locator("select").count() == 0


@pytest.mark.parametrize(
    ("language", "title", "add"), [("ja", "茶の間", "カートに入れる"), ("en", "A tea room", "Add")]
)
def test_the_shops_page_shows_a_look_once_and_adds_each_piece_in_its_size(
    room: tuple[Any, str], page: Any, language: str, title: str, add: str
) -> None:
    page.goto(f"{room[0].url}/shop/p/rice?lang={language}")
    look = page.locator(".slots li.look")
    look.get_by_text(title).first.wait_for()
    assert (look.count(), look.locator(":scope > img").count()) == (1, 1)
    cup = look.locator(".offer", has_text="Tea cup")
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 1000})
        clean(page)
    cup.locator("select").select_option("cup-large")
    cup.get_by_role("button", name=add).click()
    page.wait_for_url("**/cart*")
    lines = page.locator(".cart-lines li")
    assert lines.count() == 1
    assert "1,900" in lines.inner_text()
