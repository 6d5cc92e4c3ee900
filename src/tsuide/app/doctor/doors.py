"""Who may come in, and what goes out: API keys, the mail server, mail to customers, other systems."""

import smtplib
import ssl
from datetime import datetime, timedelta
from typing import Final

from tsuide.app.doctor.finding import Finding
from tsuide.app.hooks import hooks_told
from tsuide.app.mail_setup import mail_setup
from tsuide.app.policies import active_policy
from tsuide.app.wiring import Shop
from tsuide.errors import BadSetting
from tsuide.outreach.channels.mail.smtp import Server
from tsuide.store.keys import ApiKey

_SMTP_S: Final = 10.0
_UNUSED: Final = timedelta(days=180)
_OLD: Final = timedelta(days=730)
_AT_HOME: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_MOST_WORDS: Final = 200


def keys(shop: Shop, now: datetime) -> list[Finding]:
    """Keys that may more than their place allows, that nobody uses, that are old."""
    live = [each for each in shop.store.keys.all() if each.revoked_at is None]
    if not live:
        return [Finding("keys", "mind", "keys_none")]
    findings = [found for each in live if (found := _key(each, now)) is not None]
    names = ", ".join(f"{each.name} ({' '.join(each.scopes)})" for each in live)
    return findings or [Finding("keys", "good", "keys", {"names": names})]


def _key(key: ApiKey, now: datetime) -> Finding | None:
    told = {"name": key.name, "id": key.id}
    more = [scope for scope in key.scopes if scope not in {"storefront", "agent"}]
    if "storefront" in key.scopes and more:
        return Finding("keys", "bad", "key_broad", told | {"scopes": ", ".join(more)})
    unused, old = now - (key.used_at or key.created_at), now - key.created_at
    if unused > _UNUSED:
        return Finding("keys", "mind", "key_unused", told | {"days": str(unused.days)})
    return Finding("keys", "mind", "key_old", told | {"days": str(old.days)}) if old > _OLD else None


def smtp(shop: Shop, now: datetime) -> list[Finding]:
    """Whether the mail server says hello and lets us in; nothing is said where none is named."""
    del now
    address = shop.settings.smtp.get_secret_value()
    if not address:
        return []
    try:
        server = Server.read(address)
    except BadSetting as error:
        return [Finding("smtp", "bad", "smtp_away", {"host": "TSUIDE_SMTP", "text": error.what})]
    host = f"{server.host}:{server.port}"
    try:
        line = server.connect(_SMTP_S)
        encrypted = isinstance(line.sock, ssl.SSLSocket)
        line.quit()
    except (OSError, smtplib.SMTPException) as error:
        text = f"{type(error).__name__}: {error}"[:_MOST_WORDS]
        return [Finding("smtp", "bad", "smtp_away", {"host": host, "text": text})]
    if not encrypted and server.host not in _AT_HOME:
        return [Finding("smtp", "mind", "smtp_plain", {"host": host})]
    return [Finding("smtp", "good", "smtp", {"host": host})]


def mail(shop: Shop, now: datetime) -> list[Finding]:
    """Whether mail to customers could go out; nothing is said where nobody set up any."""
    settings = shop.settings
    if not (settings.public_url or settings.dkim):
        return []
    setup = mail_setup(settings)
    findings = []
    if active_policy(shop, now).sender is None:
        findings.append(Finding("mail", "bad", "mail_sender"))
    if setup.key is None:
        findings.append(Finding("mail", "mind", "mail_unsigned"))
    doubt = len(shop.store.outbox.listed("in_doubt", n=1_000))
    if doubt:
        findings.append(Finding("mail", "mind", "mail_doubt", {"count": f"{doubt:,}"}))
    told = {"address": setup.identity.address, "host": setup.server.host}
    return findings or [Finding("mail", "good", "mail", told)]


def webhooks(shop: Shop, now: datetime) -> list[Finding]:
    """Whether other systems take what they are told; nothing is said where none is told."""
    del now
    return [
        Finding(
            "webhooks", "bad", "hook_failing", {"id": row["id"], "error": str(row["error"]), "url": str(row["url"])}
        )
        for row in hooks_told(shop)
        if row["failing_since"] is not None
    ]
