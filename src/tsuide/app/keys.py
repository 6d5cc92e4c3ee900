"""API keys in a running server: drawn here, kept by the store as hashes, remembered for a second."""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from tsuide.app.limits import Buckets, Rate, read_rates
from tsuide.app.wiring import Shop
from tsuide.errors import Unavailable, WrongKey

Scope: TypeAlias = Literal["storefront", "agent", "rep", "admin"]

IMPLIED: Final[dict[str, frozenset[Scope]]] = {
    "storefront": frozenset({"storefront"}),
    "agent": frozenset({"agent"}),
    "rep": frozenset({"storefront", "agent", "rep"}),
    "admin": frozenset({"storefront", "agent", "rep", "admin"}),
}
_PREFIX: Final = "tsk_"
_REMEMBERED_S: Final = 1.0
_MOST: Final = 4096  # keys, known and unknown, that are remembered
_LONGEST: Final = 512
_STOREFRONT: Final = "demo_shop.storefront_key"
_REP: Final = "demo_shop.rep_key"


def draw_key() -> str:
    """A new key: 256 random bits.

    >>> len(draw_key()), draw_key() == draw_key()
    (47, False)
    """
    return _PREFIX + secrets.token_urlsafe(32)


def create_key(
    shop: Shop, name: str, scopes: Sequence[str], now: datetime, rate: Rate | None = None
) -> tuple[str, str]:
    """Draw a key and keep its hash.

    How fast it may ask is its `rate`, or where that is None what its scope may.

    Returns:
        The key itself, shown once and never again, and its id.

    Raises:
        BadValue: an unknown scope, or none.
    """
    key = draw_key()
    return key, shop.store.keys.add(key, name, scopes, now, None if rate is None else str(rate)).id


def storefront_key(shop: Shop, now: datetime) -> str:
    """The demo shop's own key: it stands in its pages, so it is no secret; made once per store."""
    return _page_key(shop, _STOREFRONT, "storefront", now)


def demo_rep_key(shop: Shop, now: datetime) -> str:
    """The key of the demo's sales desk, which any visitor may try: only for a shop whose customers are made up."""
    return _page_key(shop, _REP, "rep", now)


def _page_key(shop: Shop, setting: str, scope: Scope, now: datetime) -> str:
    kept = shop.store.settings.get(setting)
    if kept is not None and _holds(shop, kept):
        return kept
    key, _ = create_key(shop, "demo shop", [scope], now)
    if kept is None:
        first = shop.store.settings.put_once(setting, key, now)
        if first != key and _holds(shop, first):  # another process made one at the same time
            return first
    shop.store.settings.put(setting, key, now)
    return key


def _holds(shop: Shop, key: str) -> bool:
    try:
        shop.store.keys.check(key)
    except WrongKey:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Holder:
    """What is known of whoever holds a key.

    Args:
        id: of the key, as lists show it.
        scopes: everything that it may do.
        rate: how fast it may ask.
    """

    id: str
    scopes: frozenset[Scope]
    rate: Rate


class Keyring:
    """Holders by key, asked of the store at most once a second per key: a revoked key dies within that second.

    Args:
        shop: whose store knows the keys.
        clock: seconds that only go forward.
        away: whether the store is away: then keys that were good when it went stay so until it is back.

    Raises:
        BadSetting: the setting of the rates cannot be read.
    """

    def __init__(self, shop: Shop, clock: Callable[[], float], away: Callable[[], bool] = lambda: False) -> None:
        self._away = away
        self._shop = shop
        self._clock = clock
        self._rates = read_rates(shop.settings.rates)
        self._buckets = Buckets(clock)
        self._known: OrderedDict[bytes, tuple[float, Holder | None]] = OrderedDict()
        self._seen: set[str] = set()

    def holder(self, key: str) -> Holder | None:
        """Who holds the key; None for one that is missing, unknown or revoked.

        Raises:
            Unavailable: the store does not answer, and the key was never seen here.

        Keys are looked up by their hash and compared in constant time by the store.
        """
        if not key or len(key) > _LONGEST:
            return None
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
        now = self._clock()
        remembered = self._known.get(digest)
        if remembered is not None and remembered[0] > now:
            return remembered[1]
        try:
            if self._away():
                raise Unavailable("the store is away, and nobody here knows the key", key="key")  # noqa: TRY301
            holder = self._ask(key)
        except Unavailable:
            if remembered is None:
                raise
            return remembered[1]
        self._known[digest] = (now + _REMEMBERED_S, holder)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return holder

    def wait(self, holder: Holder) -> float:
        """Count one request: 0.0, or in how many seconds it may come again."""
        return self._buckets.wait(holder.id, holder.rate)

    def take_seen(self) -> frozenset[str]:
        """Ids of the keys that were used since this was last asked."""
        seen, self._seen = self._seen, set()
        return frozenset(seen)

    def _ask(self, key: str) -> Holder | None:
        try:
            found = self._shop.store.keys.check(key)
        except (WrongKey, UnicodeEncodeError):
            return None
        self._seen.add(found.id)
        scopes = frozenset[Scope]().union(*(IMPLIED[scope] for scope in found.scopes))
        rate = self._rates[_widest(scopes)] if found.rate is None else Rate.read(found.rate)
        return Holder(found.id, scopes, rate)


def _widest(scopes: frozenset[Scope]) -> Scope:
    return max(scopes, key=lambda scope: len(IMPLIED[scope]))
