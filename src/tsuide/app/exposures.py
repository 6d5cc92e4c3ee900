"""Who was decided for, when first, in which arm, and what stood on their slates: read from the decision log."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
import polars as pl

from tsuide.app.wiring import Shop
from tsuide.facts.schema import Schema
from tsuide.kit.clock import from_micros
from tsuide.offers.decision import ERASED

_PART: Final = timedelta(hours=6)
_MOMENT: Final = pl.Datetime("us", "UTC")


@dataclass(slots=True)
class Exposures:
    """What a pass over the log gathers.

    Args:
        first: (experiment or "", unit) → moment of the first decision, microseconds, and arm.
        moved: units that were seen in two arms (a share was changed): they are left out.
        cells: (sort, name, customer) → moment of the first slate that held it, and whether it was shown.
        segments: unit → segments and key=value attributes at the first decision.
        decisions: decision id → experiment → arm.
    """

    first: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    moved: set[tuple[str, str]] = field(default_factory=set)
    cells: dict[tuple[str, str, str], tuple[int, bool]] = field(default_factory=dict)
    segments: dict[str, frozenset[str]] = field(default_factory=dict)
    decisions: dict[str, dict[str, str]] = field(default_factory=dict)

    def people(self, experiment: str, arm: str, segment: str | None = None) -> pl.DataFrame:
        """customer_id and at of one arm (of one segment)."""
        rows = [
            (unit, from_micros(at))
            for (of, unit), (at, name) in self.first.items()
            if of == experiment and name == arm and (of, unit) not in self.moved
            and (segment is None or segment in self.segments.get(unit, ()))
        ]  # fmt: skip
        return pl.DataFrame(rows, schema={"customer_id": pl.String, "at": _MOMENT}, orient="row")

    def cell_frame(self) -> pl.DataFrame:
        """Cells of units in one arm only: sort, name, customer_id, at, treated."""
        rows = [
            (sort, name, unit, from_micros(at), treated)
            for (sort, name, unit), (at, treated) in self.cells.items()
            if ("", unit) not in self.moved
        ]
        schema: Schema = {
            "sort": pl.String(),
            "name": pl.String(),
            "customer_id": pl.String(),
            "at": _MOMENT,
            "treated": pl.Boolean(),
        }
        return pl.DataFrame(rows, schema=schema, orient="row")


def exposures(
    shop: Shop, start: datetime, end: datetime, *, cells: bool = True, placements: Sequence[str] = ()
) -> Exposures:
    """One pass over the decisions of customers with start ≤ at < end; visitors nobody knows have no orders to read.

    Args:
        shop: whose log.
        start: from here on.
        end: until here.
        cells: gather what stood on slates too.
        placements: only decisions there; empty = everywhere.
    """
    found, accounts = Exposures(), _accounts(shop)
    for row, record in records_between(shop, start, end):
        view, request = record.get("customer", {}), record["request"]
        if placements and request["placement"] not in placements:
            continue
        trial, at = view.get("trial", {}), row["at"]
        found.decisions[row["id"]] = view.get("arms", {})
        customer = row["customer_id"]
        if customer is None or record["unit"] == ERASED:
            continue
        if customer not in found.segments:
            told = {f"{key}={value}" for key, value in view.get("attributes", {}).items()}
            found.segments[customer] = frozenset(told | set(view.get("segments", ())))
        # who is silent in an experiment stands outside the standing holdout: counted as treated, as drawn
        _note(found, "", customer, at, "treated" if trial.get("silent") else row["arm"])
        for experiment, arm in view.get("arms", {}).items():
            _note(found, experiment, customer, at, arm)
            if accounts.get(customer):
                _note(found, f"{experiment}@account", accounts[customer], at, arm)
        if cells and not trial:
            _note_cells(found, customer, at, row["arm"] == "treated", record, request)
    return found


def records_between(shop: Shop, start: datetime, end: datetime) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Decisions with start ≤ at < end, oldest first, each with its record as JSON; read part by part."""
    oldest = shop.store.decisions.between(start, end, 1)
    start = max(start, from_micros(oldest[0]["at"])) if oldest else end  # nothing before it needs to be asked for
    while start < end:
        until = min(start + _PART, end)
        for row in shop.store.decisions.between(start, until):
            yield row, orjson.loads(row["record"])
        start = until


def _note(found: Exposures, experiment: str, unit: str, at: int, arm: str) -> None:
    before = found.first.setdefault((experiment, unit), (at, arm))
    if before[1] != arm:
        found.moved.add((experiment, unit))


def _note_cells(
    found: Exposures,
    customer: str,
    at: int,
    treated: bool,  # noqa: FBT001 - an arm
    record: dict[str, Any],
    request: dict[str, Any],
) -> None:
    slate = record.get("slate", ())
    if not slate:
        return
    named = {("placement", request["placement"])}
    if request.get("rep"):
        named.add(("rep", request["rep"]["id"]))
    named |= {("segment", each) for each in found.segments.get(customer, ())}
    for offer in slate:
        named |= {("product", offer["product_id"]), ("kind", offer["kind"])}
        if offer.get("anchor_id"):
            named.add(("pair", f"{offer['anchor_id']} → {offer['product_id']}"))
    for sort, name in named:
        found.cells.setdefault((sort, name, customer), (at, treated))


def _accounts(shop: Shop) -> dict[str, str]:
    """Customer → the account above them, or their own where they are one."""
    frame = shop.store.facts.customers().select("id", "parent_id", "kind")
    above = {row[0]: row[1] or row[0] for row in frame.iter_rows() if row[1] or row[2] == "company"}
    return {str(customer): str(account) for customer, account in above.items()}
