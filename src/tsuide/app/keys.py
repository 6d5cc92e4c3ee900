"""API keys in a running server: drawn here, kept by the store as hashes, remembered for a second."""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Literal, TypeAlias

from tsuide.app.wiring import Shop
from tsuide.errors import WrongKey

Scope: TypeAlias = Literal["storefront", "rep", "admin"]

IMPLIED: Final[dict[str, frozenset[Scope]]] = {
    "storefront": frozenset({"storefront"}),
    "rep": frozenset({"storefront", "rep"}),
    "admin": frozenset({"storefront", "rep", "admin"}),
}
_PREFIX: Final = "tsk_"
_REMEMBERED_S: Final = 1.0
_MOST: Final = 4096  # keys, known and unknown, that are remembered
_LONGEST: Final = 512
_STOREFRONT: Final = "demo_shop.storefront_key"


def draw_key() -> str:
    """A new key: 256 random bits.

    >>> len(draw_key()), draw_key() == draw_key()
    (47, False)
    """
    return _PREFIX + secrets.token_urlsafe(32)


def create_key(shop: Shop, name: str, scopes: Sequence[str], now: datetime) -> tuple[str, str]:
    """Draw a key and keep its hash.

    Returns:
        The key itself, shown once and never again, and its id.

    Raises:
        BadValue: an unknown scope, or none.
    """
    key = draw_key()
    return key, shop.store.keys.add(key, name, scopes, now).id


def storefront_key(shop: Shop, now: datetime) -> str:
    """The demo shop's own key: it stands in its pages, so it is no secret; made once per store."""
    kept = shop.store.settings.get(_STOREFRONT)
    if kept is not None and _holds(shop, kept):
        return kept
    key, _ = create_key(shop, "demo shop", ["storefront"], now)
    if kept is None:
        first = shop.store.settings.put_once(_STOREFRONT, key, now)
        if first != key and _holds(shop, first):  # another process made one at the same time
            return first
    shop.store.settings.put(_STOREFRONT, key, now)
    return key


def _holds(shop: Shop, key: str) -> bool:
    try:
        shop.store.keys.check(key)
    except WrongKey:
        return False
    return True


class Keyring:
    """Scopes by key, asked of the store at most once a second per key: a revoked key dies within that second.

    Args:
        shop: whose store knows the keys.
        clock: seconds that only go forward.
    """

    def __init__(self, shop: Shop, clock: Callable[[], float]) -> None:
        self._shop = shop
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[float, frozenset[Scope] | None]] = OrderedDict()

    def scopes_of(self, key: str) -> frozenset[Scope] | None:
        """Everything that the key may do; None for one that is missing, unknown or revoked.

        Keys are looked up by their hash and compared in constant time by the store.
        """
        if not key or len(key) > _LONGEST:
            return None
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
        now = self._clock()
        remembered = self._known.get(digest)
        if remembered is not None and remembered[0] > now:
            return remembered[1]
        scopes = self._ask(key)
        self._known[digest] = (now + _REMEMBERED_S, scopes)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return scopes

    def _ask(self, key: str) -> frozenset[Scope] | None:
        try:
            found = self._shop.store.keys.check(key)
        except (WrongKey, UnicodeEncodeError):
            return None
        return frozenset[Scope]().union(*(IMPLIED[scope] for scope in found.scopes))
