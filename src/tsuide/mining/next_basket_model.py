"""Learned next basket: evidence, customers' vectors, weights, and the ranking of items for a customer."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final, Self

import numpy as np

from tsuide.errors import BadArray
from tsuide.kit.arrays import Float32, Int32, UInt8, frozen
from tsuide.kit.clock import MICROS_PER_DAY, to_micros
from tsuide.mining.baskets import Baskets
from tsuide.mining.cart_evidence import Evidence, evidence_from, evidence_of
from tsuide.mining.choice import Curves
from tsuide.mining.fitted import Arrays
from tsuide.mining.history import history_of
from tsuide.mining.index import Index
from tsuide.mining.next_kernel import GROUP_SCRATCH, N_FEATURES, SCRATCH, rank
from tsuide.mining.parameters import must_be_list, must_be_whole
from tsuide.mining.ranked import Ranked
from tsuide.mining.tifu import Tifu, Vectors, vectors_from, vectors_of

ROOM: Final = 200  # candidates that are weighed for one customer
COMPANY: Final = 60  # of so many own items partners are looked up


@dataclass(frozen=True, slots=True)
class NextChoice:
    """What tuning chose; can be given again instead of tuning.

    Args:
        tifu: parameters of the vectors.
        curves: weights of the features; None = the TIFU score itself ranks.
        report: how it was chosen; plain JSON.
    """

    tifu: Tifu
    curves: Curves | None
    report: Mapping[str, Any]


class Scratch:
    """Zeroed rows per item, kept per thread, so that one customer costs no allocation of the whole catalogue."""

    def __init__(self) -> None:
        self._local = threading.local()

    def of(self, items: int, groups: int, pool: int) -> tuple[Float32, Float32, Int32, Float32, UInt8]:
        """(items, SCRATCH) zeros, (groups, 1), (items,), (pool,), (items,) zeros."""
        kept: tuple[Float32, Float32, Int32, Float32, UInt8] | None = getattr(self._local, "kept", None)
        if kept is None:
            kept = (
                np.zeros((items, SCRATCH), np.float32),
                np.zeros((groups, GROUP_SCRATCH), np.float32),
                np.empty(items, np.int32),
                np.empty(pool, np.float32),
                np.zeros(items, np.uint8),
            )
            self._local.kept = kept
        return kept


@dataclass(frozen=True, slots=True, eq=False)
class FittedNextBasket:
    """Learned next basket.

    Args:
        evidence: what the baskets say.
        vectors: every customer's decayed frequencies.
        item_ids: items that can be proposed.
        customer_ids: customers with a history.
        end: time of the newest basket, microseconds; 0 where times were not given.
        min_count: baskets in which each item lies at least.
        chosen: parameters and weights and how they were chosen.
    """

    name: ClassVar[str] = "next_basket"

    evidence: Evidence
    vectors: Vectors
    item_ids: Index
    customer_ids: Index
    end: int
    min_count: int
    chosen: NextChoice
    _scratch: Scratch = field(default_factory=Scratch, repr=False)

    def recommend(self, customers: Sequence[str | None], n: int = 10, *, now: datetime | None = None) -> Ranked:
        """The n items that each customer most likely buys next.

        Args:
            customers: ids; an unknown one (or None) gets what is popular.
            n: at most 200 items.
            now: when; None = at the newest basket.

        Raises:
            BadArray: customers is a single string.
            BadValue: n out of 1 … 200.
        """
        if isinstance(customers, str):
            raise BadArray("a list of customer ids is needed", key="customers", value=customers)
        must_be_list("customers", customers, "customer ids")
        must_be_whole("n", n, 1, ROOM)
        dense = self.customer_ids.positions([each or "" for each in customers])
        days = 0.0 if now is None else max(0, to_micros(now) - self.end) / MICROS_PER_DAY
        return self.rank(dense, n, days)

    def rank(self, customers: Int32, n: int, days: float = 0.0) -> Ranked:
        """`recommend` for dense customers, `days` after the newest basket."""
        item = np.full((len(customers), n), -1, np.int32)
        score = np.zeros((len(customers), n))
        scratch = self.scratch()
        tifu, curves = self.chosen.tifu, self.chosen.curves or _NO_CURVES
        rank(self.evidence, self.vectors, customers, float(days), tifu.neighbours, tifu.alpha,
             COMPANY if self.chosen.curves else 0, curves.base, curves.knot, curves.weight, ROOM,
             *scratch, item, score)  # fmt: skip
        return Ranked(frozen(item), frozen(score), self.item_ids)

    def scratch(self) -> tuple[Float32, Float32, Int32, Float32, UInt8]:
        """This thread's scratch arrays."""
        groups = self.evidence.group_partner.shape[0]
        return self._scratch.of(len(self.item_ids), groups, len(self.vectors.pool))

    def arrays(self) -> dict[str, np.ndarray]:
        """Evidence, vectors, curves and ids."""
        return {
            **self.evidence._asdict(),
            **{f"vector_{name}": array for name, array in self.vectors._asdict().items()},
            **(self.chosen.curves or _NO_CURVES).arrays(),
            **self.item_ids.arrays("item_ids"),
            **self.customer_ids.arrays("customer_ids"),
        }

    def meta(self) -> dict[str, Any]:
        """Counts, parameters, and the choice that tuning made."""
        return {
            "items": len(self.item_ids),
            "customers": len(self.customer_ids),
            "baskets": len(self.evidence.items_of) - 1,
            "min_count": self.min_count,
            "end": self.end,
            "tifu": self.chosen.tifu.plain(),
            "chosen": dict(self.chosen.report),
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays, meta: Mapping[str, Any]) -> Self:
        """The result again.

        Raises:
            BadArray: an array is missing, or does not fit the others; named.
        """
        items = Index.from_arrays(arrays, "item_ids")
        customers = Index.from_arrays(arrays, "customer_ids")
        evidence = evidence_from(arrays, len(items), len(customers))
        vectors = vectors_from(arrays, len(items), len(customers))
        curves = Curves.from_arrays(arrays, N_FEATURES)
        chosen = NextChoice(Tifu(**meta["tifu"]), curves if len(curves.base) else None, meta["chosen"])
        return cls(evidence, vectors, items, customers, int(meta["end"]), int(meta["min_count"]), chosen)


_NO_CURVES: Final = Curves(
    frozen(np.zeros(0, np.float32)),
    frozen(np.zeros((0, N_FEATURES, 1), np.float32)),
    frozen(np.zeros((0, N_FEATURES, 2), np.float32)),
)


def learned(baskets: Baskets, min_count: int, groups: Mapping[str, str] | None, chosen: NextChoice) -> FittedNextBasket:
    """Evidence and vectors from all baskets, with weights that were chosen before."""
    history = history_of(baskets, min_count)
    evidence = Evidence._make(frozen(array) for array in evidence_of(history, groups))
    vectors = Vectors._make(frozen(array) for array in vectors_of(evidence, chosen.tifu))
    return FittedNextBasket(evidence, vectors, history.item_ids, history.customer_ids, history.end, min_count, chosen)
