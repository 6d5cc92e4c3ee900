"""What is decided in a shop small enough to check by hand, and what holds of every decision."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsuide.errors import BadValue, ReplayRefused
from tsuide.mining.baskets import Baskets
from tsuide.mining.bundles import Bundles
from tsuide.mining.complements import Complements
from tsuide.mining.fitted import Fitted
from tsuide.offers.customer import CustomerView, Due, Expected, Grant, Owned, PriceBand, Risks, Touch, Viewed
from tsuide.offers.decide import arm_of, decide, replay
from tsuide.offers.decision import Decision
from tsuide.offers.explain import offer_text, trace
from tsuide.offers.offer import HESITATIONS, KINDS, NO_REASONS, OUTCOMES, PLACEMENTS, Placement
from tsuide.offers.policy.load import load_policy, ready_policy
from tsuide.offers.policy.policy import Policy
from tsuide.offers.request import CartLine, OfferRequest, Rep, Slot
from tsuide.offers.state import State, build_state

NOW = datetime(2026, 1, 31, 3, tzinfo=UTC)  # noon in Tokyo
NOBODY = CustomerView()
PLAIN = load_policy("rules: {evidence: off}")
IDS = ["camera-basic", "camera-good", "camera-best", "card", "bag", "tripod", "battery", "sold-out", "hidden", "film"]


def told(decision: Decision) -> list[tuple[str, str]]:
    return [(offer.kind, offer.product_id) for offer in decision.slate]


def at(
    placement: Placement, state: State, policy: Policy = PLAIN, view: CustomerView = NOBODY, **more: Any
) -> Decision:
    return decide(OfferRequest(placement, **more), state, view, policy, now=NOW, seed=7)


def test_a_camera_brings_its_bag_card_and_tripod(shop: State) -> None:
    # ex tax: bag 5,000 − 3,000 = 2,000 × 20/62 = 645; card 1,500 × 20/62 = 484; tripod 2,600 × 10/62 = 419
    decision = at("product", shop, product_id="camera-good")
    assert told(decision) == [("cross_sell", "bag"), ("cross_sell", "card"), ("cross_sell", "tripod")]
    bag = decision.slate[0]
    assert bag.scores.propensity == 20 / 62
    assert bag.scores.worth == 5_000 - 3_000
    assert bag.scores.priority == 20 / 62 * 2_000
    assert bag.reasons[0].numbers["count"] == 20
    assert bag.margin_basis == "cost"


def test_a_budget_that_the_customer_once_named_holds_with_their_consent(shop: State) -> None:
    view = CustomerView(id="c1", attributes={"budget": "3300"}, consents=(Grant("personalisation"),))
    decision = at("product", shop, view=view, product_id="camera-good")
    assert told(decision) == [("cross_sell", "card")]
    assert decision.refused["budget"] > 0
    without = at("product", shop, view=replace(view, consents=()), product_id="camera-good")
    assert "budget" not in without.refused
    assert "budget" not in at("product", shop, view=view, product_id="camera-good", budget=9_999_999).refused


def test_what_is_sold_out_hidden_foreign_or_a_required_part_is_refused_by_name(shop: State) -> None:
    refused = at("product", shop, product_id="camera-good").refused
    assert refused["in_stock"] == refused["sellable"] == refused["same_currency"] == refused["required_part"] == 1


def test_a_required_part_stands_in_the_total_of_what_needs_it(shop: State) -> None:
    offer = at("product", shop, product_id="camera-basic", kinds=("up_sell",)).slate[0]
    assert [(item.product_id, item.role) for item in offer.items] == [
        ("camera-good", "offered"),
        ("battery", "required"),
    ]
    assert (offer.kind, offer.difference) == ("up_sell", 11_000)


def test_the_upgrade_is_worth_the_difference(shop: State) -> None:
    offer = at("product", shop, product_id="camera-basic", kinds=("up_sell",)).slate[0]
    # margins ex tax: good 40,000 − 26,000 = 14,000; basic 30,000 − 20,000 = 10,000
    assert offer.scores.worth == 4_000
    assert offer.scores.propensity == 0.03


def test_the_better_model_comes_with_what_goes_with_it_as_one_offer(shop: State) -> None:
    offer = at("product", shop, product_id="camera-basic", kinds=("bundle",)).slate[0]
    assert (offer.kind, offer.source, offer.anchor_id) == ("bundle", "combined", "camera-basic")
    assert [(item.product_id, item.role) for item in offer.items] == [
        ("camera-good", "offered"),
        ("bag", "offered"),
        ("battery", "required"),
    ]
    assert offer.price == 44_000 + 5_500
    # the step up is worth 4,000, the bag 5,000 ex tax − 3,000; 20 of 62 baskets with the better one held the bag
    assert offer.scores.worth == 4_000 + 2_000
    assert offer.scores.propensity == pytest.approx(0.03 * 20 / 62)
    assert offer_text(offer, "en", shop).startswith(
        "The better model Camera Good together with what goes with it, Bag."
    )
    too_far = at("product", shop, product_id="camera-good", kinds=("bundle",))  # the best costs twice as much
    assert [each.source for each in too_far.slate] == []
    with_it = at("cart", shop, cart=(CartLine("camera-basic"), CartLine("bag")), kinds=("bundle",))
    assert [each.source for each in with_it.slate if each.source == "combined"] == []  # the bag lies there already


def test_a_step_down_only_after_hesitation(shop: State) -> None:
    calm = at("product", shop, product_id="camera-good", kinds=("down_sell",))
    assert calm.slate == ()
    assert calm.refused["down_sell_hesitation"] == 1
    hesitant = at("product", shop, product_id="camera-good", kinds=("down_sell",), hesitation=("price_objection",))
    assert told(hesitant) == [("down_sell", "camera-basic")]
    assert hesitant.slate[0].scores.worth == 10_000 * 60 // 100


def test_what_was_too_dear_for_them_opens_the_step_down_by_the_next_decision(shop: State) -> None:
    def said(product: str, days: int) -> CustomerView:
        at_ = NOW - timedelta(days=days)
        return CustomerView(touches=(Touch(at_, "declined", "home", product_id=product, reason="too_dear"),))

    def down(view: CustomerView) -> list[tuple[str, str]]:
        return told(at("product", shop, view=view, product_id="camera-good", kinds=("down_sell",)))

    assert down(said("camera-good", 3)) == [("down_sell", "camera-basic")]
    for view in (said("camera-best", 3), said("card", 3), said("camera-good", 200)):
        assert down(view) == []  # a dearer one, another need, long ago: no objection to this price


def test_a_cart_that_was_left_behind_opens_the_step_down(shop: State) -> None:
    left = CustomerView(id="c", consents=(Grant("personalisation", "any"),), abandoned=("camera-good",))
    asked: dict[str, Any] = {"product_id": "camera-good", "kinds": ("down_sell",), "customer_id": "c"}
    assert told(at("product", shop, view=left, **asked)) == [("down_sell", "camera-basic")]
    assert at("product", shop, view=replace(left, abandoned=("card",)), **asked).refused["down_sell_hesitation"] == 1
    assert at("product", shop, view=replace(left, consents=()), **asked).refused["down_sell_hesitation"] == 1


def test_an_explicit_budget_counts_as_hesitation_and_bounds_every_offer(shop: State) -> None:
    decision = at("product", shop, product_id="camera-good", budget=33_000)
    cheaper = at("product", shop, product_id="camera-good", budget=33_000, kinds=("down_sell",))
    assert told(cheaper) == [("down_sell", "camera-basic")]
    assert all(offer.price is not None and offer.price <= 33_000 for offer in decision.slate)
    assert at("product", shop, product_id="camera-good", budget=100).slate == ()


def test_repeated_views_alone_do_not_open_the_cheaper_one(shop: State) -> None:
    views = CustomerView(viewed=(Viewed("camera-good", 5, NOW),))
    asked: dict[str, Any] = {"product_id": "camera-good", "kinds": ("down_sell",)}
    assert at("product", shop, view=views, **asked).refused["down_sell_first"] == 1
    offered = replace(views, touches=(Touch(NOW - timedelta(days=1), "shown", "product", kind="up_sell"),))
    assert told(at("product", shop, view=offered, **asked)) == [("down_sell", "camera-basic")]


def test_taking_one_out_of_the_cart_opens_the_cheaper_of_that_need_and_of_no_other(shop: State) -> None:
    before = Touch(NOW - timedelta(days=1), "shown", "product", kind="up_sell")
    asked: dict[str, Any] = {"product_id": "camera-good", "kinds": ("down_sell",)}
    hesitating = CustomerView(touches=(before,), removed=("camera-best",))
    assert told(at("product", shop, view=hesitating, **asked)) == [("down_sell", "camera-basic")]
    of_another = replace(hesitating, removed=("card", "gone"))
    assert at("product", shop, view=of_another, **asked).refused["down_sell_hesitation"] == 1


def test_never_with(shop: State) -> None:
    decision = at("cart", shop, cart=(CartLine("camera-best"),))
    assert decision.refused["never_with"] == 1
    assert "film" not in [product for _, product in told(decision)]


def test_a_product_without_cost_is_ranked_without_v_and_says_so(
    catalogue: list[dict[str, object]], relations: pl.DataFrame
) -> None:
    products = pl.DataFrame([{**each, "cost": None} for each in catalogue], schema_overrides={"cost": pl.Int64})
    state = build_state({}, products, relations, snapshot_id="s")
    decision = at("product", state, product_id="camera-basic", kinds=("up_sell",))
    assert told(decision) == [("up_sell", "camera-good")]
    assert decision.slate[0].scores.worth is None
    assert decision.slate[0].margin_basis == "unknown"
    assert decision.notes == ("ranked_without_margin",)
    rated = load_policy("margin_rates: {Cameras: 10%}")
    decision = at("product", state, rated, product_id="camera-basic", kinds=("up_sell",))
    assert decision.slate[0].scores.worth == 1_000
    assert decision.notes == ("margin_assumed",)


def test_owned_and_due(shop: State) -> None:
    view = CustomerView(
        id="c",
        consents=(Grant("personalisation"),),
        owned=(Owned("card", NOW - timedelta(days=400)), Owned("film", NOW - timedelta(days=3))),
        due=(Due("film", 0.4, 30, 28),),
    )
    decision = at("cart", shop, view=view, customer_id="c", cart=(CartLine("camera-basic"),))
    assert decision.refused["already_owned"] == 1
    assert decision.refused["not_due"] >= 1
    assert not {"card", "film"} & {product for _, product in told(decision)}


def test_without_consent_only_contextual_offers(shop: State) -> None:
    history = {
        "owned": (Owned("card", NOW - timedelta(days=40)),),
        "expected": (Expected("tripod", 0.9, 3),),
        "price_band": PriceBand(1, 2, 3),
    }
    silent = CustomerView(id="c", **history)  # type: ignore[arg-type]  # a test's short hand
    known = replace(silent, consents=(Grant("personalisation"),))
    asked: dict[str, Any] = {"customer_id": "c", "cart": (CartLine("camera-basic"),)}
    without, with_ = at("cart", shop, view=silent, **asked), at("cart", shop, view=known, **asked)
    assert "contextual_only" in without.notes
    assert told(without)[0] == ("cross_sell", "card")
    assert ("cross_sell", "tripod") in told(with_)
    assert all(offer.source != "personal" for offer in without.slate)


def test_silence_for_who_waits_for_an_answer(shop: State) -> None:
    for risks, rule in (
        (Risks(open_complaint=True), "open_complaint"),
        (Risks(payment_default=True), "payment_default"),
        (Risks(last_score=3), "bad_score"),
    ):
        decision = at("cart", shop, view=CustomerView(risks=risks), cart=(CartLine("camera-basic"),))
        assert decision.slate == ()
        assert rule in decision.refused
        assert decision.notes == ("all_refused",)


@pytest.mark.parametrize(
    ("reason", "rule"),
    [("have_it", "have_it"), ("not_for_me", "not_for_me"), ("not_now", "not_now"), ("too_dear", "too_dear")],
)
def test_every_no_changes_the_next_decision(shop: State, reason: str, rule: str) -> None:
    no = Touch(NOW - timedelta(days=2), "declined", "cart", kind="cross_sell", product_id="card", reason=reason)  # type: ignore[arg-type]  # parametrised
    decision = at("cart", shop, view=CustomerView(touches=(no,)), cart=(CartLine("camera-basic"),))
    assert decision.refused[rule] >= 1
    assert ("cross_sell", "card") not in told(decision)


def test_the_confirmation_does_not_repeat_what_the_cart_of_this_purchase_proposed(shop: State) -> None:
    def seen(minutes: int, placement: Placement) -> list[tuple[str, str]]:
        touch = Touch(NOW - timedelta(minutes=minutes), "shown", placement, kind="cross_sell", product_id="card")
        return told(at("confirmation", shop, view=CustomerView(touches=(touch,)), product_id="camera-good"))

    assert ("cross_sell", "card") not in seen(10, "cart")
    assert ("cross_sell", "card") in seen(10, "product")
    assert ("cross_sell", "card") in seen(90, "cart")  # of another purchase


def test_later_rests_then_weighs_more(shop: State) -> None:
    def of(days: int) -> Decision:
        touch = Touch(NOW - timedelta(days=days), "later", "cart", kind="cross_sell", product_id="card")
        return at("cart", shop, view=CustomerView(touches=(touch,)), cart=(CartLine("camera-basic"),))

    assert of(13).refused["not_now"] == 1
    assert of(15).slate[0].scores.influence == pytest.approx(0.85)  # half way from 50 % to 120 %
    assert of(60).slate[0].scores.influence == 1.2


def test_suppression_and_contact_limits(shop: State) -> None:
    shown = tuple(
        Touch(NOW - timedelta(days=d), "shown", "cart", kind="cross_sell", product_id="card") for d in (6, 4, 2)
    )
    policy = load_policy(
        "suppression: [{outcome: shown, scope: product, count: 3, within_days: 7, rest_days: 10}]\n"
        "contact_limits: [{channel: site, most: 3, days: 7}]"
    )
    asked: dict[str, Any] = {"cart": (CartLine("camera-basic"),)}
    assert at("cart", shop, policy, CustomerView(touches=shown[1:]), **asked).slate[0].product_id == "card"
    decision = at("cart", shop, policy, CustomerView(touches=shown), **asked)
    assert decision.slate == ()
    assert (decision.refused["suppressed"], "contact_limit" in decision.refused) == (1, True)
    exempt = at("cart", shop, policy, CustomerView(touches=shown), transactional=True, **asked)
    assert "contact_limit" not in exempt.refused


def test_levers_contexts_and_mandatory_offers(shop: State) -> None:
    policy = load_policy(
        "levers: [{percent: 20, category: Bags}, {percent: 35, product: bag}]\n"
        "contexts: [{percent: 10, placements: [product]}]\n"
        "mandatory: [{product: tripod, kind: cross_sell, until: '2026-02-01T00:00:00+00:00'}]"
    )
    decision = at("product", shop, policy, product_id="camera-good")
    assert decision.slate[0].product_id == "tripod"
    bag = next(offer for offer in decision.slate if offer.product_id == "bag")
    assert (bag.scores.levers, bag.scores.context) == (1.55, 1.1)
    late = decide(
        OfferRequest("product", product_id="camera-good"), shop, NOBODY, policy, now=NOW + timedelta(days=2), seed=7
    )
    assert late.slate[0].product_id == "bag"


def test_no_product_stands_twice_on_a_page(shop: State) -> None:
    slots = (Slot("first", 2), Slot("second", 3), Slot("ladder", 1, ("up_sell",)))
    decision = at("product", shop, product_id="camera-basic", slots=slots)
    assert [offer.slot for offer in decision.slate].count("ladder") <= 1
    products = [product for _, product in told(decision)]
    assert len(products) == len(set(products))


def test_exactly_n_where_n_clear(shop: State) -> None:
    wide = load_policy("page: {offers: 50, per_need: 50}")
    everything = at("product", shop, wide, product_id="camera-good", n=50)
    assert len(everything.slate) == everything.cleared == 3
    for n in range(1, everything.cleared + 1):
        assert len(at("product", shop, wide, product_id="camera-good", n=n).slate) == n


def test_filters_are_obeyed(shop: State) -> None:
    decision = at("product", shop, product_id="camera-good", categories=("Bags", "Tripods"), exclude=("bag",))
    assert told(decision) == [("cross_sell", "tripod")]


def test_a_rep_asks_before_they_offer(shop: State) -> None:
    asked: dict[str, Any] = {"cart": (CartLine("camera-basic"),)}
    policy = ready_policy("sales_team")
    silent = at("rep", shop, policy, rep=Rep("r"), **asked)
    assert (silent.slate, silent.question) == ((), "what_need")
    assert at("rep", shop, policy, rep=Rep("r", needs=("memory",)), **asked).slate


def test_a_rep_who_does_not_name_themselves_goes_round_no_rule(
    catalogue: list[dict[str, object]], relations: pl.DataFrame, shop: State
) -> None:
    asked: dict[str, Any] = {"cart": (CartLine("camera-basic"),)}
    silent = at("rep", shop, ready_policy("sales_team"), **asked)
    assert (silent.slate, silent.question) == ((), "what_need")
    known = CustomerView(needs=("memory",))
    assert at("rep", shop, ready_policy("sales_team"), view=known, **asked).question is None
    products = pl.DataFrame(
        [each | {"attributes": '{"qualification": "photo"}' if each["id"] == "card" else None} for each in catalogue]
    )
    state = build_state(shop.parts, products, relations, snapshot_id="s")
    acts = {}
    for name, rep in (("nobody", None), ("other", Rep("r")), ("photo", Rep("r", ("photo",)))):
        found = at("rep", state, rep=rep, kinds=("cross_sell",), **asked)
        acts[name] = [each.act for each in found.slate if each.product_id == "card"]
    assert acts == {"nobody": ["hand_over"], "other": ["hand_over"], "photo": ["offer"]}
    on_the_page = at("cart", state, kinds=("cross_sell",), **asked)
    assert {each.act for each in on_the_page.slate} == {"offer"}


def test_an_account_is_cross_sold_after_a_success_or_a_good_score_and_not_before(shop: State) -> None:
    policy = load_policy("name: sales\nholdout: 0%\nrules: {after_win: on}\n")
    account = CustomerView(id="a1", consents=(Grant("personalisation", "any"),), company=True)
    asked = OfferRequest("rep", customer_id="a1", product_id="camera-good", kinds=("cross_sell",), rep=Rep("r"))

    def sold(view: CustomerView) -> bool:
        return bool(decide(asked, shop, view, policy, now=NOW, seed=1).slate)

    assert not sold(account)
    assert not sold(replace(account, risks=Risks(last_score=8)))
    assert sold(replace(account, risks=Risks(last_score=9)))
    assert sold(replace(account, won=True))
    assert sold(replace(account, company=False))


def test_the_holdout_is_five_percent_and_shows_nothing(shop: State) -> None:
    arms = [arm_of(f"customer-{i}", PLAIN) for i in range(20_000)]
    assert 900 < arms.count("holdout") < 1_100
    held = f"customer-{arms.index('holdout')}"
    decision = at("cart", shop, customer_id=held, cart=(CartLine("camera-basic"),))
    assert decision.offers == ()
    assert decision.slate
    assert at("cart", shop, cart=(CartLine("camera-basic"),)).arm == "treated"


def test_exploration_records_its_probabilities_and_keeps_its_guard(shop: State) -> None:
    policy = load_policy("exploration: {temperature: 50%, guard: 30%}")
    request = OfferRequest("product", product_id="camera-good", n=1)
    first: dict[str, list[float]] = {}
    for seed in range(2_000):
        offer = decide(request, shop, NOBODY, policy, now=NOW, seed=seed).slate[0]
        first.setdefault(offer.product_id, []).append(offer.shown_probability)
    assert set(first) == {"bag", "card"}  # priorities 645, 484 and 419 against a floor of 70 % × 645 = 452
    for drawn in first.values():
        assert len(drawn) / 2_000 == pytest.approx(drawn[0], abs=0.04)
    assert sum(drawn[0] for drawn in first.values()) == pytest.approx(1)


def test_bad_requests_and_replays_are_named(shop: State) -> None:
    with pytest.raises(BadValue, match="seed"):
        decide(OfferRequest("cart"), shop, NOBODY, PLAIN, now=NOW, seed=-1)
    decision = at("cart", shop, cart=(CartLine("camera-basic"),))
    with pytest.raises(ReplayRefused, match="policy_version"):
        replay(decision, shop, ready_policy("standard"))
    with pytest.raises(ReplayRefused, match="sequence"):
        replay(decision, replace(shop, sequence=99), PLAIN)


def test_an_unknown_product_in_the_cart_and_an_empty_shop_change_nothing(
    shop: State, catalogue: list[dict[str, object]]
) -> None:
    assert at("cart", shop, cart=(CartLine("nothing"),)).slate is not None
    empty = build_state({}, pl.DataFrame(catalogue).head(0), snapshot_id="empty")
    decision = at("product", empty, product_id="camera-good")
    assert (decision.slate, decision.notes) == ((), ("no_candidates",))


def test_a_state_does_not_depend_on_how_its_products_came(
    shop: State, catalogue: list[dict[str, object]], relations: pl.DataFrame
) -> None:
    """The catalogue at a sequence decides the same, whether it was built at once or grew."""
    late, early = catalogue[3], [each for each in catalogue if each is not catalogue[3]]
    cheaper = {**catalogue[0], "price": 32_000}
    at_once = build_state(shop.parts, pl.DataFrame([*catalogue[1:], cheaper]), relations, snapshot_id="s", sequence=9)
    changed = build_state(shop.parts, pl.DataFrame(catalogue), relations, snapshot_id="s", sequence=1).with_products(
        pl.DataFrame([cheaper]), sequence=9
    )
    assert np.array_equal(np.sort(at_once.items["tie"]), np.sort(changed.items["tie"]))
    questions: list[tuple[Placement, dict[str, Any]]] = [
        ("product", {"product_id": "camera-good"}),
        ("cart", {"cart": (CartLine("camera-basic"),)}),
    ]
    for placement, asked in questions:
        one, other = at(placement, at_once, **asked), at(placement, changed, **asked)
        assert one.to_json() == other.to_json()
    grown = build_state({}, pl.DataFrame(early), snapshot_id="s").with_products(pl.DataFrame([late]), sequence=2)
    assert grown.ids.position("card") == len(early)
    assert grown.title("card") == "Card"


@pytest.fixture(scope="module")
def wide() -> State:
    """Two hundred products that are bought with their neighbours."""
    products = [
        {"id": f"p{n:03}", "title": f"P{n}", "category": [f"c{n // 4}"], "price": 1_000 + 20 * n}
        | {"cost": 500, "currency": "JPY", "durable": n % 2 == 0}
        for n in range(200)
    ]
    lines = [
        {"order": f"{n}-{k}", "sku": f"p{(n + step) % 200:03}"}
        for n in range(200)
        for k in range(9)
        for step in range(3)
    ]
    baskets = Baskets.from_frame(pl.DataFrame(lines), basket="order", item="sku")
    complements = Complements().fit(baskets, tune=False)
    parts: dict[str, Fitted] = {"complements": complements, "bundles": Bundles().fit(baskets, complements)}
    upgrades = [{"product_id": f"p{n:03}", "other_id": f"p{n + 1:03}", "relation": "upgrade_of"} for n in range(199)]
    return build_state(parts, pl.DataFrame(products), pl.DataFrame(upgrades), snapshot_id="wide")


def test_threads_do_not_meet(wide: State) -> None:
    """Each thread has its own room to work in, and a decision leaves nothing behind in it."""

    def record(n: int) -> str:
        cart = tuple(CartLine(f"p{(n + k) % 200:03}") for k in range(n % 9))
        request = OfferRequest("cart" if cart else "home", n=1 + n % 7, cart=cart)
        return decide(request, wide, NOBODY, PLAIN, now=NOW, seed=n).to_json()

    one_by_one = [record(n) for n in range(300)]
    assert len(set(one_by_one)) == 300
    assert any(Decision.from_json(each).slate for each in one_by_one)
    with ThreadPoolExecutor(8) as several:
        assert list(several.map(record, range(300))) == one_by_one
    assert [record(n) for n in reversed(range(300))] == one_by_one[::-1]


@settings(deadline=None, max_examples=60)
@given(
    owned=st.lists(st.integers(0, 199), min_size=30, max_size=180, unique=True),
    days=st.integers(1, 4),
    inside=st.lists(st.integers(0, 199), max_size=20, unique=True),
)
def test_a_long_history_is_recorded_in_part_and_decides_the_same(
    wide: State, owned: list[int], days: int, inside: list[int]
) -> None:
    history = [Owned(f"p{n:03}", NOW - timedelta(days=days * (len(owned) - i))) for i, n in enumerate(owned)]
    view = CustomerView(id="c", consents=(Grant("personalisation"),), owned=tuple(history))
    request = OfferRequest("cart", customer_id="c", cart=tuple(CartLine(f"p{n:03}") for n in inside))
    decision = decide(request, wide, view, PLAIN, now=NOW, seed=1)
    record = decision.to_json()
    assert len(decision.customer.owned) <= len(history)
    assert replay(Decision.from_json(record), wide, PLAIN).to_json() == record


# whatever is asked

TOUCHES = st.builds(
    Touch,
    at=st.integers(0, 60).map(lambda days: NOW - timedelta(days=days)),
    outcome=st.sampled_from(OUTCOMES),
    placement=st.sampled_from(PLACEMENTS),
    kind=st.sampled_from(KINDS),
    product_id=st.sampled_from([*IDS, "gone"]),
    category=st.sampled_from(["Bags", "Nowhere"]),
    reason=st.none() | st.sampled_from(NO_REASONS),
)
VIEWS = st.builds(
    CustomerView,
    id=st.none() | st.just("c"),
    consents=st.lists(st.sampled_from([Grant("personalisation"), Grant("marketing", "email")]), max_size=2).map(tuple),
    owned=st.lists(
        st.builds(Owned, st.sampled_from([*IDS, "gone"]), st.integers(0, 900).map(lambda d: NOW - timedelta(days=d))),
        max_size=5,
        unique_by=lambda owned: owned.product_id,
    ).map(lambda owned: tuple(sorted(owned, key=lambda each: each.at))),
    touches=st.lists(TOUCHES, max_size=8).map(lambda touches: tuple(sorted(touches, key=lambda each: each.at))),
    due=st.lists(
        st.builds(Due, st.sampled_from(IDS), st.floats(0, 1), st.integers(0, 90), st.just(30)), max_size=2
    ).map(tuple),
    expected=st.lists(st.builds(Expected, st.sampled_from(IDS), st.floats(0, 1), st.integers(0, 5)), max_size=4).map(
        tuple
    ),
    risks=st.builds(Risks, open_complaint=st.booleans(), last_score=st.none() | st.integers(0, 10)),
    price_band=st.none() | st.just(PriceBand(500, 3_000, 9_000, 12)),
    company=st.booleans(),
    age=st.none() | st.integers(0, 99),
)
REQUESTS = st.builds(
    OfferRequest,
    placement=st.sampled_from(PLACEMENTS),
    n=st.integers(1, 50),
    customer_id=st.none() | st.just("c"),
    cart=st.lists(
        st.builds(CartLine, st.sampled_from([*IDS, "gone"]), st.integers(1, 3), st.none() | st.integers(0, 10**6)),
        max_size=5,
    ).map(tuple),
    product_id=st.none() | st.sampled_from([*IDS, "gone"]),
    kinds=st.lists(st.sampled_from(KINDS), max_size=3).map(tuple),
    exclude=st.lists(st.sampled_from(IDS), max_size=3).map(tuple),
    categories=st.lists(st.sampled_from(["Photo", "Bags", "Nowhere"]), max_size=2).map(tuple),
    budget=st.none() | st.integers(0, 10**5),
    hesitation=st.lists(st.sampled_from(HESITATIONS), max_size=2).map(tuple),
    shown=st.lists(st.sampled_from(IDS), max_size=2).map(tuple),
    slots=st.lists(
        st.builds(Slot, st.sampled_from("ab"), st.integers(1, 5)), max_size=2, unique_by=lambda s: s.name
    ).map(tuple),
    rep=st.none() | st.just(Rep("r", needs=("x",))),
    transactional=st.booleans(),
    free_shipping_at=st.none() | st.integers(0, 10**5),
)
POLICIES = st.sampled_from([PLAIN, *(ready_policy(name) for name in ("gentle", "standard", "sales_team"))])


@settings(deadline=None, max_examples=300)
@given(request=REQUESTS, view=VIEWS, policy=POLICIES, seed=st.integers(0, (1 << 64) - 1))
def test_no_path_yields_an_offer_that_any_rule_refuses(
    shop: State, request: OfferRequest, view: CustomerView, policy: Policy, seed: int
) -> None:
    decision = decide(request, shop, view, policy, now=NOW, seed=seed)
    traced = trace(decision, shop, policy)  # asks every rule in plain Python and compares with the machine's
    chosen = [each for each in traced.candidates if each.place >= 0]
    assert [each.product_id for each in chosen] == [offer.product_id for offer in decision.slate]
    assert all(each.refused_by == () for each in chosen)
    assert sum(decision.refused.values()) + decision.cleared == decision.considered
    assert len({offer.product_id for offer in decision.slate}) == len(decision.slate)
    allowed = sum(slot.n for slot in request.slots) or request.n
    assert len(decision.slate) <= allowed
    assert all(offer.product_id not in request.exclude for offer in decision.slate)
    assert all(0 < offer.shown_probability <= 1 for offer in decision.slate)


@settings(deadline=None, max_examples=200)
@given(request=REQUESTS, view=VIEWS, policy=POLICIES, seed=st.integers(0, (1 << 64) - 1))
def test_a_decision_comes_out_again_from_its_record(
    shop: State, request: OfferRequest, view: CustomerView, policy: Policy, seed: int
) -> None:
    decision = decide(request, shop, view, policy, now=NOW, seed=seed)
    record = decision.to_json()
    assert replay(Decision.from_json(record), shop, policy).to_json() == record
