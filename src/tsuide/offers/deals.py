"""Promotions laid over the catalogue: what one unit of a product brings under them, ready for a decision to look up.

A table of deals is part of the learned state, so that a decision made under a promotion can be made again. A deal is
a promotion, or several that may be given together, worked out by the same function that prices a basket
(`promotions.apply_promotions`): their stacking rules hold here too. The law's limit for premiums is not judged here
but by the rule `premium_limit`, so that it is seen and counted. What needs a basket of several lines is worked out
there: a least purchase counts here where one unit reaches it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import combinations
from typing import Any, Final

import numpy as np
import polars as pl

from tsuide.facts.pricing import PricePoint
from tsuide.facts.promotions import Promotion
from tsuide.kit.arrays import Int32, Int64, frozen
from tsuide.kit.clock import to_micros
from tsuide.kit.money import RATE_UNIT
from tsuide.kit.remembered import remembered
from tsuide.mining.index import Index
from tsuide.offers import columns
from tsuide.offers.candidates.bundles import MEMBERS
from tsuide.offers.deal_table import ALWAYS, DEAL, MOST_GIFTS, NUMBERS, Deals, deal_rows, promotions_of
from tsuide.offers.offer import KINDS, PLACEMENTS
from tsuide.offers.price_history import LONGEST_SALE, judge_reference
from tsuide.offers.promotions import Basket, Line, Priced, apply_promotions, premium_of
from tsuide.offers.state import State, Unchanged

MOST_PER_PRODUCT: Final = 4  # promotions that are combined with one another: those that save most


@dataclass(frozen=True, slots=True)
class _Deal:
    """One row before it becomes numbers."""

    product: str
    promotions: tuple[str, ...]
    gives: str
    numbers: Mapping[str, int]
    saving: int
    gifts: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()


def make_deals(
    promotions: Iterable[Promotion],
    products: pl.DataFrame,
    history: Mapping[str, Sequence[PricePoint]],
    now: datetime,
    *,
    shipping: int = 0,
) -> Deals:
    """The table of deals.

    Args:
        promotions: those that still have something to give; schedules are looked at when deciding.
        products: frame of PRODUCTS.
        history: product → its price points.
        now: UTC; crossed-out prices are judged as of now, or of the promotion's start where that is later.
        shipping: what shipping costs the customer, minor units: what free shipping saves.
    """
    usable = sorted((each for each in promotions if not each.paused), key=lambda each: each.id)
    single = [each for each in usable if not _is_set(each)]
    asked = {item for each in usable for item in (*each.benefit.items, *each.benefit.extra)}
    wanted = products.filter(pl.col("id").is_in(sorted(asked))) if asked else products.head(0)
    known = {row["id"]: row for row in wanted.iter_rows(named=True)}
    rows = [deal for each in usable if _is_set(each) if (deal := _set_deal(each, known, now)) is not None]
    for product in reached(single, products).iter_rows(named=True):
        rows += _of_product(single, product, known, history.get(product["id"], ()), now, shipping)
    return _table(rows)


def reached(promotions: Iterable[Promotion], products: pl.DataFrame) -> pl.DataFrame:
    """The products that one of the promotions is for: most campaigns are for a few of a large catalogue."""
    wanted = pl.lit(value=False)
    for targets in (each.targets for each in promotions):
        of_one = pl.lit(value=True)
        if targets.products:
            of_one &= pl.col("id").is_in(targets.products)
        if targets.categories:
            of_one &= pl.col("category").list.eval(pl.element().is_in(targets.categories)).list.any()
        wanted |= of_one
    return products.filter(wanted)


def _table(rows: Sequence[_Deal]) -> Deals:
    every = {name for row in rows for name in (row.product, *row.gifts, *row.members)}
    ids, named = Index.of(sorted(every)), Index.of(sorted({name for row in rows for name in row.segments})[:62])
    joined = [columns.SEPARATOR.join(row.promotions) for row in rows]
    groups, gives = Index.of(sorted(set(joined))), Index.of(sorted({row.gives for row in rows}))
    bits = {name: 1 << place for place, name in enumerate(named.ids)}
    segments = [sum(bits.get(name, 0) for name in row.segments) for row in rows]
    numbers = {name: np.array([row.numbers[name] for row in rows], np.int64) for name in NUMBERS if name != "segments"}
    return Deals(
        products=ids,
        groups=groups,
        segments_named=named,
        gives=gives,
        product=ids.positions([row.product for row in rows]),
        promotion=groups.positions(joined),
        given=gives.positions([row.gives for row in rows]),
        gifts=_places([row.gifts for row in rows], ids, MOST_GIFTS),
        members=_places([row.members for row in rows], ids, MEMBERS),
        segments=frozen(np.array(segments, np.int64)),
        **{name: frozen(column) for name, column in numbers.items()},
    )


def _places(names: Sequence[Sequence[str]], ids: Index, width: int) -> Int32:
    found = np.full((len(names), width), -1, np.int32)
    for row, several in enumerate(names):
        found[row, : len(several)] = ids.positions(several)
    return frozen(found)


def _of_product(
    promotions: Sequence[Promotion],
    product: Mapping[str, Any],
    known: Mapping[str, Mapping[str, Any]],
    history: Sequence[PricePoint],
    now: datetime,
    shipping: int,
) -> list[_Deal]:
    """Every promotion of the product and every group of them that may be given together, the best first."""
    price = product["price"]
    if price is None or price <= 0:
        return []
    alone = [
        deal
        for each in promotions
        if each.currency == product["currency"]
        and (deal := _deal((each,), product, known, history, now, shipping)) is not None
    ]
    by_id = {each.id: each for each in promotions}
    ranked = sorted(alone, key=lambda each: (-each.saving, each.promotions))
    public = [each for each in ranked if not by_id[each.promotions[0]].rep_only]
    chosen = (public[:MOST_PER_PRODUCT], ranked[:MOST_PER_PRODUCT])  # what a rep may give crowds out no page's
    best = [each for each in ranked if any(each in some for some in chosen)]
    groups = {
        group
        for some in chosen
        for size in range(2, len(some) + 1)
        for group in combinations(sorted(each.promotions[0] for each in some), size)
    }
    together = [
        deal
        for group in sorted(groups)
        if (deal := _deal([by_id[name] for name in group], product, known, history, now, shipping)) is not None
    ]
    return sorted([*best, *together], key=lambda each: (-each.saving, len(each.promotions), each.promotions))


def _deal(
    group: Sequence[Promotion],
    product: Mapping[str, Any],
    known: Mapping[str, Mapping[str, Any]],
    history: Sequence[PricePoint],
    now: datetime,
    shipping: int,
) -> _Deal | None:
    """What the promotions make of one unit; None where not all of them are given, or never at one time and place."""
    window = _window(group)
    gifts = tuple(item for each in group if each.benefit.kind == "free_item" for item in each.benefit.items)
    segments = {each.targets.segments for each in group if each.targets.segments}
    if window is None or len(gifts) > MOST_GIFTS or len(segments) > 1:
        return None
    starts, ends, kinds, placements = window
    line = _line(product, next(iter(kinds), ""))
    basket = Basket(
        (line,),
        product["currency"],
        shipping,
        placement=next(iter(placements), ""),
        segments=next(iter(segments), ()),
        shelf={name: _on_shelf(known[name]) for name in gifts if name in known},
    )
    when = max(now, starts) if starts is not None else now
    priced = apply_promotions(group, basket, when, lawful=False)
    if len(priced.given) < len(group):
        return None
    price = priced.amounts[0]
    honest = judge_reference(history, product["price"], price, when) == "honest"
    return _Deal(
        product=product["id"],
        promotions=tuple(each.id for each in group),
        gives=_written(group, priced),
        saving=priced.saving,
        gifts=gifts,
        segments=next(iter(segments), ()),
        numbers={
            "price": price,
            "list_price": product["price"],
            "extra": _extra(priced, known, gifts),
            "premium": premium_of(group, priced, basket),
            "honest_until": to_micros(when if starts is None else starts) + LONGEST_SALE if honest else 0,
            **_bits(starts, ends, kinds, placements),
        },
    )


def _window(
    group: Sequence[Promotion],
) -> tuple[datetime | None, datetime | None, tuple[str, ...], tuple[str, ...]] | None:
    """(starts, ends, kinds, placements) in which all of them run, () = every one; None = never together."""
    starts = max((each.starts_at for each in group if each.starts_at is not None), default=None)
    ends = min((each.ends_at for each in group if each.ends_at is not None), default=None)
    if starts is not None and ends is not None and starts >= ends:
        return None
    found: list[tuple[str, ...]] = []
    own = ([each.targets.kinds for each in group], [each.placements for each in group])
    for names, every in zip(own, (KINDS, PLACEMENTS), strict=True):
        asked = [set(each) for each in names if each]
        both = set.intersection(*asked) if asked else set()
        if asked and not both:
            return None
        found.append(tuple(name for name in every if name in both))
    return starts, ends, found[0], found[1]


def _bits(
    starts: datetime | None, ends: datetime | None, kinds: Sequence[str], placements: Sequence[str]
) -> dict[str, int]:
    return {
        "starts": 0 if starts is None else to_micros(starts),
        "ends": ALWAYS if ends is None else to_micros(ends),
        "kinds": sum(1 << place for place, name in enumerate(KINDS) if not kinds or name in kinds),
        "placements": sum(1 << place for place, name in enumerate(PLACEMENTS) if not placements or name in placements),
    }


def _line(product: Mapping[str, Any], kind: str) -> Line:
    """One unit of a product, with the floor that no promotion goes below: what it costs the shop, as shown."""
    price, rate = product["price"], (product["tax_rate"] or 0) if product["tax_included"] is not False else 0
    floor = -(-(product["cost"] or 0) * (RATE_UNIT + rate) // RATE_UNIT)
    return Line(product["id"], 1, price, min(floor, price), tuple(product["category"] or ()), kind)


def _on_shelf(product: Mapping[str, Any]) -> tuple[int, int]:
    """(price, cost) of what may come free; a cost that is not known counts as 0 here and is marked in `extra`."""
    return product["price"] or 0, product["cost"] or 0


def _extra(priced: Priced, known: Mapping[str, Mapping[str, Any]], gifts: Sequence[str]) -> int:
    """What the shop pays beyond the lower price; -1 where a gift's cost is not known."""
    if any(known[name]["cost"] is None for name in gifts):
        return -1
    return sum(each.cost for each in priced.given if not any(each.cuts))


