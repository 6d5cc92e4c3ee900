"""How a shop's mail goes out, from its settings: server, sender, signature, rates, addresses of public pages."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Final, Literal

from pydantic import SecretStr

from tsuide.config import Settings
from tsuide.errors import BadSetting
from tsuide.kit.clock import zone
from tsuide.outreach.channels.mail.compose import Identity
from tsuide.outreach.channels.mail.signature import DkimKey
from tsuide.outreach.channels.mail.smtp import Server
from tsuide.outreach.message import MessagePurpose
from tsuide.store.outbox import Cap

_MINUTE: Final = timedelta(minutes=1)
_WARM_DAYS: Final = 21  # after which receivers know the sender
_MORE_EACH_DAY: Final = 1.5
_MOST_A_MINUTE: Final = 1_000_000
Page = Literal["unsubscribe", "preferences", "open", "click", "survey"]
ANY: Final = "*"


@dataclass(frozen=True, slots=True)
class WarmUp:
    """A new sender begins with few mails a day, and half as many again each day.

    >>> warm_up = WarmUp(date(2026, 12, 1), 200)
    >>> warm_up.most_on(date(2026, 12, 3)), warm_up.most_on(date(2027, 1, 1))
    (450, None)
    """

    since: date
    first: int

    def most_on(self, day: date) -> int | None:
        """How many marketing mails on a day; None = no bound any more (or not yet)."""
        days = (day - self.since).days
        if not 0 <= days < _WARM_DAYS:
            return None
        return round(self.first * _MORE_EACH_DAY**days)


@dataclass(frozen=True, slots=True)
class MailSetup:
    """Everything that sending mail needs.

    Args:
        public: base address of the public pages.
        product_page: where a product that has no address of its own is shown, ``{id}`` in it.
        rates: domain → mails a minute; ``*`` for every other.
    """

    server: Server
    identity: Identity
    public: str
    product_page: str
    key: DkimKey | None
    rates: dict[str, int]
    warm_up: WarmUp | None
    time_zone: str

    def page(self, which: Page, token: str) -> str:
        """Address of a public page."""
        return f"{self.public}/m/{which}/{token}"

    def caps(self, domain: str, purpose: MessagePurpose, now: datetime) -> tuple[Cap, ...]:
        """What may go out to a domain now; what must arrive is held by the domain's rate alone."""
        found = []
        rate = self.rates.get(domain, self.rates.get(ANY))
        if rate is not None:
            found.append(Cap("domain_rate", now - _MINUTE, rate, now + _MINUTE, domain))
        local = now.astimezone(zone(self.time_zone))
        most = None if self.warm_up is None or purpose != "marketing" else self.warm_up.most_on(local.date())
        if most is not None:
            midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
            tomorrow = (midnight + timedelta(days=1)).astimezone(now.tzinfo)
            found.append(Cap("warm_up", midnight.astimezone(now.tzinfo), most, tomorrow, purpose="marketing"))
        return tuple(found)


def mail_setup(settings: Settings) -> MailSetup:
    """The setup that settings describe.

    Raises:
        BadSetting: something is missing or wrong; the variable is named.
    """
    name, address = parseaddr(settings.mail_from)
    if not address:
        raise BadSetting("nobody is named as sender", key="TSUIDE_MAIL_FROM", way_out="Shop <shop@example.com>")
    if not settings.public_url:
        raise BadSetting(
            "customers could not unsubscribe: no address of this server is named",
            key="TSUIDE_PUBLIC_URL",
            way_out="https://shop.example.com",
        )
    return MailSetup(
        server=Server.read(settings.smtp.get_secret_value()),
        identity=Identity.of(address, name, settings.mail_return or None),
        public=settings.public_url,
        product_page=settings.product_page or settings.public_url + "/shop/p/{id}",
        key=read_key(settings.dkim) if settings.dkim else None,
        rates=read_rates(settings.mail_rates),
        warm_up=read_warm_up(settings.mail_warm_up) if settings.mail_warm_up else None,
        time_zone=settings.time_zone,
    )


def preview_setup(settings: Settings) -> MailSetup:
    """As `mail_setup`, with what is missing made up: to look at mails before anything is set."""
    made_up = {"mail_from": "shop@shop.example", "public_url": "https://shop.example", "dkim": ""}
    given = {name: getattr(settings, name) or text for name, text in made_up.items()}
    server = settings.smtp if settings.smtp.get_secret_value() else SecretStr("smtp://mail.invalid")
    return mail_setup(settings.model_copy(update=given | {"smtp": server, "dkim": ""}))


def read_key(text: str) -> DkimKey:
    """``selector@example.com:/path/to/key.pem``.

    Raises:
        BadSetting: not of this form, or the file cannot be read.
    """
    name, _, path = text.partition(":")
    selector, at, domain = name.partition("@")
    if not (selector and at and domain and path):
        raise BadSetting("not a key", key="TSUIDE_DKIM", value=text, way_out="selector@example.com:/path/to/key.pem")
    try:
        return DkimKey(selector, domain, Path(path).read_bytes())
    except OSError as error:
        raise BadSetting("the key cannot be read", key="TSUIDE_DKIM", value=path) from error


def read_rates(text: str) -> dict[str, int]:
    """``docomo.ne.jp=60,*=600``: mails a minute.

    Raises:
        BadSetting: not of this form.

    >>> read_rates("docomo.ne.jp=60, *=600")
    {'docomo.ne.jp': 60, '*': 600}
    """
    found = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        domain, _, rate = part.partition("=")
        if not domain or not rate.isascii() or not rate.isdigit() or not 1 <= int(rate) <= _MOST_A_MINUTE:
            raise BadSetting(
                "not a rate", key="TSUIDE_MAIL_RATES", value=part, way_out="docomo.ne.jp=60: so many a minute"
            )
        found[domain.lower()] = int(rate)
    return found


def read_warm_up(text: str) -> WarmUp:
    """``2026-12-01=200``: so many on the first day.

    Raises:
        BadSetting: not of this form.
    """
    day, _, first = text.partition("=")
    try:
        return WarmUp(date.fromisoformat(day), max(1, int(first)))
    except ValueError as error:
        raise BadSetting("not a warm-up", key="TSUIDE_MAIL_WARM_UP", value=text, way_out="2026-12-01=200") from error
