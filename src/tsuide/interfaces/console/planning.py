"""How many customers, and how many days, an experiment needs before it can show what it is meant to show."""

import math
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import altair as alt
from starlette.responses import Response

from tsuide.app.jobs import newest_result
from tsuide.errors import BadValue, TsuideError
from tsuide.interfaces.console.charts import ACCENT, SECOND, Chart, chart_of
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.phrases.experiments import EXPERIMENTS
from tsuide.interfaces.console.tables import Column, Table
from tsuide.interfaces.console.visit import Visit, see
from tsuide.proof.power import Plan, plan, plan_share

_LEAST: Final = 0.25  # the curve is drawn from a quarter of the customers needed …
_MOST: Final = 4.0  # … to four times as many
_POINTS: Final = 17


def planner(visit: Visit) -> Response:
    """The planner; what was asked stands in the address."""
    given = {**_usual(visit), **{key: value for key, value in visit.request.query_params.items() if key != "lang"}}
    found: Plan | None = None
    problem: TsuideError | None = None
    if visit.asked("effect"):
        try:
            found = _plan(given)
        except TsuideError as error:
            problem = error
    tables, charts = _curve(visit, found, given) if found is not None else ([], [])
    return page(
        visit,
        "experiments_plan.html",
        "room.experiments",
        EXPERIMENTS,
        tables=tables,
        charts=charts,
        problem=problem,
        given=defaultdict(str, given),
        found=found,
        tab="plan",
    )


def _usual(visit: Visit) -> dict[str, str]:
    """What the shop's newest effect says of its customers: how they spread, and how many come a day."""
    usual = {"for": "mean", "control_share": "50", "power": "80", "kept_variance": "100"}
    kept = newest_result(visit.shop, "effect")
    if kept is None:
        return usual
    effect = kept[0]
    people = effect["customers"]
    error = effect["metrics"][effect["primary"]]["difference"]["error"]
    days = (datetime.fromisoformat(effect["until"]) - datetime.fromisoformat(effect["since"])).days
    spread = error / math.sqrt(1 / people["treated"] + 1 / people["control"]) if error else 0
    usual |= {"deviation": f"{spread:.0f}"} if spread >= 1 else {}
    return usual | {"per_day": f"{(people['treated'] + people['control']) / max(days, 1):.1f}"}


def _plan(given: Mapping[str, str], *, effect: float | None = None) -> Plan:
    of_share = given.get("for") == "share"
    wanted = _number(given, "effect") if effect is None else effect
    per_day = _number(given, "per_day") if given.get("per_day") else None
    if per_day is not None and per_day <= 0:
        raise BadValue("must be above 0", key="per_day", value=per_day)
    common: dict[str, Any] = {"control_share": _number(given, "control_share") / 100, "per_day": per_day}
    common |= {"power": _number(given, "power") / 100}
    if of_share:
        base = _number(given, "base") / 100
        return plan_share(base, base + wanted / 100, **common)
    deviation = _number(given, "deviation")
    if deviation <= 0:
        raise BadValue("must be above 0", key="deviation", value=deviation)
    return plan(effect=wanted, deviation=deviation, kept_variance=_number(given, "kept_variance") / 100, **common)


def _number(given: Mapping[str, str], key: str) -> float:
    text = given.get(key, "").strip()
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise BadValue("must be a number", key=key, value=text)
    return found


def _curve(visit: Visit, found: Plan, given: Mapping[str, str]) -> tuple[list[Table], list[Chart]]:
    """The smallest difference that can be seen, by days (or customers): it falls with the root of their number."""
    by = "by_days" if found.days is not None else "by_customers"
    asked = abs(_number(given, "effect"))
    step = (_MOST / _LEAST) ** (1 / (_POINTS - 1))
    rows = []
    for n in range(_POINTS):
        times = _LEAST * step**n
        rows.append(
            {
                "plan_days": None if found.days is None else max(1, round(found.days * times)),
                "customers": round(found.customers * times),
                "can_see": asked / math.sqrt(times),
            }
        )
    x = "plan_days" if found.days is not None else "customers"
    what = EXPERIMENTS.text(by, visit.language)
    title = EXPERIMENTS.text("plan_chart", visit.language, what=what)
    axis_x, axis_y = (
        alt.Axis(title=what, tickCount=6),
        alt.Axis(title=EXPERIMENTS.text("can_see", visit.language), tickCount=5),
    )
    base = alt.Chart(alt.InlineData(values=rows))
    line = base.mark_line(color=ACCENT, strokeWidth=2.5, interpolate="monotone").encode(
        x=alt.X(f"{x}:Q", axis=axis_x),
        y=alt.Y("can_see:Q", axis=axis_y),
        tooltip=[alt.Tooltip(f"{x}:Q", format=","), alt.Tooltip("can_see:Q", format=",.2f")],
    )
    here = [{x: found.days if found.days is not None else found.customers, "can_see": asked}]
    point = (
        alt.Chart(alt.InlineData(values=here))
        .mark_point(filled=True, size=110, color=SECOND)
        .encode(x=f"{x}:Q", y="can_see:Q")
    )
    columns = [Column("plan_days", kind="number", help="of_plan_days"),
               Column("customers", kind="number", help="of_plan_customers"),
               Column("can_see", kind="decimal", help="of_can_see")]  # fmt: skip
    table = Table("curve", columns if found.days is not None else columns[1:], rows)
    return [table], [chart_of(alt.layer(line, point), name="power", title=title, table="curve")]


ROUTES = [see("/experiments/plan", "experiments", planner)]
