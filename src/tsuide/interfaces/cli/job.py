"""`tsuide job …`: long jobs that pages of the console began."""

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from tsuide.app.jobs import job_told, jobs_told, run_job
from tsuide.app.wiring import opened
from tsuide.app.works import WORKS
from tsuide.config import load_settings
from tsuide.interfaces.cli.options import Database, Home, now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown

job = typer.Typer(no_args_is_help=True, help="Long jobs that the console's pages began.")
Id = Annotated[str, typer.Argument(help="The job's id: `tsuide job list`.")]


@job.command("list")
def listed(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """The newest jobs, and how far they are."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        rows = jobs_told(shop, now())
        emit({"jobs": [_plain(each) for each in rows]}, lambda: _table(rows), as_json=as_json)


@job.command("show")
def show(job_id: Id, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """One job, with what it found."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        found = job_told(shop, job_id, now())
        emit(_plain(found), lambda: _table([found]), as_json=as_json)


@job.command("run")
def run(job_id: Id, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Do a job that was written down; the console calls this in a process of its own."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        found = run_job(shop, job_id, WORKS, now)
        emit(_plain(found), lambda: _table([found]), as_json=as_json)
    raise typer.Exit(int(found["state"] == "failed"))


def _plain(told: dict[str, Any]) -> dict[str, Any]:
    ended = told["ended_at"]
    return told | {"begun_at": told["begun_at"].isoformat(), "ended_at": None if ended is None else ended.isoformat()}


def _table(rows: list[dict[str, Any]]) -> Table | str:
    if not rows:
        return "No jobs yet."
    table = Table("id", "kind", "state", "who", "begun", "step", "result")
    for row in rows:
        far = "" if row["step"] is None else f"{row['step']} {row['done'] or 0}/{row['total'] or '?'}"
        error = (row["result"] or {}).get("error", "")
        cells = (row["id"], row["kind"], row["state"], row["who"], f"{row['begun_at']:%Y-%m-%d %H:%M}", far, error)
        table.add_row(*(escape(str(each)) for each in cells))
    return table
