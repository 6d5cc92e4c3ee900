"""A policy from its YAML text, read strictly."""

import hashlib
from functools import cache
from importlib import resources
from typing import Final

import numpy as np

from tsuide.errors import BadPolicy
from tsuide.facts.consent import CHANNELS
from tsuide.kit.arrays import frozen
from tsuide.kit.clock import MICROS_PER_DAY, zone
from tsuide.kit.money import minor_digits
from tsuide.offers.offer import KINDS, OUTCOMES, PLACEMENTS
from tsuide.offers.policy import chain
from tsuide.offers.policy.contradictions import check
from tsuide.offers.policy.policy import (
    LIMIT,
    SCOPES,
    SUPPRESSION,
    Exploration,
    Influence,
    Mandatory,
    Policy,
    Sender,
    SetPrices,
    Weight,
)
from tsuide.offers.policy.reading import Place, nearest, read
from tsuide.offers.policy.rule import LoadedRule, Parameter

READY: Final = ("gentle", "standard", "sales_team")
_ALL_KINDS: Final = (1 << len(KINDS)) - 1
_ALL_PLACEMENTS: Final = (1 << len(PLACEMENTS)) - 1
_KEYS: Final = (
    "name",
    "version",
    "about",
    "time_zone",
    "currency",
    "holdout",
    "sender",
    "placements",
    "rules",
    "page",
    "contact_limits",
    "suppression",
    "levers",
    "contexts",
    "mandatory",
    "margin_rates",
    "priors",
    "exploration",
    "influence",
    "costs",
    "never_with",
    "set_prices",
    "promotions",
)
_MOST_APART: Final = 62  # pairs: bits of a word
_PRIORS: Final = {  # basis points; what is believed of acceptance where nothing was mined or measured
    "cross_sell": 300,
    "up_sell": 300,
    "down_sell": 800,
    "alternative": 1_500,
    "bundle": 300,
    "filler": 500,
    "replenish": 1_500,
    "content": 500,
}


def load_policy(text: str, *, name: str = "policy", kept: bool = False) -> Policy:
    r"""The policy that `text` describes.

    Args:
        text: YAML; docs/policy.md describes every key.
        name: used where the text names none.
        kept: it was accepted once, so contradictions are not looked for again: decisions replay under it.

    Raises:
        BadPolicy: with the line: not YAML, an unknown key or rule (the nearest known one is named), a value
            out of range, a rule that cannot be switched off, or a policy that contradicts itself.

    >>> load_policy("rules: {in_stock: {least: 2}}").value("in_stock", "least")
    2
    >>> load_policy("rules:\n  in_stok: on")
    Traceback (most recent call last):
    tsuide.errors.BadPolicy: line 2: unknown key: rules.in_stok = 'in_stok'. Way out: did you mean...
    """
    top = read(text)
    keys = top.mapping(_KEYS)
    zone_name = keys["time_zone"].text() if "time_zone" in keys else "Asia/Tokyo"
    policy = Policy(
        name=keys["name"].text() if "name" in keys else name,
        version=hashlib.blake2b(text.encode(), digest_size=8).hexdigest(),
        text=text,
        row=_rules(keys.get("rules"), keys.get("page")),
        kinds_of_placement=_placements(keys.get("placements")),
        suppression=_suppression(keys.get("suppression")),
        limits=_limits(keys.get("contact_limits")),
        levers=_weights(keys.get("levers")),
        contexts=_weights(keys.get("contexts")),
        margin_rates=_rates(keys.get("margin_rates")),
        priors=_priors(keys.get("priors")),
        mandatory=_mandatory(keys.get("mandatory")),
        exploration=_exploration(keys.get("exploration")),
        influence=_influence(keys.get("influence")),
        sender=_sender(keys.get("sender")),
        time_zone=zone(zone_name).key,
        currency=_currency(keys.get("currency")),
        per_need=_per_need(keys.get("page")),
        holdout=keys["holdout"].share(0, 9_000) if "holdout" in keys else 500,
        never_with=_apart(keys.get("never_with")),
        set_prices=_set_prices(keys.get("set_prices")),
        promotion_lift=_lift(keys.get("promotions")),
        **_costs(keys.get("costs")),
    )
    if not kept:
        check(policy, top)
    return policy


