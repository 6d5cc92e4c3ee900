"""Sentences in two languages, the rep's pitch, and the candidates that sets, gaps, lessons, goals and tastes bring."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from tsuide.mining.baskets import Baskets
from tsuide.mining.bundles import Bundles
from tsuide.mining.complements import Complements
from tsuide.mining.fillers import Fillers
from tsuide.mining.fitted import Fitted
from tsuide.mining.reviews import Reviews
from tsuide.mining.sessions import Sessions
from tsuide.offers.customer import CustomerView
from tsuide.offers.decide import decide
from tsuide.offers.decision import Decision
from tsuide.offers.explain import NOTES, QUESTIONS, REASONS, offer_text, reason_text, trace
from tsuide.offers.learned import foreseen
from tsuide.offers.offer import Offer, Placement, Reason
from tsuide.offers.pitch import pitch
from tsuide.offers.policy.load import load_policy
from tsuide.offers.request import CartLine, OfferRequest, Rep
from tsuide.offers.state import State, build_state

NOW = datetime(2026, 1, 31, 3, tzinfo=UTC)
POLICY = load_policy("page: {offers: 20, per_need: 20}\nrules: {evidence: off, unlikely: off}")
BASKETS = (
    [["cam", "card", "bag"]] * 30 + [["cam", "card"]] * 10 + [["cam"]] * 20 + [["tea"]] * 90 + [["cap", "cam"]] * 9
)


def product(id_: str, category: str, price: int | None, **more: object) -> dict[str, object]:
    return {
        "id": id_,
        "title": id_,
        "category": [category],
        "price": price,
        "cost": None if price is None else price // 2,
        "currency": "JPY",
        **more,
    }


@pytest.fixture(scope="module")
def rich() -> State:
    products = pl.DataFrame(
        [
            product("cam", "cameras", 50_000),
            product("card", "memory", 3_000),
            product("bag", "bags", 5_000),
            product("cap", "caps", 900),
            product("tea", "teas", 600, attributes='{"tags": "green, leaf", "goals": "relax"}'),
            product("course", "cameras", 0, kind="content"),
            product("article", "reading", None, kind="content", attributes='{"need": "tea brewing", "goals": "relax"}'),
            product("plan", "plans", 1_000, kind="subscription"),
        ],
        infer_schema_length=None,
    )
    lines = pl.DataFrame([{"order": str(n), "sku": sku} for n, basket in enumerate(BASKETS) for sku in basket])
    prices = products.select(sku="id", price="price")
    baskets = Baskets.from_frame(lines.join(prices, on="sku"), basket="order", item="sku", price="price")
    complements = Complements().fit(baskets, tune=False)
    reviews = pl.DataFrame(
        {"product_id": ["card"] * 6, "rating": [5] * 6, "text": ["速くて満足です。"] * 6, "helpful": [1] * 6}
    )
    parts: dict[str, Fitted] = {
        "complements": complements,
        "bundles": Bundles().fit(baskets, complements),
        "fillers": Fillers().fit(baskets, products),
        "reviews": Reviews().fit(reviews),
        "sessions": Sessions().fit(baskets, tune=False),
    }
    return build_state(parts, products, snapshot_id="rich")


def at(placement: Placement, state: State, **more: Any) -> Decision:
    view = more.pop("view", CustomerView())
    return decide(OfferRequest(placement, n=20, **more), state, view, POLICY, now=NOW, seed=3)


def offer_of(decision: Decision, source: str) -> Offer:
    return next(offer for offer in decision.slate if offer.source == source)


def test_a_set_stands_as_one_offer_with_all_that_is_missing(rich: State) -> None:
    decision = at("product", rich, product_id="cam", kinds=("bundle",))
    offer = offer_of(decision, "bundles")
    assert [item.product_id for item in offer.items] == ["card", "bag"]
    assert offer.price == 8_000
    assert reason_text(offer.reasons[0], "en", rich) == "30 of 69 orders with cam held this whole set."
    assert reason_text(offer.reasons[1], "en", rich) == "A starter set: what one needs to begin."
    whole = replace(rich, sets=rich.sets.copy())
    whole.sets.flags.writeable = True
    whole.sets["intent"] = 1
    told = offer_of(at("product", whole, product_id="cam", kinds=("bundle",)), "bundles").reasons[1]
    assert reason_text(told, "ja", rich) == "あると便利なものまでひととおりそろうセットです。"


def test_what_lies_in_the_cart_breaks_the_set(rich: State) -> None:
    decision = at("cart", rich, cart=(CartLine("cam"), CartLine("bag")), kinds=("bundle",))
    assert decision.slate == ()
    assert decision.refused["in_cart"] >= 1


def test_a_filler_closes_the_gap(rich: State) -> None:
    decision = at("cart", rich, cart=(CartLine("tea"),), free_shipping_at=1_400, kinds=("filler",))
    assert [offer.product_id for offer in decision.slate] == ["cap"]
    assert reason_text(decision.slate[0].reasons[0], "ja", rich) == "こちらを加えると送料無料になります。"
    assert at("cart", rich, cart=(CartLine("tea"),), free_shipping_at=600, kinds=("filler",)).slate == ()


def test_lessons_goals_and_tastes(rich: State) -> None:
    assert offer_of(at("product", rich, product_id="cam", kinds=("content",)), "content").product_id == "course"
    assert offer_of(at("home", rich, goal="relax", kinds=("cross_sell",)), "goal").product_id == "tea"
    asked = at("rep", rich, rep=Rep("r", needs=("relax",)), kinds=("cross_sell",))
    assert offer_of(asked, "goal").product_id == "tea"
    assert offer_of(at("home", rich, view=CustomerView(tastes=("leaf",))), "taste").product_id == "tea"
    assert at("home", rich, goal="nothing of the kind").slate is not None


def test_what_teaches_is_content_whether_a_goal_a_need_or_an_interest_found_it(rich: State) -> None:
    for asked in (
        at("home", rich, goal="relax"),
        at("home", rich, goal="tea brewing"),
        at("rep", rich, rep=Rep("r", needs=("tea brewing",))),
        at("home", rich, view=CustomerView(tastes=("tea brewing",))),
        at("home", rich, goal="relax", kinds=("content",)),
    ):
        found = next(offer for offer in asked.slate if offer.product_id == "article")
        assert (found.kind, found.source in {"goal", "taste"}) == ("content", True)


def test_who_names_a_goal_is_not_answered_with_bestsellers(rich: State) -> None:
    assert {offer.source for offer in at("home", rich).slate} == {"category"}
    assert {offer.source for offer in at("home", rich, goal="relax").slate} == {"goal"}


def test_a_taste_that_was_told_is_not_called_what_was_bought(rich: State) -> None:
    offer = offer_of(at("home", rich, view=CustomerView(tastes=("leaf",))), "taste")
    assert reason_text(offer.reasons[0], "en", rich) == "Fits the taste that you told us."
    assert reason_text(offer.reasons[0], "ja", rich) == "伺ったお好みに合う商品です。"


def test_a_subscription_without_terms_is_not_offered(rich: State) -> None:
    traced = trace(at("home", rich), rich, POLICY)
    assert all(each.product_id != "plan" or "final_confirmation" in each.refused_by for each in traced.candidates)


def test_a_visit_foretells(rich: State) -> None:
    view = foreseen(CustomerView(session_products=("cam",)), rich, now=NOW)
    assert "card" in [each.product_id for each in view.session]
    assert view.session[0].because == "cam"
    assert foreseen(view, rich, now=NOW) == view


def test_the_pitch_has_benefit_evidence_and_price(rich: State) -> None:
    slate = at("product", rich, product_id="cam", kinds=("cross_sell",)).slate
    card = next(offer for offer in slate if offer.product_id == "card")
    said = pitch(card, "ja", rich)
    assert said.benefit == "camと一緒にお使いになると、より便利になります。"
    assert said.evidence[0].startswith("「cam」を含むご注文69件のうち40件で")
    assert said.evidence[-1] == "お客様の声：「速くて満足です。」"
    assert said.price == "価格は￥3,000です。"
    assert pitch(card, "en", rich).text().splitlines()[-1] == "It costs ¥3,000."


def test_an_upgrade_tells_its_difference(shop: State) -> None:
    decision = decide(
        OfferRequest("product", product_id="camera-basic", kinds=("up_sell",)),
        shop,
        CustomerView(),
        POLICY,
        now=NOW,
        seed=3,
    )
    upgrade = decision.slate[0]
    assert offer_text(upgrade, "en", shop).startswith("A step above Camera Basic, for ¥11,000 more.")
    assert offer_text(upgrade, "ja", shop).startswith("「Camera Basic」の上位モデルです（差額 ￥11,000）。")
    assert "差額は￥11,000です。" in pitch(upgrade, "ja", shop).difference


def test_every_reason_and_note_has_both_languages(shop: State) -> None:
    numbers: dict[str, int | float | str] = {
        "count": 214, "base": 1_030, "lift": 8.1, "with": "card", "other": "bag", "days": 30, "interval": 28,
        "times": 3, "rating": 4.5, "reviews": 12, "difference": 300, "currency": "JPY", "points": 55, "unit": "pt",
        "group": "age=30-39", "promotion": "week",
    }  # fmt: skip
    for language in ("ja", "en"):
        for code in REASONS.all(language):
            if not code.endswith("_alone"):
                text = reason_text(Reason(code, numbers), language, shop)
                assert "{" not in text
                assert text.endswith("。" if language == "ja" else ".")
        for code in ("declared", "looked_alike"):
            assert "{" not in reason_text(Reason(code, {}), language, shop)
        assert NOTES.text("all_refused", language)
        assert QUESTIONS.text("what_need", language)
    english = reason_text(
        Reason("bought_together", {"count": 214, "base": 1_030, "lift": 8.1, "with": "card"}), "en", shop
    )
    assert english == "214 of 1,030 orders with Card also took this (8.1× more than chance)."
