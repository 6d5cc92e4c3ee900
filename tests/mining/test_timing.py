import itertools

import numpy as np
import polars as pl
import pytest

from tsuide.errors import BadColumns, BadValue, NotFound, TooFewData
from tsuide.mining.baskets import Baskets
from tsuide.mining.timeline import timeline_of
from tsuide.mining.timing import DAYS, Timing, counted

DAY = 86_400_000_000
PAIR = pl.DataFrame({"anchor": ["machine"], "item": ["pads"]})


def shop(rows: list[tuple[int, float, str]]) -> Baskets:
    """Rows of (customer, day, item); one basket per customer and day."""
    frame = pl.DataFrame(
        [(f"c{c}", int(day * DAY), f"{c}-{day}", item) for c, day, item in rows],
        schema=["who", "at", "order", "sku"],
        orient="row",
    )
    return Baskets.from_frame(frame, basket="order", item="sku", customer="who", time="at")


def weekly(customers: int) -> list[tuple[int, float, str]]:
    return [(c, 7.0 * week, "milk") for c in range(customers) for week in range(20)]


def of(baskets: Baskets, item: str) -> int:
    return baskets.item_ids.position(item)


def test_visits_at_risk_and_purchases_are_counted_by_hand() -> None:
    baskets = shop(
        [
            (0, 0, "machine"), (0, 3, "milk"), (0, 10, "pads"), (0, 20, "milk"),  # at risk on days 3 and 10
            (1, 0, "machine"), (1, 3, "milk"), (1, 20, "milk"),  # at risk on days 3 and 20
            (2, 0, "pads"), (2, 5, "machine"), (2, 6, "milk"),  # at risk on day 6: pads before do not count
        ]
    )  # fmt: skip
    line = timeline_of(baskets)
    start = np.where(np.arange(baskets.n_items + 1) > of(baskets, "machine"), 1, 0).astype(np.int64)
    bought, visits = counted(line, start, np.array([of(baskets, "pads")], np.int32))
    bins = list(itertools.pairwise(DAYS))
    assert {bins[k]: int(visits[0, k]) for k in np.flatnonzero(visits[0])} == {
        (0, 1): 1,
        (2, 4): 2,
        (7, 14): 1,
        (14, 21): 1,
    }
    assert {bins[k]: int(bought[0, k]) for k in np.flatnonzero(bought[0])} == {(7, 14): 1}


def test_only_visits_from_a_moment_on_are_counted() -> None:
    baskets = shop(
        [(0, 0, "machine"), (0, 3, "milk"), (0, 10, "pads"), (1, 0, "machine"), (1, 2, "pads"), (1, 12, "milk")]
    )
    start = np.where(np.arange(baskets.n_items + 1) > of(baskets, "machine"), 1, 0).astype(np.int64)
    pads = np.array([of(baskets, "pads")], np.int32)
    bought, visits = counted(timeline_of(baskets), start, pads, after=5 * DAY)
    assert (bought.sum(), visits.sum()) == (1, 1)  # the second customer was no longer at risk


def test_a_window_opens_where_the_partner_follows() -> None:
    rows = weekly(200) + [(c, 7.0, "machine") for c in range(40)] + [(c, 49.0, "pads") for c in range(32)]
    rows += [(c, 7.0 * (c % 20), "pads") for c in range(180, 200)]
    window = Timing().fit(shop(rows), pairs=PAIR).window("machine", "pads")
    assert (window.opens, window.closes) == (28.0, 42.0)
    assert window.bought == 32
    assert window.ratio > window.ratio_low > 1
    assert len(window.curve) == len(DAYS) - 1


def test_where_nothing_follows_no_window_opens() -> None:
    rows = (
        weekly(200) + [(c, 7.0, "machine") for c in range(40)] + [(c, 7.0 * (c % 20), "pads") for c in range(60, 200)]
    )
    window = Timing().fit(shop(rows), pairs=PAIR).window("machine", "pads")
    assert (window.opens, window.peak, window.closes) == (None, None, None)
    assert window.ratio < 1


def test_a_pair_that_was_not_learned_is_named() -> None:
    timing = Timing().fit(shop(weekly(40)), pairs=PAIR)
    with pytest.raises(NotFound, match="milk → pads"):
        timing.window("milk", "pads")
    assert timing.frame().is_empty()


def test_it_refuses_what_cannot_be_told() -> None:
    with pytest.raises(TooFewData, match="customers"):
        Timing().fit(shop(weekly(5)))
    with pytest.raises(BadColumns, match="anchor"):
        Timing().fit(shop(weekly(40)), pairs=pl.DataFrame({"item": ["pads"]}))
    with pytest.raises(BadValue, match="top"):
        Timing(top=0).fit(shop(weekly(40)))
    bare = Baskets.from_frame(pl.DataFrame({"o": ["1"], "i": ["a"]}), basket="o", item="i")
    with pytest.raises(TooFewData, match="without times"):
        Timing().fit(bare)


def test_chances_are_tempered_where_later_weeks_say_so() -> None:
    rows = weekly(60)
    rows += [(c, 7.0 * w, f"i{(c + w) % 12}") for c in range(60) for w in range(20)]
    timing = Timing(min_count=2).fit(shop(rows), tune=True)
    chance = timing.chance()
    assert ((chance > 0) & (chance < 1)).all()
