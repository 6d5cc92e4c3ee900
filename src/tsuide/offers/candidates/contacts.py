"""The contact ledger read for one decision: what rests, what was said, how many contacts are left."""

from typing import Final

import numpy as np

from tsuide.offers import codes
from tsuide.offers.candidates.pool import days_between
from tsuide.offers.compiled import Row, Rows, kernel

TOUCH: Final = np.dtype(
    [
        ("at", np.int64),  # microseconds
        ("item", np.int32),  # -1 = none
        ("category", np.int32),
        ("need", np.int32),
        ("outcome", np.int8),
        ("kind", np.int8),  # -1 = none
        ("channel", np.int8),
        ("reason", np.int8),  # -1 = none
    ],
    align=True,
)
"""A row of the ledger, oldest first."""

REST: Final = np.dtype([("scope", np.int32), ("key", np.int32), ("row", np.int32)], align=True)
"""What rests: scope (code of SCOPES), its key, and the policy's suppression row (from 1)."""

SAID: Final = np.dtype(
    [
        ("item", np.int32),
        ("category", np.int32),
        ("need", np.int32),
        ("reason", np.int8),
        ("days", np.int32),  # ago
        ("price", np.int64),  # of the product now
    ],
    align=True,
)
"""A no with its reason, or a "later"."""

PRODUCT: Final = 0
CATEGORY: Final = 1
KIND: Final = 2
ALL: Final = 3


@kernel
def key_of(touch: Row, scope: int) -> int:
    """What a touch counts for in a scope."""
    if scope == PRODUCT:
        return int(touch.item)
    if scope == CATEGORY:
        return int(touch.category)
    return int(touch.kind) if scope == KIND else 0


@kernel
def resting(touches: Rows, suppression: Rows, now: int, rests: Rows) -> int:
    """Write what rests now to `rests`; returns how many.

    A row of suppression rests its key when `count` touches of the outcome fell within `window`, the last of
    them at most `rest` ago.
    """
    found = 0
    for r in range(len(suppression)):
        rule = suppression[r]
        for last in range(len(touches) - 1, -1, -1):
            touch = touches[last]
            if touch.at > now or not _counts(touch, rule):
                continue
            if now - touch.at >= rule.rest:
                break
            key = key_of(touch, rule.scope)
            if key < 0 or _known(rests, found, rule.scope, key):
                continue
            if _reached(touches, rule, last, key) and found < len(rests):
                rests[found].scope = rule.scope
                rests[found].key = key
                rests[found].row = r + 1
                found += 1
    return found


@kernel
def _counts(touch: Row, rule: Row) -> bool:
    return bool(touch.outcome == rule.outcome and (rule.channel < 0 or rule.channel == touch.channel))


@kernel
def _known(rests: Rows, found: int, scope: int, key: int) -> bool:
    for i in range(found):  # noqa: SIM110 - a kernel takes no generators
        if rests[i].scope == scope and rests[i].key == key:
            return True
    return False


@kernel
def _reached(touches: Rows, rule: Row, last: int, key: int) -> bool:
    count = 0
    for i in range(last, -1, -1):
        if touches[last].at - touches[i].at >= rule.window:
            break
        if _counts(touches[i], rule) and key_of(touches[i], rule.scope) == key:
            count += 1
            if count >= rule.count:
                return True
    return False


@kernel
def contacts_left(touches: Rows, limits: Rows, channel: int, now: int) -> int:
    """How many more contacts the tightest limit of the channel allows; what one page or mail showed is one."""
    left = 1 << 30
    for r in range(len(limits)):
        limit = limits[r]
        if limit.channel >= 0 and limit.channel != channel:
            continue
        count = 0
        before = -1
        for i in range(len(touches) - 1, -1, -1):
            touch = touches[i]
            if now - touch.at >= limit.window:
                break
            if touch.outcome != codes.SHOWN or (limit.channel >= 0 and touch.channel != channel):
                continue
            if touch.at != before and touch.at <= now:
                count += 1
                before = touch.at
        left = min(left, limit.most - count)
    return left


@kernel
def answers(touches: Rows, items: Rows, now: int, said: Rows) -> int:
    """Write every no with a reason, and every "later", to `said`, newest first; returns how many."""
    found = 0
    for i in range(len(touches) - 1, -1, -1):
        touch = touches[i]
        later = touch.outcome == codes.LATER
        if touch.at > now or not (later or (touch.outcome == codes.DECLINED and touch.reason >= 0)):
            continue
        if found == len(said):
            break
        row = said[found]
        row.item = touch.item
        row.category = touch.category
        row.need = touch.need
        row.reason = codes.NOT_NOW if later else touch.reason
        row.days = days_between(touch.at, now)
        row.price = items[touch.item].price if touch.item >= 0 else -1
        found += 1
    return found


@kernel
def proposed_before(touches: Rows, now: int, within: int) -> bool:
    """Whether something other than a step down was shown within `within` microseconds."""
    for i in range(len(touches) - 1, -1, -1):
        if now - touches[i].at > within:
            return False
        if touches[i].outcome == codes.SHOWN and touches[i].kind != codes.DOWN_SELL and touches[i].at <= now:
            return True
    return False
