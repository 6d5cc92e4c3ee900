"""The compiled part of substitutes: features of pairs, and the best candidates of each product.

One file on purpose: Numba's cache looks at the file of the function that is called, so a kernel that calls one
of another file would go on with the old one after a change.
"""

import math
from typing import Final, NamedTuple

import numpy as np

from tsuide.kit.arrays import Bool, Float32, Float64, Int32, Int64, UInt8
from tsuide.mining.compiled import compiled

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
ALIKE: Final = 0.7  # cosine of titles from which they stand in for a category that neither product has
CATEGORY, TEXT, SIZE, ATTRIBUTES, PRICE, SECOND_ORDER, TOGETHER, ALTERNATING = range(len(FEATURES))
SLACK: Final = 1e-5  # of bounds on log odds, above what rounding to float32 moves them
BEHAVIOUR: Final = (SECOND_ORDER, TOGETHER, ALTERNATING)


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


class Candidates(NamedTuple):
    """Whom each product is weighed against: product p against `member[low[p]:high[p]]`.

    Args:
        low: int64 (products,).
        high: int64 (products,).
        member: dense products, int32; products of one block share their range.
    """

    low: Int64
    high: Int64
    member: Int32


@compiled
def measure(
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
    _standing(evidence, a, others, out)
    basket_start, basket = evidence.basket_start, evidence.basket
    customer_start, customer = evidence.customer_start, evidence.customer
    for row in range(len(others)):
        b = others[row]
        out[row, TOGETHER] = _beyond_chance(basket_start, basket, a, b, in_basket, evidence.baskets)
        out[row, ALTERNATING] = _beyond_chance(customer_start, customer, a, b, of_customer, evidence.customers)


@compiled
def _standing(evidence: Evidence, a: int, others: Int32, out: Float64) -> None:
    """The features that do not read who bought what: all but the last two."""
    path, text, vector = evidence.path, evidence.text, evidence.vector
    size, price, group, currency = evidence.size, evidence.price, evidence.group, evidence.currency
    attribute_start, attribute = evidence.attribute_start, evidence.attribute
    for row in range(len(others)):
        b = others[row]
        out[row, TEXT] = max(0.0, _dot(text, a, b))
        if path[a, 0] < 0 and path[b, 0] < 0:
            out[row, CATEGORY] = 1.0 if out[row, TEXT] >= ALIKE else 0.0
        else:
            out[row, CATEGORY] = _shared_path(path, a, b)
        out[row, SIZE] = _closeness(size, a, b) if group[a] == group[b] else 0.0
        out[row, ATTRIBUTES] = _jaccard(attribute_start, attribute, a, b)
        out[row, PRICE] = _closeness(price, a, b) if currency[a] == currency[b] else 0.0
        out[row, SECOND_ORDER] = _dot(vector, a, b)


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


@compiled
def _at_best(start: Int64, a: int, b: int, total: int, weight: float) -> float:
    """The most that `weight · _beyond_chance` can be, however many members a and b share."""
    of_a, of_b = start[a + 1] - start[a], start[b + 1] - start[b]
    if of_a == 0 or of_b == 0:
        return 0.0
    expected = of_a * (of_b / total)
    shared = min(of_a, of_b) if weight > 0.0 else 0
    return weight * math.log((shared + 1.0) / (expected + 1.0))


@compiled
def rank(
    order: Int64,
    evidence: Evidence,
    candidates: Candidates,
    root: Int32,
    active: Bool,
    weights: Float64,
    banned: Int64,
    least: float,
    in_basket: UInt8,
    of_customer: UInt8,
    other: Int32,
    score: Float32,
) -> None:
    """Fill the rows of the products in `order` with their best candidates and log odds, best first.

    Who bought what is counted only for candidates that could still be kept: at least `least`, better than the last.
    """
    products, last, most = len(root), other.shape[1] - 1, 0
    basket_start, basket, baskets = evidence.basket_start, evidence.basket, evidence.baskets
    customer_start, customer, customers = evidence.customer_start, evidence.customer, evidence.customers
    of_together, of_alternating = weights[1 + TOGETHER], weights[1 + ALTERNATING]
    for a in order:
        most = max(most, candidates.high[a] - candidates.low[a])
    found = np.zeros((most, len(FEATURES)))
    for a in order:
        others = candidates.member[candidates.low[a] : candidates.high[a]]
        if not len(others):
            continue
        _standing(evidence, a, others, found)
        mark(evidence, a, 1, in_basket, of_customer)
        for row in range(len(others)):
            b = others[row]
            if root[a] == root[b] or not active[b] or _contains(banned, a * products + b):
                continue
            value = weights[0]
            for feature in range(TOGETHER):
                value += weights[1 + feature] * found[row, feature]
            needed = max(least, float(score[a, last])) if other[a, last] >= 0 else least
            needed -= SLACK + value
            at_best = _at_best(basket_start, a, b, baskets, of_together)
            if at_best + _at_best(customer_start, a, b, customers, of_alternating) < needed:
                continue
            alternating = of_alternating * _beyond_chance(customer_start, customer, a, b, of_customer, customers)
            if at_best + alternating < needed:
                continue
            together = of_together * _beyond_chance(basket_start, basket, a, b, in_basket, baskets)
            _keep(other, score, a, b, value + together + alternating)
        mark(evidence, a, 0, in_basket, of_customer)


@compiled
def _contains(ascending: Int64, wanted: int) -> bool:
    if not len(ascending):
        return False
    place = np.searchsorted(ascending, wanted)
    return bool(place < len(ascending) and ascending[place] == wanted)


@compiled
def _keep(other: Int32, score: Float32, row: int, candidate: int, value: float) -> None:
    """Insert into a row that descends by score, then ascends by product."""
    kept = float(np.float32(value))  # as it is stored, so that ties are ties
    last = other.shape[1] - 1
    if other[row, last] >= 0 and not _before(other, score, row, last, candidate, kept):
        return
    place = last
    while place > 0 and _before(other, score, row, place - 1, candidate, kept):
        other[row, place] = other[row, place - 1]
        score[row, place] = score[row, place - 1]
        place -= 1
    other[row, place] = candidate
    score[row, place] = kept


@compiled
def _before(other: Int32, score: Float32, row: int, place: int, candidate: int, value: float) -> bool:
    """Whether the candidate comes before what stands at the place, or nothing stands there."""
    if other[row, place] < 0 or score[row, place] < value:
        return True
    return bool(score[row, place] == value and other[row, place] > candidate)


@compiled
def near(
    row_start: Int64,
    gram: Int32,
    weight: Float32,
    gram_start: Int64,
    row: Int32,
    row_weight: Float32,
    found: Int32,
    score: Float32,
) -> None:
    """Fill each row with the rows that share its n-grams, most alike first."""
    total = np.zeros(len(found), np.float32)
    touched = np.empty(len(found), np.int32)
    for a in range(len(found)):
        count = 0
        for place in range(row_start[a], row_start[a + 1]):
            for at in range(gram_start[gram[place]], gram_start[gram[place] + 1]):
                b = row[at]
                if total[b] == 0.0:
                    touched[count] = b
                    count += 1
                total[b] += weight[place] * row_weight[at]
        for at in range(count):
            b = touched[at]
            if b != a:
                _keep(found, score, a, b, total[b])
            total[b] = 0.0
