"""What people decided about single pairs, sets and fillers: banned, put first, said in their own words.

A part of the learned state that people change between two runs of learning. What is banned is refused by the rule
`never_with` (a set or a filler is not even proposed); what is put first becomes a candidate and takes the place of the
best of its kind, and every rule holds for it as for all others. A text is what the customer reads in place of the
first reason; no decision depends on it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal, Self, TypeAlias, get_args

import numpy as np
import polars as pl

from tsuide.facts.catalogue import RELATION_TYPES, RELATIONS
from tsuide.mining.fitted import Arrays, Meta
from tsuide.offers.offer import INSTEAD, Offer

About: TypeAlias = Literal["beside", "instead", "set", "filler"]
"""What is judged: what goes with a product, what stands in its place, a set around it, a filler."""
Verdict: TypeAlias = Literal["banned", "pinned"]
ABOUT: Final[tuple[About, ...]] = get_args(About)
VERDICTS: Final[tuple[Verdict, ...]] = get_args(Verdict)

NOT_BESIDE: Final = "not_beside"
PUT_BESIDE: Final = "put_beside"
PUT_INSTEAD: Final = "put_instead"
RELATION_CODES: Final = {name: code for code, name in enumerate((*RELATION_TYPES, NOT_BESIDE, PUT_BESIDE, PUT_INSTEAD))}
"""Codes of links: what may be declared, then what only curation says; these hold one way, as they were said."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What people decided about one pair, set or filler.

    Args:
        about: which of them it is.
        product_id: what it goes with; of a filler "".
        other_ids: what is proposed: one product, of a set all others, ascending.
        verdict: None = neither banned nor put first.
        texts: language → what the customer reads.
    """

    about: About
    product_id: str
    other_ids: tuple[str, ...]
    verdict: Verdict | None = None
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, tuple[str, ...]]:
        """What it is about."""
        return (self.about, self.product_id, self.other_ids)


@dataclass(frozen=True, slots=True, eq=False)
class Curated:
    """All of them.

    >>> made = Curated.of([Mark("beside", "cam", ("card",), "banned")])
    >>> made.relations().rows(), Curated.from_arrays(made.arrays(), made.meta()).marks == made.marks
    ([('cam', 'card', 'not_beside')], True)
    """

    name: ClassVar[str] = "curated"
    marks: Mapping[tuple[str, str, tuple[str, ...]], Mark]

    @classmethod
    def of(cls, marks: Iterable[Mark]) -> Self:
        """From marks; of two about the same the later one holds."""
        return cls({each.key: each for each in marks})

    def relations(self) -> pl.DataFrame:
        """Bans and pins of pairs, in the columns of RELATIONS."""
        rows = [
            (each.product_id, each.other_ids[0], _RELATION[each.about, each.verdict])
            for each in self.marks.values()
            if each.verdict is not None and each.about in {"beside", "instead"}
        ]
        return pl.DataFrame(rows, RELATIONS, orient="row")

    def banned(self, about: About) -> frozenset[tuple[str, tuple[str, ...]]]:
        """What is banned of one kind: (product, others)."""
        return self._of(about, "banned")

    def pinned(self, about: About) -> frozenset[tuple[str, tuple[str, ...]]]:
        """What is put first of one kind: (product, others)."""
        return self._of(about, "pinned")

    def bans(self, product_id: str, other_id: str) -> bool:
        """Whether the other product is never to be proposed beside the first."""
        keys: Sequence[tuple[str, str, tuple[str, ...]]]
        keys = [("beside", product_id, (other_id,)), ("instead", product_id, (other_id,))]
        return any(key in self.marks and self.marks[key].verdict == "banned" for key in keys)

    def text(self, offer: Offer, language: str) -> str | None:
        """What people wrote for this offer in this language; None where nobody did."""
        if not self.marks:
            return None
        mark = self.marks.get(key_of(offer))
        return None if mark is None else mark.texts.get(language)

    def _of(self, about: About, verdict: Verdict) -> frozenset[tuple[str, tuple[str, ...]]]:
        return frozenset(
            (each.product_id, each.other_ids)
            for each in self.marks.values()
            if each.about == about and each.verdict == verdict
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """Nothing is large."""
        return {}

    def meta(self) -> dict[str, Any]:
        """Everything."""
        return {
            "marks": [
                [each.about, each.product_id, list(each.other_ids), each.verdict, dict(sorted(each.texts.items()))]
                for _, each in sorted(self.marks.items())
            ]
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays, meta: Meta) -> Self:  # noqa: ARG003 - every part takes both
        """The marks again."""
        return cls.of(
            Mark(about, one, tuple(others), verdict, texts) for about, one, others, verdict, texts in meta["marks"]
        )


NOTHING_CURATED: Final = Curated({})


def key_of(offer: Offer) -> tuple[str, str, tuple[str, ...]]:
    """What a mark about this offer is called."""
    offered = tuple(sorted(each.product_id for each in offer.items if each.role == "offered"))
    if offer.kind == "bundle":
        return ("set", offer.anchor_id or "", offered)
    if offer.kind == "filler":
        return ("filler", "", (offer.product_id,))
    return ("instead" if offer.kind in INSTEAD else "beside", offer.anchor_id or "", (offer.product_id,))


_RELATION: Final = {
    ("beside", "banned"): NOT_BESIDE,
    ("instead", "banned"): NOT_BESIDE,
    ("beside", "pinned"): PUT_BESIDE,
    ("instead", "pinned"): PUT_INSTEAD,
}
