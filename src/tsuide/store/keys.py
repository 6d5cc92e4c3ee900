"""The port of API keys: only hashes are kept, so whoever reads the store cannot call the API."""

import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from tsuide.errors import BadValue, NotFound, WrongKey
from tsuide.kit.clock import from_micros, to_micros
from tsuide.store.engines import reading, writing
from tsuide.store.schema import SCOPES, api_key

_SHORTEST: Final = 32


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key; never the key itself.

    Args:
        id: the first 12 hexadecimal digits of its hash: names it in lists and when it is revoked.
        rate: requests a second / at once, as its maker wrote it; None = the usual ones of its scope.
        used_at: when it was last seen, to the minute; None = never, or not since this was kept.
    """

    id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None
    rate: str | None = None
    used_at: datetime | None = None


def hash_of(key: str) -> str:
    """SHA-256 in hexadecimal: enough for a random key of 256 bits, which no dictionary holds.

    >>> hash_of("x")[:8]
    '2d711642'
    """
    return hashlib.sha256(key.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Keys:
    """Adds, checks and revokes keys. Every method raises `Unavailable` when the database does not answer."""

    engine: sa.Engine

    def add(self, key: str, name: str, scopes: Sequence[str], now: datetime, rate: str | None = None) -> ApiKey:
        """Keep the hash of a key that the caller drew at random (256 bits).

        Raises:
            BadValue: an unknown scope, no scope, a key that is too short to be random, or one there already.
        """
        unknown = set(scopes) - set(SCOPES)
        if unknown or not scopes:
            raise BadValue("not a scope", key="scopes", value=sorted(unknown), way_out=f"use {', '.join(SCOPES)}")
        if len(key) < _SHORTEST:
            raise BadValue("too short for a random key", key="key length", value=len(key))
        digest = hash_of(key)
        row: dict[str, str | None] = {
            "id": digest[:12],
            "name": name,
            "hash": digest,
            "scopes": " ".join(sorted(set(scopes))),
        }
        row["rate"] = rate
        with writing(self.engine) as connection:
            connection.execute(sa.insert(api_key).values(**row, created_at=to_micros(now)))
        return ApiKey(digest[:12], name, tuple(sorted(set(scopes))), now, None, rate)

    def check(self, key: str) -> ApiKey:
        """The key's record.

        Raises:
            WrongKey: unknown or revoked; the two are not told apart.
        """
        digest = hash_of(key)
        with reading(self.engine) as connection:
            row = connection.execute(sa.select(api_key).where(api_key.c.id == digest[:12])).mappings().first()
        if row is None or not hmac.compare_digest(row["hash"], digest) or row["revoked_at"] is not None:
            raise WrongKey("this API key is not known", way_out="make one with: tsuide key add")
        return _as_key(row)

    def revoke(self, key_id: str, now: datetime) -> None:
        """The key is refused from now on.

        Raises:
            NotFound: no key has this id.
        """
        with writing(self.engine) as connection:
            change = sa.update(api_key).where(api_key.c.id == key_id)
            if connection.execute(change.values(revoked_at=to_micros(now))).rowcount == 0:
                raise NotFound("no such key", key="key id", value=key_id)

    def restore(self, key_id: str) -> None:
        """A key that was revoked is taken again.

        Raises:
            NotFound: no key has this id.
        """
        with writing(self.engine) as connection:
            change = sa.update(api_key).where(api_key.c.id == key_id)
            if connection.execute(change.values(revoked_at=None)).rowcount == 0:
                raise NotFound("no such key", key="key id", value=key_id)

    def saw(self, key_ids: Collection[str], now: datetime) -> None:
        """These keys were used until now."""
        if key_ids:
            with writing(self.engine) as connection:
                change = sa.update(api_key).where(api_key.c.id.in_(sorted(key_ids)))
                connection.execute(change.values(used_at=to_micros(now)))

    def all(self) -> list[ApiKey]:
        """Every key, oldest first, revoked ones too."""
        with reading(self.engine) as connection:
            query = sa.select(api_key).order_by(api_key.c.created_at, api_key.c.id)
            return [_as_key(row) for row in connection.execute(query).mappings()]


def _as_key(row: sa.RowMapping) -> ApiKey:
    revoked = None if row["revoked_at"] is None else from_micros(row["revoked_at"])
    scopes = tuple(row["scopes"].split())
    used = None if row["used_at"] is None else from_micros(row["used_at"])
    return ApiKey(row["id"], row["name"], scopes, from_micros(row["created_at"]), revoked, row["rate"], used)
