import re
from typing import Any

import pytest


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("path", ["/", "/c?in=camera", "/search?q=tea", "/p/cam-a", "/cart", "/nowhere"])
def test_pages_come_in_both_languages_and_load_nothing_from_elsewhere(served: Any, path: str, language: str) -> None:
    answer = served.client.get(f"/shop{path}{'&' if '?' in path else '?'}lang={language}")
    assert f'<html lang="{language}">' in answer.text
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", answer.text)
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.status_code == (404 if path == "/nowhere" else 200)
    served.client.cookies.clear()


def test_a_page_states_what_it_asks_and_holds_no_offer(served: Any) -> None:
    page = served.client.get("/shop/p/cam-a?lang=en").text
    assert "&#34;product_id&#34;: &#34;cam-a&#34;" in page
    assert "Memory card" not in page
    assert served.client.get("/shop/p/%E4%BD%95%E3%81%8B").status_code == 404


def test_titles_and_queries_cannot_break_out_of_the_page(served: Any) -> None:
    page = served.client.get("/shop/search", params={"q": "<script>alert(1)</script>\"'"}).text
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}],
)
def test_a_form_from_elsewhere_is_refused(served: Any, headers: dict[str, str]) -> None:
    answer = served.client.post("/shop/cart/add", data={"product": "card"}, headers=headers, follow_redirects=False)
    assert answer.status_code == 400
    assert "could not be done" in answer.text or "受け付けられません" in answer.text


@pytest.mark.parametrize("quantity", ["-1", "1.5", "many", "９"])
def test_a_quantity_that_is_none_is_refused(served: Any, quantity: str) -> None:
    answer = served.client.post("/shop/cart/add", data={"product": "card", "quantity": quantity})
    assert answer.status_code == 400


def test_the_order_is_placed_once_however_often_it_is_sent(served: Any) -> None:
    client = served.client
    client.cookies.clear()
    client.post("/shop/cart/add", data={"product": "rice", "quantity": "2"})
    token = re.search(r'name="token" value="(\w+)"', client.get("/shop/checkout").text)
    assert token is not None
    cart = client.cookies.get("tsuide_cart")
    first = client.post("/shop/checkout", data={"token": token.group(1)})
    number = re.search(r"web_\w+", first.text)
    client.cookies.set("tsuide_cart", cart, domain="testserver.local", path="/shop")
    second = client.post("/shop/checkout", data={"token": token.group(1)})
    assert number is not None
    assert number.group() in second.text
    client.cookies.clear()


def test_nobody_plays_a_customer_who_is_not_offered(served: Any) -> None:
    answer = served.client.post("/shop/who", data={"customer": "somebody", "back": "/shop/"})
    assert answer.status_code == 400
    home = served.client.post("/shop/who", data={"customer": "", "back": "//evil.example"}, follow_redirects=False)
    assert home.headers["location"] == "/shop/"


def test_what_a_buyer_said_stands_in_the_readers_own_quotation_marks(served: Any) -> None:
    assert "“Fast enough for film.”" in served.client.get("/shop/p/card?lang=en").text
    assert "「動画にも十分な速さです。」" in served.client.get("/shop/p/card?lang=ja").text
    served.client.cookies.clear()
