"""The table of deals: what promotions bring with one product or one set, as arrays that are saved with a snapshot."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np
import polars as pl

from tsuide.kit.arrays import Int32, Int64, frozen
from tsuide.mining.fitted import Arrays, Meta, taken
from tsuide.mining.index import Index
from tsuide.offers.candidates.bundles import MEMBERS, SET
from tsuide.offers.candidates.promoted import PROMOTED
from tsuide.offers.columns import SEPARATOR
from tsuide.offers.offer import KINDS, PLACEMENTS, Gain

MOST_GIFTS: Final = 2  # products free with one
MOST_PROMOTED: Final = 40
ALWAYS: Final = (1 << 62) - 1  # the end of what has none, microseconds
NUMBERS: Final = (
    "price", "list_price", "extra", "premium", "starts", "ends", "honest_until", "kinds", "placements", "segments",
)  # fmt: skip
_REP_ONLY: Final = 1 << PLACEMENTS.index("rep")
DEAL: Final = np.dtype([(name, np.int64) for name in NUMBERS] + [("gifts", np.int32, (MOST_GIFTS,))], align=True)
"""A deal as a decision reads it; gifts are dense products, -1 = none, -2 = not in the catalogue."""


@dataclass(frozen=True, slots=True, eq=False)
class Deals:
    """Deals by product, those of each that save most first; then the sets with a price.

    Args:
        products: ids of all products in it.
        groups: the promotions of each deal, ids joined by a unit separator.
        segments_named: segments that a deal may ask for; at most 62.
        gives: what each deal gives, as JSON: rows of (promotion, kind, saving, cost, items, points, unit).
        product: place in `products`; of a set its first member; int32 (deals,).
        promotion: place in `groups`; int32 (deals,).
        given: place in `gives`; int32 (deals,).
        gifts: places in `products` of what comes free, -1 = none; int32 (deals, 2).
        members: of a set, as places in `products`, -1 = none; all -1 = no set; int32 (deals, 6).
        price: of one unit (of the set) under it, minor units as shown; int64 (deals,), as all below.
        list_price: without it; a deal holds only while the catalogue still says so.
        extra: what it costs the shop beyond the lower price, ex tax; -1 = not known.
        premium: worth of what comes free, as the law on premiums counts it.
        starts, ends: microseconds.
        honest_until: until when the list price may stand crossed out; 0 = it may not.
        kinds, placements: bits.
        segments: bits of `segments_named`, one of which the customer must be in; 0 = anybody.
    """

    name: ClassVar[str] = "deals"
    products: Index
    groups: Index
    segments_named: Index
    gives: Index
    product: Int32
    promotion: Int32
    given: Int32
    gifts: Int32
    members: Int32
    price: Int64
    list_price: Int64
    extra: Int64
    premium: Int64
    starts: Int64
    ends: Int64
    honest_until: Int64
    kinds: Int64
    placements: Int64
    segments: Int64

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        names = ("product", "promotion", "given", "gifts", "members", *NUMBERS)
        numbers = {name: getattr(self, name) for name in names}
        texts = {"products": self.products, "groups": self.groups, "named": self.segments_named, "gives": self.gives}
        for name, index in texts.items():
            numbers |= index.arrays(name)
        return numbers

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
        count = len(product)
        return cls(
            products=Index.from_arrays(arrays, "products"),
            groups=Index.from_arrays(arrays, "groups"),
            segments_named=Index.from_arrays(arrays, "named"),
            gives=Index.from_arrays(arrays, "gives"),
            product=product,
            promotion=taken(arrays, "promotion", np.int32, (count,)),
            given=taken(arrays, "given", np.int32, (count,)),
            gifts=taken(arrays, "gifts", np.int32, (count, MOST_GIFTS)),
            members=taken(arrays, "members", np.int32, (count, MEMBERS)),
            **{name: taken(arrays, name, np.int64, (count,)) for name in NUMBERS},
        )

    def promotions(self) -> frozenset[str]:
        """Every promotion that a deal rests on."""
        return frozenset(name for group in self.groups.ids for name in group.split(SEPARATOR))

    def of(self, product_id: str) -> list[tuple[str, int]]:
        """(promotions joined by " + ", price) of a product by itself, the best first, whenever they run."""
        single = (self.product == self.products.position(product_id)) & (self.members[:, 0] < 0)
        return [(" + ".join(promotions_of(self, row)), int(self.price[row])) for row in np.flatnonzero(single).tolist()]


def asked_prices(deals: Deals, withdrawn: Collection[str], now: int) -> pl.DataFrame:
    """What everybody pays now for a product that a running promotion makes cheaper, wherever they meet it.

    A price for some kinds of offers, places or segments is not what the shop asks of everybody, and is left out.

    Args:
        deals: the table.
        withdrawn: promotions that give nothing more.
        now: microseconds.

    Returns:
        product_id, list_price, price; each product once.
    """
    everywhere = (deals.kinds == (1 << len(KINDS)) - 1) & (deals.placements == (1 << len(PLACEMENTS)) - 1)
    open_ = (deals.segments == 0) & (deals.members[:, 0] < 0) & (deals.starts <= now) & (now < deals.ends)
    gone = [at for at, name in enumerate(deals.groups.ids) if not set(withdrawn).isdisjoint(name.split(SEPARATOR))]
    rows = np.flatnonzero(everywhere & open_ & (deals.price < deals.list_price) & ~np.isin(deals.promotion, gone))
    found = pl.DataFrame(
        {
            "product_id": deals.products.series(deals.product[rows]),
            "list_price": deals.list_price[rows],
            "price": deals.price[rows],
        },
        schema={"product_id": pl.String, "list_price": pl.Int64, "price": pl.Int64},
    )
    return found.sort("price", maintain_order=True).unique("product_id", keep="first", maintain_order=True)


def promotions_of(deals: Deals, row: int) -> tuple[str, ...]:
    """The promotions of one deal."""
    return tuple(deals.groups[int(deals.promotion[row])].split(SEPARATOR))


def given_by(deals: Deals, row: int) -> tuple[Gain, ...]:
    """What a deal gives, promotion by promotion."""
    return tuple(
        Gain(promotion, kind, saving, cost, tuple(items), points, unit)
        for promotion, kind, saving, cost, items, points, unit in json.loads(deals.gives[int(deals.given[row])])
    )


def deal_rows(deals: Deals, ids: Index) -> np.ndarray:
    """Every deal as a DEAL, in the table's order."""
    dense = ids.positions(deals.products.ids)
    rows = np.zeros(len(deals.product), DEAL)
    for name in NUMBERS:
        rows[name] = getattr(deals, name)
    known = np.r_[dense, -2].astype(np.int32)
    rows["gifts"] = np.where(deals.gifts >= 0, np.where(known[deals.gifts] < 0, -2, known[deals.gifts]), -1)
    return frozen(rows)


