"""What promotions make of a basket, to the minor unit: benefits in a fixed order, never below the floor.

The order: set prices, percentages, amounts, free items, free shipping, points; within one kind by priority (high
first), then by id. Each works on what the ones before it left. Of a group only its best is given; an exclusive one
is given alone, if that saves the customer more than the others together. A benefit is given whole or not at all:
one that would push a line below its floor leaves that line (percent), or the whole basket (the others), as it is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, TypeAlias

from tsuide.errors import BadValue, MixedCurrencies
from tsuide.facts.promotions import BENEFIT_KINDS, REP, BenefitKind, Promotion, Targets
from tsuide.kit.money import RATE_UNIT, share_out
from tsuide.offers.price_history import premium_allowed

MOST_EXTRAS: Final = 2  # free with one set

Unused: TypeAlias = Literal[
    "not_now", "not_targeted", "below_least", "below_floor", "premium_limit", "nothing_to_give", "other_is_better"
]


@dataclass(frozen=True, slots=True)
class Line:
    """One product in the basket.

    Args:
        unit_price: before promotions, minor units as shown.
        floor: the least that the whole line may come to, minor units as shown.
        category: path.
        kind: of the offer that it came from; "" = it is no offer.
    """

    product_id: str
    quantity: int
    unit_price: int
    floor: int = 0
    category: tuple[str, ...] = ()
    kind: str = ""

    @property
    def listed(self) -> int:
        """The line before promotions."""
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class Basket:
    """What promotions are applied to.

    Args:
        shipping: what shipping costs the customer, minor units.
        shelf: product → (price, cost) of one unit of what may come free.
    """

    lines: tuple[Line, ...]
    currency: str
    shipping: int = 0
    placement: str = ""
    segments: tuple[str, ...] = ()
    shelf: Mapping[str, tuple[int, int]] | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """What one promotion gave.

    Args:
        cuts: taken off each line, minor units, (lines,).
        shipping: taken off shipping.
        items: free products.
        points: how many, of `unit`.
        saving: what it is worth to the customer, minor units.
        cost: what it costs the shop, minor units: what its budget pays.
    """

    promotion_id: str
    cuts: tuple[int, ...]
    shipping: int = 0
    items: tuple[str, ...] = ()
    points: int = 0
    unit: str = ""
    saving: int = 0
    cost: int = 0


@dataclass(frozen=True, slots=True)
class Priced:
    """A basket after promotions.

    Args:
        amounts: what each line comes to, minor units, (lines,); listed − cuts, never below the floor.
        unused: promotion → why it gave nothing.
    """

    amounts: tuple[int, ...]
    shipping: int
    given: tuple[Given, ...] = ()
    unused: Mapping[str, Unused] | None = None

    @property
    def discounts(self) -> tuple[int, ...]:
        """What was taken off each line in all."""
        return tuple(sum(each.cuts[i] for each in self.given) for i in range(len(self.amounts)))

    @property
    def total(self) -> int:
        """Lines and shipping."""
        return sum(self.amounts) + self.shipping

    @property
    def saving(self) -> int:
        """What all promotions together are worth to the customer."""
        return sum(each.saving for each in self.given)


def apply_promotions(promotions: Iterable[Promotion], basket: Basket, now: datetime, *, lawful: bool = True) -> Priced:
    """The basket with the promotions that may be given together.

    Args:
        promotions: in any order; the result does not depend on it.
        basket: lines before promotions.
        now: UTC.
        lawful: withhold premiums beyond the legal limit; False leaves that to who asks (`premium_of`).

    Raises:
        MixedCurrencies: a promotion of another currency than the basket's.
        BadValue: a line that costs less than nothing, a floor above its price, or two promotions of one id.

    >>> from datetime import UTC
    >>> from tsuide.facts.promotions import Benefit
    >>> tenth = Promotion("p", {"ja": "", "en": ""}, Benefit("percent", 1_000), "JPY")
    >>> priced = apply_promotions([tenth], Basket((Line("a", 1, 999),), "JPY"), datetime(2026, 1, 1, tzinfo=UTC))
    >>> priced.amounts, priced.discounts
    ((899,), (100,))
    """
    _check(basket)
    ordered = sorted(promotions, key=lambda p: (BENEFIT_KINDS.index(p.benefit.kind), -p.priority, p.id))
    if len({each.id for each in ordered}) < len(ordered):
        raise BadValue("two promotions have one id", key="id", value=[each.id for each in ordered])
    unused: dict[str, Unused] = {}
    running = [each for each in ordered if _may(each, basket, now, unused)]
    together = _best_of_groups([each for each in running if each.stacking != "exclusive"], basket, lawful=lawful)
    best, chosen = _in_turn(together, basket, lawful=lawful), together
    for each in running:
        if each.stacking == "exclusive" and (alone := _in_turn([each], basket, lawful=lawful)).saving > best.saving:
            best, chosen = alone, [each]
    unused |= best.unused or {}
    unused |= {each.id: "other_is_better" for each in running if each not in chosen}
    return replace(best, unused=unused)


def _check(basket: Basket) -> None:
    for line in basket.lines:
        if line.quantity < 1 or line.unit_price < 0 or not 0 <= line.floor <= line.listed:
            raise BadValue("must be 0 ≤ floor ≤ price, and one unit or more", key="line", value=line.product_id)
    if basket.shipping < 0:
        raise BadValue("must not be negative", key="shipping", value=basket.shipping)


def _may(promotion: Promotion, basket: Basket, now: datetime, unused: dict[str, Unused]) -> bool:
    """Schedule, targets and least purchase; `unused` learns why not."""
    if promotion.currency != basket.currency:
        raise MixedCurrencies(
            "a promotion of another currency",
            key="currency",
            value=f"{promotion.currency} and {basket.currency}",
            way_out="give only promotions of the basket's currency",
        )
    targets, places = promotion.targets, targeted(promotion.targets, basket)
    if not promotion.runs(now):
        unused[promotion.id] = "not_now"
    elif not places or not _fits(promotion, basket):
        unused[promotion.id] = "not_targeted"
    elif sum(basket.lines[i].listed for i in places) < targets.least:
        unused[promotion.id] = "below_least"
    else:
        return True
    return False


def _fits(promotion: Promotion, basket: Basket) -> bool:
    segments = promotion.targets.segments
    return (not promotion.placements or basket.placement in promotion.placements) and (
        not segments or not set(segments).isdisjoint(basket.segments)
    )


def targeted(targets: Targets, basket: Basket) -> list[int]:
    """Places of the lines that a promotion is for."""
    return [
        i
        for i, line in enumerate(basket.lines)
        if (not targets.products or line.product_id in targets.products)
        and (not targets.categories or not set(targets.categories).isdisjoint(line.category))
        and (not targets.kinds or line.kind in targets.kinds)
    ]


def _best_of_groups(promotions: Sequence[Promotion], basket: Basket, *, lawful: bool) -> list[Promotion]:
    """Without those of a group whose neighbour saves more when each is given alone; the order stays."""
    best: dict[str, tuple[int, Promotion]] = {}
    for each in promotions:
        if each.stacking == "group":
            saving = _in_turn([each], basket, lawful=lawful).saving
            if each.group not in best or saving > best[each.group][0]:
                best[each.group] = (saving, each)
    return [each for each in promotions if each.stacking != "group" or best[each.group][1] is each]


def _in_turn(promotions: Sequence[Promotion], basket: Basket, *, lawful: bool) -> Priced:
    """Give each on what the ones before it left."""
    premium = 0
    rest, shipping = [line.listed for line in basket.lines], basket.shipping
    free = [line.quantity for line in basket.lines]  # units in no set yet
    given: list[Given] = []
    unused: dict[str, Unused] = {}
    for each in promotions:
        made = _GIVE[each.benefit.kind](each, basket, rest, free, shipping)
        if not isinstance(made, Given):
            unused[each.id] = made
            continue
        more = _premium(each, made, basket)
        if lawful and more and not premium_allowed(_purchase(each, rest, basket), premium + more, basket.currency):
            unused[each.id] = "premium_limit"
            continue
        premium += more
        rest = [left - cut for left, cut in zip(rest, made.cuts, strict=True)]
        shipping -= made.shipping
        given.append(made)
    return Priced(tuple(rest), shipping, tuple(given), unused)


_Give: TypeAlias = Callable[[Promotion, Basket, list[int], list[int], int], Given | Unused]
"""(promotion, basket, what is left of each line, units in no set, what is left of shipping)"""


def _set_price(promotion: Promotion, basket: Basket, rest: list[int], free: list[int], _: int) -> Given | Unused:
    benefit = promotion.benefit
    place = {line.product_id: i for i, line in reversed(list(enumerate(basket.lines)))}
    if not benefit.items or any(each not in place for each in benefit.items):
        return "not_targeted"
    need = {place[each]: benefit.items.count(each) for each in benefit.items}
    sets = min(free[i] // count for i, count in need.items())
    whole = sum(basket.lines[i].unit_price * count for i, count in need.items())
    if sets < 1 or whole <= benefit.value:
        return "nothing_to_give"
    weights = [basket.lines[i].unit_price * need.get(i, 0) for i in range(len(rest))]
    cuts = share_out(sets * (whole - benefit.value), weights)
    if _below(basket, rest, cuts):
        return "below_floor"
    if any(each not in (basket.shelf or {}) for each in benefit.extra):
        return "nothing_to_give"  # its extra is not to be had
    for i, count in need.items():
        free[i] -= sets * count
    return _with_extra(_cut(promotion, cuts), promotion, basket, sets)


def _with_extra(made: Given, promotion: Promotion, basket: Basket, sets: int) -> Given:
    """What comes free with each set beside its price."""
    shelf, extra = basket.shelf or {}, promotion.benefit.extra
    price, cost = (sets * sum(shelf[each][at] for each in extra) for at in (0, 1))
    return replace(made, items=extra * sets, saving=made.saving + price, cost=made.cost + cost)


def _percent(promotion: Promotion, basket: Basket, rest: list[int], _: list[int], __: int) -> Given | Unused:
    """Rounded in the customer's favour: ten percent off is never less than ten percent."""
    keep, cuts = RATE_UNIT - promotion.benefit.value, [0] * len(rest)
    for i in targeted(promotion.targets, basket):
        left = rest[i] * keep // RATE_UNIT
        cuts[i] = rest[i] - left if left >= basket.lines[i].floor else 0
    return _cut(promotion, cuts) if any(cuts) else "below_floor"


