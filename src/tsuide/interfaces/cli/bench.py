"""`tsuide bench …`: measured figures, as ratios to a named peer in the same run or against the budgets."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from tsuide.errors import BadValue
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


@bench.command("scale")
def scale_(
    home: Home = None,
    times: Annotated[str, typer.Option("--times", help="Multiples of the demo's data.")] = "1,3,10",
    folder: Annotated[Path | None, typer.Option("--folder", help="Where homes are made; 5 GB at 10 times.")] = None,
    as_json: Json = False,
) -> None:
    """Import, learn, decide and serve at multiples of the demo's data: how cost grows with the lines, by step."""
    from tsuide.app.bench.scale import bench_scale
    from tsuide.config import load_settings

    with errors_shown(as_json=as_json):
        if not all(each.strip().isdecimal() for each in times.split(",")):
            raise BadValue("not multiples", key="--times", value=times, way_out="1,3,10")
        many = [int(each) for each in times.split(",")]
        with progress() as shown:
            task = shown.add_task("scale", total=None)

            def tell(what: str, done: int, total: int) -> None:
                shown.update(task, description=what, completed=done, total=total)

            result = bench_scale(load_settings(home=home).home, now=now(), times=many, folder=folder, progress=tell)
        figures = {f"{name} {step}": told for name in ("exponent", "ratio") for step, told in result[name].items()}
        emit(result, lambda: _figures("cost by lines", figures), as_json=as_json)


@bench.command("mail")
def mail_(
    mails: Annotated[int, typer.Option("--mails", min=100, help="Of each kind.")] = 3_000,
    threads: Annotated[int, typer.Option("--threads", min=1, max=32, help="Lines to the mail server.")] = 2,
    as_json: Json = False,
) -> None:
    """Mails to customers through the gate, to a mail server on this machine: unsigned, and signed (DKIM)."""
    from tsuide.app.bench.mail import bench_mail

    with errors_shown(as_json=as_json):
        with progress() as shown:
            task = shown.add_task("mail", total=None)
            result = bench_mail(mails=mails, threads=threads, tell=lambda what: shown.update(task, description=what))
        emit(result, lambda: _figures("mail, from the gate to a mail server on this machine", result), as_json=as_json)


@bench.command("worklist")
def worklist_(
    accounts: Annotated[int, typer.Option("--accounts", min=100, help="Of the team.")] = 20_000,
    reps: Annotated[int, typer.Option("--reps", min=1, help="Of the team.")] = 50,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """A rep's worklist: a simulated team, its orders of three years in the store, every rep's list twice."""
    from tempfile import TemporaryDirectory

    from tsuide.app.bench.worklist import bench_worklist

    with errors_shown(as_json=as_json):
        with TemporaryDirectory() as folder, progress() as shown:
            task = shown.add_task("worklist", total=None)
            result = bench_worklist(
                Path(folder), accounts=accounts, reps=reps, url=database_url,
                tell=lambda what: shown.update(task, description=what),
            )  # fmt: skip
        emit(result, lambda: _figures("a rep's worklist", result), as_json=as_json)


@bench.command("completion")
def completion_(
    home: Home = None,
    database_url: Database = None,
    carts: Annotated[int, typer.Option("--carts", min=100, help="How many are completed.")] = 5_000,
    as_json: Json = False,
) -> None:
    """Complete single carts of the shop (or of the demo's data), beside implicit's item-item model."""
    from tsuide.app.bench.completion import bench_completion
    from tsuide.app.evaluating import evaluated
    from tsuide.config import load_settings

    with errors_shown(as_json=as_json):
        data = evaluated(load_settings(home=home, database_url=database_url))
        with progress() as shown:
            task = shown.add_task("completion", total=None)
            result = {"data": data.source} | bench_completion(
                data.baskets(),
                groups=data.groups(),
                carts=carts,
                tell=lambda what: shown.update(task, description=what),
            )
        emit(result, lambda: _methods("Completion of a cart", result), as_json=as_json)


@bench.command("sessions")
def sessions_(
    sessions: Annotated[int, typer.Option("--sessions", min=1_000, help="How many are learned from.")] = 1_000_000,
    items: Annotated[int, typer.Option("--items", min=100, help="How many different items.")] = 100_000,
    queries: Annotated[int, typer.Option("--queries", min=100, help="How many visitors are served.")] = 20_000,
    as_json: Json = False,
) -> None:
    """Serve visitors without a name from generated sessions, beside VMIS-kNN in plain Python."""
    from tsuide.app.bench.sessions import bench_sessions

    with errors_shown(as_json=as_json):
        with progress() as shown:
            task = shown.add_task("sessions", total=None)
            result = bench_sessions(
                sessions=sessions,
                items=items,
                queries=queries,
                tell=lambda what: shown.update(task, description=what),
            )
        emit(result, lambda: _methods("Sessions", result), as_json=as_json)


@bench.command("segments")
def segments_(
    customers: Annotated[int, typer.Option("--customers", min=1_000, help="How many are made up.")] = 1_000_000,
    postgres: Annotated[str | None, typer.Option("--postgres", help="An empty PostgreSQL database.")] = None,
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="The median counts.")] = 5,
    as_json: Json = False,
) -> None:
    """A segment of five conditions over made-up customers: over all of them, and for one."""
    import tempfile

    from tsuide.app.bench.segments import bench_segments

    with errors_shown(as_json=as_json):
        with progress() as shown, tempfile.TemporaryDirectory(prefix="tsuide-segments-") as folder:
            task = shown.add_task("segments", total=None)
            result = bench_segments(
                Path(folder),
                customers=customers,
                url=postgres,
                repeats=repeats,
                tell=lambda what: shown.update(task, description=what),
            )
        emit(result, lambda: _figures("A segment of five conditions", result), as_json=as_json)


