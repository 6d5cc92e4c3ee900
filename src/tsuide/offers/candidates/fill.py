"""The columns of every candidate that are the same whoever found it: product, money, what stands between."""

from typing import Final

import numpy as np

from tsuide.offers import codes
from tsuide.offers.ahead import ahead
from tsuide.offers.candidates import contacts
from tsuide.offers.candidates.bundles import MEMBERS
from tsuide.offers.candidates.cart import LOOKED_BACK
from tsuide.offers.candidates.members import declared_apart, join, member
from tsuide.offers.candidates.pool import days_between
from tsuide.offers.compiled import Row, Rows, kernel

FETCHED: Final = 12  # rows fetched ahead of the one that is filled
MARK: Final = np.dtype(
    [
        ("item", np.int32),
        ("cart", np.bool_),
        ("owned", np.int64),  # microseconds of the last purchase; -1 = not owned
        ("excluded", np.bool_),
        ("shown", np.bool_),
        ("never", np.bool_),
        ("main", np.bool_),  # something that lies there is an accessory or a part of it
        ("viewed", np.bool_),
        ("mandatory", np.int64),  # bits of kinds
        ("rest", np.int32),  # place among what rests + 1; 0 = does not rest by itself
        ("looked", np.bool_),  # a candidate holds it
        ("lesson", np.int8),  # why content does not suit the customer now
    ],
    align=True,
)
"""What is known of a product in this decision."""

BOUND: Final = np.dtype(
    [
        ("margin", np.int64),  # of one unit, ex tax, minor units
        ("weights", np.int64),  # bits of the policy's weights that its category or id matches
        ("basis", np.int8),
        ("apart_left", np.int64),  # bits of the policy's never_with pairs on whose left side it stands
        ("apart_right", np.int64),
    ],
    align=True,
)
"""What the policy makes of a product."""

WEIGHT: Final = np.dtype(
    [("percent", np.int64), ("kinds", np.int64), ("lever", np.bool_), ("holds", np.bool_)], align=True
)
"""A lever or context weight; `holds` where placement, segment and hesitation match this request."""


@kernel
def mark_of(slots: Rows, marks: Rows, size: Rows, item: int, make: bool) -> int:  # noqa: FBT001 - a kernel takes no names
    """The mark of a product, made where `make`; -1 = none."""
    mask = len(slots) - 1
    slot = (item * 40503 >> 2) & mask
    while slots[slot] >= 0:
        if marks[slots[slot]].item == item:
            return int(slots[slot])
        slot = (slot + 1) & mask
    if not make:
        return -1
    place = size[0]
    size[0] = place + 1
    slots[slot] = place
    marks[place].item = item
    marks[place].owned = -1
    return int(place)


@kernel
def family(parent: int) -> int:
    """The key under which a parent product is marked beside the products themselves: below -1."""
    return -2 - parent


@kernel
def fill(  # noqa: C901 - one loop
    pool: Rows,
    start: int,
    end: int,
    count: int,
    items: Rows,
    bound: Rows,
    sets: Rows,
    never_of: Rows,
    never: Rows,
    slots: Rows,
    marks: Rows,
    mark_size: Rows,
    categories: Rows,
    rests: Rows,
    wide: Rows,
    said: Rows,
    weights: Rows,
    economics: Rows,
    qualified: Rows,
    left: int,
    right: int,
    now: int,
) -> None:
    """Fill rows start … end of the pool, which has `count`, and mark whose product a candidate is.

    `categories` are the category codes that the request asks for, bool (categories,), empty = all;
    `economics` the lost share, payment fee (basis points), return cost, influence start, target (basis
    points), days, what reaching the gap costs (the parcel, or a tier's discount), how often this customer sends back
    compared with all (basis points), and what a tier takes of a filler's price (basis points); `qualified` the
    qualifications that the rep has, bool (codes,); `left` and `right` the bits of never_with pairs that the cart
    stands on.
    """
    if start == 0:
        for i in range(min(count, FETCHED)):
            _fetch(items, bound, pool[i].item)
    for i in range(start, end):
        row = pool[i]
        if i + FETCHED < count:
            _fetch(items, bound, pool[i + FETCHED].item)
        item = items[row.item]
        _product(row, item)
        row.qualified = qualified[item.qualification]
        row.outside_filter = len(categories) > 0 and not categories[item.category]
        if item.parent >= 0:
            of_family = mark_of(slots, marks, mark_size, family(item.parent), False)
            row.variant_in_cart = of_family >= 0 and marks[of_family].cart
            _kin(row, item, slots, marks, mark_size, now)
        row.margin = bound[row.item].margin
        row.margin_basis = bound[row.item].basis
        own = _marked(row, row.item, item, slots, marks, mark_size, now)
        _rest(row, own, item.category, rests, wide)
        _answers(row, row.item, item, said)
        if row.anchor >= 0:  # bought lately, it lies nowhere: what is never to go with it does not go with it now
            row.never_with |= declared_apart(never_of, never, row.anchor, row.item)
        own_left, own_right = left | bound[row.item].apart_left, right | bound[row.item].apart_right
        row.never_with |= bound[row.item].apart_left & right != 0 or bound[row.item].apart_right & left != 0
        k = 0
        other = member(row, sets, k)
        while other >= 0:
            more = items[other]
            row.never_with |= bound[other].apart_left & own_right != 0 or bound[other].apart_right & own_left != 0
            own_left |= bound[other].apart_left
            own_right |= bound[other].apart_right
            join(row, more, bound[other])
            row.never_with |= declared_apart(never_of, never, row.item, other)
            row.never_with |= declared_apart(never_of, never, other, row.item)
            if row.anchor >= 0:
                row.never_with |= declared_apart(never_of, never, row.anchor, other)
            row.qualified = row.qualified and qualified[more.qualification]
            own = _marked(row, other, more, slots, marks, mark_size, now)
            if more.parent >= 0:
                _kin(row, more, slots, marks, mark_size, now)
            _rest(row, own, more.category, rests, wide)
            _answers(row, other, more, said)
            k += 1
            other = member(row, sets, k)
        if row.set >= 0:
            for m in range(MEMBERS):  # the one that it goes with too
                _look(slots, marks, mark_size, sets[row.set].items[m])
        _score(row, bound, weights, economics)


