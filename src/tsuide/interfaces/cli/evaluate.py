"""`tsuide evaluate …`: how good the offers are, on a time split, with baselines in the same table."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.table import Table

from tsuide.interfaces.cli.options import Database, Home, Seed
from tsuide.interfaces.cli.terminal import Json, emit, err, errors_shown, progress

evaluate = typer.Typer(no_args_is_help=True, help="Measure quality on a time split, beside baselines.")

SplitDay = Annotated[
    datetime | None,
    typer.Option(
        "--split",
        formats=["%Y-%m-%d"],
        help="First day (UTC) of the future that is foretold. [default: where 87 % of the orders are past]",
    ),
]
SplitDays = Annotated[
    list[datetime] | None,
    typer.Option(
        "--split",
        formats=["%Y-%m-%d"],
        help="First day (UTC) of the future; several are told together. [default: where 87 % of the orders are past]",
    ),
]
Queries = Annotated[int, typer.Option("--queries", min=30, help="Later baskets that are asked at most.")]


def _on_baskets(
    evaluation: Callable[..., dict[str, Any]],
    home: Home,
    database_url: Database,
    seed: int,
    **options: object,
) -> dict[str, Any]:
    """Run an evaluation on the baskets of the shop, or of the demo's data where there is no shop."""
    from tsuide.app.evaluating import evaluated
    from tsuide.config import load_settings

    data = evaluated(load_settings(home=home, database_url=database_url))
    if data.source == "demo":
        err.print("No orders of your own here: evaluating on the demo's data (The Complete Journey, 2017).")
    with progress() as shown:
        task = shown.add_task("evaluate", total=None)
        result = evaluation(
            data.baskets(),
            groups=data.groups(),
            seed=seed,
            tell=lambda what: shown.update(task, description=what),
            **options,
        )
    return {"data": data.source} | result


def _utc(day: datetime | None) -> datetime | None:
    return None if day is None else day.replace(tzinfo=UTC)


def _methods_table(title: str, methods: dict[str, dict[str, Any]]) -> Table:
    """One row per method; 95 % intervals in brackets."""
    table = Table(title=title, title_justify="left")
    columns = [name for name in next(iter(methods.values())) if name != "intervals"]
    for name in ("method", *columns):
        table.add_column(name)
    for name, figures in methods.items():
        cells = []
        for column in columns:
            value, interval = figures[column], figures["intervals"][column]
            cells.append("–" if value is None else f"{value:.4f} [{interval[0]:.3f}, {interval[1]:.3f}]")
        table.add_row(name, *(cell.replace("[", "\\[") for cell in cells))
    return table


