"""What every page of the console has in common: its frame, its headers, and what is said where something fails."""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any, Final
from urllib.parse import urlsplit

import jinja2
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from tsuide import __version__
from tsuide.app.changes import entry_told
from tsuide.app.users import ROOMS, User
from tsuide.errors import BadCondition, BadInput, NotFound, Refused, TsuideError, Unavailable, WrongKey
from tsuide.interfaces.console.charts import Chart, svg_of
from tsuide.interfaces.console.numbers import writers
from tsuide.interfaces.console.phrases.actions import ACTIONS
from tsuide.interfaces.console.phrases.definitions import DEFINITIONS
from tsuide.interfaces.console.phrases.frame import FRAME
from tsuide.interfaces.console.phrases.problems import in_japanese
from tsuide.interfaces.console.tables import Table, csv_of, sort_of
from tsuide.interfaces.console.visit import Visit, address, base_of, csrf_of, language_of, serving_of
from tsuide.kit.clock import zone
from tsuide.kit.phrases import LANGUAGES, Phrases

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}
GROUPS: Final[Sequence[tuple[str, Sequence[str]]]] = (
    ("", ("today",)),
    ("group_offers", ("opportunities", "offers", "policy", "promotions", "map")),
    ("group_outreach", ("segments", "journeys", "templates")),
    ("group_sales", ("customers", "worklist", "deals", "tasks")),
    ("group_proof", ("experiments", "reports", "supervision")),
    ("group_shop", ("data", "settings", "audit")),
)
assert {room for _, rooms in GROUPS for room in rooms} == set(ROOMS)  # noqa: S101 - every room has its place

_PLACE: Final = re.compile(r"line \d+(, character \d+)?: ")
"""Where something is wrong in a text: a page says it in its own words."""


@cache
def environment() -> jinja2.Environment:
    """The templates."""
    loader = jinja2.PackageLoader("tsuide.interfaces.console", "templates")
    made = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters["in_script"] = in_script
    return made


