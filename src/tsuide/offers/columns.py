"""The catalogue as one structured array: what a decision needs of a product lies in one or two cache lines."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from tsuide.facts.catalogue import PRODUCT_KINDS, PRODUCT_STATUSES, PRODUCTS
from tsuide.facts.schema import conform
from tsuide.kit.arrays import frozen
from tsuide.kit.money import RATE_UNIT
from tsuide.mining.compiled import compiled
from tsuide.mining.index import Index
from tsuide.offers.records import MOST_MONEY

ITEM: Final = np.dtype(
    [
        ("tie", np.uint64),  # hash of the id: the same on every machine, whatever the dense order
        ("price", np.int64),  # minor units as shown; -1 = asked for
        ("net", np.int64),  # price ex tax
        ("cost", np.int64),  # ex tax; -1 = not known
        ("stock", np.int64),
        ("regions", np.int64),  # bits; 0 = everywhere
        ("rating", np.float64),
        ("reviews", np.int64),
        ("baskets", np.int64),  # that held it
        ("returns", np.int64),  # basis points; -1 = not known
        ("category", np.int32),  # leaf
        ("need", np.int32),
        ("parent", np.int32),
        ("min_age", np.int32),
        ("interval", np.int32),  # usual days between purchases; -1 = not known
        ("currency", np.int16),
        ("qualification", np.int16),  # 0 = none needed
        ("tax", np.int32),  # basis points
        ("status", np.int8),
        ("kind", np.int8),
        ("durable", np.int8),
        ("shipping", np.int8),
        ("has_terms", np.bool_),
        ("tax_included", np.bool_),
    ],
    align=True,
)
MOST_REGIONS: Final = 62


@dataclass(frozen=True, slots=True)
class Words:
    """Words ↔ codes of one column: a code is a place, and never changes once given."""

    words: tuple[str, ...] = ()

    def extended(self, more: Iterable[str]) -> "Words":
        """With every new word at the end, in sorted order."""
        known = set(self.words)
        return Words(self.words + tuple(sorted({word for word in more if word not in known})))

    def codes(self) -> dict[str, int]:
        """Word → code."""
        return {word: code for code, word in enumerate(self.words)}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every word that the catalogue's codes stand for.

    Args:
        categories: paths joined by a unit separator.
        needs: what products are for: attribute ``need``, else the category.
        parents: ids of parent products.
        currencies: ISO codes.
        regions: at most 62.
        qualifications: code 0 is "".
        shipping: classes; code 0 is "" (the usual parcel).
    """

    categories: Words = Words()
    needs: Words = Words()
    parents: Words = Words()
    currencies: Words = Words()
    regions: Words = Words()
    qualifications: Words = Words(("",))
    shipping: Words = Words(("",))

    def path(self, category: int) -> tuple[str, ...]:
        """The category path of a leaf code."""
        return tuple(self.categories.words[category].split(SEPARATOR)) if category >= 0 else ()


SEPARATOR: Final = "\x1f"


