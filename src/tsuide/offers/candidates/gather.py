"""All generators in their order, then the columns: one call for one decision."""

from typing import Final

import numpy as np

from tsuide.offers import codes
from tsuide.offers.ahead import ahead, beginning
from tsuide.offers.candidates import (
    alike,
    bestsellers,
    bundles,
    combined,
    complements,
    contacts,
    content,
    declared,
    fillers,
    ladder,
    listed,
    visited,
)
from tsuide.offers.candidates import promoted as promoted_products
from tsuide.offers.candidates.cart import MOST_ANCHORS, find_anchors, read_cart
from tsuide.offers.candidates.fill import MARK, family, mark_of, mark_rests
from tsuide.offers.candidates.pool import ANCHOR, SEEN, place_for
from tsuide.offers.compiled import Row, Rows, kernel

MOST_RESTS: Final = 64
MOST_SAID: Final = 64
FEW: Final = 24  # below so many candidates bestsellers are added: of a visitor of whom nothing is known they say least
FEW_BESIDE: Final = 1  # beside a product, a cart or a goal only instead of silence: what fits is the better offer
PROPOSED_WITHIN: Final = 7 * 86_400_000_000  # a week


@kernel
def mark_never(slots: Rows, marks: Rows, mark_size: Rows, never_of: Rows, never: Rows, item: int) -> None:
    """Mark what was declared never to go with `item`."""
    for at in range(never_of[item], never_of[item + 1]):
        marks[mark_of(slots, marks, mark_size, never[at].item, True)].never = True


@kernel
def mark_mains(slots: Rows, marks: Rows, mark_size: Rows, of: Rows, mains: Rows, anchors: Rows) -> None:
    """Mark what the things in the cart, under the eyes, or bought lately are accessories or parts of."""
    for a in range(len(anchors)):
        for at in range(of[anchors[a].item], of[anchors[a].item + 1]):
            marks[mark_of(slots, marks, mark_size, mains[at].item, True)].main = True


@kernel
def _main_count(of: Rows, anchors: Rows) -> int:
    """How many marks the main products of accessories need."""
    count = 0
    for a in range(len(anchors)):
        count += of[anchors[a].item + 1] - of[anchors[a].item]
    return int(count)


@kernel
def _width(marks: int) -> int:
    """Slots of the hash table of so many marks: a power of two, at least twice as many."""
    width = 64
    while width < 2 * marks:
        width *= 2
    return width


@kernel
def _never_count(of: Rows, cart: Rows, looked_at: int) -> int:
    """How many marks the declared never-with partners need."""
    count = 0
    for i in range(len(cart)):
        count += of[cart[i].item + 1] - of[cart[i].item]
    return int(count + of[looked_at + 1] - of[looked_at] if looked_at >= 0 else count)


@kernel
def mark_all(  # noqa: C901 - one loop for each list
    slots: Rows,
    marks: Rows,
    mark_size: Rows,
    items: Rows,
    cart: Rows,
    owned: Rows,
    owned_at: Rows,
    owned_marks: Rows,
    kin: Rows,
    kin_marks: Rows,
    excluded: Rows,
    shown: Rows,
    never_of: Rows,
    never: Rows,
    looked_at: int,
    mandatory: Rows,
    mandatory_kind: Rows,
    unfit: Rows,
) -> None:
    """Write down what is known of products: cart, ownership, exclusions, never-with partners.

    `owned_marks` holds -1 throughout; the mark of each purchase is written to it, and to `kin_marks` that
    of the family of each of `kin`, places of lasting variants among the purchases.
    """
    for i in range(len(owned)):
        if owned[i] < 0:
            continue
        place = mark_of(slots, marks, mark_size, owned[i], True)
        marks[place].owned = max(marks[place].owned, owned_at[i])
        owned_marks[i] = place
    for k in range(len(kin)):
        place = mark_of(slots, marks, mark_size, family(items[owned[kin[k]]].parent), True)
        marks[place].owned = max(marks[place].owned, owned_at[kin[k]])
        kin_marks[k] = place
    for i in range(len(cart)):
        item = cart[i].item
        marks[mark_of(slots, marks, mark_size, item, True)].cart = True
        if items[item].parent >= 0:
            marks[mark_of(slots, marks, mark_size, family(items[item].parent), True)].cart = True
        mark_never(slots, marks, mark_size, never_of, never, item)
    if looked_at >= 0:
        marks[mark_of(slots, marks, mark_size, looked_at, True)].excluded = True
        mark_never(slots, marks, mark_size, never_of, never, looked_at)
    for i in range(len(excluded)):
        marks[mark_of(slots, marks, mark_size, excluded[i], True)].excluded = True
    for i in range(len(shown)):
        marks[mark_of(slots, marks, mark_size, shown[i], True)].shown = True
    for i in range(len(mandatory)):
        place = mark_of(slots, marks, mark_size, mandatory[i], True)
        marks[place].mandatory |= 1 << mandatory_kind[i]
    for i in range(len(unfit)):
        marks[mark_of(slots, marks, mark_size, unfit[i].item, True)].lesson = unfit[i].why


