"""The policy: form and YAML side by side, tried before it is put in force, every version kept, compared, restored."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from tsuide.app.changes import Change
from tsuide.app.jobs import told
from tsuide.app.policies import (
    activate_version,
    active_policy,
    draft_of,
    keep_draft,
    put_in_force,
    version_of,
    versions,
)
from tsuide.errors import BadPolicy, BadValue, Conflict, NotFound, TsuideError
from tsuide.facts.consent import CHANNELS
from tsuide.interfaces.console.diffs import compared
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.log import begin, waited_for
from tsuide.interfaces.console.phrases.offer_words import WORDS
from tsuide.interfaces.console.phrases.policy import POLICY
from tsuide.interfaces.console.policy_form import ROWS, Draft, Fields, as_plain, from_plain, rows_of, taken
from tsuide.interfaces.console.tables import Action, Column, Table
from tsuide.interfaces.console.visit import Visit, change, see
from tsuide.kit.phrases import Phrases
from tsuide.offers.offer import KINDS, OUTCOMES, PLACEMENTS
from tsuide.offers.policy import chain
from tsuide.offers.policy.load import load_policy
from tsuide.offers.policy.phrases import PARAMETERS, RULES, STAGES
from tsuide.offers.policy.policy import SCOPES, Policy
from tsuide.offers.policy.rule import STAGES as ORDER

KIND: Final = "policy"
_DAYS: Final = 7
_MOST_DAYS: Final = 400
_MOST_CATEGORIES: Final = 400
_AROUND: Final = 2
SAID: Final = Phrases(
    {
        name: {language: phrases.all(language)[key] for language in ("ja", "en")}
        for prefix, phrases in (("", POLICY), ("", WORDS), ("rule.", RULES), ("par.", PARAMETERS), ("stage.", STAGES))
        for key in phrases.all("ja")
        for name in (prefix + key,)
    }
)


def editor(visit: Visit) -> Response:
    """Form and YAML of what is in force, or of the draft that this user works on."""
    held = active_policy(visit.shop, visit.now)
    kept = draft_of(visit.shop, visit.user.id)
    draft = from_plain(kept) if kept is not None else taken(held.text, held.text, (held.name, held.version))
    return _editor(visit, held, draft, working=kept is not None, status=200)


def _editor(
    visit: Visit,
    held: Policy,
    draft: Draft,
    *,
    working: bool,
    problem: TsuideError | None = None,
    status: int | None = None,
    note: str = "",
) -> Response:
    wrong = problem or draft.problem
    overtaken = draft.base != (held.name, held.version)
    row = version_of(visit.shop, held.name, held.version)
    tried = _tried(visit, draft)
    parts = Visible(visit, draft)
    shown = page(
        visit,
        "policy.html",
        "room.policy",
        SAID,
        tables=_tables(visit, tried),
        problem=wrong,
        tab="editor",
        held=row,
        draft=draft,
        working=working,
        overtaken=overtaken,
        form=parts,
        note=note,
        line=getattr(wrong, "line", None),
        around=_around(draft.text, getattr(wrong, "line", None)),
        changed=compared(held.text, draft.text),
        tried=tried,
        under_way=waited_for(visit, KIND),
        days=visit.number("days", int(tried["days"]) if tried else _DAYS, 1, _MOST_DAYS),
        categories=_categories(visit),
    )
    if status is not None:
        shown.status_code = status
    return shown


class Visible:
    """The form's fields as the template asks for them."""

    def __init__(self, visit: Visit, draft: Draft) -> None:
        self._fields: Fields = draft.fields
        self.policy = draft.policy or load_policy(draft.shown, kept=True)
        shown = load_policy(draft.shown, kept=True)
        self.rows = {name: len(rows_of(shown, name)) for name in ROWS}
        self.rates = [name.partition(".")[2] for name in self._fields if name.startswith("margin_rates.")]
        self.changing = visit.changing
        by_stage: dict[str, list[Any]] = {stage: [] for stage in ORDER}
        for loaded in chain.rules():
            by_stage[loaded.rule.stage].append(loaded.rule)
        self.stages = by_stage

    channels, kinds, placements, outcomes, scopes = CHANNELS, KINDS, PLACEMENTS, OUTCOMES, SCOPES

    def one(self, name: str) -> str:
        """What stands in a field."""
        value = self._fields.get(name, ())
        return value[0] if value else ""

    def ticked(self, name: str, value: str | None = None) -> bool:
        """Whether a tick is set."""
        found = self._fields.get(name, ())
        return bool(found) if value is None else value in found

    def on(self, stage: str) -> int:
        """How many rules of a stage are on."""
        return sum(self.ticked(f"rules.{rule.code}") for rule in self.stages[stage])


def _around(text: str, line: int | None) -> list[tuple[int, str]]:
    """The lines around the one that is wrong."""
    lines = text.splitlines()
    if line is None or not 1 <= line <= len(lines):
        return []
    first, last = max(1, line - _AROUND), min(len(lines), line + _AROUND)
    return [(number, lines[number - 1]) for number in range(first, last + 1)]


