"""`tsuide policy …`: show a ready-made policy, check a file, and ask what it would have done."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from tsuide.errors import BadFile
from tsuide.interfaces.cli.options import Database, Home, now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown
from tsuide.offers.policy import chain
from tsuide.offers.policy.load import READY, load_policy, ready_text
from tsuide.offers.policy.policy import Policy
from tsuide.offers.what_if import WhatIf, as_plain

policy = typer.Typer(no_args_is_help=True, help="Rules between every door and the customer.")

File = Annotated[Path, typer.Argument(help="A policy as YAML.")]


@policy.command("show")
def show(name: Annotated[str, typer.Argument(help="gentle, standard or sales_team.")] = "standard") -> None:
    """Print a ready-made policy: what your own may start from."""
    with errors_shown():
        typer.echo(ready_text(name), nl=False)


@policy.command("check")
def check(file: File, as_json: Json = False) -> None:
    """Read a policy strictly; what is wrong is named with its line."""
    with errors_shown(as_json=as_json):
        found = read_policy(file)
        on = [code for code in chain.ORDER if found.value(code, "on")]
        result: dict[str, Any] = {
            "name": found.name,
            "version": found.version,
            "rules_on": len(on),
            "rules_off": [code for code in chain.ORDER if code not in on],
            "holdout": found.holdout / 10_000,
            "offers_per_page": found.page_most,
        }
        emit(result, lambda: _checked(result), as_json=as_json)


@policy.command("what-if")
def what_if(
    file: File,
    days: Annotated[int, typer.Option(min=1, max=400, help="So many days back.")] = 7,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Which offers of the last days it would have refused or let through, by rule, with examples."""
    from tsuide.app.past import policy_what_if
    from tsuide.app.wiring import opened
    from tsuide.config import load_settings

    with errors_shown(as_json=as_json):
        other, until = read_policy(file), now()
        with opened(load_settings(home=home, database_url=database_url)) as shop:
            found = policy_what_if(shop, other, until - timedelta(days=days), until)
        emit(as_plain(found), lambda: _told(found), as_json=as_json)


@policy.command("list")
def list_(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Every policy that was ever kept, the newest version of each first, and which one is in force."""
    _kept(None, home, database_url, as_json=as_json)


@policy.command("history")
def history(
    name: Annotated[str | None, typer.Argument(help="Of the policy; the one in force when missing.")] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Every version of one policy, newest first."""
    _kept(name or "", home, database_url, as_json=as_json)


@policy.command("activate")
def activate(
    what: Annotated[str, typer.Argument(help="A file, a ready-made policy's name, or NAME@VERSION of a kept one.")],
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Put a policy in force; servers take it up within a second. An older version undoes a newer one."""
    from tsuide.app.policies import activate_version, put_in_force
    from tsuide.app.wiring import opened
    from tsuide.config import load_settings

    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        name, _, version = what.rpartition("@")
        if name and not Path(what).exists():
            found = activate_version(shop, name, version)
        else:
            text = ready_text(what) if what in READY and not Path(what).exists() else read_policy(Path(what)).text
            found = put_in_force(shop, text, now())
        result = {"name": found.name, "version": found.version, "active": True}
        emit(result, lambda: _rows([result]), as_json=as_json)


def _kept(name: str | None, home: Path | None, database_url: str | None, *, as_json: bool) -> None:
    from tsuide.app.policies import active_policy, versions
    from tsuide.app.wiring import opened
    from tsuide.config import load_settings

    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        wanted = active_policy(shop, now()).name if name == "" else name
        rows = [
            {"name": row["name"], "version": row["version"], "at": row["at"].isoformat(), "active": row["active"]}
            for row in versions(shop, wanted)
        ]
        emit({"policies": rows}, lambda: _rows(rows), as_json=as_json)


def _rows(rows: list[dict[str, Any]]) -> Table:
    table = Table(*(list(rows[0]) if rows else ["name"]))
    for row in rows:
        table.add_row(*("yes" if each is True else "" if each is False else escape(str(each)) for each in row.values()))
    return table


def read_policy(file: Path) -> Policy:
    """The policy of a file, read strictly."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise BadFile("a policy that cannot be read", key="file", value=str(file), way_out="UTF-8 YAML") from exc
    return load_policy(text, name=file.stem)


def _checked(result: dict[str, Any]) -> Table:
    table = Table(title="The policy is good", title_justify="left", show_header=False)
    for name, value in result.items():
        table.add_row(name.replace("_", " "), escape(", ".join(value) if isinstance(value, list) else str(value)))
    return table


def _told(found: WhatIf) -> Table:
    table = Table("", "rule", "offers", "for example", title_justify="left")
    table.title = (
        f"This policy would have refused {found.refused_in_all:,} of {found.offers:,} offers in "
        f"{found.decisions:,} decisions, and let {found.let_through_in_all:,} candidates through"
    )
    if found.refuses_everything:
        most = ", ".join(f"{rule} {count:,}" for rule, count in list(found.refusals.items())[:3])
        table.title += f". It refuses everything: all {found.candidates:,} candidates ({most})"
    for what, side in (("refused", found.refused), ("let through", found.let_through)):
        for rule, each in side.items():
            examples = ", ".join(dict.fromkeys(one.title for one in each.examples))
            table.add_row(what, rule, f"{each.count:,}", escape(examples))
    return table
