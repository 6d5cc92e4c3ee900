"""Promotions that a rep gives: what they make of a deal's lines, and that the margin floor holds whatever is given."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import NotFound, Refused
from tsuide.facts.catalogue import Product
from tsuide.facts.promotions import Benefit, Promotion, Targets
from tsuide.kit.money import RATE_UNIT
from tsuide.outreach.sales.benefits import kept, with_promotion, without
from tsuide.outreach.sales.deals import Deal, Earned, Line

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PRODUCTS = {
    "tea": Product("tea", "Tea", "JPY", price=1_000, cost=600, category=("drinks",), tax_included=False),
    "cup": Product("cup", "Cup", "JPY", price=500, cost=300, category=("table",), tax_included=False),
    "pot": Product("pot", "Pot", "JPY", price=4_000, cost=2_000, category=("table",), tax_included=False),
    "free": Product("free", "Filter", "JPY", price=150, cost=50, tax_included=False),
}
LINES = (
    Line(1, "tea", "Tea", 10, 1_000, "JPY", tax_included=False),
    Line(2, "cup", "Cup", 4, 500, "JPY", role="attached", tax_included=False, with_id="tea"),
    Line(3, "pot", "Pot", 1, 4_000, "JPY", role="attached", state="proposed", tax_included=False, with_id="tea"),
)


def deal(*lines: Line) -> Deal:
    return Deal("d", "Tea", "acme", "ann", "lead", NOW, NOW, lines=lines or LINES)


def promotion(kind: Any, value: int = 0, *, items: tuple[str, ...] = (), **more: Any) -> Promotion:
    return Promotion("p", {"ja": "特典", "en": "Gift"}, Benefit(kind, value, items), "JPY", rep_only=True, **more)


def earn(line: Line) -> Earned:
    return Earned(line, PRODUCTS[line.product_id].cost)


def made(of: Deal, what: Promotion, *places: int, floor: int = 1_500) -> tuple[Line, ...]:
    return with_promotion(of, what, PRODUCTS, earn, floor, NOW, places=places)


def off(lines: tuple[Line, ...]) -> list[tuple[str, int, str]]:
    return [(each.product_id, each.discount, each.price_from) for each in lines if each.promotion_id == "p"]


def test_a_percentage_goes_to_every_wanted_line_and_to_those_only_that_are_named() -> None:
    tenth = promotion("percent", 1_000)
    assert off(made(deal(), tenth)) == [("tea", 1_000, "catalogue"), ("cup", 200, "catalogue")]
    assert off(made(deal(), tenth, 3)) == [("pot", 400, "catalogue")]
    assert off(made(deal(*made(deal(), tenth)), tenth, 2)) == [("cup", 200, "catalogue")]  # given anew, not twice


def test_what_would_break_the_margin_floor_is_refused_by_name() -> None:
    with pytest.raises(Refused, match=r"line 1 would earn less than the margin floor of 15%: promotion = 'p'"):
        made(deal(), promotion("percent", 3_000))
    with pytest.raises(Refused, match=r"the lines it is for would earn less .* promotion = 'p'"):
        made(deal(), promotion("amount", 4_000))
    assert off(made(deal(), promotion("amount", 2_400))) == [("tea", 2_000, "catalogue"), ("cup", 400, "catalogue")]


def test_what_comes_free_is_a_line_that_costs_nothing_and_its_cost_counts_for_the_floor() -> None:
    gift = promotion("free_item", items=("free",), targets=Targets(products=("tea",)))
    assert off(made(deal(), gift)) == [("tea", 0, "catalogue"), ("free", 150, "gift")]
    last = made(deal(), gift)[-1]
    assert (last.place, last.amount, last.role, last.with_id) == (4, 0, "attached", "tea")
    with pytest.raises(Refused, match="margin floor"):
        made(deal(replace(LINES[0], quantity=1)), gift, floor=3_600)  # 40 % without, 35 % with the filter
    with pytest.raises(Refused, match="law"):
        made(deal(replace(LINES[0], quantity=1)), promotion("free_item", items=("pot",)))


def test_a_line_whose_price_somebody_made_takes_no_promotion() -> None:
    tenth = promotion("percent", 1_000)
    for line, why in (
        (replace(LINES[0], discount=50, offer_id="o"), "an offer's"),
        (replace(LINES[0], discount=50, price_from="set"), "a set's"),
        (replace(LINES[0], promotion_id="other"), "the promotion other"),
        (replace(LINES[0], unit_price=None), "no price"),
        (replace(LINES[0], currency="USD"), "USD"),
        (replace(LINES[0], state="declined"), "declined"),
    ):
        with pytest.raises(Refused, match=why):
            made(deal(line), tenth, 1)
    with pytest.raises(NotFound):
        made(deal(), tenth, 9)


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (promotion("percent", 1_000, ends_at=NOW), "does not run now"),
        (promotion("percent", 1_000, targets=Targets(categories=("shoes",))), "other products"),
        (promotion("percent", 1_000, targets=Targets(segments=("vip",))), "other products, places or customers"),
        (promotion("percent", 1_000, targets=Targets(least=99_999)), "less than it asks for"),
        (promotion("points", 1_000), "neither points nor shipping"),
        (promotion("free_item", items=("gone",)), "gives nothing"),
    ],
)
def test_what_stands_against_a_promotion_is_said(what: Promotion, why: str) -> None:
    with pytest.raises(Refused, match=why):
        made(deal(), what)
    with pytest.raises(Refused, match="line 2 is not what it is for"):
        made(deal(), promotion("percent", 1_000, targets=Targets(products=("tea",))), 1, 2)


def test_where_its_lines_change_a_promotion_is_worked_out_anew_or_ends() -> None:
    fifth = promotion("amount", 2_000, targets=Targets(least=8_000))
    before = deal(*made(deal(), fifth))
    give = lambda each, _name, places: made(each, fifth, *places)  # noqa: E731 - as the application gives it
    more = replace(before, lines=(replace(before.lines[0], quantity=20), *before.lines[1:]))
    after, over = kept(before, more, give)
    assert (sum(line.discount for line in after.lines), over) == (2_000, ())
    assert after.lines[1].discount < before.lines[1].discount
    less = replace(before, lines=(replace(before.lines[0], quantity=1), *before.lines[1:]))
    after, over = kept(before, less, give)
    assert ([line.discount for line in after.lines], over) == ([0, 0, 0], ("p",))
    assert kept(before, before, give) == (before, ())
    assert without(before.lines, "p") == LINES


@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(1, 5_000), st.integers(0, 5_000)), min_size=1, max_size=4),
    st.sampled_from(["percent", "amount"]),
    st.integers(1, 9_000),
    st.integers(0, 9_000),
)
def test_no_promotion_brings_a_deal_below_the_floor(
    rows: list[tuple[int, int, int]], kind: Any, value: int, floor: int
) -> None:
    lines = tuple(
        Line(at, "tea", "Tea", units, price, "JPY", tax_included=False) for at, (units, price, _) in enumerate(rows, 1)
    )
    cost = {at: each[2] for at, each in enumerate(rows, 1)}

    def earned(line: Line) -> Earned:
        return Earned(line, cost[line.place])

    try:
        after = with_promotion(deal(*lines), promotion(kind, value), PRODUCTS, earned, floor, NOW)
    except Refused:
        return
    given_on = [earned(line) for line in after if line.promotion_id]
    net, spent = sum(each.net for each in given_on), sum(each.spent or 0 for each in given_on)
    assert (net - spent) * RATE_UNIT >= net * floor
    assert all((line.amount or 0) >= 0 for line in after)
