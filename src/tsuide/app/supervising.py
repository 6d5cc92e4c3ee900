"""Supervision in a shop: reps beyond chance with the rows behind each, the audit, and the cases that follow."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
import polars as pl

from tsuide.app.exposures import records_between
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, NotFound
from tsuide.kit.clock import from_micros, to_micros, zone
from tsuide.offers.plain import build
from tsuide.offers.plain import plain as as_record
from tsuide.proof.supervision.audit import audit
from tsuide.proof.supervision.case import Case, Step, checked, opened, with_steps
from tsuide.proof.supervision.findings import DISCOVERY, findings
from tsuide.proof.supervision.signs import ADVISED, SALES, signs

BACK: Final = 90
_GIVEN: Final = frozenset({"accepted", "used"})
_ANSWERED: Final = frozenset({"accepted", "used", "declined", "expired"})
_SERVICES: Final = frozenset({"service", "subscription"})
_AFTER: Final = timedelta(minutes=1)  # the yes itself is no use


def supervise(shop: Shop, now: datetime, *, back: int = BACK) -> dict[str, Any]:
    """Reps beyond chance, as plain JSON: each with its signs and the sales behind them.

    Args:
        shop: whose.
        now: UTC.
        back: days of sales that are looked at.
    """
    start = now - timedelta(days=back)
    sales, advised = _sales(shop, start, now), _advised(shop, start, now)
    counted = signs(sales, advised, zone=zone(shop.settings.time_zone), now=now)
    found = findings(counted)
    return {
        "since": start.isoformat(),
        "until": now.isoformat(),
        "reps": counted["rep_id"].n_unique(),
        "sales": len(sales),
        "false_discovery_rate": DISCOVERY,
        "findings": [each.plain() for each in found],
        "counts": counted.drop("rows").to_dicts(),
    }


def audit_shop(shop: Shop, now: datetime, *, back: int = BACK) -> dict[str, Any]:
    """The audit of consents and acceptances: how many rows each check found, and the rows."""
    start = now - timedelta(days=back)
    consents = [{**row, "at": to_micros(row["at"])} for row in shop.store.facts.consents().iter_rows(named=True)]
    touches = [row for row in shop.store.outcomes.between(start, now) if row["outcome"] == "shown"]
    entered = shop.store.supervision.entered(start, now, reps_only=False)
    found = audit(entered, touches, consents, to_micros(now))
    return {
        "since": start.isoformat(),
        "until": now.isoformat(),
        "acceptances": len(entered),
        "messages": len(touches),
        "found": {name: len(rows) for name, rows in found.items()},
        "rows": {name: [_moments(row) for row in rows] for name, rows in found.items()},
    }


def _moments(row: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: from_micros(row[name]).isoformat() for name in ("at", "state_at") if row.get(name) is not None}
    return {**row, **named}


def _sales(shop: Shop, start: datetime, now: datetime) -> pl.DataFrame:
    """What reps entered, as SALES."""
    rows = shop.store.supervision.entered(start, now)
    products = {row["decision_id"]: row["offer_id"] for row in rows if row["decision_id"]}
    opened_ = _services(shop, products)
    used = _used(shop, rows, opened_, now)
    return pl.DataFrame(
        [
            {
                "sale_id": row["id"],
                "rep_id": row["entered_by"],
                "customer_id": row["customer_id"],
                "entered_at": from_micros(row["at"]),
                "given_at": _given_at(row),
                "closed": row["state"] in _ANSWERED or row["expires_at"] <= to_micros(now),
                "undone_at": None if row["undone_at"] is None else from_micros(row["undone_at"]),
                "used": used.get(row["id"]),
            }
            for row in rows
        ],
        schema=SALES,
    )


def _given_at(row: Mapping[str, Any]) -> datetime | None:
    if row["state"] not in _GIVEN:
        return None
    return from_micros(row["said_at"] if row["said_at"] is not None else row["state_at"])


def _services(shop: Shop, offers: Mapping[str, str]) -> dict[str, str]:
    """Offer → the service or subscription that it opened."""
    catalogue = shop.store.facts.products()
    services = set(catalogue.filter(pl.col("kind").is_in(list(_SERVICES)))["id"].to_list())
    found: dict[str, str] = {}
    for decision_id, offer_id in offers.items() if services else ():
        try:
            record = orjson.loads(shop.store.decisions.get(decision_id)["record"])
        except NotFound:
            continue
        product: str | None = next(
            (each["product_id"] for each in record.get("slate", ()) if each["id"] == offer_id), None
        )
        if product is not None and product in services:
            found[offer_id] = product
    return found


def _used(shop: Shop, rows: Sequence[Mapping[str, Any]], services: Mapping[str, str], now: datetime) -> dict[str, bool]:
    """Sale of a service → whether the customer did anything with it since: an event of it, or another order."""
    asked = {row["id"]: row for row in rows if row["offer_id"] in services and _given_at(row) is not None}
    if not asked:
        return {}
    people = sorted({row["customer_id"] for row in asked.values() if row["customer_id"]})
    acts = shop.store.supervision.acts_of(people, min(row["at"] for row in asked.values()), to_micros(now))
    found = {}
    for sale, row in asked.items():
        given = _given_at(row)
        assert given is not None  # noqa: S101 - asked for above
        since, product = to_micros(given + _AFTER), services[row["offer_id"]]
        found[sale] = any(at > since and of == product for at, of in acts.get(row["customer_id"], ()))
    return found


def _advised(shop: Shop, start: datetime, now: datetime) -> pl.DataFrame:
    """Whom each rep advised on which day, and whether they took anything, as ADVISED."""
    local = zone(shop.settings.time_zone)
    days: dict[tuple[str, str, Any], tuple[datetime, bool]] = {}
    of_decision: dict[str, tuple[str, str, Any]] = {}
    for row, record in records_between(shop, start, now):
        rep, customer = record["request"].get("rep"), row["customer_id"]
        if rep is None or customer is None:
            continue
        at = from_micros(row["at"])
        key = (rep["id"], customer, at.astimezone(local).date())
        days.setdefault(key, (at, False))
        of_decision[row["id"]] = key
    for sale in shop.store.supervision.entered(start, now):
        if sale["state"] in _GIVEN and sale["decision_id"] in of_decision:
            key = of_decision[sale["decision_id"]]
            days[key] = (days[key][0], True)
    rows = [
        {"rep_id": rep, "customer_id": customer, "at": at, "taken": taken}
        for (rep, customer, _), (at, taken) in days.items()
    ]
    return pl.DataFrame(rows, schema=ADVISED)


def sales_told(shop: Shop, sales: Iterable[str], now: datetime) -> list[dict[str, Any]]:
    """The sales behind a finding, oldest first: who, when it was entered and answered, and what became of it."""
    wanted = set(sales)
    rows = shop.store.supervision.entered(from_micros(0), now) if wanted else []
    told = ("id", "customer_id", "entered_by", "state", "decision_id", "offer_id", "order_id")
    return [
        {name: row[name] for name in told}
        | {"at": from_micros(row["at"]), "given_at": _given_at(row)}
        | {"undone_at": None if row["undone_at"] is None else from_micros(row["undone_at"])}
        for row in rows
        if row["id"] in wanted
    ]


# --- cases ------------------------------------------------------------------------------------------------


def open_case(shop: Shop, case_id: str, rep_id: str, sales: Iterable[str], by: str, reason: str, now: datetime) -> Case:
    """Confirm a finding: a person has looked at the rows and says what they saw.

    Raises:
        BadValue: no sale, no reason, or a sale that the rep did not enter.
        Conflict: there is a case of this id.
    """
    named = tuple(dict.fromkeys(sales))
    seen = {row["id"]: row["entered_by"] for row in shop.store.supervision.entered(from_micros(0), now)}
    foreign = [each for each in named if seen.get(each) != rep_id]
    if foreign:
        raise BadValue("the rep did not enter this sale", key="sales", value=foreign[0],
                       way_out="the rows of a finding: tsuide supervise report")  # fmt: skip
    found = supervise(shop, now)["findings"]
    signs_ = [each["sign"] for finding in found if finding["rep_id"] == rep_id for each in finding["beyond_chance"]]
    case = opened(Case(case_id, rep_id, named, tuple(signs_), now, by, reason))
    shop.store.supervision.open(case_id, rep_id, _text(case), now)
    return case


def add_step(shop: Shop, case_id: str, step: Step) -> Case:
    """Record what was done.

    Raises:
        NotFound: no such case.
        Conflict: it is closed, or would be closed with steps missing.
        BadValue: nobody did it, or a reason is missing.
    """

    def make(record: str, steps: Sequence[str]) -> str:
        case = with_steps(build(Case, json.loads(record)), [build(Step, json.loads(each)) for each in steps])
        return _text(checked(case, step))

    shop.store.supervision.add_step(case_id, make, step.at, closes=step.kind == "closure")
    return case_of(shop, case_id)


def case_of(shop: Shop, case_id: str) -> Case:
    """One case with its steps.

    Raises:
        NotFound: no such case.
    """
    row, steps = shop.store.supervision.case(case_id)
    return with_steps(build(Case, json.loads(row["record"])), [build(Step, json.loads(each)) for each in steps])


def cases(shop: Shop) -> list[Case]:
    """Every case, open ones first."""
    return [case_of(shop, each) for each in shop.store.supervision.cases()]


def case_plain(case: Case) -> dict[str, Any]:
    """As JSON, with what is missing."""
    told = {**as_record(case), "steps": [as_record(each) for each in case.steps]}
    return {**told, "closed": case.closed, "missing": list(case.missing)}


def _text(record: Case | Step) -> str:
    return json.dumps(as_record(record), ensure_ascii=False, sort_keys=True)