@bench.command("customer")
def customer_(
    customers: Annotated[int, typer.Option("--customers", min=100, help="Accounts, sites and contacts.")] = 20_000,
    reads: Annotated[int, typer.Option("--reads", min=20, help="Of accounts, and as many of contacts.")] = 400,
    seed: Annotated[int, typer.Option("--seed", help="Of what is generated.")] = 0,
    as_json: Json = False,
) -> None:
    """One account told whole, its tree summed up and a decision made, in a made-up B2B shop of three years."""
    import tempfile

    from tsuide.app.bench.customer import bench_customer

    with errors_shown(as_json=as_json):
        with progress() as shown, tempfile.TemporaryDirectory(prefix="tsuide-customer-") as folder:
            task = shown.add_task("customer", total=None)
            result = bench_customer(
                Path(folder),
                now=now(),
                customers=customers,
                orders=customers * 10,
                events=customers * 10,
                reads=reads,
                seed=seed,
                tell=lambda what: shown.update(task, description=what),
            )
        emit(result, lambda: _figures("One customer whole", result), as_json=as_json)


Lines = Annotated[
    int | None, typer.Option("--lines", min=1_000, help="Size of a generated shop; without it the demo's data.")
]
Seed = Annotated[int, typer.Option("--seed", help="Of what is generated.")]
Repeats = Annotated[int, typer.Option("--repeats", min=1, help="Runs of each; the fastest counts.")]


@bench.command("complements")
def complements_(lines: Lines = None, seed: Seed = 0, repeats: Repeats = 2, as_json: Json = False) -> None:
    """Every item's 20 best partners, exact, beside implicit, rusket and sparse_dot_topn; each in its own process."""
    from tsuide.app.bench.complements import bench_complements

    with errors_shown(as_json=as_json):
        with progress() as shown:
            task = shown.add_task("complements", total=None)
            result = bench_complements(
                lines=lines, seed=seed, repeats=repeats, say=lambda what: shown.update(task, description=what)
            )
        emit(result, lambda: _beside_peers("Complements", result), as_json=as_json)


