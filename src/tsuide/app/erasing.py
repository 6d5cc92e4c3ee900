"""Forget a person everywhere, or show them everything that is kept of them."""

import hashlib
import json
import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tsuide.app import customer_files, uploads
from tsuide.app.late_decisions import FOLDER, LateDecisions
from tsuide.app.privacy.marks import write_lists
from tsuide.app.privacy.proofs import FILES, write_proof
from tsuide.app.wiring import Shop
from tsuide.errors import Unavailable, UnknownCustomer
from tsuide.kit.clock import to_micros
from tsuide.mining.snapshot import prune_snapshots
from tsuide.offers.acceptance import from_json, to_json
from tsuide.offers.customer import CustomerView
from tsuide.offers.decision import ERASED, Decision

ERASED_SINCE_LEARNING: Final = "erased_since_learning"
"""Setting: when the last person was erased whom the learned state may still know."""


def erase_customer(shop: Shop, customer_id: str, now: datetime, who: str = "", *, lists: bool = True) -> dict[str, int]:
    """Forget one customer; erasing nobody is no error. A proof of it is kept that names nobody.

    Orders and outcomes stay as nobody's, so that every count stays right. What was learned from the person's own
    history is gone with the next `learn`, which then also removes the older snapshots; until then nothing reads it,
    because without a consent on record nothing personal is looked up.

    Returns:
        Rows changed or deleted, by table.

    Raises:
        Unavailable: the store does not answer, or a running server is about to hand decisions in that it kept while
            the store was away; nothing is erased, ask again.
    """
    _take_late(shop)
    customer_id = shop.store.aliases.of(customer_id)  # who was merged is who stays
    ids = [customer_id, *(each for each, kept in shop.store.aliases.all().items() if kept == customer_id)]
    done = shop.store.erasure.erase(customer_id, as_nobodys, _unsigned)
    folder = disclosures(shop)
    for path in folder.glob(f"{_name(customer_id)}-*.json") if folder.is_dir() else ():
        path.unlink()
    files = uploads.forget_files_of(shop, customer_id) + customer_files.forget_files_of(shop, customer_id)
    if files:
        done[FILES] = files
    if done:
        shop.store.settings.put(ERASED_SINCE_LEARNING, now.isoformat(), now)
        left = {name: len(rows) for name, rows in shop.store.erasure.everything_of(customer_id).items() if rows}
        write_proof(shop, ids, now, who, done, left)
        if lists:
            write_lists(shop, now)
    return done


def _take_late(shop: Shop) -> None:
    """Decisions that wait in a file for the store would bring a person back who was erased before they reach it."""
    folder = shop.settings.home / FOLDER
    if not any(folder.glob("*.jsonl")):
        return
    journal = shop.store.journal()
    try:
        LateDecisions(folder, journal, lambda: None).hand_in()
    finally:
        journal.close_now()
    if any(folder.glob("*.jsonl")):
        raise Unavailable(
            "decisions are on their way to the store", key="folder", value=str(folder), way_out="ask again in a moment"
        )


def erased_since_learning(shop: Shop) -> str:
    """When somebody was last erased whom learned states may still know; "" where nobody was."""
    return shop.store.settings.get(ERASED_SINCE_LEARNING) or ""


def forget_learned(shop: Shop, erased: str, now: datetime) -> list[str]:
    """Remove the snapshots in which somebody erased may still stand, once there is a newer one without them.

    Args:
        shop: whose snapshots.
        erased: what `erased_since_learning` said before the newer one's facts were read: whoever was erased after that
            waits for the next learning.
        now: UTC.

    Returns:
        The snapshots removed; decisions made with them refuse replay by name from now on.
    """
    if not erased or erased_since_learning(shop) != erased:
        return []
    removed = prune_snapshots(shop.snapshots, keep=1)
    shop.store.settings.put(ERASED_SINCE_LEARNING, "", now)
    shop.store.erased.learned(now)
    return removed


def forget_everyone(shop: Shop, now: datetime) -> int:
    """Forget every customer: the shop has left the platform. How many there were."""
    shop.store.erasure.forget_messages()
    everyone = shop.store.erasure.everyone()
    for customer_id in everyone:
        erase_customer(shop, customer_id, now, lists=False)
    write_lists(shop, now)
    return len(everyone)


def everything_of(shop: Shop, customer_id: str) -> dict[str, list[dict[str, Any]]]:
    """All that is kept of a customer, by table.

    Raises:
        UnknownCustomer: nothing is kept of anybody with this id.
    """
    customer_id = shop.store.aliases.of(customer_id)
    kept = shop.store.erasure.everything_of(customer_id)
    if not any(kept.values()):
        raise UnknownCustomer("nothing is kept of this customer", key="customer_id", value=customer_id)
    return kept


def disclose(shop: Shop, customer_id: str, now: datetime) -> Path | None:
    """Write everything that is kept of a customer to a file that only the shop's own people can read.

    Returns:
        The file; None where nothing is kept.
    """
    try:
        kept = everything_of(shop, customer_id)
    except UnknownCustomer:
        return None
    folder = disclosures(shop)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    path = folder / f"{_name(customer_id)}-{to_micros(now)}.json"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump({"customer_id": customer_id, "at": now.isoformat(), **kept}, file, ensure_ascii=False, indent=1)
    return path


def disclosures(shop: Shop) -> Path:
    """The folder of what was written for customers who asked."""
    return shop.settings.home / "disclosures"


def _name(customer_id: str) -> str:
    return hashlib.blake2b(
        customer_id.encode(), digest_size=12
    ).hexdigest()  # ids may hold anything, names of files not


def as_nobodys(record: str) -> str:
    """A decision's record without the person: what was offered stays, whom it was for does not."""
    decision = Decision.from_json(record)
    request = replace(decision.request, customer_id=None, anonymous_id=None, session_id=None, agent=None)
    nobody = CustomerView(arms=decision.customer.arms, trial=decision.customer.trial)  # drawn, not theirs
    return replace(decision, request=request, customer=nobody, unit=ERASED).to_json()


def _unsigned(content: str) -> str:
    """A confirmation's content without the customer."""
    return to_json(replace(from_json(content), customer_id=None))
