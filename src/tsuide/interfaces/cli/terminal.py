"""How the command line talks: results on stdout (a table, or exactly one JSON object), the rest on stderr."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Final

import typer
from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from tsuide.errors import TsuideError
from tsuide.kit.clock import zone

Json = Annotated[bool, typer.Option("--json", help="Print exactly one JSON object on stdout.")]

out: Final = Console()
err: Final = Console(stderr=True)


def emit(result: Mapping[str, Any], as_table: Callable[[], RenderableType], *, as_json: bool) -> None:
    """Print a result once: as JSON for programs, as a table for people."""
    if as_json:
        sys.stdout.write(json.dumps(result, ensure_ascii=False, allow_nan=False) + "\n")
    else:
        shown = as_table()
        out.print(
            shown, soft_wrap=isinstance(shown, str)
        )  # a sentence is the terminal's to break: an address is copied


def local(at: datetime | str | None, time_zone: str) -> str:
    """A moment as people of a shop read it, on their own clock; "–" where there is none.

    >>> local("2026-11-30T16:40:06.881436+00:00", "Asia/Tokyo")
    '2026-12-01 01:40'
    """
    if at is None:
        return "–"
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{moment.astimezone(zone(time_zone)):%Y-%m-%d %H:%M}"


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress display on stderr; silent where stderr is not a terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as shown:
        yield shown


@contextmanager
def errors_shown(*, as_json: bool = False) -> Iterator[None]:
    """Turn our own errors into one clear message and exit code 1; no traceback for a user.

    TSUIDE_TRACEBACK=1 lets them through, for developers.
    """
    try:
        yield
    except TsuideError as error:
        if os.environ.get("TSUIDE_TRACEBACK"):
            raise
        if as_json:
            problem = {"error": error.code, "what": error.what, "key": error.key, "way_out": error.way_out}
            sys.stdout.write(json.dumps(problem, ensure_ascii=False) + "\n")
        err.print(f"[bold red]{error.code}[/]: ", end="")
        err.print(str(error), markup=False, highlight=False)
        raise typer.Exit(1) from error
