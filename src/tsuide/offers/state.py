"""The learned state that `decide` reads: catalogue and relations as dense arrays, immutable."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import polars as pl

from tsuide.facts.catalogue import RELATIONS
from tsuide.facts.schema import conform
from tsuide.kit.arrays import Int32, frozen
from tsuide.mining.alternatives import FittedAlternatives
from tsuide.mining.complements import FittedComplements
from tsuide.mining.fitted import Fitted
from tsuide.mining.index import Index
from tsuide.offers.columns import Vocabulary, item_rows
from tsuide.offers.links import (
    Links,
    baskets_of,
    blank_rows,
    complement_links,
    declared_links,
    make_links,
    substitute_links,
)

BESTSELLERS: Final = 200


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Everything learned, and the catalogue as of `sequence`.

    Args:
        snapshot_id: which learned results.
        sequence: up to which change of a product the catalogue reaches.
        ids: product ↔ dense integer.
        titles: of each product.
        items: ITEM, shape (products,).
        words: what the codes in `items` stand for.
        complements: bought together, mined.
        substitutes: of the same need, mined.
        beside, instead, never: declared by people.
        baskets: how many baskets were learned from.
        bestsellers: dense products by number of baskets, most first; int32 (≤ 200,).
        parts: the learned results themselves, for explanations.
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
    bestsellers: Int32
    baskets: int = 0
    parts: Mapping[str, Fitted] = field(default_factory=dict)

    @property
    def yen(self) -> int:
        """The currency code of JPY; -1 where nothing costs yen."""
        words = self.words.currencies.words
        return words.index("JPY") if "JPY" in words else -1

    def title(self, product_id: str) -> str:
        """The product's title, or its id where it is not known."""
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
        return replace(
            self,
            sequence=sequence,
            ids=index,
            titles=tuple(all_titles),
            items=frozen(items),
            words=words,
            **{name: getattr(self, name).grown(count) for name in _LINKS},
        )


_LEARNED: Final = ("baskets", "interval", "returns", "rating", "reviews")
_LINKS: Final = ("complements", "substitutes", "beside", "instead", "never")


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
    declared = conform(relations, RELATIONS) if relations is not None else pl.DataFrame(schema=RELATIONS)
    beside, instead, never = declared_links(declared, ids)
    if isinstance(complements, FittedComplements):
        items["baskets"] = baskets_of(complements, ids)
    return State(
        snapshot_id=snapshot_id,
        sequence=sequence,
        ids=ids,
        titles=tuple(products["title"].to_list()),
        items=frozen(items),
        words=words,
        complements=(complement_links(complements, ids) if isinstance(complements, FittedComplements) else none),
        substitutes=substitute_links(substitutes, ids) if isinstance(substitutes, FittedAlternatives) else none,
        beside=beside,
        instead=instead,
        never=never,
        bestsellers=_bestsellers(items),
        baskets=complements.n_baskets if isinstance(complements, FittedComplements) else 0,
        parts=dict(parts),
    )


def _bestsellers(items: np.ndarray) -> Int32:
    order = np.lexsort((items["tie"], -items["baskets"]))[:BESTSELLERS]
    return frozen(order[items["baskets"][order] > 0].astype(np.int32))
