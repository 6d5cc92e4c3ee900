"""Lists' scores become chances by what orders that the model had not seen really held."""

import numpy as np
import polars as pl
import pytest

from tsuide.errors import TooFewData
from tsuide.mining.baskets import Baskets
from tsuide.mining.complements import Complements
from tsuide.mining.completion import Completion
from tsuide.mining.next_basket import NextBasket
from tsuide.mining.wants import Wants
from tsuide.offers.foretold import FittedForetold, Lists, foretold


def habits(customers: int = 80, orders: int = 8, seed: int = 1) -> Baskets:
    """Customers who take their own product in four orders of five, and two others that nobody can foretell."""
    rng = np.random.default_rng(seed)
    rows = []
    for who in range(customers):
        for n in range(orders):
            own = [f"p{who % 20}"] if rng.random() < 0.8 else []
            others = [f"q{rng.integers(40)}" for _ in range(2)]
            rows += [(f"o{who}-{n}", f"c{who}", each, n) for each in {*own, *others}]
    frame = pl.DataFrame(rows, schema=["order", "who", "sku", "day"], orient="row")
    at = pl.datetime(2026, 1, 1, time_zone="UTC") + pl.duration(days="day")
    frame = frame.with_columns(at=at)
    return Baskets.from_frame(frame, basket="order", item="sku", customer="who", time="at")


def lists(before: Baskets) -> Lists:
    return Lists(NextBasket().fit(before, tune=False), Completion().fit(before, tune=False))


@pytest.fixture(scope="module")
def learned() -> FittedForetold:
    return foretold(habits(), lists)


def test_what_is_bought_in_four_orders_of_five_is_foretold_as_such(learned: FittedForetold) -> None:
    assert learned.facts["customers"] == 80
    assert learned.next.shares.max() == pytest.approx(0.8, abs=0.12)
    assert learned.next.shares.min() < 0.1


def test_a_higher_score_is_never_the_smaller_chance(learned: FittedForetold) -> None:
    for curve in (learned.next, learned.beside):
        assert (np.diff(curve.shares) >= 0).all()


def test_the_orders_asked_about_are_not_learned_from() -> None:
    seen: list[Baskets] = []

    def learn(before: Baskets) -> Lists:
        seen.append(before)
        return lists(before)

    baskets = habits()
    foretold(baskets, learn)
    assert [each.n_baskets for each in seen] == [baskets.n_baskets - 80]
    assert not {f"o{who}-7" for who in range(80)} & set(seen[0].basket_ids.ids)


def by_chance(customers: int = 100, orders: int = 6) -> Baskets:
    """Large orders of things that have nothing to do with each other."""
    rng = np.random.default_rng(3)
    rows = [
        (f"o{who}-{n}", f"c{who}", f"p{each}", n)
        for who in range(customers)
        for n in range(orders)
        for each in rng.choice(60, 12, replace=False)
    ]
    frame = pl.DataFrame(rows, schema=["order", "who", "sku", "day"], orient="row")
    at = pl.datetime(2026, 1, 1, time_zone="UTC") + pl.duration(days="day")
    return Baskets.from_frame(frame.with_columns(at=at), basket="order", item="sku", customer="who", time="at")


def test_the_largest_of_many_shares_promises_too_much_and_lists_are_told_on_that_scale() -> None:
    baskets = by_chance()
    plain, beside = foretold(baskets, lists), foretold(baskets, lists, Complements(min_count=2).fit(baskets))
    kept = beside.facts["complements_keep"]
    assert 0.1 <= kept["beside"] < kept["next"] < 1.0  # the luckiest of twenty; of six times twenty
    assert np.allclose(beside.beside.shares, np.minimum(plain.beside.shares / kept["beside"], 0.95))


def test_it_is_kept_until_a_quarter_more_orders_are_known(learned: FittedForetold) -> None:
    assert learned.facts["orders"] == 640
    assert learned.holds_for(799)
    assert not learned.holds_for(800)


def test_of_customers_who_hardly_came_back_nothing_is_said() -> None:
    with pytest.raises(TooFewData, match="customers"):
        foretold(habits(customers=20), lists)


def test_wants_stand_in_the_lists_place_where_their_first_ten_earn_more_and_only_there() -> None:
    baskets = habits()
    rare = {f"p{n}": f"own{n}" for n in range(20)} | {f"q{n}": "any" for n in range(40)}

    def learn(before: Baskets) -> Lists:
        return Lists(lists(before).following, None, Wants().fit(before, rare, worth=dict.fromkeys(rare, 1.0)))

    alike = foretold(baskets, learn, worth=dict.fromkeys(rare, 1.0))
    earned = alike.facts["earned"]["next"]
    assert min(earned.values()) > 40  # of 80 customers each has one thing that can be foretold in four orders of five
    assert alike.wanted("next") is (earned["wants"] >= earned["list"])
    assert alike.wanted("beside")  # there is no list to be worse than

    def unlike(before: Baskets) -> Lists:  # to these wants every product is worth nothing but what nobody buys
        return Lists(lists(before).following, None, Wants().fit(before, {"q0": "a", "q1": "b"}))

    assert not foretold(baskets, unlike).wanted("next")


def test_a_list_that_was_learned_before_there_were_wants_stays_until_it_is_compared_with_them(
    learned: FittedForetold,
) -> None:
    assert not learned.compared
    assert not learned.wanted("next")
