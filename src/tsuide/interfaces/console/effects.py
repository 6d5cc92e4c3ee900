"""An effect as a page shows it: a table of its figures and a chart of their intervals."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import altair as alt

from tsuide.interfaces.console.charts import Chart, chart_of
from tsuide.interfaces.console.numbers import NOTHING, money, number, share
from tsuide.interfaces.console.tables import Column, Table
from tsuide.proof.effect_phrases import EFFECT

_MONEY: Final = frozenset({"margin", "revenue", "average_order"})
_RATES: Final = frozenset({"repeated", "unsubscribed", "complained", "attach_rate", "return_rate", "nps"})
_SIDES: Final = ("value", "low", "high")


def effect_table(effect: Mapping[str, Any], currency: str | None, language: str, name: str = "effect") -> Table:
    """Every figure of an effect (plain, as `proof.effect` tells it) with both its intervals."""
    columns = [
        Column("metric", sortable=False), Column("treated", sortable=False), Column("control", sortable=False),
        Column("difference", help="help_difference", sortable=False), Column("low", help="help_bounds", sortable=False),
        Column("high", help="help_bounds", sortable=False), Column("lift", help="help_lift", sortable=False),
        Column("always", help="help_always", sortable=False),
    ]  # fmt: skip
    rows = [_row(each, of, currency, language) for each, of in effect["metrics"].items()]
    return Table(name, columns, rows, caption="all_figures")


def lift_chart(
    effect: Mapping[str, Any], language: str, title: str, *, name: str = "lift", table: str = "effect"
) -> Sequence[Chart]:
    """One chart of the differences in percent of control; none where nothing can be told."""
    rows = []
    for each, of in effect["metrics"].items():
        control, difference = of["control"], of["difference"]
        if control and difference["value"] is not None and difference["low"] is not None:
            scaled = {side: 100 * difference[side] / abs(control) for side in _SIDES}
            rows.append({"metric": EFFECT.text(each, language), **scaled})
    if not rows:
        return []
    base = alt.Chart(alt.InlineData(values=rows)).encode(y=alt.Y("metric:N", sort=None, title=None))
    percent = alt.Axis(title="%", tickCount=5)
    bars = base.mark_rule(strokeWidth=2, color="#8a938f").encode(x=alt.X("low:Q", axis=percent), x2="high:Q")
    points = base.mark_point(filled=True, size=70, color="#2f8f6b").encode(
        x="value:Q", tooltip=[alt.Tooltip(f"{side}:Q", format="+.1f") for side in _SIDES]
    )
    zero = alt.Chart(alt.InlineData(values=[{"x": 0}])).mark_rule(color="#8888", strokeDash=[4, 4]).encode(x="x:Q")
    return [chart_of(alt.layer(zero, bars, points), name=name, title=title, height=24 * len(rows) + 40, table=table)]


def written(metric: str, value: float | None, currency: str | None, language: str) -> str:
    """One figure of a metric.

    >>> written("margin", 1200, "JPY", "en"), written("repeated", 0.25, "JPY", "en")
    ('¥1,200', '25.00%')
    """
    if value is None:
        return NOTHING
    if metric in _MONEY:
        return money(value, currency, language)
    return share(value, language, 2) if metric in _RATES else number(value, language, 3)


def bounds(metric: str, of: Mapping[str, Any], currency: str | None, language: str) -> str:
    """Between what and what a figure lies."""
    low, high = (written(metric, of[side], currency, language) for side in ("low", "high"))
    return f"{low} … {high}" if of["low"] is not None else NOTHING


def tone_of(difference: Mapping[str, Any]) -> str:
    """Whether a difference is certain, and which way."""
    if difference["low"] is None:
        return ""
    return "good" if difference["low"] > 0 else "bad" if difference["high"] < 0 else ""


def _row(name: str, of: Mapping[str, Any], currency: str | None, language: str) -> dict[str, Any]:
    difference, lift = of["difference"], of["relative_lift"]["value"]
    told = {side: written(name, of[side], currency, language) for side in ("treated", "control")}
    return {
        "metric": EFFECT.text(name, language),
        **told,
        "difference": written(name, difference["value"], currency, language),
        "low": written(name, difference["low"], currency, language),
        "high": written(name, difference["high"], currency, language),
        "lift": NOTHING if lift is None else share(lift, language),
        "always": bounds(name, of["always_valid"], currency, language),
    }