def _cost_of(gifts: Sequence[str], known: Mapping[str, Mapping[str, Any]]) -> int:
    """What gifts cost the shop, ex tax; -1 where one of them has no known cost."""
    costs = [known[name]["cost"] for name in gifts]
    return -1 if None in costs else sum(costs)


def _written(group: Sequence[Promotion], priced: Priced) -> str:
    kinds = {each.id: each.benefit.kind for each in group}
    rows = [
        (each.promotion_id, kinds[each.promotion_id], each.saving, each.cost, each.items, each.points, each.unit)
        for each in priced.given
    ]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def _is_set(promotion: Promotion) -> bool:
    return promotion.benefit.kind == "set_price" and len(promotion.benefit.items) > 1


def _set_deal(promotion: Promotion, known: Mapping[str, Mapping[str, Any]], now: datetime) -> _Deal | None:
    """A set of different products at its price; one that asks for two of a thing is left to the basket."""
    items, targets = promotion.benefit.items, promotion.targets
    different = len(set(items)) == len(items) <= MEMBERS
    priced_all = different and all(name in known and known[name]["price"] for name in items)
    if not priced_all or any(known[name]["currency"] != promotion.currency for name in items):
        return None
    kinds = tuple(name for name in KINDS if name in targets.kinds)
    if kinds and "bundle" not in kinds:
        return None
    lines = tuple(_line(known[name], "bundle") for name in items)
    extra = promotion.benefit.extra
    basket = Basket(
        lines,
        promotion.currency,
        placement=next(iter(promotion.placements), ""),
        segments=targets.segments,
        shelf={name: _on_shelf(known[name]) for name in extra if name in known},
    )
    starts = promotion.starts_at
    priced = apply_promotions([promotion], basket, now if starts is None else max(now, starts), lawful=False)
    if not priced.given:
        return None
    placements = tuple(name for name in PLACEMENTS if name in promotion.placements)
    full = sum(line.unit_price for line in lines)
    return _Deal(
        product=items[0],
        promotions=(promotion.id,),
        gives=_written([promotion], priced),
        saving=priced.saving,
        members=items,
        gifts=extra,
        segments=targets.segments,
        numbers={
            "price": sum(priced.amounts),
            "list_price": full,
            "extra": _cost_of(extra, known),
            "premium": premium_of([promotion], priced, basket),
            "honest_until": ALWAYS,  # beside it stands what its parts cost one by one, today
            **_bits(promotion.starts_at, promotion.ends_at, kinds, placements),
        },
    )


