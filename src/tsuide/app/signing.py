"""The shop's signing keys for confirmation links, and its words for what the law asks to be shown."""

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from tsuide.app.wiring import Shop
from tsuide.errors import BadValue
from tsuide.kit.clock import to_micros
from tsuide.offers.acceptance import MOST_KEYS, Key, SaleTerms
from tsuide.offers.plain import build, plain

_KEYS: Final = "acceptance.keys"
_TERMS: Final = "sale.terms"
_SECRET_BYTES: Final = 32
_NO_TERMS: Final = SaleTerms({}, {}, {})
DEMO_TERMS: Final = SaleTerms(
    payment={"ja": "お支払いはありません（デモ）", "en": "Nothing is charged (demo)"},
    delivery={"ja": "お届けはありません（デモ）", "en": "Nothing is delivered (demo)"},
    cancellation={"ja": "契約は成立しません（デモ）", "en": "No contract is made (demo)"},
)


def draw_secret() -> bytes:
    """256 random bits."""
    return secrets.token_bytes(_SECRET_BYTES)


def signing_keys(shop: Shop, now: datetime, draw: Callable[[], bytes] = draw_secret) -> tuple[Key, ...]:
    """The keys in force, the signing one first; the first is drawn when a store has none."""
    kept = shop.store.settings.get(_KEYS)
    if kept is None:
        kept = shop.store.settings.put_once(_KEYS, _written([_key(draw(), now)]), now)
    return tuple(Key(each["id"], bytes.fromhex(each["secret"])) for each in json.loads(kept))


def rotate_keys(shop: Shop, now: datetime, draw: Callable[[], bytes] = draw_secret) -> tuple[Key, ...]:
    """Sign with a new key from now on; links of the former stay good until the next rotation."""
    keys = (_key(draw(), now), *signing_keys(shop, now, draw))[:MOST_KEYS]
    shop.store.settings.put(_KEYS, _written(keys), now)
    return tuple(keys)


def _key(secret: bytes, now: datetime) -> Key:
    return Key(f"k{to_micros(now)}", secret)


def _written(keys: "list[Key] | tuple[Key, ...]") -> str:
    return json.dumps([{"id": key.id, "secret": key.secret.hex()} for key in keys])


def sale_terms(shop: Shop) -> SaleTerms:
    """The shop's words; empty ones where nobody set them."""
    kept = shop.store.settings.get(_TERMS)
    return _NO_TERMS if kept is None else build(SaleTerms, json.loads(kept))


def restore_sale_terms(shop: Shop, kept: Mapping[str, Any], now: datetime) -> None:
    """Set the shop's words as they once stood, none at all included."""
    shop.store.settings.put(_TERMS, json.dumps(plain(build(SaleTerms, kept)), ensure_ascii=False), now)


def set_sale_terms(shop: Shop, terms: SaleTerms, now: datetime) -> None:
    """Set the shop's words.

    Raises:
        BadValue: a language is missing, or shipping is negative.
    """
    for name in ("payment", "delivery", "cancellation"):
        for language in ("ja", "en"):
            text = getattr(terms, name).get(language)
            if not isinstance(text, str) or not text.strip():
                raise BadValue("must be written in ja and en", key=f"{name}.{language}", value=text)
    if terms.shipping < 0 or terms.shipping_tax < 0:
        raise BadValue("must not be negative", key="shipping", value=terms.shipping)
    shop.store.settings.put(_TERMS, json.dumps(plain(terms), ensure_ascii=False), now)
