"""`tsuide erase` and `tsuide disclose`: what a customer may ask of whoever keeps their data."""

from pathlib import Path
from typing import Annotated

import typer
from rich.prompt import Confirm
from rich.table import Table

from tsuide.app.erasing import disclose as disclosed
from tsuide.app.erasing import erase_customer, everything_of
from tsuide.app.wiring import opened
from tsuide.config import load_settings
from tsuide.errors import UnknownCustomer
from tsuide.interfaces.cli.options import Database, Home, now
from tsuide.interfaces.cli.terminal import Json, emit, err, errors_shown

Customer = Annotated[str, typer.Argument(help="The shop's id of the customer.")]


def erase(
    customer: Customer,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Forget a customer everywhere; orders and outcomes stay as nobody's, so that every sum stays right."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        kept = everything_of(shop, customer)
        if not yes and not as_json:
            err.print(_counted("kept", {name: len(rows) for name, rows in kept.items() if rows}))
            if not Confirm.ask("Forget this customer? This cannot be undone.", console=err, default=False):
                raise typer.Exit(1)
        done = erase_customer(shop, customer, now(), "command line")
        emit({"customer_id": customer, "erased": done}, lambda: _counted("erased", done), as_json=as_json)
        err.print("What was learned from their history leaves with the next: tsuide learn", style="dim")


def disclose(customer: Customer, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Write everything that is kept of a customer to a file that only you can read."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        path: Path | None = disclosed(shop, customer, now())
        if path is None:
            raise UnknownCustomer("nothing is kept of this customer", key="customer", value=customer)
        emit({"customer_id": customer, "file": str(path)}, lambda: Table(str(path)), as_json=as_json)


def _counted(title: str, rows: dict[str, int]) -> Table:
    table = Table(title, "rows")
    for name, count in rows.items():
        table.add_row(name.replace("_", " "), f"{count:,}")
    return table
