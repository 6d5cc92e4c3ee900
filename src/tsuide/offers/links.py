"""Relations as compressed rows over the catalogue's dense ids: what learning and people said of pairs."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from tsuide.kit.arrays import Int32, Int64, frozen
from tsuide.kit.remembered import remembered
from tsuide.mining.alternatives import FittedAlternatives
from tsuide.mining.backoff import SOURCES, FittedBackOff
from tsuide.mining.bundles import FittedBundles
from tsuide.mining.complements import FittedComplements
from tsuide.mining.fillers import FittedFillers
from tsuide.mining.index import Index
from tsuide.mining.lookalikes import FittedLookalikes
from tsuide.mining.significance import lift_interval, p_values
from tsuide.mining.timing import FittedTiming
from tsuide.offers import codes, links_kernel
from tsuide.offers.candidates.alike import LIKED
from tsuide.offers.candidates.bundles import MEMBERS, SET
from tsuide.offers.candidates.fillers import FILLER
from tsuide.offers.candidates.ladder import BY_PRICE, PINNED
from tsuide.offers.curated import NOT_BESIDE, PUT_BESIDE, PUT_INSTEAD, RELATION_CODES, Curated

LINK: Final = np.dtype(
    [
        ("item", np.int32),
        ("opens", np.int32),  # days after the anchor's purchase; -1 = no window known
        ("closes", np.int32),
        ("relation", np.int8),  # of curated.RELATION_CODES; -1 = mined
        ("step", np.int8),  # 1 a step up, -1 a step down, 0 neither, BY_PRICE or PINNED: whichever the prices say
        ("count", np.int64),  # baskets with both
        ("base", np.int64),  # baskets with the anchor
        ("lift", np.float64),
        ("lift_low", np.float64),
        ("chance", np.float64),  # P(item | anchor), or how surely it fills the same need
    ],
    align=True,
)

MOST_SIBLINGS: Final = 12
_SUBSTITUTES: Final = ("substitute", "different_brand", "upgrade_of")
_BESIDE: Final = ("part_of_set", "required_part", "often_bought_with", "accessory")
_ATTACHED: Final = ("required_part", "accessory")
_DIRECTED: Final = (*_ATTACHED, "often_bought_with")  # a look says of no piece that it is the main one


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """Links of product p: `rows[of[p]:of[p + 1]]`, best first.

    Args:
        of: int64 (products + 1,).
        rows: LINK, shape (links,).
    """

    of: Int64
    rows: np.ndarray

    def __post_init__(self) -> None:
        """Read-only, both: a kernel is compiled anew for a writable array."""
        frozen(self.of)
        frozen(self.rows)

    def grown(self, products: int) -> "Links":
        """For a catalogue that grew at its end: the new products have no links."""
        missing = products + 1 - len(self.of)
        return self if missing <= 0 else Links(np.r_[self.of, np.full(missing, self.of[-1])], self.rows)


def make_links(anchor: Int32 | Int64, rows: np.ndarray, products: int) -> Links:
    """Links from pairs; the order of an anchor's rows is kept. Pairs with an unknown side (-1) are left out."""
    known = np.flatnonzero((anchor >= 0) & (rows["item"] >= 0) & (anchor != rows["item"]))
    anchor = anchor[known]
    order = known[np.argsort(anchor, kind="stable")]
    of = np.zeros(products + 1, dtype=np.int64)
    np.cumsum(np.bincount(anchor, minlength=products), out=of[1:])
    return Links(frozen(of), frozen(taken_rows(rows, order)))


