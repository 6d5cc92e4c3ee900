"""`tsuide user …`: who may sign in to the console."""

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from tsuide.app.users import change_user, invite, invite_again, setup_token, users_told
from tsuide.app.wiring import Shop, opened
from tsuide.config import load_settings
from tsuide.errors import Conflict, NotFound
from tsuide.interfaces.cli.options import Database, Home, entropy, now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown

user = typer.Typer(no_args_is_help=True, help="Who may sign in to the console.")
Email = Annotated[str, typer.Argument(help="With which they sign in.")]
CONSOLE = "/console"


@user.command("list")
def listed(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Everybody, also who may no longer sign in."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        rows = users_told(shop)
        plain = [each | {"made_at": each["made_at"].isoformat()} for each in rows]
        emit({"users": plain}, lambda: _table(rows), as_json=as_json)


@user.command("add")
def add(
    email: Email,
    name: Annotated[str, typer.Option("--name", help="As others see them; default: the address.")] = "",
    role: Annotated[
        str, typer.Option("--role", help="owner, marketer, sales_manager, rep (own customers) or auditor (reads only).")
    ] = "owner",
    rep_id: Annotated[str, typer.Option("--rep", help="Under which name deals and tasks know them.")] = "",
    language: Annotated[str, typer.Option("--language", help="ja or en; default: the shop's.")] = "",
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Make a user, and print the link with which they choose their password."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        given = {"email": email, "name": name or email, "role": role, "rep_id": rep_id, "language": language}
        made, token = invite(shop, given, now(), entropy())
        _linked(
            shop, f"password?token={token}", {"id": made.id, "email": made.email, "role": made.role}, as_json=as_json
        )


@user.command("link")
def link(
    email: Annotated[str, typer.Argument(help="Whose; nobody while there is no user yet.")] = "",
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Print a link: to set the console up, or for a user who is to choose a password anew."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        if not email:
            token = setup_token(shop, now())
            if token is None:
                raise Conflict(
                    "the console was set up already", key="user", way_out="name whose link: tsuide user link EMAIL"
                )
            _linked(shop, f"setup?token={token}", {}, as_json=as_json)
            return
        made = invite_again(shop, _id_of(shop, email), now())
        _linked(shop, f"password?token={made}", {"email": email}, as_json=as_json)


@user.command("end")
def end(
    email: Email,
    again: Annotated[bool, typer.Option("--undo", help="Let them in again.")] = False,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Let somebody sign in no more; their sessions end at once."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        change_user(shop, _id_of(shop, email), {"ended": "no" if again else "yes"}, now())
        result = {"email": email, "ended": not again}
        emit(result, lambda: f"{escape(email)}: {'may sign in again' if again else 'ended'}", as_json=as_json)


def _id_of(shop: Shop, email: str) -> str:
    row = shop.store.users.by_email(email.strip().casefold())
    if row is None:
        raise NotFound("no such user", key="email", value=email, way_out="tsuide user list")
    return str(row["id"])


def _linked(shop: Shop, path: str, more: dict[str, Any], *, as_json: bool) -> None:
    url = f"{shop.settings.public_url or 'http://localhost:8000'}{CONSOLE}/{path}"
    emit(more | {"link": url}, lambda: url, as_json=as_json)


def _table(rows: list[dict[str, Any]]) -> Table | str:
    if not rows:
        return "No users yet. Set the console up: tsuide user link"
    table = Table("email", "name", "role", "rep", "state")
    for row in rows:
        state = "ended" if row["ended"] else "invited" if row["waiting"] else ""
        table.add_row(*(escape(str(each)) for each in (row["email"], row["name"], row["role"], row["rep_id"], state)))
    return table
