"""Who is found to be there twice, and who is not."""

from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import combinations
from re import findall

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsuide.kit.names import company_key, person_key
from tsuide.outreach.sales.duplicates import Known, Pair, duplicates, own_domain, phone_key


def company(name: str, who: str, parent: str | None = None, email: str | None = None) -> Known:
    return Known(who, "company", parent, name, email)


def reasons(*known: Known) -> list[tuple[str, ...]]:
    return [pair.reasons for pair in duplicates(known)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("GTXPro", "GTX Pro"),
        ("青葉商事株式会社", "(株)青葉商事"),
        ("㈱青葉商事", "青葉商事（株）"),
        ("ＧＴＸ Ｐｒｏ", "gtx-pro, Inc."),
        ("ｱｵﾊﾞ有限会社", "アオバ"),
        ("あおば", "アオバ"),
        ("Chiyo Co., Ltd.", "CHIYO LIMITED"),
    ],
)
def test_variants_of_a_companys_name_are_one(one: str, other: str) -> None:
    assert reasons(company(one, "a"), company(other, "b")) == [("name",)]


@pytest.mark.parametrize(("one", "other"), [("Aoba", "Aoki"), ("青葉商事", "青葉物産"), ("Company", "Inc")])
def test_other_companies_are_not(one: str, other: str) -> None:
    assert reasons(company(one, "a"), company(other, "b")) == []


def test_a_similar_name_needs_the_companys_own_domain_beside_it() -> None:
    names = ("Botan Machinery", "Botan Machinary")
    assert reasons(company(names[0], "a"), company(names[1], "b")) == []
    own = [company(name, who, None, f"{who}@botan.example") for name, who in zip(names, "ab", strict=True)]
    assert reasons(*own) == [("domain", "similar_name")]
    anybodys = [company(name, who, None, f"{who}@gmail.com") for name, who in zip(names, "ab", strict=True)]
    assert reasons(*anybodys) == []


def test_numbered_plants_of_one_company_are_several() -> None:
    plants = [company(f"青葉製作所 神奈川第{n}工場", f"p{n}", None, f"p{n}@aoba.example") for n in (1, 2)]
    assert reasons(*plants) == []


def test_people_of_one_name_must_share_more_than_it() -> None:
    assert reasons(Known("a", name="佐藤 健"), Known("b", name="佐藤　健")) == []
    assert reasons(Known("a", name="佐藤 健", parent_id="k"), Known("b", name="佐藤健様", parent_id="k")) == [("name",)]
    phones = Known("a", name="佐藤 健", phone="03-1234-5678"), Known("b", name="佐藤 健", phone="+81 3 1234 5678")
    assert reasons(*phones) == [("name", "phone")]


def test_the_same_address_is_enough_and_two_accounts_are_said() -> None:
    one, other = (Known(who, name="Ann", email="ann@x.example", parent_id=f"k-{who}") for who in "ab")
    assert duplicates([one, other]) == [Pair("a", "b", ("mail", "name"), 9, apart=True)]


def test_colleagues_branches_and_kinds_are_kept_apart() -> None:
    colleagues = [Known(who, name=who, email=f"{who}@x.example", phone="0312345678") for who in ("Ann", "Ben")]
    assert reasons(*colleagues) == []
    assert reasons(company("大阪支店", "a", "k-1"), company("大阪支店", "b", "k-2")) == []
    assert reasons(company("Aoba", "a"), company("Aoba", "b", parent="a")) == []
    assert reasons(company("Aoba", "a"), Known("b", name="Aoba")) == []


def test_a_key_that_many_share_says_nothing_of_each() -> None:
    assert duplicates(Known(f"c{n}", name=f"Name {n}", email="info@portal.example") for n in range(60)) == []


# --- the quick way finds what comparing everybody with everybody finds --------------------------------------


def keys(each: Known) -> dict[str, str]:
    folded = (company_key if each.kind == "company" else person_key)(each.name) if each.name else ""
    return {"name": folded, "mail": each.email or "", "phone": phone_key(each.phone), "domain": own_domain(each.email)}


def pairwise(known: list[Known]) -> Iterator[tuple[str, str]]:
    """Everybody against everybody, by the rules as they are told."""
    often = Counter((each.kind, what, key) for each in known for what, key in keys(each).items() if key)
    for one, other in combinations(sorted(known, key=lambda each: each.id), 2):
        ours, theirs = keys(one), keys(other)
        shared = {what for what, key in ours.items() if key and key == theirs[what]}
        met = any(often[one.kind, what, ours[what]] <= 50 for what in shared)
        if one.kind != other.kind or not met or one.id == other.parent_id or other.id == one.parent_id:
            continue
        a, b = ours["name"], theirs["name"]
        alike = (
            bool(a and b) and findall(r"\d+", a) == findall(r"\d+", b) and SequenceMatcher(None, a, b).ratio() >= 0.85
        )
        found = (shared - {"domain"} if "mail" in shared else shared) | (
            {"similar"} if alike and "name" not in shared else set()
        )
        weights = {"mail": 5, "name": 4, "phone": 3, "similar": 2, "domain": 2}
        same_account = one.parent_id is not None and one.parent_id == other.parent_id
        apart = bool(one.parent_id and other.parent_id) and one.parent_id != other.parent_id
        if sum(weights[each] for each in found) < 4 or not {"name", "similar", "mail"} & found:
            continue
        if found == {"name"} and one.kind == "person" and not same_account:
            continue
        if one.kind == "company" and apart and not {"mail", "phone", "domain"} & found:
            continue
        yield one.id, other.id


NAMES = st.sampled_from([
    "青葉商事株式会社", "(株)青葉商事", "青葉商事", "青葉商会", "Botan Machinery", "Botan Machinary", "佐藤 健",
    "佐藤健様", "佐藤 建", "第1工場", "第2工場", "", None,
])  # fmt: skip
PEOPLE = st.lists(
    st.builds(
        Known,
        id=st.just(""),
        kind=st.sampled_from(["person", "company"]),
        parent_id=st.sampled_from([None, "k1", "k2", "id3"]),
        name=NAMES,
        email=st.sampled_from([None, "a@x.example", "b@x.example", "a@gmail.com", "c@y.example"]),
        phone=st.sampled_from([None, "03-1234-5678", "+81 3 1234 5678", "06-1111-2222", "ext. 4"]),
    ),
    max_size=40,
)


@settings(max_examples=200)
@given(PEOPLE, st.integers(0, 60))
def test_who_is_found_is_whom_comparing_everybody_finds(people: list[Known], more: int) -> None:
    crowd = [Known("", "company", None, "青葉商事", f"{n}@x.example", "03-1234-5678") for n in range(more)]
    known = [
        Known(f"id{n}", each.kind, each.parent_id, each.name, each.email, each.phone)
        for n, each in enumerate([*people, *crowd])
    ]
    assert sorted((pair.first, pair.second) for pair in duplicates(known)) == sorted(pairwise(known))
