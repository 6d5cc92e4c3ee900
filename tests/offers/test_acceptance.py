"""Tokens that cannot be forged, and confirmations that hide nothing."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import BadValue, Refused
from tsuide.offers.acceptance import (
    Claims,
    Confirmation,
    Item,
    Key,
    SaleTerms,
    claims_of,
    confirmation,
    from_json,
    sign,
    to_json,
    verify,
)
from tsuide.offers.confirming import shown

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
KEY, OLD, OTHER = (Key(name, name.encode() * 32) for name in ("n", "o", "x"))
WORDS = {"ja": "…", "en": "…"}
TERMS = SaleTerms(WORDS, WORDS, WORDS)


def made(*items: Item, **more: Any) -> Confirmation:
    values: dict[str, Any] = {"offer_id": "dec.0", "decision_id": "dec", "customer_id": "c1", "currency": "JPY"}
    values |= {"items": items or (Item("p", "鉛筆 Pencil", 2, 110, 1_000),), "terms": TERMS, "expires_at": LATER}
    return confirmation(**{**values, **more})


def claims() -> Claims:
    return claims_of(made(), "acc_1")


def test_a_token_says_what_was_confirmed() -> None:
    found = verify(sign(claims(), KEY), [KEY], NOW)
    assert (found.acceptance_id, found.offer_id, found.customer_id) == ("acc_1", "dec.0", "c1")
    assert (found.total, found.taxes, found.currency) == (220, {1_000: 20}, "JPY")


def test_during_a_rotation_the_old_key_is_still_good_and_then_no_more() -> None:
    token = sign(claims(), OLD)
    assert verify(token, [KEY, OLD], NOW) == claims()
    with pytest.raises(Refused, match="not valid"):
        verify(token, [KEY], NOW)
    with pytest.raises(BadValue, match="two during a rotation"):
        verify(token, [KEY, OLD, OTHER], NOW)
    with pytest.raises(BadValue, match="32 bytes"):
        Key("short", b"x" * 31)


def test_a_token_ends_at_its_moment() -> None:
    token = sign(claims(), KEY)
    assert verify(token, [KEY], LATER - timedelta(microseconds=1)) == claims()
    with pytest.raises(Refused, match="expired"):
        verify(token, [KEY], LATER)


def test_a_changed_price_under_the_old_signature_is_refused() -> None:
    payload, signature = sign(claims(), KEY).split(".")
    value = json.loads(base64.urlsafe_b64decode(payload + "=="))
    value["total"] = 1
    forged = base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
    with pytest.raises(Refused, match="not valid"):
        verify(f"{forged}.{signature}", [KEY], NOW)


@given(st.integers(0, 10_000), st.characters(codec="utf-8"))
def test_no_changed_character_is_let_through(place: int, other: str) -> None:
    token = sign(claims(), KEY)
    at = place % len(token)
    changed = token[:at] + other + token[at + 1 :]
    if changed != token:
        with pytest.raises(Refused):
            verify(changed, [KEY], NOW)


@given(st.text(max_size=200))
def test_nonsense_is_refused_and_breaks_nothing(text: str) -> None:
    with pytest.raises(Refused):
        verify(text, [KEY], NOW)


def test_tax_is_rounded_once_per_rate_over_the_whole() -> None:
    three = made(*(Item(f"p{n}", "P", 1, 105, 1_000) for n in range(3)))
    assert (three.taxes, three.total) == ({1_000: 28}, 315)  # 315 × 10 / 110 = 28.6; three times 9 were 27
    mixed = made(Item("tea", "T", 1, 540, 800), Item("cup", "C", 1, 1_000, 1_000, tax_included=False, discount=100))
    assert (mixed.subtotal, mixed.taxes, mixed.total) == (1_440, {800: 40, 1_000: 90}, 1_530)
    posted = made(terms=replace(TERMS, shipping=550))
    assert (posted.taxes, posted.total) == ({1_000: 70}, 770)


def test_what_a_confirmation_lacks_is_named_per_language() -> None:
    assert made().missing("ja") == ()
    silent = made(terms=SaleTerms({"ja": "前払い"}, {}, {}), expires_at=LATER)
    assert silent.missing("ja") == ("delivery", "cancellation")
    assert silent.missing("en") == ("payment", "delivery", "cancellation")
    assert made(Item("p", "P", 1, None, 1_000)).missing("ja") == ("price",)
    subscription = {"term": "12か月", "renewal": "自動更新", "cancellation": "いつでも"}
    own = made(terms=SaleTerms(WORDS, WORDS, {}), subscription=subscription)
    assert own.missing("ja") == ()
    assert (own.term, claims_of(own, "a").term) == ("12か月", "12か月")


def test_nothing_and_less_than_nothing_cannot_be_confirmed() -> None:
    with pytest.raises(BadValue, match="nothing to confirm"):
        confirmation(
            offer_id="d.0", decision_id="d", customer_id=None, items=[], currency="JPY", terms=TERMS, expires_at=NOW
        )
    for wrong in (Item("p", "P", 0, 100, 1_000), Item("p", "P", 1, 100, 1_000, discount=101)):
        with pytest.raises(BadValue, match="p"):
            made(wrong)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_legal_item_is_shown(language: str) -> None:
    subscription = {"term": "12 months", "renewal": "automatic", "cancellation": "any time"}
    whole = made(subscription=subscription, terms=replace(TERMS, shipping=550), entered_by="rep-1")
    rows = shown(whole, language, ZoneInfo("Asia/Tokyo"))
    assert [row.key for row in rows] == [
        "item", "shipping", "total", "tax", "term", "renewal", "payment", "delivery", "cancellation", "expires",
        "entered_by",
    ]  # fmt: skip
    assert "2026-01-01 10:00 JST" in {row.text for row in rows}
    assert all(row.label and row.text for row in rows)


def test_a_confirmation_survives_its_record() -> None:
    whole = made(Item("p", "P", 3, None, 800, False, 0, "required"), draws={"promo": 30}, entered_by="rep")
    assert from_json(to_json(whole)) == whole
    assert to_json(from_json(to_json(made()))) == to_json(made())
