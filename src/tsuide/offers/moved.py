"""Who is moved by offers and who is put off: what learning found, and what of it the holdout supports.

Scores of single people are weak; groups of them can be tested, and only a group that is what its name says is used.
P of every offer to its members is then multiplied by what offers change in the group over what they change in all:
nothing (0) for a group that offers put off, at most MOST for one that they move.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, Self, TypeAlias, get_args

import numpy as np

from tsuide.kit.arrays import Float64, Int8
from tsuide.kit.money import RATE_UNIT
from tsuide.mining.fitted import Arrays, Meta, taken
from tsuide.mining.index import Index

Group: TypeAlias = Literal["persuadable", "sure_thing", "lost_cause", "do_not_disturb"]
GROUPS: Final[tuple[Group, ...]] = get_args(Group)
PREFIX: Final = "uplift."
MOST: Final = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class FittedUplift:
    """Each customer's uplift and group.

    Args:
        customer_ids: everybody of whom a purchase was known.
        uplift: predicted difference of the chance to buy; float64 (customers,).
        untreated: predicted chance without offers; float64 (customers,).
        group: place in GROUPS; int8 (customers,).
        factors: by which P is multiplied, one per group, 1 = not supported; float64 (groups,).
        facts: date, definition, arms, Qini, uplift@k, effects of groups: plain JSON.
    """

    name: ClassVar[str] = "uplift"
    customer_ids: Index
    uplift: Float64
    untreated: Float64
    group: Int8
    factors: Float64
    facts: Mapping[str, Any]

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        return {
            **self.customer_ids.arrays("customers"),
            "uplift": self.uplift,
            "untreated": self.untreated,
            "group": self.group,
            "factors": self.factors,
        }

    def meta(self) -> dict[str, Any]:
        """How it was learned and what it is worth."""
        return {"facts": dict(self.facts)}

    @classmethod
    def from_arrays(cls, arrays: Arrays, meta: Meta) -> Self:
        """The result again.

        Raises:
            BadArray: the arrays do not fit together; named.
        """
        ids = Index.from_arrays(arrays, "customers")
        return cls(
            customer_ids=ids,
            uplift=taken(arrays, "uplift", np.float64, (len(ids),)),
            untreated=taken(arrays, "untreated", np.float64, (len(ids),)),
            group=taken(arrays, "group", np.int8, (len(ids),)),
            factors=taken(arrays, "factors", np.float64, (len(GROUPS),)),
            facts=dict(meta["facts"]),
        )

    def supported(self, group: Group) -> bool:
        """Whether the holdout shows that the group is what its name says."""
        return bool(self.factors[GROUPS.index(group)] != 1.0)

    def segment_of(self, customer_id: str) -> str | None:
        """The segment that a customer is in, where the holdout supports their group."""
        place = self.customer_ids.position(customer_id)
        if place < 0 or self.factors[self.group[place]] == 1.0:
            return None
        return PREFIX + GROUPS[int(self.group[place])]

    def members(self, group: Group) -> list[str]:
        """Customers of a group, the most moved (of those put off, the most put off) first."""
        places = np.flatnonzero(self.group == GROUPS.index(group))
        order = np.argsort(self.uplift[places] * (1 if group == "do_not_disturb" else -1), kind="stable")
        ids = self.customer_ids.ids
        return [ids[int(place)] for place in places[order]]


def moved_of(part: object, segments: Sequence[str]) -> int:
    """By what P of each offer to somebody in these segments is multiplied, basis points.

    Args:
        part: the snapshot's part, or None.
        segments: of the prepared customer: what stands in the record decides, so that replay holds.

    >>> moved_of(None, ("uplift.do_not_disturb",))
    10000
    """
    if not segments or not isinstance(part, FittedUplift):
        return RATE_UNIT
    factors = [
        float(part.factors[place]) for place, name in enumerate(GROUPS) if PREFIX + name in segments
    ]  # fmt: skip
    return round(min(factors, default=1.0) * RATE_UNIT)
