"""Products that a list about the person or the visit brings: history, session, refills that are due."""

from tsuide.offers.candidates.pool import place_for
from tsuide.offers.compiled import Rows, kernel


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
        row = pool[place]
        if listed[i].chance > row.propensity:
            row.source = source
            row.anchor = listed[i].because
            row.personal = personal
            row.propensity = listed[i].chance
            row.chance = listed[i].chance
            row.count = listed[i].times
            row.interval = listed[i].interval
            row.base = 0
            row.opens = -1
            row.closes = -1
            row.since_anchor = 0
