"""Content suits its reader: about what they have, for whom it is meant, after what it builds on, before it begins."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from tsuide.offers.customer import CustomerView, Grant, Joined, Owned, Viewed
from tsuide.offers.decide import decide, replay
from tsuide.offers.decision import Decision
from tsuide.offers.policy.load import load_policy
from tsuide.offers.request import OfferRequest
from tsuide.offers.state import State, build_state

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)  # noon in Tokyo
PLAIN = load_policy("rules: {evidence: off}")
WHO = CustomerView(id="c1", consents=(Grant("personalisation"),))


def product(id_: str, kind: str = "content", **attributes: str) -> dict[str, Any]:
    told = {"id": id_, "title": id_, "category": [id_], "price": 0, "cost": 0, "currency": "JPY", "kind": kind}
    return told | {"attributes": json.dumps(attributes), "status": "active", "stock": None}


def shop(*lessons: dict[str, Any]) -> State:
    return build_state({}, pl.DataFrame([product("cam", "physical"), *lessons]), snapshot_id="s")


def asked(state: State, view: CustomerView = WHO, now: datetime = NOW, looked_at: str = "cam") -> Decision:
    request = OfferRequest("product", product_id=looked_at, customer_id=view.id, kinds=("content",), n=5)
    return decide(request, state, view, PLAIN, now=now, seed=1)


def told(decision: Decision) -> set[str]:
    return {offer.product_id for offer in decision.slate}


def test_content_that_says_which_products_it_is_about_goes_with_them() -> None:
    state = shop(product("lesson", about="cam, other"), product("elsewhere", about="other"))
    decision = asked(state)
    assert told(decision) == {"lesson"}
    (offer,) = decision.slate
    assert (offer.kind, offer.source, offer.reasons[0].code) == ("content", "content", "about")


def test_what_is_said_counts_of_changed_products_at_once() -> None:
    state = shop(product("lesson", about="other"))
    assert told(asked(state)) == set()
    changed = pl.DataFrame([product("lesson", about="cam"), product("new", about="cam")])
    assert told(asked(state.with_products(changed, sequence=2))) == {"lesson", "new"}


@pytest.mark.parametrize(
    ("starts_at", "offered"),
    [
        ("2026-06-01T12:01", True),  # the shop's own time
        ("2026-06-01T12:00", False),
        ("2026-06-01T12:01+02:00", True),
        ("2026-06-01T02:59Z", False),
        ("2026-06-01", False),
        ("in spring", True),  # not a moment
    ],
)
def test_a_webinar_is_offered_until_it_begins(starts_at: str, offered: bool) -> None:  # noqa: FBT001 - a parameter
    decision = asked(shop(product("webinar", about="cam", starts_at=starts_at)))
    assert told(decision) == ({"webinar"} if offered else set())
    assert decision.refused.get("lesson_over", 0) == (not offered)


@pytest.mark.parametrize("attended", [False, True])
def test_who_registered_or_attended_is_not_asked_again_whatever_they_agreed_to(attended: bool) -> None:  # noqa: FBT001
    state = shop(product("webinar", about="cam"), product("other", about="cam"))
    for view in (replace(WHO, joined=(Joined("webinar", attended),)),):
        for consents in (view.consents, ()):
            decision = asked(state, replace(view, consents=consents))
            assert told(decision) == {"other"}
            assert decision.refused["lesson_joined"] == 1


def test_what_is_meant_for_some_is_offered_to_them_only() -> None:
    state = shop(
        product("beginners", about="cam", audience="new, students"),
        product("firms", about="cam", audience="company"),
        product("people", about="cam", audience="person"),
    )
    assert told(asked(state)) == {"people"}
    assert told(asked(state, replace(WHO, segments=("students",)))) == {"people", "beginners"}
    assert told(asked(state, replace(WHO, company=True))) == {"firms"}
    assert asked(state).refused["lesson_audience"] == 2


def test_what_builds_on_another_comes_after_it() -> None:
    state = shop(
        product("first"), product("book", "physical"), product("second", about="cam", prerequisite="first, book")
    )
    owned = (Owned("book", NOW - timedelta(days=9)),)
    seen = (Viewed("first", 1, NOW - timedelta(days=2)),)
    assert asked(state).refused["lesson_prerequisite"] == 1
    assert told(asked(state, replace(WHO, joined=(Joined("first", attended=True),)))) == set()
    assert told(asked(state, replace(WHO, joined=(Joined("first"),), owned=owned))) == set()
    assert told(asked(state, replace(WHO, joined=(Joined("first", attended=True),), owned=owned))) == {"second"}
    assert told(asked(state, replace(WHO, viewed=seen, owned=owned))) == {"second"}
    assert told(asked(state, replace(WHO, viewed=seen, owned=owned, consents=()))) == set()  # not theirs to be read


def test_attributes_of_other_kinds_of_products_ask_nothing() -> None:
    coat = product("coat", "physical", audience="women", prerequisite="x", starts_at="2020-01-01", about="cam")
    decision = decide(OfferRequest("home", n=5), shop(coat), CustomerView(), PLAIN, now=NOW, seed=1)
    assert not {code for code in decision.refused if code.startswith("lesson")}


def test_a_decision_about_lessons_is_replayed_from_its_record() -> None:
    state = shop(product("webinar", about="cam", starts_at="2026-06-02"), product("other", about="cam"))
    decision = asked(state, replace(WHO, joined=(Joined("other", attended=True),)))
    again = replay(Decision.from_json(decision.to_json()), state, PLAIN)
    assert decision.same_as(again)
    assert told(again) == {"webinar"}
