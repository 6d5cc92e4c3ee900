"""The policy in force, and every one that ever was: kept by the store, read by `offers.policy`."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from tsuide.app.wiring import Shop
from tsuide.errors import NotFound
from tsuide.kit.clock import from_micros
from tsuide.offers.policy.load import load_policy, ready_text
from tsuide.offers.policy.policy import Policy

FIRST = "standard"
_DRAFT: Final = "policy.draft."


def active_policy(shop: Shop, now: datetime) -> Policy:
    """The policy in force; a new shop starts with the ready-made `standard`.

    Raises:
        BadPolicy: the kept text cannot be read by this code.
    """
    row = shop.store.policies.active()
    if row is None:
        return put_in_force(shop, ready_text(FIRST), now)
    return load_policy(row["text"], name=row["name"], kept=True)


def put_in_force(
    shop: Shop,
    text: str,
    now: datetime,
    author: str | None = None,
    *,
    note: str | None = None,
    over: tuple[str, str] | None = None,
) -> Policy:
    """Read a policy, keep it for ever under its version, and make it the one that holds.

    Args:
        shop: whose.
        text: YAML.
        now: UTC.
        author: who.
        note: why, in a few words.
        over: name and version that its author had seen in force; None = whatever holds now is replaced.

    Raises:
        BadPolicy: with the line that is wrong; the policy in force stays.
        Conflict: another than `over` is in force by now, and stays.
    """
    policy = load_policy(text)
    shop.store.policies.save(policy.name, policy.version, text, now, author, note=note, over=over)
    return policy


def versions(shop: Shop, name: str | None = None) -> list[dict[str, Any]]:
    """Every version that was ever kept (of one policy), newest first: name, version, at, author, note, active.

    Raises:
        NotFound: no policy has this name.
    """
    rows = [row for row in shop.store.policies.versions() if name is None or row["name"] == name]
    if name is not None and not rows:
        raise NotFound("no such policy", key="policy", value=name, way_out="tsuide policy list")
    return [
        {
            "name": row["name"],
            "version": row["version"],
            "at": from_micros(row["at"]),
            "author": row["author"],
            "note": row["note"],
            "active": bool(row["active"]),
        }
        for row in rows
    ]


def activate_version(shop: Shop, name: str, version: str, *, over: tuple[str, str] | None = None) -> Policy:
    """Put a kept version in force again: the way to undo a newer one. `over` as in `put_in_force`.

    Raises:
        NotFound: it was never kept.
        BadPolicy: the kept text cannot be read by this code; the policy in force stays.
        Conflict: another than `over` is in force by now, and stays.
    """
    policy = policy_of(shop, name, version)
    shop.store.policies.activate(name, version, over)
    return policy


def policy_of(shop: Shop, name: str, version: str) -> Policy:
    """A policy as it was.

    Raises:
        NotFound: it was never kept.
    """
    return load_policy(shop.store.policies.get(name, version)["text"], name=name, kept=True)


def keep_draft(shop: Shop, who: str, draft: Mapping[str, Any] | None, now: datetime) -> None:
    """Keep what somebody is working on, so that leaving the page loses nothing; None = it is done."""
    shop.store.settings.put(f"{_DRAFT}{who}", "" if draft is None else json.dumps(draft, ensure_ascii=False), now)


def draft_of(shop: Shop, who: str) -> dict[str, Any] | None:
    """What somebody is working on; None = nothing."""
    kept = shop.store.settings.get(f"{_DRAFT}{who}")
    draft: dict[str, Any] | None = json.loads(kept) if kept else None
    return draft


def version_of(shop: Shop, name: str, version: str) -> dict[str, Any]:
    """One version as it was kept: name, version, text, at, author, note, active.

    Raises:
        NotFound: it was never kept.
    """
    row = shop.store.policies.get(name, version)
    return {**row, "at": from_micros(row["at"]), "active": bool(row["active"])}
