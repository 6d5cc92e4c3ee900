"""The templates that a shop may send: the ready-made ones, and its own in their place or beside them."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from tsuide.app.wiring import Shop
from tsuide.errors import NotFound
from tsuide.kit.clock import from_micros
from tsuide.outreach.channels.mail.template import (
    READY,
    MailTemplate,
    read_template,
    ready_template,
    ready_template_text,
)


def templates(shop: Shop) -> dict[str, MailTemplate]:
    """Every template that may be sent, by name."""
    own = {row["name"]: _read(row["text"], row["name"]) for row in shop.store.mail_templates.active()}
    return {name: ready_template(name) for name in READY} | own


@lru_cache(maxsize=256)
def _read(text: str, name: str) -> MailTemplate:
    return read_template(text, name)


def template_of(shop: Shop, name: str) -> MailTemplate:
    """One template.

    Raises:
        NotFound: there is none of this name.
    """
    found = templates(shop)
    if name not in found:
        raise NotFound("no such template", key="template", value=name, way_out=f"one of {', '.join(sorted(found))}")
    return found[name]


def text_of(shop: Shop, name: str) -> str:
    """The YAML of one template.

    Raises:
        NotFound: there is none of this name.
    """
    own = own_text(shop, name)
    return ready_template_text(name) if own is None else own


def own_text(shop: Shop, name: str) -> str | None:
    """The YAML of the shop's own template; None = it has none of this name in use."""
    return next((str(row["text"]) for row in shop.store.mail_templates.active() if row["name"] == name), None)


def put_template(shop: Shop, name: str, text: str, now: datetime) -> MailTemplate:
    """Keep a template of the shop's own; one of a ready-made name stands in its place from now on.

    Raises:
        BadValue: it cannot be read; the one before stays.
    """
    template = read_template(text, name)
    shop.store.mail_templates.put(template.name, template.version, text, now)
    return template


def remove_template(shop: Shop, name: str) -> None:
    """Take a template of the shop's own out of use; a ready-made one of its name holds again.

    Raises:
        NotFound: the shop has none of this name.
    """
    if not shop.store.mail_templates.remove(name):
        raise NotFound("the shop has no template of its own of this name", key="template", value=name)


def own_templates(shop: Shop) -> frozenset[str]:
    """The names of the shop's own templates that are in use."""
    return frozenset(str(row["name"]) for row in shop.store.mail_templates.active())


def template_versions(shop: Shop, name: str) -> list[dict[str, Any]]:
    """Every version of the shop's own template, the one that was kept last first: version, at, text, active."""
    return [
        {"version": row["version"], "at": from_micros(row["at"]), "text": row["text"], "active": bool(row["active"])}
        for row in shop.store.mail_templates.versions(name)
    ]


def take_back_template(shop: Shop, name: str, before: str | None, now: datetime) -> None:
    """Let a template say again what it said; None = the shop had none of its own.

    Raises:
        NotFound: it is to be taken out, and there is none.
    """
    if before is None:
        remove_template(shop, name)
    else:
        put_template(shop, name, before, now)
