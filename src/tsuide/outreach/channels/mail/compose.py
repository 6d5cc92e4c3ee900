"""A letter as a mail: its two parts, its headers, and its signature."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from email.header import Header
from email.utils import format_datetime, formataddr
from html import escape, unescape
from typing import Final

from tsuide.errors import BadSetting, BadValue
from tsuide.kit.phrases import Phrases
from tsuide.outreach.channels.channel import Letter
from tsuide.outreach.channels.mail.signature import DkimKey, signed

_LINE: Final = 300  # characters of a header that need no folding
_EOL: Final = b"\r\n"
_LONGEST: Final = 254  # characters of an address (RFC 5321)
_FOREIGN: Final = re.compile(r"[\x00-\x20\x7f<>,;\"()\[\]]|[^\x00-\x7f].*@|\.\.|@.*@")
_LINK: Final = re.compile(r'(<a\b[^>]*?\bhref=")(https?://[^"]*)(")', re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")
GREETING: Final = Phrases(
    {
        "person": {"ja": "{name} 様", "en": "Dear {name},"},
        "company": {"ja": "{name} 御中", "en": "Dear {name} team,"},
        "nobody": {"ja": "お客様各位", "en": "Dear customer,"},
    }
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a mail is from.

    Args:
        address: of the From header.
        name: beside it.
        domain: of Message-IDs.
        return_path: where bounces go; ``{id}`` in it is the message's id; None = the address itself.
    """

    address: str
    name: str
    domain: str
    return_path: str | None = None

    @classmethod
    def of(cls, address: str, name: str, return_path: str | None = None) -> "Identity":
        """The identity of an address.

        Raises:
            BadSetting: it is no address.
        """
        local, at, domain = address.rpartition("@")
        if not at or not local or "." not in domain or any(each in address for each in " <>,;\r\n"):
            raise BadSetting("not a mail address", key="TSUIDE_MAIL_FROM", value=address, way_out="shop@example.com")
        return cls(address, name, domain.lower(), return_path or None)

    def message_id(self, message_id: str) -> str:
        """The Message-ID of a message: the same for every try, so that a second copy can be told by it."""
        return f"<{message_id}@{self.domain}>"

    def envelope(self, message_id: str) -> str:
        """Where a bounce of this message goes."""
        return self.address if self.return_path is None else self.return_path.replace("{id}", message_id)


def greeting(name: str | None, language: str, *, company: bool) -> str:
    """How a letter begins.

    >>> greeting("山田太郎", "ja", company=False), greeting("青葉商事", "ja", company=True)
    ('山田太郎 様', '青葉商事 御中')
    """
    clean = one_line(name or "")
    if not clean:
        return GREETING.text("nobody", language)
    return GREETING.text("company" if company else "person", language, name=clean)


def one_line(text: str) -> str:
    r"""Without line breaks and control characters: nothing that came in can begin a header of its own.

    >>> one_line("Spring\r\nBcc: all@example.com")
    'Spring Bcc: all@example.com'
    """
    return _CONTROL.sub(" ", text).strip()


def mail_of(letter: Letter, identity: Identity, key: DkimKey | None = None, feedback: str = "") -> bytes:
    """The mail of a letter as it goes over the wire, signed where there is a key.

    Args:
        letter: what goes out.
        identity: who it is from.
        key: signs it.
        feedback: what receivers name in their statistics of complaints (Feedback-ID); "" = nothing.

    Raises:
        BadValue: the address is none.
        BadSetting: the key cannot sign.
    """
    boundary = f"=_{letter.id}"
    head = {
        "MIME-Version": "1.0",
        "From": _mailbox(identity.name, identity.address),
        "To": _mailbox(letter.to_name or "", checked_address(letter.to)),
        "Subject": _words(letter.subject),
        "Date": format_datetime(letter.at),
        "Message-ID": identity.message_id(letter.id),
        "Auto-Submitted": "auto-generated",
        "X-Tsuide-Message": letter.id,
        "Content-Type": f'multipart/alternative; boundary="{boundary}"',
    }
    if feedback:
        head["Feedback-ID"] = _words(feedback)
    if letter.unsubscribe is not None:
        head["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        head["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        head["Precedence"] = "bulk"
    parts = [_part("plain", letter.text + "\n"), *([] if letter.html is None else [_part("html", letter.html)])]
    mark = f"--{boundary}".encode()
    body = b"".join(mark + _EOL + part for part in parts) + mark + b"--" + _EOL
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    text = lines.encode() + _EOL + body
    return text if key is None else signed(text, key, letter.at)


def _words(text: str) -> str:
    """Words of a header: as they are where they are ASCII and short, else encoded and folded (RFC 2047)."""
    clean = one_line(text)
    if clean.isascii() and len(clean) <= _LINE:
        return clean
    return str(Header(clean, "utf-8", maxlinelen=70).encode(linesep="\r\n"))


def _mailbox(name: str, address: str) -> str:
    """A name and its address, as a header has them."""
    clean = one_line(name)
    return formataddr((clean, address)) if clean.isascii() else f"{_words(clean)} <{address}>"


def checked_address(address: str) -> str:
    """The address itself, if mail can go there.

    Raises:
        BadValue: it is none.

    >>> checked_address("a b@c.jp")
    Traceback (most recent call last):
    tsuide.errors.BadValue: not a mail address: email = 'a b@c.jp'
    """
    local, at, domain = address.rpartition("@")
    if not (at and local and domain and len(address) <= _LONGEST) or _FOREIGN.search(address):
        raise BadValue("not a mail address", key="email", value=address)
    return address


def _part(kind: str, text: str) -> bytes:
    """One part; base64 survives every server, whatever it does to long lines and to Japanese."""
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode()
    return head + base64.encodebytes(text.encode()).replace(b"\n", _EOL) + _EOL


def tracked(html: str, link: Callable[[int], str], but: tuple[str, ...] = ()) -> tuple[str, tuple[str, ...]]:
    """HTML whose links lead through the shop's counter, and what each of them leads to.

    Args:
        html: of a mail.
        link: number of a link → its address.
        but: addresses that are left alone: nobody counts who unsubscribes.

    >>> tracked('<a href="https://a.jp/?x=1&amp;y=2">a</a>', lambda n: f"https://s.jp/c/{n}")
    ('<a href="https://s.jp/c/0">a</a>', ('https://a.jp/?x=1&y=2',))
    """
    found: dict[str, int] = {}

    def replaced(match: re.Match[str]) -> str:
        address = unescape(match[2])
        if address.startswith(but):
            return match[0]
        return f"{match[1]}{escape(link(found.setdefault(address, len(found))))}{match[3]}"

    text = _LINK.sub(replaced, html)
    return text, tuple(found)