@kernel
def _sides(bound: Rows, cart: Rows, looked_at: int) -> tuple[int, int]:
    """The bits of the policy's never_with pairs on whose left and right side the cart stands."""
    left, right = 0, 0
    for i in range(len(cart)):
        left |= bound[cart[i].item].apart_left
        right |= bound[cart[i].item].apart_right
    if looked_at >= 0:
        left |= bound[looked_at].apart_left
        right |= bound[looked_at].apart_right
    return left, right


@kernel
def _put_first(pool: Rows, size: Rows, seen: Rows, mandatory: Rows, mandatory_kind: Rows, priors: Rows) -> None:
    """What people put first, before anything else can fill the pool."""
    for i in range(len(mandatory)):
        place = place_for(pool, size, seen, mandatory[i], mandatory_kind[i])
        if place >= 0:
            pool[place].source = codes.DECLARED
            pool[place].declared = True
            pool[place].propensity = priors[mandatory_kind[i]] / 10_000.0


@kernel
def gather(
    pool: Rows,
    items: Rows,
    bound: Rows,
    complement_of: Rows,
    complement: Rows,
    substitute_of: Rows,
    substitute: Rows,
    beside_of: Rows,
    beside: Rows,
    instead_of: Rows,
    instead: Rows,
    sibling_of: Rows,
    siblings: Rows,
    never_of: Rows,
    never: Rows,
    main_of: Rows,
    mains: Rows,
    set_of: Rows,
    sets: Rows,
    filler_rows: Rows,
    contents: Rows,
    lesson_of: Rows,
    lessons: Rows,
    best: Rows,
    baskets: int,
    cart: Rows,
    looked_at: int,
    free_at: int,
    yen: int,
    owned: Rows,
    owned_at: Rows,
    kin: Rows,
    due: Rows,
    expected: Rows,
    session: Rows,
    liked: Rows,
    promoted: Rows,
    wanted: Rows,
    tastes: Rows,
    touches: Rows,
    excluded: Rows,
    shown: Rows,
    mandatory: Rows,
    mandatory_kind: Rows,
    unfit: Rows,
    suppression: Rows,
    limits: Rows,
    priors: Rows,
    overshoot: int,
    tier: int,
    tier_fillers: Rows,
    customer: Row,
    request: Row,
    now: int,
) -> tuple[int, Rows, Rows, Rows, Rows, Rows, Rows, Rows, Rows, int, int]:
    """Put every candidate into the pool with its evidence; what `fill` adds to them is not there yet.

    Returns:
        How many there are; what is known of products, and the slots by which it is found, how many, and the mark of
        each purchase, and of the family of each lasting variant among them; what rests, and which of it is
        wider than a product; what was said; the bits of the
        never_with pairs that the cart stands on, left and right.
    """
    hesitating = request.hesitation & ~codes.STOCK_OUT_BIT != 0
    _fetch_cart(cart, items, bound, never_of)
    read_cart(cart, looked_at, items, free_at, yen, request)
    anchors = np.empty(MOST_ANCHORS, ANCHOR)
    anchors = anchors[: find_anchors(cart, looked_at, items, owned, owned_at, now, anchors)]
    _fetch_links(anchors, complement_of, set_of, beside_of)
    size = np.zeros(1, np.int64)
    seen = np.full(SEEN, -1, np.int32)
    most = (
        len(owned)
        + len(kin)
        + len(excluded)
        + len(shown)
        + len(mandatory)
        + len(unfit)
        + 2 * len(cart)
        + MOST_RESTS
        + 2
    )
    most += _never_count(never_of, cart, looked_at) + _main_count(main_of, anchors)
    slots = np.full(_width(most), -1, np.int32)
    marks = np.zeros(most, MARK)
    mark_size = np.zeros(1, np.int64)
    owned_marks = np.full(len(owned), -1, np.int32)
    kin_marks = np.full(len(kin), -1, np.int32)
    mark_all(
        slots, marks, mark_size, items, cart, owned, owned_at, owned_marks, kin, kin_marks, excluded, shown,
        never_of, never, looked_at, mandatory, mandatory_kind, unfit,
    )  # fmt: skip
    mark_mains(slots, marks, mark_size, main_of, mains, anchors)
    _put_first(pool, size, seen, mandatory, mandatory_kind, priors)
    declared.make_room(pool, size, seen, beside_of, beside, anchors)
    ladder.propose_all(
        pool, size, seen, sibling_of, siblings, instead_of, instead, substitute_of, substitute, anchors, items, priors,
        hesitating,
    )  # fmt: skip
    listed.propose(pool, size, seen, due, codes.REPLENISH, codes.REPLENISHMENT, True)
    listed.propose_said(pool, size, seen, wanted, items, codes.GOAL, False)
    fillers.propose(
        pool,
        size,
        seen,
        filler_rows,
        items,
        main_of,
        mains,
        anchors,
        request.gap,
        overshoot,
        tier,
        tier_fillers,
        priors,
    )
    bundles.propose(pool, size, seen, set_of, sets, anchors, priors, now)
    combined.propose(pool, size, seen, complement_of, complement)
    content.propose(pool, size, seen, contents, lesson_of, lessons, anchors, items, priors)
    complements.propose(pool, size, seen, complement_of, complement, main_of, mains, anchors)
    declared.propose(pool, size, seen, beside_of, beside, anchors, priors)
    visited.propose(pool, size, seen, session, items, anchors)
    listed.propose(pool, size, seen, expected, codes.CROSS_SELL, codes.PERSONAL, True)
    listed.propose_said(pool, size, seen, tastes, items, codes.TASTE, True)
    alike.propose(pool, size, seen, liked, items, baskets)
    promoted_products.propose(pool, size, seen, promoted, items, baskets, anchors, now)
    if baskets > 0 and size[0] < (FEW_BESIDE if len(anchors) + len(wanted) > 0 else FEW):
        bestsellers.propose(pool, size, seen, best, items, baskets, anchors, 40)
    rests = np.empty(MOST_RESTS, contacts.REST)
    said = np.empty(MOST_SAID, contacts.SAID)
    rests = rests[: contacts.resting(touches, suppression, now, rests)]
    wide = np.empty(len(rests), np.int32)
    wide = wide[: mark_rests(slots, marks, mark_size, rests, wide)]
    n_said = contacts.answers(touches, items, now, said)
    request.contacts_left = contacts.contacts_left(touches, limits, request.channel, now)
    left, right = _sides(bound, cart, looked_at)
    customer.offered_before = contacts.proposed_before(touches, now, PROPOSED_WITHIN)
    return size[0], slots, marks, mark_size, owned_marks, kin_marks, rests, wide, said[:n_said], left, right


@kernel
def _fetch_cart(cart: Rows, items: Rows, bound: Rows, never_of: Rows) -> None:
    """Have what is read of the cart's products on its way at once, not one after the other."""
    for i in range(len(cart)):
        ahead(items, cart[i].item)
        ahead(bound, cart[i].item)
        beginning(never_of, cart[i].item)


@kernel
def _fetch_links(anchors: Rows, complement_of: Rows, set_of: Rows, beside_of: Rows) -> None:
    """As `_fetch_cart`, of where each anchor's links begin."""
    for a in range(len(anchors)):
        beginning(complement_of, anchors[a].item)
        beginning(set_of, anchors[a].item)
        beginning(beside_of, anchors[a].item)
