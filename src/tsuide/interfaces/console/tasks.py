"""Tasks: what is to be done, by whom and when; put off, passed on, done, and the rules that make them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from starlette.responses import Response

from tsuide.app import tasks as desk
from tsuide.app.changes import Change
from tsuide.app.journeys import journey_of, journeys_told, put_journey, ready_journey, ready_journeys, set_journey
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, NotFound, TsuideError
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.own import entered, in_days, moment_of, refuse_others, rep_of
from tsuide.interfaces.console.phrases.tasks import TASKS
from tsuide.interfaces.console.tables import Action, Column, Table
from tsuide.interfaces.console.visit import Visit, change, see
from tsuide.kit.text import must_be_said, must_be_short

STATES: Final = ("open", "overdue", "today", "snoozed", "done", "dropped")
_PAGE: Final = 50
_MOST: Final = 1_000
_PUT_OFF: Final = (1, 3, 7, 14, 30)


def tasks(visit: Visit) -> Response:
    """The list."""
    return _listed(visit)


def _listed(visit: Visit, problem: TsuideError | None = None) -> Response:
    state = visit.asked("state") if visit.asked("state") in STATES else "open"
    who = rep_of(visit) if visit.user.own_only else visit.asked("who") or None
    team = None if visit.user.own_only else visit.asked("team") or None
    rows = _rows(visit, state, who, team)
    first = visit.number("from", 0)
    people = dict(people_of(visit.shop))

    def told_of(some: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        names = visit.shop.store.finding.names(row["customer_id"] for row in some if row["customer_id"])
        told = [_row(visit, row, names) for row in some]
        return [{**row, "assignee": people.get(row["assignee"] or "", row["assignee"])} for row in told]

    told = told_of(rows[first : first + _PAGE])
    columns = [
        Column("title", label="task", href=lambda row: visit.url(f"/tasks/{row['id']}")),
        Column("customer", href=lambda row: _customer(visit, row["customer_id"])),
        *([] if visit.user.own_only else [Column("assignee")]),
        Column("due_at", kind="moment"),
        Column("mark", label="state", kind="mark"),
        Column("snoozes", kind="number", help="snoozes_help"),
    ]
    more = visit.here(**{"from": first + _PAGE}) if len(rows) > first + _PAGE else None
    table = Table("tasks", columns, told, _actions(), empty="no_tasks", more=more,
                  everything=lambda: told_of(rows))  # fmt: skip
    now, everything = visit.now, _rows(visit, "open", who, team)
    late = sum(row["due_at"] <= now.isoformat() for row in everything)
    counts = {"open": len(everything), "overdue": late, "today": len(_of_today(visit, everything))}
    return page(
        visit, "tasks.html", "room.tasks", TASKS, tables=[table], problem=problem, state=state, states=STATES,
        who=who or "", team=team or "", teams=teams_of(visit), people=_people(visit), counts=counts,
        entered=entered(visit),
        tomorrow=in_days(visit, 1).strftime("%Y-%m-%dT%H:%M"), customer_id=visit.asked("customer"),
    )  # fmt: skip


def teams_of(visit: Visit) -> list[tuple[str, str]]:
    """Teams that accounts name, for whoever sees more than their own."""
    return [] if visit.user.own_only else [(each, each) for each in visit.shop.store.worklist.teams()]


def _rows(visit: Visit, state: str, who: str | None, team: str | None = None) -> list[dict[str, Any]]:
    kept = state if state in {"done", "dropped"} else "open"
    rows = desk.tasks_told(visit.shop, kept, assignee=who, team=team, n=_MOST)
    if state == "overdue":
        return [row for row in rows if row["due_at"] <= visit.now.isoformat()]
    if state == "today":
        return _of_today(visit, rows)
    if state == "snoozed":
        return [row for row in rows if row["snoozes"]]
    return rows[::-1] if kept != "open" else rows


def _of_today(visit: Visit, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    midnight = in_days(visit, 1, hour=0).astimezone(visit.now.tzinfo).isoformat()
    return [row for row in rows if visit.now.isoformat() < row["due_at"] < midnight]


def _row(visit: Visit, row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    late = row["state"] == "open" and row["due_at"] <= visit.now.isoformat()
    mark = "overdue" if late else "snoozed" if row["state"] == "open" and row["snoozes"] else row["state"]
    who = row["customer_id"]
    return {**row, "title": row["title"][visit.language], "mark": mark, "assignee": row["assignee"] or None,
            "customer": None if who is None else names.get(who, who)}  # fmt: skip


def _actions() -> list[Action]:
    def when(state: str, fields: Mapping[str, str]) -> Callable[[Mapping[str, Any]], dict[str, str] | None]:
        return lambda row: {"task": row["id"], **fields} if (row["state"] == "open") == (state == "open") else None

    return [
        Action("do_done", "/tasks/settle", when("open", {"state": "done"})),
        Action("do_tomorrow", "/tasks/snooze", when("open", {"days": "1"})),
        Action("do_open", "/tasks/settle", when("closed", {"state": "open"})),
    ]


def _people(visit: Visit) -> list[tuple[str, str]]:
    """Who may be given a task: reps by their name, with the accounts' owners who are no users here."""
    if visit.user.own_only:
        return [(visit.user.rep, visit.user.name)]
    return people_of(visit.shop)


