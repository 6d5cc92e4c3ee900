"""Families of simulated shops: ranges from which worlds are drawn, in ``families.yaml`` or a file of one's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

import yaml

from tsuide.errors import BadValue

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Links:
    """How needs call for each other.

    Args:
        mains: share of needs that call for others.
        each: how many others a main need calls for.
        strength: how strongly (the hazard that it opens the other).
        aware: share of such openings that a shopper thinks of by themselves.
        opens, lasts: days after the main purchase from which, and for how long; 0 and 0 = in the same visit only.
        at_once: share of links that open in the same visit already, whatever `opens` says (a card with its camera).
    """

    mains: float
    each: Range
    strength: Range
    aware: Range
    opens: Range
    lasts: Range
    at_once: float = 0.0


@dataclass(frozen=True, slots=True)
class Prices:
    """What things cost, and how much that matters.

    Args:
        middle: of a need's products, minor units; between the two evenly on the log scale.
        spread: standard deviation of log price within a need.
        sense: utility lost per unit of log price, its mean over shoppers.
        sense_shape: Gamma shape over shoppers.
    """

    middle: Range
    spread: float
    sense: Range
    sense_shape: float


@dataclass(frozen=True, slots=True)
class Errands:
    """How visits of one shopper differ: dropping in for one thing or shopping for the week, for tonight or the baby.

    Args:
        spread: variance of the Gamma factor of mean 1 by which a visit finds more or fewer needs open; 0 = all alike.
        departments: groups of needs that visits are about.
        mission: variance of such a factor for each department of a visit; 0 = visits are about everything alike.
    """

    spread: float = 0.0
    departments: int = 1
    mission: float = 0.0


@dataclass(frozen=True, slots=True)
class Annoyance:
    """What offers that do not fit cost in patience.

    Args:
        shown, mail: of an offer on a page, and of a mail, that fit nothing.
        half_life: days until half of it is forgotten.
        tolerance: hazards grow by e for each of this much; by shopper.
    """

    shown: float
    mail: float
    half_life: float
    tolerance: Range


@dataclass(frozen=True, slots=True)
class Monthly:
    """Chances in a month of a shopper who is not annoyed: of leaving the list, of complaining, of leaving the shop."""

    unsubscribe: float
    complaint: float
    leave: float


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of shop; ``families.yaml`` says what each figure means.

    Args:
        frozen: not to be run while the engine is tuned.
        systems: groups of products that fit only each other (camera mounts, sizes, machines); 1 = all fit.
        reps: people who visit accounts; 0 = a web shop.
        loyalty: standard deviation of what a shopper likes of a product that others do not, in utility.
    """

    name: str
    title: Mapping[str, str]
    shoppers: int
    needs: Range
    products_per_need: Range
    days_between_visits: Range
    visit_shape: float
    wanted_per_visit: Range
    taste_shape: float
    consumable: float
    interval_days: Range
    aware: Range
    links: Links
    price: Prices
    quality: float
    outside: float
    margin: Range
    systems: int
    returns: Range
    visit_season: float
    need_season: float
    gifts: float
    impulse: float
    annoyance: Annoyance
    monthly: Monthly
    reps: int
    errands: Errands = Errands()
    loyalty: float = 0.0
    frozen: bool = False


_PARTS: Final[Mapping[str, type[Any]]] = {
    "links": Links, "price": Prices, "annoyance": Annoyance, "monthly": Monthly, "errands": Errands,
}  # fmt: skip


def families(text: str | None = None) -> dict[str, Family]:
    """The families of a YAML text; None = those that come with Tsuide.

    Raises:
        BadValue: no YAML, a key that is missing or unknown, or a value of another type.

    >>> sorted(each.name for each in families().values() if each.frozen)
    ['garden_and_hobby']
    """
    source = resources.files(__package__).joinpath("families.yaml").read_text("utf-8") if text is None else text
    try:
        told = yaml.safe_load(source)
    except yaml.YAMLError as exc:
        raise BadValue("not YAML", key="families", value=str(exc).splitlines()[0]) from exc
    if not isinstance(told, dict) or not told:
        raise BadValue("no families", key="families", way_out="see docs/simulation.md")
    return {str(name): _family(str(name), each) for name, each in told.items()}


def _family(name: str, told: object) -> Family:
    given = {"errands": {}, **_of(told, name)}
    parts = {key: _record(cls, f"{name}.{key}", given.get(key)) for key, cls in _PARTS.items()}
    family: Family = _record(Family, name, {**given, **parts, "name": name})
    return family


def _of(told: object, key: str) -> dict[str, Any]:
    if not isinstance(told, dict):
        raise BadValue("must be a table of keys", key=key, value=told)
    return told


def _record(cls: type[Any], key: str, told: object) -> Any:  # noqa: ANN401 - one of the records above
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in _of(told, key).items()}
    unknown = sorted(set(given) - set(cls.__dataclass_fields__))
    if unknown:
        raise BadValue("no such key", key=f"{key}.{unknown[0]}", value=given[unknown[0]], way_out="docs/simulation.md")
    for name, value in given.items():
        kind = cls.__dataclass_fields__[name].type
        if kind == Range and not (isinstance(value, tuple) and len(value) == 2 and value[0] <= value[1]):  # noqa: PLR2004 - low, high
            raise BadValue("must be [low, high]", key=f"{key}.{name}", value=value)
        if kind in {int, float} and (not isinstance(value, int | float) or isinstance(value, bool)):
            raise BadValue("must be a number", key=f"{key}.{name}", value=value)
    try:
        return cls(**given)
    except TypeError as exc:
        raise BadValue(str(exc).partition(") ")[2] or str(exc), key=key) from exc
