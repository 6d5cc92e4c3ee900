"""Today: what offers have earned against silence, what changed, what needs a decision, and what the data lack."""

from typing import Any, Final

from starlette.responses import Response

from tsuide.app.changes import entry_told
from tsuide.app.data_health import data_health
from tsuide.app.initiatives import review
from tsuide.app.jobs import newest_result, told
from tsuide.errors import TsuideError
from tsuide.interfaces.console.charts import Chart
from tsuide.interfaces.console.effects import effect_table, lift_chart, tone_of
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.log import begin, waited_for
from tsuide.interfaces.console.numbers import NOTHING, money, number, share
from tsuide.interfaces.console.phrases.today import TODAY
from tsuide.interfaces.console.tables import Table
from tsuide.interfaces.console.visit import Visit, change, see
from tsuide.proof.effect_phrases import EFFECT

_LOG: Final = 8


def today(visit: Visit) -> Response:
    """The first page."""
    kept = newest_result(visit.shop, "effect")
    failed = _failed(visit)
    under_way = waited_for(visit, "effect", "learn")
    figures, tables, charts = _figures(visit, kept[0]) if kept is not None else ([], [], [])
    return page(
        visit,
        "today.html",
        "room.today",
        TODAY,
        tables=tables,
        charts=charts,
        figures=figures,
        effect=None if kept is None else kept[0],
        as_of=None if kept is None else kept[1],
        not_measured=failed.get("effect") if kept is None else None,
        under_way=under_way,
        to_decide=_to_decide(visit, failed),
        changed=[entry_told(row) for row in visit.shop.store.audit.listed(_LOG)],
        gaps=data_health(visit.shop, visit.serving.decider, visit.now),
        learned=visit.serving.decider.loaded_or_none is not None,
        verdict=_verdict(kept[0], visit.language) if kept is not None else None,
    )


def _verdict(effect: dict[str, Any], language: str) -> list[str]:
    """What the primary figure says, and whether it may be relied on yet."""
    primary, verdict = (EFFECT.text(effect[name], language) for name in ("primary", "verdict"))
    passed = effect["windows_passed"]
    said = [f"{primary}: {verdict}"]
    return said if passed >= 1 else [*said, EFFECT.text("open_windows", language, share=share(passed, language, 0))]


def measure(visit: Visit) -> Response:
    """Measure the effect anew, in a process of its own."""
    begin(visit, "effect", {})
    return visit.done("/")


def _figures(visit: Visit, effect: dict[str, Any]) -> tuple[list[dict[str, Any]], list[Table], list[Chart]]:
    language, currency = visit.language, effect["currency"]

    def text(key: str, **blanks: object) -> str:
        return TODAY.text(key, language, **blanks)

    people = effect["customers"]
    figures: list[dict[str, Any]] = []
    for name in ("margin", "revenue"):
        found = effect["metrics"][name]
        times = people["treated"]
        low, high = (_money(found["difference"][side], times, currency, language) for side in ("low", "high"))
        figures.append(
            {
                "label": text(f"incremental_{name}"),
                "value": money(found["incremental_total"], currency, language),
                "note": text("interval", low=low, high=high),
                "help": text("help_total"),
                "tone": tone_of(found["difference"]),
            }
        )
    part = effect["share_of_sales"]
    bounds = text("interval", low=share(part["low"], language), high=share(part["high"], language))
    figures.append({"label": text("share_of_sales"), "value": share(part["value"], language), "note": bounds,
                    "help": text("help_share"), "tone": ""})  # fmt: skip
    both = {name: number(people[name], language) for name in ("treated", "control")}
    figures.append({"label": text("people"), "value": text("people_value", **both), "note": None,
                    "help": text("help_people"), "tone": ""})  # fmt: skip
    chart = lift_chart(effect, language, text("chart"))
    return figures, [effect_table(effect, currency, language)], list(chart)


def _money(each: float | None, times: int, currency: str | None, language: str) -> str:
    return NOTHING if each is None else money(each * times, currency, language)


def _failed(visit: Visit) -> dict[str, dict[str, Any]]:
    """The newest job of each kind that failed, unless one of its kind has ended well since."""
    newest: dict[str, dict[str, Any]] = {}
    for row in visit.shop.store.jobs.recent(limit=40):
        newest.setdefault(row["kind"], told(row, visit.now))
    return {kind: job for kind, job in newest.items() if job["state"] in {"failed", "gone"}}


def _to_decide(visit: Visit, failed: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = []
    if visit.user.may("see", "experiments"):
        try:
            found = review(visit.shop, visit.now)
        except TsuideError:  # nothing that could be looked over
            found = {"due": [], "without_hypothesis": []}
        said += [{"key": "due", "id": each["id"], "path": "/experiments/initiatives"} for each in found["due"]]
        if found["without_hypothesis"]:
            said.append({"key": "without", "n": len(found["without_hypothesis"]), "path": "/experiments/initiatives"})
    honest = {"too-few-data", "nothing-learned"}  # no fault, and said where the figures would be
    for kind, job in failed.items():
        result = job["result"] or {}
        if result.get("code") not in honest:
            said.append({"key": "job_failed_what", "kind": kind, "why": result.get("error", "–")})
    return [{"id": "", "n": 0, "path": None, **each} for each in said]  # a template asks for each of them


ROUTES = [see("/", "today", today), change("/measure", "today", measure)]
