"""What people ban, put first and word themselves: it holds one way, and goes round no rule."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from tsuide.mining.baskets import Baskets
from tsuide.mining.bundles import Bundles
from tsuide.mining.complements import Complements
from tsuide.mining.fillers import Fillers
from tsuide.mining.fitted import Fitted
from tsuide.offers.curated import Curated, Mark, key_of
from tsuide.offers.customer import CustomerView, Grant, Owned
from tsuide.offers.decide import decide, replay
from tsuide.offers.decision import Decision
from tsuide.offers.explain import offer_text, reasons_told, trace
from tsuide.offers.policy.load import load_policy
from tsuide.offers.request import CartLine, OfferRequest
from tsuide.offers.state import State, build_state

NOW = datetime(2026, 1, 31, 3, tzinfo=UTC)
PLAIN = load_policy("rules: {evidence: off}")


def with_marks(shop: State, relations: pl.DataFrame, *marks: Mark) -> State:
    parts = {**shop.parts, "curated": Curated.of(marks)}
    return shop.with_published(parts, relations, snapshot_id="snap-2", sequence=shop.sequence)


def told(decision: Decision) -> list[tuple[str, str]]:
    return [(offer.kind, offer.product_id) for offer in decision.slate]


def at(placement: Any, state: State, view: CustomerView = CustomerView(), **more: Any) -> Decision:  # noqa: B008 - frozen
    return decide(OfferRequest(placement, **more), state, view, PLAIN, now=NOW, seed=7)


def test_a_banned_pair_is_gone_and_the_other_way_round_it_is_not(shop: State, relations: pl.DataFrame) -> None:
    state = with_marks(shop, relations, Mark("beside", "camera-good", ("bag",), "banned"))
    assert ("cross_sell", "bag") in told(at("product", shop, product_id="camera-good"))
    for request in ({"product_id": "camera-good"}, {"cart": (CartLine("camera-good", 1),)}):
        decision = at("product" if "product_id" in request else "cart", state, **request)
        assert "bag" not in [each for _, each in told(decision)]
        assert decision.refused["never_with"] >= 1
    back = [each for _, each in told(at("product", state, product_id="bag"))]
    assert back == [each for _, each in told(at("product", shop, product_id="bag"))]


def test_a_banned_pair_is_not_proposed_after_the_purchase_either(shop: State, relations: pl.DataFrame) -> None:
    view = CustomerView(
        id="c1", owned=(Owned("camera-good", NOW - timedelta(days=3)),), consents=(Grant("personalisation"),)
    )
    ban = Mark("beside", "camera-good", ("bag",), "banned")
    before = [(offer.product_id, offer.anchor_id) for offer in at("home", shop, view).slate]
    after = [(offer.product_id, offer.anchor_id) for offer in at("home", with_marks(shop, relations, ban), view).slate]
    assert ("bag", "camera-good") in before
    assert ("bag", "camera-good") not in after


def test_a_banned_step_up_is_gone(shop: State, relations: pl.DataFrame) -> None:
    asked: Any = {"product_id": "camera-basic", "kinds": ("up_sell",)}
    state = with_marks(shop, relations, Mark("instead", "camera-basic", ("camera-good",), "banned"))
    assert ("up_sell", "camera-good") in told(at("product", shop, **asked))
    assert ("up_sell", "camera-good") not in told(at("product", state, **asked))


def test_what_is_put_first_takes_the_place_of_the_best_of_its_kind(shop: State, relations: pl.DataFrame) -> None:
    state = with_marks(shop, relations, Mark("beside", "camera-good", ("tripod",), "pinned"))
    usual = [each for _, each in told(at("product", shop, product_id="camera-good"))]
    decision = at("product", state, product_id="camera-good")
    assert usual == ["bag", "card", "tripod"]
    assert told(decision) == [("cross_sell", "tripod"), ("cross_sell", "bag"), ("cross_sell", "card")]
    first = decision.slate[0]
    assert first.scores.propensity == 10 / 62  # a pin says nothing of P
    assert [reason.code for reason in first.reasons] == ["bought_together", "put_first"]
    assert replay(decision, state, PLAIN) == decision


def test_what_is_put_first_becomes_a_candidate(shop: State, relations: pl.DataFrame) -> None:
    state = with_marks(shop, relations, Mark("beside", "tripod", ("card",), "pinned"))
    assert ("card", "tripod") not in [
        (each.product_id, each.anchor_id) for each in at("product", shop, product_id="tripod").slate
    ]
    first = at("product", state, product_id="tripod", n=1).slate[0]
    assert (first.product_id, first.anchor_id, first.source) == ("card", "tripod", "declared")
    back = at("product", state, product_id="card").slate
    assert ("tripod", "card") not in [(each.product_id, each.anchor_id) for each in back]


@pytest.mark.parametrize("other", ["sold-out", "hidden"])
def test_no_rule_is_gone_round_by_putting_first(shop: State, relations: pl.DataFrame, other: str) -> None:
    state = with_marks(shop, relations, Mark("beside", "camera-good", (other,), "pinned"))
    decision = at("product", state, product_id="camera-good")
    assert other not in [each for _, each in told(decision)]
    refused = {each.product_id: each.refused_by for each in trace(decision, state, PLAIN).candidates if each.refused_by}
    assert refused[other]


def test_a_pinned_step_up_stands_before_the_other(shop: State, relations: pl.DataFrame) -> None:
    asked: Any = {"product_id": "camera-basic", "kinds": ("up_sell",), "n": 1}
    loose = load_policy("rules: {evidence: off, price_reach: off}")
    state = with_marks(shop, relations, Mark("instead", "camera-basic", ("camera-best",), "pinned"))
    request = OfferRequest("product", **asked)
    decision = decide(request, state, CustomerView(), loose, now=NOW, seed=7)
    candidates = {each.product_id: each for each in trace(decision, state, loose).candidates}
    assert "camera-best" in candidates
    if not candidates["camera-best"].refused_by:
        assert told(decision) == [("up_sell", "camera-best")]


def test_exploring_draws_what_is_put_first_first_and_the_rest_as_ever(shop: State, relations: pl.DataFrame) -> None:
    policy = load_policy("rules: {evidence: off}\nexploration: {temperature: 0.5, guard: 0.9}")
    state = with_marks(shop, relations, Mark("beside", "camera-good", ("tripod",), "pinned"))
    request = OfferRequest("product", product_id="camera-good")
    for seed in range(40):
        decision = decide(request, state, CustomerView(), policy, now=NOW, seed=seed)
        assert told(decision)[0] == ("cross_sell", "tripod")
        assert decision.slate[0].shown_probability == 1.0
        assert all(0 < offer.shown_probability <= 1 for offer in decision.slate)


def test_a_text_is_what_the_customer_reads_and_changes_no_decision(shop: State, relations: pl.DataFrame) -> None:
    text = "この鞄はこのカメラがぴったり入ります。"
    state = with_marks(shop, relations, Mark("beside", "camera-good", ("bag",), None, {"ja": text}))
    plain, worded = (at("product", each, product_id="camera-good") for each in (shop, state))
    assert replace(worded, snapshot_id="", id="") == replace(plain, snapshot_id="", id="") or told(worded) == told(
        plain
    )
    bag = next(offer for offer in worded.slate if offer.product_id == "bag")
    assert reasons_told(bag, "ja", state)[0] == text
    assert reasons_told(bag, "en", state) == reasons_told(bag, "en", shop)
    assert text in offer_text(bag, "ja", state)
    card = next(offer for offer in worded.slate if offer.product_id == "card")
    assert reasons_told(card, "ja", state) == reasons_told(card, "ja", shop)


def with_sets(catalogue: list[dict[str, object]], relations: pl.DataFrame, *marks: Mark) -> State:
    baskets = [["camera-basic", "card", "bag"]] * 40 + [["card"]] * 40 + [["bag"]] * 30 + [["camera-basic"]] * 10
    baskets += [["tripod", "film"]] * 20 + [["x"]] * 200
    products = pl.DataFrame(catalogue)
    price = {one: amount or 1 for one, amount in products.select("id", "price").iter_rows()}
    rows = [
        {"order": str(number), "sku": sku, "price": price.get(sku, 1)}
        for number, basket in enumerate(baskets)
        for sku in basket
    ]
    learned = Baskets.from_frame(pl.DataFrame(rows), basket="order", item="sku", price="price")
    parts: dict[str, Fitted] = {
        "complements": Complements().fit(learned, tune=False),
        "bundles": Bundles().fit(learned),
        "fillers": Fillers().fit(learned, products.filter(pl.col("currency") == "JPY").select("id", "price")),
        "curated": Curated.of(marks),
    }
    return build_state(parts, products, relations, snapshot_id="snap-1")


def test_a_banned_set_is_gone_and_the_rest_of_it_is_not(
    catalogue: list[dict[str, object]], relations: pl.DataFrame
) -> None:
    state = with_sets(catalogue, relations)
    offer = next(each for each in at("product", state, product_id="camera-basic").slate if each.kind == "bundle")
    about, main, others = key_of(offer)
    assert (about, main, others) == ("set", "camera-basic", ("bag", "card"))
    without = with_sets(catalogue, relations, Mark("set", main, others, "banned"))
    assert "bundle" not in [kind for kind, _ in told(at("product", without, product_id="camera-basic"))]
    assert "card" in [each for _, each in told(at("product", without, product_id="camera-basic"))]


def test_a_banned_filler_fills_nothing_and_a_pinned_one_comes_first(
    catalogue: list[dict[str, object]], relations: pl.DataFrame
) -> None:
    asked: Any = {"cart": (CartLine("tripod", 1),), "kinds": ("filler",), "free_shipping_at": 14_000, "n": 3}
    usual = [each for _, each in told(at("cart", with_sets(catalogue, relations), **asked))]
    assert len(usual) > 1
    first, last = usual[0], usual[-1]
    banned = at("cart", with_sets(catalogue, relations, Mark("filler", "", (first,), "banned")), **asked)
    assert first not in [each for _, each in told(banned)]
    pinned = at("cart", with_sets(catalogue, relations, Mark("filler", "", (last,), "pinned")), **asked)
    assert told(pinned)[0] == ("filler", last)
