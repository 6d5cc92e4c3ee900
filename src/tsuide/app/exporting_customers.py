"""Everybody as a table that other systems read, and that `tsuide import` reads again."""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any, Final

from tsuide.app.exporting import safe
from tsuide.app.wiring import Shop
from tsuide.facts.customers import CUSTOMERS

_OWN: Final = tuple(name for name in CUSTOMERS if name != "attributes")


def export_customers(shop: Shop) -> tuple[str, int]:
    """All customers as CSV, each attribute a column, and how many they are; no cell is a formula."""
    rows = shop.store.facts.customers().to_dicts()
    attributes = [_object(row["attributes"]) for row in rows]
    names = sorted({name for each in attributes for name in each} - {*_OWN})
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*_OWN, *map(safe, names)])
    for row, known in zip(rows, attributes, strict=True):
        at = row["created_at"]
        own = {**row, "created_at": None if at is None else at.isoformat()}
        cells = [*(own[name] for name in _OWN), *(known.get(name) for name in names)]
        writer.writerow([safe(str(cell)) if cell is not None else "" for cell in cells])
    return out.getvalue(), len(rows)


def _object(text: str | None) -> Mapping[str, Any]:
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {}
