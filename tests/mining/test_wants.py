"""Wants: what is sold a few times is told by its group, its buyer and its cart; every chance stays a chance."""

from datetime import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import TooFewData
from tsuide.kit.clock import MICROS_PER_DAY, from_micros
from tsuide.mining.baskets import Baskets
from tsuide.mining.wants import Wants
from tsuide.mining.wants_model import FittedWants

GROUPS = {f"{group}{n}": group for group in ("tea", "cup", "pen", "ink", "mat") for n in range(4)}
TODAY = from_micros(200 * MICROS_PER_DAY)


def shop(customers: int = 60, seed: int = 1) -> Baskets:
    """An order every ten days. Tea every 20 days, with cups; pens with ink; a mat hardly ever, once for all.

    Half are tea drinkers and never take pens, half the other way round. Everybody takes the product of a group whose
    number is theirs.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for who in range(customers):
        mine = who % 4
        for n in range(18):
            main = "tea" if who % 2 else "pen"
            held = [f"{main}{mine}"] if n % 2 == 0 else []
            if held and rng.random() < 0.7:
                held.append(f"{'cup' if main == 'tea' else 'ink'}{mine}")
            if n == who % 18:
                held.append(f"mat{mine}")
            rows += [(f"o{who}-{n}", f"c{who}", each, (10 * n + who % 5) * MICROS_PER_DAY) for each in held]
    frame = pl.DataFrame(rows, schema=["order", "who", "sku", "at"], orient="row")
    return Baskets.from_frame(frame, basket="order", item="sku", customer="who", time="at")


@pytest.fixture(scope="module")
def fitted() -> FittedWants:
    return Wants().fit(shop(), GROUPS)


def chance_of(fitted: FittedWants, customer: str, group: str, now: datetime = TODAY, **asked: object) -> float:
    found = fitted.likely(customer, 40, now=now, **asked)  # type: ignore[arg-type]  # cart or looked_at
    return sum(each for item, each in zip(found.items, found.chance, strict=True) if GROUPS[item] == group)


def test_who_buys_of_a_group_is_told_from_who_does_not_and_gets_their_own_of_it_first(fitted: FittedWants) -> None:
    assert chance_of(fitted, "c1", "tea") > 5 * chance_of(fitted, "c0", "tea")
    teas = [each for each in fitted.likely("c1", 40, now=TODAY).items if GROUPS[each] == "tea"]
    assert teas[0] == "tea1"


def test_what_was_just_bought_is_wanted_less_than_what_has_run_out(fitted: FittedWants) -> None:
    last = 160 + 1  # c1's last tea
    soon, late = (from_micros((last + days) * MICROS_PER_DAY) for days in (2, 20))
    assert chance_of(fitted, "c1", "tea", soon) < 0.5 * chance_of(fitted, "c1", "tea", late)


def test_a_purchase_since_learning_counts_at_once(fitted: FittedWants) -> None:
    yesterday = {"tea1": 199 * MICROS_PER_DAY}
    assert chance_of(fitted, "c1", "tea", owned=yesterday) < 0.5 * chance_of(fitted, "c1", "tea")


def test_a_cart_calls_for_what_lies_in_carts_with_it_and_for_nothing_of_its_own_group(fitted: FittedWants) -> None:
    assert chance_of(fitted, "nobody", "cup", cart=["tea0"]) > 3 * chance_of(fitted, "nobody", "cup", cart=["pen0"])
    assert chance_of(fitted, "nobody", "cup", looked_at="tea0") > 3 * chance_of(
        fitted, "nobody", "cup", looked_at="pen0"
    )
    assert chance_of(fitted, "c1", "tea", cart=["tea0"]) == 0.0


def test_a_new_customer_wants_what_everybody_wants(fitted: FittedWants) -> None:
    assert chance_of(fitted, "nobody", "tea") > 2 * chance_of(fitted, "nobody", "mat") > 0


def test_chances_of_a_group_come_true_as_often_as_they_say() -> None:
    orders = shop(200, seed=3)
    learned = Wants().fit(orders.select(np.flatnonzero(orders.time < 160 * MICROS_PER_DAY)), GROUPS)
    later = np.flatnonzero(orders.time >= 160 * MICROS_PER_DAY)
    foretold = came = 0.0
    for basket in later.tolist():
        who, now = orders.customer_ids.ids[orders.customer[basket]], from_micros(int(orders.time[basket]))
        foretold += chance_of(learned, who, "tea", now)
        came += any(GROUPS[orders.item_ids.ids[each]] == "tea" for each in orders.of(basket).tolist())
    assert came > 50
    assert foretold == pytest.approx(came, rel=0.25)


def test_the_dearer_of_two_that_are_as_likely_comes_first() -> None:
    orders = shop()
    worth = dict.fromkeys(GROUPS, 100.0)
    cheap = Wants().fit(orders, GROUPS, worth=worth).likely("c1", 1, now=TODAY)
    dear = Wants().fit(orders, GROUPS, worth=worth | {"mat1": 1e6}).likely("c1", 1, now=TODAY)
    assert cheap.items == ["tea1"]
    assert dear.items == ["mat1"]


def test_who_bought_for_one_system_is_offered_what_fits_it_and_a_word_that_tells_nothing_is_not_read() -> None:
    systems = {item: {"system": "AB"[int(item[-1]) // 2], "odd": "x" if item < "m" else "y"} for item in GROUPS}
    plain, told = (Wants().fit(shop(), GROUPS, attributes=each) for each in (None, systems))
    assert told.strength < 1.0 < plain.strength  # everybody's products are all of one system
    assert [int(told.trait_of[told.item_ids.position(item)]) for item in ("tea1", "cup3")] == [0, 1]
    assert dict(zip(*_inks(plain), strict=True))["ink0"] < 2 * dict(zip(*_inks(plain), strict=True))["ink2"]
    inks = dict(zip(*_inks(told), strict=True))
    assert inks["ink0"] > 5 * inks["ink2"]  # c1 bought for A and never bought ink
    assert sum(inks.values()) == pytest.approx(sum(_inks(plain)[1]), rel=0.01)  # a group's chance is shared anew
    assert told.likely("nobody", 40, now=TODAY, looked_at="pen2").items[0] == "ink2"


def _inks(fitted: FittedWants) -> tuple[list[str], list[float]]:
    found = fitted.likely("c1", 40, now=TODAY)
    kept = [place for place, item in enumerate(found.items) if GROUPS[item] == "ink"]
    return [found.items[place] for place in kept], [found.chance[place] for place in kept]


def test_a_handful_of_orders_tells_nothing() -> None:
    with pytest.raises(TooFewData, match="orders"):
        Wants().fit(shop(2), GROUPS)


@given(
    customer=st.sampled_from([*(f"c{n}" for n in range(12)), "nobody"]),
    cart=st.lists(st.sampled_from([*GROUPS, "unheard-of"]), max_size=6),
    day=st.integers(150, 900),
)
def test_every_chance_is_one_and_no_product_comes_twice(
    fitted: FittedWants, customer: str, cart: list[str], day: int
) -> None:
    found = fitted.likely(customer, 12, now=from_micros(day * MICROS_PER_DAY), cart=cart)
    assert all(0 < each <= 1 for each in found.chance)
    assert len(set(found.items)) == len(found.items) <= 12
    assert not {GROUPS[each] for each in found.items} & {GROUPS[each] for each in cart if each in GROUPS}
