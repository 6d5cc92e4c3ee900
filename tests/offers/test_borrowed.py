"""A product that nobody has bought yet is offered the partners of its like, and says so."""

from datetime import UTC, datetime

import polars as pl
import pytest

from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.schema import conform
from tsuide.mining.backoff import BackOff
from tsuide.mining.baskets import Baskets
from tsuide.mining.complements import Complements
from tsuide.mining.fitted import Fitted
from tsuide.offers.customer import CustomerView
from tsuide.offers.decide import decide
from tsuide.offers.explain import offer_text
from tsuide.offers.policy.load import load_policy
from tsuide.offers.request import OfferRequest
from tsuide.offers.state import State, build_state

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
POLICY = load_policy("holdout: 0%\nrules: {price_reach: off, worthless: off}\n")
GOODS = [
    ("cam-1", "ミラーレスカメラ アルファ", "カメラ"),
    ("cam-2", "コンパクトカメラ", "カメラ"),
    ("cam-new", "ミラーレスカメラ アルファ 新型", "カメラ"),
    ("x-100", "X100", "カメラ"),
    ("card", "SD カード", "メモリー"),
    ("tea", "緑茶", "飲料"),
    ("cup", "湯のみ", "食器"),
]


@pytest.fixture(scope="module")
def shop() -> State:
    orders = [("cam-1", "card")] * 30 + [("cam-2", "card")] * 20 + [("tea", "cup")] * 50
    rows = [(number, item) for number, order in enumerate(orders) for item in order]
    baskets = Baskets.from_frame(pl.DataFrame(rows, schema=["o", "p"], orient="row"), basket="o", item="p")
    catalogue = conform(
        pl.DataFrame(
            [
                {
                    "id": item,
                    "title": title,
                    "category": [kind],
                    "price": 1_000,
                    "cost": 500,
                    "currency": "JPY",
                    "status": "active",
                    "kind": "physical",
                }
                for item, title, kind in GOODS
            ]
        ),
        PRODUCTS,
    )
    complements = Complements().fit(baskets, tune=False)
    parts: dict[str, Fitted] = {
        "complements": complements,
        "backoff": BackOff(few=1).fit(catalogue, baskets, complements),
    }
    return build_state(parts, catalogue, snapshot_id="s")


def beside(shop: State, product: str) -> list[tuple[str, str, str]]:
    request = OfferRequest("product", product_id=product, n=3)
    made = decide(request, shop, CustomerView(), POLICY, now=NOW, seed=1)
    return [(each.product_id, each.source, offer_text(each, "ja", shop).split("。")[0]) for each in made.offers]


def test_a_new_model_takes_the_partners_of_the_one_with_its_name(shop: State) -> None:
    assert beside(shop, "cam-new") == [
        (
            "card",
            "borrowed",
            "「ミラーレスカメラ アルファ 新型」によく似た「ミラーレスカメラ アルファ」と、一緒に選ばれている商品です",
        )
    ]


def test_a_product_whose_name_says_nothing_takes_those_of_its_category(shop: State) -> None:
    assert beside(shop, "x-100") == [("card", "borrowed", "「X100」のような商品と、よく一緒に選ばれています")]


def test_a_product_with_partners_of_its_own_borrows_none(shop: State) -> None:
    assert beside(shop, "cam-1")[0][:2] == ("card", "complements")


def test_what_is_believed_of_a_borrowed_partner_comes_from_its_like(shop: State) -> None:
    request = OfferRequest("product", product_id="cam-new", n=3)
    (card,) = decide(request, shop, CustomerView(), POLICY, now=NOW, seed=1).offers
    assert 0.5 < card.scores.propensity <= 1.0  # every order of the like held the card
