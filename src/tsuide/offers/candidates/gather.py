"""All generators in their order, then the columns: one call for one decision."""

from typing import Final

import numpy as np

from tsuide.offers import codes
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
)
from tsuide.offers.candidates import promoted as promoted_products
from tsuide.offers.candidates.cart import MOST_ANCHORS, find_anchors, read_cart
from tsuide.offers.candidates.fill import MARK, family, fill, look_at, mark_of, mark_rests
from tsuide.offers.candidates.pool import ANCHOR, SEEN, place_for
from tsuide.offers.compiled import Rows, kernel

MOST_RESTS: Final = 64
MOST_SAID: Final = 64
FEW: Final = 24  # below so many candidates bestsellers are added: of a visitor of whom nothing is known they say least
FEW_BESIDE: Final = 1  # beside a product or a cart only instead of silence: what goes with it is the better offer
PROPOSED_WITHIN: Final = 7 * 86_400_000_000  # a week


@kernel
def mark_never(slots: Rows, marks: Rows, mark_size: Rows, never_of: Rows, never: Rows, item: int) -> None:
    """Mark what was declared never to go with `item`."""
    for at in range(never_of[item], never_of[item + 1]):
        marks[mark_of(slots, marks, mark_size, never[at].item, True)].never = True


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
def mark_all(
    slots: Rows,
    marks: Rows,
    mark_size: Rows,
    items: Rows,
    cart: Rows,
    owned: Rows,
    owned_at: Rows,
    owned_marks: Rows,
    excluded: Rows,
    shown: Rows,
    never_of: Rows,
    never: Rows,
    looked_at: int,
    mandatory: Rows,
    mandatory_kind: Rows,
) -> None:
    """Write down what is known of products: cart, ownership, exclusions, never-with partners.

    `owned_marks` holds -1 throughout; the mark of each purchase is written to it.
    """
    for i in range(len(owned)):
        if owned[i] < 0:
            continue
        place = mark_of(slots, marks, mark_size, owned[i], True)
        marks[place].owned = max(marks[place].owned, owned_at[i])
        owned_marks[i] = place
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
    never_of: Rows,
    never: Rows,
    set_of: Rows,
    sets: Rows,
    filler_rows: Rows,
    contents: Rows,
    best: Rows,
    baskets: int,
    cart: Rows,
    looked_at: int,
    free_at: int,
    yen: int,
    owned: Rows,
    owned_at: Rows,
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
    categories: Rows,
    mandatory: Rows,
    mandatory_kind: Rows,
    suppression: Rows,
    limits: Rows,
    priors: Rows,
    weights: Rows,
    economics: Rows,
    qualified: Rows,
    customers: Rows,
    requests: Rows,
    kept: Rows,
    kept_size: Rows,
    now: int,
) -> int:
    """Fill the pool; returns how many candidates there are.

    Where `kept` is as long as `owned`, the places of the purchases that a record keeps are written to it, and how
    many to `kept_size`; it may be empty.
    """
    request = requests[0]
    customer = customers[0]
    hesitating = request.hesitation != 0
    read_cart(cart, looked_at, items, free_at, yen, request)
    anchors = np.empty(MOST_ANCHORS, ANCHOR)
    anchors = anchors[: find_anchors(cart, looked_at, items, owned, owned_at, now, anchors)]
    size = np.zeros(1, np.int64)
    seen = np.full(SEEN, -1, np.int32)
    most = len(owned) + len(excluded) + len(shown) + len(mandatory) + 2 * len(cart) + MOST_RESTS + 2
    most += _never_count(never_of, cart, looked_at)
    slots = np.full(_width(most), -1, np.int32)
    marks = np.zeros(most, MARK)
    mark_size = np.zeros(1, np.int64)
    owned_marks = np.full(len(owned), -1, np.int32)
    mark_all(
        slots, marks, mark_size, items, cart, owned, owned_at, owned_marks, excluded, shown,
        never_of, never, looked_at, mandatory, mandatory_kind,
    )  # fmt: skip
    _put_first(pool, size, seen, mandatory, mandatory_kind, priors)
    ladder.propose(
        pool, size, seen, instead_of, instead, anchors, items, priors, hesitating, True,
    )  # fmt: skip
    ladder.propose(
        pool, size, seen, substitute_of, substitute, anchors, items, priors, hesitating, False,
    )  # fmt: skip
    listed.propose(pool, size, seen, due, codes.REPLENISH, codes.REPLENISHMENT, True)
    listed.propose(pool, size, seen, wanted, codes.CROSS_SELL, codes.GOAL, False)
    fillers.propose(pool, size, seen, filler_rows, items, anchors, request.gap, priors)
    bundles.propose(pool, size, seen, set_of, sets, anchors, priors, now)
    combined.propose(pool, size, seen, complement_of, complement)
    content.propose(pool, size, seen, contents, anchors, items, priors)
    complements.propose(pool, size, seen, complement_of, complement, anchors)
    declared.propose(pool, size, seen, beside_of, beside, anchors, priors)
    listed.propose(pool, size, seen, session, codes.CROSS_SELL, codes.SESSION, False)
    listed.propose(pool, size, seen, expected, codes.CROSS_SELL, codes.PERSONAL, True)
    listed.propose(pool, size, seen, tastes, codes.CROSS_SELL, codes.TASTE, True)
    alike.propose(pool, size, seen, liked, items, baskets)
    promoted_products.propose(pool, size, seen, promoted, items, baskets, anchors, now)
    if baskets > 0 and size[0] < (FEW_BESIDE if len(anchors) else FEW):
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
    fill(
        pool, size[0], items, bound, sets, never_of, never, slots, marks, mark_size, categories,
        rests, wide, said, n_said, weights, economics, qualified, left, right, now,
    )  # fmt: skip
    if len(kept) > 0:
        kept_size[0] = look_at(pool, size[0], sets, slots, marks, mark_size, owned_marks, kept)
    return int(size[0])
