"""Signatures verify by another hand's code, whatever the mail, and only as long as nothing is changed."""

import base64
from datetime import UTC, datetime

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import BadSetting
from tsuide.outreach.channels.mail.signature import DkimKey, signed

AT = datetime(2026, 6, 1, 3, tzinfo=UTC)
PRIVATE = rsa.generate_private_key(65537, 2_048)
PUBLIC = base64.b64encode(
    PRIVATE.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
)


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


KEY = DkimKey("s1", "example.com", pem(PRIVATE))


def good(mail: bytes) -> bool:
    return bool(dkim.verify(mail, dnsfunc=lambda *_, **__: b"v=DKIM1; k=rsa; p=" + PUBLIC))


def mail(subject: str, body: bytes) -> bytes:
    head = f"From: shop@example.com\r\nTo: c@example.jp\r\nSubject: {subject}\r\nList-Unsubscribe: <https://s.jp/u>\r\n"
    return head.encode() + b"X-Other: y\r\n\r\n" + body


BODIES = st.lists(st.text(" \tabc.=", max_size=30), max_size=8).map(
    lambda lines: "\r\n".join([*lines, "--end--", ""]).encode()
)


@given(st.text(" abc\t", max_size=30), BODIES)
def test_every_mail_verifies(subject: str, body: bytes) -> None:
    assert good(signed(mail(subject, body), KEY, AT))


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"c@example.jp", b"d@example.jp"), (b"hello", b"hallo"), (b"s.jp/u", b"s.jp/v"), (b"Subject: x", b"Subject: y")],
)
def test_what_was_changed_on_the_way_does_not(old: bytes, new: bytes) -> None:
    text = signed(mail("x", b"hello\r\n"), KEY, AT)
    assert good(text)
    assert not good(text.replace(old, new))


@pytest.mark.parametrize("key", [b"no key", pem(ec.generate_private_key(ec.SECP256R1()))])
def test_a_key_that_cannot_sign_is_named(key: bytes) -> None:
    with pytest.raises(BadSetting, match="TSUIDE_DKIM"):
        signed(mail("x", b""), DkimKey("s", "example.com", key), AT)