def taken_rows(rows: np.ndarray, at: Int64) -> np.ndarray:
    """`rows[at]`, some twenty times as fast: rows are moved whole, not field by field.

    Args:
        rows: of a record whose size is a multiple of eight bytes.
        at: places in it; int64 (wanted,).

    >>> taken_rows(blank_rows(3), np.array([2, 0]))["opens"].tolist(), len(taken_rows(blank_rows(0), np.arange(0)))
    ([-1, -1], 0)
    """
    words = np.ascontiguousarray(rows).view(np.int64).reshape(len(rows), rows.itemsize // 8)
    return words.take(at, axis=0).view(rows.dtype).reshape(len(at))


def blank_rows(count: int) -> np.ndarray:
    """`count` LINKs of which nothing is known."""
    rows = np.zeros(count, LINK)
    rows["opens"], rows["closes"], rows["relation"] = -1, -1, -1
    return rows


def complement_links(fitted: FittedComplements, ids: Index, only: Int64 | None = None) -> Links:
    """Pairs that pass the false-discovery gate, in the order of their score; `only` of some dense items of `fitted`."""
    fitted = fitted.settled()
    if only is None:
        anchor, slot = np.nonzero(fitted.top_item >= 0)
    else:
        row, slot = np.nonzero(fitted.top_item[only] >= 0)
        anchor = only[row]
    item = fitted.top_item[anchor, slot]
    count = fitted.top_count[anchor, slot].astype(np.int64)
    of_anchor, of_item = fitted.degree[anchor].astype(np.int64), fitted.degree[item].astype(np.int64)
    sure = p_values(count.astype(np.int32), of_anchor, of_item, fitted.n_baskets) <= fitted.p_cut
    anchor, item, count = anchor[sure], item[sure], count[sure]
    of_anchor, of_item = of_anchor[sure], of_item[sure]
    rows = blank_rows(len(anchor))
    dense = _places(_Both(fitted.item_ids, ids))
    rows["item"], rows["count"], rows["base"] = dense[item], count, of_anchor
    rows["lift"], rows["lift_low"], _ = lift_interval(count, of_anchor, of_item, fitted.n_baskets)
    rows["chance"] = count / of_anchor
    return make_links(dense[anchor], rows, len(ids))


def with_borrowed(links: Links, fitted: FittedBackOff, ids: Index) -> Links:
    """Products without partners of their own get those of their like: `base` is the similar product, else -1.

    Args:
        links: as `complement_links` makes them.
        fitted: what similar titles and the category lend.
        ids: of the catalogue.
    """
    places = _places(_Both(fitted.product_ids, ids))
    anchor = np.repeat(np.arange(len(fitted.product_ids)), np.diff(fitted.begin))
    lacking = np.append(np.diff(links.of) == 0, False)[places[anchor]]  # the last: -1, not in this catalogue
    chosen = np.flatnonzero(lacking)
    rows = blank_rows(len(chosen))
    rows["relation"], rows["item"] = codes.BORROWED_LINK, places[fitted.item[chosen]]
    by_text = fitted.source[chosen] == SOURCES.index("text")
    rows["base"] = np.where(by_text, places[fitted.evidence[chosen]], -1)
    rows["chance"] = fitted.chance[chosen]
    lent = make_links(places[anchor[chosen]], rows, len(ids))
    return make_links(np.r_[_anchors(links), _anchors(lent)], np.r_[links.rows, lent.rows], len(ids))


def renewed_links(before: Links, fitted: FittedComplements, moved: Int64, ids: Index) -> Links:
    """The links with those of some anchors made anew; a pair that was there keeps its window.

    Who still has no partner of its own keeps what its like lend.

    Args:
        before: as learned, `grown` to the catalogue.
        fitted: after an update, settled.
        moved: dense items of `fitted` whose partners may be others now.
        ids: of the catalogue.
    """
    made = complement_links(fitted, ids, moved)
    places = _places(_Both(fitted.item_ids, ids))[moved]
    anew = np.zeros(len(ids), np.bool_)
    anew[places[places >= 0]] = True
    of, rows = links_kernel.renewed(before.of, before.rows, made.of, made.rows, anew, codes.BORROWED_LINK)
    return Links(frozen(of), frozen(rows))


class _Both:
    """Two indexes known by identity: the same two come again with every order that is folded in."""

    __slots__ = ("ids", "items")

    def __init__(self, items: Index, ids: Index) -> None:
        self.items, self.ids = items, ids

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Both) and other.items is self.items and other.ids is self.ids

    def __hash__(self) -> int:
        return hash((id(self.items), id(self.ids)))


@remembered(4)
def _places(key: _Both) -> Int32:
    """Place in the catalogue of each learned item, -1 = not there; int32 (items,)."""
    return frozen(key.ids.positions(key.items.ids))


def _anchors(links: Links) -> Int64:
    """The anchor of each link; int64 (links,)."""
    return np.repeat(np.arange(len(links.of) - 1, dtype=np.int64), np.diff(links.of))


