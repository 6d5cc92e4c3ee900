"""How often what the lists of likely products say comes true: their scores rank, this makes chances of them.

A list's score has no unit of its own: it rises with the chance and no more is known of it. So that a product of the
next-basket list can be weighed against one that goes with the cart, the score's chance is read off orders that the
model had not seen: the last order of some customers. What completes a cart is asked with half of that order, what
comes next with nothing; a rising curve (isotonic) goes through what came true.

A complement's P is its share of the anchor's baskets, of several anchors the largest; of the few that come first it
promises too much (the largest of many is so by luck, too). How much too much is counted on the same orders, each taken
out of the counts beforehand, and the lists' chances are told on that scale, so that the likelier comes first.

Wants (`mining.wants`) are asked about the same orders: where the first ten of a list earned more than theirs by what
was then bought, the list goes on, else wants stand in its place.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Self

import numpy as np

from tsuide.errors import TooFewData
from tsuide.kit.arrays import Bool, Int32, Int64, frozen
from tsuide.kit.clock import from_micros
from tsuide.kit.hashing import bucket
from tsuide.mining.baskets import Baskets
from tsuide.mining.complements import FittedComplements
from tsuide.mining.completion import FittedCompletion
from tsuide.mining.fitted import Arrays, Meta, taken
from tsuide.mining.next_basket_model import FittedNextBasket
from tsuide.mining.ranked import Ranked
from tsuide.mining.wants_model import FittedWants
from tsuide.offers.calibration import Steps, fit_isotonic

MOST_CUSTOMERS: Final = 300  # asked about; more tell hardly more
LEAST_CUSTOMERS: Final = 30
LEAST_TRUE: Final = 15  # listed products that were bought: below it nothing is said
_FEWEST_ORDERS: Final = 2
_TOGETHER: Final = 50  # listed products whose share is one point of the curve
_LISTED: Final = 20
_GROWN: Final = 1.25
_SHOWN: Final = 3
_LEAST_KEPT: Final = 0.1
_SUREST: Final = 0.95
_FIRST: Final = 10  # of a list, by which it is compared with wants
_DAY: Final = 86_400_000_000
_NONE: Final = Steps(frozen(np.empty(0)), frozen(np.empty(0)))


@dataclass(frozen=True, slots=True)
class Lists:
    """What foretells a customer's purchases; None where too little is known for it."""

    following: FittedNextBasket | None = None
    completing: FittedCompletion | None = None
    wants: FittedWants | None = None


Learn = Callable[[Baskets], Lists]
"""Learns the lists from fewer baskets, with the parameters of those in force."""


@dataclass(frozen=True, slots=True, eq=False)
class FittedForetold:
    """Curves from a list's score to the chance that the order holds the product; empty where too little is known.

    Args:
        next: of the next-basket list.
        beside: of the list that completes a cart.
            Both are divided by the share of what complements promise that comes true.
        facts: customers asked about, products listed and bought: plain JSON.
    """

    name: ClassVar[str] = "foretold"
    next: Steps
    beside: Steps
    facts: dict[str, Any]

    def wanted(self, name: str) -> bool:
        """Whether wants foretell "next" or "beside" at least as well as the list.

        They do where nothing is known of the list; a list of which something is known stays until they were compared.

        >>> UNTOLD.wanted("next"), FittedForetold(UNTOLD.next, UNTOLD.beside, {"orders": 500}).wanted("next")
        (True, False)
        """
        earned = self.facts.get("earned", {}).get(name)
        return not self.facts if earned is None else bool(earned["wants"] >= earned["list"])

    @property
    def compared(self) -> bool:
        """Whether the lists were compared with wants: what earlier versions learned knows none."""
        return "earned" in self.facts

    @property
    def scale(self) -> dict[str, float]:
        """Share of what complements promise that comes true, by which chances are divided: "next", "beside"."""
        return {"next": 1.0, "beside": 1.0} | dict(self.facts.get("complements_keep", {}))

    def holds_for(self, orders: int) -> bool:
        """Whether it is still worth keeping: not before a quarter more orders are known does it tell anything new."""
        return orders < _GROWN * float(self.facts.get("orders", 0))

    def arrays(self) -> dict[str, np.ndarray]:
        """The curves' points."""
        return {
            "next_scores": self.next.scores,
            "next_shares": self.next.shares,
            "beside_scores": self.beside.scores,
            "beside_shares": self.beside.shares,
        }

    def meta(self) -> dict[str, Any]:
        """What they rest on."""
        return {"facts": dict(self.facts)}

    @classmethod
    def from_arrays(cls, arrays: Arrays, meta: Meta) -> Self:
        """The result again.

        Raises:
            BadArray: the arrays do not fit together; named.
        """

        def curve(name: str) -> Steps:
            scores = taken(arrays, f"{name}_scores", np.float64, (None,))
            return Steps(scores, taken(arrays, f"{name}_shares", np.float64, (len(scores),)))

        return cls(curve("next"), curve("beside"), dict(meta["facts"]))


