"""What the shop was made with is what the report finds, and what it was not made with is not claimed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import BadValue, TooFewData
from tsuide.kit.money import Money
from tsuide.mining.baskets import Baskets
from tsuide.proof.reports.attach import attach
from tsuide.proof.reports.material import Material, from_lines
from tsuide.proof.reports.newcomer import Figures, figures
from tsuide.proof.reports.sequence import sequence
from tsuide.proof.reports.worth import Worth

NOW = datetime(2026, 4, 1, tzinfo=UTC)
Make = Callable[..., Material]


@pytest.fixture(scope="module")
def told(shop: Make) -> Figures:
    return figures(shop(200), now=NOW)


def test_two_hundred_orders_are_enough_to_say_that_cameras_take_cards(told: Figures) -> None:
    assert told.groups is not None
    names = {place: item.name for place, item in told.groups.items.items()}
    pairs = {(names[pair.first], names[pair.second]) for pair in told.groups.together.pairs}
    assert ("カメラ", "記録メディア") in pairs  # and not the other way round: the camera costs more
    assert ("記録メディア", "カメラ") not in pairs


def test_and_that_lenses_follow_cameras_after_a_month(told: Figures) -> None:
    assert told.groups is not None
    names = {place: item.name for place, item in told.groups.items.items()}
    step = next(s for s in told.groups.sequence.steps if names[s.first] == "カメラ" and names[s.then] == "レンズ")
    assert 27 < step.days[1] < 33
    assert step.low > 1
    assert step.before > 0.8 * step.both


def test_gift_cards_and_later_lenses_never_cross_sell(told: Figures) -> None:
    never = told.attachment.of_kind("never")
    assert {told.items[one.item].id for one in never} == {"gift", "lens"}  # both are always bought alone
    assert all(one.accompanied == 0 for one in never)


def test_the_ladder_of_cameras_stands_in_price_order(told: Figures) -> None:
    ladder = next(ladder for ladder in told.ladders.ladders if ladder.need == "カメラ")
    assert [told.items[rung.item].id for rung in ladder.rungs] == ["cam-s", "cam-m", "cam-l"]


def test_without_products_the_report_says_what_is_missing(shop: Make) -> None:
    told = figures(shop(100, named=False), now=NOW)
    assert told.ladders.ladders == ()
    assert set(told.ladders.missing) == {"names", "categories"}
    assert told.groups is None
    assert {check.code for check in told.checks if check.level == "poor"} >= {"names", "categories"}


def test_ten_orders_say_how_many_would_do(shop: Make) -> None:
    told = figures(shop(8), now=NOW)
    assert told.together.pairs == ()
    assert told.needed > told.seen.orders
    assert told.actions[0].kind == "collect"
    assert told.worth_measured is False


def test_orders_drawn_at_random_give_no_findings() -> None:
    """False discoveries: of twenty shops without any habit, at most three claim a pair or a step at all."""
    claims = 0
    for seed in range(20):
        draw = np.random.default_rng(seed)
        rows = [
            (f"o{number}", f"c{draw.integers(80)}", datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number), item)
            for number in range(300)
            for item in draw.choice(12, size=draw.integers(1, 4), replace=False)
        ]
        lines = pl.DataFrame(rows, schema=["order_id", "customer_id", "placed_at", "product_id"], orient="row")
        lines = lines.with_columns(
            pl.col("product_id").cast(pl.String),
            quantity=pl.lit(1),
            unit_price=pl.lit(100),
            amount=pl.lit(100),
            cost=pl.lit(None, pl.Int64),
            currency=pl.lit("JPY"),
            returned=pl.lit(0),
        )
        told = figures(from_lines("random.csv", lines), now=NOW)
        claims += bool(told.together.pairs or told.sequence.steps)
    assert claims <= 3


def test_a_customer_counts_once_however_often_they_repeat_the_step() -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        (f"{who}{n}", who, begin + timedelta(days=n), "a" if n % 2 == 0 else "b")
        for who in ("x", "y", "z")
        for n in range(10)
    ]
    lines = pl.DataFrame(rows, schema=["order", "who", "at", "sku"], orient="row")
    found = sequence(Baskets.from_frame(lines, basket="order", item="sku", customer="who", time="at"), top=10)
    assert found.returned == 3
    assert [(refill.customers, refill.again, refill.days) for refill in found.refills] == [
        (3, 3, (2.0, 2.0, 2.0)),
        (3, 3, (2.0, 2.0, 2.0)),
    ]
    assert all(step.customers <= 3 for step in found.steps)


def test_two_products_that_replace_each_other_avoid_each_other() -> None:
    rows = [(f"o{n}", item) for n in range(100) for item in ("bread", "butter" if n % 2 else "jam")]
    lines = pl.DataFrame(rows, schema=["order", "sku"], orient="row")
    baskets = Baskets.from_frame(lines, basket="order", item="sku")
    found = attach(baskets).avoidances
    ids = baskets.item_ids
    assert [(ids[pair.first], ids[pair.second], pair.together) for pair in found] == [("butter", "jam", 0)]


def test_one_product_orders_do_not_make_products_avoid_each_other() -> None:
    rows = [(f"s{n}", f"p{n % 4}") for n in range(400)]
    rows += [(f"m{n}", f"p{k}") for n in range(40) for k in (n % 4, (n + 1 + n // 4 % 3) % 4)]
    lines = pl.DataFrame(rows, schema=["order", "sku"], orient="row")
    assert attach(Baskets.from_frame(lines, basket="order", item="sku")).avoidances == ()


def test_no_line_is_too_few(shop: Make) -> None:
    with pytest.raises(TooFewData, match="no order line"):
        from_lines("empty.csv", shop(5).lines.clear())


def test_the_check_of_the_issue() -> None:
    """1,000 orders × 35 % × 5 dollars = 1,750 dollars a month."""
    assert Worth(1000, 10_000, 3_500, Money(500, "USD")).month() == Money(175_000, "USD")


@given(st.integers(0, 10**6), st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 10**9))
def test_the_estimate_is_the_exact_product_rounded_once(orders: int, fits: int, yes: int, amount: int) -> None:
    month = Worth(orders, fits, yes, Money(amount, "JPY")).month().amount
    assert abs(2 * month * 10**8 - 2 * orders * fits * yes * amount) <= 10**8


def test_a_share_above_one_is_refused() -> None:
    with pytest.raises(BadValue, match="yes"):
        Worth(1, 1, 10_001, Money(1, "JPY"))


def test_money_of_another_currency_is_counted_and_never_added(shop: Make) -> None:
    lines = shop(40).lines
    foreign = lines.head(3).with_columns(
        order_id=pl.lit("us"),
        currency=pl.lit("USD"),
        amount=pl.lit(99_999_999, pl.Int64),
        unit_price=pl.lit(99_999_999, pl.Int64),
    )
    told = figures(from_lines("mixed.csv", pl.concat([lines, foreign])), now=NOW)
    assert told.seen.currency == "JPY"
    assert told.seen.order_value is not None
    assert told.seen.order_value.amount < 1_000_000
    assert next(check.count for check in told.checks if check.code == "currencies") == 1
