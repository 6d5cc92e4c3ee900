"""New orders reach offers without learning anew, and decisions made in between come out again."""

import asyncio
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from tsuide.app.deciding import Decider
from tsuide.app.learn import learn
from tsuide.app.loading import Loaded, caught_up, load
from tsuide.app.past import replay_range
from tsuide.app.wiring import Shop
from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.facts.schema import conform
from tsuide.offers.request import OfferRequest
from tsuide.offers.state import Unchanged

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def order(shop: Shop, name: str, *items: str, times: int = 1, returned: int = 0) -> None:
    """So many orders of single units."""
    names = [name, *(f"{name}-{n}" for n in range(1, times))]
    heads = [
        {"id": each, "customer_id": "n1", "placed_at": NOW, "currency": "JPY", "status": "placed", "origin": "import"}
        for each in names
    ]
    lines = [
        {"order_id": each, "line": n, "product_id": item, "quantity": 1, "unit_price": 500, "amount": 500}
        | {"role": "main", "discount": 0, "gift": False, "returned": returned}
        for each in names
        for n, item in enumerate(items, 1)
    ]
    shop.store.facts.write_orders(conform(pl.DataFrame(heads), ORDERS), conform(pl.DataFrame(lines), ORDER_LINES))


def links(loaded: Loaded) -> dict[tuple[str, str], tuple[object, ...]]:
    """(anchor, partner) → its place among the anchor's and all its numbers."""
    state, found = loaded.state, {}
    for anchor, name in enumerate(state.ids.ids):
        rows = state.complements.rows[state.complements.of[anchor] : state.complements.of[anchor + 1]]
        for place, row in enumerate(rows):
            found[name, state.ids[int(row["item"])]] = (place, *row.tolist()[1:])
    return found


@pytest.fixture
def learned_shop(small_shop: Shop) -> Shop:
    """The small shop, learned."""
    learn(small_shop, now=NOW, seed=0)
    return small_shop


def test_step_by_step_comes_to_the_same_as_all_at_once(learned_shop: Shop) -> None:
    stepwise = start = load(learned_shop)
    for n in range(5):
        order(learned_shop, f"n{n}", "rice", "tripod", *(["bag"] if n % 3 == 0 else []), times=8)
        stepwise = caught_up(learned_shop, stepwise)
    at_once = load(learned_shop, stepwise.snapshot.id, stepwise.sequence)
    assert links(stepwise) == links(at_once)
    assert ("rice", "tripod") not in links(start)
    place, *numbers = links(stepwise)["rice", "tripod"]
    assert place == 0
    assert 40 in numbers  # baskets that held both
    again = load(learned_shop, start.snapshot.id, start.sequence)
    assert links(again) == links(start)


def test_orders_alone_leave_catalogue_and_learning_the_same_so_that_nothing_known_is_worked_out_anew(
    learned_shop: Shop,
) -> None:
    before = load(learned_shop)
    order(learned_shop, "n0", "rice", "tripod")
    after = caught_up(learned_shop, before)
    assert after.sequence > before.sequence
    assert after.catalogue is before.catalogue  # no price is looked at again
    assert Unchanged(after.state) == Unchanged(before.state)


def test_an_order_that_changes_is_not_counted_twice(learned_shop: Shop) -> None:
    order(learned_shop, "n0", "rice", "tripod", times=40)
    before = load(learned_shop)
    order(learned_shop, "n0", "rice", "tripod", returned=1)
    assert links(caught_up(learned_shop, before)) == links(before)
    learn(learned_shop, now=NOW, seed=0)
    learned = load(learned_shop)
    assert learned.folded.orders == 0
    assert links(learned)["rice", "tripod"] == links(before)["rice", "tripod"]


def test_a_product_that_comes_after_its_orders_gets_its_partners(learned_shop: Shop) -> None:
    order(learned_shop, "n0", "rice", "bowl", times=12)
    stepwise = load(learned_shop)
    bowl = {"id": "bowl", "title": "Bowl", "category": ["home", "bowls"], "price": 900, "currency": "JPY"}
    learned_shop.store.facts.write_products(conform(pl.DataFrame([bowl | {"status": "active"}]), PRODUCTS))
    stepwise = caught_up(learned_shop, stepwise)
    assert ("rice", "bowl") in links(stepwise)
    assert links(stepwise) == links(load(learned_shop, stepwise.snapshot.id, stepwise.sequence))


def test_decisions_made_before_and_after_a_fold_come_out_again(learned_shop: Shop) -> None:
    async def ask() -> list[set[str]]:
        journal = learned_shop.store.journal()
        moments = (NOW + timedelta(minutes=n) for n in range(100))
        decider = Decider(learned_shop, journal, moments.__next__, iter(range(1, 99)).__next__)
        decider.refresh()
        shown = []
        for n in range(3):
            request = OfferRequest("product", product_id="cam-c", anonymous_id="me", kinds=("cross_sell",))
            served = await decider.decide(request)
            shown.append({each.product_id for each in served.decision.slate})
            order(learned_shop, f"n{n}", "cam-c", "pot", times=20)
            assert decider.refresh()
        await journal.close()
        return shown

    shown = asyncio.run(ask())
    assert ["pot" in each for each in shown] == [False, True, True]
    found = replay_range(learned_shop, NOW - timedelta(days=1), NOW + timedelta(days=1))
    assert (found.same, found.differing, found.refused) == (3, (), {})
