"""Users: who may sign in, invited with a link that is shown once; and everybody's own page."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from tsuide.app.changes import Change
from tsuide.app.users import ROLES, Doorkeeper, change_user, invite, invite_again, users_told
from tsuide.errors import NotFound, TsuideError
from tsuide.interfaces.console.door import with_session
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.phrases.frame import FRAME
from tsuide.interfaces.console.phrases.settings import SETTINGS
from tsuide.interfaces.console.tables import Action, Column, Table
from tsuide.interfaces.console.visit import Visit, change, own, plain_form, see
from tsuide.kit.phrases import LANGUAGES

TABS: Final = (
    ("/settings", "users"), ("/settings/shop", "basics"), ("/settings/keys", "keys"), ("/settings/terms", "terms"),
    ("/settings/consent", "consent"), ("/settings/mail", "mail"), ("/settings/hooks", "hooks"),
    ("/settings/environment", "environment"), ("/settings/doctor", "doctor"),
)  # fmt: skip
"""The room's pages: path, and key of the phrase that names it."""
_FIELDS: Final = ("email", "name", "role", "language", "rep_id")


def users(visit: Visit) -> Response:
    """Everybody who may sign in, or once might."""
    return _users(visit)


def _users(visit: Visit, problem: TsuideError | None = None, **shown: Any) -> Response:  # noqa: ANN401 - for the template
    rows = [_row(visit, each) for each in users_told(visit.shop)]
    columns = [
        Column("name", href=lambda row: visit.url(f"/settings/users/{row['id']}")), Column("email"),
        Column("role_name", "role"), Column("rep_id", help="help_rep"), Column("made_at", kind="day"),
        Column("state", kind="mark"),
    ]  # fmt: skip
    actions = [
        Action("new_link", "/settings/users/link", lambda row: None if row["ended"] else {"id": row["id"]}),
        Action("end", "/settings/users/end", lambda row: None if row["ended"] else {"id": row["id"]}, danger=True),
        Action("let_in", "/settings/users/again", lambda row: {"id": row["id"]} if row["ended"] else None),
    ]
    return page(
        visit, "settings_users.html", "room.settings", SETTINGS, problem=problem, tabs=TABS,
        tables=[Table("users", columns, rows, actions, title_key="name")],
        roles=_roles(visit), tongues=_languages(visit), given=_given(visit, problem), **{"link": None, **shown},
    )  # fmt: skip


def _row(visit: Visit, told: Mapping[str, Any]) -> dict[str, Any]:
    state = "ended" if told["ended"] else "waiting" if told["waiting"] else "active"
    return {**told, "role_name": FRAME.text(f"role.{told['role']}", visit.language), "state": state}


def _roles(visit: Visit) -> list[tuple[str, str]]:
    return [(role, FRAME.text(f"role.{role}", visit.language)) for role in ROLES]


def _languages(visit: Visit) -> list[tuple[str, str]]:
    shops = SETTINGS.text("as_the_shop", visit.language)
    return [("", shops), *((each, FRAME.text(each, visit.language)) for each in LANGUAGES)]


def _given(visit: Visit, problem: TsuideError | None) -> dict[str, Any]:
    kept = plain_form(visit.form) if problem is not None else {}
    return {"email": "", "name": "", "role": "marketer", "language": "", "rep_id": ""} | kept


def invited(visit: Visit) -> Response:
    """Invite somebody; the page that answers shows their link, once."""
    given = {name: visit.given(name) for name in _FIELDS}
    try:
        user, token = invite(visit.shop, given, visit.now, visit.serving.entropy())
    except TsuideError as error:
        return _users(visit, error)
    after = {name: value for name, value in given.items() if value}
    entry = visit.record(Change("user.invite", user.email, None, after, {"id": user.id}))
    return _users(visit, done=entry, link=visit.link("/password", token=token), whose=user.name)


def new_link(visit: Visit) -> Response:
    """A new link for somebody who lost theirs, or the password; shown once."""
    told = _one(visit, visit.must("id"))
    token = invite_again(visit.shop, told["id"], visit.now)
    entry = visit.record(Change("user.link", told["email"], undo={"id": told["id"]}))
    return _users(visit, done=entry, link=visit.link("/password", token=token), whose=told["name"])


