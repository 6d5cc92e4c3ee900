"""Why nothing is proposed: the holdout before all, else the rule that refused most."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tsuide.app.silence import silence_text, why_silent
from tsuide.kit.phrases import LANGUAGES
from tsuide.offers.customer import CustomerView
from tsuide.offers.decision import Decision
from tsuide.offers.request import OfferRequest


def decision(**more: Any) -> Decision:
    return Decision(
        id="dec_1", at=datetime(2026, 6, 1, tzinfo=UTC), request=OfferRequest("rep", customer_id="c1"),
        customer=CustomerView(id="c1"), snapshot_id="s", sequence=0, policy="p", policy_version="1", seed=0,
        unit="customer", **{"arm": "treated"} | more,
    )  # fmt: skip


def test_the_holdout_comes_before_every_rule() -> None:
    told = why_silent(decision(arm="holdout", refused={"in_stock": 9}), "en")
    assert (told["code"], told["text"]) == (
        "holdout", "Nothing to offer now (kept without offers, to measure the effect).",
    )  # fmt: skip


def test_the_rule_that_refused_most_is_told_and_what_to_ask() -> None:
    told = why_silent(decision(refused={"in_stock": 2, "need_recorded": 9}, question="what_need"), "en")
    assert told["code"] == "need_recorded"
    assert "need" in told["text"]
    assert told["question"]


def test_where_no_rule_refused_anything_nothing_fits() -> None:
    assert why_silent(decision(), "ja") == {
        "code": "nothing_fits", "text": "いまはご提案を控えます（合う商品がありません）。", "question": None,
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_no_code_has_no_sentence(language: str) -> None:
    assert silence_text("<script>", language) == ""
    assert silence_text("in_stock", language)
