"""What a state and a policy give every decision, laid out once for both."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from tsuide.kit.arrays import Int64, frozen
from tsuide.kit.remembered import forget_also, remembered
from tsuide.mining.index import Index
from tsuide.offers.bind import Bound, bind
from tsuide.offers.block import block_of
from tsuide.offers.candidates import ladder
from tsuide.offers.candidates.chances import CHANCES
from tsuide.offers.chances import chances_of
from tsuide.offers.deals import laid_deals
from tsuide.offers.kernels import GROUND, SHARES, WHOLE_NUMBERS
from tsuide.offers.lessons import about_links
from tsuide.offers.links import Links, sibling_links
from tsuide.offers.offer import PLACEMENTS
from tsuide.offers.policy.policy import Policy
from tsuide.offers.state import State, Unchanged

_NO_SHARES: Final = frozen(np.zeros(0))
_NO_TABLE: Final = frozen(np.zeros((0, len(PLACEMENTS))))


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """One state and one policy as kernels read them.

    Args:
        state, policy: of which it is made.
        bound: the policy laid over the catalogue.
        block: `kernels.GROUND`, by address.
        named: segments that deals may ask for.
        arrays: what the addresses lead to, kept alive.
    """

    state: State
    policy: Policy
    bound: Bound
    block: Int64
    named: Index | None
    arrays: tuple[np.ndarray, ...]

    def segment_bits(self, segments: Sequence[str]) -> int:
        """The customer's segments as the deals count them."""
        if self.named is None or not segments:
            return 0
        return sum({1 << at for name in segments if (at := self.named.position(name)) >= 0})


_KEPT: Final = 4
_last: list[Ground] = []  # decisions follow one another on the same state, by the same policy or an experiment's
forget_also(_last.clear)


def ground_of(state: State, policy: Policy) -> Ground:
    """The ground of both; the last ones made are kept."""
    for found in tuple(_last):  # another thread may put its own there meanwhile
        if found.state is state and found.policy is policy:
            return found
    made = _lay(state, policy)
    _last[:] = [made, *_last[: _KEPT - 1]]
    return made


def _lay(state: State, policy: Policy) -> Ground:
    bound, laid, siblings = bind(policy, state), laid_deals(state), _siblings(Unchanged(state))
    about = about_links(Unchanged(state))
    arrays: dict[str, np.ndarray] = {
        "items": state.items,
        "bound": bound.items,
        "complement_of": state.complements.of,
        "complement": state.complements.rows,
        "substitute_of": state.substitutes.of,
        "substitute": _steps(_Kept(state.substitutes.rows)),
        "beside_of": state.beside.of,
        "beside": state.beside.rows,
        "instead_of": state.instead.of,
        "instead": _steps(_Kept(state.instead.rows)),
        "sibling_of": siblings.of,
        "siblings": siblings.rows,
        "never_of": state.never.of,
        "never": state.never.rows,
        "main_of": state.mains.of,
        "mains": state.mains.rows,
        "set_of": state.set_of,
        "sets": state.sets,
        "filler_rows": state.fillers,
        "contents": state.contents,
        "lesson_of": about[0],
        "lessons": about[1],
        "best": state.bestsellers,
        "promoted": state.promoted,
        "suppression": policy.suppression,
        "limits": policy.limits,
        "priors": policy.priors,
        "policies": policy.row,
        "deals": laid.rows,
        "deal_order": laid.order,
        "deal_of": laid.of,
        "deal_off": laid.off,
        "savings": bound.savings,
        **_learned(state),
    }
    numbers = {
        "baskets": state.baskets,
        "yen": state.yen,
        "page_most": bound.choice[0],
        "per_need": bound.choice[1],
        "n_categories": len(state.words.categories.words),
        "learned": int(len(arrays["effects"]) > 0),
    }
    shares = {"temperature": bound.choice[2], "guard": bound.choice[3], "lift": policy.promotion_lift / 10_000.0}
    arrays["whole_numbers"] = np.array([numbers[name] for name in WHOLE_NUMBERS], np.int64)
    arrays["shares"] = np.array([shares[name] for name in SHARES], np.float64)
    block = block_of([(arrays[name], kind) for name, kind in GROUND])
    return Ground(state, policy, bound, block, laid.named, tuple(arrays.values()))


def _learned(state: State) -> dict[str, Any]:
    """What outcomes taught; empty while nothing is learned."""
    found = chances_of(state)
    if found is None:
        names = ("effects", "of_source", "of_product", "curve_scores", "curve_shares")
        empty = dict.fromkeys(names, _NO_SHARES)
        return {**empty, "kind_placement": _NO_TABLE, "taken_share": _NO_TABLE, "pairs": np.zeros(0, CHANCES)}
    of = found.learned
    return {
        "effects": found.weights,
        "of_source": of.source,
        "kind_placement": of.kind_placement,
        "pairs": found.pairs,
        "of_product": found.product,
        "curve_scores": of.curve.scores,
        "curve_shares": of.curve.shares,
        "taken_share": of.share,
    }


class _Kept:
    """An array known by identity, and kept as long as what was made of it."""

    __slots__ = ("rows",)

    def __init__(self, rows: np.ndarray) -> None:
        self.rows = rows

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Kept) and other.rows is self.rows

    def __hash__(self) -> int:
        return id(self.rows)


@remembered(16)
def _steps(links: _Kept) -> np.ndarray:
    """What ladders read of links; made once, since links outlive many catalogues."""
    found = np.empty(len(links.rows), ladder.STEP)
    for name in ladder.STEP.names or ():
        found[name] = links.rows[name]
    return frozen(found)


@remembered(8)
def _siblings(key: Unchanged) -> Links:
    """The other colours and sizes of each product: what stands for one that is sold out before any other model."""
    found = sibling_links(key.state.items["parent"], key.state.items["tie"])
    return Links(found.of, _steps(_Kept(found.rows)))
