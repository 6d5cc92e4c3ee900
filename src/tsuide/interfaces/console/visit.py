"""One request to the console: who asks, in which language, and the routes that let only those in who may.

A handler is a plain function (it runs in a thread, since what it calls waits for the store) or a coroutine. What goes
wrong while it works, as far as Tsuide itself reports it, becomes a page that says so.
"""

import asyncio
import hashlib
import hmac
import inspect
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode, urlsplit

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tsuide.app.changes import Change, record_change
from tsuide.app.serving import Serving
from tsuide.app.users import User
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, TsuideError, WrongKey
from tsuide.kit.phrases import LANGUAGES

COOKIE: Final = "tsuide_console"
_EVERYBODYS: Final = "today"  # the room of pages that are everybody's own
_PARTS: Final = 2_000  # fields of a form
_BESIDE: Final = 20  # fields beside a file: they are kept in memory, the file is not


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of somebody who is signed in.

    Args:
        request: as it came.
        user: who.
        token: of their session.
        room: in which the page stands.
        form: what was sent; empty unless something was.
    """

    request: Request
    user: User
    token: str
    room: str
    form: FormData = field(default_factory=FormData)

    @property
    def serving(self) -> Serving:
        """The running shop."""
        return serving_of(self.request)

    @property
    def shop(self) -> Shop:
        """The shop."""
        return self.serving.shop

    @property
    def now(self) -> datetime:
        """When."""
        return self.serving.clock()

    @property
    def language(self) -> str:
        """As the address says, else as the user chose, else the shop's."""
        return language_of(self.request, self.user)

    @property
    def changing(self) -> bool:
        """Whether they may change what is in this room."""
        return self.user.may("change", self.room)

    def asked(self, name: str, default: str = "") -> str:
        """A value of the address, without spaces around it."""
        return str(self.request.query_params.get(name, default)).strip()

    def number(self, name: str, default: int, least: int = 0, most: int = 10_000) -> int:
        """A whole number of the address; the default where it is none, the bound where it is beyond."""
        found = whole(self.asked(name))
        return default if found is None else min(max(found, least), most)

    def given(self, name: str, default: str = "") -> str:
        """A value of the form, without spaces around it."""
        value = self.form.get(name, default)
        return default if isinstance(value, UploadFile) else str(value).strip()

    def must(self, name: str) -> str:
        """A value of the form that must be there.

        Raises:
            BadValue: it is not.
        """
        value = self.given(name)
        if not value:
            raise BadValue("must be filled in", key=name, value="")
        return value

    def file(self, name: str) -> UploadFile | None:
        """A file of the form; None where none was chosen."""
        value = self.form.get(name)
        return value if isinstance(value, UploadFile) and value.filename else None

    @property
    def server(self) -> str:
        """Where others reach this shop's server: as TSUIDE_PUBLIC_URL says, else as this request reached it."""
        asked = urlsplit(str(self.request.url))
        root = self.serving.settings.public_url or f"{asked.scheme}://{asked.netloc}"
        return root + base_of(self.request).removesuffix("/console")

    def link(self, path: str, **values: str) -> str:
        """A whole address in the console, to be sent to somebody."""
        return f"{self.server}/console{path}?{urlencode(values)}"

    def url(self, path: str, **values: object) -> str:
        """An address in the console; a language that was asked for stays asked for."""
        return address(self.request, path, values)

    def here(self, **values: object) -> str:
        """This page with other values; None takes one out."""
        asked = self.request.query_params
        kept: dict[str, object] = {name: asked.getlist(name) for name in asked if name != "done"}
        return address(self.request, path_of(self.request), kept | values)

    def record(self, change: Change) -> int:
        """Write a change into the audit log as this user's; the number of the entry."""
        room = "" if self.room == _EVERYBODYS else self.room  # what is one's own is one's own to take back
        return record_change(self.shop, change, self.user, self.now, room=room)

    def done(self, path: str, entry: int | None = None, **values: object) -> Response:
        """On to a page that says that it is done, and lets it be undone."""
        return RedirectResponse(self.url(path, **values, done=entry), 303)


def whole(text: str) -> int | None:
    """A whole number as somebody typed it; None where it is none, or has more than nine digits.

    >>> whole("12"), whole("-1"), whole("1" * 10)
    (12, None, None)
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004 - digits


Handler: TypeAlias = Callable[[Visit], Response | Awaitable[Response]]
Problem: TypeAlias = Callable[[Request, User | None, TsuideError], Response]


def serving_of(request: Request) -> Serving:
    """The running shop."""
    serving: Serving = request.app.state.serving
    return serving


def language_of(request: Request, user: User | None = None) -> str:
    """As the address says, else as the user chose; before they are known as the browser prefers; else the shop's."""
    asked = request.query_params.get("lang", "")
    if asked in LANGUAGES:
        return asked
    if user is not None:
        return user.language or serving_of(request).settings.language
    for each in request.headers.get("accept-language", "").split(","):
        if each.strip()[:2].lower() in LANGUAGES:
            return each.strip()[:2].lower()
    return serving_of(request).settings.language


