"""`tsuide acceptance …`: the shop's words for the last click, what waits for a yes, and the keys of the links."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from tsuide.app.signing import rotate_keys, sale_terms, set_sale_terms
from tsuide.app.wiring import opened
from tsuide.config import load_settings
from tsuide.interfaces.cli.options import Database, Home, now
from tsuide.interfaces.cli.promotion import read_rows
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown
from tsuide.kit.clock import from_micros
from tsuide.offers.acceptance import SaleTerms, from_json
from tsuide.offers.plain import build, plain

acceptance = typer.Typer(no_args_is_help=True, help="What a customer's yes needs, and what waits for one.")
File = Annotated[
    Path | None, typer.Argument(help="payment, delivery and cancellation in ja and en, as YAML. Missing: show them.")
]


@acceptance.command("terms")
def terms(file: File = None, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Set (or show) what 特商法 asks to stand before the last click; without it no yes is taken."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        if file is not None:
            set_sale_terms(shop, build(SaleTerms, read_rows(file)[0]), now())
        result = plain(sale_terms(shop))
        emit({"terms": result}, lambda: _terms(result), as_json=as_json)


@acceptance.command("list")
def waiting(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """What waits for a customer's yes; what nobody answered in time is closed."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        expired = shop.store.confirmations.expire(now())
        rows = [_row(row) for row in shop.store.confirmations.waiting(now())]
        emit({"waiting": rows, "expired": expired}, lambda: _listed(rows), as_json=as_json)


@acceptance.command("rotate-key")
def rotate(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Sign links with a new key; links of the former stay good until the next rotation."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        ids = [key.id for key in rotate_keys(shop, now())]
        emit({"signs": ids[0], "verifies": ids}, lambda: f"Links are signed with {ids[0]} now.", as_json=as_json)


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    made = from_json(row["content"])
    return {
        "id": row["id"],
        "customer_id": row["customer_id"],
        "items": [f"{item.title} × {item.quantity}" for item in made.items],
        "total": made.total,
        "currency": made.currency,
        "entered_by": row["entered_by"],
        "expires_at": from_micros(row["expires_at"]).isoformat(timespec="seconds"),
    }


def _terms(result: Mapping[str, Any]) -> Table | str:
    if not result["payment"]:
        return "Not set yet: tsuide acceptance terms FILE"
    table = Table("", "ja", "en")
    for name in ("payment", "delivery", "cancellation"):
        table.add_row(name, result[name].get("ja", ""), result[name].get("en", ""))
    return table


def _listed(rows: Sequence[Mapping[str, Any]]) -> Table | str:
    if not rows:
        return "Nothing waits for a yes."
    table = Table("id", "customer", "items", "total", "entered by", "until")
    for row in rows:
        total = "" if row["total"] is None else f"{row['total']} {row['currency']}"
        who, by = str(row["customer_id"] or ""), str(row["entered_by"] or "")
        table.add_row(str(row["id"]), who, ", ".join(row["items"]), total, by, str(row["expires_at"]))
    return table
