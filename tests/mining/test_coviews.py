import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tsuide.mining.baskets import Baskets
from tsuide.mining.complements import Complements
from tsuide.mining.coviews import DAY, bought_instead, compared, viewed_apart, visits_with_orders


def made(orders: list[set[str]]) -> Baskets:
    rows = [(number, item) for number, order in enumerate(orders) for item in sorted(order)]
    frame = pl.DataFrame(rows, schema={"order": pl.Int64, "item": pl.String}, orient="row")
    return Baskets.from_frame(frame, basket="order", item="item")


OTHERS = [{f"x{i % 20}"} for i in range(300)]
ORDERS = [{"camera", "card"}] * 20 + [{"camera", "rival"}] * 12 + [{"camera"}] * 10 + OTHERS
VISITS = [{"camera", "rival"}] * 80 + [{"camera", "card"}] * 20 + [{"camera"}] * 10 + OTHERS


def named(baskets: Baskets, keys: np.ndarray) -> set[tuple[str, str]]:
    return {(baskets.item_ids[int(key) >> 32], baskets.item_ids[int(key) & 0xFFFFFFFF]) for key in keys}


def test_what_is_compared_is_told_from_what_is_bought_together() -> None:
    """Camera and card are looked at together only by who buys both: that is no comparing."""
    baskets = made(ORDERS)
    assert named(baskets, viewed_apart(baskets, made(VISITS), 3, 0.05)) == {("camera", "rival")}


def timed(rows: list[tuple[int, str, int, str]]) -> Baskets:
    """Rows of (order or visit, customer, hour, items with blanks between)."""
    lines = [(n, who, hour * DAY // 24, item) for n, who, hour, items in rows for item in items.split()]
    frame = pl.DataFrame(lines, schema=["order", "who", "at", "item"], orient="row")
    return Baskets.from_frame(frame, basket="order", item="item", customer="who", time="at")


def test_a_visit_goes_with_the_customers_next_order_within_a_day() -> None:
    """Ann looks at 10 and orders at 12 and 20; Ben orders two days after; Cy's order was before; Dee is not known."""
    orders = timed([(1, "ann", 12, "a"), (2, "ann", 20, "a"), (3, "ben", 60, "a"), (4, "cy", 5, "a")])
    visits = timed([(1, "ann", 10, "b"), (2, "ben", 10, "b"), (3, "cy", 10, "b"), (4, "dee", 10, "b")])
    visit, order = visits_with_orders(orders, visits, DAY)
    assert [visits.basket_ids[int(n)] for n in visit] == ["1"]
    assert [orders.basket_ids[int(n)] for n in order] == ["1"]


def test_who_leaves_one_and_buys_the_other_has_chosen_between_them() -> None:
    """Of sixty who look at both kettles thirty take the new one alone, thirty with a cup: the cup is no rival."""
    look = [(n, f"c{n}", n, "old new cup" if n < 60 else f"y{n % 20}") for n in range(200)]
    take = [(n, f"c{n}", n + 1, ("new", "new cup")[n % 2] if n < 60 else f"x{n % 20}") for n in range(200)]
    later = [(200 + n, f"d{n}", 500 + n, "old cup") for n in range(5)]
    baskets, views = timed(take + later), timed(look)
    found = named(baskets, bought_instead(baskets, views, 3, 0.05))
    assert found == {("new", "old")}
    assert len(bought_instead(baskets, views, 3, 0.05, within=0)) == 0


def test_one_left_and_often_bought_with_the_other_is_no_rival() -> None:
    """The card is looked at and left 10 times, and bought with the camera 20 times."""
    look = [(n, f"c{n}", n, "camera card") for n in range(30)] + [(100 + n, f"e{n}", n, "tea") for n in range(100)]
    take = [(n, f"c{n}", n + 1, "camera" if n < 10 else "camera card") for n in range(30)]
    take += [(100 + n, f"e{n}", n + 1, "tea") for n in range(100)]
    baskets = timed(take)
    assert len(bought_instead(baskets, timed(look), 3, 0.05)) == 0


def test_without_times_or_customers_nothing_is_bought_instead() -> None:
    baskets = made(ORDERS)
    assert len(bought_instead(baskets, made(VISITS), 3, 0.05)) == 0
    assert compared(baskets, made(VISITS), 3, 0.05).tolist() == viewed_apart(baskets, made(VISITS), 3, 0.05).tolist()


def test_what_was_bought_instead_is_no_partner() -> None:
    """Old and new lie together in 3 orders of who compares them, and 40 leave the one for the other."""
    look = [(n, f"c{n}", n, "old new" if n < 43 else f"y{n % 20}") for n in range(150)]
    take = [(n, f"c{n}", n + 1, "new" if n < 40 else "new old" if n < 43 else f"x{n % 20}") for n in range(150)]
    baskets = timed(take)
    assert Complements(score="count").fit(baskets).of("new")["item"].to_list() == ["old"]
    assert len(Complements(score="count").fit(baskets, views=timed(look)).of("new")) == 0


def test_a_rival_is_no_partner_where_views_are_given() -> None:
    baskets = made(ORDERS)
    without, given_views = (Complements().fit(baskets, views=views) for views in (None, made(VISITS)))
    assert set(without.of("camera")["item"]) == {"card", "rival"}
    assert set(given_views.of("camera")["item"]) == {"card"}
    assert len(given_views.of("rival")) == 0
    assert given_views.pairs == without.pairs


def test_the_rival_stays_apart_after_an_update_and_by_both_ways_of_counting() -> None:
    more = made([{"camera", "rival"}] * 5)
    updated = Complements().fit(made(ORDERS), views=made(VISITS)).update(more)
    swept = Complements(keep=False).fit(made(ORDERS), views=made(VISITS))
    assert set(updated.of("camera")["item"]) == set(swept.of("camera")["item"]) == {"card"}
    assert set(updated.settled().frame()["item"]) == {"camera", "card"}


def test_views_of_unknown_items_and_no_views_change_nothing() -> None:
    baskets = made(ORDERS)
    plain = Complements().fit(baskets).frame()
    for visits in ([], [{"ghost", "shade"}] * 50):
        assert Complements().fit(baskets, views=made(visits)).frame().equals(plain)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sets(st.sampled_from("abcdef"), max_size=4), max_size=30))
def test_whoever_looks_only_at_what_they_buy_compares_nothing(orders: list[set[str]]) -> None:
    baskets = made(orders)
    assert len(viewed_apart(baskets, baskets, 1, 0.2)) == 0