@cache
def ready_policy(name: str) -> Policy:
    """A ready-made policy: gentle, standard or sales_team.

    Raises:
        BadPolicy: no such policy.
    """
    return load_policy(ready_text(name), name=name)


def ready_text(name: str) -> str:
    """The YAML of a ready-made policy.

    Raises:
        BadPolicy: no such policy.
    """
    if name not in READY:
        raise BadPolicy("no such ready-made policy", key="name", value=name, way_out=nearest(name, READY))
    path = resources.files("tsuide.offers.policy") / "ready" / f"{name}.yaml"
    return path.read_text(encoding="utf-8")


def _rules(place: Place | None, page: Place | None) -> np.ndarray:
    row = np.zeros(1, chain.policy_dtype())
    loaded = {each.rule.code: each for each in chain.rules()}
    for code, each in loaded.items():
        row[chain.field(code, "on")] = each.rule.on
        for parameter in each.rule.parameters:
            row[chain.field(code, parameter.name)] = parameter.default
    for code, value in (place.mapping(loaded) if place else {}).items():
        _rule(row, loaded[code], value)
    if page is not None and "offers" in (keys := page.mapping(("offers", "per_need"))):
        row[chain.field("offers_per_page", "most")] = keys["offers"].whole(1, 50)
    return frozen(row)


def _rule(row: np.ndarray, loaded: LoadedRule, place: Place) -> None:
    rule = loaded.rule
    if place.raw:
        on = place.yes()
        if rule.fixed and not on:
            source = f" ({rule.source})" if rule.source else ""
            place.refuse(f"cannot be switched off{source}")
        row[chain.field(rule.code, "on")] = on
        return
    row[chain.field(rule.code, "on")] = True
    parameters = {each.name: each for each in rule.parameters}
    for name, value in place.mapping(parameters).items():
        row[chain.field(rule.code, name)] = _parameter(parameters[name], value)


def _parameter(parameter: Parameter, place: Place) -> int:  # noqa: PLR0911 - one return per unit
    match parameter.unit:
        case "rate" | "ratio":
            return place.share(parameter.low, parameter.high)
        case "minute":
            return place.minute()
        case "yes":
            return int(place.yes())
        case "kinds":
            return place.bits(KINDS)
        case "placements":
            return place.bits(PLACEMENTS)
        case "score":
            return place.share(parameter.low * 100, parameter.high * 100) // 100
        case _:
            return place.whole(parameter.low, parameter.high)


def _placements(place: Place | None) -> np.ndarray:
    kinds = np.full(len(PLACEMENTS), _ALL_KINDS, dtype=np.int64)
    for name, value in (place.mapping(PLACEMENTS) if place else {}).items():
        kinds[PLACEMENTS.index(name)] = 0 if value.raw == "none" else value.bits(KINDS)
    return frozen(kinds)


def _suppression(place: Place | None) -> np.ndarray:
    keys = ("outcome", "scope", "count", "within_days", "rest_days", "channel")
    rows = []
    for item in place.items() if place else []:
        found = _needed(item, keys, optional=("channel",))
        rows.append(
            (
                found["outcome"].choice(OUTCOMES),
                found["scope"].choice(SCOPES),
                found["count"].whole(1, 10_000),
                found["within_days"].whole(1, 400) * MICROS_PER_DAY,
                found["rest_days"].whole(1, 400) * MICROS_PER_DAY,
                _channel(found.get("channel")),
            )
        )
    return frozen(np.array(rows, dtype=SUPPRESSION))


def _limits(place: Place | None) -> np.ndarray:
    rows = []
    for item in place.items() if place else []:
        found = _needed(item, ("channel", "most", "days"))
        rows.append(
            (
                _channel(found["channel"]),
                found["most"].whole(0, 10_000),
                found["days"].whole(1, 400) * MICROS_PER_DAY,
            )
        )
    return frozen(np.array(rows, dtype=LIMIT))


def _channel(place: Place | None) -> int:
    if place is None or place.raw == "any":
        return -1
    return place.choice(CHANNELS)


