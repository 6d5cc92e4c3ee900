"""Links of some anchors made anew: what a running server does for every order."""

from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest

from tsuide.mining.baskets import Baskets
from tsuide.mining.complements import Complements, FittedComplements
from tsuide.mining.index import Index
from tsuide.offers import codes
from tsuide.offers.links import LINK, Links, blank_rows, complement_links, make_links, renewed_links

GOODS = 30
ITEM, OPENS, CLOSES, RELATION = (list(LINK.names or ()).index(each) for each in ("item", "opens", "closes", "relation"))


def baskets(rng: np.random.Generator, n: int) -> Baskets:
    """Orders of three products that lie near each other."""
    rows = [(o, f"p{(start + step) % GOODS:02}") for o in range(n) for start in [int(rng.integers(GOODS))]
            for step in rng.choice(4, 3, replace=False).tolist()]  # fmt: skip
    return Baskets.from_frame(pl.DataFrame(rows, schema=["o", "p"], orient="row"), basket="o", item="p")


def rows_of(links: Links) -> Iterator[list[tuple[object, ...]]]:
    """The rows of each anchor."""
    for anchor in range(len(links.of) - 1):
        yield [row.tolist() for row in links.rows[links.of[anchor] : links.of[anchor + 1]]]


@pytest.fixture(params=range(5))
def updated(request: pytest.FixtureRequest) -> tuple[Links, FittedComplements, Index]:
    """Learned links with windows and lent rows; what was learned, with orders that came since; the catalogue."""
    rng = np.random.default_rng(request.param)
    fitted = Complements(top=6).fit(baskets(rng, 60), tune=False)
    ids = Index.of([*(f"p{n:02}" for n in range(1, GOODS)), "new"])  # p00 was taken out of it
    learned = complement_links(fitted, ids)
    own = np.repeat(np.arange(len(ids)), np.diff(learned.of))
    windowed = learned.rows.copy()
    windowed["opens"] = rng.integers(-1, 9, len(windowed))
    windowed["closes"] = windowed["opens"] + 5
    without = np.repeat(np.flatnonzero(np.diff(learned.of) == 0), 2)
    lent = blank_rows(len(without))
    lent["relation"], lent["item"], lent["opens"] = codes.BORROWED_LINK, rng.integers(len(ids), size=len(lent)), 3
    before = make_links(np.r_[own, without], np.r_[windowed, lent], len(ids))
    return before, fitted.update(baskets(rng, 12)), ids


def test_anchors_that_moved_get_the_links_of_now_and_all_others_keep_theirs(
    updated: tuple[Links, FittedComplements, Index],
) -> None:
    before, fitted, ids = updated
    moved = fitted.moved()[::2]
    now, old, found = complement_links(fitted, ids), list(rows_of(before)), renewed_links(*updated[:2], moved, ids)
    anew = {ids.position(fitted.item_ids[each]) for each in moved.tolist()}
    window = slice(OPENS, CLOSES + 1)
    for anchor, (was, fresh, got) in enumerate(zip(old, rows_of(now), rows_of(found), strict=True)):
        if anchor not in anew:
            assert got == was
        elif not fresh:
            assert got == [each for each in was if each[RELATION] == codes.BORROWED_LINK]
        else:
            windows = {each[ITEM]: each[window] for each in reversed(was)}
            assert [each[ITEM] for each in got] == [each[ITEM] for each in fresh]
            assert [each[window] for each in got] == [windows.get(each[ITEM], (-1, -1)) for each in fresh]
            assert [each[window.stop :] for each in got] == [each[window.stop :] for each in fresh]
    assert list(rows_of(before)) == old


def test_a_new_partner_takes_the_place_of_what_was_lent_and_a_lonely_product_keeps_it(
    updated: tuple[Links, FittedComplements, Index],
) -> None:
    before, fitted, ids = updated
    found = renewed_links(before, fitted, np.arange(len(fitted.item_ids)), ids)
    own = np.diff(complement_links(fitted, ids).of) > 0
    lent = found.rows["relation"] == codes.BORROWED_LINK
    anchor = np.repeat(np.arange(len(ids)), np.diff(found.of))
    assert not own[anchor[lent]].any()
    assert (np.diff(found.of)[ids.position("new")]) == np.diff(before.of)[ids.position("new")]
