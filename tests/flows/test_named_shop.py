"""The made-up shop behind a real server application: what a customer sees makes sense, in both languages."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from tsuide.app import named_demo
from tsuide.app.demo import DEMO_GOODS
from tsuide.app.importing import import_file, read_file
from tsuide.app.learn import learn
from tsuide.app.named_shop import make_tables
from tsuide.app.policies import put_in_force
from tsuide.app.promotions import put_promotion, read_promotion
from tsuide.app.signing import set_sale_terms
from tsuide.app.wiring import opened
from tsuide.asgi import create
from tsuide.config import Settings
from tsuide.intake.settings import IntakeSettings


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server of two shops: an empty one, and at /named the made-up one with fewer customers."""
    first, home = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("named")
    now = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)  # the same shop at every hour of a day
    with opened(Settings(home=home)) as shop:
        for kind, table in make_tables(now, seed=3, customers=400).items():
            table.write_csv(home / f"{kind}.csv")
            import_file(shop.store.facts, read_file(home / f"{kind}.csv", kind), IntakeSettings(now, "JPY"))
        set_sale_terms(shop, named_demo.TERMS, now)
        for each in named_demo.promotions(now):
            put_promotion(shop, read_promotion(each), now)
        shop.store.settings.put(DEMO_GOODS, "named", now)
        text = named_demo.named_policy().replace("holdout: 5%", "holdout: 0%")
        put_in_force(shop, text.replace('quiet_hours: {start: "21:00", end: "8:00"}', "quiet_hours: off"), now)
        learn(shop, now=now, seed=1)
    settings = Settings(home=first, demo_shop=True, more_shops=f"named={home}")
    with TestClient(create(settings)) as client:
        yield client


@pytest.fixture
def ask(shops: TestClient) -> Any:
    """Ask the made-up shop's API as its own pages do."""
    key = shops.get("/named/shop/").text.split('data-key="')[1].split('"')[0]

    def asked(**question: Any) -> list[dict[str, Any]]:
        answer = shops.post("/named/v1/offers", json=question, headers={"X-Api-Key": key})
        assert answer.status_code == 200, answer.text
        offers: list[dict[str, Any]] = answer.json()["offers"]
        return offers

    return asked


@pytest.fixture
def ask_as(shops: TestClient) -> Any:
    """Ask as one of the customers whom a visitor may play, as the pages do."""

    def asked(customer: str, **question: Any) -> list[dict[str, Any]]:
        shops.post("/named/shop/who", data={"customer": customer, "back": "/named/shop/"})
        page = shops.get("/named/shop/").text
        shops.cookies.clear()
        key, token = (page.split(f'data-{name}="')[1].split('"')[0] for name in ("key", "customer-token"))
        headers = {"X-Api-Key": key, "X-Customer-Token": token}
        answer = shops.post("/named/v1/offers", json={"customer_id": customer, **question}, headers=headers)
        assert answer.status_code == 200, answer.text
        offers: list[dict[str, Any]] = answer.json()["offers"]
        return offers

    return asked


@pytest.fixture(scope="module")
def played(shops: TestClient) -> list[str]:
    """The customers whom a visitor may play."""
    options = shops.get("/named/shop/").text.split('<select id="who"')[1].split("</select>")[0]
    return [each.split('"')[0] for each in options.split('<option value="')[2:]]


# Where each kind is found by a visitor: what the page there asks, and the product that comes, where it is sure which.
FOUND: list[tuple[str, str, dict[str, Any], str]] = [
    ("cross_sell", "product", {"product_id": "S1-white"}, ""),
    ("bundle", "product", {"product_id": "M1-black"}, ""),
    ("up_sell", "product", {"product_id": "BLEND2"}, "BLEND3"),
    ("content", "product", {"product_id": "S1-white"}, ""),
    ("alternative", "product", {"product_id": "S1-blue"}, "S1-"),
    ("down_sell", "product", {"product_id": "BLEND3", "budget": 1_200}, "BLEND2"),
    ("down_sell", "cart", {"product_id": "BLEND3", "hesitation": ["removed"]}, "BLEND2"),
    ("alternative", "cart", {"cart": [{"product_id": "S1-blue", "quantity": 1}]}, "S1-"),
    ("filler", "cart", {"cart": [{"product_id": "LOT_M", "quantity": 1}]}, ""),
    ("cross_sell", "checkout", {"cart": [{"product_id": "S1-white", "quantity": 1}]}, ""),
    ("cross_sell", "confirmation", {"cart": [{"product_id": "S1-white", "quantity": 1}]}, ""),
    ("cross_sell", "home", {}, ""),
    ("cross_sell", "category", {"categories": ["お茶"]}, ""),
    ("cross_sell", "search", {"categories": ["お茶"]}, ""),
    ("cross_sell", "till", {"cart": [{"product_id": "S1-white", "quantity": 1}]}, ""),
    ("cross_sell", "app", {"product_id": "S1-white"}, ""),
    ("cross_sell", "agent", {"product_id": "S1-white", "budget": 50_000}, ""),
]


