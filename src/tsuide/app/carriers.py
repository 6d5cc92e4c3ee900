"""Who carries each channel, as the settings say; one carrier for each thread that sends."""

import json
import threading
from pathlib import Path
from typing import Final, cast

from tsuide.app.mail_setup import MailSetup
from tsuide.app.wiring import Shop
from tsuide.config import Settings
from tsuide.errors import BadSetting
from tsuide.facts.consent import CHANNELS, Channel
from tsuide.outreach.channels.channel import Channel as Carrier
from tsuide.outreach.channels.channel import Letter
from tsuide.outreach.channels.file import FileChannel
from tsuide.outreach.channels.line import LineChannel, line_sdk
from tsuide.outreach.channels.mail.smtp import SmtpChannel
from tsuide.outreach.channels.rep import RepChannel
from tsuide.outreach.channels.webhook import WebhookChannel

OURSELVES: Final[frozenset[Channel]] = frozenset({"email", "rep"})
"""Channels that need no carrier's name: the mail server has settings of its own, tasks stand in the store."""
_WAY_OUT: Final = "line=https://example.com/hook, or sms=file:/path/to/folder"


class Carriers:
    """Makes carriers and keeps them, for each thread its own.

    Args:
        shop: whose settings.
        setup: of mail.

    Raises:
        BadSetting: a carrier that cannot be read.
        MissingExtra: a setting asks for LINE, and its SDK is not installed.
    """

    def __init__(self, shop: Shop, setup: MailSetup) -> None:
        self._shop = shop
        self._setup = setup
        self._named = read_carriers(shop.settings.carriers)
        self._secret = shop.settings.carrier_secret.get_secret_value()
        self._line_token = shop.settings.line_token.get_secret_value()
        if self._line_token and "line" not in self._named:
            line_sdk()  # told now, not when the first message is on its way
        self._local = threading.local()
        self._made: list[Carrier] = []
        self._turn = threading.Lock()

    def of(self, channel: Channel) -> Carrier:
        """The carrier of a channel.

        Raises:
            BadSetting: nobody carries it.
        """
        kept: dict[str, Carrier] = self._local.__dict__
        if channel not in kept:
            kept[channel] = self._make(channel)
            with self._turn:
                self._made.append(kept[channel])
        return kept[channel]

    def carries(self, channel: Channel) -> bool:
        """Whether somebody carries a channel."""
        return channel in self.carried

    @property
    def carried(self) -> frozenset[Channel]:
        """Channels that somebody carries."""
        return carried_by(self._shop.settings)

    def close(self) -> None:
        """Close what was made."""
        with self._turn:
            for each in self._made:
                each.close()

    def _make(self, channel: Channel) -> Carrier:
        where = self._named.get(channel)
        if where is None:
            if channel == "email":
                return SmtpChannel(self._setup.server, self._setup.identity, self._setup.key, self._feedback)
            if channel == "rep":
                return RepChannel(self._shop.store.tasks.give, self._owner)
            if channel == "line" and self._line_token:
                return LineChannel(self._line_token, self._shop.settings.line_endpoint)
            raise BadSetting("nobody carries this channel", key="TSUIDE_CARRIERS", value=channel, way_out=_WAY_OUT)
        if where.startswith("file:"):
            return FileChannel(Path(where.removeprefix("file:")))
        return WebhookChannel(where, self._secret)

    def _owner(self, customer_id: str) -> str:
        """Who looks after a customer, as their attribute of that name says."""
        found = self._shop.store.trails.attributes([customer_id])
        return str(json.loads(found.get(customer_id, "{}")).get("owner", ""))

    def _feedback(self, letter: Letter) -> str:
        """Campaign, template, purpose and sender: by what receivers group complaints (no customer in it)."""
        source = letter.more.get("source") or "-"
        return ":".join(
            str(each).replace(":", "-")[:60]
            for each in (source, letter.more.get("template"), letter.purpose, self._setup.identity.domain)
        )


def carried_by(settings: Settings) -> frozenset[Channel]:
    """Channels that somebody carries, as the settings say.

    Raises:
        BadSetting: a carrier that cannot be read.
    """
    named = OURSELVES | {cast("Channel", each) for each in read_carriers(settings.carriers)}
    return named | {"line"} if settings.line_token.get_secret_value() else named


def read_carriers(text: str) -> dict[str, str]:
    """``line=https://…,sms=file:/out``.

    Raises:
        BadSetting: an unknown channel, or neither a web address nor a folder.

    >>> read_carriers("sms=file:/out")
    {'sms': 'file:/out'}
    """
    found = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        channel, _, where = part.partition("=")
        if channel not in CHANNELS or not where.startswith(("https://", "http://", "file:")):
            raise BadSetting("not a carrier", key="TSUIDE_CARRIERS", value=part, way_out=_WAY_OUT)
        found[channel] = where
    return found
