"""The policy in force, and every one that ever was: kept by the store, read by `offers.policy`."""

from datetime import datetime
from typing import Any

from tsuide.app.wiring import Shop
from tsuide.errors import NotFound
from tsuide.kit.clock import from_micros
from tsuide.offers.policy.load import load_policy, ready_text
from tsuide.offers.policy.policy import Policy

FIRST = "standard"


def active_policy(shop: Shop, now: datetime) -> Policy:
    """The policy in force; a new shop starts with the ready-made `standard`.

    Raises:
        BadPolicy: the kept text cannot be read by this code.
    """
    row = shop.store.policies.active()
    if row is None:
        return put_in_force(shop, ready_text(FIRST), now)
    return load_policy(row["text"], name=row["name"], kept=True)


def put_in_force(shop: Shop, text: str, now: datetime, author: str | None = None) -> Policy:
    """Read a policy, keep it for ever under its version, and make it the one that holds.

    Raises:
        BadPolicy: with the line that is wrong; the policy in force stays.
    """
    policy = load_policy(text)
    shop.store.policies.save(policy.name, policy.version, text, now, author)
    shop.store.policies.activate(policy.name, policy.version)
    return policy


def versions(shop: Shop, name: str | None = None) -> list[dict[str, Any]]:
    """Every version that was ever kept (of one policy), newest first: name, version, at, author, active.

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
            "active": bool(row["active"]),
        }
        for row in rows
    ]


def activate_version(shop: Shop, name: str, version: str) -> Policy:
    """Put a kept version in force again: the way to undo a newer one.

    Raises:
        NotFound: it was never kept.
        BadPolicy: the kept text cannot be read by this code; the policy in force stays.
    """
    policy = policy_of(shop, name, version)
    shop.store.policies.activate(name, version)
    return policy


def policy_of(shop: Shop, name: str, version: str) -> Policy:
    """A policy as it was.

    Raises:
        NotFound: it was never kept.
    """
    return load_policy(shop.store.policies.get(name, version)["text"], name=name, kept=True)