def _amount(promotion: Promotion, basket: Basket, rest: list[int], _: list[int], __: int) -> Given | Unused:
    """Shared by the room above each floor, so that no share can be too large."""
    room = [0] * len(rest)
    for i in targeted(promotion.targets, basket):
        room[i] = rest[i] - basket.lines[i].floor
    if promotion.benefit.value < 1:
        return "nothing_to_give"
    return (
        "below_floor"
        if sum(room) < promotion.benefit.value
        else _cut(promotion, share_out(promotion.benefit.value, room))
    )


def premium_of(promotions: Iterable[Promotion], priced: Priced, basket: Basket) -> int:
    """What of everything given is a premium before the law, minor units."""
    by_id = {each.id: each for each in promotions}
    return sum(_premium(by_id[made.promotion_id], made, basket) for made in priced.given)


def _premium(promotion: Promotion, made: Given, basket: Basket) -> int:
    """Another product free is a premium; more of the same one, or points that only this shop takes, a rebate."""
    if promotion.benefit.kind == "points":
        return made.saving if promotion.benefit.elsewhere else 0
    shelf = basket.shelf or {}
    bought = {basket.lines[i].product_id for i in targeted(promotion.targets, basket)}
    return sum(shelf[each][0] for each in made.items if each not in bought)