def with_deal_sets(of: Int64, sets: np.ndarray, deals: Deals, ids: Index) -> tuple[Int64, np.ndarray]:
    """The mined sets and, before them, those with a campaign's price: each stands once under every member."""
    dense = np.r_[ids.positions(deals.products.ids), -1]
    found = []
    for deal in np.flatnonzero(deals.members[:, 0] >= 0).tolist():
        members = [int(dense[at]) for at in deals.members[deal].tolist() if at >= 0]
        if min(members) < 0:
            continue
        for place, main in enumerate(members):
            row = np.zeros(1, SET)
            row["items"] = -1
            row["items"][0, : len(members)] = [main, *members[:place], *members[place + 1 :]]
            row["deal"], row["starts"], row["ends"] = deal, deals.starts[deal], deals.ends[deal]
            found.append(row)
    if not found:
        return of, sets
    every = np.concatenate([*found, sets])
    every = every[np.argsort(every["items"][:, 0], kind="stable")]
    begins = np.zeros(len(ids) + 1, dtype=np.int64)
    np.cumsum(np.bincount(every["items"][:, 0], minlength=len(ids)), out=begins[1:])
    return frozen(begins), frozen(every)


def promoted_rows(deals: Deals, baskets: Int64, ids: Index) -> np.ndarray:
    """The most bought products that a campaign is for, each with the best of its deals; PROMOTED.

    Args:
        deals: the table.
        baskets: that held each product of the catalogue.
        ids: of the catalogue.
    """
    dense = np.r_[ids.positions(deals.products.ids), -1]
    place = dense[deals.product]
    single = np.flatnonzero((deals.members[:, 0] < 0) & (place >= 0))
    single = single[baskets[place[single]] > 0]
    single = single[np.argsort(deals.placements[single] == _REP_ONLY, kind="stable")]  # a page's own first
    first = single[np.sort(np.unique(place[single], return_index=True)[1])]
    order = np.lexsort((place[first], -baskets[place[first]]))[:MOST_PROMOTED]
    chosen = first[order]
    rows = np.zeros(len(chosen), PROMOTED)
    rows["item"], rows["starts"], rows["ends"] = place[chosen], deals.starts[chosen], deals.ends[chosen]
    return frozen(rows)
