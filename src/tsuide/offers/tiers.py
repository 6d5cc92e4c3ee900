"""Discount tiers: what a basket of so much brings, for the fillers that reach it; a part of the learned state.

What one unit of a product brings stands in the table of deals. A promotion that asks for a least purchase is a goal as
well: who is a little below it is told what reaches it. Here stands what that costs the shop, so that a filler is worth
what it earns less what it gives away.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple, Self

import numpy as np
import polars as pl

from tsuide.facts.promotions import Promotion
from tsuide.kit.arrays import Int64, frozen
from tsuide.kit.clock import to_micros
from tsuide.kit.money import RATE_UNIT
from tsuide.kit.remembered import remembered
from tsuide.mining.fitted import Arrays, Meta, taken
from tsuide.offers.bind import in_categories
from tsuide.offers.deal_table import ALWAYS
from tsuide.offers.plain import build
from tsuide.offers.price_history import premium_allowed
from tsuide.offers.records import MOST_MONEY
from tsuide.offers.state import State, Unchanged

MOST: Final = 40
NUMBERS: Final = ("least", "rate", "fixed", "starts", "ends")
_DEAREST: Final = 100 * RATE_UNIT  # whoever gives away a hundred times what is paid


@dataclass(frozen=True, slots=True)
class Asked:
    """What a tier is for, in names; an empty field asks for nothing.

    Args:
        names: what customers read, by language.
    """

    promotion_id: str
    names: Mapping[str, str]
    currency: str
    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    placements: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Tiers:
    """Promotions that ask for a least purchase.

    Args:
        asked: what each is for.
        least: targeted lines must come to so much, minor units as shown; int64 (tiers,), as all below.
        rate: what it costs the shop of what the targeted lines come to, basis points.
        fixed: what it costs beside that, minor units.
        starts, ends: microseconds.

    >>> from tsuide.facts.promotions import Benefit, Targets
    >>> tenth = Promotion("tea", {"ja": "1割引", "en": "10 % off"}, Benefit("percent", 1_000), "JPY",
    ...                   Targets(least=5_000))
    >>> made = make_tiers([tenth], pl.DataFrame({"id": ["tea"], "price": [500], "cost": [200]}))
    >>> made.asked[0].promotion_id, made.least.tolist(), made.rate.tolist()
    ('tea', [5000], [1000])
    """

    name: ClassVar[str] = "tiers"
    asked: tuple[Asked, ...]
    least: Int64
    rate: Int64
    fixed: Int64
    starts: Int64
    ends: Int64

    def promotions(self) -> frozenset[str]:
        """Every promotion in it."""
        return frozenset(each.promotion_id for each in self.asked)

    def title(self, promotion_id: str, language: str) -> str:
        """What customers read; its id where it is not known."""
        names = next((each.names for each in self.asked if each.promotion_id == promotion_id), {})
        return names.get(language) or promotion_id

    def arrays(self) -> dict[str, np.ndarray]:
        """The numbers."""
        return {name: getattr(self, name) for name in NUMBERS}

    def meta(self) -> dict[str, Any]:
        """What each is for."""
        return {
            "asked": [
                {
                    "promotion_id": each.promotion_id,
                    "names": dict(each.names),
                    "currency": each.currency,
                    "products": list(each.products),
                    "categories": list(each.categories),
                    "placements": list(each.placements),
                    "segments": list(each.segments),
                }
                for each in self.asked
            ]
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays, meta: Meta) -> Self:
        """The tiers again.

        Raises:
            BadArray: the arrays do not fit together; named.
        """
        asked = tuple(build(Asked, each) for each in meta["asked"])
        return cls(asked, **{name: taken(arrays, name, np.int64, (len(asked),)) for name in NUMBERS})


def make_tiers(promotions: Iterable[Promotion], products: pl.DataFrame, *, shipping: int = 0) -> Tiers:
    """The tiers among promotions.

    What cannot be promised to whom we do not know is none: a promotion that one customer may use so often only, one
    for certain kinds of offers, and a gift beyond the legal limit for premiums.

    Args:
        promotions: those that still have something to give; schedules are looked at when deciding.
        products: columns id, price and cost.
        shipping: what shipping costs the customer, minor units: what free shipping gives away.
    """
    found = []
    gifts = {item for each in promotions for item in each.benefit.items}
    rows = products.filter(pl.col("id").is_in(sorted(gifts))) if gifts else products.head(0)
    shelf = {row["id"]: (row["price"], row["cost"]) for row in rows.iter_rows(named=True)}
    for each in sorted(promotions, key=lambda one: one.id):
        cost = _cost(each, shelf, shipping)
        if 0 < each.targets.least <= MOST_MONEY and not each.paused and not each.targets.kinds and cost is not None:
            found.append((each, *cost))
    found = found[:MOST]
    columns = {
        "least": [each.targets.least for each, _, _ in found],
        "rate": [rate for _, rate, _ in found],
        "fixed": [fixed for _, _, fixed in found],
        "starts": [0 if each.starts_at is None else to_micros(each.starts_at) for each, _, _ in found],
        "ends": [ALWAYS if each.ends_at is None else to_micros(each.ends_at) for each, _, _ in found],
    }
    return Tiers(
        tuple(_asked(each) for each, _, _ in found),
        **{name: frozen(np.array(column, np.int64)) for name, column in columns.items()},
    )


def _asked(promotion: Promotion) -> Asked:
    targets = promotion.targets
    return Asked(
        promotion.id, promotion.names, promotion.currency, tuple(targets.products), tuple(targets.categories),
        promotion.placements, tuple(targets.segments),
    )  # fmt: skip


def _cost(  # noqa: PLR0911 - one return per kind of benefit
    promotion: Promotion, shelf: Mapping[str, tuple[int | None, int | None]], shipping: int
) -> tuple[int, int] | None:
    """(rate, fixed) of what it costs the shop; None where it is no tier."""
    benefit = promotion.benefit
    if promotion.budget.uses_per_customer is not None:
        return None
    if benefit.kind == "percent":
        return benefit.value, 0
    if benefit.kind == "amount":
        return 0, benefit.value
    if benefit.kind == "free_shipping":
        return 0, shipping
    if benefit.kind == "points":
        worth = promotion.targets.least * benefit.value // RATE_UNIT * benefit.point_value
        lawful = not benefit.elsewhere or premium_allowed(promotion.targets.least, worth, promotion.currency)
        return (min(benefit.value * benefit.point_value, _DEAREST), 0) if lawful else None
    if benefit.kind == "free_item" and benefit.items and all(shelf.get(item, (None, 0))[0] for item in benefit.items):
        prices, costs = zip(*(shelf[item] for item in benefit.items), strict=True)
        if not premium_allowed(promotion.targets.least, sum(prices), promotion.currency):
            return None
        return 0, sum(price if cost is None else cost for price, cost in zip(prices, costs, strict=True))
    return None


# --- reached by a cart -------------------------------------------------------------------------------------


class Goal(NamedTuple):
    """The tier that a cart is nearest to.

    Args:
        tier: its place; -1 = none.
        gap: what is missing, minor units.
        spent: what it costs the shop on what lies in the cart already, minor units.
        rate: and on what is added, basis points.
        fillers: which of the state's fillers count for it; bool (fillers,), empty = all.
    """

    tier: int
    gap: int
    spent: int
    rate: int
    fillers: np.ndarray


NO_FILLERS: Final = frozen(np.zeros(0, np.bool_))
NO_GOAL: Final = Goal(-1, -1, 0, 0, NO_FILLERS)


def cart_worth(state: State, cart: np.ndarray) -> list[int]:
    """What each line of the cart (LINE) comes to, minor units, at most MOST_MONEY; without a price nothing."""
    known = state.items["price"][cart["item"]].tolist()
    asked, quantities = cart["price"].tolist(), cart["quantity"].tolist()
    return [
        min(max(own if price < 0 else price, 0) * quantity, MOST_MONEY)
        for own, price, quantity in zip(known, asked, quantities, strict=True)
    ]


def nearest_goal(
    tiers: Tiers,
    state: State,
    cart: np.ndarray,
    worth: Sequence[int],
    placement: str,
    segments: Sequence[str],
    now: int,
) -> Goal:
    """The tier that is missing least, of those that run here and now and to which the cart has something already.

    Args:
        tiers: of the state.
        state: as decided on.
        cart: LINE.
        worth: of each line (`cart_worth`).
        placement: of the request.
        segments: of the customer.
        now: microseconds.
    """
    laid = _laid(Unchanged(state))
    counts = laid.counts[cart["item"]].tolist()
    goal = NO_GOAL
    for tier, (asked, least, starts, ends) in enumerate(laid.rows):
        if not starts <= now < ends or asked.promotion_id in state.withdrawn:
            continue
        here = not asked.placements or placement in asked.placements
        theirs = not asked.segments or not set(asked.segments).isdisjoint(segments)
        if not (here and theirs):
            continue
        targeted = min(sum(each for each, bits in zip(worth, counts, strict=True) if bits >> tier & 1), MOST_MONEY)
        gap = least - targeted
        if targeted > 0 and gap > 0 and (goal.tier < 0 or gap < goal.gap):
            rate = int(tiers.rate[tier])
            spent = min(targeted * rate // RATE_UNIT + int(tiers.fixed[tier]), MOST_MONEY)
            goal = Goal(tier, gap, spent, rate, laid.fillers[tier])
    return goal


class _Laid(NamedTuple):
    """Tiers over a state's catalogue.

    Args:
        rows: what each is for, its least purchase, start and end.
        counts: bits of the tiers for which each product counts; int64 (products,).
        fillers: of each tier, which of the fillers count; bool (fillers,).
    """

    rows: tuple[tuple[Asked, int, int, int], ...]
    counts: Int64
    fillers: tuple[np.ndarray, ...]


@remembered(8)
def _laid(key: Unchanged) -> _Laid:
    state = key.state
    part = state.parts["tiers"]
    assert isinstance(part, Tiers)  # noqa: S101 - the caller has it from there
    counts, fillers = np.zeros(len(state.items), np.int64), []
    for tier, asked in enumerate(part.asked):
        wanted = _wanted(state, asked)
        counts |= np.where(wanted, 1 << tier, 0)
        fillers.append(frozen(wanted[state.fillers["item"]]))
    numbers = (part.least.tolist(), part.starts.tolist(), part.ends.tolist())
    return _Laid(tuple(zip(part.asked, *numbers, strict=True)), frozen(counts), tuple(fillers))


def _wanted(state: State, asked: Asked) -> np.ndarray:
    """The products that count for a tier, bool (products,)."""
    currencies = state.words.currencies.words
    code = currencies.index(asked.currency) if asked.currency in currencies else -2
    wanted: np.ndarray = state.items["currency"] == code
    if asked.products:
        places = state.ids.positions(list(asked.products))
        named = np.zeros(len(state.items), np.bool_)
        named[places[places >= 0]] = True
        wanted &= named
    if asked.categories:
        wanted &= in_categories(state, asked.categories)[state.items["category"]]
    return wanted