def _weights(place: Place | None) -> tuple[Weight, ...]:
    keys = ("percent", "kinds", "placements", "category", "product", "segment", "hesitating")
    weights = []
    for item in place.items() if place else []:
        found = _needed(item, keys, optional=keys[1:])
        weights.append(
            Weight(
                percent=found["percent"].whole(-99, 1_000),
                kinds=found["kinds"].bits(KINDS) if "kinds" in found else _ALL_KINDS,
                placements=found["placements"].bits(PLACEMENTS) if "placements" in found else _ALL_PLACEMENTS,
                category=found["category"].text() if "category" in found else None,
                product=found["product"].text() if "product" in found else None,
                segment=found["segment"].text() if "segment" in found else None,
                hesitating="hesitating" in found and found["hesitating"].yes(),
            )
        )
    return tuple(weights)


def _mandatory(place: Place | None) -> tuple[Mandatory, ...]:
    found = []
    for item in place.items() if place else []:
        keys = _needed(item, ("product", "kind", "placements", "until"), optional=("placements", "until"))
        found.append(
            Mandatory(
                keys["product"].text(),
                keys["kind"].choice(KINDS),
                keys["placements"].bits(PLACEMENTS) if "placements" in keys else _ALL_PLACEMENTS,
                keys["until"].moment() if "until" in keys else None,
            )
        )
    return tuple(found)


def _rates(place: Place | None) -> dict[str, int]:
    return {name: value.share(1, 9_999) for name, value in (place.mapping() if place else {}).items()}


def _priors(place: Place | None) -> np.ndarray:
    priors = _PRIORS | {name: value.share(1, 9_999) for name, value in (place.mapping(KINDS) if place else {}).items()}
    return frozen(np.array([priors[kind] for kind in KINDS], dtype=np.int64))


def _exploration(place: Place | None) -> Exploration:
    if place is None:
        return Exploration()
    found = _needed(place, ("temperature", "guard"))
    return Exploration(found["temperature"].share(0, 100_000), found["guard"].share(0, 10_000))


def _influence(place: Place | None) -> Influence:
    if place is None:
        return Influence()
    found = _needed(place, ("start", "target", "days"))
    return Influence(found["start"].share(0, 10_000), found["target"].share(0, 50_000), found["days"].whole(1, 400))


def _sender(place: Place | None) -> Sender | None:
    if place is None:
        return None
    found = _needed(place, ("name", "address", "opt_out"))
    return Sender(found["name"].text(), found["address"].text(), found["opt_out"].text())


def _currency(place: Place | None) -> str:
    if place is None:
        return "JPY"
    minor_digits(place.text())
    return place.text()


def _per_need(place: Place | None) -> int:
    found = place.mapping(("offers", "per_need")) if place else {}
    return found["per_need"].whole(1, 50) if "per_need" in found else 1


def _costs(place: Place | None) -> dict[str, int]:
    names = ("lost_share", "free_shipping_at", "shipping_cost", "payment_fee", "return_cost")
    found = place.mapping(names) if place else {}
    shares = {"lost_share", "payment_fee"}
    return {key: value.share(0, 10_000) if key in shares else value.whole(0, 10**12) for key, value in found.items()}


def _apart(place: Place | None) -> tuple[tuple[str, str], ...]:
    rows = place.items() if place else []
    if place and len(rows) > _MOST_APART:
        place.refuse(f"at most {_MOST_APART} pairs")
    pairs = []
    for row in rows:
        sides = row.items()
        if len(sides) != 2:  # noqa: PLR2004 - a pair
            row.refuse("must be a pair of categories such as [Alcohol, Baby]")
        pairs.append((sides[0].text(), sides[1].text()))
    return tuple(pairs)


def _set_prices(place: Place | None) -> SetPrices | None:
    if place is None or place.raw in {"off", "no"}:
        return None
    found = place.mapping(("response", "most", "step"))
    usual = SetPrices()
    return SetPrices(
        found["response"].share(0, 1_000_000) if "response" in found else usual.response,
        found["most"].share(100, 5_000) if "most" in found else usual.most,
        found["step"].whole(1, 100_000) if "step" in found else usual.step,
    )


def _lift(place: Place | None) -> int:
    found = place.mapping(("lift",)) if place else {}
    return found["lift"].share(0, 50_000) if "lift" in found else 0


def _needed(place: Place, keys: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Place]:
    found = place.mapping(keys)
    missing = [key for key in keys if key not in found and key not in optional]
    if missing:
        place.refuse(f"lacks {', '.join(missing)}")
    return found
