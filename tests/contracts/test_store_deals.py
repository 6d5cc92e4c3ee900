"""The port of deals, on both stores: kept whole, changed with a history, quoted by number, priced by list."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tsuide.errors import Conflict, NotFound, Refused
from tsuide.kit.clock import to_micros
from tsuide.outreach.sales.deals import Deal, Line, Price
from tsuide.store.database import Store, open_store
from tsuide.store.deals import Deed

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
DAY = timedelta(days=1)
TEA = Line(1, "tea", "Tea", 12, 500, "JPY", tax_rate=800)
CUP = Line(2, "cup", "Cup", 12, None, "JPY", role="attached", state="proposed", with_id="tea", offer_id="dec.0",
           decision_id="dec", kind="cross_sell", requires=("pot",))  # fmt: skip


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()


def a_deal(n: int, **more: Any) -> Deal:
    given: dict[str, Any] = {"customer_id": f"c{n}", "owner": "ann", "stage": "lead", "lines": (TEA, CUP)}
    at = NOW + n * DAY
    return Deal(f"d{n}", f"Deal {n}", made_at=at, changed_at=at, needs=("drinks",), **(given | more))


def test_a_deal_comes_back_as_it_was_written_and_once(store: Store) -> None:
    assert store.deals.add(a_deal(1), Deed("made", "ann"))
    assert store.deals.get("d1") == a_deal(1)
    assert not store.deals.add(replace(a_deal(1), title="other"), Deed("made"))
    assert store.deals.get("d1").title == "Deal 1"
    assert store.deals.add(a_deal(2, customer_id=None, lines=()), Deed("made"))  # without an account it is kept
    with pytest.raises(NotFound, match="tsuide deal list"):
        store.deals.get("d9")


def test_a_change_is_kept_with_who_and_why_and_a_refused_one_leaves_no_trace(store: Store) -> None:
    store.deals.add(a_deal(1), Deed("made"))

    def no(_: Deal) -> tuple[Deal, Deed]:
        raise Refused("no")

    def fewer(before: Deal) -> tuple[Deal, Deed]:
        return replace(before, stage="qualified", lines=(TEA,)), Deed("line", "bob", "away", {"line": 2})

    with pytest.raises(Refused):
        store.deals.change("d1", no, NOW)
    before = store.deals.change("d1", fewer, NOW + 3 * DAY)
    after = store.deals.get("d1")
    assert (before.lines, after.lines, after.stage, after.changed_at) == (
        (TEA, CUP),
        (TEA,),
        "qualified",
        NOW + 3 * DAY,
    )
    told = store.deals.events()
    assert [(each["deed"], each["who"], each["reason"], each["stage"], each["content"]) for each in told] == [
        ("made", None, None, "lead", None), ("line", "bob", "away", "qualified", '{"line":2}'),
    ]  # fmt: skip
    assert [each["deed"] for each in store.deals.events(told[0]["seq"], deal_id="d1")] == ["line"]


def test_deals_are_listed_by_owner_account_and_stage_the_last_changed_first(store: Store) -> None:
    for each in (a_deal(1), a_deal(2, owner="bob"), a_deal(3, stage="won", customer_id="c1")):
        store.deals.add(each, Deed("made"))
    assert [each.id for each in store.deals.listed()] == ["d2", "d1"]
    assert [each.id for each in store.deals.listed(None, customer_id="c1")] == ["d3", "d1"]
    assert [each.id for each in store.deals.listed(owner="bob")] == ["d2"]
    assert store.deals.listed(("won",))[0].lines == (TEA, CUP)
    assert store.deals.listed(("lost",)) == []


def test_quotes_are_numbered_and_each_waits_for_one_yes(store: Store) -> None:
    store.deals.add(a_deal(1), Deed("made"))
    row = {"deal_id": "d1", "at": to_micros(NOW), "expires_at": to_micros(NOW + DAY), "buyer": "Acme"}
    first = store.deals.quote({**row, "id": "q1"}, lambda number: f'{{"number": {number}}}')
    store.deals.quote({**row, "id": "q2"}, lambda _: "{}")
    assert (first["number"], first["content"]) == (1, '{"number": 1}')
    assert [(each["id"], each["number"]) for each in store.deals.quotes("d1")] == [("q1", 1), ("q2", 2)]
    store.deals.waits("q1", "acc_1")
    store.deals.waits("q1", "acc_1")
    with pytest.raises(Conflict):
        store.deals.waits("q1", "acc_2")
    assert store.deals.quote_by("acc_1")["id"] == "q1"
    with pytest.raises(NotFound):
        store.deals.quote_of("q9")
    with pytest.raises(NotFound):
        store.deals.quote_by("acc_9")


def test_a_yes_without_its_order_is_found(store: Store) -> None:
    row = {"at": to_micros(NOW), "expires_at": to_micros(NOW + DAY), "buyer": "Acme"}
    for n in (1, 2):
        store.deals.add(a_deal(n, order_id="o2" if n == 2 else None), Deed("made"))
        store.deals.quote({**row, "id": f"quo_{n}", "deal_id": f"d{n}"}, lambda _: "{}")
        store.deals.waits(f"quo_{n}", f"a{n}")
        store.acceptances.add(f"a{n}", f"quo_{n}", NOW, ("link", "x"), "waiting")
    assert store.deals.unsettled() == []
    for n in (1, 2):
        store.acceptances.move(f"a{n}", ("waiting", "accepted"), NOW)
    assert store.deals.unsettled() == ["a1"]


def test_a_price_list_is_replaced_whole(store: Store) -> None:
    rows = [Price("gold", "tea", 480, "JPY"), Price("gold", "tea", 450, "JPY", least=24)]
    store.deals.set_prices("gold", [*rows, Price("gold", "cup", 300, "JPY")])
    store.deals.set_prices("silver", [Price("silver", "tea", 490, "JPY")])
    assert store.deals.prices("gold", "tea") == rows
    assert store.deals.price_lists() == {"gold": 3, "silver": 1}
    store.deals.set_prices("gold", rows[:1])
    store.deals.set_prices("silver", [])
    assert store.deals.price_lists() == {"gold": 1}


def test_an_erased_customers_deals_stay_as_nobodys_so_that_what_was_won_stays_counted(store: Store) -> None:
    store.deals.add(a_deal(1, note="asks for Mr Sato"), Deed("made", "ann", "met him", {"to": "sato@example.com"}))
    store.deals.add(a_deal(2), Deed("made"))
    row = {"id": "q1", "deal_id": "d1", "at": 0, "expires_at": 0, "buyer": "Sato"}
    store.deals.quote(row, lambda _: "{}")
    kept = store.erasure.everything_of("c1")
    assert [len(kept[name]) for name in ("deal", "deal_line", "deal_event", "deal_quote")] == [1, 2, 1, 1]
    store.erasure.erase("c1", lambda text: text, lambda text: text)
    after = store.deals.get("d1")
    assert (after.customer_id, after.title, after.note, after.needs, len(after.lines)) == (None, "erased", None, (), 2)
    assert store.deals.quote_of("q1")["buyer"] is None
    assert [(each["reason"], each["content"]) for each in store.deals.events(deal_id="d1")] == [(None, None)]
    assert store.deals.get("d2").title == "Deal 2"
