"""What a visitor without a name looks at next: VMIS-kNN over the latest sessions.

Source: Kersbergen, Sprangers, Schelter, "Serenade: low-latency session-based recommendation in e-commerce at scale"
(SIGMOD 2022): per item the m latest sessions; a session matches by the decayed places of shared items; the k best
vote for their items, weighted by how new the shared item is and by idf.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Self

import numpy as np

from tsuide.errors import BadArray
from tsuide.kit.arrays import Float32, Int32, frozen
from tsuide.mining.baskets import Baskets, must_be_baskets
from tsuide.mining.fitted import Arrays, brief, taken, taken_rows, taken_within
from tsuide.mining.history import between
from tsuide.mining.index import Index
from tsuide.mining.parameters import must_be_choices, must_be_list, must_be_whole
from tsuide.mining.ranked import Ranked
from tsuide.mining.session_kernel import Visits, latest_sessions, recommend

_LONGEST: Final = 20  # items of the visitor's session that are looked at: the newest
_GRID: Final = ((100, 50), (100, 100), (500, 50), (500, 100), (500, 250), (1000, 100), (1000, 500), (2500, 500))
_HELD_OUT: Final = 0.1
_QUERIES: Final = 2000
_FEW: Final = 100
_TOP: Final = 10


@dataclass(frozen=True, slots=True)
class Sessions:
    """How sessions are learned.

    Args:
        latest: m, how many of the latest sessions are kept per item and looked at per visitor.
        neighbours: k, how many of these vote.

    >>> import polars as pl
    >>> views = pl.DataFrame({"session": [1, 1, 2, 2, 3], "sku": ["tea", "cup", "tea", "cup", "pot"]})
    >>> sessions = Baskets.from_frame(views, basket="session", item="sku")
    >>> Sessions().fit(sessions, tune=False).recommend(["tea"], n=3).ids(0)
    ['cup']
    """

    latest: int = 500
    neighbours: int = 100

    def __post_init__(self) -> None:
        must_be_whole("latest", self.latest, 1)
        must_be_whole("neighbours", self.neighbours, 1)

    def fit(self, sessions: Baskets, *, tune: bool = True, seed: int = 0) -> "FittedSessions":
        """Learn from sessions.

        Args:
            sessions: one basket per session, its items those that were viewed, ordered by time.
            tune: choose m and k on the last tenth of the sessions: one of a session's items foretells another.
            seed: of the held-out sessions.

        Raises:
            BadValue: `latest` or `neighbours` below 1.
        """
        must_be_baskets(sessions)
        must_be_choices(seed=seed, tune=tune)
        chosen, report = (self.latest, self.neighbours), {"why": "not tuned"}
        if tune:
            chosen, report = _choose(sessions, chosen, seed)
        return _fitted(sessions, *chosen, report)


@dataclass(frozen=True, slots=True, eq=False)
class FittedSessions:
    """Learned sessions.

    Args:
        visits: sessions and the latest ones of every item.
        item_ids: dense item ↔ id.
        latest: m.
        neighbours: k.
        report: how these were chosen; plain JSON.
    """

    name: ClassVar[str] = "sessions"
    __repr__ = brief

    visits: Visits
    item_ids: Index
    latest: int
    neighbours: int
    report: Mapping[str, Any]
    _scratch: threading.local = field(default_factory=threading.local, repr=False)

    @property
    def n_sessions(self) -> int:
        """Number of sessions."""
        return len(self.visits.items_of) - 1

    def recommend(self, session_items: Sequence[str], n: int = 10) -> Ranked:
        """The n items that a visitor most likely looks at next; one query.

        Args:
            session_items: what the visitor looked at, oldest first; unknown items are ignored.
            n: at most so many.

        Raises:
            BadArray: a single string instead of a list.
            BadValue: n below 1.
        """
        if isinstance(session_items, str):
            raise BadArray("a list of item ids is needed", key="session_items", value=session_items)
        must_be_list("session_items", session_items, "item ids")
        must_be_whole("n", n, 1)
        return self.rank(self.item_ids.positions(list(session_items)), n)

    def rank(self, items: Int32, n: int) -> Ranked:
        """`recommend` for dense items, oldest first; -1 = not known."""
        newest = [item for item in dict.fromkeys(items[::-1].tolist()) if item >= 0][:_LONGEST]
        found = np.full((1, n), -1, np.int32)
        score = np.zeros((1, n))
        recommend(self.visits, np.array(newest[::-1], np.int32), self.latest, self.neighbours,
                  *self._arrays(), found[0], score[0])  # fmt: skip
        return Ranked(frozen(found), frozen(score), self.item_ids)

    def _arrays(self) -> tuple[Float32, np.ndarray, Int32, Float32]:
        """This thread's scratch: (sessions,) zeros, (sessions,), (m + 1,), (items,) zeros."""
        kept: tuple[Float32, np.ndarray, Int32, Float32] | None = getattr(self._scratch, "kept", None)
        if kept is None:
            kept = (
                np.zeros(self.n_sessions, np.float32),
                np.zeros(self.n_sessions, np.int16),
                np.empty(self.latest + 1, np.int32),
                np.zeros(len(self.item_ids), np.float32),
            )
            self._scratch.kept = kept
        return kept

    def update(self, more: Baskets) -> "FittedSessions":
        """The result with newer sessions added: equal to a fit on all of them with the same m and k.

        Args:
            more: sessions that began after those known; new items get places behind the known ones.

        >>> import polars as pl
        >>> first = Baskets.from_frame(pl.DataFrame({"s": [1, 1], "i": ["a", "b"]}), basket="s", item="i")
        >>> later = Baskets.from_frame(pl.DataFrame({"s": [2, 2], "i": ["a", "c"]}), basket="s", item="i")
        >>> Sessions().fit(first, tune=False).update(later).recommend(["a"], n=2).ids(0)
        ['b', 'c']
        """
        must_be_baskets(more)
        known = self.item_ids
        new = [item for item in more.item_ids.ids if item not in known]
        item_ids = Index.of([*known.ids, *new]) if new else known
        dense = item_ids.positions(more.item_ids.ids)[more.item]
        entries = np.lexsort((dense, more.basket_of_entry()))
        items_of = np.concatenate([self.visits.items_of, more.items_of[1:] + self.visits.items_of[-1]])
        item = np.concatenate([self.visits.item, dense[entries].astype(np.int32)])
        visits = _visits(items_of, item, len(item_ids), self.latest)
        return FittedSessions(visits, item_ids, self.latest, self.neighbours, self.report)

    def arrays(self) -> dict[str, np.ndarray]:
        """Sessions, posting lists and ids."""
        return {**self.visits._asdict(), **self.item_ids.arrays("item_ids")}

    def meta(self) -> dict[str, Any]:
        """Counts, parameters, and the choice that tuning made."""
        return {
            "sessions": self.n_sessions,
            "items": len(self.item_ids),
            "latest": self.latest,
            "neighbours": self.neighbours,
            "chosen": dict(self.report),
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays, meta: Mapping[str, Any]) -> Self:
        """The result again.

        Raises:
            BadArray: an array is missing, or does not fit the others; named.
        """
        items = Index.from_arrays(arrays, "item_ids")
        sessions = int(meta["sessions"])
        items_of, item = taken_rows(arrays, "items_of", {"item": np.int32}, sessions)
        latest_of, latest = taken_rows(arrays, "latest_of", {"latest": np.int32}, len(items))
        taken_within(arrays, "item", 0, len(items))
        taken_within(arrays, "latest", 0, sessions)
        idf = taken(arrays, "idf", np.float32, (len(items),))
        visits = Visits(items_of, item, latest_of, latest, idf)
        return cls(visits, items, int(meta["latest"]), int(meta["neighbours"]), meta["chosen"])