# --- laid over the candidates of a decision ----------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """A state's deals as the kernel (`deals_kernel.apply`) reads them.

    It gives every candidate the best deal that holds for it now. Margin and worth fall by the whole cut ex tax and by
    what else the deal costs the shop (worth is never overstated: fees on what is not paid are not given back).
    Combinations and fillers keep their price: theirs was worked out already. A set takes the price of its campaign,
    or the one that pays (`sets.set_savings`).

    Args:
        rows: DEAL, as in the table.
        order, of: the deals of product p: `rows[order[of[p]]]` … `rows[order[of[p + 1] - 1]]`, the best first.
        off: which of them rest on a promotion that gives nothing more; bool (deals,).
        named: segments that deals may ask for; None where there is no deal.
    """

    rows: np.ndarray
    order: Int64
    of: Int64
    off: np.ndarray
    named: Index | None


def laid_deals(state: State) -> Laid:
    """The state's deals, those of withdrawn promotions marked; none where it has no table of deals."""
    part = state.parts.get("deals")
    if not isinstance(part, Deals) or not len(part.product):
        return _no_deals(len(state.items))
    laid = _laid(Unchanged(state))
    return Laid(laid.rows, laid.order, laid.of, _off(Unchanged(state), state.withdrawn), laid.named)


