"""Letters as signed HTTP requests: to who carries LINE or SMS for the shop, or to a system of its own."""

import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
import ssl
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from tsuide.errors import BadValue
from tsuide.outreach.channels.channel import Answer, Letter
from tsuide.outreach.channels.file import as_json

TIMEOUT_S: Final = 15.0
SIGNATURE: Final = "Tsuide-Signature"
_PASSING: Final = frozenset({408, 425, 429})
_LARGEST_ANSWER: Final = 10_000  # bytes that are looked at
_WORDS: Final = 300
_LAST_32_BITS: Final = tuple(ipaddress.IPv6Network(each) for each in ("::/96", "64:ff9b::/96", "64:ff9b:1::/48"))
LookUp: TypeAlias = Callable[..., Sequence[tuple[Any, Any, int, str, tuple[Any, ...]]]]
"""As `socket.getaddrinfo`."""


class WebhookChannel:
    """Posts letters to one address.

    The body is signed: ``Tsuide-Signature: t=SECONDS,v1=HEX``, HMAC-SHA256 over ``SECONDS.BODY``. The receiver drops a
    letter whose ``Idempotency-Key`` it knows. Redirects are not followed.

    Args:
        address: https (or http) URL.
        secret: signs; "" = unsigned.
        private: whether the address may lie in the house's own network. Where users name addresses it may not: a
            request from inside reaches what nobody outside may (the address is looked up once, judged, and used).
        timeout: seconds for each step.
        look_up: a name's addresses.
    """

    def __init__(
        self, address: str, secret: str = "", *, private: bool = True, timeout: float = TIMEOUT_S,
        look_up: LookUp = socket.getaddrinfo,
    ) -> None:  # fmt: skip
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
            raise BadValue(
                "not an address to post to", key="webhook", value=address, way_out="https://example.com/hook"
            )
        self._scheme = parts.scheme
        self._host = parts.hostname
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._secret = secret.encode()
        self._private = private
        self._timeout = timeout
        self._look_up = look_up

    def deliver(self, letter: Letter) -> Answer:
        """Post one letter; every try is a connection of its own."""
        return self.post(json.dumps(as_json(letter), ensure_ascii=False).encode(), letter.key, letter.id, letter.at)

    def post(self, body: bytes, key: str, reference: str, at: datetime) -> Answer:
        """Post a body of JSON, once.

        Args:
            body: of the request.
            key: the receiver drops a second one of it.
            reference: what the answer names it.
            at: UTC; it is signed with it.
        """
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": key.encode("ascii", "backslashreplace").decode(),
            "User-Agent": "Tsuide",
            "Connection": "close",
        }
        if self._secret:
            headers[SIGNATURE] = signature(body, int(at.timestamp()), self._secret)
        asked = False
        try:
            line = self._connected()
        except _ForbiddenError as error:
            return Answer("failed", "forbidden_address", str(error))
        except OSError as error:
            return Answer("waiting", "no_server", f"{type(error).__name__}: {error}"[:_WORDS])
        try:
            line.putrequest("POST", self._path, skip_accept_encoding=True)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                line.putheader(name, value)
            asked = True
            line.endheaders(body)
            answer = line.getresponse()
            words = answer.read(_LARGEST_ANSWER).decode("utf-8", "replace")[:_WORDS]
        except (OSError, http.client.HTTPException) as error:
            return Answer("in_doubt" if asked else "waiting", "no_answer", f"{type(error).__name__}: {error}"[:_WORDS])
        finally:
            line.close()
        return _answer(answer.status, words, reference)

    def close(self) -> None:
        """Nothing is kept open."""

    def _connected(self) -> http.client.HTTPConnection:
        found = self._look_up(self._host, self._port, type=socket.SOCK_STREAM)
        if not self._private:
            for each in found:
                _refuse_private(str(each[4][0]))
        family, kind, protocol, _, where = found[0]
        plain = socket.socket(family, kind, protocol)
        plain.settimeout(self._timeout)
        try:
            plain.connect(where)  # the very address that was judged: no second look-up
            if self._scheme == "https":
                plain = ssl.create_default_context().wrap_socket(plain, server_hostname=self._host)
        except BaseException:
            plain.close()
            raise
        line = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        line.sock = plain
        return line


class _ForbiddenError(Exception):
    """The address is inside."""


def signature(body: bytes, seconds: int, secret: bytes) -> str:
    """What proves that a body came from here, at a moment.

    >>> signature(b"{}", 0, b"secret")[:12]
    't=0,v1=4bbe8'
    """
    mac = hmac.new(secret, f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={mac}"


def _refuse_private(address: str) -> None:
    found = ipaddress.ip_address(address.partition("%")[0])
    for each in (found, *_carried(found)):
        if not each.is_global or each.is_multicast:
            raise _ForbiddenError(f"{address} is not an address of the open network")


def _carried(found: ipaddress.IPv4Address | ipaddress.IPv6Address) -> tuple[ipaddress.IPv4Address, ...]:
    """IPv4 addresses to which a gateway on the way may turn an IPv6 address (RFC 3056, 4291, 6052, 8215)."""
    if isinstance(found, ipaddress.IPv4Address):
        return ()
    last = ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)
    if any(found in network for network in _LAST_32_BITS):
        return (last,)
    return tuple(each for each in (found.ipv4_mapped, found.sixtofour) if each is not None)


def _answer(status: int, words: str, reference: str) -> Answer:
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP: it was taken
        return Answer("sent", reference=reference)
    passing = status >= 500 or status in _PASSING  # noqa: PLR2004 - HTTP: the server's own trouble
    return Answer("waiting" if passing else "failed", f"http_{status}", words)
