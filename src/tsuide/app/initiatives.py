"""Initiatives of a shop: written down, their costs and leads recorded, concluded, and looked over."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, Literal

from tsuide.app.experiments import experiment_of
from tsuide.app.policies import versions
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, Conflict
from tsuide.kit.clock import from_micros, must_have_happened, to_micros
from tsuide.kit.money import Money
from tsuide.kit.text import must_be_short
from tsuide.offers.plain import build
from tsuide.offers.plain import plain as as_record
from tsuide.proof.initiative import (
    Conclusion,
    Initiative,
    amended,
    checked,
    set_by_us,
    stage,
    without_hypothesis,
)

_SESSION: Final = "session"


def read_initiative(value: Mapping[str, Any]) -> Initiative:
    """An initiative as a person writes it: plain JSON with the fields of `proof.initiative`.

    Raises:
        BadValue: names the field by its path.

    >>> read_initiative({"id": "tea", "sort": "campaign", "hypothesis": "Tea sells cups.",
    ...     "starts_at": "2026-06-01T00:00:00+09:00", "ends_at": "2026-07-01T00:00:00+09:00"}).metric
    'margin'
    """
    ours = set_by_us(value)
    if ours is not None:
        raise BadValue("is set by Tsuide", key=ours, way_out="leave it out")
    found = build(Initiative, dict(value))
    moments = {name: getattr(found, name) for name in ("starts_at", "ends_at", "review_at")}
    return checked(replace(found, **{name: each.astimezone(UTC) for name, each in moments.items() if each is not None}))


def put_initiative(shop: Shop, wanted: Initiative, now: datetime) -> Initiative:
    """Keep an initiative, new or changed; once begun, what it foretells is fixed.

    Raises:
        BadValue: it makes no sense, or its arm is none of its experiment's.
        NotFound: no such experiment.
        Conflict: it has begun and something fixed would change, or it is concluded.
    """
    arm_of(shop, checked(wanted))

    def make(record: str | None) -> str:
        return _text(amended(None if record is None else _read(record), wanted, now))

    return _read(shop.store.initiatives.change(wanted.id, make, now))


def take_back_initiative(shop: Shop, initiative_id: str, before: Mapping[str, Any] | None, now: datetime) -> None:
    """Undo what was just written: as it was before (its record), or gone where there was nothing.

    Raises:
        NotFound: no such initiative.
        Conflict: it is concluded, or costs or leads are recorded, or what is fixed since it began would change.
    """
    if before is not None:
        put_initiative(shop, build(Initiative, dict(before)), now)
        return

    def may(record: str) -> None:
        if _read(record).conclusion is not None:
            raise Conflict("it is concluded: it stays on record", key="initiative", value=initiative_id)

    shop.store.initiatives.drop(initiative_id, may)


def arm_of(shop: Shop, found: Initiative) -> str | None:
    """The arm that is compared with its experiment's first; None where the standing holdout measures.

    Raises:
        NotFound: no such experiment.
        BadValue: it has several other arms and none is named, or no such one, or it assigns visits.
    """
    if found.experiment is None:
        return None
    experiment = experiment_of(shop, found.experiment)
    if experiment.unit == _SESSION:
        raise BadValue("assigns visits, which have no orders of their own", key="experiment", value=found.experiment,
                       way_out="name one by customer or account")  # fmt: skip
    others = [arm.name for arm in experiment.arms[1:]]
    if found.arm is None and len(others) == 1:
        return others[0]
    if found.arm not in others:
        raise BadValue("not one of the arms beside the control", key="arm", value=found.arm,
                       way_out=f"one of {', '.join(others)}")  # fmt: skip
    return found.arm


def initiative_of(shop: Shop, initiative_id: str) -> Initiative:
    """One initiative.

    Raises:
        NotFound: there is none with this id.
    """
    return _read(shop.store.initiatives.get(initiative_id)["record"])


def initiatives(shop: Shop) -> list[Initiative]:
    """Every initiative, by id."""
    return [_read(row["record"]) for row in shop.store.initiatives.all()]


def record_cost(
    shop: Shop,
    initiative_id: str,
    entry_id: str,
    cost: Money,
    at: datetime,
    now: datetime,
    note: str | None = None,
) -> bool:
    """Record money that was spent; False if this very entry was recorded before.

    Raises:
        BadValue: a cost of nothing or less, a moment in the future, or a text that is too long.
        NotFound: no such initiative.
        Conflict: the id belongs to another entry.
    """
    if cost.amount <= 0:
        raise BadValue("must be above 0", key="amount", value=cost.amount, way_out="take a wrong entry back: undo")
    money = {"amount": cost.amount, "currency": cost.currency, "customer_id": None}
    must_have_happened("at", at, now)
    return _add(shop, initiative_id, entry_id, "cost", at, note, money)


def record_lead(
    shop: Shop,
    initiative_id: str,
    entry_id: str,
    at: datetime,
    now: datetime,
    customer_id: str | None = None,
    note: str | None = None,
) -> bool:
    """Record somebody who showed interest; False if this very entry was recorded before.

    Raises:
        BadValue: a moment in the future, or a text that is too long.
        NotFound: no such initiative.
        Conflict: the id belongs to another entry.
    """
    whom = {"amount": None, "currency": None, "customer_id": customer_id}
    must_have_happened("at", at, now)
    return _add(shop, initiative_id, entry_id, "lead", at, note, whom)


def _add(
    shop: Shop,
    initiative_id: str,
    entry_id: str,
    kind: Literal["cost", "lead"],
    at: datetime,
    note: str | None,
    rest: Mapping[str, Any],
) -> bool:
    must_be_short("note", note)
    head = {"id": entry_id, "initiative_id": initiative_id, "kind": kind, "at": to_micros(at), "note": note}
    return shop.store.initiatives.add({**head, **rest})


def undo_entry(shop: Shop, entry_id: str, now: datetime) -> dict[str, Any]:
    """Take a cost or a lead back; it stays on record as taken back.

    Raises:
        NotFound: no such entry.
        Conflict: it was taken back before.
    """
    return entry_plain(shop.store.initiatives.undo(entry_id, now))


def entry_plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of costs and leads as JSON, moments as text."""
    moments = {name: None if row[name] is None else from_micros(row[name]).isoformat() for name in ("at", "undone_at")}
    return {**row, **moments}