@pytest.mark.parametrize(("kind", "placement", "question", "product"), FOUND)
def test_every_kind_is_found_where_a_visitor_looks(
    ask: Any, kind: str, placement: str, question: dict[str, Any], product: str
) -> None:
    found = ask(placement=placement, anonymous_id=f"{kind}-{placement}", kinds=[kind], n=3, **question)
    assert found, (kind, placement)
    assert {each["kind"] for each in found} == {kind}
    assert any(each["product"]["id"].startswith(product) for each in found)


@pytest.mark.parametrize("placement", ["account", "home", "cart"])
def test_a_refill_that_is_due_is_offered_to_a_customer_whom_a_visitor_may_play(
    ask_as: Any, played: list[str], placement: str
) -> None:
    due = {customer: ask_as(customer, placement=placement, kinds=["replenish"], n=3) for customer in played}
    offers = [each for found in due.values() for each in found]
    assert {each["kind"] for each in offers} == {"replenish"}, due
    assert offers[0]["reasons"][0]["code"] == "due"


@pytest.mark.parametrize("placement", ["account", "email", "line"])
def test_who_agreed_is_reached_through_every_door(ask_as: Any, played: list[str], placement: str) -> None:
    assert any(ask_as(customer, placement=placement, n=1) for customer in played)


def test_a_rep_gets_a_pitch(shops: TestClient) -> None:
    page = shops.get("/named/shop/doors").text
    key = page.split('data-ask="')[1:]
    desk = next(each for each in key if "demo-desk" in each.split('"')[0]).split('data-key="')[1].split('"')[0]
    question = {"placement": "rep", "rep": {"id": "demo-desk", "needs": ["demo"]}, "product_id": "S1-white", "n": 1}
    (offer,) = shops.post("/named/v1/offers", json=question, headers={"X-Api-Key": desk}).json()["offers"]
    assert offer["pitch"]


def test_who_looks_again_and_again_is_shown_a_cheaper_one_after_something_else(shops: TestClient, ask: Any) -> None:
    key = shops.get("/named/shop/").text.split('data-key="')[1].split('"')[0]

    def look(times: int) -> None:
        views = [
            {"type": "track", "event": "Product Viewed", "anonymousId": "again", "messageId": f"again-{times}-{n}",
             "timestamp": datetime.now(UTC).isoformat(), "properties": {"product_id": "BLEND3"}}
            for n in range(times)
        ]  # fmt: skip
        assert shops.post("/named/v1/batch", json={"batch": views}, headers={"X-Api-Key": key}).status_code == 200

    def cheaper() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ask(
            placement="product", product_id="BLEND3", anonymous_id="again", kinds=["down_sell"]
        )
        return found

    look(1)
    assert not cheaper()
    look(3)
    first = shops.post(
        "/named/v1/offers",
        json={"placement": "product", "product_id": "BLEND3", "anonymous_id": "again", "n": 2},
        headers={"X-Api-Key": key},
    ).json()
    outcomes = [{"offer_id": each["id"], "outcome": "shown"} for each in first["offers"]]
    path = f"/named/v1/offers/{first['decision']}/outcomes"
    assert shops.post(path, json={"outcomes": outcomes}, headers={"X-Api-Key": key}).status_code == 200
    assert {each["kind"] for each in cheaper()} == {"down_sell"}


def test_a_product_page_takes_the_budget_that_a_visitor_names(shops: TestClient) -> None:
    page = shops.get("/named/shop/p/BLEND3?budget=1,200&lang=en").text
    assert "&quot;budget&quot;: 1200" in page or "&#34;budget&#34;: 1200" in page
    assert 'value="1200"' in page
    assert "budget&#34;" not in shops.get("/named/shop/p/BLEND3?budget=lots").text