@bench.command("pairs")
def pairs_(
    min_count: Annotated[int, typer.Option("--min-count", min=1, help="Common baskets that a pair needs.")] = 10,
    lines: Lines = None,
    seed: Seed = 0,
    repeats: Repeats = 2,
    as_json: Json = False,
) -> None:
    """All pairs with at least so many common baskets, beside pyfim and rusket; each in its own process."""
    from tsuide.app.bench.pairs import bench_pairs

    with errors_shown(as_json=as_json):
        with progress() as shown:
            task = shown.add_task("pairs", total=None)
            result = bench_pairs(
                min_count=min_count,
                lines=lines,
                seed=seed,
                repeats=repeats,
                say=lambda what: shown.update(task, description=what),
            )
        emit(result, lambda: _beside_peers("All pairs", result), as_json=as_json)


@bench.command("update")
def update_(
    home: Home = None,
    database_url: Database = None,
    updates: Annotated[int, typer.Option("--updates", min=10, help="Baskets that come one by one.")] = 500,
    as_json: Json = False,
) -> None:
    """One more basket in the complements of the shop (or of the demo's data), and whether that equals a refit."""
    from tsuide.app.bench.update import bench_update
    from tsuide.app.evaluating import evaluated
    from tsuide.config import load_settings

    with errors_shown(as_json=as_json):
        data = evaluated(load_settings(home=home, database_url=database_url))
        result = {"data": data.source} | bench_update(data.baskets(), updates=updates)
        emit(result, lambda: _figures("One more basket", result), as_json=as_json)


@bench.command("fit")
def fit_(
    model: Annotated[list[str] | None, typer.Option("--model", help="Only these; may be given again.")] = None,
    tune: Annotated[bool, typer.Option("--tune", help="Choose parameters on held-out orders, too.")] = False,
    seed: Seed = 0,
    repeats: Repeats = 2,
    as_json: Json = False,
) -> None:
    """What each model takes to learn from the demo's data, beside a peer where there is one."""
    from tsuide.app.bench.fit import bench_fit

    with errors_shown(as_json=as_json):
        with progress() as shown:
            task = shown.add_task("demo data", total=None)
            result = bench_fit(
                models=model,
                tune=tune,
                repeats=repeats,
                seed=seed,
                say=lambda what: shown.update(task, description=what),
            )
        emit(result, lambda: _fits(result), as_json=as_json)


@bench.command("http")
def http_(
    home: Home = None,
    seconds: Annotated[float, typer.Option("--seconds", min=2, help="How long.")] = 10.0,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes of the server.")] = 2,
    connections: Annotated[int, typer.Option("--connections", min=2, help="That ask at once, from 2 processes.")] = 8,
    as_json: Json = False,
) -> None:
    """Offers a second over HTTP, each in the journal before its answer, beside the framework answering a constant.

    A learned shop (--home) is copied first and stays as it was; without one the demo is made anew.
    """
    from tsuide.app.bench.http import bench_http
    from tsuide.config import load_settings

    with errors_shown(as_json=as_json):
        with progress() as shown:
            task = shown.add_task("http", total=None)

            def tell(what: str, done: int, total: int) -> None:
                shown.update(task, description=what, completed=done, total=total)

            result = bench_http(
                load_settings(home=home).home,
                now=now(),
                seconds=seconds,
                workers=workers,
                connections=connections,
                progress=tell,
            )
        emit(result, lambda: _figures("Offers over HTTP", result), as_json=as_json)


@bench.command("console")
def console_(
    home: Home = None,
    repeats: Annotated[int, typer.Option("--repeats", min=2, help="How often each page is timed.")] = 20,
    times: Annotated[int, typer.Option("--times", min=1, max=100, help="Over so many times the customers.")] = 1,
    as_json: Json = False,
) -> None:
    """Milliseconds of every page of the console over a learned shop (--home), and how heavy each is."""
    from tsuide.app.bench.console import bench_console
    from tsuide.config import load_settings

    with errors_shown(as_json=as_json):
        with progress() as shown:
            task = shown.add_task("console", total=None)
            result = bench_console(
                load_settings(home=home).home,
                now=now(),
                repeats=repeats,
                times=times,
                tell=lambda what: shown.update(task, description=what),
            )
        each = {page["path"]: f"{page['p50_ms']} / {page['p95_ms']} ms, {page['kb']} KB" for page in result["each"]}
        shown_figures = {name: value for name, value in result.items() if name != "each"} | each
        emit(result, lambda: _figures("Pages of the console (p50 / p95)", shown_figures), as_json=as_json)


