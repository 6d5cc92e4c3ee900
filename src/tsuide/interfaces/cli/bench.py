"""`tsuide bench …`: measured figures, as ratios to a named peer in the same run or against the budgets."""

from typing import Annotated, Any

import typer
from rich.table import Table

from tsuide.interfaces.cli.options import Database, Home, now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown, progress

bench = typer.Typer(no_args_is_help=True, help="Measure speed and memory beside named peers or the budgets.")


@bench.command("decide")
def decide_(
    home: Home = None,
    database_url: Database = None,
    decisions: Annotated[int, typer.Option("--decisions", min=100, help="How many are timed.")] = 5_000,
    as_json: Json = False,
) -> None:
    """One decision in process: the demo shop, the full policy, at least 300 candidates a request."""
    from tsuide.app.bench.decide import bench_demo
    from tsuide.app.wiring import opened
    from tsuide.config import load_settings

    with errors_shown(as_json=as_json):
        settings = load_settings(home=home, database_url=database_url)
        with opened(settings) as shop, progress() as shown:
            task = shown.add_task("demo shop", total=None)

            def tell(what: str, done: int, total: int) -> None:
                shown.update(task, description=what, completed=done, total=total)

            result = bench_demo(shop, now=now(), decisions=decisions, progress=tell)
        emit(result, lambda: _figures("decide, in process, one core", result), as_json=as_json)


def _figures(title: str, result: dict[str, Any]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False)
    for name, value in result.items():
        table.add_row(name.replace("_", " "), f"{value:,}" if isinstance(value, int | float) else str(value))
    return table
