"""`tsuide doctor`: is everything in order, and if not, what to do."""

from dataclasses import asdict
from typing import Final

import typer
from rich.markup import escape
from rich.table import Table

from tsuide.app.doctor import Finding, examine
from tsuide.config import load_settings
from tsuide.interfaces.cli.options import Database, Home, now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown

_MARKS: Final = {"good": "[green]✓[/]", "mind": "[yellow]![/]", "bad": "[bold red]✗[/]"}


def doctor(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Look over this installation; exit code 1 where something has to be mended."""
    with errors_shown(as_json=as_json):
        findings = examine(load_settings(home=home, database_url=database_url), now())
    bad = any(each.grade == "bad" for each in findings)
    result = {"healthy": not bad, "findings": [asdict(each) for each in findings]}
    emit(result, lambda: _table(findings), as_json=as_json)
    if bad:
        raise typer.Exit(1)


def _table(findings: list[Finding]) -> Table:
    table = Table("", "", "found", "what to do", box=None, pad_edge=False)
    for each in findings:
        table.add_row(_MARKS[each.grade], each.name, escape(each.found), escape(each.do))
    return table
