"""The same request sent twice with one idempotency key is done once, and gets the same answer twice."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tsuide.app.wiring import Shop
from tsuide.errors import Conflict
from tsuide.store.kept_answers import Kept

KEPT_FOR: Final = timedelta(hours=24)
DEAD_AFTER: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class OtherRequestError(Exception):
    """The key stands for another request."""

    key: str


class ErasedAnswerError(Exception):
    """The answer named a customer who was erased since; done anew, the request could bring them back."""


def fingerprint(method: str, path: str, query: bytes, body: bytes) -> str:
    """What makes two requests the same.

    >>> fingerprint("POST", "/v1/orders", b"", b"{}") == fingerprint("POST", "/v1/orders", b"", b"{ }")
    False
    """
    head = f"{method} {path} ".encode() + query + b"\n"
    return hashlib.blake2b(head + body, digest_size=16).hexdigest()


def claim(shop: Shop, whose: str, key: str, asked: str, now: datetime) -> Kept | None:
    """None: work on it, then `keep` or `drop`; else the answer that was given.

    Raises:
        OtherRequestError: the key was used for another request within a day.
        ErasedAnswerError: the answer was erased with its customer.
        Conflict: the first request with this key is still being worked on.
    """
    found = shop.store.kept_answers.claim(f"{whose}:{key}", asked, now, expired=now - KEPT_FOR, dead=now - DEAD_AFTER)
    if found is None:
        return None
    if found.asked != asked:
        raise OtherRequestError(key)
    if found.status is None:
        raise Conflict(
            "the first request with this key is still being worked on",
            key="Idempotency-Key",
            value=key,
            way_out="ask again in a second",
        )
    if found.body is None:
        raise ErasedAnswerError
    return found


def keep(shop: Shop, whose: str, key: str, status: int, media_type: str, body: str) -> None:
    """Keep the answer for a day."""
    shop.store.kept_answers.keep(f"{whose}:{key}", status, media_type, body)


def drop(shop: Shop, whose: str, key: str) -> None:
    """It came to nothing: the same key may be sent again."""
    shop.store.kept_answers.drop(f"{whose}:{key}")


def forget_old(shop: Shop, now: datetime) -> int:
    """Forget answers older than a day."""
    return shop.store.kept_answers.prune(now - KEPT_FOR)
