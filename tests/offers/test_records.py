"""Records of offers survive their JSON, and bad ones are named."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import BadValue
from tsuide.offers.customer import CustomerView, Grant, Owned, PriceBand, Risks, Touch
from tsuide.offers.decision import Decision
from tsuide.offers.offer import Offer, OfferItem, Reason, Scores
from tsuide.offers.plain import build, plain
from tsuide.offers.request import CartLine, OfferRequest, Rep, Slot

NOW = datetime(2026, 1, 31, 9, tzinfo=UTC)

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive by hypothesis' rule


def a_decision(seed: int = 7) -> Decision:
    offer = Offer(
        id="dec_1.0",
        place=0,
        kind="cross_sell",
        source="complements",
        product_id="card",
        currency="JPY",
        scores=Scores(0.1 + 0.2, 300, 1.1, 1.0, 99.000000001),
        items=(OfferItem("card", 1, 1200),),
        reasons=(Reason("bought_together", {"count": 214, "of": 1030, "lift": 8.1, "with": "camera"}),),
    )
    return Decision(
        id="dec_1",
        at=NOW,
        request=OfferRequest(
            "cart",
            cart=(CartLine("camera", 1, 50_000),),
            slots=(Slot("a", 2, ("up_sell",)),),
            rep=Rep("r", ("loan",)),
        ),
        customer=CustomerView(
            id="c1",
            consents=(Grant("marketing", "email"),),
            owned=(Owned("bag", NOW),),
            touches=(Touch(NOW, "declined", "cart", kind="up_sell", reason="too_dear"),),
            price_band=PriceBand(100, 200, 300, 9),
            risks=Risks(return_rate=120, open_complaint=True),
            attributes={"prefecture": "東京都"},
        ),
        snapshot_id="snap",
        sequence=12,
        policy="standard",
        policy_version="v",
        seed=seed,
        arm="treated",
        unit="customer",
        slate=(offer,),
        considered=10,
        refused={"stock": 3},
        cleared=7,
    )


def test_a_decision_survives_its_json() -> None:
    decision = a_decision()
    assert Decision.from_json(decision.to_json()) == decision
    assert Decision.from_json(decision.to_json()).to_json() == decision.to_json()


@given(floats=st.floats(allow_nan=False, allow_infinity=False), at=MOMENTS, seed=st.integers(0, (1 << 64) - 1))
def test_every_bit_survives(floats: float, at: datetime, seed: int) -> None:
    scores = Scores(floats, None, 1.0, 1.0, floats)
    assert build(Scores, plain(scores)) == scores
    assert build(Touch, plain(Touch(at, "shown"))) == Touch(at, "shown")
    assert Decision.from_json(a_decision(seed).to_json()).seed == seed


def test_the_holdout_shows_nothing_and_keeps_the_slate() -> None:
    held = build(Decision, plain(a_decision()) | {"arm": "holdout"})
    assert held.offers == ()
    assert [offer.product_id for offer in held.slate] == ["card"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"placement": "cart", "kinds": ["cross"]}, "kinds[0]"),
        ({"placement": "cart", "cart": [{"product_id": "a", "quantity": "2"}]}, "cart[0].quantity"),
        ({"placement": "nowhere"}, "placement"),
        ({}, "placement"),
        ({"placement": "cart", "cart": 3}, "cart"),
        ({"placement": "cart", "n": True}, "n"),
    ],
)
def test_a_bad_request_names_its_key(value: dict[str, object], said: str) -> None:
    with pytest.raises(BadValue) as caught:
        build(OfferRequest, value)
    assert caught.value.key == said


@pytest.mark.parametrize(
    "request_",
    [
        OfferRequest("cart", n=0),
        OfferRequest("cart", n=51),
        OfferRequest("cart", cart=(CartLine("a", 0),)),
        OfferRequest("cart", cart=(CartLine("a", 1, -1),)),
        OfferRequest("cart", budget=-1),
        OfferRequest("cart", slots=(Slot("a"), Slot("a"))),
    ],
)
def test_numbers_without_sense_are_refused(request_: OfferRequest) -> None:
    with pytest.raises(BadValue):
        request_.checked()


def test_a_touch_without_time_zone_is_refused() -> None:
    with pytest.raises(BadValue, match="time zone"):
        build(Touch, {"at": "2026-01-31T09:00:00", "outcome": "shown"})
