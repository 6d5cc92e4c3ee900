"""What is foreseen for a customer: by wants where they do better than the lists, on the scale of complements."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.schema import conform
from tsuide.kit.clock import to_micros
from tsuide.mining.baskets import Baskets
from tsuide.mining.fitted import Fitted
from tsuide.mining.next_basket import NextBasket
from tsuide.mining.wants import Wants
from tsuide.offers.customer import CustomerView, Grant, Owned
from tsuide.offers.foretold import UNTOLD
from tsuide.offers.learned import NEVER, Times, foreseen, likely_beside, likely_next
from tsuide.offers.state import State, build_state

NOW = datetime(2026, 6, 30, tzinfo=UTC)
GROUPS = {"tea": "teas", "cup": "cups", "pen": "pens", "ink": "inks"}


@pytest.fixture(scope="module")
def state() -> State:
    """30 customers take tea and cups every tenth day, 30 others pens and ink, the dear one."""
    rows = [
        (f"o{who}-{n}", f"c{who}", each, to_micros(NOW - timedelta(days=10 * n + 5)))
        for who in range(60)
        for n in range(12)
        for each in (("tea", "cup") if who % 2 else ("pen", "ink"))
    ]
    frame = pl.DataFrame(rows, schema=["order", "who", "sku", "at"], orient="row")
    baskets = Baskets.from_frame(frame, basket="order", item="sku", customer="who", time="at")
    worth = {"tea": 10.0, "cup": 40.0, "pen": 10.0, "ink": 40.0}
    parts: dict[str, Fitted] = {
        "wants": Wants().fit(baskets, GROUPS, worth=worth),
        "next_basket": NextBasket().fit(baskets, tune=False),
    }
    products = conform(pl.DataFrame({"id": [*GROUPS], "title": [*GROUPS], "price": [100] * 4}), PRODUCTS)
    return build_state(parts, products, snapshot_id="s")


def told(state: State, **facts: Any) -> State:
    return replace(state, parts={**state.parts, "foretold": replace(UNTOLD, facts=facts)})


def test_wants_tell_what_comes_next_the_dearer_of_two_as_likely_first(state: State) -> None:
    found = likely_next("c1", Times({"tea": 0}, {0: 12}), state, NOW)
    assert [each.product_id for each in found[:2]] == ["cup", "tea"]
    assert next(each.times for each in found if each.product_id == "tea") == 12


def test_where_the_list_earned_more_the_list_goes_on(state: State) -> None:
    lost = told(state, earned={"next": {"list": 2.0, "wants": 1.0}})
    listed = likely_next("c1", NEVER, lost, NOW)
    assert {each.product_id for each in listed[:2]} == {"tea", "cup"}
    assert listed != likely_next("c1", NEVER, state, NOW)
    won = told(state, earned={"next": {"list": 1.0, "wants": 2.0}})
    assert likely_next("c1", NEVER, won, NOW) == likely_next("c1", NEVER, state, NOW)


def test_chances_stand_on_the_scale_of_what_complements_keep(state: State) -> None:
    won = {"next": {"list": 1.0, "wants": 2.0}}
    plain, scaled = (
        likely_next("c0", NEVER, told(state, earned=won, complements_keep={"next": keep}), NOW) for keep in (1.0, 0.5)
    )
    assert plain[-1].probability * 2 == pytest.approx(scaled[-1].probability, abs=1e-5)
    assert max(each.probability for each in scaled) <= 0.95


def test_what_is_looked_at_calls_for_what_goes_with_it_and_is_not_told_itself(state: State) -> None:
    found = likely_beside("new", [], NEVER, state, NOW, looked_at="pen")
    assert found[0].product_id == "ink"
    assert "pen" not in {each.product_id for each in found}


def test_without_consent_to_personalisation_nothing_is_foreseen(state: State) -> None:
    owned = (Owned("tea", NOW - timedelta(days=5)),)
    assert foreseen(CustomerView("c1", owned=owned), state, now=NOW).expected == ()
    agreed = CustomerView("c1", consents=(Grant("personalisation"),), owned=owned)
    assert foreseen(agreed, state, now=NOW).expected
