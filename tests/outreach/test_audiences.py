"""Audience files: the very hashes that platforms expect, nobody twice, nothing in the clear."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import BadValue
from tsuide.outreach.audiences import AUDIENCE_FORMATS, Reach, audience_file, checked_country, e164, hashed, same_email

# by `printf '%s' taro@example.jp | sha256sum`; the first is an ad platform's own published example
JANE = "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69"
TARO = "430116ef8e3354019be1e95115092c048e55f573160d0f4dc6b978b2ebe217a6"
WITH_PLUS = "3d06a39d40790f11761295e053029378ae28c4b4f6f301693005e079f3d4ca64"  # +819012345678
WITHOUT_PLUS = "0ad07193350775c6d4377f8b039d32877e66c69a454ed886b05279771c0fca0b"  # 819012345678


def test_each_format_hashes_as_its_platform_does() -> None:
    taro = Reach(" Taro@Example.JP\n", e164("090-1234-5678", "JP"))
    assert hashed(taro, "google") == (TARO, WITH_PLUS)
    assert hashed(taro, "meta") == (TARO, WITHOUT_PLUS)
    assert hashed(taro, "criteo") == (TARO,)
    assert hashed(Reach("JaneDoe@gmail.com"), "criteo") == (JANE,)


def test_files_have_the_headers_that_platforms_know_and_nobody_twice() -> None:
    people = [Reach("taro@example.jp"), Reach("TARO@example.jp"), Reach("janedoe@gmail.com"), Reach("no address")]
    assert audience_file(people, "google") == (f"Email,Phone\n{TARO},\n{JANE},\n", 2)
    assert audience_file(people, "meta") == (f"email,phone\n{TARO},\n{JANE},\n", 2)
    assert audience_file(people, "criteo") == (f"email\n{TARO}\n{JANE}\n", 2)
    assert audience_file([Reach(None, "+819012345678")], "criteo") == ("email\n", 0)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("090-1234-5678", "+819012345678"),
        ("０９０−１２３４−５６７８", "+819012345678"),
        ("+81 (0)90 1234 5678", "+819012345678"),
        ("(03) 1234-5678", "+81312345678"),
        ("+1 657-777-0000", "+16577770000"),
        ("010 44 20 8366 1177", "+442083661177"),  # as one dials it from Japan
        ("なし", None),
        ("", None),
        (None, None),
    ],
)
def test_numbers_become_e164_however_they_were_typed(typed: str | None, found: str | None) -> None:
    assert e164(typed, "JP") == found


@pytest.mark.parametrize(
    "typed", ["", " ", "taro", "taro@", "@example.jp", "a b@example.jp", "a@b", "a@b..jp", "a@@b.jp"]
)
def test_what_is_no_address_is_left_out(typed: str) -> None:
    assert same_email(typed) is None


def test_a_country_that_there_is_not_is_refused() -> None:
    with pytest.raises(BadValue, match="not a country"):
        checked_country("Japan")


@given(st.lists(st.builds(Reach, st.none() | st.emails(), st.none() | st.just("+819012345678")), max_size=8))
def test_no_address_stands_in_a_file(people: list[Reach]) -> None:
    for form in AUDIENCE_FORMATS:
        text, rows = audience_file(people, form)
        assert "@" not in text
        assert "+" not in text
        assert text.count("\n") == rows + 1
        assert rows <= len(people)
