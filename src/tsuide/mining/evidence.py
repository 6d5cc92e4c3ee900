"""What speaks for and against two products filling the same need: one number per feature and pair.

| feature | says | source |
|---|---|---|
| category | share of the category path in common, 0 … 1; where neither has one, the text stands in | catalogue |
| text | cosine of the titles' character n-grams, 0 … 1 | catalogue |
| size | smaller over larger package, 0 … 1; 0 where they do not compare | catalogue |
| attributes | shared (key, value) pairs over all of both, 0 … 1 | catalogue |
| price | cheaper over dearer package, 0 … 1; 0 where they do not compare | catalogue |
| second_order | they appear with the same others, −1 … 1 | baskets |
| together | log of bought in one basket over expected by chance: complements are, substitutes are not | baskets |
| alternating | log of customers who bought both, now one and now the other, over expected | baskets |

0 means "nothing known" for every feature.
"""

import math
from typing import Any, Final, NamedTuple

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix

from tsuide.kit.arrays import Float32, Float64, Int32, Int64, UInt8
from tsuide.mining.baskets import Baskets
from tsuide.mining.compiled import compiled
from tsuide.mining.second_order import second_order
from tsuide.mining.shelf import Shelf
from tsuide.mining.text import Grams

FEATURES: Final = (
    "category",
    "text",
    "size",
    "attributes",
    "price",
    "second_order",
    "together",
    "alternating",
)
CATEGORY, TEXT, SIZE, ATTRIBUTES, PRICE, SECOND_ORDER, TOGETHER, ALTERNATING = range(len(FEATURES))
BEHAVIOUR: Final = (SECOND_ORDER, TOGETHER, ALTERNATING)
STAND_IN: Final = 1.4  # titles seven parts in ten alike say as much as one category
TEXT_WIDTH: Final = 64  # columns of the projected n-grams


class Evidence(NamedTuple):
    """Products × what features are computed from.

    Args:
        path: categories, broad to narrow, int32 (products, levels); -1 = none.
        text: projected titles, float32 (products, TEXT_WIDTH).
        size: of the package, milli-units, float64 (products,); 0 = not known.
        price: of the package, minor units, float64 (products,); -1 = not known.
        group: equal where sizes and unit prices compare, int32 (products,).
        currency: code, int32 (products,).
        attribute_start: attributes of product p are `attribute[start[p]:start[p + 1]]`; int64 (products + 1,).
        attribute: key << 32 | value, ascending within a product; int64 (attributes,).
        vector: second-order vectors, float32 (products, width); 0 for what was never bought.
        basket_start: int64 (products + 1,), as `attribute_start`.
        basket: baskets of each product, int32 (entries,).
        customer_start: int64 (products + 1,).
        customer: distinct customers of each product, int32 (entries,).
        baskets: number of baskets.
        customers: number of customers.
    """

    path: Int32
    text: Float32
    size: Float64
    price: Float64
    group: Int32
    currency: Int32
    attribute_start: Int64
    attribute: Int64
    vector: Float32
    basket_start: Int64
    basket: Int32
    customer_start: Int64
    customer: Int32
    baskets: int
    customers: int


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
    _measure(evidence, left[order].astype(np.int32), right[order].astype(np.int32), *scratch(evidence), ordered)
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


@compiled
def _measure(
    evidence: Evidence, left: Int32, right: Int32, in_basket: UInt8, of_customer: UInt8, found: Float64
) -> None:
    """Runs of equal `left` are measured at once."""
    begin = 0
    while begin < len(left):
        end = begin
        while end < len(left) and left[end] == left[begin]:
            end += 1
        mark(evidence, left[begin], 1, in_basket, of_customer)
        features(evidence, left[begin], right[begin:end], in_basket, of_customer, found[begin:end])
        mark(evidence, left[begin], 0, in_basket, of_customer)
        begin = end


@compiled
def mark(evidence: Evidence, product: int, value: int, in_basket: UInt8, of_customer: UInt8) -> None:
    """Write `value` at the product's baskets and customers."""
    for place in range(evidence.basket_start[product], evidence.basket_start[product + 1]):
        in_basket[evidence.basket[place]] = value
    for place in range(evidence.customer_start[product], evidence.customer_start[product + 1]):
        of_customer[evidence.customer[place]] = value


