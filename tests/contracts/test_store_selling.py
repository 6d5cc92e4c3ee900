"""Yeses, budgets and price history, on SQLite and on PostgreSQL, with everybody trying at once."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from tsuide.errors import BadValue, Conflict, NotFound
from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.facts.pricing import PRICES
from tsuide.facts.schema import Schema, conform
from tsuide.store.confirmations import Waiting
from tsuide.store.database import Store, open_store
from tsuide.store.engines import writing
from tsuide.store.promotions import Limits

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
TOKEN: dict[str, object] = {"token": "secret"}
FIRST: dict[str, object] = {"token": "first"}
RACER = Path(__file__).parents[1] / "store" / "racer.py"


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()


def frame(shape: Schema, *rows: dict[str, object]) -> pl.DataFrame:
    return conform(pl.DataFrame(list(rows), infer_schema_length=None), shape)


def waiting(name: str, offer: str = "dec.0", /, **more: object) -> Waiting:
    values = {"decision_id": "dec", "customer_id": "c1", "evidence": ("asked", "page"), "content": "{}"}
    return Waiting(id=name, offer_id=offer, expires_at=LATER, **{**values, **more})  # type: ignore[arg-type]  # each test's own values


def order_with(offer: str | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    head = {"id": "o1", "customer_id": "c1", "placed_at": NOW, "currency": "JPY", "status": "placed"}
    line = {"order_id": "o1", "line": 1, "product_id": "p", "quantity": 1, "unit_price": 100, "amount": 100}
    more = {"discount": 0, "role": "attached", "gift": False, "returned": 0, "offer_id": offer}
    return frame(ORDERS, {**head, "origin": "tsuide"}), frame(ORDER_LINES, {**line, **more})


def together(url: str, tries: int, act: Callable[[Store, int], object]) -> list[object]:
    """`tries` callers at once, each with connections of their own: what each got."""

    def one(number: int) -> object:
        own = open_store(url)
        try:
            return act(own, number)
        except Conflict as error:
            return error
        finally:
            own.close()

    with ThreadPoolExecutor(tries) as pool:
        return list(pool.map(one, range(tries)))


# --- the yes ----------------------------------------------------------------------------------------------


def test_it_waits_is_given_and_becomes_an_order_once(store: Store) -> None:
    assert store.confirmations.ask(waiting("a", **TOKEN), NOW)
    assert not store.confirmations.ask(waiting("a", **TOKEN), NOW)
    assert [row["id"] for row in store.confirmations.waiting(NOW)] == ["a"]
    assert store.confirmations.confirm("a", ("click", "token"), {}, NOW) == "confirmed"
    assert store.confirmations.confirm("a", ("click", "token"), {}, NOW) == "already"
    store.facts.write_orders(*order_with("dec.0"))
    assert store.confirmations.placed("a", "o1", NOW)
    assert not store.confirmations.placed("a", "o1", NOW)
    row = store.confirmations.get("a")
    assert (row["state"], row["order_id"], row["evidence_kind"]) == ("used", "o1", "click")
    assert "secret" not in str(row)


def test_the_database_refuses_an_order_of_ours_before_the_yes(store: Store) -> None:
    store.confirmations.ask(waiting("a"), NOW)
    for offer in ("dec.0", None):
        with pytest.raises(BadValue, match="refuses a row"):
            store.facts.write_orders(*order_with(offer))
    store.acceptances.move("a", ("waiting", "declined"), NOW)
    with pytest.raises(BadValue, match="refuses a row"):
        store.facts.write_orders(*order_with("dec.0"))
    assert store.facts.counts()["orders"] == 0


def test_one_yes_to_a_quote_gives_the_offers_of_its_lines_all_or_none(store: Store) -> None:
    lines = [("dec.1", "dec"), ("dec.2", "dec")]
    store.confirmations.ask(waiting("q", "quo_1", decision_id=None), NOW)
    store.acceptances.add("other", "dec.2", NOW, ("click", "cart"))
    with pytest.raises(Conflict, match="accepted already"):
        store.confirmations.confirm("q", ("click", "x"), {}, NOW, lines)
    assert (store.acceptances.get("q")["state"], store.acceptances.of_offer("dec.1")) == ("waiting", [])
    assert store.confirmations.confirm("q", ("click", "x"), {}, NOW, lines[:1]) == "confirmed"
    store.facts.write_orders(*order_with("dec.1"))  # the database takes the line: its offer has a yes
    store.confirmations.placed("q", "o1", NOW)
    rows = [*store.acceptances.of_offer("quo_1"), *store.acceptances.of_offer("dec.1")]
    assert [(each["state"], each["customer_id"], each["evidence_kind"]) for each in rows] == [
        ("used", "c1", "click")
    ] * 2


def test_a_no_and_an_end_cannot_be_confirmed(store: Store) -> None:
    store.confirmations.ask(waiting("no"), NOW)
    store.acceptances.move("no", ("waiting", "declined"), NOW)
    with pytest.raises(Conflict, match="declined"):
        store.confirmations.confirm("no", ("click", "x"), {}, NOW)
    store.confirmations.ask(waiting("late", "dec.1"), NOW)
    assert store.confirmations.expire(NOW) == 0
    assert store.confirmations.expire(LATER) == 1
    with pytest.raises(Conflict, match="expired"):
        store.confirmations.confirm("late", ("click", "x"), {}, LATER)
    assert store.confirmations.waiting(NOW) == []


def test_ids_are_not_used_twice_and_unknown_ones_are_named(store: Store) -> None:
    store.confirmations.ask(waiting("a"), NOW)
    with pytest.raises(Conflict, match="another offer"):
        store.confirmations.ask(waiting("a", "dec.9"), NOW)
    with pytest.raises(NotFound, match="nobody"):
        store.confirmations.confirm("nobody", ("click", "x"), {}, NOW)
    with pytest.raises(NotFound, match="nobody"):
        store.confirmations.get("nobody")
    with pytest.raises(Conflict, match="waits for its order"):
        store.confirmations.placed("a", "o1", NOW)


def test_another_token_makes_the_former_worthless_while_it_waits(store: Store) -> None:
    store.confirmations.ask(waiting("a", **FIRST), NOW)
    store.confirmations.retoken("a", "second")
    assert store.acceptances.by_token("second")["id"] == "a"
    with pytest.raises(NotFound):
        store.acceptances.by_token("first")
    store.confirmations.confirm("a", ("click", "x"), {}, NOW)
    with pytest.raises(Conflict):
        store.confirmations.retoken("a", "third")


def test_of_many_who_confirm_at_once_one_does(store: Store, store_url: str) -> None:
    store.promotions.put("p", "{}", Limits(amount=100), NOW)
    store.confirmations.ask(waiting("a"), NOW)
    answers = together(store_url, 8, lambda own, n: own.confirmations.confirm("a", ("click", str(n)), {"p": 60}, NOW))
    assert sorted(map(str, answers)) == ["already"] * 7 + ["confirmed"]
    assert store.promotions.get("p")["spent"] == 60


def test_of_two_yeses_to_one_offer_one_is_given(store: Store, store_url: str) -> None:
    names = [f"a{n}" for n in range(6)]
    for name in names:
        store.confirmations.ask(waiting(name), NOW)
    answers = together(store_url, 6, lambda own, n: own.confirmations.confirm(names[n], ("click", "x"), {}, NOW))
    assert answers.count("confirmed") == 1
    assert sum(isinstance(each, Conflict) for each in answers) == 5


def test_processes_that_confirm_at_once_share_one_yes(store: Store, store_url: str) -> None:
    store.confirmations.ask(waiting("a"), NOW)
    command = [sys.executable, str(RACER), store_url, "a"]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) for _ in range(3)]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    answers = [racer.communicate(timeout=60)[0].strip() for racer in racers]
    assert sorted(answers) == ["already", "already", "confirmed"]


# --- budgets ----------------------------------------------------------------------------------------------


def test_a_yes_that_the_budget_does_not_cover_is_no_yes(store: Store) -> None:
    store.promotions.put("p", "{}", Limits(amount=100), NOW)
    store.confirmations.ask(waiting("a"), NOW)
    store.confirmations.ask(waiting("b", "dec.1"), NOW)
    store.confirmations.confirm("a", ("click", "x"), {"p": 60}, NOW)
    with pytest.raises(Conflict, match="used up"):
        store.confirmations.confirm("b", ("click", "x"), {"p": 41}, NOW)
    assert store.confirmations.get("b")["state"] == "waiting"
    assert [(row["acceptance_id"], row["amount"]) for row in store.promotions.uses_of("p")] == [("a", 60)]
    store.confirmations.confirm("b", ("click", "x"), {"p": 40}, NOW)
    assert (store.promotions.get("p")["spent"], store.promotions.get("p")["uses"]) == (100, 2)


def test_nobody_overdraws_a_budget_together(store: Store, store_url: str) -> None:
    store.promotions.put("p", "{}", Limits(amount=100), NOW)
    store.promotions.put("q", "{}", Limits(), NOW)
    for n in range(8):
        store.confirmations.ask(waiting(f"a{n}", f"dec.{n}"), NOW)
    draws = {"p": 30, "q": 7}
    answers = together(store_url, 8, lambda own, n: own.confirmations.confirm(f"a{n}", ("click", "x"), draws, NOW))
    assert answers.count("confirmed") == 3
    rows = [store.promotions.get(name) for name in "pq"]
    assert [(row["spent"], row["uses"]) for row in rows] == [(90, 3), (21, 3)]  # who got no p got no q
    assert sum(row["amount"] for row in store.promotions.uses_of("p")) == 90


def test_each_customer_has_their_own_share_of_uses(store: Store, store_url: str) -> None:
    store.promotions.put("p", "{}", Limits(each=1, uses=2), NOW)
    for n, who in enumerate(("c1", "c1", "c1", "c2", "c3")):
        store.confirmations.ask(waiting(f"a{n}", f"dec.{n}", customer_id=who), NOW)
    first = together(store_url, 3, lambda own, n: own.confirmations.confirm(f"a{n}", ("click", "x"), {"p": 0}, NOW))
    assert first.count("confirmed") == 1
    assert store.confirmations.confirm("a3", ("click", "x"), {"p": 0}, NOW) == "confirmed"
    with pytest.raises(Conflict, match="used up"):
        store.confirmations.confirm("a4", ("click", "x"), {"p": 0}, NOW)


def test_budgets_never_shrink_below_what_was_given(store: Store) -> None:
    store.promotions.put("p", '{"a":1}', Limits(amount=100), NOW)
    store.confirmations.ask(waiting("a"), NOW)
    store.confirmations.confirm("a", ("click", "x"), {"p": 60}, NOW)
    with pytest.raises(BadValue, match="given already"):
        store.promotions.put("p", '{"a":2}', Limits(amount=59), NOW)
    store.promotions.put("p", '{"a":2}', Limits(amount=60), NOW)
    assert [(row["record"], row["spent"]) for row in store.promotions.all()] == [('{"a":2}', 60)]


def test_unknown_promotions_and_negative_draws_are_refused(store: Store) -> None:
    store.promotions.put("p", "{}", Limits(), NOW)
    store.confirmations.ask(waiting("a"), NOW)
    with pytest.raises(NotFound, match="nothing"):
        store.confirmations.confirm("a", ("click", "x"), {"nothing": 1}, NOW)
    with pytest.raises(BadValue, match="negative"):
        store.confirmations.confirm("a", ("click", "x"), {"p": -1}, NOW)
    assert store.confirmations.get("a")["state"] == "waiting"
    with pytest.raises(NotFound, match="nothing"):
        store.promotions.get("nothing")


def test_the_constraint_itself_stops_an_overdraft(store: Store) -> None:
    store.promotions.put("p", "{}", Limits(amount=10), NOW)
    with pytest.raises(sa.exc.IntegrityError), store.record.connect() as connection, connection.begin():
        connection.execute(sa.text("UPDATE promotion SET spent = 11"))


# --- prices -----------------------------------------------------------------------------------------------


def product(name: str, price: int | None, status: str = "active") -> dict[str, object]:
    return {"id": name, "title": name, "currency": "JPY", "price": price, "status": status, "kind": "physical"}


def test_prices_are_noted_when_they_change_and_only_then(store: Store) -> None:
    store.facts.write_products(frame(PRODUCTS, product("a", 100), product("b", None), product("c", 50)))
    assert store.prices.note(NOW) == 2
    assert store.prices.note(LATER) == 0
    store.facts.write_products(frame(PRODUCTS, product("a", 90), product("b", 70), product("c", 50, "hidden")))
    assert store.prices.note(LATER) == 3
    assert store.prices.of(["a", "c"]).select("product_id", "at", "price").rows() == [
        ("a", NOW, 100),
        ("a", LATER, 90),
        ("c", NOW, 50),
        ("c", LATER, None),
    ]
    assert len(store.prices.all()) == 5


def test_where_no_price_changed_nobody_is_waited_for_and_nobody_made_to_wait(store: Store) -> None:
    """After every order a server of many products used to hold up every decision for most of a second."""
    store.facts.write_products(frame(PRODUCTS, product("a", 100)))
    store.prices.note(NOW)
    with writing(store.record) as connection:
        connection.execute(sa.text("UPDATE product SET title = 'b'"))  # somebody writes, and takes their time
        assert store.prices.note(LATER) == 0


def test_of_many_products_prices_are_noted_and_told_as_of_few(store: Store) -> None:
    ids = [f"p{n:03}" for n in range(700)]
    store.facts.write_products(frame(PRODUCTS, *(product(each, 100) for each in [*ids, "other"])))
    assert store.prices.note(NOW) == 701
    assert store.prices.note(LATER) == 0
    assert store.prices.of(ids)["product_id"].to_list() == ids
    store.facts.write_products(frame(PRODUCTS, *(product(each, 90) for each in ids)))
    assert store.prices.note(LATER) == 700
    assert store.prices.of(["p000", "other"])["price"].to_list() == [100, 100, 90]


def test_points_written_twice_are_there_once(store: Store) -> None:
    point = {"product_id": "a", "at": NOW, "price": 100, "currency": "JPY", "source": "import"}
    assert store.prices.write(frame(PRICES, point)).inserted == 1
    assert store.prices.write(frame(PRICES, point)).unchanged == 1
    assert store.prices.write(frame(PRICES, {**point, "price": 99})).updated == 1
    assert store.prices.of(["a"])["price"].to_list() == [99]
