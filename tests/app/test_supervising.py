"""Supervision in a shop: what reps really entered, their customers really answered, and was really undone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from tsuide.app import accepting, supervising
from tsuide.app.accepting import Asked
from tsuide.app.applying import apply_said
from tsuide.app.catalogue import Catalogue
from tsuide.app.deciding import row_of
from tsuide.app.own_orders import order_accepted
from tsuide.app.signing import DEMO_TERMS, set_sale_terms
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, Conflict
from tsuide.facts.behaviour import EVENTS
from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.schema import conform
from tsuide.intake.message import Said
from tsuide.kit.clock import to_micros
from tsuide.offers.customer import CustomerView
from tsuide.offers.decision import Decision
from tsuide.offers.offer import Offer, OfferItem, Scores
from tsuide.offers.request import OfferRequest, Rep
from tsuide.proof.supervision.case import Step
from tsuide.store.outcomes import outcome_row

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
THEN = NOW - timedelta(days=80)
PLAN: dict[str, Any] = {
    "id": "plan", "title": "Plan", "price": 1_000, "kind": "subscription", "currency": "JPY", "status": "active",
    "category": ["x"], "tax_rate": 1_000, "tax_included": True,
    "attributes": '{"term": "12 months", "cancellation": "any time"}',
}  # fmt: skip
GOODS = conform(pl.DataFrame([PLAN], infer_schema_length=None), PRODUCTS)
CATALOGUE = Catalogue(GOODS, {})


@pytest.fixture
def shop(empty_shop: Shop) -> Shop:
    set_sale_terms(empty_shop, DEMO_TERMS, THEN)
    empty_shop.store.facts.write_products(GOODS)
    return empty_shop


def sold(shop: Shop, name: str, at: datetime, *, rep: str = "tanaka", answer: timedelta | None) -> str:
    """A rep advises a customer and enters the plan; the acceptance, ordered where the customer answered."""
    scores = Scores(0.2, None, 1.0, 1.0, 0.2)
    item = (OfferItem("plan", 1, 1_000),)
    offer = Offer(f"{name}.0", 0, "cross_sell", "complements", scores=scores, items=item, product_id="plan",
                  currency="JPY", price=1_000)  # fmt: skip
    request = OfferRequest("rep", customer_id=f"c-{name}", rep=Rep(rep))
    made = Decision(
        id=name, at=at, request=request, customer=CustomerView(id=f"c-{name}"), snapshot_id="s", sequence=0,
        policy="p", policy_version="1", seed=0, arm="treated", unit="customer", slate=(offer,),
    )  # fmt: skip
    journal = shop.store.journal()
    journal.write("trace", row_of(made))
    journal.close_now()
    asked = accepting.ask(shop, CATALOGUE, Asked(name, f"{name}.0", entered_by=rep), at)
    if answer is not None:
        assert asked.token is not None
        answered = accepting.confirm(shop, CATALOGUE, asked.token, "ja", at + answer)
        (told,) = answered.told
        row = {"id": f"{name}-yes", "decision_id": name, "offer_id": told.offer_id, "outcome": told.outcome}
        ledger = shop.store.journal()
        ledger.write("trace", outcome_row(row | {"at": to_micros(at + answer)}))  # as the door does
        ledger.close_now()
    return asked.acceptance_id


def counts(shop: Shop) -> dict[str, tuple[int, int]]:
    return {row["sign"]: (row["hits"], row["trials"]) for row in supervising.supervise(shop, NOW)["counts"]}


def test_what_reps_entered_is_counted_sign_by_sign(shop: Shop) -> None:
    fast = sold(shop, "fast", THEN, answer=timedelta(seconds=20))
    sold(shop, "slow", THEN + timedelta(days=1), answer=timedelta(hours=3))
    sold(shop, "never", THEN + timedelta(days=2), answer=None)
    order = order_accepted(shop, CATALOGUE, fast, THEN + timedelta(hours=1))
    apply_said(shop, Said(cancelled=(order,)), THEN + timedelta(days=3), THEN + timedelta(days=3))
    apply_said(shop, Said(cancelled=(order,)), THEN + timedelta(days=30), THEN + timedelta(days=30))  # said again
    used = {"id": "e", "kind": "view", "at": THEN + timedelta(days=5), "customer_id": "c-slow", "product_id": "plan"}
    shop.store.facts.write_events(conform(pl.DataFrame([used]), EVENTS))
    found = counts(shop)
    assert found["attach_rate"] == (2, 3)
    assert found["instant_yes"][1] == 2
    assert found["quick_cancel"] == (1, 2)
    assert found["dormant"] == (1, 2)
    assert found["slow_yes"][1] == 3  # the third has expired
    report = supervising.supervise(shop, NOW)
    assert (report["reps"], report["sales"], report["findings"]) == (1, 3, [])  # one rep: nobody to compare with


def test_the_moment_of_the_yes_outlives_the_order(shop: Shop) -> None:
    first = sold(shop, "fast", THEN, answer=timedelta(seconds=20))
    order_accepted(shop, CATALOGUE, first, THEN + timedelta(days=2))  # the order comes later than the yes
    assert counts(shop)["instant_yes"] == (1, 1)


def test_the_audit_names_what_nobody_answered_and_what_never_became_an_order(shop: Shop) -> None:
    sold(shop, "never", THEN, answer=None)
    sold(shop, "lost", THEN, answer=timedelta(hours=1))
    found = supervising.audit_shop(shop, NOW)
    assert found["found"]["never_answered"] == found["found"]["yes_without_order"] == 1
    assert found["rows"]["never_answered"][0]["entered_by"] == "tanaka"


def test_a_confirmed_finding_opens_a_case_and_every_step_is_kept(shop: Shop) -> None:
    sale = sold(shop, "fast", THEN, answer=timedelta(seconds=20))
    with pytest.raises(BadValue, match="did not enter"):
        supervising.open_case(shop, "k1", "suzuki", [sale], "Sato", "Nobody knew.", NOW)
    opened = supervising.open_case(shop, "k1", "tanaka", [sale], "Sato", "Nobody knew.", NOW)
    assert (opened.closed, opened.missing) == (False, ("reversal", "refund", "notice", "training"))
    with pytest.raises(Conflict, match="steps are missing"):
        supervising.add_step(shop, "k1", Step("closure", NOW, "Sato", note="x"))
    for kind in opened.missing:
        supervising.add_step(shop, "k1", Step(kind, NOW, "Sato", reference="file 7"))
    closed = supervising.add_step(shop, "k1", Step("closure", NOW + timedelta(days=1), "Sato", note="Talked it over."))
    assert closed.closed
    supervising.open_case(shop, "k2", "tanaka", [sale], "Sato", "Again.", NOW - timedelta(days=9))
    assert [each.id for each in supervising.cases(shop)] == ["k2", "k1"]
    told = supervising.case_plain(closed)
    assert [each["kind"] for each in told["steps"]] == ["reversal", "refund", "notice", "training", "closure"]
