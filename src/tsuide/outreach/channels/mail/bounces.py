"""What comes back of mails: delivery reports (DSN, RFC 3464) and complaints (ARF, RFC 5965), read from raw messages."""

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message as Mail
from email.policy import default
from typing import Final, Literal, TypeAlias

BackKind: TypeAlias = Literal["bounce", "soft_bounce", "complaint"]
_ID: Final = re.compile(r"\bm_[0-9a-hjkmnp-tv-z]{24}\b")
_STATUS: Final = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
LARGEST: Final = 5_000_000  # bytes of one report
_NAMED: Final = re.compile(r"[^\s<>()\[\]:;,]+@[^\s<>()\[\]:;,]+")
_FULL: Final = "5.2.2"  # a mailbox that is full is emptied again


@dataclass(frozen=True, slots=True)
class Back:
    """One report about one message.

    Args:
        message_id: ours, as the report carries it; None = it cannot be told.
        address: of the recipient, as the report names it.
        detail: status and words of the receiving side, in which nobody's address stands: it is kept beside a mark that
            outlives whoever is erased.
    """

    kind: BackKind
    message_id: str | None
    address: str | None
    detail: str


def read_back(raw: bytes) -> list[Back]:
    r"""The reports in a raw message; none where it is not one (an answer of a person, an out-of-office note).

    >>> read_back(b"Subject: out of office\r\n\r\nI am away.")
    []
    """
    if len(raw) > LARGEST:
        return []
    mail = email.message_from_bytes(raw, policy=default)
    kinds = {part.get_content_type() for part in mail.walk()}
    message_id = _message_id(mail)
    if "message/feedback-report" in kinds:
        return [_complaint(mail, message_id)]
    if "message/delivery-status" in kinds:
        return [*_deliveries(mail, message_id)]
    return []


def _deliveries(mail: Mail, message_id: str | None) -> Iterator[Back]:
    for block in _blocks(mail, "message/delivery-status"):
        action = str(block.get("Action", "")).strip().lower()
        if action not in {"failed", "delayed"}:
            continue
        found = _STATUS.search(str(block.get("Status", "")))
        status = found.group(0) if found else ""
        words = " ".join(_NAMED.sub("…", str(block.get("Diagnostic-Code", ""))).split())[:200]
        final = action == "failed" and status.startswith("5") and status != _FULL
        kind: BackKind = "bounce" if final else "soft_bounce"
        yield Back(kind, message_id, _address(block), f"{status} {words}".strip())


def _complaint(mail: Mail, message_id: str | None) -> Back:
    block = next(iter(_blocks(mail, "message/feedback-report")), None)
    kind = str(block.get("Feedback-Type", "abuse")) if block is not None else "abuse"
    return Back("complaint", message_id, None if block is None else _address(block), kind.strip()[:200])


def _blocks(mail: Mail, kind: str) -> Iterator[Mail]:
    """The blocks of header lines in a report's machine-readable part."""
    for part in mail.walk():
        if part.get_content_type() == kind:
            payload = part.get_payload()
            if isinstance(payload, list):
                yield from (each for each in payload if isinstance(each, Mail))
            else:
                yield from (email.message_from_string(text) for text in re.split(r"\n\s*\n", str(payload)))


def _address(block: Mail) -> str | None:
    names = ("Original-Rcpt-To", "Original-Recipient", "Final-Recipient")
    value = next((str(block[name]) for name in names if block.get(name)), "")
    address = value.rpartition(";")[2].strip().strip("<>")
    return address or None


def _message_id(mail: Mail) -> str | None:
    """Our id, where the report carries it: the returned headers, the address it came to, or anywhere in it."""
    for part in mail.walk():
        for name in ("X-Tsuide-Message", "Message-ID", "To", "Delivered-To", "X-Original-To"):
            found = _ID.search(str(part.get(name, "")))
            if found:
                return found.group(0)
    for part in mail.walk():
        if not part.is_multipart():
            found = _ID.search(str(part.get_payload()))
            if found:
                return found.group(0)
    return None