def with_windows(links: Links, fitted: FittedTiming, ids: Index) -> Links:
    """The links with the days on which their time opens and closes, where timing found a window.

    A window that opens within a day of the purchase is open from the start; without a window nothing is known.
    """
    frame = fitted.frame().drop_nulls(["opens", "closes"])
    a, b = ids.positions(frame["anchor"].to_list()), ids.positions(frame["item"].to_list())
    known = (a >= 0) & (b >= 0)
    keys = a[known].astype(np.int64) * len(ids) + b[known]
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    opens = frame["opens"].to_numpy()[known][order].astype(np.int32)
    closes = frame["closes"].to_numpy()[known][order].astype(np.int32)
    rows = links.rows.copy()
    anchors = np.repeat(np.arange(len(links.of) - 1, dtype=np.int64), np.diff(links.of))
    wanted = anchors * len(ids) + rows["item"]
    at = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    hit = keys[at] == wanted if len(keys) else np.zeros(len(rows), dtype=np.bool_)
    rows["opens"][hit] = np.where(opens[at[hit]] <= 1, 0, opens[at[hit]])
    rows["closes"][hit] = closes[at[hit]]
    return Links(links.of, frozen(rows))


def set_links(fitted: FittedBundles, ids: Index, curated: Curated | None = None) -> tuple[Int64, np.ndarray]:
    """Sets by their main product: (of int64 (products + 1,), SET); sets with an unknown member are left out.

    What people banned is left out too, and what they put first is marked.
    """
    dense = ids.positions(fitted.item_ids.ids)
    members = np.where(fitted.items >= 0, dense[fitted.items], -2)[:, :MEMBERS]  # -2 = no member, -1 = unknown
    known = np.flatnonzero((members != -1).all(axis=1) & (members[:, 0] >= 0))
    members = np.maximum(members[known], -1)
    order = np.argsort(members[:, 0], kind="stable")
    rows = np.zeros(len(known), SET)
    rows["items"], rows["deal"] = -1, -1
    rows["items"][:, : members.shape[1]] = members[order]
    rows["intent"], rows["count"] = fitted.intent[known][order], fitted.count[known][order]
    rows["attach"][:, : min(members.shape[1], MEMBERS) - 1] = fitted.attach[known][order][:, : MEMBERS - 1]
    rows["base"] = fitted.degree[fitted.items[known, 0]][order]
    if curated is not None and curated.marks:
        rows = _without_banned(rows, curated, ids)
    of = np.zeros(len(ids) + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows["items"][:, 0], minlength=len(ids)), out=of[1:])
    return frozen(of), frozen(rows)


def _without_banned(rows: np.ndarray, curated: Curated, ids: Index) -> np.ndarray:
    banned, pinned = curated.banned("set"), curated.pinned("set")
    if not banned and not pinned:
        return rows
    keys = [
        (ids.ids[members[0]], tuple(sorted(ids.ids[each] for each in members[1:] if each >= 0)))
        for members in rows["items"].tolist()
    ]
    rows["pinned"] = [key in pinned for key in keys]
    kept: np.ndarray = rows[np.array([key not in banned for key in keys], np.bool_)]
    return kept


def filler_rows(fitted: FittedFillers, ids: Index, curated: Curated | None = None) -> np.ndarray:
    """The most appealing fillers, FILLER, best first; what people banned is not among them."""
    dense = ids.positions(fitted.items.ids)
    order = np.argsort(-fitted.appeal, kind="stable")
    order = order[(dense[order] >= 0) & (fitted.appeal[order] > 0)][: fitted.pool]
    rows = np.zeros(len(order), FILLER)
    rows["item"], rows["appeal"] = dense[order], fitted.appeal[order]
    if curated is not None and curated.marks:
        found = (curated.banned("filler"), curated.pinned("filler"))
        banned, pinned = (ids.positions([other for _, (other,) in each]) for each in found)
        rows["pinned"] = np.isin(rows["item"], pinned)
        rows = rows[~np.isin(rows["item"], banned)]
    return frozen(rows)


def liked_rows(fitted: FittedLookalikes, ids: Index) -> dict[str, np.ndarray]:
    """Group of customers → what they buy more than others, LIKED, the surest first."""
    dense = ids.positions(fitted.item_ids.ids)[fitted.item]
    rows = np.zeros(len(fitted.group), LIKED)
    rows["item"], rows["group"], rows["count"] = dense, fitted.group, fitted.count
    rows["base"], rows["lift"], rows["lift_low"] = fitted.size[fitted.group], fitted.lift, fitted.lift_low
    known = dense >= 0
    return {name: frozen(rows[known & (fitted.group == place)]) for place, name in enumerate(fitted.group_ids.ids)}


