"""Deals at the application: kept whatever they lack, priced within the floor, sold only with the customer's yes."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from pydantic import SecretStr

from tsuide.app import accepting
from tsuide.app.catalogue import Catalogue
from tsuide.app.deal_accounts import import_prices
from tsuide.app.deal_offers import answer_line, propose, shown, tell
from tsuide.app.deal_promotions import give_promotion, promotions_for, take_back_promotion
from tsuide.app.deal_quotes import (
    heard,
    quote_page,
    send_quote,
    set_seller,
    settle,
    settle_all,
    sold_of,
    win_by_order_form,
    write_quote,
)
from tsuide.app.deal_sending import put_before_customer
from tsuide.app.deals import (
    add_deal,
    change_deal,
    deal_history,
    deal_told,
    deals_told,
    lose_deal,
    price_line,
    price_set,
    put_line,
    reopen_deal,
)
from tsuide.app.deciding import Served, row_of
from tsuide.app.effect import gather_facts
from tsuide.app.ledger import Ledger
from tsuide.app.policies import put_in_force
from tsuide.app.promotions import put_promotion, standing
from tsuide.app.signing import DEMO_TERMS, set_sale_terms
from tsuide.app.supervising import audit_shop, supervise
from tsuide.app.wiring import Shop
from tsuide.errors import BadFile, BadSetting, BadValue, Conflict, NotFound, NotReady, Refused, UnknownProduct
from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.frames import frame_of
from tsuide.facts.promotions import Benefit, Budget, Promotion, Targets
from tsuide.facts.schema import conform
from tsuide.offers.customer import CustomerView
from tsuide.offers.decision import Decision
from tsuide.offers.offer import Offer, OfferItem, Reason, Scores
from tsuide.offers.policy.load import load_policy, ready_text
from tsuide.offers.request import OfferRequest
from tsuide.outreach.sales.quotes import Seller

NOW = datetime(2026, 6, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SELLER = Seller({"ja": "青葉商店", "en": "Aoba Shoten"}, {"ja": "東京都", "en": "Tokyo"}, "T1234567890123")
ROWS: list[dict[str, Any]] = [
    {"id": "tea", "title": "煎茶", "price": 1_000, "cost": 600, "tax_rate": 800}
    | {"attributes": '{"case": "12", "title_en": "Sencha"}'},
    {"id": "cup", "title": "湯呑", "price": 500, "cost": 300},
    {"id": "pot", "title": "急須", "price": 4_000, "cost": 2_000},
    {"id": "fine", "title": "玉露", "price": 2_000, "cost": 1_000, "tax_rate": 800},
    {"id": "fee", "title": "Fee", "price": 10_00, "cost": 1_00, "currency": "USD"},
    {"id": "old", "title": "Old", "price": 100, "status": "discontinued"},
    {"id": "asked", "title": "On request", "price": None},
]
PEOPLE = [
    Customer("hq", "company", name="青葉HD", attributes={"credit_limit": "100000", "price_list": "gold"}),
    Customer(
        "acme", "company", parent_id="hq", name="青葉商事", email="buyer@example.com", attributes={"owner": "ann"}
    ),
    Customer("yamada", "person", name="山田"),
]


@pytest.fixture
def shop(empty_shop: Shop) -> Shop:
    base = {"currency": "JPY", "status": "active", "kind": "physical", "category": ["x"], "tax_rate": 1_000}
    rows = [{**base, "tax_included": True, **row} for row in ROWS]
    empty_shop.store.facts.write_products(conform(pl.DataFrame(rows, infer_schema_length=None), PRODUCTS))
    empty_shop.store.facts.write_customers(frame_of(PEOPLE, CUSTOMERS))
    put_in_force(empty_shop, ready_text("sales_team"), NOW)
    set_sale_terms(empty_shop, DEMO_TERMS, NOW)
    set_seller(empty_shop, SELLER, NOW)
    return empty_shop


def begun(shop: Shop, *products: tuple[str, int], customer: str | None = "acme", n: int = 1) -> str:
    made = add_deal(shop, "Tea for the office", NOW, n, customer_id=customer)
    for product, quantity in products:
        put_line(shop, made.id, product, quantity, NOW)
    return made.id


def offered(shop: Shop, product: str, price: int, **more: Any) -> Decision:
    """A decision `dec` in the store, with one offer."""
    scores = Scores(0.2, None, 1.0, 1.0, 0.2)
    kind = more.pop("kind", "cross_sell")
    given: dict[str, Any] = {"price": price, "anchor_id": "tea", **more}
    items = given.pop("items", (OfferItem(product, 1, price),))
    offer = Offer("dec.0", 0, kind, "complements", product, "JPY", scores, items, **given)
    made = Decision(
        id="dec", at=NOW, request=OfferRequest("rep", customer_id="acme"), customer=CustomerView(id="acme"),
        snapshot_id="s", sequence=0, policy="p", policy_version="1", seed=0, arm="treated", unit="customer",
        slate=(offer,),
    )  # fmt: skip
    journal = shop.store.journal()
    journal.write("trace", row_of(made))
    journal.close_now()
    return made


def proposed(shop: Shop, deal_id: str, decision: Decision) -> Any:
    """What `propose` makes of it, and the request that it asked with."""
    asked: list[OfferRequest] = []

    async def decide(request: OfferRequest) -> Served:
        asked.append(request)
        goods, policy = Catalogue(pl.DataFrame(schema=PRODUCTS), {}), load_policy(ready_text("sales_team"))
        return Served(decision, None, goods, policy)  # type: ignore[arg-type]  # no state is read

    return asyncio.run(propose(shop, decide, deal_id, NOW)), asked[0]


def outcomes(shop: Shop, told: Any) -> list[tuple[str, str | None]]:
    """What the store has of the decision `dec` once the ledger was told."""

    async def record() -> None:
        journal = shop.store.journal()
        await tell(Ledger(shop.store, journal, lambda: NOW, lambda _: None), told)
        await journal.close()

    asyncio.run(record())
    return sorted((row["outcome"], row["reason"]) for row in shop.store.outcomes.of_decision("dec"))


def test_a_deal_without_an_account_or_with_an_unknown_one_is_kept_and_flagged(shop: Shop) -> None:
    nobody, unknown = begun(shop, ("cup", 1), customer=None), begun(shop, customer="who?", n=2)
    assert [each["flags"] for each in deals_told(shop)] == [
        ["unknown_account", "no_owner", "no_lines"], ["no_account", "no_owner"],
    ]  # fmt: skip
    with pytest.raises(Refused, match="customer_id"):
        send_quote(shop, nobody, NOW, 1)
    change_deal(shop, nobody, NOW, customer_id="acme", owner="ann")
    assert deal_told(shop, nobody)["flags"] == []
    assert add_deal(shop, "again", NOW, 3, deal_id=unknown).title == "Tea for the office"
    with pytest.raises(BadValue, match="title"):
        add_deal(shop, " ", NOW, 4)


def test_values_in_two_currencies_are_grouped_and_never_added(shop: Shop) -> None:
    deal = begun(shop, ("cup", 2), ("fee", 1))
    told = deal_told(shop, deal)
    assert [(each["currency"], each["total"]) for each in told["totals"]] == [("JPY", 1_000), ("USD", 1_000)]
    assert told["flags"] == ["several_currencies"]
    with pytest.raises(Refused, match="one currency"):
        write_quote(shop, deal, NOW, 1)


def test_an_accounts_price_list_holds_from_its_units_on_and_goes_with_the_quantity(shop: Shop) -> None:
    rows = [
        {"product": "tea", "price": "950", "least": "1"}, {"product": "tea", "price": "900", "least": "24"},
        {"product": "none", "price": "1"}, {"product": "cup", "price": "x"},
        {"product": "cup", "price": "4", "least": "0"},
    ]  # fmt: skip
    kept, wrong = import_prices(shop, "gold", rows)
    assert (kept, [each[:2] for each in wrong]) == (2, ["4:", "5:", "6:"])
    deal = begun(shop, ("tea", 12))
    assert [(each.unit_price, each.price_from) for each in shop.store.deals.get(deal).lines] == [(950, "list")]
    assert put_line(shop, deal, "tea", 24, NOW).lines[0].unit_price == 900
    assert begun(shop, ("tea", 12), customer="yamada", n=2) != deal
    with pytest.raises(BadFile):
        import_prices(shop, "gold", rows[2:])
    assert shop.store.deals.price_lists() == {"gold": 2}


def test_lines_are_put_in_whole_cases_changed_and_taken_out(shop: Shop) -> None:
    deal = begun(shop, ("tea", 12), ("cup", 6))
    with pytest.raises(BadValue, match="cases of 12"):
        put_line(shop, deal, "tea", 13, NOW)
    assert [each.product_id for each in put_line(shop, deal, "tea", 0, NOW).lines] == ["cup"]
    assert put_line(shop, deal, "pot", 1, NOW, with_id="cup").lines[-1].role == "attached"
    with pytest.raises(UnknownProduct):
        put_line(shop, deal, "none", 1, NOW)
    with pytest.raises(Refused, match="not for sale"):
        put_line(shop, deal, "old", 1, NOW)


def test_a_reps_own_prices_keep_the_margin_floor_alone_and_in_a_set(shop: Shop) -> None:
    deal = begun(shop, ("cup", 10), ("pot", 1))
    with pytest.raises(Refused, match="margin floor of 15%") as caught:
        price_line(shop, deal, 1, 350, NOW)
    least = int(str(caught.value.way_out).split()[0])
    assert least == 3_883  # ten cups of 300 each: 3,530 ex tax
    assert price_line(shop, deal, 1, 389, NOW).lines[0].amount == 3_890
    put_line(shop, deal, "cup", 10, NOW)  # the catalogue's price again
    assert [each.amount for each in price_set(shop, deal, [1, 2], 7_200, NOW).lines] == [4_000, 3_200]
    with pytest.raises(Refused):
        price_set(shop, deal, [1, 2], 6_000, NOW)
    assert [each.amount for each in put_line(shop, deal, "pot", 2, NOW).lines] == [5_000, 8_000]  # no set any more


def test_what_goes_with_a_deal_is_asked_with_its_lines_and_kept_as_proposed(shop: Shop) -> None:
    deal = begun(shop, ("tea", 12))
    change_deal(shop, deal, NOW, needs=("drinks",))
    found, asked = proposed(shop, deal, offered(shop, "cup", 500))
    assert (asked.placement, asked.customer_id, [(each.product_id, each.quantity) for each in asked.cart]) == (
        "rep", "acme", [("tea", 12)],
    )  # fmt: skip
    assert asked.rep is not None
    assert (asked.rep.id, asked.rep.needs) == ("ann", ("drinks",))
    line = found.deal.line(found.places[0])
    assert (line.role, line.state, line.with_id, line.offer_id) == ("attached", "proposed", "tea", "dec.0")
    assert deal_told(shop, deal)["totals"][0]["total"] == 12_000  # what is only proposed is in no sum
    with pytest.raises(Refused, match="lines"):
        proposed(shop, begun(shop, n=9), offered(shop, "cup", 500))


def test_a_reps_word_for_a_yes_is_no_acceptance_and_a_no_teaches_at_once(shop: Shop) -> None:
    deal = begun(shop, ("tea", 12))
    found, _ = proposed(shop, deal, offered(shop, "cup", 500))
    place = found.places[0]
    _, told = answer_line(shop, deal, place, "accepted", NOW)
    assert outcomes(shop, told) == [("clicked", None), ("shown", None)]
    after, told = answer_line(shop, deal, place, "declined", NOW, reason="too_dear")
    assert (after.line(place).reason, ("declined", "too_dear") in outcomes(shop, told)) == ("too_dear", True)
    with pytest.raises(BadValue, match="reason"):
        answer_line(shop, deal, place, "declined", NOW, reason="whatever")


def won(shop: Shop, deal: str) -> accepting.Answer:
    sent = send_quote(shop, deal, NOW, 7)
    answer = accepting.look(shop, sent.token, NOW)
    return accepting.confirm(shop, sold_of(shop, answer), sent.token, "ja", NOW + DAY)


def test_only_the_customers_own_yes_makes_an_order_with_main_and_attached_lines(shop: Shop) -> None:
    deal = begun(shop, ("tea", 12))
    found, _ = proposed(shop, deal, offered(shop, "cup", 500))
    answer_line(shop, deal, found.places[0], "accepted", NOW)
    assert shop.store.facts.counts()["orders"] == 0
    answer = won(shop, deal)
    told = settle(shop, answer.acceptance_id, NOW + DAY)
    after = shop.store.deals.get(deal)
    assert after.order_id is not None
    assert (after.stage, after.closed_at) == ("won", NOW + DAY)
    head, lines = shop.store.facts.order(after.order_id)
    assert (head["customer_id"][0], head["origin"][0]) == ("acme", "tsuide")
    assert lines.select("product_id", "role", "amount").rows() == [("tea", "main", 12_000), ("cup", "attached", 500)]
    assert lines["offer_id"][1] == "dec.0"
    assert outcomes(shop, told) == [("accepted", None), ("purchased", None)]
    assert settle(shop, answer.acceptance_id, NOW + 2 * DAY) == told
    assert settle_all(shop, NOW) == (0, {})
    assert [each["deed"] for each in deal_history(shop, deal)][-1] == "won"
    with pytest.raises(Refused, match="this deal is won"):
        put_line(shop, deal, "cup", 1, NOW)


def test_a_deals_yes_is_one_sale_of_its_rep_in_supervision_and_its_main_lines_are_no_offers(shop: Shop) -> None:
    deal = begun(shop, ("tea", 12))
    found, _ = proposed(shop, deal, offered(shop, "cup", 500))
    answer_line(shop, deal, found.places[0], "accepted", NOW)
    settle(shop, won(shop, deal).acceptance_id, NOW + DAY)
    assert supervise(shop, NOW + 2 * DAY)["sales"] == 1
    assert {name: n for name, n in audit_shop(shop, NOW + 2 * DAY)["found"].items() if n} == {}
    lines = gather_facts(shop, NOW + 2 * DAY).lines
    assert lines.sort("line").select("product_id", "attached").rows() == [("tea", False), ("cup", True)]


def test_an_offer_that_was_taken_elsewhere_meanwhile_is_not_sold_twice(shop: Shop) -> None:
    deal = begun(shop, ("tea", 12))
    found, _ = proposed(shop, deal, offered(shop, "cup", 500))
    answer_line(shop, deal, found.places[0], "accepted", NOW)
    shop.store.acceptances.add("other", "dec.0", NOW, ("click", "cart"))
    with pytest.raises(Conflict, match="accepted already"):
        won(shop, deal)
    assert shop.store.deals.get(deal).order_id is None


def test_a_yes_whose_order_was_not_written_is_settled_later(shop: Shop) -> None:
    deal = begun(shop, ("cup", 1))
    won(shop, deal)
    assert shop.store.deals.get(deal).stage == "quoted"
    with pytest.raises(Conflict, match="has said yes"):
        put_line(shop, deal, "cup", 2, NOW)
    assert settle_all(shop, NOW)[0] == 1
    assert shop.store.deals.get(deal).stage == "won"


def test_whatever_changes_a_deal_takes_back_the_quote_that_is_out(shop: Shop) -> None:
    deal = begun(shop, ("cup", 1))
    sent = send_quote(shop, deal, NOW, 1)
    put_line(shop, deal, "cup", 2, NOW)
    with pytest.raises(Conflict, match="expired"):
        accepting.confirm(shop, sold_of(shop, accepting.look(shop, sent.token, NOW)), sent.token, "ja", NOW)
    assert [each["state"] for each in deal_told(shop, deal)["quotes"]] == ["expired"]
    again = send_quote(shop, deal, NOW, 2)
    assert again.written.quote.number.endswith("-2")
    assert send_quote(shop, deal, NOW, 3).token == again.token  # nothing has changed: it is the same
    assert [each["state"] for each in deal_told(shop, deal)["quotes"]] == ["expired", "waiting"]


def test_a_quote_says_in_both_languages_what_a_quote_must_say(shop: Shop) -> None:
    deal = begun(shop, ("tea", 12), ("pot", 1))
    proposed(shop, deal, offered(shop, "cup", 500))
    sent = send_quote(shop, deal, NOW, 1)
    made = quote_page(shop, sent.acceptance_id).quote
    assert made == sent.written.quote
    assert made.by_rate == ((800, 11_112, 888), (1_000, 3_637, 363))
    assert (made.total, [row.product_id for row in made.options]) == (16_000, ["cup"])
    assert (made.rows[0].titles["en"], made.rows[0].case, made.rep) == ("Sencha", 12, "ann")
    assert made.expires_at == NOW + 30 * DAY
    assert shown(shop.store.deals.get(deal).lines).keys() == {"dec"}


def test_a_quote_is_mailed_with_its_link_in_the_readers_language(shop: Shop, post_office: Any) -> None:
    deal = begun(shop, ("tea", 12))
    with pytest.raises(BadSetting, match="TSUIDE_PUBLIC_URL"):
        send_quote(shop, deal, NOW, 1, to=["buyer@example.com"])
    told = {"smtp": SecretStr(post_office.url), "mail_from": "sales@example.com", "public_url": "https://x.example"}
    mailing = Shop(shop.settings.model_copy(update=told), shop.store)
    for language, words in (("ja", "青葉商事 御中"), ("en", "Registration no.: T1234567890123")):
        sent = send_quote(mailing, deal, NOW, 1, to=["buyer@example.com"], language=language)
        mail = post_office.mails()[-1]
        text = mail.get_body(("plain",)).get_content()
        assert sent.link == f"https://x.example/m/quote/{sent.token}"
        assert sent.link in text.replace("=\n", "")
        assert words in text
        assert sent.written.quote.number in mail["Subject"]


def test_a_rep_sends_to_the_accounts_own_address_and_who_answers_for_them_may_choose(
    shop: Shop, post_office: Any
) -> None:
    deal, nameless = begun(shop, ("cup", 1)), begun(shop, ("cup", 1), customer="yamada", n=2)
    told = {"smtp": SecretStr(post_office.url), "mail_from": "sales@example.com", "public_url": "https://x.example"}
    mailing = Shop(shop.settings.model_copy(update=told), shop.store)

    def sent(deal_id: str = deal, *, at: Shop = mailing, free: bool = False, **said: Any) -> tuple[str, ...]:
        return put_before_customer(at, deal_id, NOW, 1 + (deal_id == deal), free=free, **said).mailed

    for said, key in (({"to": ["ann@example.com"]}, "to"), ({"approved_by": "ann"}, "approved_by")):
        with pytest.raises(Refused, match=f"a rep may not say that: {key}"):
            sent(**said)
    with pytest.raises(Refused, match="no address"):
        sent(nameless)
    assert post_office.mails() == []
    assert sent() == sent(to=["buyer@example.com"]) == sent(free=True) == ("buyer@example.com",)
    assert sent(free=True, to=["boss@example.com"]) == ("boss@example.com",)
    assert sent(free=True, to=()) == sent(nameless, free=True) == sent(at=shop, free=True) == ()
    with pytest.raises(BadValue, match="not an address"):
        sent(free=True, to=["nobody"])


def test_nothing_is_quoted_while_somebody_must_still_say_something(shop: Shop) -> None:
    deal = begun(shop, ("asked", 1))
    with pytest.raises(Refused, match="price is missing"):
        write_quote(shop, deal, NOW, 1)
    shop.store.settings.put("deal.seller", json.dumps(None), NOW)
    with pytest.raises(BadValue, match="registration"):
        set_seller(shop, replace(SELLER, registration="123"), NOW)
    with pytest.raises(BadValue, match=r"name\.en"):
        set_seller(shop, replace(SELLER, name={"ja": "x"}), NOW)


def test_without_the_laws_words_no_yes_is_asked_for(shop: Shop) -> None:
    shop.store.settings.put("sale.terms", '{"payment": {}, "delivery": {}, "cancellation": {}}', NOW)
    with pytest.raises(NotReady, match="payment"):
        send_quote(shop, begun(shop, ("cup", 1)), NOW, 1)


def test_the_credit_limit_of_the_account_above_counts_what_is_won_and_out_in_the_whole_tree(shop: Shop) -> None:
    first = begun(shop, ("tea", 60))
    settle(shop, won(shop, first).acceptance_id, NOW)
    send_quote(shop, begun(shop, ("tea", 24), customer="hq", n=2), NOW, 8)
    deal = begun(shop, ("tea", 24), n=3)
    with pytest.raises(Refused, match="passed by 8000"):
        send_quote(shop, deal, NOW, 9)
    sent = send_quote(shop, deal, NOW, 9, approved_by="boss")
    assert sent.acceptance_id
    assert deal_history(shop, deal)[-1]["content"]["approved_by"] == "boss"


def order_form(shop: Shop, deal: str, now: datetime = NOW, **said: str) -> accepting.Answer:
    given = {"number": "PO-1", "person": "佐藤", "filed": "cabinet 3", "who": "bob"} | said
    return win_by_order_form(shop, deal, given["number"], given["person"], given["filed"], now, who=given["who"])


def test_a_purchase_order_is_a_yes_with_a_person_and_evidence_and_not_from_the_rep_themselves(shop: Shop) -> None:
    deal = begun(shop, ("cup", 10))
    with pytest.raises(Refused, match="no quote was sent"):
        order_form(shop, deal)
    send_quote(shop, deal, NOW, 1)
    with pytest.raises(BadValue, match="person"):
        order_form(shop, deal, person=" ")
    with pytest.raises(BadValue, match="filed"):
        order_form(shop, deal, filed="")
    with pytest.raises(Refused, match="own deal"):
        order_form(shop, deal, who="ann")
    with pytest.raises(Refused, match="expired"):
        order_form(shop, deal, NOW + 31 * DAY)
    answer = order_form(shop, deal)
    settle(shop, answer.acceptance_id, NOW)
    row = shop.store.acceptances.get(answer.acceptance_id)
    assert row["evidence_kind"] == "purchase_order"
    assert row["evidence_reference"] == "PO-1; 佐藤; cabinet 3; taken in by bob"
    assert shop.store.deals.get(deal).stage == "won"


def test_the_customers_no_is_in_the_history_and_the_deal_goes_on(shop: Shop) -> None:
    deal = begun(shop, ("cup", 1))
    token = send_quote(shop, deal, NOW, 1).token
    answer = accepting.decline(shop, token, "too_dear", NOW)
    heard(shop, answer, "too_dear", NOW)
    last = deal_history(shop, deal)[-1]
    assert (last["deed"], last["reason"], last["stage"]) == ("customer_declined", "too_dear", "negotiation")
    assert send_quote(shop, deal, NOW, 2).written.quote.number.endswith("-2")


def test_a_lost_deal_says_why_and_may_be_taken_up_again(shop: Shop) -> None:
    deal = begun(shop, ("cup", 1))
    token = send_quote(shop, deal, NOW, 1).token
    with pytest.raises(BadValue, match="competitor"):
        lose_deal(shop, deal, "bad luck", NOW)
    lose_deal(shop, deal, "price", NOW, note="ten percent", who="ann")
    with pytest.raises(Conflict):
        accepting.confirm(shop, sold_of(shop, accepting.look(shop, token, NOW)), token, "ja", NOW)
    assert [each["reason"] for each in deals_told(shop, "lost")] == ["price"]
    reopen_deal(shop, deal, NOW)
    assert deal_told(shop, deal)["stage"] == "negotiation"
    with pytest.raises(BadValue, match="stage"):
        change_deal(shop, deal, NOW, stage="won")
    with pytest.raises(BadValue, match="stage"):
        deals_told(shop, "none")


def test_what_a_decision_with_nothing_says_leaves_the_deal_as_it_was(shop: Shop) -> None:
    deal = begun(shop, ("tea", 12))
    sent = send_quote(shop, deal, NOW, 1)
    found, _ = proposed(shop, deal, replace(offered(shop, "cup", 500), slate=()))
    kept: Sequence[int] = found.places
    assert (kept, accepting.look(shop, sent.token, NOW).state) == ((), "waiting")


# --- what only a rep may give -------------------------------------------------------------------------------


def rep_only(shop: Shop, name: str = "visit", **more: Any) -> None:
    benefit = more.pop("benefit", Benefit("percent", 1_000))
    put_promotion(shop, Promotion(name, {"ja": "訪問特典", "en": "Visit"}, benefit, "JPY", rep_only=True, **more), NOW)


def test_a_promotion_that_a_rep_gives_is_drawn_on_by_the_customers_yes_and_its_giver_is_noted(shop: Shop) -> None:
    rep_only(shop, budget=Budget(amount=10_000), ends_at=NOW + 5 * DAY)
    deal_id = begun(shop, ("pot", 2), ("cup", 4))
    told = promotions_for(shop, deal_id, NOW)[0]
    assert (told["promotion"], told["saving"], told["lines"], told["rep_only"]) == ("visit", 1_000, [1, 2], True)
    after = give_promotion(shop, deal_id, "visit", NOW, who="ann")
    assert [(line.discount, line.promotion_id) for line in after.lines] == [(800, "visit"), (200, "visit")]
    deed = deal_history(shop, deal_id)[-1]
    assert (deed["deed"], deed["who"], deed["content"]) == (
        "given", "ann", {"promotion": "visit", "off": [[1, 800], [2, 200]]},
    )  # fmt: skip
    sent = send_quote(shop, deal_id, NOW, 7)
    assert (sent.written.quote.total, sent.written.quote.expires_at) == (9_000, NOW + 5 * DAY)
    assert standing(shop, "visit").spent == 0
    accepting.confirm(shop, sold_of(shop, accepting.look(shop, sent.token, NOW)), sent.token, "ja", NOW)
    settle(shop, sent.acceptance_id, NOW)
    assert (standing(shop, "visit").spent, shop.store.deals.get(deal_id).stage) == (1_000, "won")


def test_a_promotion_below_the_policys_floor_or_used_up_is_refused_by_its_name(shop: Shop) -> None:
    rep_only(shop, "deep", benefit=Benefit("percent", 3_500))
    rep_only(shop, "gone", budget=Budget(uses=0))
    deal_id = begun(shop, ("pot", 1), ("cup", 2))
    with pytest.raises(Refused, match=r"line 2 would earn less than the margin floor of 15%: promotion = 'deep'"):
        give_promotion(shop, deal_id, "deep", NOW)
    with pytest.raises(Refused, match="it is used up: promotion = 'gone'"):
        give_promotion(shop, deal_id, "gone", NOW)
    assert [each["refused"] is None for each in promotions_for(shop, deal_id, NOW)] == [False, False]
    assert give_promotion(shop, deal_id, "deep", NOW, places=[1]).line(1).discount == 1_400
    with pytest.raises(NotFound, match="no such promotion"):
        give_promotion(shop, deal_id, "who?", NOW)


def test_a_promotion_follows_its_lines_and_a_quote_that_is_out_is_taken_back(shop: Shop) -> None:
    rep_only(shop, benefit=Benefit("free_item", items=("cup",)), targets=Targets(products=("pot",), least=8_000))
    deal_id = begun(shop, ("pot", 2))
    send_quote(shop, deal_id, NOW, 7)
    after = give_promotion(shop, deal_id, "visit", NOW)
    assert [(line.product_id, line.amount, line.price_from) for line in after.lines] == [
        ("pot", 8_000, "catalogue"), ("cup", 0, "gift"),
    ]  # fmt: skip
    assert deal_told(shop, deal_id)["quotes"][0]["state"] == "expired"
    assert len(put_line(shop, deal_id, "pot", 3, NOW).lines) == 2
    gone = put_line(shop, deal_id, "pot", 1, NOW)
    assert [(line.product_id, line.promotion_id) for line in gone.lines] == [("pot", None)]
    assert deal_history(shop, deal_id)[-1]["content"]["over"] == ["visit"]
    put_line(shop, deal_id, "pot", 2, NOW)
    give_promotion(shop, deal_id, "visit", NOW)
    assert len(take_back_promotion(shop, deal_id, "visit", NOW, who="bob").lines) == 1
    assert deal_history(shop, deal_id)[-1]["deed"] == "taken_back"
    with pytest.raises(NotFound, match="not given"):
        take_back_promotion(shop, deal_id, "visit", NOW)


def test_a_quote_is_not_written_with_a_promotion_that_is_over_by_then(shop: Shop) -> None:
    rep_only(shop, ends_at=NOW + DAY)
    deal_id = begun(shop, ("pot", 1))
    give_promotion(shop, deal_id, "visit", NOW)
    with pytest.raises(Refused, match="does not run now: promotion = 'visit'"):
        write_quote(shop, deal_id, NOW + DAY, 7)


# --- sets and fillers ---------------------------------------------------------------------------------------


def set_offer(shop: Shop) -> Decision:
    """Tea lies in the deal: cup and pot for 3,900 instead of 4,500, together with it."""
    items = (OfferItem("cup", 1, 500), OfferItem("pot", 1, 4_000), OfferItem("fine", 1, 2_000, "free"))
    return offered(shop, "cup", 3_900, kind="bundle", items=items)


def test_a_set_becomes_lines_that_are_answered_together_and_share_its_price_to_the_yen(shop: Shop) -> None:
    deal_id = begun(shop, ("tea", 12))
    found, asked = proposed(shop, deal_id, set_offer(shop))
    assert (asked.kinds, asked.free_shipping_at, asked.exclude) == ((), 0, ())
    lines = [found.deal.line(place) for place in found.places]
    assert [(each.product_id, each.amount, each.kind, each.role) for each in lines] == [
        ("cup", 433, "bundle", "attached"), ("pot", 3_467, "bundle", "attached"), ("fine", 0, "bundle", "attached"),
    ]  # fmt: skip
    after, told = answer_line(shop, deal_id, found.places[1], "accepted", NOW)
    assert [each.state for each in after.lines] == ["accepted"] * 4
    assert outcomes(shop, told) == [("clicked", None), ("shown", None)]
    bought = settle(shop, won(shop, deal_id).acceptance_id, NOW + DAY)
    assert ("purchased", None) in outcomes(shop, bought)
    _, sold = shop.store.facts.order(str(shop.store.deals.get(deal_id).order_id))
    assert sold["amount"].sum() == 12_000 + 3_900


@pytest.mark.parametrize("goes", ["pot", "tea"])
def test_a_set_of_which_something_has_gone_has_no_price_of_its_own(shop: Shop, goes: str) -> None:
    deal_id = begun(shop, ("tea", 12))
    found, _ = proposed(shop, deal_id, set_offer(shop))
    answer_line(shop, deal_id, found.places[0], "accepted", NOW)
    after = put_line(shop, deal_id, goes, 0, NOW)
    alone = {"tea": 12_000, "cup": 500, "pot": 4_000}
    assert {each.product_id: each.amount for each in after.lines} == {
        name: amount for name, amount in alone.items() if name != goes
    }


def test_who_takes_the_filler_gets_the_promotion_that_it_reaches(shop: Shop) -> None:
    rep_only(shop, targets=Targets(least=4_400))
    deal_id = begun(shop, ("pot", 1))
    reason = Reason("closes_tier", {"promotion": "visit"})
    made = offered(shop, "cup", 500, kind="filler", reasons=(reason,))
    found, _ = proposed(shop, deal_id, made)
    with pytest.raises(Refused, match="less than it asks for"):
        give_promotion(shop, deal_id, "visit", NOW)
    after, _ = answer_line(shop, deal_id, found.places[0], "accepted", NOW)
    assert [(each.product_id, each.discount) for each in after.lines] == [("pot", 400), ("cup", 50)]
    assert deal_history(shop, deal_id)[-1]["content"]["given"] == "visit"
    after, _ = answer_line(shop, deal_id, found.places[0], "declined", NOW)
    assert [each.discount for each in after.lines] == [0, 0]
