"""Learned completion: evidence, weights, and the ranking of items for a cart."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final, Self

import numpy as np

from tsuide.kit.arrays import Float32, frozen
from tsuide.kit.clock import to_micros
from tsuide.mining.baskets import Baskets
from tsuide.mining.cart_evidence import Evidence, evidence_from, evidence_of
from tsuide.mining.cart_kernel import FEATURES, GROUP_SCRATCH, N_FEATURES, SCRATCH, rank
from tsuide.mining.carts import Carts, carts_of, days_after
from tsuide.mining.choice import Curves
from tsuide.mining.fitted import Arrays, brief
from tsuide.mining.history import history_of
from tsuide.mining.index import Index
from tsuide.mining.parameters import must_be_list, must_be_whole
from tsuide.mining.ranked import Ranked

ROOM: Final = 200  # candidates that are weighed for one cart
_MIX: Final = 16.0  # the cart's cosine against the customer's own count, before any tuning


@dataclass(frozen=True, slots=True)
class Chosen:
    """What tuning chose; can be given again instead of tuning.

    Args:
        mix: weight of the cart's cosine in the blend.
        curves: weights of the features.
        report: how it was chosen: candidates and their figures on held-out baskets; plain JSON.
    """

    mix: float
    curves: Curves
    report: Mapping[str, Any]


def untuned() -> Chosen:
    """Own decayed count + 16 × cosine of the cart: what is used where there is too little to tune on."""
    weights = np.zeros((2, N_FEATURES))
    weights[:, FEATURES.index("blend")] = 1.0
    return Chosen(_MIX, Curves.linear(weights), {"model": "blend", "why": "not tuned"})


class _Scratch:
    """Zeroed rows per item, kept per thread, so that one cart costs no allocation of the whole catalogue."""

    def __init__(self) -> None:
        self._local = threading.local()

    def of(self, items: int, groups: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """(items, SCRATCH) zeros, (items,) zeros, (groups, GROUP_SCRATCH) and (items,)."""
        kept: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None = getattr(self._local, "kept", None)
        if kept is None:
            kept = (
                np.zeros((items, SCRATCH), np.float32),
                np.zeros(items, np.uint8),
                np.zeros((groups, GROUP_SCRATCH), np.float32),
                np.empty(items, np.int32),
            )
            self._local.kept = kept
        return kept


def learned(baskets: Baskets, min_count: int, groups: Mapping[str, str] | None, chosen: Chosen) -> "FittedCompletion":
    """Evidence from all baskets, with weights that were chosen before."""
    history = history_of(baskets, min_count)
    evidence = evidence_of(history, groups)
    return FittedCompletion(
        Evidence._make(frozen(array) for array in evidence),
        history.item_ids,
        history.customer_ids,
        history.end,
        min_count,
        chosen,
    )


@dataclass(frozen=True, slots=True, eq=False)
class FittedCompletion:
    """Learned completion.

    Args:
        evidence: what the baskets say.
        item_ids: items that can be proposed.
        customer_ids: customers with a history.
        end: time of the newest basket, microseconds; 0 where times were not given.
        min_count: baskets in which each item lies at least.
        chosen: the weights and how they were chosen.
    """

    name: ClassVar[str] = "completion"
    __repr__ = brief

    evidence: Evidence
    item_ids: Index
    customer_ids: Index
    end: int
    min_count: int
    chosen: Chosen
    _scratch: _Scratch = field(default_factory=_Scratch, repr=False)

    def recommend(
        self,
        carts: Sequence[Sequence[str]],
        customers: Sequence[str | None] | None = None,
        n: int = 10,
        *,
        now: datetime | None = None,
    ) -> Ranked:
        """The n items that most likely complete each cart; nothing that lies in it.

        Args:
            carts: item ids; unknown ones are ignored, an empty cart is allowed.
            customers: whose carts, None for a guest; None = all guests.
            n: at most 200 items.
            now: when; None = at the newest basket.

        Raises:
            BadArray: not as many customers as carts, or a cart that is a string.
            BadValue: n out of 1 … 200.
        """
        must_be_whole("n", n, 1, ROOM)
        must_be_list("carts", carts, "carts, each a list of item ids")
        if customers is not None:
            must_be_list("customers", customers, "customer ids")
        whose = [None] * len(carts) if customers is None else list(customers)
        dense = carts_of(carts, self.customer_ids.positions([each or "" for each in whose]), self.item_ids)
        time = np.full(len(dense), self.end if now is None else to_micros(now), np.int64)
        return self.rank(dense, days_after(time, self.end), n)

    def rank(self, carts: Carts, now: Float32, n: int) -> Ranked:
        """`recommend` for dense carts.

        Args:
            carts: dense items and customers of this result's indexes.
            now: days after the newest basket, float32 (carts,).
            n: items per cart.
        """
        item = np.full((len(carts), n), -1, np.int32)
        score = np.zeros((len(carts), n))
        scratch = self._scratch.of(len(self.item_ids), self.evidence.group_partner.shape[0])
        curves = self.chosen.curves
        rank(self.evidence, carts.cart_of, carts.item, carts.customer, now, self.chosen.mix, curves.base, curves.knot,
             curves.weight, ROOM, *scratch, item, score)  # fmt: skip
        return Ranked(frozen(item), frozen(score), self.item_ids)

    def arrays(self) -> dict[str, np.ndarray]:
        """Evidence, curves and ids."""
        return {
            **self.evidence._asdict(),
            **self.chosen.curves.arrays(),
            **self.item_ids.arrays("item_ids"),
            **self.customer_ids.arrays("customer_ids"),
        }

    def meta(self) -> dict[str, Any]:
        """Counts, parameters, and the choice that tuning made."""
        return {
            "items": len(self.item_ids),
            "baskets": len(self.evidence.items_of) - 1,
            "min_count": self.min_count,
            "end": self.end,
            "mix": self.chosen.mix,
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
        chosen = Chosen(float(meta["mix"]), Curves.from_arrays(arrays, N_FEATURES), meta["chosen"])
        return cls(evidence, items, customers, int(meta["end"]), int(meta["min_count"]), chosen)
