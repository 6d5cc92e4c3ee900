"""The learned state that `decide` reads: catalogue and relations as dense arrays, immutable."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

import numpy as np
import polars as pl

from tsuide.facts.catalogue import RELATIONS
from tsuide.facts.schema import conform
from tsuide.kit.arrays import Int32, Int64, frozen
from tsuide.kit.money import RATE_UNIT
from tsuide.kit.phrases import LANGUAGES
from tsuide.mining.alternatives import FittedAlternatives
from tsuide.mining.backoff import FittedBackOff
from tsuide.mining.bundles import FittedBundles
from tsuide.mining.complements import FittedComplements
from tsuide.mining.fillers import FittedFillers
from tsuide.mining.fitted import Fitted
from tsuide.mining.index import Index
from tsuide.mining.lookalikes import FittedLookalikes
from tsuide.mining.replenishment import FittedReplenishment
from tsuide.mining.returns import FittedReturns
from tsuide.mining.reviews import ReviewSignals
from tsuide.mining.timing import FittedTiming
from tsuide.offers.candidates.bundles import SET
from tsuide.offers.candidates.fillers import FILLER
from tsuide.offers.candidates.promoted import PROMOTED
from tsuide.offers.codes import CONTENT_PRODUCT as CONTENT
from tsuide.offers.columns import Vocabulary, item_rows, listed_words
from tsuide.offers.curated import NOTHING_CURATED, Curated
from tsuide.offers.deal_table import Deals, promoted_rows, with_deal_sets
from tsuide.offers.links import (
    Links,
    baskets_of,
    blank_rows,
    complement_links,
    declared_links,
    filler_rows,
    liked_rows,
    make_links,
    set_links,
    substitute_links,
    with_borrowed,
    with_windows,
)

BESTSELLERS: Final = 200
MOST_CONTENTS: Final = 200


LISTED_OF: Final = ("about", "audience", "prerequisite", "starts_at")
"""Attributes of content, see `lessons`."""
NO_WORDS: Final[Mapping[str, Int32]] = {}


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Everything learned, and the catalogue as of `sequence`.

    Args:
        snapshot_id: which learned results.
        sequence: up to which change of a product the catalogue reaches.
        ids: product ↔ dense integer.
        titles: of each product.
        titles_in: language → product id → its title there, of those that have one of their own (``title_en``).
        items: ITEM, shape (products,).
        words: what the codes in `items` stand for.
        complements: bought together, mined.
        substitutes: of the same need, mined.
        beside, instead, never: declared by people.
        mains: what a product is declared to be an accessory or a part of.
        set_of, sets: SET by main product: `sets[set_of[p]:set_of[p + 1]]`.
        fillers: FILLER, the most appealing first.
        contents: dense products that teach.
        tags: tag → dense products that carry it (attribute ``tags``).
        goals: goal → dense products that serve it (attribute ``goals``).
        listed: other attribute (``about``, ``audience`` …) → its word → dense products that carry it.
        baskets: how many baskets were learned from.
        bestsellers: dense products by number of baskets, most first; int32 (≤ 200,).
        parts: the learned results themselves, for explanations.
        promoted: PROMOTED, what campaigns are for, the most bought first.
        liked: group of customers (``prefecture=北海道``) → LIKED, the surest first.
        withdrawn: promotions that give nothing more (used up or paused since the table of deals was made).
    """

    snapshot_id: str
    sequence: int
    ids: Index
    titles: tuple[str, ...]
    items: np.ndarray
    words: Vocabulary
    complements: Links
    substitutes: Links
    beside: Links
    instead: Links
    never: Links
    mains: Links
    bestsellers: Int32
    set_of: Int64
    sets: np.ndarray
    fillers: np.ndarray
    contents: Int32
    tags: Mapping[str, Int32]
    goals: Mapping[str, Int32]
    baskets: int = 0
    parts: Mapping[str, Fitted] = field(default_factory=dict)
    promoted: np.ndarray = field(default_factory=lambda: np.zeros(0, PROMOTED))
    liked: Mapping[str, np.ndarray] = field(default_factory=dict)
    withdrawn: tuple[str, ...] = ()
    titles_in: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    listed: Mapping[str, Mapping[str, Int32]] = field(default_factory=lambda: dict.fromkeys(LISTED_OF, NO_WORDS))

    def __post_init__(self) -> None:
        """Every array read-only: a kernel is compiled once for each kind of array, and writable is another kind."""
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, np.ndarray):
                frozen(value)

    @property
    def yen(self) -> int:
        """The currency code of JPY; -1 where nothing costs yen."""
        words = self.words.currencies.words
        return words.index("JPY") if "JPY" in words else -1

    def title(self, product_id: str, language: str = "") -> str:
        """The product's title, in a language where it has one of its own; its id where it is not known."""
        own = self.titles_in.get(language, {}).get(product_id)
        if own is not None:
            return own
        place = self.ids.position(product_id)
        return self.titles[place] if place >= 0 else product_id

    def with_products(self, changed: pl.DataFrame, *, sequence: int) -> "State":
        """The state after products changed or came new.

        Decisions do not depend on the order in which products came: a state rebuilt at once from the same
        catalogue decides the same.

        Args:
            changed: rows of facts.catalogue.PRODUCTS; each id once, the newest row.
            sequence: the change's number.
        """
        if changed.is_empty():
            return replace(self, sequence=sequence)
        rows, words = item_rows(changed, self.words)
        ids = changed["id"].to_list()
        titles = changed["title"].to_list()
        new = [i for i, each in enumerate(ids) if each not in self.ids]
        items = np.concatenate([self.items, rows[new]])
        all_titles = [*self.titles, *(titles[i] for i in new)]
        index = Index.of([*self.ids.ids, *(ids[i] for i in new)]) if new else self.ids
        for i, each in enumerate(ids):
            place = index.position(each)
            learned = {name: items[place][name] for name in _LEARNED}
            items[place] = rows[i]
            if place < len(self.ids):
                for name, value in learned.items():
                    items[name][place] = value
            all_titles[place] = titles[i]
        count = len(items)
        of = np.r_[self.set_of, np.full(count + 1 - len(self.set_of), self.set_of[-1])]
        return replace(
            self,
            sequence=sequence,
            ids=index,
            titles=tuple(all_titles),
            titles_in=_titles_in(self.titles_in, changed),
            items=frozen(items),
            words=words,
            set_of=frozen(of),
            contents=_contents(items),
            tags=_with_listed(self.tags, changed, "tags", index),
            goals=_with_listed(self.goals, changed, "goals", index),
            listed={name: _with_listed(self.listed[name], changed, name, index) for name in LISTED_OF},
            **{name: getattr(self, name).grown(count) for name in _LINKS},
        )

    def with_published(
        self, parts: Mapping[str, Fitted], relations: pl.DataFrame, *, snapshot_id: str, sequence: int
    ) -> "State":
        """The state after people changed promotions or declared relations; what was learned stays as it is.

        Equal to a state built anew from the same parts, at a small part of its price.

        Args:
            parts: as in the snapshot; all but deals and relations are those of this state.
            relations: columns of facts.catalogue.RELATIONS.
            snapshot_id: of the snapshot with these parts.
            sequence: up to which change the catalogue reaches.
        """
        return replace(
            self,
            snapshot_id=snapshot_id,
            sequence=sequence,
            parts=dict(parts),
            withdrawn=(),
            **_published(parts, relations, self.ids, self.items["baskets"]),
        )


