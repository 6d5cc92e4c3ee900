"""Reports: what offers brought in chosen days, each figure with its rows; incremental beside attributed ones."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from starlette.responses import Response

from tsuide.app import results as desk
from tsuide.app.jobs import jobs_told, newest_of
from tsuide.errors import BadValue, TsuideError
from tsuide.interfaces.console import insights, schedules
from tsuide.interfaces.console.effects import written
from tsuide.interfaces.console.frame import HEADERS, page
from tsuide.interfaces.console.log import begin, waited_for
from tsuide.interfaces.console.numbers import NOTHING, money
from tsuide.interfaces.console.phrases.reports import REPORTS
from tsuide.interfaces.console.tables import Column, Table
from tsuide.interfaces.console.visit import Visit, change, see
from tsuide.kit.clock import zone
from tsuide.proof.reports.results import OUTCOMES, SORTS, results_from
from tsuide.proof.reports.results_page import no_effect, not_in, results_page

_LASTS: Final = (7, 30, 90, 365)
_WORDED: Final = frozenset({"kind", "placement"})
_NO: Final = frozenset({"too_dear", "not_now", "have_it", "not_for_me", "none_given"})
_ROWS: Final = 200
_FIRST: Final = 15  # shown of the categories; the CSV holds all


def reports(visit: Visit) -> Response:
    """The report of the days in the address; without any, the newest that there is."""
    problem: TsuideError | None = None
    try:
        wanted, done = _wanted(visit)
    except TsuideError as error:
        problem, wanted, done = error, _last(visit, 30), None
    result = done["result"] if done is not None and done["state"] == "done" else None
    sort = visit.asked("by") if visit.asked("by") in SORTS else _first_sort(result)
    tables = [] if result is None else _tables(visit, result, sort, wanted)
    return page(
        visit,
        "reports.html",
        "room.reports",
        REPORTS,
        tables=tables,
        problem=problem,
        tab="results",
        wanted=wanted,
        lasts=[(n, _last(visit, n)) for n in _LASTS],
        result=result,
        failed=done["result"] if done is not None and done["state"] != "done" else None,
        made_at=None if done is None else done["ended_at"],
        sort=sort,
        sorts=[(each, REPORTS.text(f"sort.{each}", visit.language)) for each in SORTS],
        effect=None if result is None else _effect(visit, result),
        not_in=not_in(result["other_currencies"], visit.language) if result and result.get("other_currencies") else "",
        under_way=waited_for(visit, "results"),
    )


def _last(visit: Visit, n: int) -> dict[str, str]:
    today = visit.now.astimezone(zone(visit.shop.settings.time_zone)).date()
    return {"since": (today - timedelta(days=n - 1)).isoformat(), "until": today.isoformat()}


def _wanted(visit: Visit) -> tuple[dict[str, str], dict[str, Any] | None]:
    """The days asked for, and the job that told of them."""
    if visit.asked("since") or visit.asked("until"):
        usual = _last(visit, 30)
        wanted = {name: visit.asked(name) or usual[name] for name in usual}
        desk.days_between(visit.shop, **wanted)
        return wanted, newest_of(visit.shop, "results", wanted, visit.now)
    for each in jobs_told(visit.shop, visit.now, "results", 20):
        if each["state"] == "done":
            return dict(each["wanted"]), each
    return _last(visit, 30), None


def _first_sort(result: Mapping[str, Any] | None) -> str:
    """What there is something of."""
    there = {row["sort"] for row in result["offers"]} if result is not None else set[str]()
    return next((each for each in ("category", *SORTS) if each in there), "category")


def _effect(visit: Visit, result: Mapping[str, Any]) -> dict[str, str]:
    """The effect against silence beside what is attributed; or why there is none."""
    effect, currency = result["effect"], result["currency"]
    if "why" in effect:
        return {"why": no_effect(effect, visit.language)}
    metric, difference = effect["primary"], effect["difference"]
    low, high = (written(metric, difference[side], currency, visit.language) for side in ("low", "high"))
    return {
        "value": written(metric, difference["value"], currency, visit.language),
        "note": REPORTS.text("interval", visit.language, low=low, high=high),
    }


def named(visit: Visit, sort: str, name: str) -> str:
    """A name of a sort as people know it."""
    if sort in _WORDED:
        key = f"{sort}.{name}"
        return REPORTS.text(key, visit.language) if key in REPORTS.all(visit.language) else name
    loaded = visit.serving.decider.loaded_or_none
    if loaded is None or sort not in {"product", "pair"}:
        return name
    parts = name.split(" → ")
    goods = [loaded.catalogue.product(each) for each in parts]
    return " → ".join(part if one is None else one.title for part, one in zip(parts, goods, strict=True))


def _tables(visit: Visit, result: Mapping[str, Any], sort: str, wanted: Mapping[str, str]) -> list[Table]:
    groups = {row["name"]: row for row in result["effect_by"].get("groups", ()) if row["sort"] == sort}
    currency = result["currency"] or ""
    rows = [
        {**row, "id": row["name"], "name": named(visit, sort, row["name"]), "currency": currency,
         "incremental": _incremental(visit, groups.get(row["name"]), currency)}
        for row in result["offers"]
        if row["sort"] == sort
    ]  # fmt: skip

    def to(row: Mapping[str, Any]) -> str:
        return visit.url("/reports/rows", sort=sort, name=row["id"], **wanted)

    columns = [
        Column("name", label=f"sort.{sort}", href=to),
        *(Column(each, kind="number", help="help_offers") for each in OUTCOMES),
        Column("accept_rate", kind="share", help="help_accept_rate"),
        Column("attributed", kind="money", help="help_attributed"),
        *([Column("incremental", help="help_incremental", sortable=False)] if groups else []),
    ]
    offers = Table("offers", columns, rows, empty="nothing_by")
    people = [{**row, "name": REPORTS.text(row["group"], visit.language), "currency": currency}
              for row in result["customers"]]  # fmt: skip
    columns = [Column("name", label="group", help="help_new"), Column("customers", kind="number", help="of_customers"),
               Column("orders", kind="number", help="of_orders"), Column("revenue", kind="money", help="of_revenue"),
               Column("attributed", kind="money", help="help_attributed")]  # fmt: skip
    customers = Table("customers", columns, people, caption="customers_table")
    columns = [Column("category"), Column("customers", kind="number", help="help_first"),
               Column("through_offers", kind="number", help="of_through_offers")]  # fmt: skip
    of_first = result["first_in_category"]
    first = Table("first", columns, of_first[:_FIRST], caption="first_in_category", empty="no_first",
                  everything=lambda: of_first)  # fmt: skip
    columns = [Column("query"), Column("times", kind="number", help="of_searches"),
               Column("empty", kind="number", help="of_empty_searches"),
               Column("nowhere", kind="number", help="help_nowhere")]  # fmt: skip
    searches = Table("searches", columns, result["searches"], caption="searches", empty="no_searches")
    said = [{**row, "reason": _reason(visit, row["reason"])} for row in result["reasons"]]
    columns = [Column("reason"), Column("category"), Column("times", kind="number", help="of_noes")]
    return [offers, customers, first, searches, Table("reasons", columns, said, caption="reasons", empty="no_reasons")]


def _reason(visit: Visit, reason: str) -> str:
    return REPORTS.text(reason, visit.language) if reason in _NO else reason


def _incremental(visit: Visit, group: Mapping[str, Any] | None, currency: str) -> str:
    if group is None:
        return NOTHING
    if group["certain"] is None or group["incremental_total"] is None:
        return REPORTS.text("not_enough", visit.language)
    times = group["customers"]["treated"]
    low, high = (money(group["certain"][side] * times, currency, visit.language) for side in ("low", "high"))
    return f"{money(group['incremental_total'], currency, visit.language)} ({low} … {high})"


def make(visit: Visit) -> Response:
    """Make the report of some days, in a process of its own."""
    wanted = {name: visit.must(name) for name in ("since", "until")}
    desk.days_between(visit.shop, **wanted)
    begin(visit, "results", wanted, alone=False)
    return visit.done("/reports", None, **wanted)


def as_html(visit: Visit) -> Response:
    """The report as one file that loads nothing."""
    wanted, done = _wanted(visit)
    if done is None or done["state"] != "done":
        return visit.done("/reports", None, **wanted)
    there = f"{visit.serving.settings.public_url.rstrip('/')}{visit.request.app.state.base}/reports/rows"
    rows_at = f"{there}?since={wanted['since']}&until={wanted['until']}&sort={{sort}}&name={{name}}"
    text = results_page(results_from(done["result"]), visit.language, rows_at=rows_at)
    name = f"results-{wanted['since']}-{wanted['until']}.html"
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type="text/html; charset=utf-8", headers=headers)


def rows(visit: Visit) -> Response:
    """The outcomes behind one figure."""
    sort, name = visit.asked("sort"), visit.asked("name")
    wanted = {**_last(visit, 30), **{key: visit.asked(key) for key in ("since", "until") if visit.asked(key)}}
    if sort and sort not in SORTS:
        raise BadValue("not a way to count", key="sort", value=sort, way_out=", ".join(SORTS))
    start, end = desk.days_between(visit.shop, **wanted)
    found = desk.rows_behind(visit.shop, start, end, sort or None, name or None)
    columns = [Column("at", kind="moment"), Column("outcome"), Column("reason"), Column("customer"), Column("product"),
               Column("category"), Column("placement"), Column("rep"), Column("decision")]  # fmt: skip

    def told(frame: Any) -> Sequence[Mapping[str, Any]]:  # noqa: ANN401 - a Polars frame
        return [_row(visit, row) for row in frame.iter_rows(named=True)]

    table = Table("rows", columns, told(found.head(_ROWS)), empty="no_rows", everything=lambda: told(found))
    said = REPORTS.text(f"sort.{sort}", visit.language) if sort else ""
    title = REPORTS.text("rows_of", visit.language, sort=said, name=named(visit, sort, name))
    return page(
        visit, "reports_rows.html", f"={title}", REPORTS, tables=[table], wanted=wanted, sort=sort,
        shown=_ROWS if len(found) > _ROWS else None,
    )  # fmt: skip


def _row(visit: Visit, row: Mapping[str, Any]) -> dict[str, Any]:
    reason = None if row["reason"] is None else _reason(visit, row["reason"])
    told = {name: row[name] for name in ("at", "category", "rep")}
    outcomes = REPORTS.all(visit.language)
    return told | {
        "outcome": outcomes.get(row["outcome"], row["outcome"]),
        "reason": reason,
        "customer": row["customer_id"],
        "product": None if row["product"] is None else named(visit, "product", row["product"]),
        "placement": None if row["placement"] is None else named(visit, "placement", row["placement"]),
        "decision": row["decision_id"],
    }


ROUTES = [
    see("/reports", "reports", reports),
    change("/reports/make", "reports", make),
    see("/reports/results.html", "reports", as_html),
    see("/reports/rows", "reports", rows),
    *insights.ROUTES,
    *schedules.ROUTES,
]
