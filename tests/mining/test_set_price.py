import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import BadValue
from tsuide.mining.set_price import set_price

RATES = st.floats(0.01, 0.5)


def test_the_discount_stops_where_one_step_more_would_cost_margin() -> None:
    # Every buyer of the camera brings 3,000; one in ten takes the bag too, for 3,000 more. 20-fold response:
    # at 14 % off, .1 × (1 + 20 × .14) = .38 take the set, which brings 6,000 − 2,100 = 3,900:
    # .38 × 3,900 + .62 × 3,000 = 3,342 against 3,300 before. At 15 %: .4 × 3,750 + .6 × 3,000 = 3,300: no gain.
    offer = set_price([10_000, 5_000], [3_000, 3_000], [0.1], 0.1, response=20.0)
    assert offer is not None
    assert (offer.discount, offer.price) == (1_400, 12_900)
    assert offer.gain == pytest.approx(42.0)
    assert dict(offer.curve)[1_500] == pytest.approx(0.0)


def test_without_a_response_no_discount_pays() -> None:
    assert set_price([10_000, 5_000], [3_000, 3_000], [0.1], 0.1, response=0.0) is None


def test_the_floor_holds_the_discount_back() -> None:
    free = set_price([10_000, 5_000], [3_000, 3_000], [0.1], 0.1, response=20.0)
    held = set_price([10_000, 5_000], [3_000, 3_000], [0.1], 0.1, response=20.0, floor=3_500)
    assert free is not None
    assert held is not None
    assert held.discount < free.discount
    assert (6_000 - (15_000 - held.price)) / held.price >= 0.35


def test_the_price_is_rounded_up_to_the_step() -> None:
    offer = set_price([9_990, 4_980], [3_000, 3_000], [0.1], 0.1, response=20.0, step=100)
    assert offer is not None
    assert offer.price % 100 == 0
    assert offer.price >= 14_970 * (10_000 - offer.discount) / 10_000


@pytest.mark.parametrize(
    ("prices", "margins", "attach", "joint"),
    [
        ([100], [10], [], 0.1),
        ([100, 0], [10, 10], [0.1], 0.1),
        ([100, 100], [10], [0.1], 0.1),
        ([100, 100], [10, 10], [1.1], 0.1),
        ([100, 100], [10, 10], [0.1], 0.2),
    ],
)
def test_what_cannot_be_a_set_is_refused(
    prices: list[int], margins: list[int], attach: list[float], joint: float
) -> None:
    with pytest.raises(BadValue):
        set_price(prices, margins, attach, joint)


@given(st.integers(100, 10**6), st.integers(100, 10**6), RATES, RATES, st.floats(0, 30), st.floats(0.05, 0.9))
def test_a_set_price_always_gains_and_never_goes_below_the_floor(
    main: int, other: int, attach: float, share: float, response: float, margin: float
) -> None:
    margins = [int(main * margin), int(other * margin)]
    offer = set_price([main, other], margins, [attach], attach * share, response=response)
    if offer is not None:
        assert offer.gain > 0
        assert 0 < offer.full - offer.price <= offer.full / 2
        assert (sum(margins) - (offer.full - offer.price)) * 10_000 >= 500 * offer.price