def _purchase(promotion: Promotion, rest: Sequence[int], basket: Basket) -> int:
    return sum(rest[i] for i in targeted(promotion.targets, basket))


def _free_item(promotion: Promotion, basket: Basket, rest: list[int], _: list[int], __: int) -> Given | Unused:
    shelf, items = basket.shelf or {}, promotion.benefit.items
    if not items or any(each not in shelf for each in items):
        return "nothing_to_give"
    price, cost = (sum(shelf[each][at] for each in items) for at in (0, 1))
    return Given(promotion.id, (0,) * len(rest), items=items, saving=price, cost=cost)


def _free_shipping(promotion: Promotion, _: Basket, rest: list[int], __: list[int], shipping: int) -> Given | Unused:
    if not shipping:
        return "nothing_to_give"
    return Given(promotion.id, (0,) * len(rest), shipping=shipping, saving=shipping, cost=shipping)


def _points(promotion: Promotion, basket: Basket, rest: list[int], _: list[int], __: int) -> Given | Unused:
    benefit = promotion.benefit
    points = sum(rest[i] for i in targeted(promotion.targets, basket)) * benefit.value // RATE_UNIT
    worth = points * benefit.point_value
    if not points:
        return "nothing_to_give"
    return Given(promotion.id, (0,) * len(rest), points=points, unit=benefit.unit, saving=worth, cost=worth)


