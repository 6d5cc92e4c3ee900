"""`tsuide doctor`: is everything in order, and if not, what to do."""

from dataclasses import asdict
from typing import Final

import typer
from rich.markup import escape
from rich.table import Table

from tsuide.app.doctor import Told, examine, told
from tsuide.config import load_settings
from tsuide.interfaces.cli.options import Database, Home, now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown
from tsuide.kit.phrases import Phrases

_MARKS: Final = {"good": "[green]✓[/]", "mind": "[yellow]![/]", "bad": "[bold red]✗[/]"}
_PHRASES: Final = Phrases(
    {
        "found": {"ja": "見つかったこと", "en": "found"},
        "do": {"ja": "どうするか", "en": "what to do"},
    }
)


def doctor(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Look over this installation; exit code 1 where something has to be mended."""
    with errors_shown(as_json=as_json):
        settings = load_settings(home=home, database_url=database_url)
        findings = [told(each, settings.language) for each in examine(settings, now())]
    bad = any(each.grade == "bad" for each in findings)
    result = {"healthy": not bad, "findings": [asdict(each) for each in findings]}
    emit(result, lambda: _table(findings, settings.language), as_json=as_json)
    if bad:
        raise typer.Exit(1)


def _table(findings: list[Told], language: str) -> Table:
    table = Table("", "", box=None, pad_edge=False)
    for head in ("found", "do"):
        table.add_column(_PHRASES.text(head, language), overflow="fold")  # what is to be typed is never cut
    for each in findings:
        table.add_row(_MARKS[each.grade], each.title, escape(each.found), escape(each.do))
    return table