def baskets_of(fitted: FittedComplements, ids: Index) -> Int64:
    """In how many baskets each product of the catalogue lay; int64 (products,)."""
    found = np.zeros(len(ids), dtype=np.int64)
    dense = ids.positions(fitted.item_ids.ids)
    found[dense[dense >= 0]] = fitted.degree[dense >= 0]
    return found


def substitute_links(fitted: FittedAlternatives, ids: Index) -> Links:
    """Products of the same need, surest first, with their steps on the price ladder."""
    shelf = fitted.shelf
    anchor, slot = np.nonzero(fitted.other >= 0)
    item = fitted.other[anchor, slot]
    rows = blank_rows(len(anchor))
    dense = ids.positions(shelf.ids.ids)
    rows["item"], rows["chance"] = dense[item], fitted.score[anchor, slot]
    rows["step"] = fitted.step[anchor, slot]
    return make_links(dense[anchor], rows, len(ids))


def declared_links(relations: pl.DataFrame, ids: Index) -> tuple[Links, Links, Links, Links]:
    """What people declared: (beside it, instead of it, never with it, what it is an accessory or a part of).

    An upgrade is also written the other way round, as the step down; never-with holds both ways. Of two things that
    people put beside each other in both directions neither is the main one. What curation says of a pair holds only
    the way it was said.
    """
    beside = _of_types(relations, ids, (*_BESIDE, PUT_BESIDE))
    instead = _of_types(relations, ids, _SUBSTITUTES, both=True, one_way=(PUT_INSTEAD,))
    never = _of_types(relations, ids, ("never_with",), both=True, one_way=(NOT_BESIDE,))
    turned = relations.filter(pl.col("relation").is_in(_ATTACHED)).rename(
        {"product_id": "other_id", "other_id": "product_id"}
    )
    both_ways = relations.filter(pl.col("relation").is_in(_DIRECTED)).select("product_id", "other_id")
    mains = _of_types(turned.join(both_ways, on=["product_id", "other_id"], how="anti"), ids, _ATTACHED)
    return beside, instead, never, mains


def sibling_links(parent: np.ndarray, tie: np.ndarray) -> Links:
    """Variants of one product, each linked with at most `MOST_SIBLINGS` others.

    Args:
        parent: code of the product that each is a variant of, -1 = of none; (products,).
        tie: by which the others are put in order, whatever the order of the catalogue; (products,).
    """
    family = pl.DataFrame({"parent": parent, "tie": tie}).with_row_index("place").filter(pl.col("parent") >= 0)
    pairs = family.join(family, on="parent", suffix="_other").filter(pl.col("place") != pl.col("place_other"))
    pairs = pairs.sort("place", "tie_other").group_by("place", maintain_order=True).head(MOST_SIBLINGS)
    rows = blank_rows(len(pairs))
    rows["item"], rows["chance"] = pairs["place_other"].to_numpy(), 1.0
    return make_links(pairs["place"].to_numpy().astype(np.int64), rows, len(parent))


def _of_types(
    relations: pl.DataFrame, ids: Index, types: tuple[str, ...], *, both: bool = False, one_way: tuple[str, ...] = ()
) -> Links:
    chosen = relations.filter(pl.col("relation").is_in((*types, *one_way))).unique(maintain_order=True)
    a = ids.positions(chosen["product_id"].to_list())
    b = ids.positions(chosen["other_id"].to_list())
    relation = np.array([RELATION_CODES[name] for name in chosen["relation"]], dtype=np.int8)
    if both:
        back = ~np.isin(relation, [RELATION_CODES[name] for name in one_way])
        a, b, relation = np.r_[a, b[back]], np.r_[b, a[back]], np.r_[relation, relation[back]]
    rows = blank_rows(len(a))
    rows["item"], rows["relation"], rows["chance"] = b, relation, 1.0
    rows["step"] = np.where(relation == RELATION_CODES[PUT_INSTEAD], PINNED, BY_PRICE)
    return make_links(a, rows, len(ids))
