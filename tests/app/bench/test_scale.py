"""Copies of a shop are as large as the shop, different from it and from each other, and the same every time."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from tsuide.app.bench.scale import bench_scale, copied
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.errors import BadValue
from tsuide.interfaces.cli.options import now


def test_a_copy_has_new_ids_trades_a_tenth_within_categories_and_is_the_same_every_time(
    tmp_path: Path, fill_shop: Callable[[Shop], None]
) -> None:
    shop = open_shop(Settings(home=tmp_path))
    fill_shop(shop)
    facts = shop.store.facts
    orders, lines, products = facts.orders(), facts.order_lines(), facts.products()
    shop.close()
    categories = products.select("id", category=pl.lit("all"))
    assert copied(orders, lines, categories, 0)[1].equals(lines)
    first, second = (copied(orders, lines, categories, n) for n in (1, 2))
    assert copied(orders, lines, categories, 1)[1].equals(first[1])
    assert first[0]["id"].to_list() == [f"{each}~1" for each in orders["id"]]
    assert set(first[0]["customer_id"]).isdisjoint(orders["customer_id"])
    assert len(first[1]) == len(lines)
    assert first[1]["product_id"].sort().equals(lines["product_id"].sort())  # each product sells as often as before
    moved = (first[1]["product_id"] != lines["product_id"]).mean()
    assert isinstance(moved, float)
    assert 0.04 < moved <= 0.13
    assert not second[1]["product_id"].equals(first[1]["product_id"])
    alone = copied(orders, lines, products.select("id", category="id"), 1)[1]
    assert alone["product_id"].equals(lines["product_id"])  # nothing else is of its category


@pytest.mark.parametrize("times", [(1,), (3, 1), (0, 2)])
def test_a_slope_takes_two_multiples_that_rise(times: tuple[int, ...]) -> None:
    with pytest.raises(BadValue, match="not multiples"):
        bench_scale(None, now=now(), times=times, progress=lambda *_: None)