def item_rows(products: pl.DataFrame, words: Vocabulary) -> tuple[np.ndarray, Vocabulary]:
    """The rows of a products frame, in its order.

    Args:
        products: columns of facts.catalogue.PRODUCTS.
        words: codes given earlier.

    Returns:
        Rows of ITEM, shape (products,), and the vocabulary with every new word.
    """
    frame = conform(products, PRODUCTS)
    attributes = [_attributes(text) for text in frame["attributes"].to_list()]
    category = frame["category"].list.join(SEPARATOR).fill_null("").to_list()
    need = [found.get("need") or path for found, path in zip(attributes, category, strict=True)]
    regions = [_listed(found.get("regions")) for found in attributes]
    words = Vocabulary(
        categories=words.categories.extended(category),
        needs=words.needs.extended(need),
        parents=words.parents.extended(frame["parent_id"].drop_nulls().to_list()),
        currencies=words.currencies.extended(frame["currency"].drop_nulls().to_list()),
        regions=words.regions.extended({each for row in regions for each in row}),
        qualifications=words.qualifications.extended(_values(attributes, "qualification")),
        shipping=words.shipping.extended(_values(attributes, "shipping")),
    )
    rows = np.zeros(len(frame), ITEM)
    rows["tie"] = ties(Index.of(frame["id"]))
    _money(rows, frame)
    rows["stock"] = frame["stock"].fill_null(-1)
    rows["status"] = _codes(frame["status"].fill_null("active").to_list(), PRODUCT_STATUSES)
    rows["kind"] = _codes(frame["kind"].fill_null("physical").to_list(), PRODUCT_KINDS)
    rows["durable"] = frame["durable"].cast(pl.Int8).fill_null(-1)
    rows["category"] = _codes(category, words.categories.words)
    rows["need"] = _codes(need, words.needs.words)
    rows["parent"] = _codes(frame["parent_id"].to_list(), words.parents.words)
    rows["currency"] = _codes(frame["currency"].to_list(), words.currencies.words)
    rows["regions"] = _region_bits(regions, words.regions)
    rows["rating"], rows["returns"], rows["interval"] = -1.0, -1, -1
    for name in ("min_age",):
        rows[name] = [_whole(found.get(name)) for found in attributes]
    rows["qualification"] = _codes([a.get("qualification", "") for a in attributes], words.qualifications.words)
    rows["shipping"] = _codes([a.get("shipping", "") for a in attributes], words.shipping.words)
    rows["has_terms"] = [bool(a.get("term") and a.get("cancellation")) for a in attributes]
    return rows, words


def _money(rows: np.ndarray, frame: pl.DataFrame) -> None:
    rate = frame["tax_rate"].fill_null(1000).clip(0, RATE_UNIT).to_numpy()
    included = frame["tax_included"].fill_null(value=True).to_numpy()
    price = frame["price"].fill_null(-1).to_numpy()
    price = np.where((price < 0) | (price > MOST_MONEY), -1, price)
    cost = frame["cost"].fill_null(-1).to_numpy()
    rows["price"], rows["tax"], rows["tax_included"] = price, rate, included
    rows["cost"] = np.where((cost < 0) | (cost > MOST_MONEY), -1, cost)
    rows["net"] = np.where(price < 0, -1, np.where(included, price - price * rate // (RATE_UNIT + rate), price))


def _attributes(text: str | None) -> dict[str, str]:
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def listed_words(attributes: str | None, key: str) -> list[str]:
    """The comma-separated words of one attribute of a product.

    >>> listed_words('{"tags": "red, wool"}', "tags")
    ['red', 'wool']
    """
    return _listed(_attributes(attributes).get(key)) if attributes and key in attributes else []


def _listed(text: str | None) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()] if text else []


def _values(attributes: Sequence[dict[str, str]], key: str) -> set[str]:
    return {found[key] for found in attributes if found.get(key)}


def _whole(text: str | None) -> int:
    return int(text) if text and text.strip().isdecimal() and len(text) <= 3 else 0  # noqa: PLR2004 - three digits of years


def _codes(values: Sequence[str | None], words: Sequence[str]) -> np.ndarray:
    codes = {word: code for code, word in enumerate(words)}
    return np.fromiter((codes.get(value, -1) if value is not None else -1 for value in values), np.int64, len(values))


def _region_bits(regions: Sequence[Sequence[str]], words: Words) -> np.ndarray:
    codes = words.codes()
    bits = [sum(1 << codes[each] for each in row if codes[each] < MOST_REGIONS) for row in regions]
    return np.array(bits, dtype=np.int64)


def ties(index: Index) -> np.ndarray:
    """FNV-1a of every id, 64 bits, finished by a mixer; uint64 (ids,)."""
    found = np.empty(len(index), np.uint64)
    _ties(np.asarray(index.blob), np.asarray(index.offsets), found)
    return frozen(found)


@compiled
def _ties(blob: np.ndarray, offsets: np.ndarray, found: np.ndarray) -> None:
    for i in range(len(found)):
        value = np.uint64(0xCBF29CE484222325)
        for place in range(offsets[i], offsets[i + 1]):
            value = (value ^ np.uint64(blob[place])) * np.uint64(0x100000001B3)
        value ^= value >> np.uint64(32)
        value *= np.uint64(0xD6E8FEB86659FD93)
        found[i] = value ^ (value >> np.uint64(32))
