"""Articles, webinars and courses about a need that the customer has, or a product that they own or look at."""

from tsuide.offers import codes
from tsuide.offers.candidates.pool import place_for
from tsuide.offers.compiled import Row, Rows, kernel


@kernel
def propose(
    pool: Rows,
    size: Rows,
    seen: Rows,
    contents: Rows,
    lesson_of: Rows,
    lessons: Rows,
    anchors: Rows,
    items: Rows,
    priors: Rows,
) -> None:
    """Content that says it is about an anchor, then that of an anchor's need or category; P is the kind's prior."""
    for a in range(len(anchors)):
        for at in range(lesson_of[anchors[a].item], lesson_of[anchors[a].item + 1]):
            if not _put(pool, size, seen, lessons[at], anchors[a], priors):
                return
    for c in range(len(contents)):
        own = items[contents[c]]
        for a in range(len(anchors)):
            other = items[anchors[a].item]
            if anchors[a].item != contents[c] and (other.need == own.need or other.category == own.category):
                if not _put(pool, size, seen, contents[c], anchors[a], priors):
                    return
                break


@kernel
def _put(pool: Rows, size: Rows, seen: Rows, item: int, anchor: Row, priors: Rows) -> bool:
    """Whether there was room for it; where it stands already it stays as it is."""
    place = place_for(pool, size, seen, item, codes.CONTENT)
    if place < 0:
        return False
    row = pool[place]
    if row.propensity < 0.0:
        row.source = codes.LESSON
        row.anchor = anchor.item
        row.personal = anchor.personal
        row.propensity = priors[codes.CONTENT] / 10_000.0
    return True
