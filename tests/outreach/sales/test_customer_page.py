"""A customer's page says what is known, in both languages, escapes what people wrote, and loads nothing."""

from datetime import UTC, datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from tsuide.facts.consent import CHANNELS, PURPOSES
from tsuide.facts.feedback import FEEDBACK_KINDS
from tsuide.facts.interactions import INTERACTION_KINDS
from tsuide.kit.phrases import LANGUAGES
from tsuide.outreach import phrases as words
from tsuide.outreach.message import MessageState
from tsuide.outreach.sales.customer_page import customer_page
from tsuide.outreach.sales.happened import PHRASES, TALKS, what_happened

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
TOKYO = ZoneInfo("Asia/Tokyo")
AT = "2026-05-31T16:00:00+00:00"  # June 1 in Tokyo
NOBODY: dict[str, Any] = {
    "customer": {"id": "c1", "kind": "company", "name": "<b>青葉</b>商事", "attributes": {}},
    "tree": {"above": [], "size": 1, "members": []},
    **{name: [] for name in (
        "same_address", "consents", "sums", "orders", "returned", "owned", "open_complaints", "feedback",
        "interactions", "wins", "reviews", "surveys", "stated", "contacts", "messages", "tasks", "content", "risks",
    )},
    "web": {"since": AT, "counts": {}, "viewed": [], "newest": []},
    "value": None,
    "offers": None,
}  # fmt: skip


def page(language: str = "en", **more: Any) -> str:
    return customer_page({**NOBODY, **more}, language, NOW, TOKYO)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_account_of_which_nothing_is_known_is_a_page_too(language: str) -> None:
    text = page(language)
    assert f'<html lang="{language}">' in text
    assert "&lt;b&gt;青葉" in text
    assert "<script" not in text
    assert "http" not in text.replace("http-equiv", "")


def test_what_to_offer_and_what_not_stand_with_their_reasons() -> None:
    offer = {
        "kind": "cross_sell", "title": "Card", "price_text": "¥3,000", "pitch": "Fits.\nOften together.", "why": "",
        "earns": None, "owned_in_tree": {"c2": 1},
    }  # fmt: skip
    offers = {
        "question": {"text": "What for?"}, "offers": [offer], "notes": [],
        "refused_by_rule": [{"text": "not in stock", "times": 3}],
    }  # fmt: skip
    text = page(offers=offers, open_complaints=["c1"])
    for needed in ("Goes well", "Card · ¥3,000", "Fits.\nOften together.", "owned by c2", "What for?", "not in stock"):
        assert needed in text
    assert "A complaint is open" in text


def test_what_happened_stands_in_its_order_by_the_shops_own_calendar() -> None:
    call = {"at": AT, "customer_id": "c1", "kind": "call", "who": "Sato", "text": "asks for a tripod", "outcome": None}
    score = {"at": "2026-05-01T00:00:00+00:00", "customer_id": "c1", "kind": "score", "score": 9, "text": None}
    told = {**NOBODY, "interactions": [call], "feedback": [score]}
    assert [words for _, _, words in what_happened(told, "en")] == ["call (Sato): asks for a tripod", "score: 9"]
    assert "2026-06-01" in page(interactions=[call])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_facts_has_words_for_people(language: str) -> None:
    for phrases, names in (
        (words.PURPOSES, PURPOSES), (words.CHANNELS, CHANNELS), (TALKS, INTERACTION_KINDS), (PHRASES, FEEDBACK_KINDS),
        (words.STATES, get_args(MessageState)),
    ):  # fmt: skip
        assert all(phrases.text(name, language) for name in names)
