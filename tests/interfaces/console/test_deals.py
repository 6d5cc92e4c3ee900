"""The pages of deals: from a main line to a quote that is out; a rep's own only; every step taken back."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tsuide.app.deal_quotes import restore_seller, set_seller
from tsuide.app.deals import add_deal
from tsuide.app.policies import put_in_force
from tsuide.app.signing import set_sale_terms
from tsuide.app.silence import silence_text
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.frames import frame_of
from tsuide.offers.acceptance import SaleTerms
from tsuide.offers.policy.load import ready_text
from tsuide.outreach.sales.quotes import Seller

WORDS = {"ja": "あ", "en": "a"}


@pytest.fixture(scope="module", autouse=True)
def account(running: Any) -> None:
    people = [
        Customer("acme", "company", name="ACME", email="info@acme.example", attributes={"owner": "ann"}),
        Customer("other", "company", name="Other", attributes={"owner": "bob"}),
    ]
    running.shop.store.facts.write_customers(frame_of(people, CUSTOMERS))
    set_sale_terms(running.shop, SaleTerms(payment=WORDS, delivery=WORDS, cancellation=WORDS), datetime.now(UTC))


@pytest.fixture
def ann(running: Any) -> Any:
    return running.person("rep", rep_id="ann")


@pytest.fixture
def quoting(running: Any) -> None:
    """Somebody has said who quotes."""
    set_seller(running.shop, Seller({"ja": "店", "en": "Shop"}, {"ja": "東京", "en": "Tokyo"}), datetime.now(UTC))


def products(running: Any) -> list[str]:
    frame = running.shop.store.facts.products()
    return [row["id"] for row in frame.iter_rows(named=True) if row["price"] and row["status"] == "active"]


def begun(person: Any, *lines: str) -> str:
    answer = person.post("/deals/add", title="New office", customer_id="acme", needs="desks, chairs")
    deal = re.search(r"/deals/([^?]+)", answer.headers["location"])
    assert deal is not None
    for product in lines:
        person.post("/deals/line", deal=deal.group(1), product=product, quantity="2")
    return deal.group(1)


def whole(running: Any, deal: str) -> Any:
    return running.shop.store.deals.get(deal)


def test_a_rep_sees_their_own_deals_and_no_colleagues(running: Any, ann: Any) -> None:
    now = datetime.now(UTC)
    theirs = add_deal(running.shop, "Bob's deal", now, 77, customer_id="other", owner="bob").id
    for view in ({}, {"view": "list", "stage": "all"}):
        assert "Bob&#39;s deal" not in ann.get("/deals", owner="bob", **view)
    ann.get(f"/deals/{theirs}", status=403)
    sent = {"title": "x", "stage": "lost", "product": "p", "place": "1", "state": "accepted", "reason": "price"}
    paths = ("change", "stage", "line", "price", "set", "lose", "quote", "withdraw", "propose", "answer", "send", "won")
    for path in paths:
        ann.post(f"/deals/{path}", status=403, deal=theirs, **sent)
    ann.post("/deals/add", status=403, title="x", customer_id="other")
    assert whole(running, theirs).stage == "lead"


def test_a_deal_is_begun_moved_changed_and_each_step_is_taken_back(running: Any, ann: Any) -> None:
    deal = begun(ann)
    assert whole(running, deal).owner == "ann"
    moved = ann.post("/deals/stage", deal=deal, stage="qualified")
    changed = ann.post("/deals/change", deal=deal, title="Newer office", needs="desks")
    assert (whole(running, deal).title, whole(running, deal).needs) == ("Newer office", ("desks",))
    ann.undo(changed)
    assert whole(running, deal).title == "New office"
    ann.undo(moved)
    assert whole(running, deal).stage == "lead"


def test_a_line_is_put_in_priced_and_as_it_was_when_that_is_undone(running: Any, ann: Any) -> None:
    product = products(running)[0]
    deal = begun(ann, product)
    (line,) = whole(running, deal).lines
    priced = ann.post("/deals/price", deal=deal, place=str(line.place), price="999999", currency=line.currency)
    assert whole(running, deal).lines[0].price_from == "rep"
    ann.undo(priced)
    assert whole(running, deal).lines == (line,)
    assert "Subject to" in ann.get(f"/deals/{deal}", find=product)


def test_a_price_below_the_margin_floor_is_refused_with_the_way_out(running: Any, ann: Any) -> None:
    frame = running.shop.store.facts.products()
    costly = next(
        row["id"] for row in frame.iter_rows(named=True) if row["cost"] and row["price"] and row["status"] == "active"
    )
    deal = begun(ann, costly)
    place = str(whole(running, deal).lines[0].place)
    text = ann.post("/deals/price", status=409, deal=deal, place=place, price="1").text
    assert "margin" in text
    assert "Way out" in text


def test_where_nothing_goes_with_a_deal_its_page_says_why(running: Any, ann: Any) -> None:
    deal = begun(ann, products(running)[0])
    put_in_force(running.shop, ready_text("sales_team"), datetime.now(UTC))  # asks for a need before any product
    try:
        running.client.app.state.serving.decider.refresh()
        found = urlsplit(ann.post("/deals/propose", deal=deal).headers["location"])
        silent = parse_qs(found.query)["silent"][0]
        assert silence_text(silent, "en").startswith("Nothing to offer now (")
        assert silence_text(silent, "en") in ann.get(f"/deals/{deal}", silent=silent)
    finally:
        put_in_force(running.shop, ready_text("standard"), datetime.now(UTC))
        running.client.app.state.serving.decider.refresh()


def test_what_goes_with_a_deal_is_proposed_answered_and_taken_back(running: Any, ann: Any) -> None:
    for product in products(running)[:30]:
        deal = begun(ann, product)
        proposed = ann.post("/deals/propose", deal=deal)
        attached = [line for line in whole(running, deal).lines if line.role == "attached"]
        if attached:
            break
    else:
        pytest.fail("nothing goes with anything")
    line = attached[0]
    declined = ann.post("/deals/answer", deal=deal, place=str(line.place), state="declined", reason="too_dear")
    told = [row["outcome"] for row in running.shop.store.outcomes.of_decision(line.decision_id)]
    assert sorted(told) == ["declined", "shown"]
    ann.undo(declined)
    assert running.shop.store.outcomes.of_decision(line.decision_id) == []
    ann.undo(proposed)
    assert all(line.role == "main" for line in whole(running, deal).lines)


def test_a_quote_is_written_sent_and_taken_back_and_no_rep_holds_its_link(running: Any, ann: Any) -> None:
    manager = running.person("sales_manager")
    deal = begun(ann, products(running)[0])
    restore_seller(running.shop, None, datetime.now(UTC))
    assert "who quotes" in ann.post("/deals/quote", status=409, deal=deal).text
    seller = {"name.ja": "店", "name.en": "Shop", "address.ja": "東京", "address.en": "Tokyo"}
    manager.post("/deals/seller", status=422, registration="123", **seller)
    manager.post("/deals/seller", registration="T1234567890123", **seller)
    ann.post("/deals/quote", deal=deal)
    sent = manager.post("/deals/send", deal=deal, to="")
    assert whole(running, deal).stage == "quoted"
    assert "/m/quote/" in manager.get(f"/deals/{deal}")
    assert "/m/quote/" not in ann.get(f"/deals/{deal}")
    quote = running.shop.store.deals.quotes(deal)[-1]["id"]
    assert "T1234567890123" in ann.get(f"/deals/quotes/{quote}")
    manager.undo(sent)
    assert whole(running, deal).stage == "lead"
    assert "taken back" in ann.get(f"/deals/{deal}")


def test_a_deal_is_lost_with_a_reason_and_open_again_when_that_is_undone(running: Any, ann: Any) -> None:
    deal = begun(ann)
    ann.post("/deals/lose", status=422, deal=deal, reason="bad weather")
    lost = ann.post("/deals/lose", deal=deal, reason="price", note="too dear by far")
    assert (whole(running, deal).stage, whole(running, deal).reason) == ("lost", "price")
    ann.undo(lost)
    assert (whole(running, deal).stage, whole(running, deal).reason) == ("lead", None)


@pytest.mark.usefixtures("quoting")
def test_a_purchase_order_wins_a_deal_but_no_rep_takes_it_in(running: Any, ann: Any) -> None:
    manager = running.person("sales_manager")
    deal = begun(ann, products(running)[0])
    manager.post("/deals/send", deal=deal, to="")
    order = {"number": "PO-1", "person": "Ms Mori", "filed": "cabinet 3"}
    ann.post("/deals/won", status=403, deal=deal, **order)
    manager.post("/deals/won", deal=deal, **order)
    assert (whole(running, deal).stage, whole(running, deal).order_id is not None) == ("won", True)


@pytest.mark.usefixtures("quoting")
def test_a_manager_who_sells_a_deal_is_its_rep_no_address_of_choice_no_link_no_purchase_order(running: Any) -> None:
    manager = running.person("sales_manager")
    deal = add_deal(running.shop, "Mine", datetime.now(UTC), 78, customer_id="acme", owner=manager.user_id).id
    manager.post("/deals/line", deal=deal, product=products(running)[0], quantity="1")
    colleague = running.person("owner")
    colleague.post("/deals/send", deal=deal, to="")
    assert "/m/quote/" in colleague.get(f"/deals/{deal}")
    assert "/m/quote/" not in manager.get(f"/deals/{deal}")
    order = {"number": "PO-3", "person": "Ms Mori", "filed": "cabinet 3"}
    assert "own deal" in manager.post("/deals/won", status=409, deal=deal, **order).text
    assert whole(running, deal).order_id is None
    colleague.post("/deals/won", deal=deal, **order)
    assert whole(running, deal).stage == "won"


def test_which_combinations_win_is_told_by_line_product_and_rep(console: Any, ann: Any) -> None:
    for query in ({}, {"by": "product", "each": "yes"}, {"lang": "ja"}):
        console.get("/deals/report", **query)
    assert "reps" not in ann.get("/deals/report", csv="reps")[:4]


@pytest.mark.usefixtures("quoting")
def test_a_combination_that_has_won_stands_in_the_chart_with_its_interval(running: Any, ann: Any) -> None:
    manager = running.person("sales_manager")
    for product in products(running)[:30]:
        deal = begun(ann, product)
        ann.post("/deals/propose", deal=deal)
        attached = [line for line in whole(running, deal).lines if line.role == "attached"]
        if attached:
            break
    else:
        pytest.fail("nothing goes with anything")
    ann.post("/deals/answer", deal=deal, place=str(attached[0].place), state="accepted")
    manager.post("/deals/send", deal=deal, to="")
    manager.post("/deals/won", deal=deal, number="PO-2", person="Ms Mori", filed="cabinet 3")
    assert "Share won by combination" in manager.get("/deals/report", each="yes")
    assert manager.get("/deals/report", svg="combinations").startswith("<svg")