UNTOLD: Final = FittedForetold(_NONE, _NONE, {})
"""Nothing is known of what scores mean."""


def foretold(
    baskets: Baskets,
    learn: Learn,
    complements: FittedComplements | None = None,
    worth: Mapping[str, float] | None = None,
) -> FittedForetold:
    """Ask the lists about orders that they have not seen.

    Args:
        baskets: with customers; not changed.
        learn: called once, with the other baskets of those who are asked about.
        complements: learned from all of them; None = chances are told as they are.
        worth: item id → what one brings, by which lists and wants are compared; None = each the same.

    Raises:
        TooFewData: too few customers have come back, or nothing that was listed was bought.
    """
    last = _last_orders(baskets)
    if len(last) < LEAST_CUSTOMERS:
        raise TooFewData("too few customers came back", key="customers", value=len(last))
    theirs = baskets.customer[last]
    mine = np.flatnonzero(np.isin(baskets.customer, theirs))
    before = baskets.select(np.setdiff1d(mine, last))
    lists = learn(before)
    following, completing = lists.following, lists.completing
    contest = _Contest(lists, worth or {})
    partners = None if complements is None else _Partners(complements, baskets)
    names, people = baskets.item_ids.ids, baskets.customer_ids.ids
    rows: dict[str, tuple[list[float], list[bool]]] = {"next": ([], []), "beside": ([], [])}
    for place in last.tolist():
        who, at = people[int(baskets.customer[place])], int(baskets.time[place])
        bought = [names[i] for i in baskets.of(place).tolist()]
        ranked: dict[str, Ranked] = {}
        if following is not None:
            days = max(at - following.end, 0) / _DAY
            dense = following.customer_ids.positions([who])
            ranked["next"] = following.rank(dense, _LISTED, days)
            _note(rows["next"], ranked["next"], set(bought))
        cart = [each for each in bought if bucket(each, who) % 2 == 0]
        if completing is not None and cart:
            ranked["beside"] = _completed(completing, cart, who, at)
            _note(rows["beside"], ranked["beside"], set(bought) - set(cart))
        contest.note(ranked, who, at, cart, bought)
        if partners is not None:
            partners.note(baskets.of(place), np.array([bucket(each, who) % 2 == 0 for each in bought]))
    kept = {"next": 1.0, "beside": 1.0} if partners is None else partners.kept()
    curves = {name: _curve(scores, came, kept[name]) for name, (scores, came) in rows.items()}
    facts: dict[str, Any] = {"orders": baskets.n_baskets, "customers": len(last), "complements_keep": kept}
    facts |= {name: {"listed": len(came), "bought": int(sum(came))} for name, (_, came) in rows.items()}
    if lists.wants is not None:
        facts["earned"] = contest.earned
    if not any(len(each.scores) for each in curves.values()) and lists.wants is None:
        raise TooFewData("too little of what was foretold was bought", key="bought", value=facts["next"]["bought"])
    return FittedForetold(curves["next"], curves["beside"], facts)


def _last_orders(baskets: Baskets) -> Int64:
    """Places of the last orders of those who came back, of at most MOST_CUSTOMERS, always the same; ascending."""
    known = baskets.customer >= 0
    orders = np.bincount(baskets.customer[known], minlength=baskets.n_customers)
    last = np.full(baskets.n_customers, -1, np.int64)
    last[baskets.customer[known]] = np.flatnonzero(known)  # a later basket overwrites an earlier one
    regular = np.flatnonzero(orders >= _FEWEST_ORDERS)
    if len(regular) > MOST_CUSTOMERS:
        ids = baskets.customer_ids.ids
        regular = np.array(sorted(regular.tolist(), key=lambda each: bucket(ids[each], "foretold")))[:MOST_CUSTOMERS]
    return np.sort(last[regular])