def _categories(visit: Visit) -> list[str]:
    """Names that products' categories have, for who types one."""
    loaded = visit.serving.decider.loaded_or_none
    if loaded is None:
        return []
    names: dict[str, None] = {}
    for branch in loaded.catalogue.branches(()):
        names[branch.name] = None
        for inner in loaded.catalogue.branches(branch.path) if len(names) < _MOST_CATEGORIES else ():
            names[inner.name] = None
    return list(names)[:_MOST_CATEGORIES]


def check(visit: Visit) -> Response:
    """Take what was sent into the draft: the form's changes stand in the YAML afterwards."""
    _keep(visit, _sent(visit))
    return visit.done("/policy")


def _sent(visit: Visit) -> Draft:
    """What was sent, as a draft."""
    kept = draft_of(visit.shop, visit.user.id)
    base = (visit.given("base_name"), visit.given("base_version"))
    shown = str(visit.form.get("shown", "")).replace("\r\n", "\n")
    try:
        load_policy(shown, kept=True)
    except BadPolicy:
        shown = kept["shown"] if kept else active_policy(visit.shop, visit.now).text
    return taken(str(visit.form.get("text", "")), shown, base, _fields(visit) if visit.given("form") else None)


def _fields(visit: Visit) -> Fields:
    """The form's fields; of ticks that are not set nothing is sent, so every one that there is is asked for."""
    sent: dict[str, tuple[str, ...]] = {}
    for name in visit.form:
        if name.startswith(("holdout", "page.", "rules.", "placements.", "margin_rates", *ROWS)):
            values = [each for each in visit.form.getlist(name) if isinstance(each, str)]
            sent[name] = tuple(each.strip() for each in values if each)
    for name in (str(each) for each in visit.form.getlist("ticks")):
        sent.setdefault(name, ())
    for name, value in sent.items():
        if not value and not visit.form.getlist("ticks").count(name):
            sent[name] = ("",)
    return sent


def _keep(visit: Visit, draft: Draft) -> None:
    keep_draft(visit.shop, visit.user.id, as_plain(draft), visit.now)


def discard(visit: Visit) -> Response:
    """Begin again from what is in force."""
    keep_draft(visit.shop, visit.user.id, None, visit.now)
    return visit.done("/policy")


def rebase(visit: Visit) -> Response:
    """Go on with the draft although another version was put in force: its author has seen the difference."""
    kept = draft_of(visit.shop, visit.user.id)
    if kept is None:
        raise NotFound("there is no draft", key="draft", value=visit.user.name)
    name, _, version = visit.must("over").rpartition("@")
    _keep(visit, from_plain(kept | {"base": [name, version]}))
    return visit.done("/policy")


def save(visit: Visit) -> Response:
    """Put the policy in force, if nobody else has put another one there since."""
    draft = _sent(visit)
    _keep(visit, draft)
    held = active_policy(visit.shop, visit.now)
    note = visit.given("note")
    try:
        if draft.problem is not None:
            raise draft.problem
        if draft.policy is not None and draft.policy.version == held.version:
            raise BadValue("nothing differs from what is in force", key="text", value=held.version)
        if not note:
            raise BadValue("must be filled in", key="note", value="")
        found = put_in_force(visit.shop, draft.text, visit.now, visit.user.name, note=note, over=draft.base)
    except TsuideError as error:
        now = active_policy(visit.shop, visit.now)
        return _editor(visit, now, draft, working=True, problem=error, note=note)
    keep_draft(visit.shop, visit.user.id, None, visit.now)
    return _put(visit, "policy.save", held, found, note)


def restore(visit: Visit) -> Response:
    """Put an older version in force again."""
    held = active_policy(visit.shop, visit.now)
    seen = visit.must("over")
    if seen != f"{held.name}@{held.version}":
        raise Conflict(
            "another policy was put in force since", key="policy", value=f"{held.name}@{held.version}",
            way_out="look at the versions again",
        )  # fmt: skip
    found = activate_version(visit.shop, visit.must("name"), visit.must("version"), over=(held.name, held.version))
    return _put(visit, "policy.restore", held, found, None)


def _put(visit: Visit, action: str, before: Policy, found: Policy, note: str | None) -> Response:
    visit.serving.decider.refresh()
    undo = {"name": before.name, "version": before.version, "over": [found.name, found.version]}
    said = {"version": f"{found.name}@{found.version}"} | ({"note": note} if note else {})
    was = {"version": f"{before.name}@{before.version}"}
    return visit.done("/policy", visit.record(Change(action, "policy", was, said, undo)))


def attempt(visit: Visit) -> Response:
    """Try the draft on the decisions of the last days, in a process of its own."""
    draft = _sent(visit)
    _keep(visit, draft)
    days = visit.given("days")
    try:
        if draft.problem is not None:
            raise draft.problem
        if not days.isascii() or not days.isdigit() or not 1 <= int(days) <= _MOST_DAYS:
            raise BadValue(f"must be 1 … {_MOST_DAYS}", key="days", value=days)
        begin(visit, KIND, {"text": draft.text, "days": int(days)})
    except TsuideError as error:
        return _editor(visit, active_policy(visit.shop, visit.now), draft, working=True, problem=error)
    return visit.done("/policy", days=days)


