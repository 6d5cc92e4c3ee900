"""The bench of the console finds its pages by their links and times one of each kind."""

from datetime import UTC, datetime
from typing import Any

from tsuide.app.bench.console import bench_console
from tsuide.app.learn import learn
from tsuide.app.wiring import Shop


def test_every_page_of_the_menu_is_timed_and_the_shop_stays_as_it_was(small_shop: Shop) -> None:
    now = datetime.now(UTC)
    learn(small_shop, now=now, seed=0)
    before = small_shop.store.facts.counts()["order_lines"]
    found: dict[str, Any] = bench_console(small_shop.settings.home, now=now, repeats=2, times=3)
    assert found["order_lines"] == 3 * before
    assert small_shop.store.facts.counts()["order_lines"] == before
    paths = [each["path"] for each in found["each"]]
    assert paths[0] == "/console/"
    assert "/console/log" in paths
    assert len(paths) == len(set(paths)) == found["pages"]
    assert all(each["kb"] > 0 for each in found["each"])
    assert small_shop.store.users.all() == []