def _fitted(sessions: Baskets, latest: int, neighbours: int, report: Mapping[str, Any]) -> FittedSessions:
    visits = _visits(sessions.items_of, sessions.item, sessions.n_items, latest)
    return FittedSessions(visits, sessions.item_ids, latest, neighbours, report)


def _visits(items_of: np.ndarray, item: Int32, n_items: int, latest: int) -> Visits:
    count = np.bincount(item, minlength=n_items)
    latest_of = np.zeros(n_items + 1, np.int64)
    np.cumsum(np.minimum(count, latest), out=latest_of[1:])
    posts = np.empty(latest_of[-1], np.int32)
    latest_sessions(items_of, item, latest_of, posts)
    idf = np.log(max(1, len(items_of) - 1) / np.maximum(1, count)).astype(np.float32)
    return Visits(frozen(items_of), frozen(item), frozen(latest_of), frozen(posts), frozen(idf))


def _choose(sessions: Baskets, default: tuple[int, int], seed: int) -> tuple[tuple[int, int], dict[str, Any]]:
    """The (m, k) with the most hits: the rest of a held-out session foretells one of its items."""
    cut = int(sessions.n_baskets * (1 - _HELD_OUT))
    later = between(sessions, cut, sessions.n_baskets)
    early = between(sessions, 0, cut)
    random = np.random.default_rng(seed)
    large = np.flatnonzero(np.diff(later.items_of) > 1)
    asked = np.sort(random.choice(large, min(_QUERIES, len(large)), replace=False))
    if len(asked) < _FEW:
        return default, {"why": f"{len(asked)} held-out sessions are too few to tune on"}
    truth = []
    for v in asked:
        items = random.permutation(later.of(int(v)))
        truth.append((items[1:], int(items[0])))
    hits = {}
    for latest, neighbours in dict.fromkeys((default, *_GRID)):
        model = _fitted(early, latest, neighbours, {})
        found = [(hidden in model.rank(items, _TOP).item) for items, hidden in truth]
        hits[latest, neighbours] = float(np.mean(found))
    best = max(hits, key=lambda each: (hits[each], -each[0], -each[1]))
    tried = [{"latest": m, "neighbours": k, "hr10": hit} for (m, k), hit in hits.items()]
    return best, {"queries": len(asked), "tried": tried}