@remembered(8)
def _laid(key: Unchanged) -> Laid:
    part = key.state.parts["deals"]
    assert isinstance(part, Deals)  # noqa: S101 - the caller has looked
    dense = np.r_[key.state.ids.positions(part.products.ids), -1]
    places = np.where(part.members[:, 0] < 0, dense[part.product], -1).astype(np.int64)
    known = np.flatnonzero(places >= 0)
    order = known[np.argsort(places[known], kind="stable")]
    of = np.searchsorted(places[order], np.arange(len(key.state.items) + 1)).astype(np.int64)
    rows = deal_rows(part, key.state.ids)
    return Laid(rows, frozen(order), frozen(of), np.zeros(len(rows), np.bool_), part.segments_named)


@remembered(8)
def _off(key: Unchanged, withdrawn: tuple[str, ...]) -> np.ndarray:
    """Which deals rest on a promotion that gives nothing more; bool (deals,)."""
    part = key.state.parts["deals"]
    assert isinstance(part, Deals)  # noqa: S101 - as above
    gone = {
        at for at, name in enumerate(part.groups.ids) if not set(withdrawn).isdisjoint(name.split(columns.SEPARATOR))
    }
    return frozen(np.isin(part.promotion, sorted(gone)))


@lru_cache(maxsize=2)
def _no_deals(products: int) -> Laid:
    return Laid(
        rows=np.zeros(0, DEAL),
        order=frozen(np.zeros(0, np.int64)),
        of=frozen(np.zeros(products + 1, np.int64)),
        off=np.zeros(0, np.bool_),
        named=None,
    )


def promotion_of(state: State, deal: int) -> str | None:
    """The first promotion of a candidate's deal; None for -1."""
    part = state.parts.get("deals")
    return promotions_of(part, deal)[0] if isinstance(part, Deals) and deal >= 0 else None
