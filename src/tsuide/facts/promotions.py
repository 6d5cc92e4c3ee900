"""Promotions as a person sets them: what the customer gets, on what, when, how often, and how much it may cost."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

BenefitKind: TypeAlias = Literal["set_price", "percent", "amount", "free_item", "free_shipping", "points"]
Stacking: TypeAlias = Literal["stackable", "group", "exclusive"]
BENEFIT_KINDS: Final[tuple[BenefitKind, ...]] = get_args(BenefitKind)
STACKINGS: Final[tuple[Stacking, ...]] = get_args(Stacking)
REP: Final = "rep"
"""The placement at which a rep speaks."""


@dataclass(frozen=True, slots=True)
class Benefit:
    """What the customer gets.

    Args:
        kind: ``percent`` off each targeted line; ``amount`` off the targeted lines together, once per order;
            ``set_price``: one of each of `items` together at this price; ``free_item``: `items` free with the
            purchase; ``free_shipping``; ``points`` (or miles).
        value: percent: basis points; amount and set_price: minor units; points: basis points of what is paid.
        items: of a set or a gift: product ids.
        extra: of a set: products that come free with it.
        unit: what the shop calls its points: points, miles …
        point_value: what one point costs the shop, minor units.
        elsewhere: the points (or miles) buy in other shops too: then they are a premium before the law; points that
            only this shop takes are a rebate (景品類等の指定の告示の運用基準 6).
    """

    kind: BenefitKind
    value: int = 0
    items: tuple[str, ...] = ()
    unit: str = "points"
    point_value: int = 1
    elsewhere: bool = False
    extra: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Targets:
    """What a promotion is for; an empty field asks for nothing, and every field that is filled must hold.

    Args:
        products, categories: a line counts when its product, or a name on its category path, is among them.
        kinds, placements: of the offer.
        segments: the customer is in one of them.
        least: targeted lines must come to so much, minor units as shown.
    """

    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    placements: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    least: int = 0


@dataclass(frozen=True, slots=True)
class Budget:
    """How much a promotion may cost in all; None = without end.

    Args:
        amount: minor units.
        uses: acceptances.
        uses_per_customer: acceptances of one customer.
    """

    amount: int | None = None
    uses: int | None = None
    uses_per_customer: int | None = None


@dataclass(frozen=True, slots=True)
class Promotion:
    """One promotion.

    Args:
        names: what customers read, by language (ja and en).
        currency: of every amount in it.
        starts_at, ends_at: from, and until before; None = open.
        stacking: ``stackable``: beside others; ``group``: only the best of its group; ``exclusive``: alone.
        group: the name of its group.
        priority: among benefits of one kind the higher comes first.
        paused: a person stopped it.
        rep_only: only a rep may give it, in a deal or with an offer of theirs: no page, mail or agent knows of it.
    """

    id: str
    names: dict[str, str]
    benefit: Benefit
    currency: str
    targets: Targets = Targets()
    budget: Budget = Budget()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    stacking: Stacking = "stackable"
    group: str = ""
    priority: int = 0
    paused: bool = False
    rep_only: bool = False

    @property
    def placements(self) -> tuple[str, ...]:
        """Where it may be given; () = everywhere."""
        return (REP,) if self.rep_only else self.targets.placements

    def runs(self, now: datetime) -> bool:
        """Whether it may be given at `now`, as far as its schedule says."""
        begun = self.starts_at is None or self.starts_at <= now
        return begun and (self.ends_at is None or now < self.ends_at) and not self.paused
