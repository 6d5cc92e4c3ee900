"""What sets and fillers could earn, with figures that a person can check by hand."""

import numpy as np
import polars as pl
import pytest

from tsuide.app.opportunities import fillers_of, sets_of, share_taken
from tsuide.mining.baskets import Baskets
from tsuide.mining.bundles import Bundles, FittedBundles
from tsuide.mining.fillers import Fillers, FittedFillers
from tsuide.mining.index import Index

MARGIN = pl.DataFrame(
    {"id": ["bag", "cam", "card", "strap"], "margin": [None, 800, 300, 100]}, {"id": pl.String, "margin": pl.Int64}
)


def bundles(*members: str, count: int) -> FittedBundles:
    """One set among 1,000 orders: 200 with the camera, 100 with the card, 400 with the bag."""
    ids = Index.of(["bag", "cam", "card"])
    items = np.full((1, 4), -1, np.int32)
    items[0, : len(members)] = [ids.position(each) for each in members]
    return FittedBundles(
        item_ids=ids,
        degree=np.array([400, 200, 100]),
        items=items,
        intent=np.zeros(1, np.int32),
        count=np.array([count]),
        attach=np.full((1, 3), 0.5),
        strength=np.array([0.4]),
        leads=np.ones(1, np.bool_),
        n_baskets=1_000,
        parameters=Bundles(),
    )


def fillers() -> FittedFillers:
    """Four orders of two and more: the card came along in two of them, the strap in one."""
    prices = {"cam": 50_000, "card": 1_500, "bag": 9_000, "strap": 2_000}
    orders = [("cam", "card"), ("cam", "card", "strap"), ("cam", "bag"), ("cam", "bag"), ("bag",)]
    lines = [(n, item, prices[item]) for n, order in enumerate(orders) for item in order]
    frame = pl.DataFrame(lines, schema=["order", "sku", "price"], orient="row")
    baskets = Baskets.from_frame(frame, basket="order", item="sku", price="price")
    return Fillers(prior=1.0).fit(baskets, pl.DataFrame({"id": list(prices), "price": list(prices.values())}))


def test_a_set_is_taken_by_the_share_of_its_rarest_members_orders_that_hold_all_of_it() -> None:
    (row,) = sets_of(bundles("cam", "card", count=50), MARGIN, 1.0).rows(named=True)
    assert (row["product_id"], row["count"], row["base"], row["rarest"]) == ("cam", 50, 200, 100)
    assert row["share"] == 0.5  # 50 of the 100 orders with the card
    assert (row["share_low"], row["share_high"]) == pytest.approx((0.4038, 0.5962), abs=1e-4)  # Wilson's table
    # 50 orders with the card and without the camera × a half × 800 of the camera
    assert row["gain"] == 20_000
    assert (row["gain_low"], row["gain_high"]) == pytest.approx((50 * 0.4038 * 800, 50 * 0.5962 * 800), rel=1e-3)
    assert row["worth"] == 300  # what is proposed beside the camera


def test_a_sets_lift_has_the_interval_of_a_count() -> None:
    (row,) = sets_of(bundles("cam", "card", count=50), MARGIN, 1.0).rows(named=True)
    assert row["lift"] == pytest.approx(2.5)  # 50, by chance 1,000 × .2 × .1 = 20
    assert (row["lift_low"], row["lift_high"]) == pytest.approx((2.5 / 1.3194, 2.5 * 1.3194), rel=1e-3)  # e^(1.96/√50)


def test_half_the_pace_is_half_the_gain_and_a_cost_that_is_not_known_gives_none() -> None:
    assert sets_of(bundles("cam", "card", count=50), MARGIN, 0.5)["gain"].to_list() == [10_000]
    (row,) = sets_of(bundles("cam", "bag", "card", count=20), MARGIN, 1.0).rows(named=True)
    assert (row["gain"], row["gain_low"], row["worth"]) == (None, None, None)
    assert (row["share"], row["others"]) == (0.2, ["bag", "card"])


def test_a_filler_earns_its_margin_with_as_many_of_a_hundred_orders_as_it_came_along_with() -> None:
    rows = {row["others"][0]: row for row in fillers_of(fillers(), MARGIN).rows(named=True)}
    card = rows["card"]
    assert (card["count"], card["base"], card["share"]) == (2, 4, 0.5)
    assert (card["share_low"], card["share_high"]) == pytest.approx((0.15, 0.85), abs=1e-3)  # Wilson, 2 of 4
    assert card["gain"] == 100 * 0.5 * 300
    assert (card["gain_low"], card["gain_high"]) == pytest.approx((4_500, 25_500), rel=1e-3)
    assert (rows["strap"]["share"], rows["strap"]["gain"]) == (0.25, 2_500)
    assert rows["bag"]["gain"] is None  # its cost is not known; that it came along is


def test_what_is_no_thing_is_no_filler() -> None:
    things = MARGIN.filter(pl.col("id") != "strap")  # say it were a care plan
    assert sorted(fillers_of(fillers(), things)["others"].explode()) == ["bag", "cam", "card"]
    assert "strap" in fillers_of(fillers(), MARGIN)["others"].explode()


def test_fillers_that_were_learned_before_this_was_counted_keep_their_appeal_and_have_no_gain() -> None:
    now = fillers()
    arrays = {name: each for name, each in now.arrays().items() if name != "along"}
    old = FittedFillers.from_arrays(arrays, {"pool": now.pool, "prior": now.prior})
    row = next(each for each in fillers_of(old, MARGIN).rows(named=True) if each["others"] == ["card"])
    assert (row["count"], row["base"], row["gain"], row["share_low"]) == (None, None, None, None)
    assert row["share"] == row["rank"] == max(now.appeal)
    again = FittedFillers.from_arrays(now.arrays(), now.meta())
    assert (again.trips, again.along.tolist()) == (now.trips, now.along.tolist())


@pytest.mark.parametrize("shown", [0, 20, 500])
def test_the_interval_of_who_takes_a_step_holds_95_of_100_shares_that_are_as_the_policy_believes(shown: int) -> None:
    random = np.random.default_rng(shown)
    truth = random.beta(1.0, 1.0 / 0.03 - 1.0, 40_000)
    taken = random.binomial(shown, truth)
    _, low, high = share_taken(0.03, np.full(40_000, shown), taken)
    assert np.mean((low <= truth) & (truth <= high)) == pytest.approx(0.95, abs=0.005)


@pytest.mark.parametrize("truth", [0.005, 0.03, 0.2])
def test_where_many_were_asked_it_holds_95_of_100_whatever_the_policy_believes(truth: float) -> None:
    taken = np.random.default_rng(7).binomial(3_000, truth, 20_000)
    mean, low, high = share_taken(0.03, np.full(20_000, 3_000), taken)
    assert np.mean((low <= truth) & (truth <= high)) == pytest.approx(0.95, abs=0.015)
    assert mean.mean() == pytest.approx(truth, rel=0.1)


def test_a_policy_that_believes_in_nobody_or_everybody_still_has_an_interval() -> None:
    for prior in (0.0, 1.0):
        mean, low, high = share_taken(prior, np.array([0]), np.array([0]))
        assert 0 <= low[0] <= mean[0] <= high[0] <= 1
