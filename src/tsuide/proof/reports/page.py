"""The newcomer's report as one HTML file that needs nothing but a browser, and not even its scripts."""

import base64
import hashlib
import itertools
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from tsuide import __version__
from tsuide.kit.money import Money, minor_digits
from tsuide.kit.text import shorten
from tsuide.proof.reports.charts import Bar, Chart, columns, in_script, intervals, library
from tsuide.proof.reports.newcomer import Action, Figures
from tsuide.proof.reports.phrases import PAGE, SOURCES, WORDS
from tsuide.proof.reports.sequence import Step
from tsuide.proof.reports.tables import Table, Tables
from tsuide.proof.reports.together import Pair

_CHART_ROWS: Final = 12
_LABEL: Final = 60  # characters of a product's name in a chart


def page(figures: Figures, language: str) -> str:
    """The whole HTML file.

    Every text that comes from the shop's data is escaped; scripts are allowed by their hash only, so that even a
    text that slipped through could not run; nothing is loaded from anywhere.

    Args:
        figures: what to say.
        language: ja or en.

    Raises:
        BadValue: another language.
    """
    words = PAGE.all(language)
    tables = Tables(figures, language)
    grouped, marked = tables.of_groups(), tables.of_groups(marked=True)
    charts = _charts(figures, tables)
    scripts = [_resource("newcomer.js")]
    if charts:
        scripts.insert(0, library())
    return (
        _environment()
        .get_template("newcomer.html.j2")
        .render(
            figures=figures,
            language=language,
            t=tables.text,
            words=WORDS.all(language),
            n=tables.numbers,
            tables=tables,
            shown=_tables(figures, tables, grouped),
            charts=charts,
            lead=_lead(figures, tables),
            actions=[_action(action, figures, tables, marked) for action in figures.actions],
            ladders=_ladders(figures, tables),
            missing=words["and"].join(words[f"missing_{name}"] for name in figures.ladders.missing),
            estimate=_estimate(figures, tables),
            sources=SOURCES,
            version=__version__,
            style=Markup(_resource("newcomer.css")),  # noqa: S704 - our own file
            scripts=[Markup(script) for script in scripts],  # noqa: S704 - our own and vl-convert's
            policy=_policy(scripts),
            settings=Markup(in_script(_settings(figures, words, language))),  # noqa: S704 - cannot leave its element
        )
    )


def first_steps(figures: Figures, language: str) -> tuple[tuple[str, str], ...]:
    """What to do first and why, as the page says it.

    Raises:
        BadValue: neither ja nor en.
    """
    tables = Tables(figures, language)
    grouped = tables.of_groups(marked=True)
    return tuple(_action(action, figures, tables, grouped)[1:] for action in figures.actions)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("tsuide.proof.reports"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _resource(name: str) -> str:
    return (files("tsuide.proof.reports") / "templates" / name).read_text(encoding="utf-8")


def _policy(scripts: list[str]) -> str:
    """Content security policy: no address may be called, and only these scripts may run."""
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in hashes)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _settings(figures: Figures, words: dict[str, str], language: str) -> dict[str, Any]:
    """What the page's script needs."""
    spoken = ("sort_by", "filter", "shown_rows", "show_all", "show_less", "what_is")
    return {
        "language": language,
        "currency": figures.seen.currency,
        "digits": minor_digits(figures.seen.currency),
        "words": {key: words[key] for key in spoken},
    }


def _tables(figures: Figures, tables: Tables, grouped: Tables | None) -> dict[str, Table]:
    text = tables.text
    made = {
        "together": tables.together(figures.together.pairs, "together-table", text("together_table")),
        "siblings": tables.together(figures.together.siblings, "siblings-table", text("siblings"), titled=True),
        "hints": tables.together(figures.together.open_pairs[:10], "hints-table", text("hints"), titled=True),
        "ladders": tables.ladder_steps(),
        "next": tables.steps(figures.sequence.steps, "next-steps", text("next_table")),
        "refills": tables.refills(),
        "alone": tables.companies(),
        "avoid": tables.avoidances(),
        "checks": tables.checks(),
        "mapping": tables.mapping(),
        "rejects": tables.rejects(),
        "worth": tables.worth(),
        "months": tables.months(),
    }
    if figures.groups and grouped:
        pairs, steps = figures.groups.together.pairs, figures.groups.sequence.steps
        made["group_pairs"] = grouped.together(pairs, "group-pairs", text("group_pairs"), titled=True)
        made["group_steps"] = grouped.steps(steps, "group-steps", text("group_steps"), titled=True)
    return made


