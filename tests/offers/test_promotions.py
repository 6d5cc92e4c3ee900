"""Promotions on baskets: to the yen, in their order, never below the floor."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import BadValue, MixedCurrencies
from tsuide.facts.promotions import BENEFIT_KINDS, Benefit, Budget, Promotion, Targets
from tsuide.offers.promotions import Basket, Line, apply_promotions, checked

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def promotion(name: str, kind: Any, value: int = 0, **more: Any) -> Promotion:
    inside = {key: more.pop(key) for key in ("items", "unit", "point_value") if key in more}
    return Promotion(name, {"ja": "割引", "en": "Offer"}, Benefit(kind, value, **inside), "JPY", **more)


CAMERA = Line("camera", 1, 40_000, floor=26_000, category=("camera", "compact"), kind="cross_sell")
CARD = Line("card", 2, 3_000, floor=2_400, category=("camera", "cards"))
SHELF = {"strap": (900, 300), "tripod": (12_000, 6_000), "card": (3_000, 1_200)}
BASKET = Basket((CAMERA, CARD), "JPY", shipping=500, placement="cart", shelf=SHELF)


def test_a_percentage_is_rounded_for_the_customer() -> None:
    priced = apply_promotions([promotion("p", "percent", 333)], Basket((Line("a", 1, 999),), "JPY"), NOW)
    assert priced.amounts == (965,)  # 999 × .9667 = 965.7
    assert priced.given[0].cost == 34


def test_an_amount_is_shared_by_the_room_above_the_floors() -> None:
    priced = apply_promotions([promotion("p", "amount", 1_760)], BASKET, NOW)
    assert priced.amounts == (38_600, 5_640)  # room 14,000 : 3,600
    assert priced.total == 46_000 - 1_760 + 500


def test_a_set_at_its_price_is_made_as_often_as_it_fits() -> None:
    basket = Basket((Line("a", 3, 1_000), Line("b", 2, 500)), "JPY")
    priced = apply_promotions([promotion("p", "set_price", 1_200, items=("a", "b"))], basket, NOW)
    assert priced.amounts == (2_600, 800)  # twice 300 off, 2 : 1, and one a outside
    assert priced.total == 2 * 1_200 + 1_000


def test_a_set_that_saves_nothing_is_not_given() -> None:
    basket = Basket((Line("a", 1, 1_000),), "JPY")
    priced = apply_promotions([promotion("p", "set_price", 1_000, items=("a",))], basket, NOW)
    assert priced.unused == {"p": "nothing_to_give"}


def test_a_line_at_its_floor_stays_and_the_others_get_their_percentage() -> None:
    priced = apply_promotions([promotion("p", "percent", 3_600)], BASKET, NOW)
    assert priced.amounts == (40_000, 3_840)  # 25,600 would be below 26,000


def test_an_amount_that_does_not_fit_whole_is_not_given_at_all() -> None:
    priced = apply_promotions([promotion("p", "amount", 17_601)], BASKET, NOW)
    assert (priced.total, priced.unused) == (46_500, {"p": "below_floor"})


def test_free_shipping_and_points() -> None:
    both = [promotion("s", "free_shipping"), promotion("m", "points", 100, unit="miles", point_value=2)]
    priced = apply_promotions(both, BASKET, NOW)
    assert (priced.shipping, priced.total) == (0, 46_000)
    assert [(each.points, each.unit, each.cost) for each in priced.given] == [(0, "", 500), (460, "miles", 920)]


def test_a_premium_stays_within_a_fifth_and_more_of_the_same_is_no_premium() -> None:
    small = Basket((Line("card", 1, 3_000),), "JPY", shelf=SHELF)
    tripod = apply_promotions([promotion("p", "free_item", items=("tripod",))], small, NOW)
    assert tripod.unused == {"p": "premium_limit"}
    strap = apply_promotions([promotion("p", "free_item", items=("strap",))], small, NOW)
    assert strap.unused == {"p": "premium_limit"}  # 900 of 3,000
    again = apply_promotions([promotion("p", "free_item", items=("card",))], small, NOW)
    assert [(each.items, each.saving, each.cost) for each in again.given] == [(("card",), 3_000, 1_200)]
    assert apply_promotions([promotion("p", "free_item", items=("strap",))], BASKET, NOW).saving == 900


def test_the_order_is_sets_then_percentages_then_amounts() -> None:
    basket = Basket((Line("a", 1, 1_000),), "JPY")
    all_three = [
        promotion("1", "amount", 100),
        promotion("2", "percent", 1_000),
        promotion("3", "set_price", 900, items=("a",)),
    ]
    priced = apply_promotions(all_three, basket, NOW)
    assert [(each.promotion_id, each.saving) for each in priced.given] == [("3", 100), ("2", 90), ("1", 100)]
    assert priced.amounts == (710,)


def test_of_a_group_only_the_best() -> None:
    group = [promotion(n, "amount", v, stacking="group", group="g") for n, v in (("a", 100), ("b", 300), ("c", 200))]
    priced = apply_promotions(group, BASKET, NOW)
    assert [each.promotion_id for each in priced.given] == ["b"]
    assert priced.unused == {"a": "other_is_better", "c": "other_is_better"}


def test_an_exclusive_one_only_where_it_saves_more_than_the_others_together() -> None:
    others = [promotion("a", "amount", 100), promotion("b", "amount", 200)]
    small = promotion("x", "amount", 300, stacking="exclusive")
    large = promotion("x", "amount", 301, stacking="exclusive")
    assert [each.promotion_id for each in apply_promotions([*others, small], BASKET, NOW).given] == ["a", "b"]
    assert [each.promotion_id for each in apply_promotions([*others, large], BASKET, NOW).given] == ["x"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"starts_at": NOW + timedelta(seconds=1)}, "not_now"),
        ({"ends_at": NOW}, "not_now"),
        ({"paused": True}, "not_now"),
        ({"targets": Targets(products=("pen",))}, "not_targeted"),
        ({"targets": Targets(categories=("tea",))}, "not_targeted"),
        ({"targets": Targets(kinds=("up_sell",))}, "not_targeted"),
        ({"targets": Targets(placements=("email",))}, "not_targeted"),
        ({"targets": Targets(segments=("vip",))}, "not_targeted"),
        ({"targets": Targets(categories=("cards",), least=6_001)}, "below_least"),
        ({"targets": Targets(products=("card",), categories=("camera",), least=6_000)}, None),
        ({"targets": Targets(kinds=("cross_sell",), placements=("cart",))}, None),
        ({"starts_at": NOW, "ends_at": NOW + timedelta(seconds=1)}, None),
    ],
)
def test_schedule_and_targets(more: dict[str, Any], why: str | None) -> None:
    priced = apply_promotions([promotion("p", "amount", 10, **more)], BASKET, NOW)
    assert priced.unused == ({} if why is None else {"p": why})
    assert len(priced.given) == (why is None)


def test_bad_input_is_refused_by_name() -> None:
    with pytest.raises(MixedCurrencies, match="USD and JPY"):
        apply_promotions([Promotion("p", {}, Benefit("amount", 1), "USD")], BASKET, NOW)
    with pytest.raises(BadValue, match="two promotions"):
        apply_promotions([promotion("p", "amount", 1), promotion("p", "percent", 1)], BASKET, NOW)
    for line in (Line("a", 0, 1), Line("a", 1, -1), Line("a", 1, 10, floor=11), Line("a", 1, 10, floor=-1)):
        with pytest.raises(BadValue, match="floor"):
            apply_promotions([], Basket((line,), "JPY"), NOW)


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        (promotion("p", "percent", 10_001), "value"),
        (promotion("p", "amount", -1), "value"),
        (promotion("p", "free_item"), "items"),
        (promotion("p", "amount", 1, stacking="group"), "group"),
        (promotion("p", "amount", 1, budget=Budget(amount=-1)), "budget"),
        (promotion("p", "amount", 1, targets=Targets(least=-1)), "least"),
        (promotion("p", "amount", 1, starts_at=NOW, ends_at=NOW), "ends_at"),
        (promotion("p", "amount", 1, targets=Targets(placements=("rep", "email")), rep_only=True), "placements"),
        (Promotion("p", {"ja": "割引"}, Benefit("amount", 1), "JPY"), "names"),
    ],
)
def test_what_a_person_set_wrongly_is_named(wrong: Promotion, key: str) -> None:
    with pytest.raises(BadValue, match=key):
        checked(wrong)


lines = st.builds(
    lambda product, quantity, price, share: Line(product, quantity, price, floor=price * quantity * share // 100),
    st.sampled_from("abcd"),
    st.integers(1, 5),
    st.integers(0, 5_000),
    st.integers(0, 100),
)
promotions = st.lists(
    st.builds(
        lambda n, kind, value, items, stacking, priority, targets: promotion(
            f"p{n}",
            kind,
            value,
            items=tuple(items),
            stacking=stacking,
            group="g",
            priority=priority,
            targets=Targets(products=tuple(targets)),
        ),
        st.integers(0, 99),
        st.sampled_from(BENEFIT_KINDS),
        st.integers(0, 10_000),
        st.lists(st.sampled_from("abcd"), min_size=1, max_size=3),
        st.sampled_from(["stackable", "group", "exclusive"]),
        st.integers(0, 2),
        st.lists(st.sampled_from("abcd"), max_size=2, unique=True),
    ),
    max_size=6,
    unique_by=lambda each: each.id,
)


@given(promotions, st.lists(lines, min_size=1, max_size=5), st.integers(0, 800), st.randoms())
def test_no_unit_is_gained_or_lost(given_: list[Promotion], rows: list[Line], shipping: int, random: Any) -> None:
    shelf = dict.fromkeys("abcd", (500, 200))
    basket = Basket(tuple(rows), "JPY", shipping=shipping, shelf=shelf)
    priced = apply_promotions(given_, basket, NOW)
    assert all(a + d == line.listed for a, d, line in zip(priced.amounts, priced.discounts, rows, strict=True))
    assert all(a >= line.floor for a, line in zip(priced.amounts, rows, strict=True))
    assert all(cut >= 0 for each in priced.given for cut in each.cuts)
    assert priced.shipping + sum(each.shipping for each in priced.given) == shipping
    before = sum(line.listed for line in rows) + shipping
    assert before - priced.total == sum(sum(each.cuts) + each.shipping for each in priced.given)
    assert {each.promotion_id for each in priced.given}.isdisjoint(priced.unused or {})
    assert {each.promotion_id for each in priced.given} | set(priced.unused or {}) == {each.id for each in given_}
    shuffled = list(given_)
    random.shuffle(shuffled)
    assert apply_promotions(shuffled, basket, NOW) == priced
