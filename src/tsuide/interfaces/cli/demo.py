"""`tsuide demo`: the whole line of work on a grocer's real orders and on a made-up shop, then both to click through."""

import asyncio
import subprocess
import sys
import threading
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias

import typer
from rich.console import Group
from rich.markup import escape
from rich.table import Table

from tsuide.app.deciding import Decider
from tsuide.app.demo import GROCER, Goods, Prepared, example_offers, prepare
from tsuide.app.named_demo import NAMED
from tsuide.app.wiring import Shop, opened
from tsuide.config import Settings, environment, load_settings
from tsuide.interfaces.cli.options import Database, Home, entropy, now
from tsuide.interfaces.cli.serve import HOST, Port, announce, listen, run
from tsuide.interfaces.cli.terminal import Json, emit, err, errors_shown, progress
from tsuide.kit.money import Money

_SEED: Final = 20_171_231
NAMED_HOME: Final = "named"  # the made-up shop's home within the other's, and where it is served
Which: TypeAlias = Literal["both", "grocer", "named"]
NoServe = Annotated[bool, typer.Option("--no-serve", help="End after printing what was made.")]


def demo(
    no_serve: NoServe = False,
    port: Port = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder of Parquet files of the same shape: a part of the data, say.")
    ] = None,
    which: Annotated[
        Which | None,
        typer.Option("--shop", help="grocer: a year of real orders; named: products with names and pictures."),
    ] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Import, learn, decide some offers, and open two demo shops on this machine.

    One is a grocer's year of real orders, whose products have no names; the other is made up, with names and pictures.
    A second run finds everything in place; an interrupted one goes on where it was.
    """
    with errors_shown(as_json=as_json):
        settings = load_settings(home=home, database_url=database_url).model_copy(update={"demo_shop": True})
        named = settings.model_copy(update={"home": settings.home / NAMED_HOME, "database_url": None})
        which = which or ("grocer" if data is not None else "both")
        if which == "named":
            settings = named
        elif which == "both":
            settings = settings.model_copy(update={"more_shops": f"{NAMED_HOME}={named.home}"})
        listener = None if no_serve else listen(HOST, port)  # a taken port is said before the long work
        result = _made(settings, NAMED if which == "named" else GROCER, data)
        if which == "both":
            result["named"] = _made(named, NAMED, None)
        emit(result, lambda: _both_shown(result, settings.language), as_json=as_json)
        if listener is not None:
            reporting = _report_beside(settings)
            announce(settings, listener, report=True)
            try:
                run(settings, listener)
            finally:
                reporting.terminate()


def _made(settings: Settings, goods: Goods, data: Path | None) -> dict[str, Any]:
    """One shop, prepared, with what was made and a few decisions of it."""
    with opened(settings) as shop:
        prepared = _prepared(shop, data, goods)
        return as_dict(prepared, asyncio.run(_examples(shop)), goods.title)


def _prepared(shop: Shop, data: Path | None, goods: Goods) -> Prepared:
    with progress() as shown:
        task = shown.add_task("demo", total=None)

        def tell(what: str, done: int, total: int) -> None:
            shown.update(task, description=what, completed=done, total=total)

        prepared = prepare(shop, now=now(), seed=_SEED, progress=tell, folder=data, goods=goods)
    if prepared.reused:
        err.print(f"Everything is in place in {escape(str(shop.settings.home))}.", style="dim")
    return prepared


async def _examples(shop: Shop) -> list[dict[str, Any]]:
    journal = shop.store.journal(trace_durability=shop.settings.trace_durability)
    try:
        decider = Decider(shop, journal, now, entropy)
        await asyncio.to_thread(decider.refresh)
        return await example_offers(decider, shop.settings.language)
    finally:
        await journal.close()


def _report_beside(settings: Settings) -> "subprocess.Popen[bytes]":
    """Write the report in a process of its own, so that the shop answers at once; the shop's pages link to it."""
    page, unfinished = settings.home / "report.html", settings.home / "report.unfinished.html"
    command = [sys.executable, "-m", "tsuide", "report", "--home", str(settings.home), "-o", str(unfinished)]
    writing = subprocess.Popen(  # noqa: S603 - our own command
        [*command, "--language", settings.language],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(settings),
    )

    def finish() -> None:
        if writing.wait() == 0:
            Path(unfinished).replace(page)

    threading.Thread(target=finish, daemon=True).start()
    return writing


def as_dict(prepared: Prepared, examples: list[dict[str, Any]], title: str) -> dict[str, Any]:
    """What `--json` prints of one shop."""
    return {
        "title": title,
        "orders": prepared.orders,
        "order_lines": prepared.order_lines,
        "products": prepared.products,
        "customers": prepared.customers,
        "seconds": {"import": round(prepared.import_seconds, 2), "learn": round(prepared.learn_seconds, 2)},
        "complement_pairs": prepared.complement_pairs,
        "example_offers": examples,
    }


def _both_shown(result: dict[str, Any], language: str) -> Group:
    return Group(*(_shown(each, language) for each in (result, result.get("named")) if each))


def _shown(result: dict[str, Any], language: str) -> Group:
    table = Table(show_header=False, title=result["title"], title_justify="left")
    for name in ("orders", "order_lines", "products", "customers", "complement_pairs"):
        table.add_row(name.replace("_", " "), f"{result[name]:,}")
    for name, seconds in result["seconds"].items():
        table.add_row(name, f"{seconds:.1f} s" if seconds else "in place already")
    return Group(table, *(_example(each, language) for each in result["example_offers"]))


def _example(example: dict[str, Any], language: str) -> Table:
    wanted = escape(" + ".join(example["for"]))
    table = Table(title=f"{example['placement']}: {wanted}", title_justify="left", caption_justify="left")
    table.caption = f"tsuide explain {example['decision']}"
    for name in ("offer", "kind", "price", "why"):
        table.add_column(name, overflow="fold")
    for offer in example["offers"]:
        price = "" if offer["price"] is None else Money(offer["price"], offer["currency"]).text(language)
        table.add_row(escape(offer["title"]), offer["kind"].replace("_", "-"), price, escape(offer["reason"]))
    return table