@evaluate.command("completion")
def completion_(
    home: Home = None,
    database_url: Database = None,
    split: SplitDay = None,
    queries: Queries = 6_000,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Complete carts: one hidden item per later basket, is it among ten proposals?"""
    with errors_shown(as_json=as_json):
        from tsuide.proof.evaluation.completion import evaluate_completion

        result = _on_baskets(evaluate_completion, home, database_url, seed, split=_utc(split), queries=queries)
        title = f"Completion: {result['queries']:,} carts from {result['split'][:10]} on"
        emit(result, lambda: _methods_table(title, result["methods"]), as_json=as_json)


@evaluate.command("next-basket")
def next_basket_(
    home: Home = None,
    database_url: Database = None,
    split: SplitDays = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Foretell every customer's first basket after each split; repeat and explore apart."""
    with errors_shown(as_json=as_json):
        from tsuide.proof.evaluation.next_basket import evaluate_next_basket

        splits = [_utc(day) for day in split] if split else [None]
        result = _on_baskets(evaluate_next_basket, home, database_url, seed, splits=splits)
        days = ", ".join(one["split"][:10] for one in result["splits"])
        title = f"Next basket: {result['queries']:,} baskets of {result['customers']:,} customers from {days} on"
        emit(result, lambda: Group(_methods_table(title, result["methods"]), _above_line(result)), as_json=as_json)


def _above_line(result: dict[str, Any]) -> str:
    """By what share ours is above each form of TIFU-KNN, in words."""
    told = []
    for name, above in result["above"].items():
        if above["share"] is not None:
            low, high = above["share_interval"]
            told.append(f"{above['share']:+.1%} ({low:+.1%} … {high:+.1%}) against {name}")
    return "recall10 of tsuide: " + ("; ".join(told) or "TIFU-KNN found nothing to compare with")


@evaluate.command("bundles")
def bundles_(
    home: Home = None,
    database_url: Database = None,
    split: SplitDay = None,
    sets: Annotated[int, typer.Option("--sets", min=5, help="Sets of each method at most.")] = 200,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Find sets again in later baskets: whole, in part, and more often than by chance."""
    with errors_shown(as_json=as_json):
        from tsuide.proof.evaluation.bundles import evaluate_bundles

        result = _on_baskets(evaluate_bundles, home, database_url, seed, split=_utc(split), sets=sets)
        title = f"Bundles: {result['sets']:,} sets, {result['later_baskets']:,} baskets from {result['split'][:10]} on"
        emit(result, lambda: _methods_table(title, result["methods"]), as_json=as_json)


Plot = Annotated[Path | None, typer.Option("--plot", help="Draw the reliability plot: FILE.svg, .html or .png.")]


@evaluate.command("propensity")
def propensity(plot: Plot = None, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Do offers get accepted as foretold? Held-out people, by groups of equal probability."""
    from tsuide.app.propensity_report import account, plot_reliability, propensity_of
    from tsuide.config import load_settings
    from tsuide.mining.snapshot import open_snapshot

    with errors_shown(as_json=as_json):
        fitted = propensity_of(open_snapshot(load_settings(home=home, database_url=database_url).snapshots))
        result = account(fitted)
        if plot is not None:
            result["plot"] = str(plot_reliability(fitted, plot))
        emit(result, lambda: _reliability_table(result), as_json=as_json)


def _reliability_table(result: dict[str, Any]) -> Table | str:
    if not result["table"]:
        return (
            f"{result['accepted']} of {result['shown']} shown offers were accepted: too few to learn from "
            f"({result['least_each']} of each are needed). What is mined stays a prior."
        )
    title = f"{result['basis']}: slope {result['slope']:.2f}, Brier {result['brier']:.4f} ({result['brier_prior']:.4f})"
    table = Table("offers", "predicted", "seen", "95 %", title=title)
    for row in result["table"]:
        share = [f"{row[name]:.2%}" for name in ("predicted", "seen", "low", "high")]
        table.add_row(f"{int(row['n']):,}", share[0], share[1], f"{share[2]} … {share[3]}")
    return table


def _figures_table(title: str, methods: dict[str, dict[str, Any]]) -> Table:
    """One row per method; every figure that the methods have, intervals as ranges."""
    table = Table(title=title, title_justify="left")
    columns = list(next(iter(methods.values())))
    for name in ("method", *columns):
        table.add_column(name.replace("_", " "))
    for name, figures in methods.items():
        table.add_row(name, *(_figure(figures[column]) for column in columns))
    return table


def _figure(value: float | list[float] | None) -> str:
    if isinstance(value, list):
        return f"{value[0]:.5g} … {value[1]:.5g}"
    return "–" if value is None else f"{value:.5g}"


Ladders = Annotated[Path | None, typer.Option("--ladders", help="Write 50 ladders to this file, for a person to read.")]


@evaluate.command("alternatives")
def alternatives_(
    home: Home = None,
    database_url: Database = None,
    split: SplitDay = None,
    ladders: Ladders = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Tell substitutes from complements, with and without what the catalogue says."""
    with errors_shown(as_json=as_json):
        from tsuide.app.evaluating import evaluated
        from tsuide.config import load_settings
        from tsuide.mining.alternatives import Alternatives
        from tsuide.proof.evaluation.alternatives import evaluate_alternatives
        from tsuide.proof.evaluation.ladders import sampled_ladders

        data = evaluated(load_settings(home=home, database_url=database_url))
        if data.source == "demo":
            err.print("No orders of your own here: evaluating on the demo's data (The Complete Journey, 2017).")
        baskets = data.baskets()
        at = _utc(split)
        with progress() as shown:
            task = shown.add_task("evaluate", total=None)
            result = evaluate_alternatives(
                data.products, baskets, split=at, seed=seed, tell=lambda what: shown.update(task, description=what)
            )
        if ladders is not None:
            currencies = dict(zip(data.products["id"], data.products["currency"], strict=True))
            text = sampled_ladders(Alternatives().fit(data.products, baskets, seed=seed), currencies, seed=seed)
            ladders.write_text(text, encoding="utf-8")
            err.print(f"50 ladders written to {ladders}")
        methods = result["against_other_categories"]["methods"]
        title = "Substitutes told from complements of other categories: area under the ROC curve"
        emit({"data": data.source} | result, lambda: _figures_table(title, methods), as_json=as_json)


@evaluate.command("timing")
def timing_(
    home: Home = None,
    database_url: Database = None,
    split: SplitDay = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Foretell when buyers of the one buy the other: log loss and calibration at every later visit."""
    with errors_shown(as_json=as_json):
        from tsuide.proof.evaluation.timing import evaluate_timing

        result = _on_baskets(evaluate_timing, home, database_url, seed, split=_utc(split))
        title = f"Timing: {result['visits']:,} visits at risk from {result['split'][:10]} on"
        emit(result, lambda: _figures_table(title, result["methods"]), as_json=as_json)


@evaluate.command("replenishment")
def replenishment_(
    home: Home = None,
    database_url: Database = None,
    split: SplitDay = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Foretell who buys what again within 7, 14 and 28 days: log loss and calibration."""
    with errors_shown(as_json=as_json):
        from tsuide.proof.evaluation.replenishment import evaluate_replenishment

        result = _on_baskets(evaluate_replenishment, home, database_url, seed, split=_utc(split))

        def tables() -> Group:
            return Group(
                *(
                    _figures_table(f"{kind} pairs, within {days} days: {each['pairs']:,}", each["methods"])
                    for kind, horizons in result["pairs"].items()
                    for days, each in horizons.items()
                )
            )

        emit(result, tables, as_json=as_json)


@evaluate.command("value")
def value_(
    home: Home = None,
    database_url: Database = None,
    split: SplitDay = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Foretell every customer's purchases and revenue after the split: absolute errors."""
    with errors_shown(as_json=as_json):
        from tsuide.proof.evaluation.value import evaluate_value

        result = _on_baskets(evaluate_value, home, database_url, seed, split=_utc(split))

        def tables() -> Group:
            kinds = [kind for kind in ("purchases", "revenue") if kind in result]
            return Group(
                *(_figures_table(f"{kind} in {result['days']:.0f} days", result[kind]["methods"]) for kind in kinds)
            )

        emit(result, tables, as_json=as_json)


@evaluate.command("estimators")
def estimators_(
    replications: Annotated[int, typer.Option("--replications", min=1, help="Simulated experiments.")] = 2_000,
    runs: Annotated[int, typer.Option("--runs", min=1, help="Of the task of 10,000 rounds and 30 actions.")] = 40,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Score every estimator of effect where the truth is known: coverage, false alarms, relative errors."""
    with errors_shown(as_json=as_json):
        from tsuide.proof.evaluation.estimators import evaluate_estimators

        with progress() as shown:
            task = shown.add_task("evaluate", total=None)
            result = evaluate_estimators(
                replications=replications,
                runs=runs,
                seed=seed,
                tell=lambda what: shown.update(task, description=what),
            )
        emit(result, lambda: _estimators_table(result), as_json=as_json)


def _estimators_table(result: dict[str, Any]) -> Table:
    """One row per figure, and where it should be."""
    title = f"Where the truth is known: {result['replications']:,} simulated experiments, {result['runs']} logs"
    table = Table("figure", "estimator", "found", "should be", title=title, title_justify="left")
    for name, share in result["coverage"].items():
        table.add_row("coverage of 95 %", name, f"{share:.1%}", "≥ 95 %" if "sequence" in name else "93 – 97 %")
    for name, share in result["false_alarms"].items():
        if name != "looks":
            limit = "≤ 5 %" if name.startswith("always") else "(what peeking does to a fixed interval)"
            table.add_row("false alarms in A/A", name, f"{share:.1%}", limit)
    for name, error in result["relative_error"].items():
        table.add_row("relative error", name, f"{error:.4f}", "≤ .01" if name in {"dr", "snips"} else "")
    for name, each in result["oracles"].items():
        table.add_row("check value", name, f"{each['found']:.5g}", f"{each['expected']:.5g}")
    for library, figures in result["agreement"].items():
        for name, apart in (figures or {"not installed": float("nan")}).items():
            table.add_row("apart from " + library, name, f"{apart:.1e}", "0")
    return table


@evaluate.command("supervision")
def supervision_(
    worlds: Annotated[int, typer.Option("--worlds", min=1, help="Drawn with gamers, and as many without.")] = 100,
    forged: Annotated[
        float, typer.Option("--forged", min=0.01, max=10, help="Made-up sales of a gamer over their real ones.")
    ] = 0.5,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Quota gaming planted among honest reps: is it found, and are honest top sellers left alone?"""
    from tsuide.proof.evaluation.supervision import evaluate_supervision
    from tsuide.proof.worlds.reps import RepWorld

    with errors_shown(as_json=as_json), progress() as shown:
        task = shown.add_task("worlds", total=worlds)
        result = evaluate_supervision(
            worlds=worlds,
            seed=seed,
            world=RepWorld(forged=forged),
            tell=lambda done, _all: shown.update(task, completed=done),
        )
    emit(result, lambda: _shares_table(result), as_json=as_json)


def _shares_table(result: dict[str, Any]) -> Table:
    table = Table("", "share", "95 %", title=f"{result['worlds']:,} simulated sales teams with gamers, as many without")
    for name, each in result.items():
        if isinstance(each, dict) and "low" in each and each["value"] is not None:
            table.add_row(name.replace("_", " "), f"{each['value']:.1%}", f"{each['low']:.1%} … {each['high']:.1%}")
    return table


@evaluate.command("worklist")
def worklist_(
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Teams drawn of each family.")] = 3,
    family: Annotated[
        list[str] | None, typer.Option("--family", help="mixed, by_size, bound or few_lines. [default: all]")
    ] = None,
    accounts: Annotated[int, typer.Option("--accounts", min=400, max=200_000, help="Of a team of 50 reps.")] = 20_000,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """A simulated sales team whose accounts' room to grow is known: does the worklist name those with the most?"""
    from dataclasses import replace

    from tsuide.errors import BadValue
    from tsuide.proof.evaluation.worklist import evaluate_worklist
    from tsuide.proof.worlds.accounts import FAMILIES

    with errors_shown(as_json=as_json), progress() as shown:
        unknown = [each for each in family or () if each not in FAMILIES]
        if unknown:
            raise BadValue("not a family", key="family", value=unknown[0], way_out=f"one of {', '.join(FAMILIES)}")
        worlds = {name: replace(FAMILIES[name], accounts=accounts) for name in family or FAMILIES}
        task = shown.add_task("teams", total=len(worlds) * seeds)
        result = evaluate_worklist(
            seeds=seeds, seed=seed, families=worlds, tell=lambda done, _all: shown.update(task, completed=done)
        )
    emit(result, lambda: Group(*(_worklist_table(name, each) for name, each in result["families"].items())),
         as_json=as_json)  # fmt: skip


def _worklist_table(name: str, family: dict[str, Any]) -> Table:
    table = Table("order", "precision@20", "95 %", "of the best possible gain", title=name)
    for order, each in family["precision_at_20"].items():
        gain = family["share_of_best_possible_gain"][order]
        between = f"{each['low']:.1%} … {each['high']:.1%}"
        table.add_row(order.replace("_", " "), f"{each['value']:.1%}", between, f"{gain:.1%}")
    for other in ("times_revenue", "times_recency"):
        each = family[other]
        if each["value"] is not None:
            between = f"{each['low']:.2f} … {each['high']:.2f}"
            table.add_row(f"worklist, {other.replace('_', ' ')}", f"{each['value']:.2f}", between, "")
    return table