@kernel
def _fetch(items: Rows, bound: Rows, item: int) -> None:
    ahead(items, item)
    ahead(bound, item)


@kernel
def _marked(row: Row, at: int, item: Row, slots: Rows, marks: Rows, mark_size: Rows, now: int) -> int:
    """What is known of one product of the offer in this decision; returns its place among what rests + 1, 0 = none."""
    place = mark_of(slots, marks, mark_size, at, False)
    if place < 0:
        return 0
    mark = marks[place]
    mark.looked = True
    row.in_cart |= mark.cart
    row.excluded |= mark.excluded
    row.shown_before |= mark.shown
    row.never_with |= mark.never
    row.lesson |= mark.lesson
    row.main_product |= mark.main and item.durable != 0  # what is used up may always be bought again
    row.mandatory |= (mark.mandatory >> row.kind) & 1 == 1
    if mark.owned >= 0 and (at == row.item or item.durable != 0):
        row.owned_days = days_between(mark.owned, now)
        row.durable = item.durable
    return int(mark.rest)


@kernel
def _kin(row: Row, item: Row, slots: Rows, marks: Rows, mark_size: Rows, now: int) -> None:
    """What of the family of a lasting product the customer owns already."""
    place = mark_of(slots, marks, mark_size, family(item.parent), False)
    if place >= 0 and marks[place].owned >= 0 and item.durable != 0:
        marks[place].looked = True
        row.kin_days = days_between(marks[place].owned, now)


@kernel
def _product(row: Row, item: Row) -> None:
    row.need = item.need
    row.category = item.category
    row.parent = item.parent
    row.price = item.price
    row.list_price = item.price
    row.net_price = item.net
    row.currency = item.currency
    row.stock = item.stock
    row.status = item.status
    row.product_kind = item.kind
    row.durable = item.durable
    row.rating = item.rating
    row.reviews = item.reviews
    row.min_age = item.min_age
    row.regions = item.regions
    row.shipping = item.shipping
    row.has_terms = item.has_terms
    row.returns = item.returns
    if row.kind != codes.REPLENISH or row.interval < 0:  # a refill is due by the customer's own pace
        row.interval = item.interval


@kernel
def _rest(row: Row, own: int, category: int, rests: Rows, wide: Rows) -> None:
    """The first of what rests that holds here: the product's own (its place + 1), or one of the `wide` scopes."""
    first = own - 1 if own > 0 else len(rests)
    for w in range(len(wide)):
        if wide[w] >= first:
            break
        rest = rests[wide[w]]
        hit = (
            (rest.scope == contacts.CATEGORY and rest.key == category)
            or (rest.scope == contacts.KIND and rest.key == row.kind)
            or rest.scope == contacts.ALL
        )
        if hit:
            first = wide[w]
    if first < len(rests):
        row.suppressed = rests[first].row