def _lead(figures: Figures, tables: Tables) -> list[str]:
    """The summary's sentences."""
    seen, pairs, text, count = figures.seen, figures.together.pairs, tables.text, tables.numbers.count
    said = {"orders": count(seen.orders), "several": count(seen.several), "needed": count(figures.needed)}
    if pairs:
        told = figures.together
        first = text("lead_pairs", pairs=count(told.found), sure=count(told.sure), **said)
    elif seen.several == 0:
        first = text("lead_single", **said)
    elif seen.orders < _FEW:
        first = text("lead_few", **said)
    else:
        first = text("lead_none", **said)
    return [first, *_lead_next(figures, tables), *_lead_groups(figures, tables)]


def _lead_groups(figures: Figures, tables: Tables) -> list[str]:
    groups, count = figures.groups, tables.numbers.count
    if groups is None or not (groups.together.pairs or groups.sequence.steps):
        return []
    pairs, steps = groups.together.found, groups.sequence.found
    return [tables.text("lead_groups", pairs=count(pairs), steps=count(steps))]


def _lead_next(figures: Figures, tables: Tables) -> list[str]:
    seen, text, count = figures.seen, tables.text, tables.numbers.count
    came = count(seen.returned)
    if seen.customers == 0:
        return [text("lead_no_customers")]
    if figures.sequence.steps:
        return [text("lead_next", returned=came, steps=count(figures.sequence.found))]
    key = "lead_few_returns" if seen.returned < RETURNING_NEEDED else "lead_no_steps"
    return [text(key, returned=came)]


_FEW: Final = 100  # orders below which the summary says "too few" rather than "nothing found"
RETURNING_NEEDED: Final = 50  # returning customers from which a next purchase usually can be told


def _action(action: Action, figures: Figures, tables: Tables, grouped: Tables | None) -> tuple[str, str, str]:
    """(kind, what to do, why)."""
    if figures.groups and grouped:
        if action.kind == "group_pair":
            return (action.kind, *_act_pair(figures.groups.together.pairs[action.place], grouped))
        if action.kind == "group_step":
            return (action.kind, *_act_step(figures.groups.sequence.steps[action.place], grouped))
    if action.kind == "pair":
        return (action.kind, *_act_pair(figures.together.pairs[action.place], tables))
    if action.kind == "step":
        return (action.kind, *_act_step(figures.sequence.steps[action.place], tables))
    build = {
        "ladder": _act_ladder,
        "refill": _act_refill,
        "quiet": _act_quiet,
        "collect": _act_collect,
    }[action.kind]
    return (action.kind, *build(action.place, figures, tables))


def _act_pair(pair: Pair, tables: Tables) -> tuple[str, str]:
    numbers = tables.numbers
    names = {"first": tables.label(pair.first), "second": tables.label(pair.second)}
    why = tables.text(
        "act_pair_why",
        count=numbers.count(pair.count),
        n_first=numbers.count(pair.n_first),
        lift=numbers.plain(pair.lift),
        low=numbers.plain(pair.low),
        high=numbers.plain(pair.high),
        **names,
    )
    return tables.text("act_pair", **names), why


def _act_step(step: Step, tables: Tables) -> tuple[str, str]:
    numbers = tables.numbers
    names = {"first": tables.label(step.first), "then": tables.label(step.then)}
    key = "act_step" if step.days[1] >= 1 else "act_step_today"
    why = tables.text(
        "act_step_why",
        customers=numbers.count(step.customers),
        returned=numbers.count(step.returned),
        lift=numbers.plain(step.lift),
        waiting=numbers.count(step.waiting),
        **names,
    )
    return tables.text(key, days=numbers.count(max(step.days[1], 1)), **names), why


def _act_ladder(place: int, figures: Figures, tables: Tables) -> tuple[str, str]:
    ladder = figures.ladders.ladders[place]
    low, high = (tables.item(rung.item) for rung in _best_step(figures, place))
    step, ratio = tables.step(low, high)
    names = {"low": low.name, "high": high.name}
    why = tables.text(
        "act_ladder_why", need=ladder.need or low.name, difference=tables.numbers.money(step), ratio=ratio
    )
    return tables.text("act_ladder", **names), why


def _best_step(figures: Figures, place: int) -> tuple[Any, Any]:
    """The step of a ladder whose lower product sells most: there the offer is seen most often."""
    rungs = figures.ladders.ladders[place].rungs
    return max(itertools.pairwise(rungs), key=lambda step: step[0].orders)


def _act_refill(place: int, figures: Figures, tables: Tables) -> tuple[str, str]:
    refill, numbers = figures.sequence.refills[place], tables.numbers
    name = tables.label(refill.item)
    why = tables.text(
        "act_refill_why",
        customers=numbers.count(refill.customers),
        again=numbers.count(refill.again),
        q1=numbers.bare_days(refill.days[0]),
        q3=numbers.bare_days(refill.days[2]),
    )
    return tables.text("act_refill", item=name, days=numbers.count(max(refill.days[1], 1))), why