class Unchanged:
    """A state as the key of a cache: equal to every state of the same catalogue and learning, whatever its sequence.

    Orders move the sequence many times a minute; what was computed from catalogue and learning stays.
    """

    __slots__ = ("state",)

    def __init__(self, state: State) -> None:
        self.state = state

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Unchanged)
            and other.state.items is self.state.items
            and other.state.parts is self.state.parts
        )

    def __hash__(self) -> int:
        return id(self.state.items)


_LEARNED: Final = ("baskets", "interval", "returns", "rating", "reviews")
_LINKS: Final = ("complements", "substitutes", "beside", "instead", "never", "mains")


def build_state(
    parts: Mapping[str, Fitted],
    products: pl.DataFrame,
    relations: pl.DataFrame | None = None,
    *,
    snapshot_id: str,
    sequence: int = 0,
) -> State:
    """The state from learned results and the catalogue.

    Args:
        parts: as in a snapshot; what is not there is not used.
        products: columns of facts.catalogue.PRODUCTS, each id once.
        relations: columns of facts.catalogue.RELATIONS.
        snapshot_id: of the learned results.
        sequence: up to which change of a product the catalogue reaches.

    Raises:
        BadArray: a product id stands twice.
        BadColumns: a column cannot be cast.
    """
    ids = Index.of(products["id"])
    items, words = item_rows(products, Vocabulary())
    none = make_links(np.empty(0, np.int64), blank_rows(0), len(ids))
    complements, substitutes = parts.get("complements"), parts.get("alternatives")
    if isinstance(complements, FittedComplements):
        items["baskets"] = baskets_of(complements, ids)
    liked = parts.get("lookalikes")
    reviews = parts.get("reviews")
    beside_bought = complement_links(complements, ids) if isinstance(complements, FittedComplements) else none
    timing = parts.get("timing")
    if isinstance(timing, FittedTiming):
        beside_bought = with_windows(beside_bought, timing, ids)
    backoff = parts.get("backoff")
    if isinstance(backoff, FittedBackOff):
        beside_bought = with_borrowed(beside_bought, backoff, ids)
    if isinstance(reviews, ReviewSignals):
        _rate(items, reviews, ids)
    returns = parts.get("returns")
    if isinstance(returns, FittedReturns):
        _come_back(items, returns, ids)
    refills = parts.get("replenishment")
    if isinstance(refills, FittedReplenishment):
        _pace(items, refills, ids)
    return State(
        snapshot_id=snapshot_id,
        sequence=sequence,
        ids=ids,
        titles=tuple(products["title"].to_list()),
        titles_in=_titles_in({}, products),
        items=frozen(items),
        words=words,
        complements=beside_bought,
        substitutes=substitute_links(substitutes, ids) if isinstance(substitutes, FittedAlternatives) else none,
        bestsellers=bestsellers_of(items),
        contents=_contents(items),
        tags=_with_listed({}, products, "tags", ids),
        goals=_with_listed({}, products, "goals", ids),
        listed={name: _with_listed({}, products, name, ids) for name in LISTED_OF},
        baskets=complements.n_baskets if isinstance(complements, FittedComplements) else 0,
        parts=dict(parts),
        liked=liked_rows(liked, ids) if isinstance(liked, FittedLookalikes) else {},
        **_published(parts, relations, ids, items["baskets"]),
    )


