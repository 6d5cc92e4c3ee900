"""A decision's record: written quickly, and just as the plain way writes it."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tsuide.offers.customer import CustomerView, Due, Expected, Owned
from tsuide.offers.decision import Decision
from tsuide.offers.offer import Gain, Offer, OfferItem, Reason, Scores
from tsuide.offers.plain import plain
from tsuide.offers.request import OfferRequest

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SCORES = Scores(0.25, 120, 1.0, 1.0, 30.0)
BARE = Offer("dec_1.0", 0, "cross_sell", "complements", "card", "JPY", SCORES, (OfferItem("card", 1, 900),))
FULL = replace(
    BARE,
    id="dec_1.1",
    place=1,
    slot="横\n枠",
    anchor_id="camera",
    price=900,
    list_price=1_000,
    difference=-5,
    discount=100,
    promotion_id="p1",
    gains=(Gain("p1", "percent", saving=100, cost=100),),
    margin_basis="cost",
    shown_probability=0.1 + 0.2,
    reasons=(Reason("rated", {"rating": 4.5, "reviews": 3}),),
    expires_at=NOW,
    act="hand_over",
)
SAME_DRAFT = replace(FULL, id="dec_1.2", place=2, slot="", shown_probability=1.0)


def decision(*slate: Offer, **more: Any) -> Decision:
    seen = CustomerView(
        "c1",
        owned=(Owned("card", NOW), Owned("tea", NOW, 3)),
        due=(Due("tea", 0.5, 30, 28),),
        expected=(Expected("cup", 0.25), Expected("jam", 0.125, 4, "tea")),
    )
    asked = OfferRequest("home", customer_id="c1")
    return Decision("dec_1", NOW, asked, seen, "s1", 7, "standard", "v1", 11, "treated", "customer", slate, **more)


def pairs(text: str) -> Any:
    """JSON with the order of its keys."""
    return json.loads(text, object_pairs_hook=list)


@pytest.mark.parametrize("slate", [(), (BARE,), (FULL,), (SAME_DRAFT, FULL, BARE), (BARE, SAME_DRAFT)])
def test_a_record_is_the_plain_one_key_by_key(slate: tuple[Offer, ...]) -> None:
    made = decision(*slate, refused={"in_stock": 2}, notes=("contextual_only",))
    for _ in range(2):  # the second time from what the first kept
        assert pairs(made.to_json()) == pairs(json.dumps(plain(made) | {"format": made.format}))
    assert Decision.from_json(made.to_json()) == made


def test_offers_of_one_draft_keep_what_is_their_own() -> None:
    read = Decision.from_json(decision(FULL, SAME_DRAFT).to_json()).slate
    assert [(each.id, each.place, each.slot, each.shown_probability) for each in read] == [
        ("dec_1.1", 1, "横\n枠", 0.1 + 0.2),
        ("dec_1.2", 2, "", 1.0),
    ]


def test_half_a_surrogate_pair_is_written_the_slow_way() -> None:
    strange = decision(replace(FULL, slot="\ud83d"))
    assert Decision.from_json(strange.to_json()) == strange