def people_of(shop: Shop) -> list[tuple[str, str]]:
    """Under which name each rep stands, and what people call them."""
    known = {
        row["rep_id"] or row["id"]: row["name"]
        for row in shop.store.users.all()
        if row["ended_at"] is None and row["role"] in {"rep", "sales_manager"}
    }
    known |= {name: name for name in shop.store.finding.values("owner") if name not in known}
    return sorted(known.items(), key=lambda each: each[1])


def _customer(visit: Visit, customer_id: str | None) -> str | None:
    return None if customer_id is None else visit.url("/customers/one", id=customer_id)


def task(visit: Visit) -> Response:
    """One task with its history."""
    return _one(visit, visit.request.path_params["task"])


def _one(visit: Visit, task_id: str, problem: TsuideError | None = None) -> Response:
    row = desk.told(visit.shop.store.tasks.get(task_id))
    refuse_others(visit, "task", task_id, row["assignee"])
    names = visit.shop.store.finding.names([row["customer_id"]] if row["customer_id"] else [])
    people = dict(people_of(visit.shop))
    history = [
        {**deed, "deed": f"deed_{deed['deed']}", "assignee": people.get(deed["assignee"], deed["assignee"])}
        for deed in desk.task_history(visit.shop, task_id)
    ]
    columns = [Column("at", kind="moment"), Column("deed", kind="mark"), Column("who"), Column("reason"),
               Column("assignee"), Column("due_at", kind="moment")]  # fmt: skip
    told = _row(visit, row, names)
    note = None if row["note"] is None else row["note"][visit.language]
    return page(
        visit, "task.html", f"={told['title']}", TASKS, tables=[Table("history", columns, history, caption="history")],
        problem=problem, task=told, note=note, people=people_of(visit.shop), put_off=_PUT_OFF,
        customer_url=_customer(visit, row["customer_id"]), entered=entered(visit),
        assignee=people.get(row["assignee"] or "", row["assignee"] or ""),
    )  # fmt: skip


def add(visit: Visit) -> Response:
    """Give somebody a task."""
    try:
        title, due = visit.must("title"), moment_of(visit, "due")
        assignee = visit.user.rep if visit.user.own_only else visit.given("assignee") or None
        customer_id, note = visit.given("customer_id") or None, visit.given("note") or None
        if customer_id is not None and visit.user.own_only:
            refuse_others(visit, "customer", customer_id, *visit.shop.store.finding.owners_above(customer_id))
        must_be_short("note", note)
        made = desk.add_task(
            visit.shop, title, due, visit.now, visit.serving.entropy(), customer_id=customer_id, note=note,
            assignee=assignee,
        )  # fmt: skip
    except TsuideError as error:
        return _listed(visit, error)
    after = {"title": title, "due": made["due_at"], "assignee": made["assignee"]}
    entry = visit.record(
        Change("tasks.add", made["id"], None, after, {"task": made["id"]}, customer_id=made["customer_id"])
    )
    return visit.done("/tasks", entry)


