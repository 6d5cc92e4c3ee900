"""Which segments a customer is in, for every decision: remembered, and forgotten when somebody came or went."""

from collections import OrderedDict
from typing import Final

from tsuide.outreach.segments.sheets import CUSTOMER, VISITOR
from tsuide.store.database import Store

_MOST_KEPT: Final = 50_000
_MOST_NEWS: Final = 5_000


class Memberships:
    """Memberships of one process; a shop without segments is asked nothing.

    Args:
        store: of the shop.
    """

    def __init__(self, store: Store) -> None:
        self._segments = store.segments
        self._kept: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._seen = -1
        self._defined: frozenset[str] = frozenset()

    @property
    def defined(self) -> frozenset[str]:
        """Ids of every segment: who is in these nobody may claim."""
        self._begin()
        return self._defined

    def of(self, customer_id: str | None, anonymous_id: str | None) -> tuple[str, ...]:
        """Ids of the segments that a customer, or a visitor without a name, is in, by id."""
        self._begin()
        if not self._defined:
            return ()
        subject = CUSTOMER + customer_id if customer_id is not None else VISITOR + (anonymous_id or "")
        kept = self._kept.get(subject)
        if kept is None:
            seen = self._seen
            kept = self._segments.named(subject)
            if seen != self._seen:  # somebody came or went meanwhile: what was read may be what was before
                return kept
            self._kept[subject] = kept
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return kept

    def remembered(self, customer_id: str | None, anonymous_id: str | None) -> tuple[str, ...]:
        """As `of`, without asking the store: of whom nothing is remembered is in no segment."""
        subject = CUSTOMER + customer_id if customer_id is not None else VISITOR + (anonymous_id or "")
        return self._kept.get(subject, ())

    @property
    def last_defined(self) -> frozenset[str]:
        """As `defined`, without asking the store."""
        return self._defined

    def refresh(self) -> None:
        """Forget those who came or went since the last look; reads two rows where nothing happened.

        Raises:
            Unavailable: the store does not answer.
        """
        self._defined = frozenset(self._segments.ids())
        newest = self._segments.newest_event()
        if newest == self._seen:
            return
        before, self._seen = self._seen, newest  # first: what is read from here on is kept only if it is newer
        try:
            news = self._segments.events(before, _MOST_NEWS) if self._kept else []
        except BaseException:
            self._seen = before
            raise
        if len(news) == _MOST_NEWS:
            self._kept.clear()
        for row in news:
            customer, visitor = row["customer_id"], row["anonymous_id"]
            self._kept.pop(VISITOR + str(visitor) if customer is None else CUSTOMER + customer, None)

    def _begin(self) -> None:
        if self._seen < 0:
            self.refresh()
