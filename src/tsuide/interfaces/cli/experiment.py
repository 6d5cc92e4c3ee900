"""`tsuide experiment …`: ask a question of one's own customers, and read the answer."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text

from tsuide.app import experiments as desk
from tsuide.app.wiring import opened
from tsuide.config import load_settings
from tsuide.errors import BadValue
from tsuide.interfaces.cli.effect import Language, effect_table
from tsuide.interfaces.cli.options import Database, Home, now
from tsuide.interfaces.cli.promotion import read_rows
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown
from tsuide.proof.experiment import Experiment, controls, plain

experiment = typer.Typer(no_args_is_help=True, help="Experiments: who is shown what, and what came of it.")
Id = Annotated[str, typer.Argument(help="As `tsuide experiment list` shows it.")]


@experiment.command("create")
def create(
    file: Annotated[Path | None, typer.Argument(help="One experiment as YAML or JSON.")] = None,
    always_on: Annotated[
        bool, typer.Option("--controls", help="The ready-made always-on control groups, 2 % each.")
    ] = False,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Keep a draft; it changes nothing until it is started, and can be changed until then."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        if (file is None) == (not always_on):
            raise BadValue("give a file, or --controls", key="file", value=None if file is None else str(file))
        made = controls() if file is None else desk.read_experiment(read_rows(file)[0])
        _emit([desk.create_experiment(shop, made, now())], as_json=as_json)


@experiment.command("start")
def start(experiment_id: Id, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Start a draft: from now on it is locked, and servers take it up within a second."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        _emit([desk.start_experiment(shop, experiment_id, now())], as_json=as_json)


@experiment.command("stop")
def stop(experiment_id: Id, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Stop a running experiment; it can still be read."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        _emit([desk.stop_experiment(shop, experiment_id, now())], as_json=as_json)


@experiment.command("list")
def list_(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Every experiment and where it stands."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        _emit(desk.experiments(shop), as_json=as_json)


@experiment.command("show")
def show(experiment_id: Id, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """One experiment, whole."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        found = plain(desk.experiment_of(shop, experiment_id))
        emit(found, lambda: _whole(found), as_json=as_json)


@experiment.command("read")
def read(
    experiment_id: Id,
    language: Language = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Every arm against the first; refused where the arms are not split as planned."""
    from tsuide.app.effect import read_experiment_effect

    settings = load_settings(home=home, database_url=database_url)
    with errors_shown(as_json=as_json), opened(settings) as shop:
        found = read_experiment_effect(shop, experiment_id, now())
        emit(found, lambda: _told(found, language or shop.settings.language), as_json=as_json)


@experiment.command("plan")
def plan_(
    effect: Annotated[float, typer.Option("--effect", help="The smallest difference worth knowing.")],
    deviation: Annotated[
        float | None, typer.Option("--deviation", help="Standard deviation of one customer's figure.")
    ] = None,
    share: Annotated[float | None, typer.Option("--share", help="For a share: its value in control, 0 … 1.")] = None,
    control_share: Annotated[float, typer.Option("--control-share", help="Part of customers in control.")] = 0.5,
    per_day: Annotated[float | None, typer.Option("--per-day", help="Customers that enter a day.")] = None,
    power: Annotated[float, typer.Option("--power", help="Chance to see the effect if it is there.")] = 0.8,
    kept_variance: Annotated[float, typer.Option("--kept-variance", help="What CUPED leaves, 0 … 1.")] = 1.0,
    as_json: Json = False,
) -> None:
    """How many customers and days an experiment needs."""
    from tsuide.proof.power import plan, plan_share

    with errors_shown(as_json=as_json):
        if (deviation is None) == (share is None):
            raise BadValue("give --deviation, or --share", key="deviation", value=deviation)
        if share is not None:
            found = plan_share(share, share + effect, control_share=control_share, per_day=per_day, power=power)
        else:
            found = plan(
                effect=effect,
                deviation=deviation or 0.0,
                control_share=control_share,
                per_day=per_day,
                power=power,
                kept_variance=kept_variance,
            )
        result = {
            "customers": found.customers,
            "treated": found.treated,
            "control": found.control,
            "days": found.days,
            "effect": found.effect,
            "power": found.power,
            "always_valid_times": found.always_valid_times,
        }
        emit(result, lambda: _whole(result), as_json=as_json)


def _emit(found: list[Experiment], *, as_json: bool) -> None:
    rows = [plain(each) for each in found]
    emit({"experiments": rows}, lambda: _table(rows), as_json=as_json)


def _table(rows: list[dict[str, Any]]) -> Table | str:
    if not rows:
        return "No experiments yet. Create one: tsuide experiment create FILE"
    longest = max(len(row["id"]) for row in rows)  # an id is typed again: it must stand whole
    table = Table(Column("id", no_wrap=True, min_width=longest), "state", "arms", "layer", "metric", "hypothesis")
    for row in rows:
        arms = ", ".join(f"{name} {share:.0%}" for name, share in row["shares"].items())
        layer, metric = row.get("layer", "default"), row.get("metric", "margin")
        table.add_row(escape(row["id"]), row["state"], escape(arms), escape(layer), metric, escape(row["hypothesis"]))
    return table


def _whole(row: dict[str, Any]) -> Table:
    table = Table(show_header=False)
    for name, value in row.items():
        table.add_row(name.replace("_", " "), escape(str(value)))
    return table


def _told(found: dict[str, Any], language: str) -> RenderableType:
    parts: list[RenderableType] = [Text(found["hypothesis"])]
    for arm, each in found["arms"].items():
        parts.append(Text(f"{arm} / {found['control']}", style="bold"))
        parts.append(effect_table(each, found["currency"], language))
    for segment, arms in found["segments"].items():
        for arm, each in arms.items():
            if each is not None:
                parts += [Text(f"{segment}: {arm} / {found['control']}", style="bold")]
                parts.append(effect_table(each, found["currency"], language))
    return Group(*parts)