def _mine(visit: Visit) -> dict[str, Any]:
    row = desk.told(visit.shop.store.tasks.get(visit.must("task")))
    refuse_others(visit, "task", row["id"], row["assignee"])
    return row


def settle(visit: Visit) -> Response:
    """Done, dropped, or open again."""
    row = _mine(visit)
    state, reason = visit.must("state"), visit.given("reason") or None
    try:
        must_be_short("reason", reason)
        before = desk.settle_task(visit.shop, row["id"], state, visit.now, reason=reason, who=visit.user.name)
    except TsuideError as error:
        return _one(visit, row["id"], error)
    undo = {"task": row["id"], "state": before["state"], "reason": before["reason"]}
    action = {"done": "tasks.done", "dropped": "tasks.drop"}.get(state, "tasks.open")
    entry = visit.record(Change(action, row["id"], before["state"], state, undo, customer_id=row["customer_id"]))
    return visit.done(_back(visit, row["id"]), entry)


def snooze(visit: Visit) -> Response:
    """Put it off: by days, or until a moment."""
    row = _mine(visit)
    try:
        days = visit.given("days")
        if days and not (days.isascii() and days.isdigit() and 0 < int(days) <= 730):  # noqa: PLR2004 - two years
            raise BadValue("must be 1 … 730", key="days", value=days)
        until = in_days(visit, int(days)) if days else moment_of(visit, "until")
        reason = visit.given("reason") or None
        must_be_short("reason", reason)
        before = desk.snooze_task(visit.shop, row["id"], until, visit.now, reason=reason, who=visit.user.name)
    except TsuideError as error:
        return _one(visit, row["id"], error)
    undo = {"task": row["id"], "due_at": before["due_at"], "snoozes": before["snoozes"]}
    entry = visit.record(
        Change("tasks.snooze", row["id"], before["due_at"], until.isoformat(), undo, customer_id=row["customer_id"])
    )
    return visit.done(_back(visit, row["id"]), entry)


def assign(visit: Visit) -> Response:
    """Pass it on."""
    row = _mine(visit)
    try:
        to = visit.must("assignee")
        must_be_said("assignee", to)
        before = desk.assign_task(visit.shop, row["id"], to, visit.now, who=visit.user.name)
    except TsuideError as error:
        return _one(visit, row["id"], error)
    undo = {"task": row["id"], "assignee": before["assignee"]}
    entry = visit.record(
        Change("tasks.assign", row["id"], before["assignee"], to, undo, customer_id=row["customer_id"])
    )
    return visit.done("/tasks" if visit.user.own_only else _back(visit, row["id"]), entry)


def _back(visit: Visit, task_id: str) -> str:
    return f"/tasks/{task_id}" if visit.given("stay") else "/tasks"


# --- rules --------------------------------------------------------------------------------------------------------


def rules(visit: Visit) -> Response:
    """What gives tasks by itself."""
    return _rules(visit)


def _gives_tasks(text: str) -> bool:
    return any(step.task is not None for step in journey_of(text).steps)


def _rules(visit: Visit, problem: TsuideError | None = None) -> Response:
    shop = visit.shop
    kept = {row["id"]: row["text"] for row in shop.store.journeys.all() if _gives_tasks(row["text"])}
    rows = [
        {**row, "name": row["names"][visit.language], "state": f"rule_{row['state']}"}
        for row in journeys_told(shop)
        if row["id"] in kept
    ]
    columns = [Column("name", href=lambda row: visit.url("/tasks/rules", rule=row["id"]) + "#edit"),
               Column("state", kind="mark"), Column("active", kind="number", help="active_help"),
               Column("reached", kind="number", help="reached_help"), Column("changed_at", kind="moment")]  # fmt: skip
    actions = [
        Action("rule_on", "/tasks/rules/state", lambda row: None if row["state"] == "rule_running"
               else {"rule": row["id"], "state": "running"}),
        Action("rule_off", "/tasks/rules/state", lambda row: {"rule": row["id"], "state": "paused"}
               if row["state"] == "rule_running" else None),
    ]  # fmt: skip
    ready = {
        name: journey_of(text).names.model_dump()[visit.language]
        for name, text in ready_journeys().items()
        if name not in kept and _gives_tasks(text)
    }
    chosen = visit.given("rule") or visit.asked("rule")
    text = visit.given("text") or kept.get(chosen) or (ready_journey(chosen) if chosen in ready else "")
    return page(
        visit, "task_rules.html", "rules", TASKS, tables=[Table("rules", columns, rows, actions, empty="no_rules")],
        problem=problem, ready=ready, chosen=chosen, text=text, known=chosen in kept,
    )  # fmt: skip


