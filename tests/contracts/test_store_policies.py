"""Policies and decisions as the console finds them again, on both stores."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tsuide.errors import Conflict
from tsuide.store.database import Store, open_store
from tsuide.store.decisions import decision_row

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()


def test_a_policy_is_put_only_over_the_one_that_was_seen(store: Store) -> None:
    store.policies.save("standard", "1", "a: 1", NOW, "A")
    store.policies.save("standard", "2", "a: 2", NOW, "B", note="stricter", over=("standard", "1"))
    with pytest.raises(Conflict, match="standard@2"):
        store.policies.save("standard", "3", "a: 3", NOW, "C", over=("standard", "1"))
    with pytest.raises(Conflict):
        store.policies.activate("standard", "1", ("standard", "1"))
    held = store.policies.active()
    assert held is not None
    assert (held["version"], held["note"]) == ("2", "stricter")
    assert len(store.policies.versions()) == 2  # the third was not kept either
    store.policies.activate("standard", "1", ("standard", "2"))
    assert [row["version"] for row in store.policies.versions() if row["active"]] == ["1"]


def test_a_walk_through_decisions_looks_at_so_many_and_goes_on(store: Store) -> None:
    journal = store.journal()

    def put(n: int, placement: str, record: str, **more: str) -> None:
        row: dict[str, Any] = {"id": f"dec_{n}", "at": n // 2, "placement": placement, "record": record}
        journal.write("trace", decision_row({"arm": "treated", **row, **more}))

    put(1, "cart", '{"slate":[{"product_id":"a"}]}', customer_id="c")
    put(2, "cart", "{}", anonymous_id="v")
    put(3, "email", '{"slate":[{"product_id":"b"}]}', customer_id="c")
    journal.close_now()
    walk = store.decisions.walk

    def ids(rows: list[dict[str, Any]]) -> list[str]:
        return [row["id"] for row in rows]

    first, last = walk(2)
    assert (ids(first), last) == (["dec_3", "dec_2"], (1, "dec_2"))
    assert ids(walk(2, before=last)[0]) == ["dec_1"]
    assert walk(2, before=(0, "dec_1")) == ([], None)
    assert ids(walk(9, customer_id="c")[0]) == ["dec_3", "dec_1"]
    assert ids(walk(9, anonymous_id="v")[0]) == ["dec_2"]
    assert ids(walk(9, placements=["cart"], holds=['"product_id":"a"'])[0]) == ["dec_1"]
    assert ids(walk(9, silent=True)[0]) == ["dec_2"]
    assert walk(1, holds=['"a"']) == ([], (1, "dec_3"))  # one was looked at, and there are more
