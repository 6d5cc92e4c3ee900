"""`tsuide journey …`: write, look at, try on last week, run, pause; `tsuide worker`: keeps everything going."""

import json
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Final

import typer
from rich.markup import escape
from rich.table import Table

from tsuide.config import Settings, load_settings
from tsuide.errors import BadFile
from tsuide.interfaces.cli.effect import Language
from tsuide.interfaces.cli.options import Database, Home, entropy, now
from tsuide.interfaces.cli.terminal import Json, emit, err, errors_shown

journey = typer.Typer(
    no_args_is_help=True, help="Journeys: from what happened, step by step, to a message, a task or silence."
)
Name = Annotated[str, typer.Argument(help="The journey's id: `tsuide journey list`.")]
File = Annotated[Path, typer.Argument(help="YAML; docs/journeys.md describes it.")]
_STATES: Final = {"running": "runs", "paused": "is paused", "stopped": "is stopped: everybody has left it"}


@journey.command("schema")
def schema() -> None:
    """The JSON schema of a journey's file, for editors."""
    from tsuide.outreach.journeys.journey import schema as made

    typer.echo(json.dumps(made(), ensure_ascii=False, indent=2))


@journey.command("ready")
def ready(
    name: Annotated[str | None, typer.Argument(help="One of them: its text, to begin one's own from.")] = None,
    language: Language = None,
    as_json: Json = False,
) -> None:
    """Ready-made journeys."""
    from tsuide.app.journeys import journey_of, ready_journey, ready_journeys

    with errors_shown(as_json=as_json):
        if name is not None:
            typer.echo(ready_journey(name), nl=False)
            return
        told = language or load_settings().language
        found = {each: journey_of(text) for each, text in ready_journeys().items()}
        rows = [
            {"id": each, "trigger": made.trigger.kind, "name": made.names.model_dump()[told],
             "purpose": made.purpose.model_dump()[told] if made.purpose is not None else ""}
            for each, made in found.items()
        ]  # fmt: skip
        table = Table("id", "trigger", "name", "purpose")
        for row in rows:
            table.add_row(*(escape(str(value)) for value in row.values()))
        emit({"journeys": rows}, lambda: table, as_json=as_json)


@journey.command("check")
def check(file: File, as_json: Json = False) -> None:
    """Whether a file is a journey; what is wrong, and on which line. Ends with 1 where something is."""
    from tsuide.app.journeys import check_journey

    with errors_shown(as_json=as_json):
        faults = check_journey(_text(file))
        emit({"faults": faults}, lambda: "\n".join(faults) or "nothing is wrong with it", as_json=as_json)
        if faults:
            raise typer.Exit(1)