def end(visit: Visit) -> Response:
    """Let somebody sign in no more."""
    return _ended(visit, "user.end", "yes")


def again(visit: Visit) -> Response:
    """Let somebody in again."""
    return _ended(visit, "user.again", "no")


def _ended(visit: Visit, action: str, ended: str) -> Response:
    told = _one(visit, visit.must("id"))
    try:
        before = change_user(visit.shop, told["id"], {"ended": ended}, visit.now)
    except TsuideError as error:
        return _users(visit, error)
    undo = {"id": told["id"], "was": before}
    entry = visit.record(Change(action, told["email"], before, {"ended": ended}, undo)) if before else None
    return visit.done("/settings", entry)


def one(visit: Visit) -> Response:
    """One user, to be changed."""
    return _user(visit, _one(visit, visit.request.path_params["user"]))


def _user(visit: Visit, told: Mapping[str, Any], problem: TsuideError | None = None) -> Response:
    given = dict(told) | (plain_form(visit.form) if problem is not None else {})
    return page(
        visit, "settings_user.html", f"={told['name']}", SETTINGS, problem=problem, tabs=TABS, told=told, given=given,
        roles=_roles(visit), tongues=_languages(visit),
    )  # fmt: skip


def changed(visit: Visit) -> Response:
    """Change somebody's name, address, role, language or rep id."""
    told = _one(visit, visit.request.path_params["user"])
    given = {name: visit.given(name) for name in _FIELDS}
    try:
        before = change_user(visit.shop, told["id"], given, visit.now)
    except TsuideError as error:
        return _user(visit, told, error)
    return visit.done("/settings", _noted(visit, told, before, given))


def _noted(visit: Visit, told: Mapping[str, Any], before: Mapping[str, str], given: Mapping[str, str]) -> int | None:
    if not before:
        return None
    after = {name: given[name] for name in before}
    undo = {"id": told["id"], "was": before}
    return visit.record(Change("user.change", told["email"], before, after, undo))


def _one(visit: Visit, user_id: str) -> dict[str, Any]:
    for each in users_told(visit.shop):
        if each["id"] == user_id:
            return each
    raise NotFound("no such user", key="user", value=user_id)


def me(visit: Visit) -> Response:
    """One's own page."""
    return _me(visit)


def _me(visit: Visit, problem: TsuideError | None = None) -> Response:
    kept = plain_form(visit.form) if problem is not None else {}
    given = {"name": visit.user.name, "language": visit.user.language or ""} | kept
    return page(
        visit, "me.html", "own_page", SETTINGS, problem=problem, room="", given=given, tongues=_languages(visit)
    )


def my_profile(visit: Visit) -> Response:
    """Change one's own name and language."""
    told = _one(visit, visit.user.id)
    given = {name: visit.given(name) for name in ("name", "language")}
    try:
        before = change_user(visit.shop, told["id"], given, visit.now)
    except TsuideError as error:
        return _me(visit, error)
    return visit.done("/me", _noted(visit, told, before, given))


def my_password(visit: Visit) -> Response:
    """Change one's own password, with the old one; other sessions end."""
    door: Doorkeeper = visit.request.app.state.door
    try:
        token = door.change_password(visit.user, visit.given("old"), visit.given("password"), visit.now)
    except TsuideError as error:
        return _me(visit, error)
    entry = visit.record(Change("user.password", visit.user.email))
    answer = visit.done("/me", entry)
    return with_session(visit.request, answer, token)


def my_sessions(visit: Visit) -> Response:
    """Sign out everywhere, here too."""
    door: Doorkeeper = visit.request.app.state.door
    door.sign_out_everywhere(visit.user)
    visit.record(Change("user.sessions", visit.user.email))
    return visit.done("/sign-in")  # the cookie that is left opens nothing


ROUTES: Final = [
    see("/settings", "settings", users),
    see("/settings/users/{user}", "settings", one),
    change("/settings/invite", "settings", invited),
    change("/settings/users/link", "settings", new_link),
    change("/settings/users/end", "settings", end),
    change("/settings/users/again", "settings", again),
    change("/settings/users/{user}/change", "settings", changed),
]
OWN: Final = [
    see("/me", "today", me),
    own("/me/profile", my_profile),
    own("/me/password", my_password),
    own("/me/sessions", my_sessions),
]
"""Everybody's own, also an auditor's, who changes nothing else."""
