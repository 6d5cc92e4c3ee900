"""What another policy would have done, counted by rule with examples."""

from datetime import UTC, datetime

from tsuide.errors import NotFound
from tsuide.offers.customer import CustomerView
from tsuide.offers.decide import decide
from tsuide.offers.policy.load import load_policy
from tsuide.offers.policy.policy import Policy
from tsuide.offers.request import CartLine, OfferRequest
from tsuide.offers.state import State
from tsuide.offers.what_if import what_if

NOW = datetime(2026, 1, 31, 3, tzinfo=UTC)
THEN = load_policy("rules: {price_reach: {of_main: 15%}}")


def test_a_stricter_and_a_laxer_rule_are_counted_by_name(shop: State) -> None:
    requests = [
        OfferRequest("cart", cart=(CartLine("camera-basic"),)),
        OfferRequest("product", product_id="camera-good"),
    ]
    decisions = [decide(each, shop, CustomerView(), THEN, now=NOW, seed=5) for each in requests]
    other = load_policy("rules: {price_reach: {of_main: 100%}, margin_floor: {rate: 45%}}")
    found = what_if(decisions, other, lambda _snapshot, _sequence: shop, lambda _name, _version: THEN)
    assert (found.decisions, found.offers) == (2, sum(len(each.slate) for each in decisions))
    # the bag earns 2,000 of 5,000 = 40 %: below the new floor; the tripod at 11,000 was beyond 15 % of a camera
    assert {each.product_id for each in found.refused["margin_floor"].examples} >= {"bag"}
    assert "price_reach" not in found.refused
    assert found.slates >= 1
    same = what_if(decisions, THEN, lambda _snapshot, _sequence: shop, lambda _name, _version: THEN)
    assert (same.refused_in_all, same.let_through_in_all, same.slates, same.silent) == (0, 0, 0, 0)
    lax = load_policy("rules: {price_reach: {of_main: 100%}}")
    opened = what_if(decisions, lax, lambda _snapshot, _sequence: shop, lambda _name, _version: THEN)
    assert "tripod" in {each.product_id for each in opened.let_through["price_reach"].examples}


def test_decisions_whose_policy_is_gone_are_counted_not_guessed(shop: State) -> None:
    def gone(_name: str, _version: str) -> Policy:
        raise NotFound("never kept", key="policy")

    decision = decide(OfferRequest("product", product_id="camera-good"), shop, CustomerView(), THEN, now=NOW, seed=5)
    found = what_if([decision], THEN, lambda _snapshot, _sequence: shop, gone)
    assert (found.decisions, found.skipped) == (0, {"not-found": 1})
