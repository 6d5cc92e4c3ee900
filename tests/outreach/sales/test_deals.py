"""Deals: what they come to, what may be asked for them, and what an answer does to their lines."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import BadValue, Refused
from tsuide.kit.clock import from_micros
from tsuide.kit.money import tax_of
from tsuide.outreach.sales.deals import (
    Credit,
    Deal,
    Earned,
    Line,
    Price,
    answered,
    flags,
    listed_price,
    refuse_below_floor,
    refuse_closed,
    refuse_split_case,
    refuse_unquotable,
    totals,
    with_set_price,
)

AT = from_micros(0)


def line(place: int, product: str = "tea", price: int | None = 1_000, quantity: int = 1, **more: Any) -> Line:
    return Line(place, product, product.title(), quantity, price, more.pop("currency", "JPY"), **more)


def deal(*lines: Line, **more: Any) -> Deal:
    given_ = {"customer_id": "acme", "owner": "ann", "stage": "qualified"} | more
    return Deal("d1", "Tea for the office", made_at=AT, changed_at=AT, lines=lines, **given_)


def test_tax_is_rounded_once_per_rate_not_once_per_line() -> None:
    lines = [line(n, price=105, tax_included=False) for n in (1, 2, 3)] + [line(4, price=108, tax_rate=800)]
    found = totals(lines)[0]
    assert found.by_rate == {800: (100, 8), 1_000: (315, 31)}  # three times 10 would be 30
    assert (found.subtotal, found.total) == (423, 454)


def test_two_currencies_stand_beside_each_other_and_are_never_added() -> None:
    found = totals([line(1, price=1_000), line(2, price=20_00, currency="USD"), line(3, price=None, currency="USD")])
    assert [(each.currency, each.total, each.unpriced) for each in found] == [("JPY", 1_000, 0), ("USD", 2_000, 1)]
    with pytest.raises(Refused, match="one currency"):
        refuse_unquotable([line(1), line(2, currency="USD")])


@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(1, 99), st.sampled_from([800, 1_000])), max_size=9))
def test_no_unit_is_gained_or_lost_in_totals(rows: list[tuple[int, int, int]]) -> None:
    lines = [line(n, price=price, quantity=units, tax_rate=rate) for n, (price, units, rate) in enumerate(rows, 1)]
    for found in totals(lines):
        assert found.total == sum(price * units for price, units, _ in rows)
        assert sum(net + tax for net, tax in found.by_rate.values()) == found.total
        for rate, (net, tax) in found.by_rate.items():
            assert tax_of({rate: net + tax}, included=True) == {rate: tax}


def test_what_cannot_stand_in_a_quote_is_refused_by_name() -> None:
    for lines, key in (
        ([], "lines"), ([line(7, price=None)], "line"), ([line(1), line(2, tax_included=False)], "tax_rate"),
    ):  # fmt: skip
        with pytest.raises(Refused) as caught:
            refuse_unquotable(lines)
        assert caught.value.key == key
    refuse_unquotable([line(1), line(2, tax_included=False, tax_rate=800)])


def test_a_deal_that_lacks_something_is_kept_and_says_so() -> None:
    assert flags(deal(customer_id=None, owner="")) == ("no_account", "no_owner", "no_lines")
    both = deal(line(1, price=None), line(2, currency="USD"))
    assert flags(both, known=False) == ("unknown_account", "no_price", "several_currencies")
    assert flags(deal(line(1), stage="won")) == ("not_confirmed",)
    assert flags(deal(line(1))) == ()


def test_what_is_sold_in_cases_is_not_split() -> None:
    refuse_split_case("tea", 24, 12)
    refuse_split_case("tea", 7, 1)
    for quantity, way_out in ((3, "12"), (30, "24 or 36")):
        with pytest.raises(BadValue) as caught:
            refuse_split_case("tea", quantity, 12)
        assert caught.value.way_out == way_out
    with pytest.raises(BadValue, match="quantity = 0"):
        refuse_split_case("tea", 0, 12)


def test_a_list_price_holds_for_its_currency_and_from_its_units_on() -> None:
    rows = [Price("gold", "tea", 900, "JPY", least=10), Price("gold", "tea", 8_00, "USD")]
    assert listed_price(rows, "tea", 9, "JPY") is None
    assert (listed_price(rows, "tea", 10, "JPY"), listed_price(rows, "tea", 1, "USD")) == (900, 800)


def test_a_credit_limit_is_passed_by_what_is_above_it() -> None:
    assert [Credit(100, 60, asked, "JPY").over for asked in (40, 41)] == [0, 1]


def test_the_margin_floor_names_a_price_that_then_passes() -> None:
    cheap = line(1, price=1_000, quantity=3)
    with pytest.raises(Refused) as caught:
        refuse_below_floor([Earned(cheap, cost=900)], 1_500)
    least = int(str(caught.value.way_out).split()[0])
    assert least == 3_495  # 2,700 / 0.85 = 3,177 ex tax
    refuse_below_floor([Earned(replace(cheap, quantity=1, unit_price=least), cost=2_700)], 1_500)
    refuse_below_floor([Earned(cheap, cost=None)], 1_500)  # never guessed
    with pytest.raises(Refused, match="margin floor"):
        refuse_below_floor([Earned(cheap, cost=None, rate=2_000, list_price=1_300)], 1_500)


def test_a_set_is_judged_as_a_whole() -> None:
    thin, fat = line(1, price=1_000, discount=100), line(2, "cup", price=1_000, discount=100)
    refuse_below_floor([Earned(thin, cost=800), Earned(fat, cost=300)], 1_500)
    with pytest.raises(Refused):
        refuse_below_floor([Earned(thin, cost=800)], 1_500)


def test_a_sets_price_ends_with_the_set() -> None:
    made = replace(deal(line(1), line(2, "cup", price=500)), lines=())
    made = replace(made, lines=with_set_price(deal(line(1), line(2, "cup", price=500)), [1, 2], 1_200))
    assert [each.discount for each in made.lines] == [200, 100]
    left = answered(made, 2, "declined", "too_dear")
    assert [(each.state, each.discount, each.reason) for each in left] == [
        ("accepted", 0, None), ("declined", 0, "too_dear"),
    ]  # fmt: skip
    for places, price in (([1], 100), ([1, 2], 1_501), ([1, 2], -1)):
        with pytest.raises(BadValue):
            with_set_price(made, places, price)


def test_lines_of_one_offer_are_answered_together() -> None:
    both = [line(n, f"p{n}", role="attached", state="proposed", offer_id="dec.0") for n in (2, 3)]
    after = answered(deal(line(1), *both), 3, "accepted")
    assert [each.state for each in after] == ["accepted"] * 3


def test_what_is_taken_instead_puts_the_other_aside_and_brings_it_back_when_it_is_not_taken_after_all() -> None:
    better = line(2, "fine", role="attached", state="proposed", offer_id="dec.0", kind="up_sell", with_id="tea")
    made = deal(line(1), better)
    taken = replace(made, lines=answered(made, 2, "accepted"))
    assert [(each.state, each.reason) for each in taken.lines] == [("declined", "replaced"), ("accepted", None)]
    back = answered(taken, 2, "declined", "too_dear")
    assert [each.state for each in back] == ["accepted", "declined"]
    assert [each.place for each in taken.wanted] == [2]


def test_a_closed_deal_is_not_changed() -> None:
    refuse_closed(deal())
    with pytest.raises(Refused, match=r"this deal is won.*Way out: begin another"):
        refuse_closed(deal(stage="won"))
    with pytest.raises(Refused, match=r"this deal is lost.*tsuide deal reopen d1"):
        refuse_closed(deal(stage="lost"))
