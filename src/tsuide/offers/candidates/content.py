"""Articles, webinars and courses about a need that the customer has, or a product that they own or look at."""

from tsuide.offers import codes
from tsuide.offers.candidates.pool import place_for
from tsuide.offers.compiled import Rows, kernel


@kernel
def propose(pool: Rows, size: Rows, seen: Rows, contents: Rows, anchors: Rows, items: Rows, priors: Rows) -> None:
    """Content of the same need or category as an anchor; P is the kind's prior."""
    for c in range(len(contents)):
        own = items[contents[c]]
        for a in range(len(anchors)):
            other = items[anchors[a].item]
            if anchors[a].item != contents[c] and (other.need == own.need or other.category == own.category):
                place = place_for(pool, size, seen, contents[c], codes.CONTENT)
                if place < 0:
                    return
                row = pool[place]
                if row.propensity < 0.0:
                    row.source = codes.LESSON
                    row.anchor = anchors[a].item
                    row.personal = anchors[a].personal
                    row.propensity = priors[codes.CONTENT] / 10_000.0
                break