def _published(
    parts: Mapping[str, Fitted], relations: pl.DataFrame | None, ids: Index, baskets: Int64
) -> dict[str, Any]:
    """What of a state follows from what people publish: links, sets and their prices, campaigns, fillers."""
    declared = conform(relations, RELATIONS) if relations is not None else pl.DataFrame(schema=RELATIONS)
    curated = parts.get("curated")
    marks = curated if isinstance(curated, Curated) else NOTHING_CURATED
    beside, instead, never, mains = declared_links(pl.concat([declared, marks.relations()]), ids)
    bundles, deals, fillers = parts.get("bundles"), parts.get("deals"), parts.get("fillers")
    set_of, sets = np.zeros(len(ids) + 1, dtype=np.int64), np.zeros(0, SET)
    if isinstance(bundles, FittedBundles):
        set_of, sets = set_links(bundles, ids, marks)
    promoted = np.zeros(0, PROMOTED)
    if isinstance(deals, Deals):
        set_of, sets = with_deal_sets(set_of, sets, deals, ids)
        promoted = promoted_rows(deals, baskets, ids)
    return {
        "beside": beside,
        "instead": instead,
        "never": never,
        "mains": mains,
        "set_of": set_of,
        "sets": sets,
        "promoted": promoted,
        "fillers": filler_rows(fillers, ids, marks) if isinstance(fillers, FittedFillers) else np.zeros(0, FILLER),
    }


