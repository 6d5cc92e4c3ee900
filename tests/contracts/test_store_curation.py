"""What people decided about single pairs, on SQLite and on PostgreSQL: one row each, the newest holds."""

from typing import Any

from tsuide.store.database import open_store

ROW: dict[str, Any] = {
    "about": "beside", "product_id": "cam", "other_ids": '["card"]', "verdict": "banned", "texts": "{}",
    "approved_at": None, "approved_by": None, "changed_at": 5, "changed_by": "Mori",
}  # fmt: skip


KEY = ("beside", "cam", '["card"]')
PINNED = {**ROW, "verdict": "pinned", "approved_at": 7, "approved_by": "Abe"}
OTHER = {**ROW, "product_id": "card", "other_ids": '["cam"]'}


def test_one_row_per_pair_and_the_newest_holds(store_url: str) -> None:
    store = open_store(store_url)
    try:
        assert store.curation.swap(KEY, None, ROW)
        assert store.curation.swap(KEY, ROW, PINNED)
        assert store.curation.swap(("beside", "card", '["cam"]'), None, OTHER)
        rows = [(row["product_id"], row["verdict"]) for row in store.curation.all()]
        assert rows == [("cam", "pinned"), ("card", "banned")]
        one = store.curation.one(*KEY)
        assert one is not None
        assert (one["approved_at"], one["approved_by"]) == (7, "Abe")
        assert store.curation.one("set", "cam", '["card"]') is None
        assert store.curation.swap(KEY, PINNED, None)
        assert not store.curation.swap(KEY, PINNED, None)
        assert len(store.curation.all()) == 1
    finally:
        store.close()


def test_what_somebody_else_changed_in_between_stays(store_url: str) -> None:
    store = open_store(store_url)
    try:
        assert store.curation.swap(KEY, None, None)
        assert store.curation.swap(KEY, None, ROW)
        assert not store.curation.swap(KEY, None, None)
        assert not store.curation.swap(KEY, None, PINNED)
        assert not store.curation.swap(KEY, PINNED, ROW)
        assert not store.curation.swap(KEY, {**ROW, "changed_at": 6}, None)
        assert store.curation.one(*KEY) == ROW
    finally:
        store.close()