def _tried(visit: Visit, draft: Draft) -> dict[str, Any] | None:
    """What the newest attempt found, and whether it was of this very text."""
    jobs = [told(row, visit.now) for row in visit.shop.store.jobs.recent(KIND, 10)]
    over = [each for each in jobs if not each["under_way"]]
    found = next((each for each in over if each["wanted"]["text"] == draft.text), over[0] if over else None)
    if found is None:
        return None
    result = found["result"] or {}
    failed = found["state"] != "done"
    return {
        "at": found["ended_at"] or found["begun_at"],
        "who": found["who"],
        "days": found["wanted"]["days"],
        "of_this": found["wanted"]["text"] == draft.text,
        "failed": result.get("error", found["state"]) if failed else None,
        **({} if failed else result),
        "skipped_in_all": sum(result.get("skipped", {}).values()),
    }


def _tables(visit: Visit, tried: Mapping[str, Any] | None) -> list[Table]:
    if tried is None or tried["failed"]:
        return []
    columns = [
        Column("rule"), Column("offers_n", kind="number", help="of_offers_changed"),
        Column("examples", kind="lines", sortable=False),
        Column("one", href=lambda row: visit.url(f"/offers/decision/{row['decision']}"), sortable=False),
    ]  # fmt: skip
    return [
        Table(name, columns, [_row(visit, rule, each) for rule, each in tried[f"{name}_by_rule"].items()],
              caption=caption, empty="none_differs")
        for name, caption in (("refused", "refused_by_rule"), ("let_through", "let_by_rule"))
    ]  # fmt: skip


def _row(visit: Visit, rule: str, each: Mapping[str, Any]) -> dict[str, Any]:
    known = SAID.all(visit.language)
    examples = [f"{one['title']}（{known['kind.' + one['kind']]}）" for one in each["examples"]]
    if visit.language == "en":
        examples = [f"{one['title']} ({known['kind.' + one['kind']]})" for one in each["examples"]]
    said = known.get(f"rule.{rule}", known.get(rule, rule))
    return {"rule": said, "offers_n": each["count"], "examples": list(dict.fromkeys(examples)),
            "decision": each["examples"][0]["decision"], "one": known["see_one"]}  # fmt: skip


def history(visit: Visit) -> Response:
    """Every version that was ever in force."""
    rows = versions(visit.shop)
    held = next((row for row in rows if row["active"]), None)
    over = None if held is None else f"{held['name']}@{held['version']}"
    shown = [
        row | {"state": "in_force" if row["active"] else None, "n": number}
        for number, row in zip(range(len(rows), 0, -1), rows, strict=True)
    ]
    columns = [
        Column("at", kind="moment"), Column("name"),
        Column("version", href=lambda row: visit.url("/policy/diff", one=f"{row['name']}@{row['version']}", two=over)),
        Column("author"), Column("note"), Column("state", kind="mark"),
    ]  # fmt: skip
    restoring = Action(
        "restore",
        "/policy/restore",
        lambda row: None if row["active"] else {"name": row["name"], "version": row["version"], "over": over},
    )
    table = Table("versions", columns, shown, [restoring], title_key="version")
    return page(visit, "policy_versions.html", "room.policy", SAID, tables=[table], tab="versions")


def diff(visit: Visit) -> Response:
    """Two versions line by line."""
    held = active_policy(visit.shop, visit.now)
    rows = versions(visit.shop)
    named = {f"{row['name']}@{row['version']}": row for row in rows}
    default = f"{held.name}@{held.version}"
    kept = draft_of(visit.shop, visit.user.id)
    one = visit.asked("one") or default
    two = visit.asked("two") or ("draft" if kept is not None else default)
    beside = visit.asked("view") == "beside"
    texts = [_text_of(visit, each, kept) for each in (one, two)]
    lines = compared(*texts, context=10_000 if visit.asked("whole") else 3, beside=beside)
    options = [(each, f"{row['name']} {row['version'][:8]}") for each, row in named.items()]
    return page(
        visit,
        "policy_diff.html",
        "room.policy",
        SAID,
        tab="diff",
        one=one,
        two=two,
        lines=lines,
        beside=beside,
        whole=bool(visit.asked("whole")),
        named=named,
        options=options,
        with_draft=kept is not None,
        active=default,
    )


def _text_of(visit: Visit, named: str, kept: Mapping[str, Any] | None) -> str:
    if named == "draft":
        if kept is None:
            raise NotFound("there is no draft", key="two", value=named)
        return str(kept["text"])
    name, _, version = named.rpartition("@")
    return str(version_of(visit.shop, name, version)["text"])


ROUTES = [
    see("/policy", "policy", editor),
    see("/policy/versions", "policy", history),
    see("/policy/diff", "policy", diff),
    change("/policy/check", "policy", check),
    change("/policy/try", "policy", attempt),
    change("/policy/save", "policy", save),
    change("/policy/discard", "policy", discard),
    change("/policy/rebase", "policy", rebase),
    change("/policy/restore", "policy", restore),
]
