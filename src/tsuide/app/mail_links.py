"""Signed links in mails: they name the message, not the customer, so nothing can be read from one."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from tsuide.app.wiring import Shop
from tsuide.errors import Refused

_KEPT: Final = "outreach.secret"
_SIZE: Final = 16  # bytes of a signature
MOST_TOKEN: Final = 200  # characters


def draw_secret() -> str:
    """256 random bits, in hexadecimal."""
    return secrets.token_hex(32)


class MailLinks:
    """Signs and checks links, and marks addresses.

    Links of mails that were sent stay good as long as their message is kept: a right to leave does not expire, so this
    secret is drawn once and never rotated.

    Args:
        secret: 32 bytes.

    >>> links = MailLinks(b"0" * 32)
    >>> links.message_of(links.token("m_1", "click/0"), "click/0")
    'm_1'
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def token(self, message_id: str, use: str) -> str:
        """A token of a message, good for one use (unsubscribe, preferences, open, click/3)."""
        return f"{message_id}.{self.seal(use, message_id)}"

    def seal(self, use: str, text: str) -> str:
        """What shows that a text was written here, for one use."""
        return self._mac(f"{use}.{text}")

    def message_of(self, token: str, use: str) -> str:
        """The message that a token names.

        Raises:
            Refused: it was not signed here for this use.
        """
        message_id, _, mark = token[:MOST_TOKEN].rpartition(".")
        right = self.seal(use, message_id)
        if not hmac.compare_digest(right.encode(), mark.encode("utf-8", "replace")) or len(token) > MOST_TOKEN:
            raise Refused("this link is not valid", key="token", way_out="open the newest message")
        return message_id

    def dated(self, subject: str, use: str, until: datetime) -> str:
        """A token that says until when it is good.

        >>> links = MailLinks(b"0" * 32)
        >>> token = links.dated("m_1", "survey/nps", datetime(2026, 6, 1, tzinfo=UTC))
        >>> links.dated_of(token, "survey/nps")
        ('m_1', datetime.datetime(2026, 6, 1, 0, 0, tzinfo=datetime.timezone.utc))
        """
        named = f"{subject}.{int(until.timestamp()):x}"
        return f"{named}.{self._mac(f'{use}.{named}')}"

    def dated_of(self, token: str, use: str) -> tuple[str, datetime]:
        """What a dated token names, and until when it is good; whether that has passed is the caller's to see.

        Raises:
            Refused: it was not signed here for this use.
        """
        named = self.message_of(token, use)
        subject, _, seconds = named.rpartition(".")
        return subject, datetime.fromtimestamp(int(seconds, 16), UTC)

    def mark(self, address: str) -> str:
        """What stands for an address where it must not be readable."""
        return self._mac(f"address.{address.strip().lower()}")

    def _mac(self, text: str) -> str:
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()[: 2 * _SIZE]


def mail_links(shop: Shop, now: datetime, draw: Callable[[], str] = draw_secret) -> MailLinks:
    """The shop's; its secret is drawn when it has none."""
    kept = shop.store.settings.get(_KEPT)
    if kept is None:
        kept = shop.store.settings.put_once(_KEPT, json.dumps(draw()), now)
    return MailLinks(bytes.fromhex(json.loads(kept)))
