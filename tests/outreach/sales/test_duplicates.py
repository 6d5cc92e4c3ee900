"""Who is found to be there twice, and who is not."""

import pytest

from tsuide.outreach.sales.duplicates import Known, Pair, duplicates


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
