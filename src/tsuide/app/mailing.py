"""Mail to the shop's own people through the SMTP server of TSUIDE_SMTP."""

import re
import smtplib
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from typing import Final

from tsuide.config import Settings
from tsuide.errors import BadSetting, BadValue, Unavailable
from tsuide.kit.phrases import Phrases
from tsuide.outreach.channels.mail.smtp import Server

ADDRESS: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
_WORDS: Final = Phrases(
    {
        "subject": {"ja": "ついで: テストメール", "en": "Tsuide: a test mail"},
        "text": {
            "ja": "このメールが届いていれば、{sender} からのメールは送信できています。\n",
            "en": "If you read this, mail from {sender} goes out.\n",
        },
    }
)


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


def trial_mail(settings: Settings, to: str, language: str) -> EmailMessage:
    """A mail by which somebody sees that mail goes out.

    Raises:
        BadSetting: TSUIDE_MAIL_FROM is not set.
        BadValue: not an address.
    """
    if not settings.mail_from:
        raise BadSetting("nobody is named as sender", key="TSUIDE_MAIL_FROM", way_out="Shop <shop@example.com>")
    if ADDRESS.fullmatch(to) is None:
        raise BadValue("not an address", key="to", value=to, way_out="write name@example.com")
    message = EmailMessage()
    message["From"], message["To"] = settings.mail_from, to
    message["Subject"] = _WORDS.text("subject", language)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_WORDS.text("text", language, sender=settings.mail_from))
    return message


def send(settings: Settings, message: EmailMessage) -> None:
    """Send one mail; encrypted where the server offers it.

    Raises:
        BadSetting: TSUIDE_SMTP is not set, or not an address of a server.
        Unavailable: the server does not answer, or refuses.
    """
    server = Server.read(settings.smtp.get_secret_value())
    try:
        with server.connect() as line:
            line.send_message(message)
    except (OSError, smtplib.SMTPException) as exc:
        why = f"the mail server does not take it ({type(exc).__name__})"
        raise Unavailable(why, key="TSUIDE_SMTP", value=server.host) from exc
