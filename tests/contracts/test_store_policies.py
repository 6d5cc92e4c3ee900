"""Policies and decisions as the console finds them again, on both stores."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tsuide.errors import Conflict
from tsuide.store.database import Store, open_store

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