@journey.command("put")
def put(
    file: File,
    move: Annotated[
        bool, typer.Option("--move", help="Take along who is under way, where the step still exists.")
    ] = False,
    run: Annotated[bool, typer.Option("--run", help="And run it.")] = False,
    author: Annotated[str | None, typer.Option("--author", help="Who wrote it.")] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Write a journey, or its next version. A new one is paused until `tsuide journey run`."""
    from tsuide.app.journeys import journey_told, put_journey, set_journey
    from tsuide.app.wiring import opened

    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        made, version = put_journey(shop, _text(file), now(), author=author, move=move)
        if run:
            set_journey(shop, made.id, "running", now())
        told = journey_told(shop, made.id)
        lines = [f"{made.id}, version {version}: {_STATES[told['state']]}", *told["doubts"]]
        emit(told, lambda: "\n".join(lines), as_json=as_json)


@journey.command("undo")
def undo(name: Name, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Write the version before the newest again."""
    from tsuide.app.journeys import undo_journey
    from tsuide.app.wiring import opened

    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        version = undo_journey(shop, name, now())
        emit({"id": name, "version": version}, lambda: f"{name}, version {version}", as_json=as_json)


@journey.command("list")
def list_(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Every journey, whether it runs, and how many are in it."""
    from tsuide.app.journeys import journeys_told
    from tsuide.app.wiring import opened

    settings = load_settings(home=home, database_url=database_url)
    with errors_shown(as_json=as_json), opened(settings) as shop:
        rows = journeys_told(shop)
        table = Table("id", "name", "state", "version", "trigger", "active", "done", "left", "reached")
        for row in rows:
            cells = [row["id"], row["names"][shop.settings.language], row["state"], row["version"], row["trigger"]]
            counts = [f"{row[each]:,}" for each in ("active", "done", "left", "reached")]
            table.add_row(*(escape(str(each)) for each in cells), *counts)
        empty = (
            "no journeys yet: tsuide journey ready shows some; tsuide journey ready cart-rescue > cart.yaml begins one"
        )
        emit({"journeys": rows}, lambda: table if rows else empty, as_json=as_json)


@journey.command("show")
def show(name: Name, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """One journey: its text, who waits where, how many went which way."""
    from tsuide.app.journeys import journey_told
    from tsuide.app.wiring import opened

    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        told = journey_told(shop, name)
        emit(told, lambda: _shown(told), as_json=as_json)


def _shown(told: dict[str, Any]) -> Table:
    table = Table(
        "step",
        "waiting here",
        "went to",
        "how many",
        title=f"{told['id']} {_STATES[told['state']]}",
        title_justify="left",
    )
    for step in dict.fromkeys([*told["waiting"], *(each["step"] for each in told["ways"])]):
        ways = [each for each in told["ways"] if each["step"] == step]
        waiting = f"{told['waiting'].get(step, 0):,}"
        for place, each in enumerate(ways or [None]):
            way = "" if each is None else f"{each['way']} {each['said']}".strip()
            count = "" if each is None else f"{each['n']:,}"
            table.add_row(*(("", "") if place else (step, waiting)), escape(way), count)
    return table


@journey.command("who")
def who(
    name: Name,
    state: Annotated[str | None, typer.Option("--state", help="active, done or left. [default: all]")] = None,
    most: Annotated[int, typer.Option("--most", min=1, max=10_000)] = 50,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Who is in a journey, where they stand, and what they passed."""
    from tsuide.app.journeys import enrolments_told
    from tsuide.app.wiring import opened

    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        rows = enrolments_told(shop, name, state, most)
        table = Table("customer", "state", "step", "due", "passed", "why")
        for row in rows:
            cells = (
                row["customer_id"] or "–",
                row["state"],
                row["step"] or "",
                row["due_at"] or "",
                " → ".join(row["passed"]),
            )
            table.add_row(*(escape(str(each)) for each in cells), escape(row["why"] or ""))
        emit({"enrolments": rows}, lambda: table if rows else "nobody", as_json=as_json)


def _state(name: str, state: str, home: Path | None, database_url: str | None, *, as_json: bool) -> None:
    from tsuide.app.journeys import set_journey
    from tsuide.app.wiring import opened

    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        told = set_journey(shop, name, state, now())
        emit(told, lambda: f"{name} {_STATES[state]}", as_json=as_json)


@journey.command("run")
def run(name: Name, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Let a journey run; `tsuide worker` carries it out."""
    _state(name, "running", home, database_url, as_json=as_json)


@journey.command("pause")
def pause(name: Name, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Let it rest: nobody begins, who is under way waits. `run` goes on."""
    _state(name, "paused", home, database_url, as_json=as_json)


@journey.command("stop")
def stop(name: Name, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """End it: nobody begins, and who is under way leaves."""
    _state(name, "stopped", home, database_url, as_json=as_json)


@journey.command("dry-run")
def dry_run(
    file: Annotated[str, typer.Argument(help="A file, or the id of a journey of the shop.")],
    days: Annotated[int, typer.Option("--days", min=1, max=92, help="So many days back, until now.")] = 1,
    until: Annotated[str | None, typer.Option("--until", help="ISO time at which they end. [default: now]")] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """What a journey would have done on days that have been; nothing is sent."""
    from tsuide.app.journey_running import dry_run_of
    from tsuide.app.journeys import journey_of, journey_told
    from tsuide.app.wiring import opened
    from tsuide.kit.clock import parse_moment, zone

    settings = load_settings(home=home, database_url=database_url)
    with errors_shown(as_json=as_json), opened(settings) as shop:
        text = _text(Path(file)) if Path(file).is_file() else journey_told(shop, file)["text"]
        end = now() if until is None else parse_moment(until, zone(shop.settings.time_zone))
        told = dry_run_of(shop, journey_of(text), end - timedelta(days=days), end, now)
        emit(told, lambda: _would_have(told), as_json=as_json)


def _would_have(told: dict[str, Any]) -> str:
    held = ", ".join(f"{code} {n:,}" for code, n in told["held_back_by"].items())
    lines = [
        f"{told['begun']:,} would have begun: {told['ended']:,} came to the end, {told['left']:,} left on the way",
        f"{told['waiting']:,} would still be under way",
        f"would have sent {told['messages']:,} messages, {told['held_back']:,} held back"
        + (f" ({held})" if held else ""),
        f"{told['tasks']:,} tasks, {told['calls']:,} calls of other systems, {told['reached']:,} reached the goal",
    ]
    if told["not_heard"]:
        lines.append(f"what {', '.join(told['not_heard'])} would have brought is not known of days that have been")
    return "\n".join(lines)


def worker(
    once: Annotated[bool, typer.Option("--once", help="Until nothing is due, then end.")] = False,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Keep everything going, in every shop: journeys, mail, segments, reports, old age. Several may run at once."""
    settings = load_settings(home=home, database_url=database_url)
    with errors_shown(as_json=as_json):
        told = _work(settings, once=once)
        emit(told, lambda: ", ".join(f"{n:,} {name}" for name, n in told.items()), as_json=as_json)


def _work(settings: Settings, *, once: bool) -> dict[str, int]:
    from tsuide.app.keeping import keep_going
    from tsuide.app.shops import shops_of
    from tsuide.app.wiring import opened

    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, end)
    with ExitStack() as until_the_end:
        shops = [until_the_end.enter_context(opened(each)) for each in (settings, *shops_of(settings).values())]
        if not once:
            err.print("working; end it with Ctrl-C")
        if len(shops) == 1:
            return keep_going(shops[0], now, entropy, ended, time.monotonic, once=once)
        threads = until_the_end.enter_context(ThreadPoolExecutor(len(shops)))
        works = [threads.submit(keep_going, shop, now, entropy, ended, time.monotonic, once=once) for shop in shops]
        for work in works:
            if not once:
                work.add_done_callback(lambda _: ended.set())  # one that broke must be seen: its process ends
        total = Counter[str]()
        for work in works:
            total.update(work.result())
        return dict(total)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise BadFile("cannot be read", key="file", value=str(file)) from exc
