"""The pages of offers: previews that leave no trace, the log, one decision with its replay, and whose they are."""

import html
from datetime import timedelta
from typing import Any

import pytest

from tsuide.app.decision_log import Sought, look_up, silence_of
from tsuide.app.erasing import erase_customer
from tsuide.app.jobs import wait_for
from tsuide.app.segments import put_segment
from tsuide.app.serving import clock
from tsuide.errors import BadValue
from tsuide.interfaces.console.offers import cart_of, cart_text
from tsuide.outreach.segments.definition import Segment

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def made(running: Any, decided: Any) -> list[Any]:
    """Decisions of two days: beside a camera, in a cart, and in mails."""
    now = clock()
    first = decided(running.shop, now - 2 * DAY, range(6))
    cart = decided(running.shop, now - DAY, range(6, 8), placement="cart")
    mail = decided(running.shop, now - DAY + timedelta(hours=1), range(2), placement="email")
    return [*first, *cart, *mail]


def offered(decisions: list[Any]) -> Any:
    return next(each for each in decisions if each.offers)


def test_a_preview_says_what_and_why_and_leaves_no_trace(console: Any) -> None:
    before = console.shop.store.decisions.count()
    page = console.get("/offers", placement="product", product="cam-a", **{"as": "visitor", "who": "v1"})
    assert "What they would see" in page
    assert 'class="card offer"' in page
    assert "Eligibility" in page
    assert "Refused candidates" in page
    assert console.shop.store.decisions.count() == before
    assert console.shop.store.contacts.of(clock() - DAY, anonymous_id="v1") == []


def test_a_preview_as_somebody_of_a_segment(console: Any, running: Any) -> None:
    put_segment(
        running.shop, Segment("buyers", {"ja": "購入者", "en": "Buyers"}, "order_count > 0"), clock(), confirm=40
    )
    page = console.get("/offers", placement="product", product="cam-a", **{"as": "segment", "who": "buyers"})
    assert "who is in buyers" in page
    assert "somebody else of it" in page
    nobody = console.get("/offers", status=404, **{"as": "segment", "who": "nowhere"})
    assert 'value="nowhere"' in nobody


def test_the_address_alone_holds_the_preview(console: Any) -> None:
    page = console.get("/offers", placement="cart", cart="cam-a*2", tongue="ja", budget="5000", hesitation="removed")
    assert 'value="cart" selected' in page
    assert 'name="hesitation" value="removed" checked' in page
    assert 'value="5000"' in page
    assert "× 2" in page
    found = console.get("/offers", q="card", cart="cam-a")
    assert "cart=cam-a%2Ccard" in html.unescape(found)


def test_a_cart_of_any_ids_comes_back_from_an_address() -> None:
    lines = cart_of("a%2Cb%2A*3,,c")
    assert [(each.product_id, each.quantity) for each in lines] == [("a,b*", 3), ("c", 1)]
    assert cart_of(cart_text(lines)) == lines


def test_what_is_asked_wrongly_is_named_and_stays(console: Any) -> None:
    page = console.get("/offers", status=422, budget="much", product="cam-a")
    assert 'value="much"' in page
    assert 'name="product" type="text" value="cam-a"' in page
    assert "not one of the choices" in console.get("/offers", status=422, placement="moon")


def test_silence_says_its_reason(console: Any, made: list[Any]) -> None:
    silent = next(each for each in made if not each.offers)
    page = console.get(f"/offers/decision/{silent.id}")
    assert "Nothing is offered" in page
    assert silence_of({"arm": "holdout", "slate": [{"kind": "bundle"}]}) == "holdout"
    assert silence_of({"arm": "treated"}) == "none_chosen"
    trial = {"trial": {"withheld": ["bundle"]}}
    assert silence_of({"arm": "treated", "slate": [{"kind": "bundle"}], "customer": trial}) == "withheld"