@kernel
def mark_rests(slots: Rows, marks: Rows, size: Rows, rests: Rows, wide: Rows) -> int:
    """Mark the products that rest by themselves; writes the places of what rests wider to `wide`, returns how many."""
    count = 0
    for r in range(len(rests)):
        if rests[r].scope != contacts.PRODUCT:
            wide[count] = r
            count += 1
            continue
        mark = marks[mark_of(slots, marks, size, rests[r].key, True)]
        if mark.rest == 0:
            mark.rest = r + 1
    return count


@kernel
def kept_of(marks: Rows, owned: Rows, kin: Rows, kin_marks: Rows, kept: Rows) -> int:
    """Write the places of the purchases that a record keeps: of candidates, and the newest; returns how many.

    `owned` is the mark of each purchase, -1 where the catalogue does not know the product; `kin` are the places of
    lasting variants among them, `kin_marks` the marks of their families: of which a candidate is, that is kept too.
    """
    for k in range(len(kin)):
        if marks[kin_marks[k]].looked:
            marks[owned[kin[k]]].looked = True
    found = 0
    for i in range(len(owned)):
        if i >= len(owned) - LOOKED_BACK or (owned[i] >= 0 and marks[owned[i]].looked):
            kept[found] = i
            found += 1
    return found


@kernel
def _look(slots: Rows, marks: Rows, size: Rows, item: int) -> None:
    place = mark_of(slots, marks, size, item, False) if item >= 0 else -1
    if place >= 0:
        marks[place].looked = True


@kernel
def _answers(row: Row, at: int, item: Row, said: Rows) -> None:
    for s in range(len(said)):
        answer = said[s]
        same = answer.item == at
        if answer.reason == codes.HAVE_IT and same:
            row.said_have_it = True
        elif answer.reason == codes.NOT_FOR_ME and (same or answer.category == item.category):
            if row.said_not_for_me < 0 or answer.days < row.said_not_for_me:
                row.said_not_for_me = answer.days
        elif answer.reason == codes.NOT_NOW and same:
            if row.said_not_now < 0 or answer.days < row.said_not_now:
                row.said_not_now = answer.days
        elif answer.reason == codes.TOO_DEAR and answer.need == item.need:
            if row.said_too_dear < 0 or answer.days < row.said_too_dear:
                row.said_too_dear = answer.days
            if row.too_dear_price < 0 or 0 <= answer.price < row.too_dear_price:
                row.too_dear_price = answer.price


@kernel
def _score(
    row: Row,
    bound: Rows,
    weights: Rows,
    economics: Rows,
) -> None:
    of_item = bound[row.item]
    row.worth = worth_of(row, bound, economics)
    replaces = row.kind == codes.UP_SELL or row.source == codes.COMBINED
    if replaces and row.anchor >= 0 and bound[row.anchor].basis == codes.UNKNOWN_MARGIN:
        row.margin_basis = codes.UNKNOWN_MARGIN
    levers, contexts = 100, 100
    for w in range(len(weights)):
        weight = weights[w]
        if weight.holds and (of_item.weights >> w) & 1 and (weight.kinds >> row.kind) & 1:
            if weight.lever:
                levers += weight.percent
            else:
                contexts += weight.percent
    row.levers = max(levers, 1) / 100.0
    row.context = max(contexts, 1) / 100.0
    if row.said_not_now >= 0:
        start, target, days = economics[3], economics[4], economics[5]
        elapsed = min(row.said_not_now, days)
        row.influence = (start * (days - elapsed) + target * elapsed) / (days * 10_000.0)


@kernel
def worth_of(row: Row, bound: Rows, economics: Rows) -> int:
    """V: expected contribution margin if accepted, minor units, rounded down.

    An upgrade is worth the difference; a step down the margin times the chance that the sale would have been
    lost; a filler its margin less the parcel that the shop then pays, or less the discount that the cart then gets.
    Returns cost their share of the margin and the handling; the payment its fee.
    """
    worth = row.margin
    if row.kind == codes.UP_SELL and row.anchor >= 0:
        worth -= bound[row.anchor].margin
    elif row.kind == codes.DOWN_SELL:
        worth = worth * economics[0] // 10_000
    elif row.kind == codes.FILLER:
        worth -= economics[6] + max(row.price, 0) * economics[8] // 10_000
    if row.source == codes.COMBINED and row.anchor >= 0:
        worth -= bound[row.anchor].margin
    if row.price > 0:
        paid = row.price
        if row.kind == codes.UP_SELL and row.anchor_price > 0:
            paid = max(row.price - row.anchor_price, 0)
        worth -= paid * economics[1] // 10_000
    if row.returns > 0:
        share = min(row.returns * economics[7] // 10_000, 10_000)  # of this customer
        worth -= (max(worth, 0) + economics[2]) * share // 10_000
    return int(worth * row.quantity)
