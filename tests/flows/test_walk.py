"""A customer walks through the demo shop in a real browser; what they do is on record afterwards."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

PAGES = ["/shop/", "/shop/c?in=camera", "/shop/search?q=tea", "/shop/p/cam-a", "/shop/cart", "/shop/nowhere", "/docs"]


@pytest.fixture
def page(browser: Any, request: pytest.FixtureRequest) -> Any:
    """A fresh browser window; what goes wrong in it fails the test."""
    options = getattr(request, "param", {})
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en", **options)
    context.set_default_timeout(10_000)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    yield opened
    context.close()
    assert [each for each in wrong if "404" not in each] == []


def settled(page: Any) -> str:
    """Wait until the page has its offers (or its silence): shown, silent."""
    page.wait_for_selector("[data-state]", state="attached")
    return str(page.get_attribute("[data-state]", "data-state"))


def visit(page: Any, server: Any, path: str) -> str:
    """Open a page as a visitor outside the holdout."""
    for _ in range(20):
        page.goto(server.url + path)
        state = settled(page)
        if page.get_attribute("[data-state]", "data-arm") == "treated":
            return state
        page.context.clear_cookies()
    raise AssertionError("twenty visitors in the holdout")


def test_from_a_product_to_an_order_with_an_accepted_offer(page: Any, server: Any) -> None:
    assert visit(page, server, "/shop/p/cam-a?lang=en") == "shown"
    visitor = page.get_attribute("body", "data-visitor")
    card = page.locator(".offer", has_text="Memory card 64 GB").first
    assert "orders with Camera Aoba held this whole set" in card.locator("[data-reason]").inner_text()
    page.click(".buy button")
    page.wait_for_url("**/shop/cart?**")
    settled(page)
    assert "Camera Aoba is in your cart" in page.inner_text(".notice")

    page.locator(".offer", has_text="Memory card 64 GB").get_by_role("button", name="Add").click()
    page.wait_for_url("**about=card")
    settled(page)
    assert page.locator(".cart-lines li").count() == 3  # the camera, and the set of card and bag
    assert page.locator(".cart-lines li", has_text="Memory card").get_by_text("From an offer").is_visible()

    page.get_by_role("link", name="Review order").click()
    page.wait_for_url("**/shop/checkout")
    assert page.inner_text(".total") == "¥48,000"
    page.get_by_role("button", name="Place order").click()
    page.wait_for_url("**/shop/order")
    order_id = page.inner_text("main strong")

    shop = server.shop()
    lines = shop.store.facts.order_lines().filter(order_id=order_id).sort("line")
    assert lines["product_id"].to_list() == ["cam-a", "bag", "card"]
    offer_id = lines["offer_id"][1]
    assert lines["offer_id"].to_list() == [None, offer_id, offer_id]
    (yes,) = shop.store.acceptances.of_offer(offer_id)
    assert yes["evidence_kind"] == "click"
    told = shop.store.outcomes.of_decision(yes["decision_id"])
    mine = {each["outcome"] for each in told if each["offer_id"] == offer_id}
    assert mine == {"shown", "accepted", "purchased"}
    assert {each["anonymous_id"] for each in told} == {visitor}
    shop.close()
    settled(page)
    assert not page.locator(".offer .name", has_text="Memory card").count()


def test_no_thanks_is_heard(page: Any, server: Any) -> None:
    visit(page, server, "/shop/p/tea?lang=en")
    first = page.locator(".offer").first
    title = first.locator("[data-title]").inner_text()
    first.get_by_label(f"No thanks to {title}").click()
    first.get_by_role("button", name="I have it").click()
    page.wait_for_selector(".offer.gone")
    page.reload()
    settled(page)
    assert page.locator(".offer", has_text=title).count() == 0


def test_taking_something_out_may_bring_a_cheaper_one(page: Any, server: Any) -> None:
    visit(page, server, "/shop/p/cam-c?lang=en")
    assert page.locator(".offer .kind", has_text="For less").count() == 0
    page.click(".buy button")
    page.wait_for_url("**/shop/cart?**")
    page.get_by_role("button", name="Remove Camera Chiyo from cart").click()
    page.wait_for_url("**notice=removed**")
    settled(page)
    assert page.locator(".offer .kind", has_text="For less").count() == 1


def test_the_shop_speaks_both_languages_and_remembers(page: Any, server: Any) -> None:
    page.goto(f"{server.url}/shop/?lang=ja")
    assert page.get_attribute("html", "lang") == "ja"
    page.goto(f"{server.url}/shop/cart")
    assert page.inner_text("h1") == "カート"
    page.get_by_role("link", name="EN", exact=True).click()
    assert page.inner_text("h1") == "Your cart"


def test_playing_a_customer_changes_who_is_asked_for(page: Any, server: Any) -> None:
    page.goto(f"{server.url}/shop/?lang=en")
    page.locator(".menu summary").first.click()
    page.select_option("#who", index=1)
    chosen = page.input_value("#who")
    page.get_by_role("button", name="Switch").click()
    page.wait_for_load_state()
    assert page.get_attribute("body", "data-customer") == chosen


def test_without_scripts_the_shop_still_sells(browser: Any, server: Any) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto(f"{server.url}/shop/p/rice?lang=en")
    page.click(".buy button")
    page.get_by_role("link", name="Review order").click()
    page.get_by_role("button", name="Place order").click()
    assert "Thank you" in page.inner_text("h1")
    context.close()


def test_the_keyboard_reaches_everything_in_order(page: Any, server: Any) -> None:
    visit(page, server, "/shop/p/cam-a?lang=en")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.textContent.trim().slice(0, 40)"))
    assert {"Add to cart", "API reference"} <= seen


@pytest.mark.parametrize(  # each of them; with `make soak` every pair
    ("language", "width", "scheme"),
    [
        ("ja", 360, "light"),
        pytest.param("ja", 1440, "dark", marks=pytest.mark.soak),
        pytest.param("en", 360, "light", marks=pytest.mark.soak),
        ("en", 1440, "dark"),
    ],
)
def test_every_page_is_accessible_and_fits(browser: Any, server: Any, scheme: str, width: int, language: str) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, locale=language, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(f"{server.url}/shop/p/cam-a?lang={language}")
    page.click(".buy button")
    for path in PAGES:
        page.goto(server.url + path)
        if page.locator("[data-ask]").count():
            settled(page)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{path} is too wide"
    context.close()
