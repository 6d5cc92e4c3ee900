"""`tsuide keys …`: API keys."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated

import typer
from rich.table import Table

from tsuide.app.customer_tokens import LONGEST_LIFE, customer_secret, customer_token, rotate_customer_secret
from tsuide.app.keys import create_key
from tsuide.app.limits import Rate
from tsuide.app.wiring import opened
from tsuide.config import load_settings
from tsuide.interfaces.cli.options import Database, Home, now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown

keys = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")

Name = Annotated[str, typer.Argument(help="What it is for: web shop, till …")]
Scopes = Annotated[
    list[str] | None,
    typer.Option(
        "--scope",
        help="storefront (may stand in a page), agent (MCP), rep, admin; repeat it. Default: storefront.",
    ),
]


@keys.command("create")
def create(
    name: Name,
    scope: Scopes = None,
    rate: Annotated[
        str | None,
        typer.Option("--rate", help="20/100: 20 requests a second, 100 at once, per process; 0: no limit."),
    ] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Make a key. It is shown once: only its hash is kept."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        scopes = scope or ["storefront"]
        own = None if rate is None else Rate.read(rate, "--rate")
        key, key_id = create_key(shop, name, scopes, now(), own)
        result = {
            "key": key,
            "id": key_id,
            "name": name,
            "scopes": scopes,
            "rate": "usual" if own is None else str(own),
        }
        emit(result, lambda: _shown(result, "key", "id", "name", "scopes", "rate"), as_json=as_json)


@keys.command("customer-secret")
def secret(
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Draw a new one; tokens of the former stay good until the next rotation.")
    ] = False,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Show the secret with which the shop's own server signs who is signed in (docs/api.md); keep it off every page."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        found = rotate_customer_secret(shop, now()) if rotate else customer_secret(shop, now())
        emit({"secret": found}, lambda: _shown({"secret": found}, "secret"), as_json=as_json)


@keys.command("customer-token")
def token(
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    minutes: Annotated[
        int, typer.Option("--minutes", min=1, max=LONGEST_LIFE.days * 24 * 60, help="For how long it is good.")
    ] = 60,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Sign a token for one customer, to try the API by hand."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        moment = now()
        until = moment + timedelta(minutes=minutes)
        made = customer_token(customer, customer_secret(shop, moment), until)
        result = {"token": made, "customer": customer, "expires_at": until.isoformat(timespec="seconds")}
        emit(result, lambda: _shown(result, "token", "customer", "expires_at"), as_json=as_json)


@keys.command("list")
def show(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """List all keys, revoked ones too; the keys themselves are not known."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        rows = [
            {
                "id": each.id,
                "name": each.name,
                "scopes": list(each.scopes),
                "rate": each.rate,
                "created_at": each.created_at.isoformat(timespec="seconds"),
                "revoked_at": each.revoked_at.isoformat(timespec="seconds") if each.revoked_at else None,
            }
            for each in shop.store.keys.all()
        ]
        emit({"keys": rows}, lambda: _listed(rows), as_json=as_json)


@keys.command("revoke")
def revoke(
    key_id: Annotated[str, typer.Argument(help="As `tsuide keys list` shows it.")],
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Refuse a key from now on; running servers follow within a second."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        shop.store.keys.revoke(key_id, now())
        emit({"revoked": key_id}, lambda: _shown({"revoked": key_id}, "revoked"), as_json=as_json)


def _shown(result: Mapping[str, object], *names: str) -> Table:
    table = Table(show_header=False)
    for name in names:
        value = result[name]
        table.add_row(name, ", ".join(value) if isinstance(value, list) else str(value))
    return table


def _listed(rows: Sequence[Mapping[str, object]]) -> Table | str:
    if not rows:
        return "No keys yet. Make one: tsuide keys create 'web shop'"
    table = Table("id", "name", "scopes", "created", "revoked")
    for row in rows:
        scopes = row["scopes"]
        named = ", ".join(scopes) if isinstance(scopes, list) else ""
        table.add_row(str(row["id"]), str(row["name"]), named, str(row["created_at"]), str(row["revoked_at"] or ""))
    return table
