"""API keys: made here and shown once, with what they may do and how fast; revoked within a second."""

from collections.abc import Sequence
from typing import Any, Final

from starlette.responses import Response

from tsuide.app.changes import Change
from tsuide.app.keys import IMPLIED, create_key
from tsuide.app.limits import RATES, Rate, read_rates
from tsuide.errors import BadValue, NotFound, TsuideError, WrongKey
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.phrases.settings import SETTINGS
from tsuide.interfaces.console.settings import TABS
from tsuide.interfaces.console.tables import Action, Column, Table
from tsuide.interfaces.console.visit import Visit, change, see
from tsuide.kit.text import must_be_said, must_be_short


def keys(visit: Visit) -> Response:
    """Every key."""
    return _keys(visit)


def _keys(visit: Visit, problem: TsuideError | None = None, **shown: Any) -> Response:  # noqa: ANN401 - for the template
    usual = read_rates(visit.serving.settings.rates)
    rows = [
        {
            "id": each.id, "name": each.name, "created_at": each.created_at, "used_at": each.used_at,
            "scopes": [SETTINGS.text(f"scope.{scope}", visit.language) for scope in each.scopes],
            "rate": each.rate or _usual(usual, each.scopes),
            "state": "active" if each.revoked_at is None else "revoked",
        }
        for each in reversed(visit.shop.store.keys.all())
    ]  # fmt: skip
    columns = [
        Column("name"), Column("id", "key_id", help="help_key_id"), Column("scopes", kind="lines"),
        Column("rate", help="help_rate"), Column("created_at", "made_at", kind="day"),
        Column("used_at", kind="moment", help="help_used"), Column("state", kind="mark"),
    ]  # fmt: skip
    revoke = Action(
        "revoke",
        "/settings/keys/revoke",
        lambda row: {"id": row["id"]} if row["state"] == "active" else None,
        danger=True,
    )
    given = {"name": visit.given("name"), "scope": visit.given("scope", "storefront"), "rate": visit.given("rate")}
    return page(
        visit, "settings_keys.html", "room.settings", SETTINGS, problem=problem, tabs=TABS,
        tables=[Table("keys", columns, rows, [revoke], empty="no_keys", title_key="name")],
        scopes=[(scope, SETTINGS.text(f"scope.{scope}", visit.language)) for scope in IMPLIED],
        **{"key": None, "given": given, **shown},
    )  # fmt: skip


def _usual(rates: dict[str, Rate], scopes: Sequence[str]) -> str:
    widest = max(scopes, key=lambda scope: len(IMPLIED[scope]), default="storefront")
    return str(rates.get(widest, RATES["storefront"]))


def made(visit: Visit) -> Response:
    """Make a key; the page that answers shows it, once."""
    try:
        key, done = make(visit, visit.must("name"), visit.must("scope"), visit.given("rate"))
    except TsuideError as error:
        return _keys(visit, error)
    return _keys(visit, key=key, done=done)


def make(visit: Visit, name: str, scope: str, rate: str = "") -> tuple[str, int]:
    """Make a key in this user's name; it, and the entry of the log.

    Raises:
        WrongKey: a key that may do more than its maker.
        BadValue: a name or a scope that will not do.
        BadSetting: not a rate.
    """
    if scope not in IMPLIED:
        raise BadValue("not a scope", key="scope", value=scope, way_out=", ".join(IMPLIED))
    if scope != "storefront" and not visit.user.may("change", "settings"):
        raise WrongKey("only an owner makes such a key", key="scope", value=scope, way_out="ask an owner")
    must_be_said("name", name)
    must_be_short("name", name)
    own = Rate.read(rate) if rate else None
    key, key_id = create_key(visit.shop, name, [scope], visit.now, own)
    after = {"scope": scope} | ({"rate": str(own)} if own else {})
    return key, visit.record(Change("key.make", _subject(name, key_id), None, after, {"id": key_id}))


def revoked(visit: Visit) -> Response:
    """Refuse a key from now on; a running server follows within a second."""
    key_id = visit.must("id")
    found = next((each for each in visit.shop.store.keys.all() if each.id == key_id), None)
    if found is None:
        raise NotFound("no such key", key="id", value=key_id)
    visit.shop.store.keys.revoke(key_id, visit.now)
    before = {"scopes": list(found.scopes)}
    entry = visit.record(Change("key.revoke", _subject(found.name, key_id), before, None, {"id": key_id}))
    return visit.done("/settings/keys", entry)


def _subject(name: str, key_id: str) -> str:
    return f"{name} ({key_id})"


ROUTES: Final = [
    see("/settings/keys", "settings", keys),
    change("/settings/keys", "settings", made),
    change("/settings/keys/revoke", "settings", revoked),
]
