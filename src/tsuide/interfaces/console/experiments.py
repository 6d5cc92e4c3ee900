"""Experiments: asked beforehand, started and locked, stopped, and read out with both kinds of interval."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

from starlette.responses import Response

from tsuide.app import experiments as desk
from tsuide.app.changes import Change
from tsuide.app.jobs import newest_of
from tsuide.app.policies import versions
from tsuide.errors import BadValue, TsuideError
from tsuide.interfaces.console import initiatives, planning
from tsuide.interfaces.console.charts import Chart
from tsuide.interfaces.console.effects import bounds, effect_table, lift_chart, tone_of, written
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.log import begin, waited_for
from tsuide.interfaces.console.numbers import money, number
from tsuide.interfaces.console.phrases.experiments import EXPERIMENTS
from tsuide.interfaces.console.tables import Column, Table
from tsuide.interfaces.console.visit import Visit, change, plain_form, see
from tsuide.kit.hashing import BUCKETS
from tsuide.offers.offer import KINDS, PLACEMENTS
from tsuide.offers.plain import plain as as_record
from tsuide.offers.trial import RANKINGS
from tsuide.proof.experiment import DEFAULT_LAYER, Experiment, Metric, Treatment, Unit, controls

METRICS: Final[Sequence[str]] = get_args(Metric)
_UNITS: Final[Sequence[str]] = get_args(Unit)
_ARMS: Final = 6
_FIRST: Final = {"arm0": "offers", "share0": "50", "arm1": "silence", "share1": "50", "does1": "silent"}
_PERCENT: Final = BUCKETS // 100
_TONES: Final = {"gain": "good", "loss": "bad", "not_certain": "", "not_readable": "warn"}


def experiments(visit: Visit) -> Response:
    """Every experiment and where it stands."""
    rows = [_row(visit, each) for each in desk.experiments(visit.shop)]
    rows.sort(key=lambda row: (("running", "draft", "stopped").index(row["state"]), row["id"]))
    columns = [
        Column("id", href=lambda row: visit.url("/experiments/one", id=row["id"])),
        Column("state", kind="mark"), Column("hypothesis"), Column("main_metric", help="main_metric_help"),
        Column("arms"), Column("layer", help="layer_help"), Column("started", kind="day"),
    ]  # fmt: skip
    table = Table("experiments", columns, rows, empty="none")
    return page(visit, "experiments.html", "room.experiments", EXPERIMENTS, tables=[table], tab="experiments")


def _row(visit: Visit, each: Experiment) -> dict[str, Any]:
    arms = ", ".join(f"{name} {share:.4g}%" for name, share in _percent(each).items())
    told = {"id": each.id, "state": each.state, "hypothesis": each.hypothesis, "layer": each.layer, "arms": arms}
    metric = EXPERIMENTS.text(f"metric.{each.metric}", visit.language)
    return told | {"main_metric": metric, "started": each.started_at}


def _percent(each: Experiment) -> dict[str, float]:
    return {arm.name: arm.share / _PERCENT for arm in each.arms}


# --- writing one down -------------------------------------------------------------------------------------


def form(visit: Visit) -> Response:
    """A new experiment, a draft to be changed (`id`), or another one like one that is there (`like`)."""
    named = visit.asked("id") or visit.asked("like")
    given = _as_form(desk.experiment_of(visit.shop, named)) if named else dict(_FIRST)
    if visit.asked("like"):
        given |= {"id": ""}
    if visit.asked("days"):
        given |= {"days": visit.asked("days")}
    return _form(visit, given, changed=visit.asked("id"))


def _form(visit: Visit, given: Mapping[str, Any], *, changed: str, problem: TsuideError | None = None) -> Response:
    kept = [f"{each['name']}@{each['version']}" for each in versions(visit.shop)]

    def said(key: str, **blanks: object) -> str:
        return EXPERIMENTS.text(key, visit.language, **blanks)

    does = [(each, said(f"does.{each}")) for each in ("usual", "silent", *RANKINGS[1:])]
    does += [(f"policy:{each}", said("does.policy", policy=each)) for each in kept]
    return page(
        visit,
        "experiments_form.html",
        "change" if changed else "new",
        EXPERIMENTS,
        problem=problem,
        given=defaultdict(str, given),
        changed=changed,
        metrics=[(each, said(f"metric.{each}")) for each in METRICS],
        units=[(each, said(f"unit.{each}")) for each in _UNITS],
        does=does,
        arms=range(_ARMS),
        kinds=KINDS,
        placements=PLACEMENTS,
    )


def save(visit: Visit) -> Response:
    """Keep a draft, new or changed."""
    given, changed = plain_form(visit.form), visit.given("changed")
    try:
        wanted = _read(given)
        before = next((each for each in desk.experiments(visit.shop) if each.id == wanted.id), None)
        if before is not None and changed != wanted.id:
            raise BadValue("there is one of this name", key="id", value=wanted.id, way_out="give it another name")
        desk.create_experiment(visit.shop, wanted, visit.now)
    except TsuideError as error:
        return _form(visit, given, changed=changed, problem=error)
    was = None if before is None else as_record(before)
    undo = {"id": wanted.id, "before": was}
    entry = visit.record(Change("experiment.save", wanted.id, was, as_record(wanted), undo))
    return visit.done("/experiments/one", entry, id=wanted.id)


def always_on(visit: Visit) -> Response:
    """Draft the ready-made control groups."""
    wanted = controls()
    if any(each.id == wanted.id for each in desk.experiments(visit.shop)):
        return visit.done("/experiments/one", id=wanted.id)
    desk.create_experiment(visit.shop, wanted, visit.now)
    undo = {"id": wanted.id, "before": None}
    entry = visit.record(Change("experiment.save", wanted.id, None, as_record(wanted), undo))
    return visit.done("/experiments/one", entry, id=wanted.id)


def _read(given: Mapping[str, Any]) -> Experiment:
    arms = [_arm(given, n) for n in range(_ARMS) if str(given.get(f"arm{n}", "")).strip()]
    value: dict[str, Any] = {
        "id": str(given.get("id", "")).strip(),
        "hypothesis": str(given.get("hypothesis", "")).strip(),
        "arms": arms,
        "metric": given.get("metric", METRICS[0]),
        "window": whole("window", given.get("window") or "90"),
        "unit": given.get("unit", _UNITS[0]),
        "layer": str(given.get("layer", "")).strip() or DEFAULT_LAYER,
        "share": _millionths("layer_share", given.get("layer_share") or "100"),
        "kinds": [each for each in KINDS if given.get(f"kind.{each}")],
        "placements": [each for each in PLACEMENTS if given.get(f"placement.{each}")],
        "segments": [each.strip() for each in str(given.get("segments", "")).split(",") if each.strip()],
    }
    if given.get("days"):
        value["days"] = whole("days", given["days"])
    return desk.read_experiment(value)


def _arm(given: Mapping[str, Any], n: int) -> dict[str, Any]:
    does = str(given.get(f"does{n}", "usual"))
    arm: dict[str, Any] = {"name": str(given[f"arm{n}"]).strip()}
    arm["share"] = _millionths(f"share{n}", given.get(f"share{n}", ""))
    if does == "silent":
        return arm | {"silent": True}
    if does.startswith("policy:"):
        return arm | {"policy": does.removeprefix("policy:")}
    return arm | {"ranking": does}


def _as_form(each: Experiment) -> dict[str, Any]:
    given: dict[str, Any] = {name: getattr(each, name) for name in ("id", "hypothesis", "metric", "unit", "layer")}
    given |= {"window": each.window, "days": each.days or "", "layer_share": f"{each.share / _PERCENT:.6g}"}
    given |= {"segments": ", ".join(each.segments)}
    given |= {f"kind.{kind}": "on" for kind in each.kinds} | {f"placement.{place}": "on" for place in each.placements}
    for n, arm in enumerate(each.arms[:_ARMS]):
        given |= {f"arm{n}": arm.name, f"share{n}": f"{arm.share / _PERCENT:.6g}", f"does{n}": _does(arm)}
    return given


def _does(arm: Treatment) -> str:
    if arm.policy is not None:
        return f"policy:{arm.policy}"
    return "silent" if arm.silent else arm.ranking


def whole(key: str, text: object) -> int:
    """A whole number of a form.

    Raises:
        BadValue: it is none.
    """
    said = str(text).strip()
    if not (said.isascii() and said.isdigit() and len(said) < 8):  # noqa: PLR2004 - digits
        raise BadValue("must be a whole number", key=key, value=said)
    return int(said)


def _millionths(key: str, text: object) -> int:
    try:
        return round(float(str(text)) * _PERCENT)
    except (ValueError, OverflowError) as exc:
        raise BadValue("must be a share in percent", key=key, value=str(text), way_out="50") from exc


# --- one, whole -------------------------------------------------------------------------------------------


def one(visit: Visit) -> Response:
    """One experiment: what it asks, where it stands, and what came of it."""
    if not visit.asked("id"):
        return visit.done("/experiments")
    found = desk.experiment_of(visit.shop, visit.asked("id"))
    done = newest_of(visit.shop, "experiment", {"id": found.id}, visit.now)
    under_way = [each for each in waited_for(visit, "experiment") if each["wanted"] == {"id": found.id}]
    said = [{"arm": arm.name, "share": arm.share / BUCKETS, "does": _said(visit, arm)} for arm in found.arms]
    arms = Table(
        "arms",
        [Column("arm"), Column("share", kind="share", help="of_arm_share"), Column("does", label="arm_does")],
        said,
    )
    result, failed = _outcome(done)
    parts, tables, charts = _read_out(visit, result) if result is not None else ([], [], [])
    return page(
        visit,
        "experiments_one.html",
        f"={found.id}",
        EXPERIMENTS,
        tables=[arms, *tables],
        charts=charts,
        found=found,
        parts_=parts,
        result=result,
        failed=failed,
        read_at=None if done is None else done["ended_at"],
        under_way=under_way,
    )


def _said(visit: Visit, arm: Treatment) -> str:
    if arm.policy is not None:
        return EXPERIMENTS.text("does.policy", visit.language, policy=arm.policy)
    return EXPERIMENTS.text(f"does.{_does(arm)}", visit.language)


def _outcome(done: Mapping[str, Any] | None) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """What a read-out found, or why it failed."""
    if done is None:
        return None, None
    if done["state"] == "done":
        return done["result"], None
    return None, done["result"] or {"error": "–", "code": "gone"}


def _read_out(visit: Visit, read: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[Table], list[Chart]]:
    """For each arm its verdict, figures, table and chart; for each segment the same; what was shown."""
    parts: list[dict[str, Any]] = []
    tables: list[Table] = []
    charts: list[Chart] = []
    groups = [(None, read["arms"]), *read["segments"].items()]
    for segment, arms in groups:
        for arm, of in arms.items():
            n = len(parts)
            part = {"arm": arm, "segment": segment, "effect": of, "table": f"effect{n}", "chart": None}
            if of is not None:
                tables.append(effect_table(of, read["currency"], visit.language, f"effect{n}"))
                title = EXPERIMENTS.text("chart", visit.language)
                drawn = lift_chart(of, visit.language, title, name=f"lift{n}", table=f"effect{n}")
                charts += drawn
                part |= {"chart": f"lift{n}" if drawn else None, "tone": _TONES[of["verdict"]]}
                part |= {"figures": _figures(visit, of, read["currency"])}
            parts.append(part)
    shown = [{"arm": arm, "shown": of["shown"], "accepted": of["accepted"],
              "share": of["accepted"] / of["shown"] if of["shown"] else None}
             for arm, of in read["impressions"].items()]  # fmt: skip
    columns = [Column("arm"), Column("shown", kind="number", help="of_shown"),
               Column("accepted", kind="number", help="of_accepted"),
               Column("share", kind="share", help="of_accept_share")]  # fmt: skip
    tables.append(Table("impressions", columns, shown, caption="impressions", empty="no_impressions"))
    return parts, tables, charts


def _figures(visit: Visit, of: Mapping[str, Any], currency: str | None) -> list[dict[str, Any]]:
    language, name = visit.language, of["primary"]
    primary, people = of["metrics"][name], of["customers"]

    def text(key: str, **blanks: object) -> str:
        return EXPERIMENTS.text(key, language, **blanks)

    low, high = (written(name, primary["difference"][side], currency, language) for side in ("low", "high"))
    figures: list[dict[str, Any]] = [
        {"label": text("primary_change"), "value": written(name, primary["difference"]["value"], currency, language),
         "help": text("help_primary"), "note": text("interval", low=low, high=high),
         "tone": tone_of(primary["difference"])},
        {"label": text("always_change"), "value": bounds(name, primary["always_valid"], currency, language),
         "help": text("help_always"), "note": None, "tone": tone_of(primary["always_valid"])},
    ]  # fmt: skip
    total = primary["incremental_total"]
    if total is not None:
        of_money = name in {"margin", "revenue"}
        value = money(total, currency, language) if of_money else number(total, language, 1)
        figures.append({"label": text("in_all"), "value": value, "help": text("help_in_all"), "note": None, "tone": ""})
    both = f"{number(people['treated'], language)} / {number(people['control'], language)}"
    figures.append({"label": text("people"), "value": both, "help": text("help_people"), "note": None, "tone": ""})
    return figures


def start(visit: Visit) -> Response:
    """Start a draft: locked from now on."""
    found = desk.start_experiment(visit.shop, visit.must("id"), visit.now)
    entry = visit.record(Change("experiment.start", found.id, {"state": "draft"}, {"state": found.state}))
    return visit.done("/experiments/one", entry, id=found.id)


def stop(visit: Visit) -> Response:
    """Stop a running one for good."""
    found = desk.stop_experiment(visit.shop, visit.must("id"), visit.now)
    entry = visit.record(Change("experiment.stop", found.id, {"state": "running"}, {"state": found.state}))
    return visit.done("/experiments/one", entry, id=found.id)


def drop(visit: Visit) -> Response:
    """Throw a draft away."""
    found = as_record(desk.drop_experiment(visit.shop, visit.must("id")))
    entry = visit.record(Change("experiment.drop", found["id"], found, None, {"id": found["id"], "before": found}))
    return visit.done("/experiments", entry)


def read(visit: Visit) -> Response:
    """Read it out, in a process of its own."""
    found = desk.experiment_of(visit.shop, visit.must("id"))
    begin(visit, "experiment", {"id": found.id}, alone=False)
    return visit.done("/experiments/one", id=found.id)


ROUTES = [
    see("/experiments", "experiments", experiments),
    see("/experiments/new", "experiments", form),
    change("/experiments/save", "experiments", save),
    change("/experiments/controls", "experiments", always_on),
    see("/experiments/one", "experiments", one),
    change("/experiments/start", "experiments", start),
    change("/experiments/stop", "experiments", stop),
    change("/experiments/drop", "experiments", drop),
    change("/experiments/read", "experiments", read),
    *planning.ROUTES,
    *initiatives.ROUTES,
]
