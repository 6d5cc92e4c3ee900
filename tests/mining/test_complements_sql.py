"""The counts on the demo's data are those of SQL: a self-join over distinct lines, in another engine."""

import duckdb
import numpy as np
import polars as pl
import pytest

from tsuide.intake.complete_journey import load
from tsuide.mining.baskets import Baskets
from tsuide.mining.complements import Complements
from tsuide.mining.cooccurrence import all_pairs

PAIRS = """
    with line as (select distinct order_id as o, product_id as p from lines),
         alone as (select p, count(*) as n from line group by p having n >= 3),
         kept as (select o, p from line semi join alone using (p))
    select a.p as first, b.p as second, count(*) as n
    from kept a join kept b on a.o = b.o and a.p < b.p
    group by 1, 2 having n >= 3
"""


@pytest.fixture(scope="module")
def lines() -> pl.DataFrame:
    return load().lines.select("order_id", "product_id")


@pytest.fixture(scope="module")
def baskets(lines: pl.DataFrame) -> Baskets:
    return Baskets.from_frame(lines, basket="order_id", item="product_id")


def test_all_pairs_of_the_demo_are_those_of_sql(lines: pl.DataFrame, baskets: Baskets) -> None:
    with duckdb.connect() as db:
        db.register("lines", lines.to_arrow())
        theirs = pl.DataFrame(pl.from_arrow(db.sql(PAIRS).to_arrow_table()))
    ours = all_pairs(baskets.items_of, baskets.item, baskets.n_items, min_count=3)
    first, second = (baskets.item_ids.positions(theirs[name].to_list()) for name in ("first", "second"))
    assert len(theirs) == len(ours.count) > 900_000
    ours_sorted, theirs_sorted = (
        np.sort((np.minimum(a, b).astype(np.int64) * baskets.n_items + np.maximum(a, b)) * 2**20 + n)
        for a, b, n in ((ours.first, ours.second, ours.count), (first, second, theirs["n"].to_numpy()))
    )
    assert np.array_equal(ours_sorted, theirs_sorted)


def test_the_best_of_the_most_bought_are_those_of_sql(lines: pl.DataFrame, baskets: Baskets) -> None:
    """Cosine in SQL for the 50 most bought items, every partner, first twenty."""
    wanted = baskets.item_ids.series(np.argsort(-baskets.count_of_item())[:50])
    fitted = Complements(top=20, score="cosine").fit(baskets)
    with duckdb.connect() as db:
        db.register("lines", lines.to_arrow())
        db.register("wanted", wanted.to_frame("p").to_arrow())
        theirs = pl.DataFrame(
            pl.from_arrow(
                db.sql("""
                    with line as (select distinct order_id as o, product_id as p from lines),
                         alone as (select p, count(*) as n from line group by p),
                         pair as (select a.p as anchor, b.p as item, count(*) as n
                                  from line a semi join wanted using (p) join line b on a.o = b.o and a.p <> b.p
                                  group by 1, 2 having n >= 3),
                         scored as (select anchor, item, pair.n as n, pair.n / sqrt(x.n * y.n) as cosine
                                    from pair join alone x on x.p = anchor join alone y on y.p = item)
                    select * from scored
                    qualify row_number() over (partition by anchor order by cosine desc, n desc, item) <= 20
                    order by anchor, cosine desc, n desc, item
                """).to_arrow_table()
            )
        )
    ours = fitted.frame().filter(pl.col("anchor").is_in(wanted.implode()))
    assert ours.height == theirs.height == 1000
    assert np.allclose(ours["cosine"], theirs["cosine"], rtol=1e-12)
    both = ours.join(theirs, on=["anchor", "item"])
    assert both["count"].equals(both["n"])
    assert len(both) > 990  # the others are equals of the twentieth, told apart by rounding
