"""`tsuide replay`: decide a range of recorded decisions again and compare them bit for bit."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from tsuide.interfaces.cli.options import Database, Home
from tsuide.interfaces.cli.options import now as moment_now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown
from tsuide.kit.clock import parse_moment, zone


def replay(
    since: Annotated[str, typer.Option("--from", help="From when, such as 2026-01-31 or 2026-01-31T09:00+09:00.")],
    until: Annotated[str | None, typer.Option("--to", help="Until before when; now where it is not given.")] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Every decision of a range from its own record; exit code 1 where one comes out otherwise."""
    from tsuide.app.past import replay_range
    from tsuide.app.wiring import opened
    from tsuide.config import load_settings

    with errors_shown(as_json=as_json):
        settings = load_settings(home=home, database_url=database_url)
        with opened(settings) as shop:
            local = zone(shop.settings.time_zone)
            end: datetime = moment_now() if until is None else parse_moment(until, local)
            found = replay_range(shop, parse_moment(since, local), end)
        emit(asdict(found), lambda: _shown(asdict(found)), as_json=as_json)
    if found.differing_in_all:
        raise typer.Exit(1)


def _shown(result: dict[str, Any]) -> Table:
    table = Table(title="Decided again", title_justify="left", show_header=False)
    table.add_row("the same, bit for bit", f"{result['same']:,}")
    table.add_row("otherwise", f"{result['differing_in_all']:,} {', '.join(result['differing'])}")
    for reason, count in result["refused"].items():
        table.add_row(f"not possible: {reason}", f"{count:,}")
    return table
