"""Products that a list about the person or the visit brings: history, session, refills that are due, wishes."""

from tsuide.offers import codes
from tsuide.offers.candidates.pool import place_for
from tsuide.offers.compiled import Row, Rows, kernel


@kernel
def propose(
    pool: Rows,
    size: Rows,
    seen: Rows,
    listed: Rows,
    kind: int,
    source: int,
    personal: bool,  # noqa: FBT001 - a kernel takes no names
) -> None:
    """Every product of the list; P is the list's own probability."""
    for i in range(len(listed)):
        place = place_for(pool, size, seen, listed[i].item, kind)
        if place < 0:
            return
        if listed[i].chance > pool[place].propensity:
            _write(pool[place], listed[i], source, personal)


@kernel
def propose_said(
    pool: Rows,
    size: Rows,
    seen: Rows,
    listed: Rows,
    items: Rows,
    source: int,
    personal: bool,  # noqa: FBT001 - a kernel takes no names
) -> None:
    """As `propose`, for the words of a goal, a need or a taste: what teaches is content, the rest goes with them."""
    for i in range(len(listed)):
        teaches = items[listed[i].item].kind == codes.CONTENT_PRODUCT
        place = place_for(pool, size, seen, listed[i].item, codes.CONTENT if teaches else codes.CROSS_SELL)
        if place < 0:
            return
        if listed[i].chance > pool[place].propensity:
            _write(pool[place], listed[i], source, personal)


@kernel
def _write(row: Row, one: Row, source: int, personal: bool) -> None:  # noqa: FBT001 - a kernel takes no names
    row.source = source
    row.anchor = one.because
    row.personal = personal
    row.propensity = one.chance
    row.chance = one.chance
    row.count = one.times
    row.interval = one.interval
    row.base = 0
    row.opens = -1
    row.closes = -1
    row.since_anchor = 0