def _completed(completing: FittedCompletion, cart: list[str], who: str, at: int) -> Ranked:
    return completing.recommend([cart], [who], _LISTED, now=from_micros(max(at, completing.end)))


def _note(rows: tuple[list[float], list[bool]], ranked: Ranked, bought: set[str]) -> None:
    """Each listed product's score, and whether it was bought."""
    for item, score in zip(ranked.ids(0), ranked.score[0].tolist(), strict=False):
        if score > 0:
            rows[0].append(score)
            rows[1].append(item in bought)


def _curve(scores: list[float], came: list[bool], kept: float) -> Steps:
    """The rising curve through groups of like scores (one lucky product proves little); none where few came true."""
    if sum(came) < LEAST_TRUE:
        return _NONE
    by_score, bought = np.array(scores), np.array(came, np.float64)
    groups = np.array_split(np.argsort(by_score, kind="stable"), max(len(came) // _TOGETHER, 1))
    curve = fit_isotonic(*(np.array([each[group].mean() for group in groups]) for each in (by_score, bought)))
    return Steps(curve.scores, frozen(np.minimum(curve.shares / kept, _SUREST)))


@dataclass(slots=True)
class _Contest:
    """What the first of each list and of wants earned by orders that neither had seen."""

    lists: Lists
    worth: Mapping[str, float]
    earned: dict[str, dict[str, float]] = field(
        default_factory=lambda: {name: {"list": 0.0, "wants": 0.0} for name in ("next", "beside")}
    )

    def note(self, ranked: Mapping[str, Ranked], who: str, at: int, cart: list[str], bought: list[str]) -> None:
        """Ask wants what the lists were asked, and count what of each was bought.

        Asked is what would be bought of itself: that is what orders can judge. What an offer has against nothing they
        cannot.
        """
        if self.lists.wants is None:
            return
        now = from_micros(max(at, self.lists.wants.end))
        asked: tuple[tuple[str, list[str]], ...] = (("next", []), ("beside", cart)) if cart else (("next", []),)
        for name, beside in asked:
            left = set(bought) - set(beside)
            listed = ranked[name].ids(0)[:_FIRST] if name in ranked else []
            wanted = self.lists.wants.likely(who, _FIRST, now=now, cart=beside).items
            self.earned[name]["list"] += sum(self.worth.get(each, 1.0) for each in listed if each in left)
            self.earned[name]["wants"] += sum(self.worth.get(each, 1.0) for each in wanted if each in left)


class _Partners:
    """What complements promise of orders, and what of it they keep.

    Args:
        complements: learned from all orders; each order asked about is taken out of the counts again.
        baskets: whose items orders name.
    """

    def __init__(self, complements: FittedComplements, baskets: Baskets) -> None:
        self._fitted = complements
        self._least = int(complements.meta()["min_count"])
        self._place = complements.item_ids.positions(baskets.item_ids.ids)
        self._promised = {"next": 0.0, "beside": 0.0}
        self._came = {"next": 0, "beside": 0}

    def note(self, items: Int32, in_cart: Bool) -> None:
        """Ask beside each product of an order alone, and beside the half of it that is said to lie in the cart."""
        order = self._place[items]
        for anchor in order[order >= 0].tolist():
            self._ask("next", [anchor], order)
        cart = order[in_cart & (order >= 0)].tolist()
        if cart:
            self._ask("beside", cart, order)

    def _ask(self, name: str, anchors: list[int], order: Int32) -> None:
        fitted, held = self._fitted, set(order.tolist())
        best: dict[int, float] = {}
        for anchor in anchors:
            for item, count in zip(fitted.top_item[anchor].tolist(), fitted.top_count[anchor].tolist(), strict=True):
                others = count - (item in held)
                if item >= 0 and item not in anchors and others >= self._least:
                    share = others / max(float(fitted.degree[anchor]) - 1.0, 1.0)
                    best[item] = max(best.get(item, 0.0), share)
        shown = sorted(best, key=lambda item: (-best[item], item))[:_SHOWN]
        self._promised[name] += sum(best[item] for item in shown)
        self._came[name] += sum(item in held for item in shown)

    def kept(self) -> dict[str, float]:
        """The share that came true; 1 where too little did to say."""
        return {
            name: min(max(came / self._promised[name], _LEAST_KEPT), 1.0) if came >= LEAST_TRUE else 1.0
            for name, came in self._came.items()
        }