def _titles_in(before: Mapping[str, Mapping[str, str]], products: pl.DataFrame) -> dict[str, dict[str, str]]:
    """Titles in other languages, those of changed products anew."""
    ids, changed = products["id"].to_list(), set(products["id"])
    found = {
        language: {one: title for one, title in kept.items() if one not in changed} for language, kept in before.items()
    }
    texts = products["attributes"].to_list() if "attributes" in products.columns else []
    for product, text in zip(ids, texts, strict=False):
        for language in LANGUAGES if text and '"title_' in text else ():
            title = json.loads(text).get(f"title_{language}")
            if title:
                found.setdefault(language, {})[product] = title
    return found


def bestsellers_of(items: np.ndarray) -> Int32:
    """Places of what sold most often and of what earned most by it, in turn: the one is likely, the other worth it.

    A dear thing that one in a hundred orders holds may be a better offer than a cheap one that three hold; by count
    alone it would not even be considered. What something costs the shop is not always known: then its price stands.

    Args:
        items: ITEM.

    Returns:
        int32 (at most BESTSELLERS,), each place once.
    """
    earned = items["net"] - np.where(items["cost"] >= 0, items["cost"], 0)
    orders = [np.lexsort((items["tie"], -items["baskets"] * by)) for by in (1, np.maximum(earned, 0))]
    in_turn = np.stack(orders, axis=1).reshape(-1)
    _, first = np.unique(in_turn, return_index=True)
    chosen = in_turn[np.sort(first)][:BESTSELLERS]
    return frozen(chosen[items["baskets"][chosen] > 0].astype(np.int32))


def _contents(items: np.ndarray) -> Int32:
    return frozen(np.flatnonzero(items["kind"] == CONTENT)[:MOST_CONTENTS].astype(np.int32))


def _rate(items: np.ndarray, reviews: ReviewSignals, ids: Index) -> None:
    dense = ids.positions(reviews.items.ids)
    known = dense >= 0
    items["rating"][dense[known]] = reviews.rating[known]
    items["reviews"][dense[known]] = reviews.count[known]


def _come_back(items: np.ndarray, returns: FittedReturns, ids: Index) -> None:
    dense = ids.positions(returns.items.ids)
    known = dense >= 0
    items["returns"][dense[known]] = np.rint(returns.expected()[known] * RATE_UNIT)


def _pace(items: np.ndarray, refills: FittedReplenishment, ids: Index) -> None:
    """Usual days between purchases, of what is not owned for good."""
    dense = ids.positions(refills.item_ids.ids)
    known = (dense >= 0) & ~np.isnan(refills.usual)
    known[known] = items["durable"][dense[known]] != 1
    items["interval"][dense[known]] = np.maximum(np.rint(refills.usual[known]), 1).astype(np.int32)


def _with_listed(before: Mapping[str, Int32], products: pl.DataFrame, key: str, ids: Index) -> Mapping[str, Int32]:
    """Word → dense products whose attribute `key` lists it, ascending by id; changed products count anew."""
    changed = ids.positions(products["id"].to_list())
    found = {word: set(places.tolist()) - set(changed.tolist()) for word, places in before.items()}
    column = products["attributes"].to_list() if "attributes" in products.columns else []
    for place, text in zip(changed.tolist(), column, strict=False):
        for word in listed_words(text, key):
            found.setdefault(word, set()).add(place)
    names = ids.ids
    return {word: np.array(sorted(places, key=names.__getitem__), dtype=np.int32) for word, places in found.items()}