def put_rule(visit: Visit) -> Response:
    """Write a rule, or the next version of one; a new one is off until it is switched on."""
    shop = visit.shop
    try:
        text = visit.must("text")
        if not _gives_tasks(text):
            raise BadValue("gives no task", key="text", way_out="a step with task: (docs/tasks.md)")
        named = journey_of(text).id
        try:
            before = str(shop.store.journeys.get(named)["text"])
        except NotFound:
            before = None
        made, version = put_journey(shop, text, visit.now, author=visit.user.name)
    except TsuideError as error:
        return _rules(visit, error)
    undo = {"rule": made.id, "text": before}
    entry = visit.record(Change("tasks.rule", made.id, before and f"v{version - 1}", f"v{version}", undo))
    return visit.done("/tasks/rules", entry)


def rule_state(visit: Visit) -> Response:
    """On or off."""
    shop, rule, state = visit.shop, visit.must("rule"), visit.must("state")
    before = shop.store.journeys.get(rule)
    if not _gives_tasks(before["text"]) or state not in {"running", "paused"}:
        raise BadValue("not a rule of tasks", key="rule", value=rule)
    set_journey(shop, rule, state, visit.now)
    action = "tasks.rule_on" if state == "running" else "tasks.rule_off"
    entry = visit.record(Change(action, rule, before["state"], state, {"rule": rule, "state": before["state"]}))
    return visit.done("/tasks/rules", entry)


# --- outside this house -------------------------------------------------------------------------------------------


def elsewhere(visit: Visit) -> Response:
    """The calendar's address and the mail of what is due."""
    whose = rep_of(visit) or visit.asked("who") or visit.user.rep
    begin = visit.shop.settings.public_url or f"{visit.request.url.scheme}://{visit.request.url.netloc}"
    address = f"{begin}/m/tasks/{desk.calendar_token(visit.shop, whose, visit.now)}.ics"
    made = desk.task_digest(visit.shop, visit.now, visit.language, whose)
    return page(
        visit, "task_elsewhere.html", "elsewhere", TASKS, address=address, digest=made, whose=whose,
        people=_people(visit), public=bool(visit.shop.settings.public_url),
    )  # fmt: skip


def calendar(visit: Visit) -> Response:
    """Open tasks as a file for a calendar."""
    whose = rep_of(visit) or visit.asked("who") or visit.user.rep
    made = desk.task_calendar(visit.shop, visit.language, whose)
    headers = {"Content-Disposition": 'attachment; filename="tasks.ics"', "Cache-Control": "no-store"}
    return Response(made, media_type="text/calendar; charset=utf-8", headers=headers)


ROUTES = [
    see("/tasks", "tasks", tasks),
    see("/tasks/rules", "tasks", rules),
    see("/tasks/elsewhere", "tasks", elsewhere),
    see("/tasks/calendar.ics", "tasks", calendar),
    see("/tasks/{task}", "tasks", task),
    change("/tasks/add", "tasks", add),
    change("/tasks/settle", "tasks", settle),
    change("/tasks/snooze", "tasks", snooze),
    change("/tasks/assign", "tasks", assign),
    change("/tasks/rules/put", "tasks", put_rule),
    change("/tasks/rules/state", "tasks", rule_state),
]
