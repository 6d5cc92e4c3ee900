"""The door: set-up of the first owner, signing in and out, and the links with which passwords are chosen."""

import asyncio
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tsuide.app.users import SESSION, Doorkeeper, User, choose_password, invited, set_up, setup_token
from tsuide.errors import TsuideError, WrongKey
from tsuide.interfaces.console.frame import plain_page, sorry
from tsuide.interfaces.console.visit import COOKIE, address, base_of, language_of, same_origin, serving_of


async def sign_in(request: Request) -> Response:
    """Ask who it is; let them in."""
    return await asyncio.to_thread(_sign_in, request, await _sent(request))


def _sign_in(request: Request, form: dict[str, str]) -> Response:
    serving = serving_of(request)
    if not serving.shop.store.users.any():
        return plain_page(request, "first.html", "set_up")
    if request.method == "GET":
        return plain_page(request, "sign_in.html", "sign_in", email="")
    door: Doorkeeper = request.app.state.door
    try:
        _must_be_ours(request)
        where = request.client.host if request.client is not None else ""
        user, token = door.sign_in(form.get("email", ""), form.get("password", ""), where, serving.clock())
    except TsuideError as error:
        return plain_page(request, "sign_in.html", "sign_in", problem=error, email=form.get("email", ""))
    return _in(request, user, token, request.query_params.get("back", ""))


async def sign_out(request: Request) -> Response:
    """End the session."""
    if not same_origin(request):
        return sorry(request, None, _not_ours())
    await asyncio.to_thread(request.app.state.door.sign_out, request.cookies.get(COOKIE, ""))
    answer = RedirectResponse(address(request, "/sign-in", {}), 303)
    answer.delete_cookie(COOKIE, path=base_of(request) or "/")
    return answer


async def setup(request: Request) -> Response:
    """Make the first owner."""
    form = await _sent(request)

    def made() -> User:
        serving = serving_of(request)
        given = {"language": language_of(request), **form}  # in which they read this page they read the others
        return set_up(serving.shop, request.query_params.get("token", ""), given, serving.clock(), serving.entropy())

    def asked(problem: TsuideError | None) -> Response:
        shop = serving_of(request).shop
        if setup_token(shop, serving_of(request).clock()) is None:
            return RedirectResponse(address(request, "/sign-in", {}), 303)
        kept = {name: form.get(name, "") for name in ("email", "name")}
        return plain_page(request, "setup.html", "set_up", problem=problem, **kept)

    return await asyncio.to_thread(_chosen, request, made, asked)


async def password(request: Request) -> Response:
    """Choose a password with a link."""
    form, token = await _sent(request), request.query_params.get("token", "")

    def made() -> User:
        return choose_password(serving_of(request).shop, token, form.get("password", ""), serving_of(request).clock())

    def asked(problem: TsuideError | None) -> Response:
        try:
            user = invited(serving_of(request).shop, token, serving_of(request).clock())
        except WrongKey as error:
            return sorry(request, None, error)
        return plain_page(request, "password.html", "choose_password", problem=problem, email=user.email)

    return await asyncio.to_thread(_chosen, request, made, asked)


def _chosen(request: Request, made: Callable[[], User], asked: Callable[[TsuideError | None], Response]) -> Response:
    if request.method == "GET":
        return asked(None)
    try:
        _must_be_ours(request)
        user = made()
    except TsuideError as error:
        return asked(error)
    door: Doorkeeper = request.app.state.door
    return _in(request, user, door.begin(user, serving_of(request).clock()), "")


def _in(request: Request, user: User, token: str, back: str) -> Response:
    inside = back if back.startswith("/") and not back.startswith("//") and not urlsplit(back).netloc else "/"
    first = "/worklist" if user.own_only and inside == "/" else inside
    answer = RedirectResponse(address(request, first.partition("?")[0], _query(first)), 303)
    return with_session(request, answer, token)


def with_session(request: Request, answer: Response, token: str) -> Response:
    """An answer that gives the browser the cookie of a session."""
    safe = request.url.scheme == "https" or serving_of(request).settings.public_url.startswith("https://")
    path = base_of(request) or "/"
    lasts = int(SESSION.total_seconds())
    answer.set_cookie(COOKIE, token, max_age=lasts, path=path, secure=safe, httponly=True, samesite="lax")
    return answer


def _query(address_: str) -> dict[str, object]:
    return dict(parse_qsl(urlsplit(address_).query))


def _not_ours() -> WrongKey:
    return WrongKey("this was not sent by a page of the console", key="origin", way_out="load the page anew")


def _must_be_ours(request: Request) -> None:
    if not same_origin(request):
        raise _not_ours()


async def _sent(request: Request) -> dict[str, str]:
    if request.method != "POST":
        return {}
    form = await request.form(max_files=0, max_fields=20)
    return {name: value for name, value in form.items() if isinstance(value, str)}


ROUTES = [
    Route("/sign-in", sign_in, methods=["GET", "POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
    Route("/setup", setup, methods=["GET", "POST"]),
    Route("/password", password, methods=["GET", "POST"]),
]
