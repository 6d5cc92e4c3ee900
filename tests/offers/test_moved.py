"""P of those whom offers move or put off: multiplied where the holdout supports it, and only with their consent."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from tsuide.mining.index import Index
from tsuide.offers.customer import CustomerView, Grant
from tsuide.offers.decide import decide, replay
from tsuide.offers.decision import Decision
from tsuide.offers.explain import NOTES
from tsuide.offers.moved import GROUPS, FittedUplift, moved_of
from tsuide.offers.policy.load import load_policy
from tsuide.offers.request import OfferRequest
from tsuide.offers.state import State

NOW = datetime(2026, 1, 31, 3, tzinfo=UTC)
PLAIN = load_policy("rules: {evidence: off}")
CONSENT = (Grant("personalisation"),)


@pytest.fixture(scope="module")
def part() -> FittedUplift:
    """A is persuadable (P × 1.5), b a sure thing, c not to be disturbed (P × 0)."""
    group = np.array([0, 1, 3], np.int8)
    uplift, untreated = np.array([0.1, 0.0, -0.1]), np.array([0.2, 0.9, 0.3])
    return FittedUplift(Index.of(["a", "b", "c"]), uplift, untreated, group, np.array([1.5, 1.0, 1.0, 0.0]), {})


@pytest.fixture
def moved_shop(shop: State, part: FittedUplift) -> State:
    return replace(shop, parts={**shop.parts, "uplift": part})


def for_whom(state: State, *segments: str, consents: tuple[Grant, ...] = CONSENT) -> Decision:
    view = CustomerView(id="a", consents=consents, segments=segments)
    request = OfferRequest("product", product_id="camera-good", customer_id="a")
    return decide(request, state, view, PLAIN, now=NOW, seed=7)


def test_a_group_is_a_segment_only_where_the_holdout_supports_it(part: FittedUplift) -> None:
    assert [part.segment_of(each) for each in "abcd"] == ["uplift.persuadable", None, "uplift.do_not_disturb", None]
    assert [part.supported(each) for each in GROUPS] == [True, False, False, True]
    assert part.members("do_not_disturb") == ["c"]


def test_p_is_multiplied_by_what_offers_change_in_the_group(moved_shop: State) -> None:
    usual, moved = for_whom(moved_shop), for_whom(moved_shop, "uplift.persuadable")
    first = usual.slate[0]
    same = next(offer for offer in moved.slate if offer.product_id == first.product_id)
    assert same.scores.propensity == pytest.approx(first.scores.propensity * 1.5)
    assert replay(moved, moved_shop, PLAIN).slate == moved.slate


def test_whom_offers_put_off_sees_none_and_is_told_why(moved_shop: State) -> None:
    silent = for_whom(moved_shop, "uplift.do_not_disturb")
    assert silent.slate == ()
    assert "put_off_by_offers" in silent.notes
    assert all(NOTES.text("put_off_by_offers", language) for language in ("ja", "en"))
    assert replay(silent, moved_shop, PLAIN).notes == silent.notes


def test_without_consent_the_group_does_not_count(moved_shop: State) -> None:
    assert for_whom(moved_shop, "uplift.do_not_disturb", consents=()).slate


def test_a_snapshot_without_uplift_multiplies_nothing(shop: State) -> None:
    assert moved_of(shop.parts.get("uplift"), ("uplift.do_not_disturb",)) == 10_000
    assert for_whom(shop, "uplift.do_not_disturb").slate == for_whom(shop).slate