def path_of(request: Request) -> str:
    """The path within the console."""
    return str(request.url.path).removeprefix(base_of(request)) or "/"


def base_of(request: Request) -> str:
    """Where the console is mounted."""
    return str(request.app.state.base)


def address(request: Request, path: str, values: Mapping[str, object]) -> str:
    """An address in the console; a language that was asked for stays asked for, what is None is left out."""
    asked = request.query_params.get("lang")
    known: dict[str, object] = {} if asked is None else {"lang": asked}
    said = {name: value for name, value in (known | dict(values)).items() if value not in (None, "", [""])}
    query = urlencode(said, doseq=True)
    return f"{base_of(request)}{path}{'?' if query else ''}{query}"


def see(path: str, room: str, handler: Handler) -> Route:
    """A page for whoever may see its room."""

    async def endpoint(request: Request) -> Response:
        user, token = await _who(request)
        if user is None:
            back = str(request.url.path).removeprefix(base_of(request))
            back += f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(address(request, "/sign-in", {"back": back}), 303)
        if not user.may("see", room):
            return _problem(request, user, WrongKey("your role does not see this room", key="room", value=room))
        return await _answer(Visit(request, user, token, room), handler)

    return Route(path, endpoint, methods=["GET"])


def own(path: str, handler: Handler) -> Route:
    """What anybody who is signed in may change: what is their own."""
    return _changed(path, _EVERYBODYS, handler, lambda _: True)


def change(path: str, room: str, handler: Handler) -> Route:
    """What is sent by whoever may change what is in a room ("": anything at all), from a page of ours."""
    return _changed(path, room, handler, lambda user: user.may("change", room) if room else user.changes)


def take_file(path: str, room: str, handler: Handler) -> Route:
    """What takes a file from whoever may change what is in a room."""
    return _changed(path, room, handler, lambda user: user.may("change", room), files=1)


def _changed(path: str, room: str, handler: Handler, may: Callable[[User], bool], files: int = 0) -> Route:

    async def endpoint(request: Request) -> Response:
        user, token = await _who(request)
        if user is None:
            return RedirectResponse(address(request, "/sign-in", {}), 303)
        if not may(user):
            return _problem(request, user, WrongKey("your role changes nothing here", key="room", value=room))
        form = await request.form(max_files=files, max_fields=_BESIDE if files else _PARTS)
        try:
            if not same_origin(request) or not _unmasked(str(form.get("csrf", "")), token):
                gone = WrongKey(
                    "the form is too old, or not from this console", key="csrf", way_out="load the page anew"
                )
                return _problem(request, user, gone)
            return await _answer(Visit(request, user, token, room, form), handler)
        finally:
            await form.close()

    return Route(path, endpoint, methods=["POST"])


async def _who(request: Request) -> tuple[User | None, str]:
    token = request.cookies.get(COOKIE, "")
    serving = serving_of(request)
    return await asyncio.to_thread(request.app.state.door.whose, token, serving.clock()), token


async def _answer(visit: Visit, handler: Handler) -> Response:
    try:
        if inspect.iscoroutinefunction(handler):
            answer = await handler(visit)
        else:
            answer = await asyncio.to_thread(handler, visit)
    except TsuideError as error:
        answer = await asyncio.to_thread(_problem, visit.request, visit.user, error)
    assert isinstance(answer, Response)  # noqa: S101 - a handler's
    return answer


def _problem(request: Request, user: User | None, error: TsuideError) -> Response:
    problem: Problem = request.app.state.problem
    return problem(request, user, error)


def same_origin(request: Request) -> bool:
    """Whether a page of ours sent this, as far as the browser says."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    ours = {request.headers.get("host"), urlsplit(serving_of(request).settings.public_url).netloc}
    return origin is None or urlsplit(origin).netloc in ours - {"", None}  # "null" is nobody's


def csrf_of(token: str) -> str:
    """What a form must bring, drawn anew for every page: one that is compressed beside it gives nothing away."""
    secret, mask = _secret(token), secrets.token_bytes(32)
    return (mask + bytes(one ^ other for one, other in zip(secret, mask, strict=True))).hex()


def _unmasked(text: str, token: str) -> bool:
    try:
        whole = bytes.fromhex(text)
    except ValueError:
        return False
    mask, hidden = whole[:32], whole[32:]
    if len(mask) != len(hidden):
        return False
    return hmac.compare_digest(bytes(one ^ other for one, other in zip(mask, hidden, strict=True)), _secret(token))


def _secret(token: str) -> bytes:
    return hmac.new(token.encode(), b"csrf", hashlib.sha256).digest()


def plain_form(form: FormData) -> dict[str, Any]:
    """What was sent, without files and the console's own fields: to be shown again."""
    return {name: value for name, value in form.items() if name != "csrf" and not isinstance(value, UploadFile)}
