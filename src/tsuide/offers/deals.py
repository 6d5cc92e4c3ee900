"""Promotions laid over the catalogue: what one unit of a product costs under each, ready for a decision to look up.

A table of deals is part of the learned state, so that a decision made under a promotion can be made again. Only
promotions that lower the price of one product are here (percent, amount, a set price of one product), for anybody
who comes; sets, gifts, shipping and points are worked out on the whole basket (`promotions`), and so is what asks
for a least purchase or a segment.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from types import ModuleType
from typing import Any, ClassVar, Final, Self

import numpy as np
import polars as pl

from tsuide.facts.pricing import PricePoint
from tsuide.facts.promotions import Promotion
from tsuide.kit.arrays import Int32, Int64, frozen
from tsuide.kit.clock import to_micros
from tsuide.kit.money import RATE_UNIT
from tsuide.mining.fitted import Arrays, Meta, taken
from tsuide.mining.index import Index
from tsuide.offers import codes, columns, compiled, deals_kernel, offer, records
from tsuide.offers.offer import KINDS, PLACEMENTS
from tsuide.offers.price_history import LONGEST_SALE, judge_reference
from tsuide.offers.promotions import Basket, Line, apply_promotions
from tsuide.offers.state import State

MOST_PER_PRODUCT: Final = 4  # the cheapest
_KINDS: Final = ("percent", "amount", "set_price")
_ALWAYS: Final = (1 << 62) - 1
_NUMBERS: Final = ("price", "list_price", "starts", "ends", "honest_until", "kinds", "placements")


@dataclass(frozen=True, slots=True, eq=False)
class Deals:
    """Deals by product, the cheapest of each first.

    Args:
        products, promotions: ids.
        product, promotion: places in them; int32 (deals,).
        price: of one unit under the promotion, minor units as shown; int64 (deals,), as all below.
        list_price: without it; a deal holds only while the catalogue still says so.
        starts, ends: microseconds.
        honest_until: until when the list price may stand crossed out; 0 = it may not.
        kinds, placements: bits.
    """

    name: ClassVar[str] = "deals"
    products: Index
    promotions: Index
    product: Int32
    promotion: Int32
    price: Int64
    list_price: Int64
    starts: Int64
    ends: Int64
    honest_until: Int64
    kinds: Int64
    placements: Int64

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        numbers = {name: getattr(self, name) for name in ("product", "promotion", *_NUMBERS)}
        return {**self.products.arrays("products"), **self.promotions.arrays("promotions"), **numbers}

    def meta(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    @classmethod
    def from_arrays(cls, arrays: Arrays, meta: Meta) -> Self:  # noqa: ARG003 - every part takes both
        """The table again.

        Raises:
            BadArray: the arrays do not fit together; named.
        """
        product = taken(arrays, "product", np.int32, (None,))
        numbers = {name: taken(arrays, name, np.int64, (len(product),)) for name in _NUMBERS}
        return cls(
            products=Index.from_arrays(arrays, "products"),
            promotions=Index.from_arrays(arrays, "promotions"),
            product=product,
            promotion=taken(arrays, "promotion", np.int32, (len(product),)),
            **numbers,
        )

    def of(self, product_id: str) -> list[tuple[str, int]]:
        """(promotion, price) of a product, the cheapest first, whenever they run."""
        rows = np.flatnonzero(self.product == self.products.position(product_id)).tolist()
        return [(self.promotions[int(self.promotion[row])], int(self.price[row])) for row in rows]


def make_deals(
    promotions: Iterable[Promotion],
    products: pl.DataFrame,
    history: Mapping[str, Sequence[PricePoint]],
    now: datetime,
) -> Deals:
    """The table of deals.

    Args:
        promotions: those that still have something to give; schedules are looked at when deciding.
        products: frame of PRODUCTS.
        history: product → its price points.
        now: UTC; crossed-out prices are judged as of now, or of the promotion's start where that is later.
    """
    usable = sorted((each for each in promotions if _usable(each)), key=lambda each: each.id)
    rows: list[tuple[str, str, dict[str, int]]] = []
    for product in products.iter_rows(named=True) if usable else ():
        found = [
            (each.id, _deal(each, product, price, history.get(product["id"], ()), now))
            for each in usable
            if (price := _price_under(each, product, now)) is not None
        ]
        cheapest = sorted(found, key=lambda each: (each[1]["price"], each[0]))[:MOST_PER_PRODUCT]
        rows += [(product["id"], promotion_id, deal) for promotion_id, deal in cheapest]
    ids, names = Index.of(sorted({row[0] for row in rows})), Index.of(sorted({row[1] for row in rows}))
    columns = {name: frozen(np.array([row[2][name] for row in rows], np.int64)) for name in _NUMBERS}
    return Deals(
        products=ids,
        promotions=names,
        product=frozen(ids.positions([row[0] for row in rows]).astype(np.int32)),
        promotion=frozen(names.positions([row[1] for row in rows]).astype(np.int32)),
        **columns,
    )


def _usable(promotion: Promotion) -> bool:
    targets, benefit = promotion.targets, promotion.benefit
    one = benefit.kind != "set_price" or len(benefit.items) == 1
    return benefit.kind in _KINDS and one and not targets.segments and not targets.least and not promotion.paused


def _price_under(promotion: Promotion, product: Mapping[str, Any], now: datetime) -> int | None:
    """What one unit costs; None where the promotion is not for it, or would take it below its cost."""
    price = product["price"]
    if price is None or price <= 0 or product["currency"] != promotion.currency:
        return None
    rate = (product["tax_rate"] or 0) if product["tax_included"] is not False else 0
    floor = -(-(product["cost"] or 0) * (RATE_UNIT + rate) // RATE_UNIT)
    targets = promotion.targets
    kind, placement = next(iter(targets.kinds), ""), next(iter(targets.placements), "")
    line = Line(product["id"], 1, price, min(floor, price), tuple(product["category"] or ()), kind)
    when = promotion.starts_at if promotion.starts_at is not None and promotion.starts_at > now else now
    priced = apply_promotions([promotion], Basket((line,), promotion.currency, placement=placement), when)
    return priced.amounts[0] if priced.given else None


def _deal(
    promotion: Promotion, product: Mapping[str, Any], price: int, history: Sequence[PricePoint], now: datetime
) -> dict[str, int]:
    starts = promotion.starts_at
    when = starts if starts is not None and starts > now else now
    honest = judge_reference(history, product["price"], price, when) == "honest"
    targets = promotion.targets
    return {
        "price": price,
        "list_price": product["price"],
        "starts": 0 if starts is None else to_micros(starts),
        "ends": _ALWAYS if promotion.ends_at is None else to_micros(promotion.ends_at),
        "honest_until": to_micros(starts if starts is not None else now) + LONGEST_SALE if honest else 0,
        "kinds": sum(1 << place for place, kind in enumerate(KINDS) if not targets.kinds or kind in targets.kinds),
        "placements": sum(
            1 << place for place, name in enumerate(PLACEMENTS) if not targets.placements or name in targets.placements
        ),
    }


@lru_cache(maxsize=8)
def _starts(state: State) -> tuple[Deals, Int64] | None:
    """The state's deals, and where those of each product begin: `of[p]` … `of[p + 1]`; None = there are none."""
    part = state.parts.get("deals")
    if not isinstance(part, Deals) or not len(part.product):
        return None
    places = state.ids.positions(part.products.ids)[part.product].astype(np.int64)
    known = np.flatnonzero(places >= 0)
    order = known[np.argsort(places[known], kind="stable")]
    numbers = {name: frozen(getattr(part, name)[order]) for name in ("product", "promotion", *_NUMBERS)}
    of = np.searchsorted(places[order], np.arange(len(state.items) + 1))
    return Deals(products=part.products, promotions=part.promotions, **numbers), frozen(of.astype(np.int64))


