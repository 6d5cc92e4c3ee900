"""A loaded policy: rules with their parameters, weights, limits. Immutable; known by the hash of its text."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from tsuide.kit.arrays import Int64

SCOPES: Final = ("product", "category", "kind", "all")

SUPPRESSION: Final = np.dtype(
    [
        ("outcome", np.int64),
        ("scope", np.int64),
        ("count", np.int64),
        ("window", np.int64),  # microseconds
        ("rest", np.int64),  # microseconds
        ("channel", np.int64),  # -1 = all
    ]
)
LIMIT: Final = np.dtype([("channel", np.int64), ("most", np.int64), ("window", np.int64)])  # microseconds


@dataclass(frozen=True, slots=True)
class Weight:
    """A lever or a context weight: adds `percent` where everything that it names matches.

    Args:
        kinds, placements: bits; all = every bit.
        category: a name anywhere in the product's category path; None = any.
        product: an id; None = any.
        segment: a segment of the customer; None = any.
        hesitating: only while the customer hesitates.
    """

    percent: int
    kinds: int
    placements: int
    category: str | None = None
    product: str | None = None
    segment: str | None = None
    hesitating: bool = False


@dataclass(frozen=True, slots=True)
class Mandatory:
    """An offer that a person puts first while it lasts; every rule still holds for it."""

    product: str
    kind: int
    placements: int
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SetPrices:
    """How mined sets get a price of their own.

    Args:
        response: how much more often a set is taken whole per unit of discount, basis points (50,000 = 5: ten
            percent off makes half as many more); an assumption until an experiment has measured it.
        most: the deepest discount, basis points.
        step: prices are rounded up to a multiple of it, minor units.
    """

    response: int = 50_000
    most: int = 2_000
    step: int = 1


@dataclass(frozen=True, slots=True)
class Exploration:
    """How much is tried.

    Args:
        temperature: basis points; 0 = always the best.
        guard: basis points of priority that a draw may give up at most.
    """

    temperature: int = 0
    guard: int = 0


@dataclass(frozen=True, slots=True)
class Influence:
    """What "maybe later" does: priority × `start` at first, then evenly up to × `target` after `days`."""

    start: int = 5_000
    target: int = 12_000
    days: int = 30


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes advertising mail, and how to opt out of it."""

    name: str
    address: str
    opt_out: str


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A set of rules with a version.

    Args:
        name: of the policy.
        version: hash of `text`, 16 hex digits.
        row: one record of `chain.policy_dtype()`; shape (1,).
        kinds_of_placement: bits of kinds per placement; int64 (placements,).
        suppression: shape (rows,) of SUPPRESSION.
        limits: shape (rows,) of LIMIT.
        levers: what people weigh by hand, L.
        contexts: what the situation weighs, C.
        margin_rates: category name → margin of the price ex tax in basis points, set by a person.
        priors: kind → probability of acceptance where nothing was mined, basis points.
        per_need: offers of one need on one page.
        holdout: basis points.
        lost_share: of sales that hesitation would lose, basis points: what a down-sell rescues.
        free_shipping_at: minor units; None = none.
        shipping_cost: what a parcel costs the shop, ex tax, minor units.
        payment_fee: basis points of the price.
        return_cost: what one return costs the shop, minor units.
        never_with: pairs of category names whose products never go together.
        set_prices: None = sets are offered at the sum of their prices.
        promotion_lift: what a running campaign adds to the context weight, basis points.
    """

    name: str
    version: str
    text: str
    row: np.ndarray
    kinds_of_placement: Int64
    suppression: np.ndarray
    limits: np.ndarray
    levers: tuple[Weight, ...]
    contexts: tuple[Weight, ...]
    margin_rates: Mapping[str, int]
    priors: Int64
    mandatory: tuple[Mandatory, ...] = ()
    exploration: Exploration = Exploration()
    influence: Influence = Influence()
    sender: Sender | None = None
    time_zone: str = "Asia/Tokyo"
    currency: str = "JPY"
    per_need: int = 1
    holdout: int = 500
    lost_share: int = 6_000
    free_shipping_at: int | None = None
    shipping_cost: int = 0
    payment_fee: int = 0
    return_cost: int = 0
    never_with: tuple[tuple[str, str], ...] = ()
    set_prices: SetPrices | None = None
    promotion_lift: int = 0

    @property
    def page_most(self) -> int:
        """Offers in one slot at most."""
        on = self.value("offers_per_page", "on")
        return self.value("offers_per_page", "most") if on else 1 << 30

    def value(self, rule: str, parameter: str) -> int:
        """A rule's parameter as kept; "on" is 0 or 1."""
        return int(self.row[f"{rule}_{parameter}"][0])
