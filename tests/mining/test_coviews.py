import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tsuide.mining.baskets import Baskets
from tsuide.mining.complements import Complements
from tsuide.mining.coviews import viewed_apart


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
