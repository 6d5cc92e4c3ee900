import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tsuide.app.contact_habits import Habits
from tsuide.app.deciding import Decider
from tsuide.app.interactions import record_win
from tsuide.app.learn import learn
from tsuide.app.ledger import Ledger
from tsuide.app.past import replay_range
from tsuide.app.policies import put_in_force
from tsuide.app.wiring import Shop, open_shop
from tsuide.app.worklist import Wanted, _grouped, best_time, set_thresholds, thresholds_of, worklist_now
from tsuide.app.worklist_accounts import Known
from tsuide.app.worklist_answers import Answered, accept, add_note, dismiss, keep, snooze
from tsuide.config import Settings
from tsuide.errors import BadValue, Conflict, NotFound, TsuideError
from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.interactions import Win
from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.facts.schema import conform
from tsuide.mining.contact_time import ContactTime
from tsuide.offers.decision import Decision
from tsuide.offers.policy.load import ready_text
from tsuide.outreach.sales.worklist import Thresholds

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
GOODS = {"gloves": 1_000, "masks": 800, "lasers": 90_000, "oil": 2_000, "tyres": 12_000, "wipes": 300}


def facts(shop: Shop) -> None:
    """12 clinics and 12 garages: of the first, two buy no laser; one account never ordered, one pays in dollars."""
    products = [
        {"id": name, "title": name.title(), "category": [name], "price": price, "cost": price // 2, "currency": "JPY",
         "tax_rate": 1000, "tax_included": True, "status": "active", "kind": "physical", "durable": name == "lasers"}
        for name, price in GOODS.items()
    ]  # fmt: skip
    customers = [
        {"id": f"{kind}{n:02}", "kind": "company", "name": f"{kind.title()} {n}",
         "attributes": f'{{"owner": "{"sato" if n < 6 else "ito"}", "industry": "{kind}"}}'}
        for kind in ("clinic", "garage") for n in range(12)
    ]  # fmt: skip
    customers += [
        {"id": "clinic-new", "kind": "company", "attributes": '{"owner": "sato", "industry": "clinic"}'},
        {"id": "blank", "kind": "company", "attributes": '{"owner": "sato"}'},
        {"id": "abroad", "kind": "company", "attributes": '{"owner": "sato", "industry": "clinic"}'},
        {"id": "mori", "kind": "person", "parent_id": "clinic00", "email": "mori@x.example"},
        {"id": "mori2", "kind": "person", "parent_id": "clinic01", "email": "MORI@x.example"},
    ]
    orders: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []

    def order(who: str, at: datetime, basket: list[str], currency: str = "JPY") -> None:
        number = f"o{len(orders):04}"
        orders.append({"id": number, "customer_id": who, "placed_at": at, "currency": currency, "status": "placed",
                       "origin": "import"})  # fmt: skip
        for place, what in enumerate(basket):
            lines.append({"order_id": number, "line": place + 1, "product_id": what, "quantity": 3,
                          "unit_price": GOODS[what], "discount": 0, "amount": 3 * GOODS[what], "role": "main",
                          "gift": False, "returned": 0})  # fmt: skip

    for month in range(8):
        at = NOW - timedelta(days=30 * month + 5)
        for n in range(12):
            laser = ["lasers"] if n > 1 and month == n % 8 else []
            order(f"clinic{n:02}" if n else "mori", at, ["gloves", "masks", *laser, *(["wipes"] if n % 2 else [])])
            order(f"garage{n:02}", at, ["oil", *(["tyres"] if n % 3 else [])])
    order("abroad", NOW - timedelta(days=9), ["gloves"], "USD")
    order("clinic03", NOW - timedelta(days=9), ["gloves"], "USD")
    shop.store.facts.write_products(conform(pl.DataFrame(products), PRODUCTS))
    shop.store.facts.write_customers(conform(pl.DataFrame(customers, infer_schema_length=None), CUSTOMERS))
    shop.store.facts.write_orders(conform(pl.DataFrame(orders), ORDERS), conform(pl.DataFrame(lines), ORDER_LINES))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Learned once for all tests of this file."""
    home = tmp_path_factory.mktemp("sales")
    shop = open_shop(Settings(home=home, language="en"))
    facts(shop)
    learn(shop, now=NOW, seed=0)
    shop.close()
    return home


@pytest.fixture
def shop(home: Path, tmp_path: Path) -> Iterator[Shop]:
    import shutil

    shutil.copytree(home, tmp_path / "home")
    opened = open_shop(Settings(home=tmp_path / "home", language="en"))
    yield opened
    opened.close()


SEEDS = iter(range(1, 1 << 40))


def listed(shop: Shop, rep: str = "sato", now: datetime = NOW, **more: Any) -> dict[str, Any]:
    journal = shop.store.journal()
    decider = Decider(shop, journal, lambda: now, SEEDS.__next__)
    decider.refresh()
    try:
        return worklist_now(shop, decider, Wanted(rep, **{"language": "en"} | more), now, Habits())
    finally:
        journal.close_now()


def tell(shop: Shop, answered: Answered) -> bool:
    async def record() -> None:
        journal = shop.store.journal()
        await Ledger(shop.store, journal, lambda: NOW, lambda _: None).record(answered.decision_id, [answered.told])
        await journal.close()

    asyncio.run(record())
    return keep(shop, answered)


def entries(found: dict[str, Any], currency: str = "JPY") -> list[dict[str, Any]]:
    return [each for group in found["groups"] if group["currency"] == currency for each in group["entries"]]


def test_who_lacks_what_look_alikes_buy_stands_first_with_an_offer_and_its_reasons(shop: Shop) -> None:
    first = entries(listed(shop))[0]
    assert first["account"] in {"clinic00", "clinic01", "clinic-new"}
    assert first["white_space"][0]["line"] == "lasers"
    assert first["room"]["low"] <= first["room"]["amount"] <= first["room"]["high"]
    assert first["reasons"][0]["text"].startswith("About ")
    offer = first["offer"]
    assert offer["value"] == offer["price"] * offer["quantity"]
    assert offer["pitch"]["benefit"]
    assert datetime.fromisoformat(offer["expires_at"]) > NOW
    assert first["best_time"]["text"]


def test_nobody_is_omitted_and_every_account_has_its_quadrant(shop: Shop) -> None:
    found = listed(shop, everybody=True)
    everybody = [each for group in found["groups"] for each in group["everybody"]]
    assert sorted(each["account"] for each in everybody) == sorted(
        [f"{kind}{n:02}" for kind in ("clinic", "garage") for n in range(6)] + ["clinic-new", "blank", "abroad"]
    )
    codes = {each["account"]: {reason["code"] for reason in each["reasons"]} for each in everybody}
    assert "no_orders" in codes["clinic-new"]
    assert "nothing_known" in codes["blank"]
    by = {each["account"]: each["quadrant"] for each in everybody}
    assert by["clinic-new"] == "B"


def test_amounts_of_two_currencies_are_grouped_and_never_added(shop: Shop) -> None:
    found = listed(shop, everybody=True)
    groups = {group["currency"]: group for group in found["groups"]}
    assert [each["account"] for each in groups["USD"]["everybody"]] == ["abroad"]
    clinic = next(each for each in groups["JPY"]["everybody"] if each["account"] == "clinic03")
    assert clinic["other_currencies"] == {"USD": 3_000}
    assert any(reason["code"] == "other_currency" for reason in clinic["reasons"])


def test_of_whom_nothing_is_known_stands_with_the_currency_of_the_shop(shop: Shop) -> None:
    found = listed(shop, everybody=True)
    of = {each["account"]: group["currency"] for group in found["groups"] for each in group["everybody"]}
    assert of["blank"] == "JPY"
    assert _grouped([Known({"id": "new"})], "EUR").keys() == {"EUR"}
    abroad = [Known({"id": str(n)}, currency="USD") for n in range(2)]
    assert {name: len(some) for name, some in _grouped([Known({"id": "new"}), *abroad], "EUR").items()} == {"USD": 3}
    home = [Known({"id": "home"}, currency="EUR")]
    assert [len(some) for some in _grouped([Known({"id": "new"}), *abroad, *home], "EUR").values()] == [2, 2]


def test_what_people_in_an_account_buy_counts_for_it_and_a_contact_of_two_accounts_is_told(shop: Shop) -> None:
    found = {each["account"]: each for each in listed(shop, everybody=True)["groups"][0]["everybody"]}
    assert found["clinic00"]["orders"] == 8  # all by its buyer
    assert found["clinic01"]["same_contact_as"] == "clinic00"
    assert found["clinic00"]["same_contact_as"] is None


def test_a_rep_without_accounts_gets_an_empty_list_that_says_what_to_do(shop: Shop) -> None:
    found = listed(shop, "nobody")
    assert (found["accounts"], found["groups"]) == (0, [])
    assert "owner" in found["text"]
    assert "owner" in listed(shop, "nobody", language="ja")["text"]
    with pytest.raises(BadValue, match="rep"):
        listed(shop, " ")


def test_looking_touches_nobody_and_its_decisions_are_on_record(shop: Shop) -> None:
    found = entries(listed(shop))
    assert shop.store.outcomes.between(NOW - timedelta(days=1), NOW + timedelta(days=1)) == []
    for each in found:
        assert shop.store.decisions.get(each["offer"]["decision"])["placement"] == "rep"


def test_what_is_taken_up_becomes_a_task_and_a_contact_and_leaves_the_list_for_a_month(shop: Shop) -> None:
    first = entries(listed(shop))[0]
    answered = accept(shop, first["offer"]["id"], NOW, note="call Mori")
    assert tell(shop, answered)
    assert not tell(shop, answered)  # sent twice, done once
    (task,) = shop.store.tasks.listed()
    assert (task["assignee"], task["customer_id"], task["state"]) == ("sato", first["account"], "open")
    assert first["name"] in str(task["title"])
    assert first["offer"]["items"] == [
        {"product_id": first["offer"]["product_id"], "title": first["offer"]["title"], "quantity": 1}
    ]
    (outcome,) = shop.store.outcomes.of_decision(first["offer"]["decision"])
    assert (outcome["outcome"], outcome["channel"]) == ("shown", "rep")
    later = listed(shop)
    assert first["account"] not in {each["account"] for each in entries(later)}
    assert later["away"][0]["state"] == "accepted"
    assert first["account"] in {each["account"] for each in entries(listed(shop, now=NOW + timedelta(days=40)))}
    with pytest.raises(Conflict, match="settled"):
        keep(shop, dismiss(shop, first["offer"]["id"], "too_dear", NOW))


def test_what_the_customer_has_already_is_no_room_any_more_and_another_offer_comes(shop: Shop) -> None:
    before = next(each for each in entries(listed(shop, n=50)) if each["offer"]["product_id"] in
                  {line["line"] for line in each["white_space"]})  # fmt: skip
    tell(shop, dismiss(shop, before["offer"]["id"], "have_it", NOW))
    group = listed(shop, n=50, everybody=True)["groups"][0]
    after = next(each for each in group["everybody"] if each["account"] == before["account"])
    line = before["offer"]["product_id"]
    assert line not in {each["line"] for each in after["white_space"]}
    again = [each for each in group["entries"] if each["account"] == before["account"]]
    assert all(each["offer"]["product_id"] != line for each in again)
    (outcome,) = shop.store.outcomes.of_decision(before["offer"]["decision"])
    assert (outcome["outcome"], outcome["reason"]) == ("declined", "have_it")


def test_a_snoozed_account_comes_back_when_its_time_has_come(shop: Shop) -> None:
    first = entries(listed(shop))[0]
    tell(shop, snooze(shop, first["offer"]["id"], NOW, days=10))
    assert first["account"] not in {each["account"] for each in entries(listed(shop, n=50))}
    back = entries(listed(shop, n=50, now=NOW + timedelta(days=45)))
    assert first["account"] in {each["account"] for each in back}


def test_an_account_dismissed_for_itself_says_nothing_against_the_offer(shop: Shop) -> None:
    first = entries(listed(shop))[0]
    tell(shop, dismiss(shop, first["offer"]["id"], "wrong_contact", NOW))
    (outcome,) = shop.store.outcomes.of_decision(first["offer"]["decision"])
    assert outcome["outcome"] == "later"


def test_what_colleagues_know_stands_in_the_pitch(shop: Shop) -> None:
    product = entries(listed(shop))[0]["offer"]["product_id"]
    add_note(shop, product, "ito", "They saved an hour a day.", NOW, entropy=1, before="3 h", after="2 h")
    (note,) = entries(listed(shop))[0]["offer"]["pitch"]["colleagues"]
    assert (note["rep"], note["before"], note["after"]) == ("ito", "3 h", "2 h")
    for bad in ({"text": " "}, {"text": "x", "before": "3 h"}, {"text": "x" * 2_001}):
        with pytest.raises(BadValue):
            add_note(shop, product, "ito", now=NOW, entropy=2, **bad)
    with pytest.raises(NotFound):
        add_note(shop, "no such", "ito", "x", NOW, entropy=3)


def test_an_account_that_fell_silent_says_for_how_long(shop: Shop) -> None:
    group = listed(shop, now=NOW + timedelta(days=100), everybody=True)["groups"][0]
    clinic = next(each for each in group["everybody"] if each["account"] == "clinic02")
    assert [each["numbers"] for each in clinic["reasons"] if each["code"] == "silent"] == [{"days": 105}]


def test_thresholds_of_the_shop_hold_from_the_next_list_on(shop: Shop) -> None:
    assert thresholds_of(shop) == Thresholds()
    set_thresholds(shop, Thresholds(results_amount=1, room_amount=1), NOW)
    found = listed(shop, everybody=True)["groups"][0]
    assert found["results_line"] == 1
    assert {each["quadrant"] for each in found["everybody"] if each["account"] == "clinic01"} == {"A"}


def test_what_makes_no_sense_is_refused_by_name(shop: Shop) -> None:
    offer = entries(listed(shop))[0]["offer"]["id"]
    for wrong in (
        lambda: dismiss(shop, offer, "mood", NOW),
        lambda: snooze(shop, offer, NOW, days=0),
        lambda: accept(shop, "dec_none.0", NOW),
        lambda: accept(shop, offer, NOW + timedelta(days=400)),
        lambda: accept(shop, offer, NOW, note="x" * 2_001),
        lambda: listed(shop, n=0),
    ):
        with pytest.raises(TsuideError):
            wrong()


def test_sentences_exist_in_japanese_too(shop: Shop) -> None:
    first = entries(listed(shop, language="ja"))[0]
    assert any("似たお客様" in each["text"] for each in first["reasons"])


def test_a_decision_for_silence_is_recorded_and_replays_like_any_other(shop: Shop) -> None:
    debtor = {"id": "clinic01", "attributes": '{"owner": "sato", "industry": "clinic", "payment_default": "yes"}'}
    shop.store.facts.write_customers(conform(pl.DataFrame([debtor]), CUSTOMERS))
    found = listed(shop)
    held = {each["account"]: each for group in found["groups"] for each in group["held"]}
    assert held["clinic01"]["why_no_offer"]["code"] == "payment_default"
    record = Decision.from_json(shop.store.decisions.get(held["clinic01"]["decision"])["record"])
    assert (record.offers, record.customer.id) == ((), "clinic01")
    assert record.refused["payment_default"] > 0
    assert all(shop.store.decisions.get(each["decision"]) for each in held.values())
    again = replay_range(shop, NOW - timedelta(hours=1), NOW + timedelta(hours=1))
    assert (again.same, again.differing) == (len(held) + len(entries(found)) + len(entries(found, "USD")), ())


def test_the_best_time_is_that_of_whoever_in_the_account_was_reached_most_often() -> None:
    monday, thursday = (
        datetime(2026, 5, 25, 1, tzinfo=UTC),
        datetime(2026, 5, 28, 6, tzinfo=UTC),
    )  # 10:00, 15:00 in Tokyo
    rows = [
        {"customer": who, "channel": channel, "at": at - timedelta(weeks=week), "reacted": at == thursday}
        for who, channel, weeks in (("clinic00", "rep", 2), ("mori", "phone", 9), ("ito", "phone", 20))
        for at in (monday, thursday)
        for week in range(weeks)
    ]
    times = ContactTime(zone="Asia/Tokyo").fit(pl.DataFrame(rows))
    account = Known({"id": "clinic00", "name": "Clinic"}, people=(("mori", "Mori"), ("kato", "Kato")))
    told = best_time(Habits(times), account, "en")
    assert (told["contact"], told["weekday"], told["hour"], told["contacts"]) == (
        {"id": "mori", "name": "Mori"}, 3, 15, 18,
    )  # fmt: skip
    assert told["text"].startswith("Mori, Thursday about 15:00")
    alone = best_time(Habits(times), replace(account, people=()), "ja")
    assert (alone["contact"]["id"], alone["contacts"]) == ("clinic00", 4)
    nobody = best_time(Habits(), account, "en")
    assert (nobody["contact"]["id"], nobody["weekday"]) == ("clinic00", None)


def test_results_of_like_accounts_stand_in_the_pitch_without_a_name_that_is_not_the_reps(shop: Shop) -> None:
    for at, (who, after) in enumerate((("clinic02", "15 min"), ("clinic08", "10 min"), ("clinic09", "5 min"))):
        record_win(shop, Win(f"w{at}", who, "waiting time", "40 min", after, f"report of {who}", NOW), NOW)
    refused = {"id": "clinic09", "attributes": '{"owner": "ito", "industry": "clinic", "reference": "no"}'}
    shop.store.facts.write_customers(conform(pl.DataFrame([refused]), CUSTOMERS))
    entry = next(each for each in entries(listed(shop)) if each["account"] in {"clinic00", "clinic01", "clinic-new"})
    told = {each["win"]: each for each in entry["offer"]["pitch"]["wins"]}
    assert (told["w0"]["account"], told["w0"]["evidence"]) == ("Clinic 2", "report of clinic02")  # sato's own
    assert (told["w1"]["account"], told["w1"]["evidence"]) == (None, None)  # ito's
    assert told["w1"]["text"] == "At another account (clinic), waiting time went from 40 min to 10 min."
    assert "w2" not in told


def test_where_a_need_is_not_known_yet_the_list_says_what_to_ask(shop: Shop) -> None:
    put_in_force(shop, ready_text("sales_team"), NOW)
    found = listed(shop)
    held = [each for group in found["groups"] for each in group["held"]]
    assert entries(found) == []
    assert found["text"].startswith(f"Nothing is to be proposed now (accounts held: {len(held)})")
    asked = {each["why_no_offer"]["code"]: each["question"] for each in held}
    assert asked["need_recorded"]