def in_script(value: object) -> Markup:
    """JSON that cannot end the script element in which it stands."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(safe)  # noqa: S704 - nothing of it can end the element


def page(
    visit: Visit,
    template: str,
    title: str,
    phrases: Phrases,
    *,
    tables: Sequence[Table] = (),
    charts: Sequence[Chart] = (),
    problem: TsuideError | None = None,
    status: int = 200,
    done: int | None = None,
    **values: Any,  # noqa: ANN401 - what the template shows
) -> Response:
    """One page; or one of its tables as CSV (``?csv=name``), or one of its charts as SVG (``?svg=name``).

    Args:
        visit: whose.
        template: its file; it begins with ``{% extends "frame.html" %}``.
        title: key of a phrase, or (with ``=`` before it) the title itself.
        phrases: the page's own; the frame's are known too.
        tables: of the page; a template shows one by its name with ``parts.table(…)``.
        charts: the same with ``parts.chart(…)``.
        problem: what was wrong with what was sent: shown above, and beside its field.
        status: of the answer.
        done: the entry of the log that says what was just done, where the address does not: of a page that is shown
            at once, since what stands in it is shown only once.
        values: what else the template shows.
    """
    wanted, drawn = visit.asked("csv"), visit.asked("svg")
    for each in tables:
        if each.name == wanted:
            return csv_of(each, visit.room)
    for one in charts:
        if one.name == drawn:
            return svg_of(one)
    say = partial(_said, (phrases, FRAME, DEFINITIONS, ACTIONS), visit.language)
    shown: dict[str, Any] = {
        **_frame(visit.request, visit.user, visit.language),
        "t": say,
        "visit": visit,
        "room": visit.room,
        "title": title.removeprefix("=") if title.startswith("=") else say(title),
        "guard": csrf_of(visit.token),
        "rooms": _rooms(visit),
        "changing": visit.changing,
        "notice": _notice(visit, done),
        "tables": {each.name: each for each in tables},
        "sorted": {each.name: sort_of(visit, each) for each in tables},
        "charts": {each.name: each for each in charts},
        "problem": None if problem is None else _told(problem, visit.language),
    }
    return _html(template, status if problem is None else _status(problem), shown | values)


def plain_page(
    request: Request,
    template: str,
    title: str,
    *,
    problem: TsuideError | None = None,
    **values: Any,  # noqa: ANN401 - what the template shows
) -> Response:
    """A page for who is not signed in."""
    language = language_of(request)
    say = partial(_said, (FRAME,), language)
    told = None if problem is None else _told(problem, language)
    status = 200 if problem is None else _status(problem)
    shown = {**_frame(request, None, language), "t": say, "title": say(title), "problem": told, "rooms": [], **values}
    return _html(template, status, shown)


def sorry(request: Request, user: User | None, error: TsuideError) -> Response:
    """What is said where a page cannot be shown, or what was sent cannot be done."""
    language = language_of(request, user)
    say = partial(_said, (FRAME,), language)
    shown = {**_frame(request, user, language), "t": say, "title": say("sorry"), "problem": _told(error, language)}
    if request.method != "GET":  # the page in another language would be another answer
        shown["languages"] = []
    return _html("sorry.html", _status(error), shown | {"rooms": [], "back": _came_from(request)})


def _came_from(request: Request) -> str | None:
    """The page of the console from which this was asked; None where it was none."""
    came = urlsplit(request.headers.get("referer", ""))
    ours = came.netloc == request.headers.get("host") and came.path.startswith(f"{base_of(request)}/")
    return f"{came.path}{'?' if came.query else ''}{came.query}" if ours and came.path != request.url.path else None


def _said(tables: Sequence[Phrases], language: str, key: str, **blanks: object) -> str:
    for each in tables:
        if key in each.all(language):
            return each.text(key, language, **blanks)
    return tables[-1].text(key, language, **blanks)


def _frame(request: Request, user: User | None, language: str) -> dict[str, Any]:
    settings = serving_of(request).settings
    given = {"lang": request.query_params.get("lang")}

    def other(to: str) -> str:
        kept = dict(request.query_params.multi_items()) | {"lang": to}
        return address(request, str(request.url.path).removeprefix(base_of(request)), kept)

    return {
        "base": base_of(request),
        "version": __version__,
        "language": language,
        "user": user,
        "url": lambda path, **values: address(request, path, values),
        "asked_language": given["lang"] or "",
        "languages": [(each, other(each)) for each in LANGUAGES],
        "currency": settings.currency,
        **writers(language, zone(settings.time_zone)),
    }


def _rooms(visit: Visit) -> list[tuple[str, list[str]]]:
    there: frozenset[str] = visit.request.app.state.rooms
    seen = [
        (group, [room for room in rooms if room in there and visit.user.may("see", room)]) for group, rooms in GROUPS
    ]
    return [(group, rooms) for group, rooms in seen if rooms]


def _notice(visit: Visit, done: int | None) -> dict[str, Any] | None:
    """What was just changed by this user, and whether it can be undone."""
    number = visit.number("done", 0, most=10**9) if done is None else done
    row = visit.shop.store.audit.one(number) if number else None
    if row is None or row["user_id"] != visit.user.id:
        return None
    told = entry_told(row)
    return told | {"undoable": told["undoable"] and visit.changing}


def _told(error: TsuideError, language: str) -> Mapping[str, Any]:
    codes = FRAME.all(language)
    said = next((code for code in _lineage(error) if f"error.{code}" in codes), "tsuide-error")
    value = None if error.value is None else str(error.value)[:200]
    told: dict[str, Any] = {"said": codes[f"error.{said}"], "key": error.key, "value": value}
    told |= _worded("what", _PLACE.sub("", str(error.what)) if hasattr(error, "line") else str(error.what), language)
    told |= _worded("way_out", error.way_out, language) | {"line": getattr(error, "line", None)}
    return told | {"excerpt": _excerpt(error) if isinstance(error, BadCondition) else None}


def _worded(name: str, text: str | None, language: str) -> dict[str, str | None]:
    """What an error says, and the language in which it can be said."""
    said = in_japanese(text) if text and language == "ja" else None
    return {name: said or text, f"{name}_in": language if said else "en"}


def _excerpt(error: BadCondition) -> tuple[str, str, str]:
    """The line of a condition that is wrong: what stands before the fault, the fault, what stands behind it."""
    first = error.text.rfind("\n", 0, error.start) + 1
    last = error.text.find("\n", error.start)
    last = len(error.text) if last < 0 else last
    end = min(error.end, last)
    return error.text[first : error.start], error.text[error.start : end] or "␣", error.text[end:last]


def _lineage(error: TsuideError) -> list[str]:
    """The codes of an error, from its own to the tree's root."""
    kinds = [kind for kind in type(error).__mro__ if issubclass(kind, TsuideError)]
    return [kind.code.fget(kind.__new__(kind)) for kind in kinds]  # type: ignore[attr-defined]  # a property


def _status(error: TsuideError) -> int:
    match error:
        case WrongKey():
            return 403
        case NotFound():
            return 404
        case BadInput():
            return 422
        case Refused():
            return 409
        case Unavailable():
            return 503
        case _:
            return 409


def _html(template: str, status: int, shown: Mapping[str, Any]) -> Response:
    return HTMLResponse(environment().get_template(template).render(**shown), status, headers=HEADERS)
