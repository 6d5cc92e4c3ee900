"""`tsuide learn`: what goes with what, from the orders in the store."""

from typing import Annotated

import typer
from rich.table import Table

from tsuide.app.learn import Learned
from tsuide.app.learn import learn as learn_all
from tsuide.app.shops import shops_of
from tsuide.app.wiring import opened
from tsuide.config import load_settings
from tsuide.interfaces.cli.options import Database, Home, Seed, now
from tsuide.interfaces.cli.terminal import Json, emit, err, errors_shown, progress

Tune = Annotated[
    bool,
    typer.Option("--tune", help="Choose parameters on held-out orders anew; else the last choice is kept."),
]
EveryShop = Annotated[bool, typer.Option("--every-shop", help="One after the other, where there are several.")]


def learn(
    home: Home = None,
    database_url: Database = None,
    seed: Seed = 0,
    tune: Tune = False,
    every_shop: EveryShop = False,
    as_json: Json = False,
) -> None:
    """Learn from every order in the store; a running server takes the result up by itself."""
    with errors_shown(as_json=as_json):
        settings = load_settings(home=home, database_url=database_url)
        if every_shop:
            for each in shops_of(settings).values():
                with opened(each) as other:
                    done = learn_all(other, now=now(), seed=seed, tune=tune)
                err.print(f"{each.shop}: {done.snapshot_id}, {done.orders:,} orders")
        with opened(settings) as shop, progress() as shown:
            task = shown.add_task("learn", total=None)

            def tell(what: str, done: int, total: int) -> None:
                shown.update(task, description=f"learn: {what}", completed=done, total=total)

            learned = learn_all(shop, now=now(), seed=seed, tune=tune, progress=tell)
        emit(as_dict(learned), lambda: _table(learned), as_json=as_json)


def as_dict(learned: Learned) -> dict[str, object]:
    """What `--json` prints."""
    return {
        "snapshot": learned.snapshot_id,
        "sequence": learned.sequence,
        "orders": learned.orders,
        "order_lines": learned.order_lines,
        "products": learned.products,
        "customers": learned.customers,
        "complement_pairs": learned.complement_pairs,
        "seconds": {name: round(seconds, 3) for name, seconds in learned.seconds.items()},
        "seconds_in_all": round(learned.seconds_in_all, 3),
        "left_out": learned.left_out,
    }


def _table(learned: Learned) -> Table:
    table = Table(title=f"Snapshot {learned.snapshot_id}", title_justify="left", show_header=False)
    for name in ("orders", "order_lines", "products", "customers", "complement_pairs"):
        table.add_row(name.replace("_", " "), f"{getattr(learned, name):,}")
    for name, seconds in learned.seconds.items():
        table.add_row(f"  {name}", f"{seconds:.2f} s")
    table.add_row("in all (two models at a time)", f"{learned.seconds_in_all:.1f} s")
    for name, why in learned.left_out.items():
        table.add_row(f"  without {name}", why)
    return table