_GIVE: Final[dict[BenefitKind, _Give]] = {
    "set_price": _set_price,
    "percent": _percent,
    "amount": _amount,
    "free_item": _free_item,
    "free_shipping": _free_shipping,
    "points": _points,
}


def _below(basket: Basket, rest: Sequence[int], cuts: Sequence[int]) -> bool:
    return any(left - cut < line.floor for left, cut, line in zip(rest, cuts, basket.lines, strict=True) if cut)


def _cut(promotion: Promotion, cuts: Sequence[int]) -> Given:
    return Given(promotion.id, tuple(cuts), saving=sum(cuts), cost=sum(cuts))


def checked(promotion: Promotion) -> Promotion:
    """The promotion itself, if it makes sense.

    Raises:
        BadValue: a name missing in a language, a percentage outside 0 … 100 %, a set or gift of nothing, a
            negative amount or budget, an end before its start, a group without a name, or one that only a rep may
            give for places where no rep is.
    """
    benefit, budget = promotion.benefit, promotion.budget
    wrong = {
        "names": not all(promotion.names.get(language) for language in ("ja", "en")),
        "value": not 0 <= benefit.value <= (RATE_UNIT if benefit.kind == "percent" else 1 << 53),
        "items": benefit.kind in {"set_price", "free_item"} and not benefit.items,
        "extra": bool(benefit.extra) and (benefit.kind != "set_price" or len(benefit.extra) > MOST_EXTRAS),
        "group": promotion.stacking == "group" and not promotion.group,
        "least": promotion.targets.least < 0,
        "budget": any(each is not None and each < 0 for each in (budget.amount, budget.uses, budget.uses_per_customer)),
        "point_value": benefit.point_value < 0,
        "placements": promotion.rep_only and not set(promotion.targets.placements) <= {REP},
    }
    if promotion.starts_at is not None and promotion.ends_at is not None:
        wrong["ends_at"] = promotion.ends_at <= promotion.starts_at
    for key, is_wrong in wrong.items():
        if is_wrong:
            raise BadValue(f"promotion {promotion.id}: not usable", key=key, value=_shown(promotion, key))
    return promotion


def _shown(promotion: Promotion, key: str) -> object:
    holders = (promotion, promotion.benefit, promotion.targets)
    return next((getattr(each, key) for each in holders if hasattr(each, key)), None)
