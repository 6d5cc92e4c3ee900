"""Bring a store's schema to this code's, or back to that of an earlier one, while the shop goes on."""

from typing import Any

from tsuide.app.wiring import opened
from tsuide.config import Settings
from tsuide.store.inspection import make_indexes, revision_of
from tsuide.store.upgrade import downgrade, head, revisions


def standing(settings: Settings) -> dict[str, Any]:
    """Where a store stands and what waits for it; nothing is changed.

    Returns:
        revision (None: there is none yet), head, waiting (of each revision that is missing: revision, what).

    Raises:
        Unavailable: the database does not answer.
    """
    found = revision_of(settings.url)
    waiting = [{"revision": name, "what": what} for name, what in revisions() if name > (found or "")]
    return {"revision": found, "head": head(), "waiting": waiting}


def migrate_up(settings: Settings) -> dict[str, Any]:
    """Run what is missing, and make indexes that are lacking or were left half made.

    Returns:
        was, revision, indexes (made beyond those of the migrations).

    Raises:
        StoreOutdated: the store was made by newer code.
        Unavailable: the database does not answer, or another process keeps it locked.
    """
    was = revision_of(settings.url)
    with opened(settings) as shop:
        made = make_indexes(shop.store.record)
    return {"was": was, "revision": head(), "indexes": made}


def migrate_down(settings: Settings, to: str, *, drop: bool) -> dict[str, Any]:
    """Back to an earlier revision; rows are lost only where `drop` says so.

    Returns:
        was, revision, lost (table, or table.column → rows).

    Raises:
        Conflict: rows would be lost, and `drop` was not said.
        NotFound: no such earlier revision.
        Unavailable: the database does not answer, or another process keeps it locked.
    """
    with opened(settings) as shop:
        return {"was": head(), "revision": to, "lost": downgrade(shop.store.record, to, drop=drop)}