def entries_of(shop: Shop, initiative_id: str) -> list[dict[str, Any]]:
    """Costs and leads, oldest first, those taken back too.

    Raises:
        NotFound: no such initiative.
    """
    initiative_of(shop, initiative_id)
    return [entry_plain(row) for row in shop.store.initiatives.entries(initiative_id)]


def plain(found: Initiative, now: datetime) -> dict[str, Any]:
    """As JSON, with where it stands."""
    return {
        **as_record(found),
        "metric": found.metric,
        "stage": stage(found, now),
        "due_at": found.due_at.isoformat(),
        "foretold": found.foretold,
    }


def keep_conclusion(shop: Shop, initiative_id: str, made: Conclusion, now: datetime) -> Initiative:
    """Write down how it came out.

    Raises:
        NotFound: no such initiative.
        Conflict: it has not begun yet, or is concluded already.
    """

    def make(record: str | None) -> str:
        return _text(replace(concludable(_read(record or "{}"), now), conclusion=made))

    return _read(shop.store.initiatives.change(initiative_id, make, now))


def concludable(found: Initiative, now: datetime) -> Initiative:
    """The initiative itself, if it can be concluded.

    Raises:
        Conflict: it has not begun yet, or is concluded already.
    """
    where = stage(found, now)
    if where in {"planned", "concluded"}:
        raise Conflict(f"it is {where}", key="initiative", value=found.id)
    return found


def review(shop: Shop, now: datetime) -> dict[str, Any]:
    """What was learned, what is due, what runs, and what is in force without a hypothesis."""
    every = initiatives(shop)
    stages: dict[str, list[dict[str, Any]]] = {"due": [], "waiting": [], "running": [], "planned": []}
    learned: list[dict[str, Any]] = []
    for each in every:
        where = stage(each, now)
        (learned if where == "concluded" else stages[where]).append(plain(each, now))
    learned.sort(key=lambda each: each["conclusion"]["at"], reverse=True)
    return {**stages, "learned": learned, "without_hypothesis": without_hypothesis(_in_force(shop), every)}


def _in_force(shop: Shop) -> list[dict[str, Any]]:
    """Changes of policy after the first one, and promotions: each should say what it is for."""
    kept = sorted(versions(shop), key=lambda each: each["at"])
    policies = [{"sort": "policy", "subject": f"{each['name']}@{each['version']}"} for each in kept[1:]]
    return policies + [{"sort": "campaign", "subject": row["id"]} for row in shop.store.promotions.all()]


def _text(found: Initiative) -> str:
    return json.dumps(as_record(found), ensure_ascii=False, sort_keys=True)


def _read(record: str) -> Initiative:
    return build(Initiative, json.loads(record))
