"""One simulated shop: its products, needs and shoppers, drawn from a family. Everything that is true stands here."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from tsuide.kit.arrays import Bool, Float64, Int32, Int64, frozen
from tsuide.proof.worlds.family import Family, Range

TAX_RATE = 1000
"""Basis points; prices include it, margins are without it."""
HANDLING = 0.05
"""Of the price: what taking a unit back costs."""


@dataclass(frozen=True, slots=True)
class World:
    """A shop and its shoppers: P products in C needs, E links between needs, N shoppers.

    Products of one need stand side by side and are each other's substitutes.

    Args:
        start: (C + 1,) int32: products of need c are ``start[c]:start[c + 1]``.
        need: (P,) int32: the need that a product serves.
        price, cost: (P,) int64: minor units, price with tax, cost without.
        quality: (P,) float64: what a shopper of average taste likes, mean 0 in each need.
        system: (P,) int32: fits shoppers of this system only; -1 = fits all.
        returned: (P,) float64: chance that a bought unit comes back.
        base: (C,) float64: hazard that the need is open at a visit of a shopper of taste 1.
        interval: (C,) float64: days that a purchase serves.
        durable: (C,) bool: what is kept for years.
        aware: (C,) float64: share of open needs that are thought of without being told.
        department: (C,) int32: which of the family's departments it stands in.
        season, phase: (C,) float64: how much the need follows the year (0 … 1), and its peak as a day of the year.
        link_from, link_to: (E,) int32: a purchase for the one need opens the other.
        strength: (E,) float64: hazard at a visit inside the window.
        opens, closes: (E,) float64: the window, days after the purchase; 0 and 0 = the same visit.
        link_aware: (E,) float64: as `aware`, for an opening by this link.
        rate: (N,) float64: visits a day.
        taste: (N, C) float64: how much more than others they want it, mean 1.
        sense: (N,) float64: utility lost per unit of log price.
        liking: (N,) float64: utility per unit of quality.
        favour: (N, P) float64: utility of a product to this shopper beyond what it is to others; (N, 1) zeros where
            nobody has favourites.
        of_system: (N,) int32: which system they have.
        tolerance: (N,) float64: annoyance that multiplies hazards by e.
        rep: (N,) int32: who looks after the account; -1 = nobody.
    """

    family: Family
    seed: int
    start: Int32
    need: Int32
    price: Int64
    cost: Int64
    quality: Float64
    system: Int32
    returned: Float64
    base: Float64
    interval: Float64
    durable: Bool
    aware: Float64
    department: Int32
    season: Float64
    phase: Float64
    link_from: Int32
    link_to: Int32
    strength: Float64
    opens: Float64
    closes: Float64
    link_aware: Float64
    rate: Float64
    taste: Float64
    sense: Float64
    liking: Float64
    favour: Float64
    of_system: Int32
    tolerance: Float64
    rep: Int32

    @property
    def products(self) -> int:
        """P."""
        return len(self.need)

    @property
    def needs(self) -> int:
        """C."""
        return len(self.base)

    @property
    def shoppers(self) -> int:
        """N."""
        return len(self.rate)

    @property
    def margin(self) -> Float64:
        """(P,) float64: contribution of one unit that is kept, minor units, without tax."""
        net: Float64 = self.price.astype(np.float64) * (10_000 / (10_000 + TAX_RATE))
        return net - self.cost.astype(np.float64)

    @property
    def worth(self) -> Float64:
        """(P,) float64: expected contribution of one sold unit: what comes back earns nothing and costs handling."""
        return (1.0 - self.returned) * self.margin - self.returned * HANDLING * self.price

    @property
    def whim(self) -> Float64:
        """(P,) float64: chance that an offer is weighed though the need is not open; smaller for dear things."""
        cheap = float(np.quantile(self.price, 0.1))
        return self.family.impulse * np.minimum(cheap / self.price, 1.0)


def draw(family: Family, seed: int) -> World:
    """A world of the family: the same seed gives the same world on every machine.

    >>> from tsuide.proof.worlds.family import families
    >>> world = draw(families()["fashion"], 1)
    >>> world.shoppers, bool((world.margin > 0).all())
    (1000, True)
    """
    dice = np.random.default_rng([seed, *family.name.encode()])
    needs = round(_within(dice, family.needs))
    sizes = np.array([_whole_within(dice, family.products_per_need) for _ in range(needs)])
    start = np.concatenate(([0], np.cumsum(sizes))).astype(np.int32)
    parts = {**_needs(dice, family, needs), **_links(dice, family, needs)}
    parts |= _products(dice, family, start) | _shoppers(dice, family, needs)
    favourites = (family.shoppers, len(parts["need"]) if family.loyalty else 1)
    parts["favour"] = _apart(dice).normal(0.0, family.loyalty, favourites)
    parts["base"] = _scaled(family, dice, parts)
    world = World(family=family, seed=seed, start=start, **parts)
    for each in fields(world):
        value = getattr(world, each.name)
        if isinstance(value, np.ndarray):
            frozen(value)
    return world


def _apart(dice: np.random.Generator) -> np.random.Generator:
    """Dice for what not every family has: those of the rest are not moved by it, nor worlds without it."""
    return np.random.Generator(np.random.PCG64(dice.bit_generator.state["state"]["state"] % (1 << 64)))


def _within(dice: np.random.Generator, bounds: Range) -> float:
    return float(dice.uniform(*bounds))


def _log_within(dice: np.random.Generator, bounds: Range, n: int) -> Float64:
    low, high = np.log(bounds)
    return np.exp(dice.uniform(float(low), float(high), n))


def _whole_within(dice: np.random.Generator, bounds: Range) -> int:
    return int(dice.integers(int(bounds[0]), int(bounds[1]) + 1))


def _needs(dice: np.random.Generator, family: Family, needs: int) -> dict[str, Any]:
    durable = dice.random(needs) >= family.consumable
    interval = _log_within(dice, family.interval_days, needs)
    return {
        "base": dice.gamma(0.7, 1.0, needs) + 0.02,
        "interval": np.where(durable, dice.uniform(500, 1500, needs), interval),
        "durable": durable,
        "aware": dice.uniform(*family.aware, needs),
        "department": _apart(dice).integers(0, family.errands.departments, needs).astype(np.int32),
        "season": family.need_season * dice.random(needs),
        "phase": dice.uniform(0, 365, needs),
    }


def _links(dice: np.random.Generator, family: Family, needs: int) -> dict[str, Any]:
    """Accessories hang on mains; a need is never its own accessory."""
    links = family.links
    mains = dice.permutation(needs)[: max(1, round(links.mains * needs))]
    pairs = sorted(
        {
            (int(main), int(other))
            for main in mains
            for other in dice.choice(needs, _whole_within(dice, links.each), replace=False)
            if other != main
        }
    )
    ends = np.array(pairs, dtype=np.int32).reshape(-1, 2)
    opens = np.round(dice.uniform(*links.opens, len(ends)))
    opens = np.where(_apart(dice).random(len(ends)) < links.at_once, 0.0, opens)
    return {
        "link_from": ends[:, 0].copy(),
        "link_to": ends[:, 1].copy(),
        "strength": dice.uniform(*links.strength, len(ends)),
        "opens": opens,
        "closes": opens + np.round(dice.uniform(*links.lasts, len(ends))),
        "link_aware": dice.uniform(*links.aware, len(ends)),
    }


def _products(dice: np.random.Generator, family: Family, start: Int32) -> dict[str, Any]:
    needs = len(start) - 1
    need = np.repeat(np.arange(needs, dtype=np.int32), np.diff(start))
    middle = _log_within(dice, family.price.middle, needs)
    step = dice.normal(0, family.price.spread, len(need))
    price = np.maximum(np.round(middle[need] * np.exp(step) / 10) * 10, 50).astype(np.int64)
    share = dice.uniform(*family.margin, len(need))
    # a dearer model is most often the better one, so that an upgrade may be worth its price
    quality = family.quality * (0.7 * step / family.price.spread + 0.7 * dice.normal(0, 1, len(need)))
    bound = dice.random(needs) < (0.0 if family.systems == 1 else 0.5)
    system = np.where(bound[need], dice.integers(0, family.systems, len(need)), -1).astype(np.int32)
    return {
        "need": need,
        "price": price,
        "cost": np.floor(price / (1 + TAX_RATE / 10_000) * (1 - share)).astype(np.int64),
        "quality": quality - _mean_by(quality, start)[need],
        "system": system,
        "returned": dice.uniform(*family.returns, len(need)),
    }


def _shoppers(dice: np.random.Generator, family: Family, needs: int) -> dict[str, Any]:
    n = family.shoppers
    shape = family.taste_shape
    return {
        "rate": dice.gamma(family.visit_shape, 1 / family.visit_shape, n) / _within(dice, family.days_between_visits),
        "taste": dice.gamma(shape, 1 / shape, (n, needs)),
        "sense": dice.gamma(family.price.sense_shape, 1 / family.price.sense_shape, n)
        * _within(dice, family.price.sense),
        "liking": np.maximum(dice.normal(1.0, 0.4, n), 0.0),
        "of_system": dice.integers(0, family.systems, n).astype(np.int32),
        "tolerance": dice.uniform(*family.annoyance.tolerance, n),
        "rep": (dice.integers(0, family.reps, n) if family.reps else np.full(n, -1)).astype(np.int32),
    }


def _scaled(family: Family, dice: np.random.Generator, parts: dict[str, Any]) -> Float64:
    """Base hazards such that a visit finds as many needs open as the family says (before links), in balance.

    A need is served for a while after each purchase, so the share of time in which it can be open follows from the
    hazard itself; a few rounds of that fixed point are near enough.
    """
    wanted = _within(dice, family.wanted_per_visit)
    base: Float64 = parts["base"] / parts["base"].sum() * wanted
    raw, visits = base.copy(), float(np.mean(parts["rate"]))
    for _ in range(20):
        served = 1.0 / (1.0 + base * visits * np.minimum(parts["interval"], 700.0))
        base = base * wanted / max(float((_open_share(base, family.taste_shape) * served).sum()), 1e-9)
        base = np.minimum(base, 60.0 * raw)
    return base


def _open_share(base: Float64, shape: float) -> Float64:
    """Mean of 1 − exp(−base · taste) over Gamma tastes of mean 1."""
    return 1.0 - (shape / (shape + base)) ** shape


def _mean_by(values: Float64, start: Int32) -> Float64:
    return np.add.reduceat(values, start[:-1]) / np.diff(start)
