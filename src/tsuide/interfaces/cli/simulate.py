"""`tsuide simulate`: strategies in simulated shops whose truth is known."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Group
from rich.table import Table

from tsuide.errors import BadValue
from tsuide.interfaces.cli.options import Database, Home, Seed
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown, progress

simulate = typer.Typer(help="Compare strategies in simulated shops whose truth is known.", invoke_without_command=True)

Worlds = Annotated[int, typer.Option("--worlds", min=1, help="Worlds in all, spread over the families.")]
Named = Annotated[list[str] | None, typer.Option("--family", help="Only this family; may be given several times.")]
Frozen = Annotated[bool, typer.Option("--frozen", help="Also the families that are kept unseen while tuning.")]
Described = Annotated[
    Path | None, typer.Option("--families", exists=True, dir_okay=False, help="A YAML file of families of your own.")
]
_TOLD: Final = (
    "share_of_oracle",
    "share_of_oracle_in_bounds",
    "times_bought_together_only",
    "unsubscribes_over_newsletter_pp",
)
Only = Annotated[list[str] | None, typer.Option("--strategy", help="Only this one beside silence; may be repeated.")]


@simulate.callback()
def run(
    context: typer.Context,
    worlds: Worlds = 20,
    family: Named = None,
    families: Described = None,
    frozen: Frozen = False,
    strategy: Only = None,
    history: Annotated[int, typer.Option(min=7, help="Days whose orders are learned from.")] = 60,
    days: Annotated[int, typer.Option(min=1, help="Days that are compared.")] = 60,
    relearn: Annotated[int, typer.Option(min=0, help="Days between two runs of learning; 0 = once.")] = 15,
    shoppers: Annotated[float, typer.Option(min=0.01, help="How many, as a multiple of the family's.")] = 1.0,
    mail: Annotated[bool, typer.Option("--mail/--no-mail", help="Whether strategies may write mails.")] = True,
    jobs: Annotated[int, typer.Option(min=1, help="Worlds at a time.")] = 2,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Run every strategy on the same days of the same worlds, with the same dice."""
    if context.invoked_subcommand is not None:
        return
    from tsuide.app.simulating import STRATEGIES, Plan, simulate, to_json
    from tsuide.proof.worlds.comparison import summary
    from tsuide.proof.worlds.family import families as read_families

    with errors_shown(as_json=as_json), progress() as shown:
        known = read_families(None if families is None else families.read_text("utf-8"))
        for each in family or ():
            if each not in known:
                raise BadValue("no such family", key="--family", value=each, way_out=", ".join(sorted(known)))
        for each in strategy or ():
            if each not in STRATEGIES:
                raise BadValue("no such strategy", key="--strategy", value=each, way_out=", ".join(STRATEGIES))
        chosen = [known[each] for each in family] if family else [f for f in known.values() if frozen or not f.frozen]
        drawn = [(chosen[n % len(chosen)], seed + n // len(chosen)) for n in range(worlds)]
        plan = Plan(history, days, relearn, shoppers, tuple(strategy or STRATEGIES), mail)
        task = shown.add_task("simulate", total=worlds)
        figures = simulate(
            drawn, plan, jobs=jobs, tell=lambda what: shown.update(task, advance=1, description=f"simulated {what}")
        )
        result = to_json(figures, summary(figures), plan)
    emit(result, lambda: _tables(result), as_json=as_json)


def _tables(result: dict[str, Any]) -> Group:
    worlds = result["worlds"]
    names = list(worlds[0]["strategies"])
    gains = Table(title="Incremental margin over silence, % of silence's margin", title_justify="left")
    for name in ("world", "orders learned from", *names):
        gains.add_column(name)
    for each in worlds:
        told = (f"{100 * each['strategies'][name]['incremental_margin_share']:+.2f}" for name in names)
        gains.add_row(f"{each['family']} {each['seed']}", f"{each['history_orders']:,}", *told)
    bother = Table(title="Unsubscribed + complained, per hundred subscribers and month", title_justify="left")
    for name in ("world", *names):
        bother.add_column(name)
    for each in worlds:
        of = each["strategies"]
        told = (f"{of[name]['unsubscribed_a_month'] + of[name]['complained_a_month']:.2f}" for name in names)
        bother.add_row(f"{each['family']} {each['seed']}", *told)
    together = Table(title="All worlds together (95 % interval)", title_justify="left")
    together.add_column("figure")
    together.add_column("mean")
    for key in _TOLD:
        if key in result:
            told = result[key]
            together.add_row(key, f"{told['mean']:.3f} \\[{told['low']:.3f}, {told['high']:.3f}]")
    return Group(gains, bother, together) if together.row_count else Group(gains, bother)


@simulate.command("moments")
def moments_(
    days: Annotated[int, typer.Option("--days", min=14, help="Days of each that are looked at.")] = 90,
    family: Named = None,
    frozen: Frozen = False,
    shoppers: Annotated[float, typer.Option(min=0.01, help="How many, as a multiple of the family's.")] = 1.0,
    home: Home = None,
    database_url: Database = None,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Baskets, intervals, price response and lifts of simulated shops beside those of your orders, or the demo's."""
    from tsuide.app.evaluating import evaluated
    from tsuide.app.likeness import moments_beside
    from tsuide.config import load_settings
    from tsuide.proof.worlds.family import families as read_families

    with errors_shown(as_json=as_json), progress() as shown:
        known = read_families()
        for each in family or ():
            if each not in known:
                raise BadValue("no such family", key="--family", value=each, way_out=", ".join(sorted(known)))
        chosen = [known[each] for each in family] if family else [f for f in known.values() if frozen or not f.frozen]
        data = evaluated(load_settings(home=home, database_url=database_url))
        task = shown.add_task("moments", total=len(chosen) + 1)
        result = moments_beside(
            data,
            chosen,
            days=days,
            seed=seed,
            shoppers=shoppers,
            tell=lambda what: shown.update(task, advance=1, description=what),
        )
    emit(result, lambda: _moments_table(result), as_json=as_json)


def _moments_table(result: dict[str, Any]) -> Table:
    families = result["families"]
    title = f"{result['days']} days of {'your orders' if result['data'] == 'shop' else 'the demo data'}, and simulated"
    table = Table("moment", result["data"], *families, title=title, title_justify="left")
    for name, value in result["real"].items():
        of = (value, *(each[name] for each in families.values()))
        table.add_row(name.replace("_", " "), *("–" if each is None else f"{each:,.2f}" for each in of))
    return table
