"""What contacts cost reaches cost to serve, and with it the rule; without a word from a person nothing is known."""

from datetime import UTC, datetime, timedelta

import pytest

from tsuide.app.applying import put_orders
from tsuide.app.contact_costs import contact_costs, costed_contacts, set_contact_costs
from tsuide.app.feedback import record_feedback
from tsuide.app.interactions import record_interaction
from tsuide.app.learn import learn
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue
from tsuide.facts.feedback import Feedback
from tsuide.facts.interactions import Interaction
from tsuide.facts.orders import Order, OrderLine
from tsuide.mining.snapshot import open_snapshot
from tsuide.mining.value import FittedLifetimeValue

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def come_back(shop: Shop) -> None:
    """Sixty more customers, two thirds of whom came back: of fewer no lifetime is learned."""
    orders = []
    for n in range(60):
        for k in range(1 + n % 3):
            at, name = NOW - timedelta(days=150 - 40 * k - n % 7), f"more{n}-{k}"
            lines = (OrderLine(name, 1, "tea", 1, 800, 800),)
            orders.append(Order(name, at, "JPY", f"m{n}", lines=lines))
    put_orders(shop, orders)


def cost(shop: Shop, customer: str) -> int | None:
    part = open_snapshot(shop.snapshots, learn(shop, now=NOW, seed=0).snapshot_id).parts["value"]
    assert isinstance(part, FittedLifetimeValue)
    return part.of(customer, NOW).cost_to_serve


def test_visits_and_complaints_cost_what_a_person_said_they_do(small_shop: Shop) -> None:
    come_back(small_shop)
    for place, kind in enumerate(("visit", "visit", "call", "social")):
        record_interaction(small_shop, Interaction(f"i{place}", "c01", kind, NOW), NOW)  # type: ignore[arg-type]  # one of them each
    record_feedback(small_shop, Feedback("f1", "c01", "complaint", NOW - timedelta(days=1)), NOW)
    assert costed_contacts(small_shop) is None
    assert cost(small_shop, "c01") is None
    assert set_contact_costs(small_shop, {"visit": 8_000, "complaint": 1_500}, NOW) == {}
    told = costed_contacts(small_shop)
    assert told is not None
    assert told["cost"].sum() == 17_500
    without, with_ = cost(small_shop, "c02"), cost(small_shop, "c01")
    assert (without, with_ is not None and with_ > 0) == (0, True)
    assert set_contact_costs(small_shop, {}, NOW) == {"visit": 8_000, "complaint": 1_500}
    assert contact_costs(small_shop) == {}


@pytest.mark.parametrize(
    ("costs", "key"), [({"social": 1}, "kind"), ({"call": -1}, "call"), ({"call": 10**10}, "call")]
)
def test_what_is_no_cost_is_refused_by_name(small_shop: Shop, costs: dict[str, int], key: str) -> None:
    with pytest.raises(BadValue) as refused:
        set_contact_costs(small_shop, costs, NOW)
    assert refused.value.key == key
