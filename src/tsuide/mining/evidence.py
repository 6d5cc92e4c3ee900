"""What speaks for and against two products filling the same need: one number per feature and pair.

| feature | says | source |
|---|---|---|
| category | share of the category path in common, 0 … 1; 1 where none has one and titles are alike | catalogue |
| text | cosine of the titles' character n-grams, 0 … 1 | catalogue |
| size | smaller over larger package, 0 … 1; 0 where they do not compare | catalogue |
| attributes | shared (key, value) pairs over all of both, 0 … 1 | catalogue |
| price | cheaper over dearer package, 0 … 1; 0 where they do not compare | catalogue |
| second_order | they appear with the same others, −1 … 1 | baskets |
| together | log of bought in one basket over expected by chance: complements are, substitutes are not | baskets |
| alternating | log of customers who bought both, now one and now the other, over expected | baskets |

0 means "nothing known" for every feature.
"""

from typing import Any, Final

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix

from tsuide.kit.arrays import Float32, Float64, Int32, Int64, UInt8
from tsuide.mining.baskets import Baskets
from tsuide.mining.second_order import second_order
from tsuide.mining.shelf import Shelf
from tsuide.mining.substitute_kernel import FEATURES, Evidence, measure
from tsuide.mining.text import Grams

TEXT_WIDTH: Final = 64  # columns of the projected n-grams


def evidence_of(shelf: Shelf, titles: Grams, baskets: Baskets | None = None, *, seed: int = 0) -> Evidence:
    """The evidence of a catalogue, and of baskets where there are any.

    Args:
        shelf: the products.
        titles: n-grams of `shelf.titles`.
        baskets: what was bought together, by whom.
        seed: of the random projections.
    """
    attributes = shelf.attributes
    return Evidence(
        path=np.ascontiguousarray(shelf.path),
        text=_texts(shelf, titles, seed),
        size=shelf.size.astype(np.float64),
        price=shelf.price.astype(np.float64),
        group=np.ascontiguousarray(shelf.group),
        currency=shelf.currency,
        attribute_start=np.ascontiguousarray(attributes.start),
        attribute=attributes.key.astype(np.int64) << 32 | attributes.value,
        **_behaviour(shelf, baskets, seed),
    )


def measured(evidence: Evidence, left: Int32, right: Int32) -> Float64:
    """The features of each pair (left[i], right[i]); float64 (pairs, len(FEATURES))."""
    order = np.argsort(left, kind="stable")
    ordered = np.zeros((len(left), len(FEATURES)))
    measure(evidence, left[order].astype(np.int32), right[order].astype(np.int32), *scratch(evidence), ordered)
    found = np.empty_like(ordered)
    found[order] = ordered
    return found


def scratch(evidence: Evidence) -> tuple[UInt8, UInt8]:
    """Marks of the anchor's baskets and customers, all 0: uint8 (baskets,), uint8 (customers,)."""
    return np.zeros(max(1, evidence.baskets), np.uint8), np.zeros(max(1, evidence.customers), np.uint8)


def _texts(shelf: Shelf, titles: Grams, seed: int) -> Float32:
    text = np.zeros((len(shelf), TEXT_WIDTH), np.float32)
    known = shelf.title >= 0
    if known.any():
        text[known] = titles.projected(TEXT_WIDTH, seed)[shelf.title[known]]
    return text


def _behaviour(shelf: Shelf, baskets: Baskets | None, seed: int) -> dict[str, Any]:
    """The part of the evidence that comes from baskets; items that the catalogue lacks are left out."""
    nothing = np.empty(0, np.int32)
    if baskets is None or not len(baskets.item):
        empty = np.zeros(len(shelf) + 1, np.int64)
        vector = np.zeros((len(shelf), 1), np.float32)
        return _named(vector, (empty, nothing), (empty, nothing), 0, 0)
    place = shelf.ids.positions(baskets.item_ids.ids)
    known = np.flatnonzero(place >= 0)
    vectors = second_order(baskets, seed=seed)
    vector = np.zeros((len(shelf), vectors.shape[1]), np.float32)
    vector[place[known]] = vectors[known]
    product = place[baskets.item]
    basket = baskets.basket_of_entry()
    return _named(
        vector,
        _lists(product, basket, len(shelf)),
        _lists(product, baskets.customer[basket], len(shelf)),
        baskets.n_baskets,
        baskets.n_customers,
    )


def _named(
    vector: Float32, baskets: tuple[Int64, Int32], customers: tuple[Int64, Int32], n: int, people: int
) -> dict[str, Any]:
    return {
        "vector": vector,
        "basket_start": baskets[0],
        "basket": baskets[1],
        "customer_start": customers[0],
        "customer": customers[1],
        "baskets": n,
        "customers": people,
    }


def _lists(product: Int32, other: Int32, products: int) -> tuple[Int64, Int32]:
    """For each product the distinct `other`s, ascending; entries with -1 are left out."""
    kept = (product >= 0) & (other >= 0)
    width = int(other.max(initial=-1)) + 1
    ones = np.ones(int(kept.sum()), np.int8)
    lists = csr_matrix(coo_matrix((ones, (product[kept], other[kept])), shape=(products, max(1, width))))
    return lists.indptr.astype(np.int64), lists.indices.astype(np.int32)
