"""Propensity against a simulated truth, calibration against scikit-learn, the holdout against counting."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsuide.errors import BadArray, BadValue
from tsuide.facts.schema import conform
from tsuide.offers.calibration import (
    brier,
    calibration_slope,
    fit_isotonic,
    reliability,
)
from tsuide.offers.incremental import Incremental, share_of
from tsuide.offers.propensity import SHOWN, FittedPropensity, Propensity

KINDS = ["cross_sell", "up_sell", "filler"]
PLACEMENTS = ["product", "cart"]


def world(n: int, seed: int = 1) -> tuple[pl.DataFrame, np.ndarray]:
    """What was shown to people, and the true probability of each; priors are co-purchases, far too high."""
    rng = np.random.default_rng(seed)
    kind, placement = rng.integers(0, 3, n), rng.integers(0, 2, n)
    anchor, category = rng.integers(0, 8, n), rng.integers(0, 8, n)
    product = category * 20 + rng.integers(0, 20, n)
    place = rng.integers(0, 3, n)
    prior = np.clip(rng.beta(2, 8, n), 0.01, 0.9)
    of_kind = np.array([[-1.5, -1.0], [-2.5, -2.0], [-1.8, -0.6]])
    of_pair = np.random.default_rng(7).normal(0, 0.6, (8, 8))
    of_product = np.random.default_rng(8).normal(0, 0.4, 160)
    odds = 0.5 * np.log(prior / (1 - prior)) + of_kind[kind, placement] - 0.4 * np.log1p(place)
    odds += of_pair[anchor, category] + of_product[product]
    truth = 1 / (1 + np.exp(-odds))
    frame = pl.DataFrame(
        {
            "unit": [f"u{each}" for each in rng.integers(0, n // 4 + 1, n)],
            "kind": [KINDS[each] for each in kind],
            "placement": [PLACEMENTS[each] for each in placement],
            "source": ["complements"] * n,
            "product_id": [f"p{each:03}" for each in product],
            "category": [f"c{each}" for each in category],
            "anchor_category": [f"c{each}" for each in anchor],
            "place": place,
            "prior": prior,
            "accepted": rng.random(n) < truth,
        }
    )
    return frame, truth


@pytest.fixture(scope="module")
def learned() -> FittedPropensity:
    return Propensity().fit(world(20_000)[0])


def test_new_people_accept_as_foretold(learned: FittedPropensity) -> None:
    shown, truth = world(20_000, seed=2)
    accepted = shown["accepted"].to_numpy().astype(float)
    foretold, prior = learned.predict(shown), shown["prior"].to_numpy()
    assert 0.9 <= calibration_slope(foretold, accepted)[1] <= 1.1
    assert brier(foretold, accepted) < 0.8 * brier(prior, accepted)
    assert brier(foretold, accepted) < brier(np.full(len(accepted), accepted.mean()), accepted)
    assert np.abs(foretold - truth).mean() < 0.25 * np.abs(prior - truth).mean()


def test_what_it_says_of_itself_is_measured_on_people_it_had_not_seen(learned: FittedPropensity) -> None:
    assert learned.basis == "calibrated"
    assert 0.9 <= learned.facts["slope"] <= 1.1
    assert learned.facts["brier"] < learned.facts["brier_prior"]
    assert learned.facts["bins_that_fit"] >= 8
    assert int(learned.table[:, 0].sum()) == 20_000


def test_few_outcomes_change_nothing() -> None:
    shown = world(300)[0].with_columns(accepted=pl.int_range(300) < 49)
    learned = Propensity().fit(shown)
    assert learned.basis == "prior"
    assert learned.predict(shown).tolist() == shown["prior"].to_list()


def test_fewer_than_enough_are_learned_from_but_not_called_calibrated() -> None:
    shown = world(1_500)[0]
    assert 50 <= int(shown["accepted"].sum()) < 200
    learned = Propensity().fit(shown)
    assert learned.basis == "learning"
    fresh = world(20_000, seed=3)[0]
    accepted = fresh["accepted"].to_numpy().astype(float)
    assert brier(learned.predict(fresh), accepted) < brier(fresh["prior"].to_numpy(), accepted)


def test_a_new_product_borrows_from_its_pair_and_a_new_pair_from_its_kind(learned: FittedPropensity) -> None:
    shown, _ = world(4_000, seed=4)
    new = shown.with_columns(product_id=pl.lit("new"), source=pl.lit("complements"))
    accepted = shown["accepted"].to_numpy().astype(float)
    whole, borrowed = learned.predict(shown), learned.predict(new)
    stranger = learned.predict(new.with_columns(category=pl.lit("new"), anchor_category=pl.lit("other")))
    scores = [brier(each, accepted) for each in (whole, borrowed, stranger, shown["prior"].to_numpy())]
    assert scores == sorted(scores)


def test_the_order_of_rows_does_not_matter(learned: FittedPropensity) -> None:
    again = Propensity().fit(world(20_000)[0].sample(fraction=1.0, shuffle=True, seed=5))
    assert all((a == b).all() for a, b in zip(again.arrays().values(), learned.arrays().values(), strict=True))


def test_the_incremental_share_holds_only_where_the_holdout_says_so() -> None:
    said, silent = Incremental(1_000, 60, 1_000, 30), Incremental(1_000, 60, 100, 3)
    cells = {("cross_sell", "cart"): said, ("up_sell", "cart"): silent}
    learned = Propensity().fit(world(600)[0], cells)
    assert sorted(set(learned.share.ravel().tolist())) == [0.5, 1.0]
    assert [each["supported"] for each in learned.facts["incremental"].values()] == [True, False]


def test_bad_rows_are_named() -> None:
    shown = world(100)[0]
    for name, value in (("kind", "gift"), ("placement", None), ("source", "luck")):
        with pytest.raises(BadValue, match=name):
            Propensity().fit(shown.with_columns(pl.lit(value, pl.String).alias(name)))
    with pytest.raises(BadValue, match="prior"):
        Propensity().fit(shown.with_columns(prior=pl.lit(1.5)))


# --- calibration ------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=60))
def test_isotonic_as_scikit_learn_has_it(rows: list[tuple[int, bool]]) -> None:
    isotonic = pytest.importorskip("sklearn.isotonic")
    scores, labels = (np.array(each, np.float64) for each in zip(*rows, strict=True))
    theirs = isotonic.IsotonicRegression(out_of_bounds="clip").fit(scores, labels)
    asked = np.linspace(-1, 10, 45)
    np.testing.assert_allclose(fit_isotonic(scores, labels).of(asked), theirs.predict(asked), atol=1e-9)


def test_isotonic_refuses_nothing_at_all() -> None:
    with pytest.raises(BadArray):
        fit_isotonic(np.empty(0), np.empty(0))


def test_the_reliability_table_parts_no_equals_and_loses_nobody() -> None:
    predicted = np.array([0.1] * 50 + [0.2] * 5 + [0.9] * 45)
    table = reliability(predicted, (np.arange(100) % 10 == 0).astype(float), bins=10)
    assert [(each.n, round(each.predicted, 6)) for each in table] == [(50, 0.1), (5, 0.2), (45, 0.9)]
    assert [each.fits for each in table] == [True, True, False]
    assert reliability(np.empty(0), np.empty(0)) == []


def test_predictions_that_are_too_extreme_have_a_slope_below_one() -> None:
    rng = np.random.default_rng(3)
    truth = rng.uniform(0.2, 0.8, 20_000)
    labels = (rng.random(20_000) < truth).astype(float)
    odds = np.log(truth / (1 - truth))
    assert calibration_slope(1 / (1 + np.exp(-2 * odds)), labels)[1] == pytest.approx(0.5, abs=0.05)
    assert calibration_slope(truth, labels) == pytest.approx((0.0, 1.0), abs=0.08)


# --- the holdout ------------------------------------------------------------------------------------------


def test_the_holdout_takes_off_what_would_have_come_anyway() -> None:
    assert share_of(Incremental(1_000, 60, 1_000, 30)) == 0.5
    assert share_of(Incremental(1_000, 30, 1_000, 60)) == 0.0  # shown to harm
    assert share_of(Incremental(1_000, 31, 1_000, 30)) == 1.0  # nothing to say
    assert share_of(Incremental(0, 0, 0, 0)) == 1.0
    with pytest.raises(BadValue, match="more buyers"):
        Incremental(1, 2, 1, 0)


@given(st.integers(1, 500), st.integers(1, 500), st.floats(0, 1), st.floats(0, 1))
def test_the_interval_holds_the_difference(n: int, m: int, p: float, q: float) -> None:
    found = Incremental(n, int(p * n), m, int(q * m))
    low, high = found.interval()
    assert -1 - 1e-9 <= low <= found.difference <= high <= 1 + 1e-9


def test_schema_of_what_was_shown_is_whole() -> None:
    assert list(SHOWN) == list(world(4)[0].columns)


def test_a_prior_that_tells_much_weighs_more_than_one_that_tells_nothing() -> None:
    rng = np.random.default_rng(5)
    n = 8_000
    prior, lists = rng.uniform(0.02, 0.5, n), rng.random(n) < 0.5
    truth = np.where(lists, prior, 0.1)
    rows = pl.DataFrame(
        {
            "unit": [f"u{each}" for each in rng.integers(0, 2_000, n)],
            "kind": ["cross_sell"] * n,
            "placement": ["cart"] * n,
            "source": np.where(lists, "personal", "complements").tolist(),
            "product_id": [f"p{each}" for each in rng.integers(0, 30, n)],
            "category": ["c"] * n,
            "anchor_category": ["c"] * n,
            "place": [0] * n,
            "prior": prior,
            "accepted": rng.random(n) < truth,
        }
    )
    asked = rows.head(4).with_columns(
        source=pl.Series(["personal", "personal", "complements", "complements"]),
        prior=pl.Series([0.05, 0.4, 0.05, 0.4]),
    )
    low, high, flat, flat_too = Propensity().fit(rows).predict(asked).tolist()
    assert high - low > 0.2
    assert high == pytest.approx(0.4, abs=0.08)
    assert flat == pytest.approx(flat_too, abs=0.06)


def test_of_better_models_it_keeps_how_many_people_saw_them_and_took_them() -> None:
    row: dict[str, Any] = {"kind": "up_sell", "placement": "product", "source": "ladder", "category": None}
    row |= {"anchor_category": None, "product_id": "cam-b", "place": 0, "prior": 0.03}
    seen = [("ann", False), ("ann", True), ("bea", False)]
    rows = conform(pl.DataFrame([row | {"unit": who, "accepted": yes} for who, yes in seen]), SHOWN)
    assert Propensity().fit(rows).facts["steps_up"] == {"cam-b": [2, 1]}
