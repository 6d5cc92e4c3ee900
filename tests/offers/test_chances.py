"""Learned propensity inside a decision: the kernel says what the model says, and the prior is kept beside it."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from tsuide.errors import BadArray
from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.schema import conform
from tsuide.offers import codes
from tsuide.offers.chances import chances_of
from tsuide.offers.kernels import kernels
from tsuide.offers.offer import KINDS, PLACEMENTS, SOURCES
from tsuide.offers.propensity import FittedPropensity, Propensity
from tsuide.offers.records import CANDIDATE
from tsuide.offers.state import State, build_state

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CART = PLACEMENTS.index("cart")


def products() -> pl.DataFrame:
    rows = [
        {"id": f"p{n}", "title": f"P{n}", "category": ["all", f"c{n % 4}"], "price": 100, "currency": "JPY"}
        | {"status": "active", "kind": "physical"}
        for n in range(24)
    ]
    return conform(pl.DataFrame(rows), PRODUCTS)


def shown(n: int = 6_000) -> pl.DataFrame:
    rng = np.random.default_rng(1)
    product, kind = rng.integers(0, 20, n), rng.integers(0, 2, n)
    prior = rng.uniform(0.05, 0.6, n)
    return pl.DataFrame(
        {
            "unit": [f"u{each}" for each in rng.integers(0, 900, n)],
            "kind": [KINDS[each] for each in kind],
            "placement": ["cart"] * n,
            "source": ["complements"] * n,
            "product_id": [f"p{each}" for each in product],
            "category": [f"all > c{each % 4}" for each in product],
            "anchor_category": [None if each % 3 == 0 else f"all > c{each % 2}" for each in range(n)],
            "place": rng.integers(0, 3, n),
            "prior": prior,
            "accepted": rng.random(n) < prior * np.where(kind == 0, 0.6, 0.2),
        }
    )


@pytest.fixture(scope="module")
def fitted() -> FittedPropensity:
    return Propensity().fit(shown())


@pytest.fixture(scope="module")
def state(fitted: FittedPropensity) -> State:
    return build_state({"propensity": fitted}, products(), snapshot_id="s")


def candidates(state: State) -> np.ndarray:
    """Every product beside no anchor, an anchor of the same and one of another category."""
    rng = np.random.default_rng(2)
    rows = np.zeros(72, CANDIDATE)
    rows["item"] = np.tile(np.arange(24), 3)
    rows["anchor"] = np.repeat([-1, 0, 1], 24)
    rows["kind"] = np.arange(72) % 2
    rows["source"] = codes.COMPLEMENTS
    rows["category"] = state.items["category"][rows["item"]]
    rows["propensity"] = rng.uniform(0, 1, 72)
    rows["prior"] = -1.0
    return rows


def foretell(rows: np.ndarray, count: int, placement: int, state: State) -> None:
    """As `decide` does it."""
    found = chances_of(state)
    if found is None:
        return
    of, words = found.learned, state.words.categories.words
    effects = (found.weights, of.source, of.kind_placement, found.pairs, len(words), found.product)
    kernels().correct(rows, count, state.items, placement, *effects, of.curve.scores, of.curve.shares, of.share)


def as_shown(rows: np.ndarray, state: State) -> pl.DataFrame:
    """Candidates as outcomes are told of."""
    paths = [f"all > c{n % 4}" for n in range(24)]
    return pl.DataFrame(
        {
            "unit": ["u"] * 72,
            "kind": [KINDS[each] for each in rows["kind"]],
            "placement": ["cart"] * 72,
            "source": [SOURCES[each] for each in rows["source"]],
            "product_id": [state.ids.ids[each] for each in rows["item"]],
            "category": [paths[each] for each in rows["item"]],
            "anchor_category": [None if each < 0 else paths[each] for each in rows["anchor"]],
            "place": [0] * 72,
            "prior": rows["propensity"].copy(),
            "accepted": [False] * 72,
        }
    )


def test_the_kernel_says_what_the_model_says(state: State, fitted: FittedPropensity) -> None:
    rows = candidates(state)
    asked = as_shown(rows, state)
    foretell(rows, len(rows), CART, state)
    np.testing.assert_allclose(rows["propensity"], fitted.predict(asked), atol=2e-9)
    assert (rows["prior"] == asked["prior"].to_numpy()).all()


def test_each_source_has_an_effect_and_a_slope_of_its_own(fitted: FittedPropensity) -> None:
    rng = np.random.default_rng(4)
    apart = replace(fitted, source=rng.normal(0, 0.3, len(SOURCES)), slope=rng.normal(0, 0.3, len(SOURCES)))
    state = build_state({"propensity": apart}, products(), snapshot_id="s")
    rows = candidates(state)
    rows["source"] = np.arange(72) % len(SOURCES)
    asked = as_shown(rows, state)
    foretell(rows, len(rows), CART, state)
    np.testing.assert_allclose(rows["propensity"], apart.predict(asked), atol=2e-9)


def test_the_incremental_share_is_taken_off(state: State, fitted: FittedPropensity) -> None:
    share = np.ones_like(fitted.share)
    share[0, CART] = 0.25
    less = build_state({"propensity": replace(fitted, share=share)}, products(), snapshot_id="s")
    one, other = candidates(state), candidates(less)
    foretell(one, len(one), CART, state)
    foretell(other, len(other), CART, less)
    np.testing.assert_allclose(other["propensity"], one["propensity"] * np.where(one["kind"] == 0, 0.25, 1), atol=2e-9)


def test_without_enough_outcomes_the_prior_stays() -> None:
    nothing = Propensity().fit(shown(60))
    bare = build_state({"propensity": nothing}, products(), snapshot_id="s")
    assert chances_of(bare) is None
    rows = candidates(bare)
    before = rows.copy()
    foretell(rows, len(rows), CART, bare)
    assert (rows == before).all()


def test_a_range_holds_what_it_is_the_range_of(fitted: FittedPropensity) -> None:
    for propensity in (0.001, 0.05, 0.1, 0.3, 0.9):
        low, high = fitted.range_of(propensity)
        assert 0 <= low <= propensity <= high <= 1


def test_slopes_of_fewer_sources_than_there_are_never_reach_the_kernel(fitted: FittedPropensity) -> None:
    short = build_state({"propensity": replace(fitted, slope=fitted.slope[:-1])}, products(), snapshot_id="s")
    with pytest.raises(BadArray, match="slopes"):
        chances_of(short)
