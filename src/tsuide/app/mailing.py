"""Mail to the shop's own people through the SMTP server of TSUIDE_SMTP."""

import smtplib
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from typing import Final
from urllib.parse import unquote, urlsplit

from tsuide.config import Settings
from tsuide.errors import BadSetting, Unavailable

_TIMEOUT_S: Final = 30
_PORTS: Final = {"smtp": 25, "smtps": 465}


def report_mail(
    settings: Settings,
    to: Sequence[str],
    subject: str,
    text: str,
    html: str,
    files: Mapping[str, str],
) -> EmailMessage:
    """A report as a mail: plain text, HTML, and its files.

    Raises:
        BadSetting: TSUIDE_MAIL_FROM is not set.
    """
    if not settings.mail_from:
        raise BadSetting("nobody is named as sender", key="TSUIDE_MAIL_FROM", way_out="reports@example.com")
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.mail_from, ", ".join(to), subject
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    for name, content in files.items():
        kind = "html" if name.endswith(".html") else "csv"
        message.add_attachment(content.encode(), maintype="text", subtype=kind, filename=name)
    return message


def send(settings: Settings, message: EmailMessage) -> None:
    """Send one mail; encrypted where the server offers it.

    Raises:
        BadSetting: TSUIDE_SMTP is not set, or not an address of a server.
        Unavailable: the server does not answer, or refuses.
    """
    address = urlsplit(settings.smtp.get_secret_value())
    if address.scheme not in _PORTS or not address.hostname:
        raise BadSetting("no mail server is named", key="TSUIDE_SMTP", way_out="smtp://user:password@host:587")
    make = smtplib.SMTP_SSL if address.scheme == "smtps" else smtplib.SMTP
    try:
        with make(address.hostname, address.port or _PORTS[address.scheme], timeout=_TIMEOUT_S) as server:
            server.ehlo()
            if address.scheme == "smtp" and server.has_extn("starttls"):
                server.starttls()
                server.ehlo()
            if address.username:
                server.login(unquote(address.username), unquote(address.password or ""))
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as exc:
        why = f"the mail server does not take it ({type(exc).__name__})"
        raise Unavailable(why, key="TSUIDE_SMTP", value=address.hostname) from exc
