"""How changes of settings and data are taken back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from tsuide.app.changes import Undo
from tsuide.app.consent_words import restore_consent_words
from tsuide.app.hooks import remove_hook, restore_hook
from tsuide.app.jobs import ended_well
from tsuide.app.shop_settings import take_back_settings
from tsuide.app.signing import restore_sale_terms
from tsuide.app.snapshots import roll_back
from tsuide.app.uploads import put_mapping, take_back
from tsuide.app.users import User, change_user, withdraw_link
from tsuide.app.wiring import Shop


def _invitation(shop: Shop, undo: Mapping[str, Any], _who: User, now: datetime) -> None:
    withdraw_link(shop, undo["id"])
    change_user(shop, undo["id"], {"ended": "yes"}, now)


def _user(shop: Shop, undo: Mapping[str, Any], _who: User, now: datetime) -> None:
    change_user(shop, undo["id"], undo["was"], now)


def _hook(shop: Shop, undo: Mapping[str, Any], _who: User, now: datetime) -> None:
    if undo["was"] is None:
        remove_hook(shop, undo["id"])
    else:
        restore_hook(shop, undo["was"], now)


def _import(shop: Shop, undo: Mapping[str, Any], _who: User, now: datetime) -> None:
    """Products, customers or orders as they stood before a file was imported.

    Raises:
        NotFound: the file, and what was there before, are not kept any more.
        BadFile: the import was cut off.
        Conflict: the import is not over, or what it changed was changed since.
    """
    job = ended_well(shop, undo["job"], now)
    if job is not None:
        take_back(shop, job["wanted"]["upload"], job["result"]["number"])


def _words(shop: Shop, undo: Mapping[str, Any], who: str, now: datetime) -> None:
    restore_consent_words(shop, undo["before"], who, now, over=undo["made"])


def _snapshot(shop: Shop, undo: Mapping[str, Any], _who: User, _now: datetime) -> None:
    roll_back(shop, undo["id"])


def _mapping(shop: Shop, undo: Mapping[str, Any], _who: User, now: datetime) -> None:
    put_mapping(shop, undo["name"], undo["was"], now)


def _message(shop: Shop, undo: Mapping[str, Any], _who: User, _now: datetime) -> None:
    """Back into quarantine, as it was."""
    shop.store.inbox.settle([(undo["id"], "quarantined", undo["reason"])])


SHOP_WAYS: Final[Mapping[str, Undo]] = {
    "user.invite": _invitation,
    "user.link": lambda shop, undo, _who, _now: withdraw_link(shop, undo["id"]),
    "user.change": _user,
    "user.end": _user,
    "user.again": _user,
    "key.make": lambda shop, undo, _who, now: shop.store.keys.revoke(undo["id"], now),
    "key.revoke": lambda shop, undo, _who, _now: shop.store.keys.restore(undo["id"]),
    "terms.set": lambda shop, undo, _who, now: restore_sale_terms(shop, undo["was"], now),
    "settings.set": lambda shop, undo, who, now: take_back_settings(shop, undo, who.name, now),
    "consent.words": lambda shop, undo, who, now: _words(shop, undo, who.name, now),
    "hook.set": _hook,
    "hook.remove": _hook,
    "import.begin": _import,
    "mapping.keep": _mapping,
    "mapping.forget": _mapping,
    "message.drop": _message,
    "snapshot.use": _snapshot,
}
"""Action → how it is undone: with the plain values that were recorded as `undo`."""