@bench.command("events")
def events_(
    seconds: Annotated[float, typer.Option("--seconds", min=1, help="How long.")] = 10.0,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes of the server.")] = 2,
    as_json: Json = False,
) -> None:
    """Events a second through /v1/batch, 100 a request, each synced to the disk before its answer."""
    from tsuide.app.bench.events import bench_events

    with errors_shown(as_json=as_json):
        with progress() as shown:
            task = shown.add_task("starting a server", total=None)
            result = bench_events(
                now=now(), seconds=seconds, workers=workers, tell=lambda what: shown.update(task, description=what)
            )
        emit(result, lambda: _figures("Events", result), as_json=as_json)


@bench.command("journeys")
def journeys_(
    due: Annotated[int, typer.Option("--due", min=1_000, help="Enrolments that are due.")] = 100_000,
    waiting: Annotated[int, typer.Option("--waiting", min=0, help="Enrolments that only wait.")] = 1_000_000,
    as_json: Json = False,
) -> None:
    """Enrolments that one worker advances in a second, and what a million that wait cost it."""
    from tsuide.app.bench.journeys import bench_journeys

    with errors_shown(as_json=as_json):
        with progress() as shown:
            task = shown.add_task("journeys", total=None)
            result = bench_journeys(
                due=due, waiting=waiting, progress=lambda what, *_: shown.update(task, description=what)
            )
        emit(result, lambda: _figures("Journeys", result), as_json=as_json)


def _beside_peers(title: str, result: dict[str, Any]) -> Table:
    """Ours above, each peer below with how many times longer it took."""
    about = ", ".join(f"{name} {value}" for name, value in result.items() if not isinstance(value, dict | str))
    table = Table(title=title, caption=about, title_justify="left", caption_justify="left")
    for name in ("who", "seconds", "MB beyond the input", "times ours"):
        table.add_column(name, justify="left" if name == "who" else "right")
    for name, figures in {"tsuide": result, **result["peers"]}.items():
        times = figures["seconds"] / result["seconds"]
        table.add_row(name, f"{figures['seconds']:.3f}", f"{figures['peak_mb']:,.0f}", f"{times:.1f}")
    return table


def _fits(result: dict[str, Any]) -> Table:
    """A row for each model, its peers below it."""
    about = f"{result['lines']:,} lines, {result['baskets']:,} baskets, {result['items']:,} items"
    left_out = "; ".join(f"{name}: {why}" for name, why in result["left_out"].items())
    caption = f"{about}. Not learned: {left_out}" if left_out else about
    table = Table(title="Learning", caption=caption, title_justify="left", caption_justify="left")
    for name in ("model", "seconds", "processor seconds", "MB beyond the input", "what"):
        table.add_column(name, justify="left" if name in {"model", "what"} else "right")
    for name, figures in result["models"].items():
        for who, own in {name: figures, **figures["peers"]}.items():
            shown = (f"{own['seconds']:.2f}", f"{own['cpu_seconds']:.2f}", f"{own['peak_mb']:,.0f}")
            table.add_row(who if own is figures else f"  {who}", *shown, own.get("task", ""))
    return table


def _methods(title: str, result: dict[str, Any]) -> Table:
    """One column per method, and what they ran on above."""
    methods: dict[str, dict[str, Any]] = result["methods"]
    about = ", ".join(f"{name} {value}" for name, value in result.items() if name != "methods")
    table = Table(title=title, caption=about, title_justify="left", caption_justify="left")
    for name in ("figure", *methods):
        table.add_column(name)
    for figure in dict.fromkeys(name for figures in methods.values() for name in figures):
        table.add_row(figure, *(f"{figures.get(figure, '–'):,}" for figures in methods.values()))
    return table


def _figures(title: str, result: dict[str, Any]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False)
    for name, value in result.items():
        table.add_row(name.replace("_", " "), f"{value:,}" if isinstance(value, int | float) else str(value))
    return table
