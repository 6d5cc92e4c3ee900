"""Supervision: reps beyond chance with the rows behind each, the audit, and cases with their steps."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import altair as alt
import numpy as np
from starlette.responses import Response

from tsuide.app import supervising as desk
from tsuide.app.changes import Change
from tsuide.app.jobs import jobs_told
from tsuide.errors import NotFound, TsuideError
from tsuide.interfaces.console.charts import QUIET, Chart, chart_of
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.log import begin, waited_for
from tsuide.interfaces.console.numbers import number
from tsuide.interfaces.console.phrases.supervision import SUPERVISED
from tsuide.interfaces.console.tables import Column, Table
from tsuide.interfaces.console.visit import Visit, change, plain_form, see
from tsuide.kit.ids import time_id
from tsuide.proof.supervision.audit import CHECKS
from tsuide.proof.supervision.case import NEEDED, Step
from tsuide.proof.supervision.chance import FEWEST_REPS, limits
from tsuide.proof.supervision.signs import SIGNS

_BACKS: Final = (30, 90, 180, 365)
_LEVELS: Final = (0.05, 0.001)
_SIZES: Final = 24


def findings(visit: Visit) -> Response:
    """Who is beyond chance, with a funnel for one sign."""
    result, ended, failed = _newest(visit)
    tables: list[Table] = []
    charts: list[Chart] = []
    sign, signs = "", list[str]()
    if result is not None:
        tables.append(_table(visit, result))
        signs = [each for each in SIGNS if len(_counts(result, each)) >= FEWEST_REPS]
        sign = visit.asked("sign") or next((row["sign"] for row in tables[0].rows), "")
        sign = sign if sign in signs else next(iter(signs), "")
        if sign:
            drawn, table = _funnel(visit, result, sign)
            tables.append(table)
            charts.append(drawn)
    return page(
        visit,
        "supervision.html",
        "room.supervision",
        SUPERVISED,
        tables=tables,
        charts=charts,
        tab="findings",
        result=result,
        ended=ended,
        failed=failed,
        signs=[(each, SUPERVISED.text(each, visit.language)) for each in signs],
        sign=sign,
        backs=[(str(each), str(each)) for each in _BACKS],
        under_way=waited_for(visit, "supervise"),
    )


def _newest(visit: Visit) -> tuple[dict[str, Any] | None, Any, dict[str, Any] | None]:
    """The newest job that is over: its result, when, or why it failed."""
    over = [each for each in jobs_told(visit.shop, visit.now, "supervise", 20) if not each["under_way"]]
    done = next((each for each in over if each["state"] == "done"), None)
    failed = over[0]["result"] or {"error": "–"} if over and over[0]["state"] != "done" else None
    return (None, None, failed) if done is None else (done["result"], done["ended_at"], failed)


def _pattern(pattern: str) -> str:
    return "pattern.look" if pattern == "look" else pattern


def _table(visit: Visit, result: Mapping[str, Any]) -> Table:
    rows = [
        {
            "rep": found["rep_id"],
            "pattern": SUPERVISED.text(_pattern(found["pattern"]), visit.language),
            **{name: each[name] for name in ("hits", "trials", "share", "usual")},
            "p": _rare(each["q"]),
            "sign": each["sign"],
            "what": SUPERVISED.text(each["sign"], visit.language),
            "rows": SUPERVISED.text("see_rows", visit.language, n=number(len(each["rows"]), visit.language)),
        }
        for found in result["findings"]
        for each in found["beyond_chance"]
    ]

    def to(row: Mapping[str, Any]) -> str:
        return visit.url("/supervision/rep", id=row["rep"])

    columns = [
        Column("rep", href=to), Column("pattern"), Column("what", label="sign"),
        Column("hits", kind="number", help="of_hits"),
        Column("trials", kind="number", help="of_trials"), Column("share", kind="share", help="of_hit_share"),
        Column("usual", kind="share", help="help_usual"), Column("p", label="q", help="help_q", sortable=False),
        Column("rows", href=to, sortable=False),
    ]  # fmt: skip
    reps = result["reps"]
    return Table("findings", columns, rows, caption="findings", empty="nobody" if reps >= FEWEST_REPS else "too_few")


def _rare(q: float) -> str:
    """A small probability.

    >>> _rare(0.03123), _rare(0.0)
    ('0.031', '< 0.001')
    """
    return "< 0.001" if q < 0.001 else f"{q:.3f}"  # noqa: PLR2004 - where figures end


def _counts(result: Mapping[str, Any], sign: str) -> list[dict[str, Any]]:
    return [each for each in result["counts"] if each["sign"] == sign and each["trials"]]


def _funnel(visit: Visit, result: Mapping[str, Any], sign: str) -> tuple[Chart, Table]:
    """Each rep's share by the number of their records, with how far chance goes."""
    language = visit.language

    def text(key: str, **blanks: object) -> str:
        return SUPERVISED.text(key, language, **blanks)

    counts = _counts(result, sign)
    beyond = {found["rep_id"] for found in result["findings"] for each in found["beyond_chance"]
              if each["sign"] == sign}  # fmt: skip
    hits, trials = (np.array([each[name] for each in counts], np.int64) for name in ("hits", "trials"))
    sizes = np.unique(np.linspace(max(int(trials.min()) // 2, 2), int(trials.max() * 1.1) + 1, _SIZES).astype(np.int64))
    usual, edges = limits(hits, trials, sizes, _LEVELS)
    rows = [
        {"rep": each["rep_id"], "hits": each["hits"], "trials": each["trials"], "share": each["hits"] / each["trials"],
         "state": text("beyond" if each["rep_id"] in beyond else "within")}
        for each in counts
    ]  # fmt: skip
    lines = [
        {"trials": int(size), "share": float(edge), "line": text(name)}
        for name, of in zip(("limit_20", "limit_1000"), edges, strict=True)
        for size, edge in zip(sizes, of, strict=True)
    ]
    lines += [{"trials": int(size), "share": usual, "line": text("all_reps")} for size in sizes[[0, -1]]]
    x = alt.X("trials:Q", axis=alt.Axis(title=text("records"), tickCount=6), scale=alt.Scale(zero=False))
    y = alt.Y("share:Q", axis=alt.Axis(title=text("share"), format="%", tickCount=5))
    dashes = alt.StrokeDash("line:N", legend=alt.Legend(title=None, orient="top"), sort=None)
    limit = (
        alt.Chart(alt.InlineData(values=lines))
        .mark_line(color=QUIET, strokeWidth=1.5)
        .encode(x=x, y=y, strokeDash=dashes)
    )
    states = alt.Scale(domain=[text("within"), text("beyond")], range=["#2f8f6b", "#c4692f"])
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=x, y=y)
    points = base.mark_point(filled=True, size=80, opacity=0.9).encode(
        color=alt.Color("state:N", scale=states, legend=alt.Legend(title=None, orient="top")),
        tooltip=["rep:N", "hits:Q", "trials:Q", alt.Tooltip("share:Q", format=".1%")],
    )
    names = (
        base.transform_filter(f"datum.state === {text('beyond')!r}").mark_text(dx=9, align="left").encode(text="rep:N")
    )
    title = text("funnel", sign=text(sign))
    drawn = chart_of(alt.layer(limit, points, names), name="funnel", title=title, height=300, table="funnel")
    columns = [Column("rep", href=lambda row: visit.url("/supervision/rep", id=row["rep"])),
               Column("hits", kind="number", help="of_hits"), Column("trials", kind="number", help="of_trials"),
               Column("share", kind="share", help="of_hit_share"),
               Column("state")]  # fmt: skip
    return drawn, Table("funnel", columns, rows)


def look(visit: Visit) -> Response:
    """Compare reps, and audit, in a process of its own."""
    text = visit.given("back", "90")
    back = int(text) if text in {str(each) for each in _BACKS} else desk.BACK
    begin(visit, "supervise", {"back": back})
    return visit.done("/supervision")


# --- one rep, and what follows ----------------------------------------------------------------------------


def rep(visit: Visit, problem: TsuideError | None = None) -> Response:
    """The rows behind a rep's findings, and a case to be opened."""
    named = visit.asked("id") or visit.given("rep")
    if not named:
        return visit.done("/supervision")
    result, ended, _ = _newest(visit)
    found = next((each for each in (result or {"findings": []})["findings"] if each["rep_id"] == named), None)
    if found is None:
        raise NotFound("nothing beyond chance is known of this rep", key="rep", value=named)
    signs: dict[str, list[str]] = {}
    for each in found["beyond_chance"]:
        for row in each["rows"] if each["sign"] != "attach_rate" else ():
            signs.setdefault(row, []).append(SUPERVISED.text(each["sign"], visit.language))
    days = [row for each in found["beyond_chance"] if each["sign"] == "attach_rate" for row in each["rows"]]
    sales = [each | {"sale": each["id"], "signs": signs[each["id"]], "customer": each["customer_id"],
                     "entered": each["at"], "given": each["given_at"], "order": each["order_id"]}
             for each in desk.sales_told(visit.shop, signs, visit.now)]  # fmt: skip
    beyond = [each | {"what": each["sign"], "p": _rare(each["q"])} for each in found["beyond_chance"]]
    columns = [Column("what", label="sign", kind="mark"), Column("hits", kind="number", help="of_hits"),
               Column("trials", kind="number", help="of_trials"), Column("share", kind="share", help="of_hit_share"),
               Column("usual", kind="share", help="help_usual"),
               Column("p", label="q", help="help_q", sortable=False)]  # fmt: skip
    detail = [Column("sale"), Column("customer"), Column("entered", kind="moment"), Column("given", kind="moment"),
              Column("state", kind="mark"), Column("order"), Column("undone_at", kind="moment"),
              Column("signs", kind="lines")]  # fmt: skip
    tables = [Table("beyond", columns, beyond), Table("sales", detail, sales, caption="rows", empty="no_sales")]
    return page(
        visit,
        "supervision_rep.html",
        f"={named}",
        SUPERVISED,
        tables=tables,
        problem=problem,
        found=found,
        pattern=_pattern(found["pattern"]),
        ended=ended,
        sales=sales,
        days=days[:200],
        given=defaultdict(str, plain_form(visit.form)),
        cases=[_case(visit, each) for each in desk.cases(visit.shop) if each.rep_id == named],
    )


def open_case(visit: Visit) -> Response:
    """Confirm a finding."""
    named = visit.must("rep")
    case_id = time_id("case", visit.now, visit.serving.entropy())
    sales = [str(name).removeprefix("sale.") for name in visit.form if str(name).startswith("sale.")]
    try:
        told = (visit.user.name, visit.given("reason"), visit.now)
        case = desk.open_case(visit.shop, case_id, named, sales, *told)
    except TsuideError as error:
        return rep(visit, error)
    after = {"case": case.id, "sales": list(case.sales), "reason": case.reason}
    entry = visit.record(Change("case.open", named, None, after))
    return visit.done("/supervision/case", entry, id=case.id)


def cases(visit: Visit) -> Response:
    """Every case, open ones first."""
    rows = [_case(visit, each) for each in desk.cases(visit.shop)]
    columns = [Column("case", href=lambda row: visit.url("/supervision/case", id=row["case"])), Column("rep"),
               Column("state", kind="mark"), Column("opened", kind="moment"), Column("by"), Column("reason"),
               Column("missing", kind="lines")]  # fmt: skip
    table = Table("cases", columns, rows, empty="no_cases")
    return page(visit, "supervision_cases.html", "room.supervision", SUPERVISED, tables=[table], tab="cases")


def _case(visit: Visit, each: Any) -> dict[str, Any]:  # noqa: ANN401 - a Case
    missing = [] if each.closed else [SUPERVISED.text(step, visit.language) for step in each.missing]
    return {"case": each.id, "rep": each.rep_id, "state": "closed" if each.closed else "open", "missing": missing,
            "opened": each.opened_at, "by": each.opened_by, "reason": each.reason}  # fmt: skip


def case_page(visit: Visit, problem: TsuideError | None = None) -> Response:
    """One case, its sales and its steps."""
    named = visit.asked("id") or visit.given("id")
    if not named:
        return visit.done("/supervision/cases")
    case = desk.case_of(visit.shop, named)

    def text(key: str, **blanks: object) -> str:
        return SUPERVISED.text(key, visit.language, **blanks)

    steps = [
        {"at": each.at, "step": text("waive", step=text(each.of)) if each.of else text(each.kind), "by": each.by,
         "note": each.note, "reference": each.reference}
        for each in case.steps
    ]  # fmt: skip
    columns = [Column("at", kind="moment"), Column("step"), Column("by"), Column("note"), Column("reference")]
    sales = [each | {"sale": each["id"], "customer": each["customer_id"], "entered": each["at"],
                     "given": each["given_at"], "order": each["order_id"]}
             for each in desk.sales_told(visit.shop, case.sales, visit.now)]  # fmt: skip
    detail = [Column("sale"), Column("customer"), Column("entered", kind="moment"), Column("given", kind="moment"),
              Column("state", kind="mark"), Column("order"), Column("undone_at", kind="moment")]  # fmt: skip
    choices: list[tuple[str, str]] = [(each, text(each)) for each in NEEDED]
    choices += [(f"waived:{each}", text("waive", step=text(each))) for each in case.missing]
    choices += [] if case.missing else [("closure", text("closure"))]
    tables = [Table("steps", columns, steps, caption="steps", empty="no_steps"),
              Table("sales", detail, sales, caption="rows", empty="no_sales")]  # fmt: skip
    return page(
        visit,
        "supervision_case.html",
        f"={text('case')}: {case.rep_id}",
        SUPERVISED,
        tables=tables,
        problem=problem,
        case=case,
        missing=[text(each) for each in case.missing],
        signs=[text(each) for each in case.signs],
        choices=choices if case.missing else choices[::-1],
        given=defaultdict(str, plain_form(visit.form)),
    )


def step(visit: Visit) -> Response:
    """Record what was done; `closure` ends the case."""
    try:
        named = visit.must("id")
        kind, _, of = visit.must("step").partition(":")
        note, reference = visit.given("note") or None, visit.given("reference") or None
        done = Step(kind, visit.now, visit.user.name, note, reference, of or None)  # type: ignore[arg-type]  # checked there
        case = desk.add_step(visit.shop, named, done)
    except TsuideError as error:
        return case_page(visit, error)
    after = {"step": kind, "of": of or None, "note": note, "reference": reference}
    entry = visit.record(Change("case.close" if case.closed else "case.step", case.id, None, after))
    return visit.done("/supervision/case", entry, id=case.id)


# --- audit ------------------------------------------------------------------------------------------------


def audit(visit: Visit) -> Response:
    """What is on record that should not be, row by row."""
    result, ended, failed = _newest(visit)
    found = None if result is None else result["audit"]
    tables = [] if found is None else _audit_tables(visit, found)
    return page(
        visit,
        "supervision_audit.html",
        "room.supervision",
        SUPERVISED,
        tables=tables,
        tab="audit",
        found=found,
        ended=ended,
        failed=failed,
        check=visit.asked("check"),
        backs=[(str(each), str(each)) for each in _BACKS],
        under_way=waited_for(visit, "supervise"),
    )


def _audit_tables(visit: Visit, found: Mapping[str, Any]) -> Sequence[Table]:
    rows = [{"check": name, "what": SUPERVISED.text(name, visit.language), "found": found["found"][name]}
            for name in CHECKS]  # fmt: skip
    columns = [Column("what", label="check", href=lambda row: visit.url("/supervision/audit", check=row["check"])),
               Column("found", kind="number", help="of_found")]  # fmt: skip
    tables = [Table("checks", columns, rows)]
    check = visit.asked("check")
    if check in found["rows"]:
        shown = [_audit_row(each) for each in found["rows"][check]]
        told = [Column("id"), Column("customer"), Column("rep"), Column("channel"), Column("purpose"),
                Column("evidence"), Column("state", kind="mark"), Column("at", kind="moment")]  # fmt: skip
        used = [each for each in told if any(row.get(each.key) is not None for row in shown)]
        tables.append(Table("rows", used or told[:1], shown, empty="none_found"))
    return tables


def _audit_row(each: Mapping[str, Any]) -> dict[str, Any]:
    evidence = [str(each[name]) for name in ("evidence_kind", "evidence_reference") if each.get(name)]
    told = {name: each.get(name) for name in ("id", "channel", "purpose", "state")}
    told |= {"customer": each.get("customer_id"), "rep": each.get("entered_by")}
    return told | {"evidence": ": ".join(evidence) or None, "at": each.get("at") or each.get("state_at")}


ROUTES = [
    see("/supervision", "supervision", findings),
    change("/supervision/look", "supervision", look),
    see("/supervision/rep", "supervision", rep),
    change("/supervision/open", "supervision", open_case),
    see("/supervision/cases", "supervision", cases),
    see("/supervision/case", "supervision", case_page),
    change("/supervision/step", "supervision", step),
    see("/supervision/audit", "supervision", audit),
]
