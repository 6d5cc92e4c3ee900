"""DKIM (RFC 6376): rsa-sha256 over relaxed headers and body.

The key's own arithmetic is OpenSSL's: what signs in plain Python takes 20 ms a mail, this takes one.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from tsuide.errors import BadSetting

SIGNED: Final = (
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "feedback-id",
)
_LEAST_BITS: Final = 1_024
_SPACES: Final = re.compile(rb"[ \t]+")
_FOLD: Final = re.compile(rb"\r\n(?=[ \t])")
_EMPTY_END: Final = re.compile(rb"(\r\n)*\Z")


@dataclass(frozen=True, slots=True)
class DkimKey:
    """What signs: ``selector._domainkey.domain`` holds the public half; `pem` is an RSA key."""

    selector: str
    domain: str
    pem: bytes


def public_half(key: DkimKey) -> str:
    """What stands after ``p=`` in the record ``selector._domainkey.domain``.

    Raises:
        BadSetting: the key is none, or too short to be believed.
    """
    public = _key(key.pem).public_key()
    return base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def signed(mail: bytes, key: DkimKey, at: datetime) -> bytes:
    """The mail with its signature in front.

    Args:
        mail: as it goes over the wire: lines end in CR LF.
        key: of the sender's domain.
        at: the moment of signing.

    Raises:
        BadSetting: the key is none, or too short to be believed.
    """
    head, _, body = mail.partition(b"\r\n\r\n")
    fields = _FOLD.sub(b"", head).split(b"\r\n")
    by_name = {
        name.strip().lower().decode("latin-1"): value for name, _, value in (each.partition(b":") for each in fields)
    }
    names = [name for name in SIGNED if name in by_name]
    tags = {
        "v": "1",
        "a": "rsa-sha256",
        "c": "relaxed/relaxed",
        "d": key.domain,
        "s": key.selector,
        "t": str(int(at.timestamp())),
        "h": ":".join(names),
        "bh": base64.b64encode(hashlib.sha256(relaxed_body(body)).digest()).decode(),
    }
    unsigned = _written(tags)
    lines = [_relaxed(name, by_name[name]) for name in names]
    text = b"\r\n".join([*lines, _relaxed("dkim-signature", unsigned)])
    mark = _key(key.pem).sign(text, padding.PKCS1v15(), hashes.SHA256())
    return b"DKIM-Signature: " + unsigned + _folded(base64.b64encode(mark)) + b"\r\n" + mail


def relaxed_body(body: bytes) -> bytes:
    r"""The body as it is hashed: runs of spaces are one, none stand at the end of a line, no empty lines at the end.

    >>> relaxed_body(b"a \t b  \r\n\r\n\r\n")
    b'a b\r\n'
    """
    lines = [_SPACES.sub(b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    text = _EMPTY_END.sub(b"", b"\r\n".join(lines))
    return text + b"\r\n" if text else b""


def _relaxed(name: str, value: bytes) -> bytes:
    return name.encode() + b":" + _SPACES.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")


def _written(tags: dict[str, str]) -> bytes:
    """The tags with an empty signature at the end, one a line."""
    return b";\r\n\t".join(f"{name}={value}".encode() for name, value in {**tags, "b": ""}.items())


def _folded(text: bytes) -> bytes:
    parts: Sequence[bytes] = [text[start : start + 70] for start in range(0, len(text), 70)]
    return b"\r\n\t".join(parts)


@lru_cache(maxsize=8)
def _key(pem: bytes) -> rsa.RSAPrivateKey:
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadSetting("not a private key", key="TSUIDE_DKIM", way_out="openssl genrsa -out dkim.pem 2048") from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < _LEAST_BITS:
        raise BadSetting("not an RSA key that receivers believe", key="TSUIDE_DKIM", way_out="openssl genrsa 2048")
    return key
