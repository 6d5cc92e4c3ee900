"""What an owner sets in the console instead of the environment: language, currency, time zone, mail; with versions."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parseaddr
from typing import Any, Final

from tsuide.app.changes import must_stand
from tsuide.app.mail_setup import read_rates, read_warm_up
from tsuide.app.mailing import ADDRESS
from tsuide.app.wiring import KEPT, Shop
from tsuide.config import MASK, PREFIX, SETTABLE, masked, with_kept
from tsuide.errors import BadSetting, BadValue, Conflict
from tsuide.outreach.channels.mail.compose import Identity
from tsuide.outreach.channels.mail.smtp import Server

_MOST: Final = 500
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def kept_settings(shop: Shop) -> dict[str, str]:
    """What is set in the console now, by name."""
    versions = _versions(shop.store.settings.get(KEPT))
    return dict(versions[-1]["values"]) if versions else {}


def fixed_settings(shop: Shop) -> frozenset[str]:
    """Those of `SETTABLE` that the environment fixes: it wins over what is set in the console."""
    return frozenset(SETTABLE) & shop.given.model_fields_set


def shown_settings(shop: Shop) -> dict[str, str]:
    """Those of `SETTABLE` as they hold now, a password masked."""
    found = {}
    for name in SETTABLE:
        value = getattr(shop.settings, name)
        found[name] = masked(value.get_secret_value() if hasattr(value, "get_secret_value") else str(value))
    return found


def set_settings(shop: Shop, chosen: Mapping[str, str], who: str, now: datetime) -> dict[str, Any]:
    """Set what `chosen` names; the rest stays. What is empty is as if it had never been set.

    It holds here at once, in other processes of the shop within seconds. Every version is kept.

    Args:
        shop: whose.
        chosen: of `SETTABLE`, and not of those that the environment fixes; a password that stands there masked stays.
        who: who sets it.
        now: UTC.

    Returns:
        before and after (of what was changed, passwords masked; None = not set), and undo, for `take_back_settings`.

    Raises:
        BadValue: a name or a value that cannot be used.
        Conflict: the environment fixes it, or somebody else set something at the same moment.
    """
    text = shop.store.settings.get(KEPT)
    versions = _versions(text)
    before: dict[str, str] = versions[-1]["values"] if versions else {}
    said = {name: _unmasked(name, value.strip(), before) for name, value in chosen.items()}
    for name, value in said.items():
        if name not in SETTABLE:
            raise BadValue("not set here", key=name, value=value, way_out=", ".join(SETTABLE))
        if name in shop.given.model_fields_set:
            raise Conflict("the server's environment fixes this", key=name, value=f"{PREFIX}{name.upper()}",
                           way_out="change the variable where the server is started")  # fmt: skip
    after = {name: value for name, value in {**before, **said}.items() if value}
    _check(shop, {name: after[name] for name in said if name in after})
    names = [name for name in said if before.get(name) != after.get(name)]
    if names:
        _write(shop, text, [*versions, _version(after, who, now)], now)
    undo = {"names": names, "before": len(versions), "made": len(versions) + bool(names)}
    return {"before": _told(before, names), "after": _told(after, names), "undo": undo}


def take_back_settings(shop: Shop, undo: Mapping[str, Any], who: str, now: datetime) -> None:
    """Set what one change set as it was before it; what others set since elsewhere stays.

    Raises:
        Conflict: the same was set since.
    """
    text = shop.store.settings.get(KEPT)
    versions = _versions(text)
    stands, made, before = (_at(versions, number) for number in (len(versions), undo["made"], undo["before"]))
    after = dict(stands)
    for name in undo["names"]:
        must_stand(stands.get(name), made.get(name), name)
        after[name] = before.get(name, "")
    kept = {name: value for name, value in after.items() if value}
    _write(shop, text, [*versions, _version(kept, who, now)], now)


def _at(versions: list[dict[str, Any]], number: int) -> dict[str, str]:
    return dict(versions[number - 1]["values"]) if number else {}


def _version(values: Mapping[str, str], who: str, now: datetime) -> dict[str, Any]:
    return {"at": now.isoformat(), "who": who, "values": dict(values)}


def _versions(text: str | None) -> list[dict[str, Any]]:
    return json.loads(text) if text else []


def _write(shop: Shop, before: str | None, versions: list[dict[str, Any]], now: datetime) -> None:
    if not shop.store.settings.put_over(KEPT, before, json.dumps(versions, ensure_ascii=False), now):
        raise Conflict("somebody else set something at the same moment", key="settings", way_out="look, and try again")
    shop.take_up_settings()


def _told(values: Mapping[str, str], names: list[str]) -> dict[str, str | None] | None:
    return {name: masked(values[name]) if name in values else None for name in names} or None


def _unmasked(name: str, value: str, before: Mapping[str, str]) -> str:
    """A password that was shown masked stays, but only for the very server to which it belongs."""
    if MASK not in value:
        return value
    if value != masked(before.get(name, "")):
        raise BadValue("the password belongs to another address", key=name, value=value, way_out="write it anew")
    return before[name]


def _check(shop: Shop, said: Mapping[str, str]) -> None:
    checks: dict[str, Callable[[str], object]] = {
        "smtp": Server.read, "mail_rates": read_rates, "mail_warm_up": read_warm_up, "mail_from": _sender,
        "mail_return": _return,
    }  # fmt: skip
    for name, value in said.items():
        if len(value) > _MOST or _CONTROL.search(value):
            raise BadValue("must be one line", key=name, value=masked(value)[:_MOST], way_out=f"{_MOST} characters")
        try:
            checks.get(name, str)(value)
            with_kept(shop.given, {name: value})
        except BadSetting as error:
            raise BadValue(error.what, key=name, value=masked(value), way_out=error.way_out) from error


def _sender(text: str) -> None:
    name, address = parseaddr(text)
    Identity.of(address, name)


def _return(text: str) -> None:
    if ADDRESS.fullmatch(text.replace("{id}", "1")) is None:
        raise BadSetting("not a mail address", key="TSUIDE_MAIL_RETURN", value=text, way_out="bounces+{id}@example.com")
