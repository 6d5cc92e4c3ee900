"""Who is signed in, told by the shop's own server: a short signed text that stands in the page beside its key.

A storefront key stands in every page, so whoever holds it could name any customer and see what is offered to them. A
token is ``expiry.customer.signature``: seconds since 1970, the customer's id percent-encoded, and HMAC-SHA256 in
hexadecimal over ``expiry.customer``. Any language makes one in a line (docs/api.md has PHP, Liquid, Python, Node).
"""

import hashlib
import hmac
import json
import secrets as randomness
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote, unquote

from tsuide.app.wiring import Shop
from tsuide.config import secrets_of
from tsuide.errors import BadValue, Refused, Unavailable

LONGEST_LIFE: Final = timedelta(days=31)
MOST_TOKEN: Final = 1_024  # characters
LEAST_SECRET: Final = 16  # characters
_KEPT: Final = "customer.secrets"
_MOST_SECRETS: Final = 2
_REMEMBERED_S: Final = 1.0
_MOST_CHECKED: Final = 20_000
_WAY_OUT: Final = "let the shop's server sign a new one for the page: docs/api.md"


def customer_token(customer_id: str, secret: str, expires_at: datetime) -> str:
    """The token that says: until then this page is the customer's.

    >>> from datetime import UTC
    >>> customer_token("c 1", "x" * 16, datetime(2026, 6, 1, tzinfo=UTC))[:17]
    '1780272000.c%201.'
    """
    claim = f"{int(expires_at.timestamp())}.{quote(customer_id, safe='')}"
    return f"{claim}.{_mac(claim, secret)}"


def customer_of(token: str, secrets: Sequence[str], now: datetime) -> str:
    """The customer whom a token names.

    Args:
        token: as it came; nothing of it is believed before its signature is checked.
        secrets: any of them may have signed it; two during a rotation.
        now: UTC.

    Raises:
        Refused: no secret is set, the signature does not fit, it has expired, or it would live longer than 31 days.

    >>> from datetime import UTC
    >>> now = datetime(2026, 5, 31, 23, tzinfo=UTC)
    >>> token = customer_token("花子", "x" * 16, datetime(2026, 6, 1, tzinfo=UTC))
    >>> customer_of(token, ["y" * 16, "x" * 16], now)
    '花子'
    """
    if not secrets:
        raise Refused(
            "no secret for customer tokens is set",
            key="customer token",
            way_out="tsuide keys customer-secret, or TSUIDE_CUSTOMER_SECRETS",
        )
    claim, _, mark = token[:MOST_TOKEN].rpartition(".")
    fits = [hmac.compare_digest(_mac(claim, each).encode(), mark.encode("utf-8", "replace")) for each in secrets]
    if not any(fits) or len(token) > MOST_TOKEN:  # all are compared: no early end
        raise Refused("the signature does not fit", key="customer token", way_out=_WAY_OUT)
    expiry, _, customer = claim.partition(".")
    left = int(expiry) - now.timestamp() if expiry.isascii() and expiry.isdigit() else 0
    if left <= 0:
        raise Refused("it has expired", key="customer token", way_out=_WAY_OUT)
    if left > LONGEST_LIFE.total_seconds():
        raise Refused(
            f"it would be good for more than {LONGEST_LIFE.days} days", key="customer token", way_out=_WAY_OUT
        )
    return unquote(customer)


def _mac(claim: str, secret: str) -> str:
    return hmac.new(secret.encode(), claim.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def kept_secrets(shop: Shop) -> tuple[str, ...]:
    """The secrets that the store keeps, the signing one first."""
    kept = shop.store.settings.get(_KEPT)
    return () if kept is None else tuple(json.loads(kept))


def customer_secret(shop: Shop, now: datetime) -> str:
    """The secret that signs; drawn where there is none."""
    there = kept_secrets(shop)
    if there:
        return there[0]
    return str(json.loads(shop.store.settings.put_once(_KEPT, json.dumps([randomness.token_urlsafe(32)]), now))[0])


def rotate_customer_secret(shop: Shop, now: datetime) -> str:
    """Sign with a new secret from now on; tokens of the former stay good until the next rotation."""
    secrets = (randomness.token_urlsafe(32), *kept_secrets(shop))[:_MOST_SECRETS]
    shop.store.settings.put(_KEPT, json.dumps(secrets), now)
    return secrets[0]


class CustomerTokens:
    """Tokens of a running server; the secrets are asked for at most once a second.

    Args:
        shop: whose secrets: those of TSUIDE_CUSTOMER_SECRETS, and those that the store keeps.
        seconds: a clock that only goes forward.
        away: whether the store is away: then its secrets are those that were last read. Tokens expire as ever.

    Raises:
        BadValue: a secret of the setting is shorter than 16 characters.
    """

    def __init__(self, shop: Shop, seconds: Callable[[], float], away: Callable[[], bool] = lambda: False) -> None:
        self._away = away
        self._shop = shop
        self._seconds = seconds
        self._set = secrets_of(shop.settings.customer_secrets)
        if any(len(each) < LEAST_SECRET for each in self._set):
            raise BadValue(f"shorter than {LEAST_SECRET} characters", key="TSUIDE_CUSTOMER_SECRETS", value="…")
        self._secrets: tuple[str, ...] = ()
        self._until = 0.0
        self._checked: OrderedDict[str, tuple[str, int]] = OrderedDict()  # token → customer, expiry

    def customer(self, token: str, now: datetime) -> str:
        """The customer whom a token names.

        Raises:
            Refused: it is not to be believed.
        """
        secrets = self._current()
        checked = self._checked.get(token)
        if checked is not None and checked[1] > now.timestamp():
            return checked[0]
        customer = customer_of(token, secrets, now)
        self._checked[token] = customer, int(token.partition(".")[0])
        if len(self._checked) > _MOST_CHECKED:
            self._checked.popitem(last=False)
        return customer

    def sign(self, customer_id: str, now: datetime, life: timedelta) -> str:
        """A token by the server itself, for its own demo shop."""
        secrets = self._current()
        if not secrets:
            secrets = (customer_secret(self._shop, now),)
            self._until = 0.0  # the page that carries the first token asks at once: it must be believed
        return customer_token(customer_id, secrets[0], now + life)

    def _current(self) -> tuple[str, ...]:
        seconds = self._seconds()
        if seconds >= self._until:
            self._until = seconds + _REMEMBERED_S
            if self._away():
                return self._secrets or self._set
            try:
                secrets = (*self._set, *kept_secrets(self._shop))
            except Unavailable:
                return self._secrets or self._set
            if secrets != self._secrets:
                self._checked.clear()
                self._secrets = secrets
        return self._secrets