@compiled
def features(evidence: Evidence, a: int, others: Int32, in_basket: UInt8, of_customer: UInt8, out: Float64) -> None:
    """Write the features of a with each of `others` to a row of `out`; the marks are those of a."""
    path, text, vector = evidence.path, evidence.text, evidence.vector
    size, price, group, currency = evidence.size, evidence.price, evidence.group, evidence.currency
    attribute_start, attribute = evidence.attribute_start, evidence.attribute
    basket_start, basket = evidence.basket_start, evidence.basket
    customer_start, customer = evidence.customer_start, evidence.customer
    for row in range(len(others)):
        b = others[row]
        out[row, TEXT] = max(0.0, _dot(text, a, b))
        bare = path[a, 0] < 0 and path[b, 0] < 0
        out[row, CATEGORY] = min(1.0, STAND_IN * out[row, TEXT]) if bare else _shared_path(path, a, b)
        out[row, SIZE] = _closeness(size, a, b) if group[a] == group[b] else 0.0
        out[row, ATTRIBUTES] = _jaccard(attribute_start, attribute, a, b)
        out[row, PRICE] = _closeness(price, a, b) if currency[a] == currency[b] else 0.0
        out[row, SECOND_ORDER] = _dot(vector, a, b)
        out[row, TOGETHER] = _beyond_chance(basket_start, basket, a, b, in_basket, evidence.baskets)
        out[row, ALTERNATING] = _beyond_chance(customer_start, customer, a, b, of_customer, evidence.customers)


@compiled
def _dot(rows: Float32, a: int, b: int) -> float:
    """Dot product of two rows, in four sums that do not wait for each other."""
    first = second = third = fourth = np.float32(0.0)
    whole = rows.shape[1] // 4 * 4
    for column in range(0, whole, 4):
        first += rows[a, column] * rows[b, column]
        second += rows[a, column + 1] * rows[b, column + 1]
        third += rows[a, column + 2] * rows[b, column + 2]
        fourth += rows[a, column + 3] * rows[b, column + 3]
    for column in range(whole, rows.shape[1]):
        first += rows[a, column] * rows[b, column]
    return float((first + second) + (third + fourth))


@compiled
def _shared_path(path: Int32, a: int, b: int) -> float:
    """Levels in common from the broad end, over the longer path."""
    shared = deepest = 0
    for level in range(path.shape[1]):
        if path[a, level] >= 0 or path[b, level] >= 0:
            deepest = level + 1
        if path[a, level] >= 0 and path[a, level] == path[b, level]:
            shared = level + 1
    return shared / deepest if deepest else 0.0


@compiled
def _closeness(value: Float64, a: int, b: int) -> float:
    """Smaller over larger; 0 where one is not known."""
    return min(value[a], value[b]) / max(value[a], value[b]) if value[a] > 0.0 and value[b] > 0.0 else 0.0


@compiled
def _jaccard(start: Int64, attribute: Int64, a: int, b: int) -> float:
    """Shared (key, value) pairs over all of both; both rows ascend."""
    i, j, same = start[a], start[b], 0
    while i < start[a + 1] and j < start[b + 1]:
        if attribute[i] == attribute[j]:
            same += 1
            i += 1
            j += 1
        elif attribute[i] < attribute[j]:
            i += 1
        else:
            j += 1
    whole = (start[a + 1] - start[a]) + (start[b + 1] - start[b]) - same
    return same / whole if whole else 0.0


@compiled
def _beyond_chance(start: Int64, member: Int32, a: int, b: int, marked: UInt8, total: int) -> float:
    """log((common + 1) / (expected + 1)) of the members of a (marked) and b; 0 where one has none."""
    of_a, of_b = start[a + 1] - start[a], start[b + 1] - start[b]
    if of_a == 0 or of_b == 0:
        return 0.0
    common = 0
    for place in range(start[b], start[b + 1]):
        common += marked[member[place]]
    expected = of_a * (of_b / total)
    return math.log((common + 1.0) / (expected + 1.0))
