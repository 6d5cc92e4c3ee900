"""Plans: from a free one by an absolute price band, and a better one at renewal."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from tsuide.offers.customer import CustomerView, Grant, Owned
from tsuide.offers.decide import decide
from tsuide.offers.decision import Decision
from tsuide.offers.policy.load import load_policy
from tsuide.offers.request import OfferRequest
from tsuide.offers.state import State, build_state

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
OPEN = (
    "sender: {name: Shop, address: Tokyo, opt_out: https://example.com/stop}\n"
    "holdout: 0%\nplacements: {product: all, account: all, email: all}\nrules: {worthless: off, quiet_hours: off}\n"
)
TERMS = '{"term": "monthly", "cancellation": "any time"}'


@pytest.fixture(scope="module")
def plans() -> State:
    prices = {"free": 0, "basic": 980, "pro": 1_380, "firm": 9_800}
    products = pl.DataFrame(
        {
            "id": list(prices),
            "title": list(prices),
            "category": [["plans"]] * 4,
            "price": list(prices.values()),
            "cost": [0, 100, 150, 900],
            "currency": ["JPY"] * 4,
            "kind": ["subscription"] * 4,
            "attributes": [TERMS] * 4,
        }
    )
    better = [("free", "basic"), ("free", "firm"), ("basic", "pro")]
    relations = pl.DataFrame(better, schema=["product_id", "other_id"], orient="row").with_columns(
        relation=pl.lit("upgrade_of")
    )
    return build_state({}, products, relations, snapshot_id="s")


def made(plans: State, view: CustomerView, placement: str, product: str | None = None) -> Decision:
    request = OfferRequest(placement, customer_id=view.id, product_id=product)  # type: ignore[arg-type]  # a placement
    return decide(request, plans, view, load_policy(OPEN), now=NOW, seed=1)


def owner(plan: str, days: int) -> CustomerView:
    return CustomerView(
        id="c1",
        consents=(Grant("personalisation", "any"), Grant("marketing", "any")),
        owned=(Owned(plan, NOW - timedelta(days=days)),),
    )


def test_above_a_free_plan_an_absolute_band_decides_since_a_ratio_to_nothing_means_nothing(plans: State) -> None:
    found = made(plans, CustomerView(), "product", "free")
    assert [(each.product_id, each.kind, each.difference) for each in found.offers] == [("basic", "up_sell", 980)]
    assert found.refused["upgrade_reach"] >= 1  # 9,800 is beyond the band of 2,000


def test_the_better_plan_waits_until_the_renewal_is_near_where_its_pace_is_known(plans: State) -> None:
    items = plans.items.copy()
    items["interval"][plans.ids.position("basic")] = 365
    yearly = replace(plans, items=items)
    assert made(yearly, owner("basic", 25), "email").refused["too_early"] == 1
    assert [each.product_id for each in made(yearly, owner("basic", 340), "email").offers] == ["pro"]
    looking = made(yearly, owner("basic", 25), "product", "basic")  # who looks at plans is told at any time
    assert [each.product_id for each in looking.offers] == ["pro"]


@pytest.mark.parametrize("placement", ["account", "email"])
def test_at_renewal_the_better_plan_is_proposed_and_never_the_cheaper_one_first(plans: State, placement: str) -> None:
    found = made(plans, owner("basic", 25), placement)
    assert [(each.product_id, each.kind, each.anchor_id) for each in found.offers] == [("pro", "up_sell", "basic")]
    assert [each.kind for each in made(plans, owner("pro", 25), placement).offers] == []
