"""The gate: each reason by hand, and what holds for every message and moment."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.kit.clock import from_micros, to_micros
from tsuide.kit.phrases import LANGUAGES
from tsuide.offers.customer import Grant
from tsuide.offers.policy.load import load_policy, ready_text
from tsuide.outreach.gate import (
    ALLOWED,
    CODES,
    OptIn,
    Standing,
    contact_of,
    crowded,
    free_at,
    judge,
    left,
    limits_of,
    quiet_until,
)
from tsuide.outreach.message import Message
from tsuide.outreach.phrases import GATE

NOON = datetime(2026, 6, 1, 3, tzinfo=UTC)  # 12:00 in Tokyo
SENDER = "\nsender: {name: Shop, address: Tokyo, opt_out: by the link}\n"
POLICY = load_policy(ready_text("standard") + SENDER)
ASKED = Message("k", "c", "offer")
WELCOME = Standing(
    address="c@example.com",
    consents=(Grant("marketing", "email"),),
    opt_in=OptIn(NOON - timedelta(days=99), "form"),
)
MAIL = contact_of(to_micros(NOON - timedelta(days=2)), "shown", "email")


def said(standing: Standing = WELCOME, message: Message = ASKED, now: datetime = NOON) -> tuple[str, str]:
    found = judge(message, standing, POLICY, now, now)
    return found.say, found.code


def test_who_said_yes_and_was_not_written_to_is_written_to() -> None:
    assert judge(ASKED, WELCOME, POLICY, NOON, NOON) is ALLOWED


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"known": False}, "no_customer"),
        ({"address": None}, "no_address"),
        ({"blocked": "bounce"}, "undeliverable"),
        ({"blocked": "complaint"}, "complained"),
        ({"consents": ()}, "consent"),
        ({"consents": (Grant("marketing", "line"),)}, "consent"),
        ({"opt_in": None}, "opt_in_record"),
        ({"open_complaint": True}, "open_complaint"),
        ({"last_score": 6}, "bad_score"),
    ],
)
def test_each_reason_keeps_advertising_back_for_good(changed: dict[str, object], code: str) -> None:
    assert said(replace(WELCOME, **changed)) == ("never", code)  # type: ignore[arg-type]  # fields by name


def test_without_a_sender_in_the_policy_no_advertising_goes_out() -> None:
    nameless = load_policy(ready_text("standard"))
    assert judge(ASKED, WELCOME, nameless, NOON, NOON).code == "sender_named"


def test_what_must_arrive_passes_everything_but_an_address_that_does_not_exist() -> None:
    must = replace(ASKED, purpose="transactional")
    night = NOON + timedelta(hours=12)
    held = Standing(address="c@example.com", open_complaint=True, contacts=(MAIL,) * 9, blocked="complaint")
    assert said(held, must, night) == ("send", "allowed")
    assert said(replace(held, blocked="bounce"), must) == ("never", "undeliverable")


def test_a_limit_is_waited_for_as_long_as_the_message_has_patience() -> None:
    met = replace(WELCOME, contacts=(MAIL,))
    assert said(met) == ("never", "contact_limit")  # free in five days, patience is three
    patient = replace(ASKED, not_after=NOON + timedelta(days=6))
    found = judge(patient, met, POLICY, NOON, NOON)
    assert (found.say, found.code, found.until) == ("later", "contact_limit", NOON + timedelta(days=5))


def test_a_page_that_showed_something_is_no_mail_and_one_mail_with_three_offers_is_one() -> None:
    pages = tuple(contact_of(MAIL.at + n, "shown", "site") for n in range(20))
    assert said(replace(WELCOME, contacts=pages)) == ("send", "allowed")
    two = load_policy(ready_text("standard").replace("{channel: email, most: 1, days: 7}",
                                                     "{channel: email, most: 2, days: 7}") + SENDER)  # fmt: skip
    assert left((MAIL, MAIL, MAIL), limits_of(two), "email", NOON) == 1


def test_quiet_hours_are_those_of_the_customers_own_clock() -> None:
    night = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)  # 21:30 in Tokyo
    found = judge(ASKED, WELCOME, POLICY, night, night)
    assert (found.code, found.until) == ("quiet_hours", datetime(2026, 6, 1, 23, tzinfo=UTC))
    assert said(replace(WELCOME, time_zone="Europe/Paris"), now=night) == ("send", "allowed")
    assert said(replace(WELCOME, time_zone="Mars/Olympus"), now=night)[1] == "quiet_hours"  # the shop's then


def test_the_customers_own_frequency_goes_beyond_the_policys() -> None:
    seldom = replace(WELCOME, every_days=30, contacts=(MAIL._replace(at=MAIL.at - 10 * 86_400_000_000),))
    patient = replace(ASKED, not_after=NOON + timedelta(days=40))
    found = judge(patient, seldom, POLICY, NOON, NOON)
    assert (found.code, found.until) == ("chosen_frequency", NOON + timedelta(days=18))


def test_what_comes_too_late_stays() -> None:
    assert judge(ASKED, WELCOME, POLICY, NOON - timedelta(days=3), NOON).code == "too_late"


def test_of_two_judged_at_once_the_second_finds_the_first() -> None:
    assert crowded(ASKED, (), None, POLICY, NOON) is None
    assert crowded(ASKED, (MAIL,), None, POLICY, NOON) == "contact_limit"
    assert crowded(replace(ASKED, purpose="transactional"), (MAIL,), None, POLICY, NOON) is None


def test_every_code_has_its_words() -> None:
    assert all(GATE.text(code, language) for code in CODES for language in LANGUAGES)


MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made UTC by hypothesis
ZONES = st.sampled_from(["Asia/Tokyo", "America/New_York", "Australia/Lord_Howe", "Europe/London", "Pacific/Apia"])


@given(MOMENTS, ZONES)
def test_quiet_hours_end_when_the_local_clock_says_so(now: datetime, name: str) -> None:
    until = quiet_until("email", name, POLICY, now)
    local = now.astimezone(ZoneInfo(name))
    assert (until is not None) == (local.hour >= 21 or local.hour < 8)
    if until is not None:
        assert now < until <= now + timedelta(hours=13)
        assert quiet_until("email", name, POLICY, until) is None


@given(st.lists(st.integers(0, 40 * 24), max_size=12), st.integers(0, 3), st.integers(1, 30))
def test_free_at_is_the_first_moment_with_room(hours: list[int], most: int, days: int) -> None:
    text = ready_text("standard").replace("{channel: email, most: 1, days: 7}",
                                          f"{{channel: any, most: {most}, days: {days}}}")  # fmt: skip
    text = text.replace("  - {channel: site, most: 60, days: 1}\n", "")
    limits = limits_of(load_policy(text, kept=True))
    contacts = [contact_of(to_micros(NOON - timedelta(hours=each)), "shown", "email") for each in sorted(hours)[::-1]]
    free = free_at(contacts, limits, "email", NOON)
    if most == 0:
        assert free == datetime.max.replace(tzinfo=UTC)
        return
    assert left(contacts, limits, "email", free) > 0
    if free > NOON:
        assert left(contacts, limits, "email", from_micros(to_micros(free) - 1)) <= 0
