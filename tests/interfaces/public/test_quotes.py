"""The page of a quote: looked at it says everything and changes nothing; pressed it is the customer's own answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl
import pytest
from starlette.testclient import TestClient

from tsuide.app.deal_quotes import send_quote, set_seller
from tsuide.app.deals import add_deal, deal_told, put_line
from tsuide.app.signing import DEMO_TERMS, set_sale_terms
from tsuide.app.wiring import Shop, open_shop
from tsuide.asgi import create
from tsuide.config import Settings
from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.frames import frame_of
from tsuide.facts.schema import conform
from tsuide.outreach.sales.quotes import Seller

ROW = {"id": "tea", "title": "煎茶", "price": 1_000, "cost": 600, "tax_rate": 800, "tax_included": True}
SELLER = Seller({"ja": "青葉商店", "en": "Aoba"}, {"ja": "東京", "en": "Tokyo"}, "T1234567890123")


@dataclass
class Quoted:
    """A running server and its shop."""

    client: TestClient
    shop: Shop

    def sent(self, n: int) -> tuple[str, str]:
        """A deal, and the page of its quote."""
        now = datetime.now(UTC)
        deal = add_deal(self.shop, "Tea", now, n, customer_id="acme", owner="ann").id
        put_line(self.shop, deal, "tea", 12, now)
        return deal, f"/m/quote/{send_quote(self.shop, deal, now, n).token}"


@pytest.fixture(scope="module")
def quoted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quoted]:
    settings = Settings(home=tmp_path_factory.mktemp("quoted") / "home", language="en")
    shop = open_shop(settings)
    row = {**ROW, "currency": "JPY", "status": "active", "kind": "physical", "category": ["x"]}
    shop.store.facts.write_products(conform(pl.DataFrame([row]), PRODUCTS))
    shop.store.facts.write_customers(frame_of([Customer("acme", "company", name="青葉 <商事>")], CUSTOMERS))
    set_sale_terms(shop, DEMO_TERMS, datetime.now(UTC))
    set_seller(shop, SELLER, datetime.now(UTC))
    with TestClient(create(settings), raise_server_exceptions=False) as client:
        yield Quoted(client, shop)
    shop.close()


def test_looking_shows_the_whole_quote_and_orders_nothing(quoted: Quoted) -> None:
    deal, page = quoted.sent(1)
    for language, words in (("ja", "青葉 &lt;商事&gt; 御中"), ("en", "Reduced rate of 8%")):
        answer = quoted.client.get(page, params={"lang": language})
        assert answer.status_code == 200
        assert words in answer.text
        assert "T1234567890123" in answer.text
    assert deal_told(quoted.shop, deal)["stage"] == "quoted"


def test_the_button_is_the_yes_and_a_second_press_is_the_same_order(quoted: Quoted) -> None:
    deal, page = quoted.sent(2)
    answers = [quoted.client.post(page, params={"lang": "ja"}, data={"answer": "yes"}) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    assert "ご注文を承りました" in answers[0].text
    told = deal_told(quoted.shop, deal)
    assert (told["stage"], told["flags"]) == ("won", [])
    lines = quoted.shop.store.facts.order(told["order_id"])[1]
    assert lines.select("product_id", "quantity", "role").rows() == [("tea", 12, "main")]
    assert "Confirm and order" not in quoted.client.get(page, params={"lang": "en"}).text


def test_no_and_later_are_heard_and_order_nothing(quoted: Quoted) -> None:
    deal, page = quoted.sent(3)
    assert "Nothing is ordered yet" in quoted.client.post(page, data={"answer": "later"}).text
    told = quoted.client.post(page, data={"answer": "no", "reason": "too_dear"}).text
    assert "We have noted your no" in told
    assert deal_told(quoted.shop, deal)["stage"] == "negotiation"
    assert quoted.shop.store.deals.events(deal_id=deal)[-1]["reason"] == "too_dear"


def test_what_is_no_answer_or_no_link_is_told_and_a_replaced_quote_is_gone(quoted: Quoted) -> None:
    deal, page = quoted.sent(4)
    answers = [
        quoted.client.post(page, data={"answer": "perhaps"}),
        quoted.client.post(page, data={"answer": "no", "reason": "x"}),
        quoted.client.get("/m/quote/nothing"), quoted.client.get("/m/quote/" + "x" * 5_000),
    ]  # fmt: skip
    assert [each.status_code for each in answers] == [400, 400, 404, 400]
    put_line(quoted.shop, deal, "tea", 24, datetime.now(UTC))
    gone = quoted.client.get(page)
    assert (gone.status_code, "This quotation is over" in gone.text) == (410, True)