def test_the_log_is_narrowed_by_everything(console: Any, made: list[Any]) -> None:
    one = offered(made)
    kind, product = one.slate[0].kind, one.slate[0].product_id

    def ids(**query: Any) -> set[str]:
        page = console.get("/offers/log", **query)
        return {each.id for each in made if f"/offers/decision/{each.id}" in page}

    assert ids() == {each.id for each in made}
    assert ids(customer="new3") == {each.id for each in made if each.request.customer_id == "new3"}
    assert ids(placement="cart") == {each.id for each in made if each.request.placement == "cart"}
    assert ids(channel="email") == {each.id for each in made if each.request.placement == "email"}
    assert ids(channel="email", placement="cart") == set()
    assert ids(silent="1") == {each.id for each in made if not each.offers}
    assert ids(kind=kind) == {each.id for each in made if any(offer.kind == kind for offer in each.slate)}
    wanted = {each.id for each in made if any(offer.product_id == product for offer in each.slate)}
    assert ids(product=product) == wanted
    assert ids(**{"from": (clock() + 2 * DAY).date().isoformat()}) == set()
    assert "not a day" in console.get("/offers/log", status=422, to="soon")


def test_the_log_goes_on_where_a_page_ended_and_looks_at_so_many_only(running: Any, made: list[Any]) -> None:
    seen: list[str] = []
    after = None
    while True:
        found = look_up(running.shop, Sought(), 3, after)
        seen += [each["id"] for each in found.rows]
        after = found.after
        if after is None:
            break
    wanted = sorted(made, key=lambda each: (each.at, each.id), reverse=True)
    assert [each for each in seen if each in {one.id for one in made}] == [each.id for each in wanted]
    rows, last = running.shop.store.decisions.walk(2, holds=["nowhere"])
    assert rows == []
    assert last is not None  # two were looked at, and there are more
    with pytest.raises(BadValue):
        Sought(kind="gift")


def test_a_decision_tells_all_and_is_decided_again_alike(console: Any, made: list[Any]) -> None:
    one = offered(made)
    page = console.get(f"/offers/decision/{one.id}")
    for told in (one.snapshot_id, one.policy_version[:8], str(one.seed), one.request.customer_id):
        assert told in page
    assert "bit for bit" in page
    assert "nobody saw it" in page
    assert "Allowed candidates" in page
    running_out = console.get("/offers/decision/dec_nothing", status=404)
    assert "no such decision" in running_out


def test_a_decision_of_an_older_state_is_replayed_by_a_job(console: Any, running: Any, made: list[Any]) -> None:
    one = offered(made)
    products = running.shop.store.facts.products()
    running.shop.store.facts.write_products(products.head(1).with_columns(price=products["price"].head(1) + 1))
    running.client.app.state.serving.decider.refresh()
    assert "can be loaded" in console.get(f"/offers/decision/{one.id}")
    console.post("/offers/replay", decision=one.id)
    job = running.shop.store.jobs.recent("replay")[0]
    assert wait_for(running.shop, job["id"], clock, 60)["state"] == "done"
    assert "bit for bit" in console.get(f"/offers/decision/{one.id}")
    auditor = running.person("auditor")
    auditor.post("/offers/replay", status=403, decision=one.id)
    assert "bit for bit" in auditor.get(f"/offers/decision/{one.id}", replay="now")


def test_an_erased_customers_decision_says_that_it_cannot_be_replayed(console: Any, running: Any, decided: Any) -> None:
    one = decided(running.shop, clock() - 3 * DAY, range(70, 71))[0]
    erase_customer(running.shop, "new70", clock())
    page = console.get(f"/offers/decision/{one.id}")
    assert "the customer was erased" in page
    assert "new70" not in page


def test_a_rep_sees_only_their_own(running: Any, made: list[Any]) -> None:
    rep = running.person("rep", rep_id="rep-1")
    one = offered(made)
    assert one.id not in rep.get("/offers/log")
    rep.get(f"/offers/decision/{one.id}", status=403)
    rep.get("/offers", status=403, **{"as": "customer", "who": "c1"})
    assert "as.segment" not in rep.get("/offers")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_page_of_it_is_there_in_both_languages(console: Any, made: list[Any], language: str) -> None:
    for path in ("/offers", "/offers/log", f"/offers/decision/{offered(made).id}"):
        assert f'<html lang="{language}">' in console.get(path, lang=language)