def _act_quiet(place: int, figures: Figures, tables: Tables) -> tuple[str, str]:
    one, numbers = figures.attachment.companies[place], tables.numbers
    key = "act_quiet_why" if one.accompanied else "act_quiet_never"
    why = tables.text(
        key,
        orders=numbers.count(one.orders),
        accompanied=numbers.count(one.accompanied),
        usual=numbers.share(figures.attachment.usual),
    )
    return tables.text("act_quiet", item=tables.label(one.item)), why


def _act_collect(place: int, figures: Figures, tables: Tables) -> tuple[str, str]:
    count = tables.numbers.count
    return (
        tables.text("act_collect", needed=count(place)),
        tables.text("act_collect_why", orders=count(figures.seen.orders)),
    )


def _ladders(figures: Figures, tables: Tables) -> list[dict[str, Any]]:
    """Ladders for the eye: rungs with their prices and the step from the one below."""
    told = []
    for ladder in figures.ladders.ladders[:_CHART_ROWS]:
        rungs = []
        below = None
        for rung in ladder.rungs:
            item = tables.item(rung.item)
            step = ""
            if below is not None:
                difference, ratio = tables.step(below, item)
                step = tables.text("rung_step", difference=tables.numbers.money(difference), ratio=ratio)
            rungs.append(
                {
                    "name": item.name,
                    "price": tables.numbers.money(item.price),
                    "orders": tables.text("rung_orders", count=tables.numbers.count(rung.orders)),
                    "step": step,
                    "better": " · ".join(f"{key}: {new}" for key, _, new in rung.better),
                }
            )
            below = item
        told.append({"need": ladder.need, "rungs": rungs})
    return told


def _estimate(figures: Figures, tables: Tables) -> dict[str, Any]:
    """The four factors as the form shows them, and where each comes from."""
    worth, seen = figures.worth, figures.seen
    digits = minor_digits(worth.amount.currency)
    measured = figures.worth_measured
    amount_note = "w_amount_note" if measured else "w_amount_guess" if worth.amount.amount else "w_amount_unknown"
    short = seen.days < _MONTH
    return {
        "orders": worth.orders,
        "orders_note": tables.text("w_orders_short" if short else "w_orders_note", days=seen.days),
        "fits": _decimal(worth.fits, 2),
        "fits_note": tables.text("w_fits_note" if measured else "w_fits_guess"),
        "yes": _decimal(worth.yes, 2),
        "amount": _decimal(worth.amount.amount, digits),
        "amount_note": tables.text(amount_note),
        "step": _decimal(1, digits),
        "month": tables.numbers.money(worth.month()),
        "check": Money(500, "USD"),
    }


_MONTH: Final = 28  # days


def _decimal(minor: int, digits: int) -> str:
    """Minor units as a decimal number for a form's field.

    >>> _decimal(1999, 2), _decimal(300, 0), _decimal(300, 2)
    ('19.99', '300', '3')
    """
    if digits == 0:
        return str(minor)
    whole, part = divmod(minor, 10**digits)
    return f"{whole}.{part:0{digits}d}".rstrip("0").rstrip(".")


def _charts(figures: Figures, tables: Tables) -> dict[str, Chart]:
    """The charts that there is enough to draw for."""
    made: dict[str, Chart] = {}
    numbers = tables.numbers
    if len(figures.seen.months) > 1:
        values = [(numbers.month(month), count) for month, count in figures.seen.months]
        made["months"] = columns("months-chart", values, tables.text("orders"))
    if figures.together.pairs:
        bars = [
            Bar(
                _label(tables, pair.first, pair.second),
                pair.low,
                pair.lift,
                pair.high,
                f"{_label(tables, pair.first, pair.second)}: {numbers.times(pair.lift)} "
                f"({numbers.plain(pair.low)}–{numbers.plain(pair.high)})",
            )
            for pair in figures.together.pairs[:_CHART_ROWS]
        ]
        made["together"] = intervals("together-chart", bars, logarithmic=True, start=1.0)
    if figures.sequence.steps:
        bars = [
            Bar(
                _label(tables, step.first, step.then),
                step.days[0],
                step.days[1],
                step.days[2],
                f"{_label(tables, step.first, step.then)}: {numbers.days(step.days[1])} "
                f"({numbers.bare_days(step.days[0])}–{numbers.bare_days(step.days[2])})",
            )
            for step in figures.sequence.steps[:_CHART_ROWS]
        ]
        made["next"] = intervals("next-chart", bars, logarithmic=False, start=None)
    return made


def _label(tables: Tables, first: int, second: int) -> str:
    return f"{shorten(tables.label(first), _LABEL)} → {shorten(tables.label(second), _LABEL)}"
