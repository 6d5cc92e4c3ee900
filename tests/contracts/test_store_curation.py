"""What people decided about single pairs, on SQLite and on PostgreSQL: one row each, the newest holds."""

from typing import Any

from tsuide.store.database import open_store

ROW: dict[str, Any] = {
    "about": "beside", "product_id": "cam", "other_ids": '["card"]', "verdict": "banned", "texts": "{}",
    "approved_at": None, "approved_by": None, "changed_at": 5, "changed_by": "Mori",
}  # fmt: skip


def test_one_row_per_pair_and_the_newest_holds(store_url: str) -> None:
    store = open_store(store_url)
    try:
        store.curation.put(ROW)
        store.curation.put({**ROW, "verdict": "pinned", "approved_at": 7, "approved_by": "Abe"})
        store.curation.put({**ROW, "product_id": "card", "other_ids": '["cam"]'})
        rows = [(row["product_id"], row["verdict"]) for row in store.curation.all()]
        assert rows == [("cam", "pinned"), ("card", "banned")]
        one = store.curation.one("beside", "cam", '["card"]')
        assert one is not None
        assert (one["approved_at"], one["approved_by"]) == (7, "Abe")
        assert store.curation.one("set", "cam", '["card"]') is None
        assert store.curation.remove("beside", "cam", '["card"]')
        assert not store.curation.remove("beside", "cam", '["card"]')
        assert len(store.curation.all()) == 1
    finally:
        store.close()