def test_a_phone_gets_its_own_case_and_glass_and_no_other_models(ask: Any) -> None:
    offers = ask(placement="product", product_id="S1-white", anonymous_id="v1", n=6, kinds=["cross_sell", "bundle"])
    fits = {offer["product"]["id"].split("-")[0] for offer in offers}
    assert fits & {"CASE_S1", "FILM_S1"}
    assert not fits & {"CASE_S2", "CASE_PRO", "FILM_S2", "FILM_PRO"}


def test_a_choice_instead_of_a_thing_never_goes_with_it(ask: Any) -> None:
    for lens in ("L50", "L35", "L90"):
        beside = ask(placement="product", product_id=lens, anonymous_id=f"v-{lens}", n=6, kinds=["cross_sell"])
        assert not [each for each in beside if each["product"]["category"][-1] == "交換レンズ"]


def test_the_better_model_is_of_the_same_need(ask: Any) -> None:
    (better,) = ask(placement="product", product_id="BLEND2", anonymous_id="v2", n=1, kinds=["up_sell"])
    assert (better["product"]["id"], better["difference"]) == ("BLEND3", 400)


def test_what_fills_up_to_free_shipping_comes_in_the_parcel(ask: Any) -> None:
    cart = [{"product_id": "LOT_M", "quantity": 1}]
    fillers = ask(placement="cart", cart=cart, anonymous_id="v3", n=5, kinds=["filler"])
    assert fillers
    assert not {offer["product"]["id"] for offer in fillers} & {"CARE", "CARE_P", "COUNSEL", "LESSON1"}


def test_english_readers_read_english(ask: Any) -> None:
    offers = ask(placement="product", product_id="M1-black", anonymous_id="v4", language="en", n=3)
    assert offers
    said = [offer["product"]["title"] for offer in offers] + [offers[0]["reasons"][0]["text"]]
    said += [each["name"] for offer in offers for item in offer["items"] for each in item["variants"]]
    assert all(text.replace("×", "x").replace("¥", "").isascii() for text in said), said


def test_every_page_answers_in_both_languages(shops: TestClient) -> None:
    pages = ["/", "/c?in=ガーデン", "/search?q=ｶﾒﾗ", "/p/M1-black", "/p/NIGHT", "/cart", "/account", "/doors"]
    for language in ("ja", "en"):
        for path in pages:
            mark = "&" if "?" in path else "?"
            answer = shops.get(f"/named/shop{path}{mark}lang={language}")
            assert (path, answer.status_code) == (path, 200)
            assert f'<html lang="{language}">' in answer.text


def test_search_finds_in_both_languages_and_any_kana(shops: TestClient) -> None:
    for word in ("かめら", "ｶﾒﾗ", "camera", "ＣＡＭＥＲＡ"):
        assert "M1-black" in shops.get("/named/shop/search", params={"q": word}).text, word


def test_pictures_are_drawn_and_others_are_not_found(shops: TestClient) -> None:
    drawn = shops.get("/pictures/camera-black.svg")
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/svg+xml")
    assert shops.get("/pictures/looks/CHAIR-white.svg").status_code == 200
    assert shops.get("/pictures/camera-plaid.svg").status_code == 404
    assert shops.get("/pictures/looks/M1-black.svg").status_code == 404


def test_the_checkout_shows_the_shops_terms_and_shipping_below_the_threshold(shops: TestClient) -> None:
    shops.post("/named/shop/cart/add", data={"product": "LOT_M", "quantity": "1"})
    page = shops.get("/named/shop/checkout?lang=ja").text
    assert "送料500円・5,000円以上は無料" in page
    assert "￥2,480" in page  # 1,980 and shipping
    shops.post("/named/shop/cart/set", data={"product": "LOT_M", "quantity": "3"})
    assert "￥5,940" in shops.get("/named/shop/checkout").text


def test_what_is_switched_off_on_the_account_page_is_off(shops: TestClient) -> None:
    shops.post("/named/shop/who", data={"customer": "U0001", "back": "/named/shop/"})
    assert shops.get("/named/shop/account").text.count(" checked") == 3
    shops.post("/named/shop/account", data={"personalisation_any": "1"})
    page = shops.get("/named/shop/account?lang=en").text
    assert page.count(" checked") == 1
    assert "Past orders" in page
