"""What suits cross-selling, whom offers move, what would have been, and the page on the shop's own orders."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import altair as alt
from starlette.responses import Response

from tsuide.app.jobs import jobs_told, newest_of, newest_result
from tsuide.app.policies import versions
from tsuide.app.reporting import report_path
from tsuide.app.uplift import account, segment_members, uplift_in
from tsuide.errors import BadValue, TsuideError
from tsuide.interfaces.console.charts import QUIET, Chart, chart_of
from tsuide.interfaces.console.frame import HEADERS, page
from tsuide.interfaces.console.log import begin, waited_for
from tsuide.interfaces.console.numbers import NOTHING, money, number, share
from tsuide.interfaces.console.phrases.reports import REPORTS
from tsuide.interfaces.console.tables import Column, Table
from tsuide.interfaces.console.visit import Visit, change, see
from tsuide.kit.money import minor_digits
from tsuide.mining.snapshot import list_snapshots

_MOST: Final = 40
_TONES: Final = {"gain": "good", "loss": "bad", "not_certain": ""}
_APART: Final = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
)
_DAYS: Final = (7, 30, 90)


# --- what suits -------------------------------------------------------------------------------------------


def suits(visit: Visit) -> Response:
    """Products, pairs, placements, reps and segments: certain gains first, certain losses last."""
    from tsuide.interfaces.console.reports import named

    kept = newest_result(visit.shop, "effect")
    cells: Mapping[str, Any] = {} if kept is None else kept[0]["suits"]
    sort = visit.asked("by") if visit.asked("by") in cells else next((each for each in cells if cells[each]), "")
    currency = None if kept is None else kept[0]["currency"]
    rows = [
        {**each, "name": named(visit, sort, each["name"]), "suits": REPORTS.text(each["suits"], visit.language),
         "tone": each["suits"], "currency": currency or "", "per_customer": each["difference"]["value"],
         "low": each["difference"]["low"], "high": each["difference"]["high"]}
        for each in cells.get(sort, ())
    ]  # fmt: skip
    columns = [
        Column("name", label=f"sort.{sort}" if sort else "name"), Column("suits"),
        Column("per_customer", kind="money", help="help_suits"), Column("low", kind="money", help="help_suits"),
        Column("high", kind="money", help="help_suits"), Column("treated", kind="number", help="of_people_treated"),
        Column("control", kind="number", help="of_people_control"),
    ]  # fmt: skip
    table = Table("suits", columns, rows, empty="suits_none")
    charts = _suits_chart(visit, rows) if rows else []
    return page(
        visit,
        "reports_suits.html",
        "room.reports",
        REPORTS,
        tables=[table],
        charts=charts,
        tab="suits",
        sort=sort,
        sorts=[(each, REPORTS.text(f"sort.{each}", visit.language)) for each in cells if cells[each]],
        as_of=None if kept is None else kept[1],
        under_way=waited_for(visit, "effect"),
    )


def _suits_chart(visit: Visit, rows: list[dict[str, Any]]) -> list[Chart]:
    """The surest gains and the surest losses."""
    half = _MOST // 2
    shown = rows if len(rows) <= _MOST else rows[:half] + rows[-half:]
    values = [{name: row[name] for name in ("name", "per_customer", "low", "high", "tone")} for row in shown]
    base = alt.Chart(alt.InlineData(values=values)).encode(y=alt.Y("name:N", sort=None, title=None))
    colours = alt.Scale(domain=["gain", "not_certain", "loss"], range=["#2f8f6b", "#8a938f", "#c4692f"])
    colour = alt.Color("tone:N", scale=colours, legend=None)
    bars = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", axis=alt.Axis(title=None)), x2="high:Q", color=colour)
    points = base.mark_point(filled=True, size=60).encode(
        x="per_customer:Q", color=colour, tooltip=["name:N", "per_customer:Q", "low:Q", "high:Q"]
    )
    zero = alt.Chart(alt.InlineData(values=[{"x": 0}])).mark_rule(color="#8888", strokeDash=[4, 4]).encode(x="x:Q")
    title = REPORTS.text("suits_chart", visit.language)
    drawn = alt.layer(zero, bars, points)
    return [chart_of(drawn, name="suits", title=title, height=22 * len(shown) + 40, table="suits")]


def measure(visit: Visit) -> Response:
    """Measure the effect anew, with what suits."""
    begin(visit, "effect", {})
    return visit.done("/reports/suits")


# --- uplift -----------------------------------------------------------------------------------------------


def uplift(visit: Visit) -> Response:
    """Qini, uplift@k, and the groups with their tested effects."""
    found: dict[str, Any] | None = None
    why: TsuideError | None = None
    try:
        found = account(uplift_in(visit.serving.decider.loaded.snapshot))
    except TsuideError as error:  # nothing learned, or the holdout is too small: said as such
        why = error
    tables: list[Table] = []
    charts: list[Chart] = []
    figures: list[dict[str, Any]] = []
    if found is not None:
        tables, charts, figures = _groups(visit, found), _qini(visit, found), _uplift_figures(visit, found)
        tables += [
            Table(
                "curve",
                [Column("taken", kind="share", help="of_taken"), Column("extra", kind="decimal", help="of_extra")],
                _curve(found),
            )
        ]
    return page(
        visit,
        "reports_uplift.html",
        "room.reports",
        REPORTS,
        tables=tables,
        charts=charts,
        tab="uplift",
        found=found,
        why=why,
        figures=figures,
        definition=None if found is None else found["definition"][visit.language],
        learned_at=None if found is None else datetime.fromisoformat(found["learned_at"]),
    )


def _points(visit: Visit, of: Mapping[str, Any] | None) -> str:
    return NOTHING if of is None else share(of["value"], visit.language, 2)


def _within(visit: Visit, of: Mapping[str, Any] | None) -> str | None:
    if of is None or of["low"] is None:
        return None
    low, high = (share(of[side], visit.language, 2) for side in ("low", "high"))
    return REPORTS.text("interval", visit.language, low=low, high=high)


def _uplift_figures(visit: Visit, found: Mapping[str, Any]) -> list[dict[str, Any]]:
    def text(key: str, **blanks: object) -> str:
        return REPORTS.text(key, visit.language, **blanks)

    own = found["qini"][found["learner"]]
    note = text("qini_note", deviation=f"{own['deviation']:.3f}", response=f"{found['qini_of_response_model']:.3f}")
    figures: list[dict[str, Any]] = [
        {"label": text("qini"), "value": f"{own['value']:.3f}", "note": note, "help": text("help_qini")},
        {"label": text("overall"), "value": _points(visit, found["overall"]),
         "note": _within(visit, found["overall"]), "help": text("help_overall")},
    ]  # fmt: skip
    figures += [
        {"label": text("top", k=share(float(k), visit.language, 0)), "value": _points(visit, of),
         "note": _within(visit, of), "help": text("help_top")}
        for k, of in found["uplift_at"].items()
    ]  # fmt: skip
    return figures


def _groups(visit: Visit, found: Mapping[str, Any]) -> list[Table]:
    def used(name: str, of: Mapping[str, Any]) -> str:
        if of["supported"]:
            return REPORTS.text("factor", visit.language, factor=number(of["factor"], visit.language, 2))
        unsure = name in {"persuadable", "do_not_disturb"}
        return REPORTS.text("not_supported", visit.language) if unsure else NOTHING

    rows = [
        {"id": name, "group": REPORTS.text(name, visit.language), "customers": of["customers"],
         "buyers": _points(visit, of["effect"]), "interval": (_within(visit, of["effect"]) or NOTHING),
         "used": used(name, of)}
        for name, of in found["groups"].items()
    ]  # fmt: skip
    columns = [
        Column("group", href=lambda row: visit.url("/reports/uplift/customers", group=row["id"])),
        Column("customers", kind="number", help="of_group_size"), Column("buyers", help="help_overall", sortable=False),
        Column("interval", label="bounds", sortable=False, help="of_bounds"),
        Column("used", help="help_used", sortable=False),
    ]  # fmt: skip
    return [Table("groups", columns, rows)]


def _curve(found: Mapping[str, Any]) -> list[dict[str, float]]:
    return [{"taken": taken, "extra": extra} for taken, extra in found.get("curve", ())]


def _qini(visit: Visit, found: Mapping[str, Any]) -> list[Chart]:
    points = _curve(found)
    if not points:
        return []

    def text(key: str) -> str:
        return REPORTS.text(key, visit.language)

    rows = [{**each, "line": text("by_model")} for each in points]
    rows += [{"taken": at, "extra": points[-1]["extra"] * at, "line": text("by_chance")} for at in (0.0, 1.0)]
    scale = alt.Scale(domain=[text("by_model"), text("by_chance")], range=["#2f8f6b", QUIET])
    drawn = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_line(strokeWidth=2.5)
        .encode(
            x=alt.X("taken:Q", axis=alt.Axis(title=text("taken"), format="%", tickCount=5)),
            y=alt.Y("extra:Q", axis=alt.Axis(title=text("extra"), tickCount=5)),
            color=alt.Color("line:N", scale=scale, legend=alt.Legend(title=None, orient="top")),
        )
    )
    return [chart_of(drawn, name="qini", title=text("qini_chart"), height=260, table="curve")]


def members(visit: Visit) -> Response:
    """The customers of one group, the most moved first."""
    group = visit.asked("group")
    if not group:
        return visit.done("/reports/uplift")
    found = segment_members(visit.shop, group, uplift_in(visit.serving.decider.loaded.snapshot))
    rows = [{"customer": each} for each in found["customers"]]
    columns = [Column("customer", href=lambda row: visit.url("/customers", q=row["customer"]))]
    table = Table("members", columns, rows[:200], everything=lambda: rows)
    name = REPORTS.text(group, visit.language) if group in REPORTS.all(visit.language) else group
    title = REPORTS.text("members", visit.language, group=name)
    return page(visit, "reports_members.html", f"={title}", REPORTS, tables=[table], found=found, total=len(rows),
                definition=found["definition"][visit.language])  # fmt: skip


# --- what if ----------------------------------------------------------------------------------------------


def what_if(visit: Visit, problem: TsuideError | None = None) -> Response:
    """What another policy or learned state would have earned, or why the log cannot tell."""
    over = [each for each in jobs_told(visit.shop, visit.now, "what_if", 20) if not each["under_way"]]
    done = over[0] if over else None
    wanted = {name: visit.asked(name) for name in ("policy", "snapshot", "days")}
    if any(wanted.values()):
        done = newest_of(visit.shop, "what_if", wanted, visit.now)
    result = done["result"] if done is not None and done["state"] == "done" else None
    tables: list[Table] = []
    if result is not None:
        rows = [
            {"estimator": _method(visit, name),
             **{key: _fine(visit, of[side], result["currency"])
                for key, side in (("would", "value"), ("low", "low"), ("high", "high"))}}
            for name, of in result["would_have_earned_per_decision"].items()
        ]  # fmt: skip
        columns = [Column("estimator"), *(Column(each, help="help_would", sortable=False)
                                          for each in ("would", "low", "high"))]  # fmt: skip
        tables = [Table("estimates", columns, rows)]
    policies = [f"{each['name']}@{each['version']}" for each in versions(visit.shop)]
    blank = [("", REPORTS.text("as_it_was", visit.language))]
    asked = done["wanted"] if done is not None else wanted
    return page(
        visit,
        "reports_what_if.html",
        "room.reports",
        REPORTS,
        tables=tables,
        problem=problem,
        tab="what_if",
        given=defaultdict(str, {**asked, **{key: visit.given(key) for key in wanted if visit.given(key)}}),
        policies=blank + [(each, each) for each in policies],
        snapshots=blank + [(each, each[:12]) for each in list_snapshots(visit.shop.snapshots)],
        spans=[(str(each), REPORTS.text("last_days", visit.language, n=each)) for each in _DAYS],
        asked=asked,
        result=result,
        failed=done["result"] if done is not None and done["state"] != "done" else None,
        made_at=None if done is None else done["ended_at"],
        figures=[] if result is None else _earned(visit, result),
        under_way=waited_for(visit, "what_if"),
    )


def _fine(visit: Visit, value: float | None, currency: str | None) -> str:
    """Money a decision: less than a minor unit counts, too."""
    if value is None or currency is None:
        return number(value, visit.language, 2)
    return f"{number(value / 10 ** minor_digits(currency), visit.language, 2 + minor_digits(currency))} {currency}"


def _method(visit: Visit, name: str) -> str:
    key = f"method.{name}"
    return REPORTS.text(key, visit.language) if key in REPORTS.all(visit.language) else name


def _earned(visit: Visit, result: Mapping[str, Any]) -> list[dict[str, Any]]:
    def text(key: str, **blanks: object) -> str:
        return REPORTS.text(key, visit.language, **blanks)

    held = result["support"]
    note = text("of_decisions", n=number(held["decisions"], visit.language),
                weight=number(held["largest_weight"], visit.language, 1))  # fmt: skip
    return [
        {"label": text("earned"), "value": _fine(visit, result["earned_per_decision"], result["currency"]),
         "help": text("help_earned"), "note": None},
        {"label": text("effective"), "value": number(held["effective_sample_size"], visit.language),
         "help": text("help_effective"), "note": note},
    ]  # fmt: skip


def work_out(visit: Visit) -> Response:
    """Begin such an estimate."""
    wanted = {name: visit.given(name) for name in ("policy", "snapshot", "days")}
    try:
        if not (wanted["policy"] or wanted["snapshot"]):
            raise BadValue("what if what?", key="policy", way_out="choose a policy, a learned state, or both")
        if wanted["days"] not in {str(each) for each in _DAYS}:
            raise BadValue("not so many days", key="days", value=wanted["days"])
    except TsuideError as error:
        return what_if(visit, error)
    begin(visit, "what_if", wanted, alone=False)
    return visit.done("/reports/what-if", None, **wanted)


# --- the page on orders -----------------------------------------------------------------------------------


def orders(visit: Visit) -> Response:
    """The report of a newcomer, opened or made."""
    wanted = {"language": visit.language}
    done = newest_of(visit.shop, "newcomer", wanted, visit.now)
    there = done is not None and done["state"] == "done" and report_path(visit.shop, visit.language).is_file()
    told = done["result"] if done is not None and there else None
    figures: list[dict[str, Any]] = []
    if told is not None:
        figures = [
            {"label": REPORTS.text(name, visit.language), "value": number(told[name], visit.language), "help": None}
            for name in ("orders", "customers", "pairs", "ladders", "next_steps")
        ]
        worth = told["worth_a_month"]
        label, told_as = (REPORTS.text(key, visit.language) for key in ("worth", "help_worth"))
        value = money(worth["amount"], worth["currency"], visit.language)
        figures.append({"label": label, "value": value, "help": told_as})
    return page(
        visit,
        "reports_orders.html",
        "room.reports",
        REPORTS,
        tab="orders",
        there=there,
        figures=figures,
        first=told["first"] if told is not None else [],
        failed=done["result"] if done is not None and done["state"] != "done" else None,
        made_at=None if done is None else done["ended_at"],
        under_way=waited_for(visit, "newcomer"),
    )


def make_orders(visit: Visit) -> Response:
    """Make it anew, in the reader's language."""
    begin(visit, "newcomer", {"language": visit.language}, alone=False)
    return visit.done("/reports/orders")


def orders_page(visit: Visit) -> Response:
    """The page itself: one file that loads nothing, kept apart from the console by its sandbox."""
    path = report_path(visit.shop, visit.language)
    if not path.is_file():
        return visit.done("/reports/orders")
    headers = HEADERS | {"Content-Security-Policy": _APART}
    if visit.asked("save"):
        headers |= {"Content-Disposition": f'attachment; filename="{path.name}"'}
    return Response(path.read_bytes(), media_type="text/html; charset=utf-8", headers=headers)


ROUTES = [
    see("/reports/suits", "reports", suits),
    change("/reports/suits", "reports", measure),
    see("/reports/uplift", "reports", uplift),
    see("/reports/uplift/customers", "reports", members),
    see("/reports/what-if", "reports", what_if),
    change("/reports/what-if", "reports", work_out),
    see("/reports/orders", "reports", orders),
    change("/reports/orders", "reports", make_orders),
    see("/reports/orders.html", "reports", orders_page),
]