def apply_deals(candidates: np.ndarray, count: int, placement: int, state: State, now: int) -> None:
    """Give every candidate the cheapest deal that holds for it now.

    Margin and worth fall by the whole cut ex tax (worth is never overstated: fees on what is not paid are not given
    back). Sets, combinations and fillers keep their price: theirs was worked out already.

    Args:
        candidates: CANDIDATE; rows 0 … count are changed.
        count: how many there are.
        placement: its code.
        state: without deals nothing changes.
        now: microseconds.
    """
    found = _starts(state)
    if found is None or not count:
        return
    deals, of = found
    _kernels().apply(
        candidates,
        count,
        placement,
        state.items,
        of,
        deals.promotion,
        deals.price,
        deals.list_price,
        deals.starts,
        deals.ends,
        deals.honest_until,
        deals.kinds,
        deals.placements,
        RATE_UNIT,
        now,
    )


_KERNELS: Final = '''"""Generated; not to be edited, safe to delete."""
from tsuide.offers import deals_kernel as _kernel
from tsuide.offers.compiled import outermost

_a = _kernel.apply


@outermost
def apply({arguments}):
    return _a({arguments})
'''


@cache
def _kernels() -> ModuleType:
    code = deals_kernel.apply.py_func.__code__  # type: ignore[attr-defined]  # a numba dispatcher
    arguments = ", ".join(code.co_varnames[: code.co_argcount])
    made_of = (codes, columns, deals_kernel, offer, records)
    return compiled.generated("tsuide_deals", _KERNELS.format(arguments=arguments), made_of)


def promotion_of(state: State, code: int) -> str | None:
    """The id of a promotion by its code in a candidate; None for -1."""
    part = state.parts.get("deals")
    return part.promotions[code] if isinstance(part, Deals) and code >= 0 else None
