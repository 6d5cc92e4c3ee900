"""The public pages, without login: a token signed for one message and one use is all that they know of a visitor.

Nothing of the customer stands in a link or on a page, no name, no address; but a quote says whom it is for. Looking
(GET) changes nothing, since mail servers follow links to judge them; only pressing a button, or a mail program's own
one click (RFC 8058), does.
"""

import asyncio
from importlib import resources
from typing import Final

import structlog
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tsuide.app.consent_words import read_of
from tsuide.app.mail_answers import CHOICES, FREQUENCIES, Choices, MailAnswers
from tsuide.app.tasks import task_calendar, whose_calendar
from tsuide.errors import TsuideError
from tsuide.interfaces.public.frame import HEADERS, language_of, serving_of, shown, sorry
from tsuide.interfaces.public.quotes import quoted
from tsuide.interfaces.public.surveys import asked

_NAMES: Final = {f"{purpose}_{channel}": (purpose, channel) for purpose, channel in CHOICES}
_PIXEL: Final = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
_log = structlog.get_logger("tsuide.public")


async def unsubscribe(request: Request) -> Response:
    """Asks, and does where it is told to."""
    answers, token = _answers(request), request.path_params["token"]
    try:
        preferences = answers.token_of(token, "unsubscribe", "preferences")
        if request.method == "POST":
            await asyncio.to_thread(answers.unsubscribe, token, serving_of(request).clock())
    except TsuideError as error:
        return sorry(request, error)
    view, title = ("done", "unsubscribed_title") if request.method == "POST" else ("ask", "unsubscribe_title")
    return shown(request, title, view=view, preferences=preferences)


async def preferences(request: Request) -> Response:
    """What is chosen, and what is chosen now."""
    answers, token = _answers(request), request.path_params["token"]
    try:
        if request.method == "POST":
            await _choose(request, answers, token)
        choices = await asyncio.to_thread(answers.choices, token)
        words = await serving_of(request).consent_words()
    except TsuideError as error:
        return sorry(request, error)
    return shown(
        request,
        "preferences_title",
        view="choose",
        saved=request.method == "POST",
        granted={name for name, each in _NAMES.items() if each in choices.granted},
        every=choices.every_days,
        frequencies=FREQUENCIES,
        words=words.number,
        asks={name: words.text(".".join(each), language_of(request)) for name, each in _NAMES.items()},
    )


async def opened(request: Request) -> Response:
    """A picture of one dot, whatever else happens: a mail must not look broken."""
    try:
        await asyncio.to_thread(_answers(request).opened, request.path_params["token"], serving_of(request).clock())
    except TsuideError as error:
        _log.info("an opening was not counted", error=str(error))
    return Response(_PIXEL, media_type="image/gif", headers=HEADERS)


async def followed(request: Request) -> Response:
    """On to where the link leads: only to what stands in the mail itself."""
    token, n = request.path_params["token"], request.path_params["n"]
    try:
        address = await asyncio.to_thread(_answers(request).followed, token, n, serving_of(request).clock())
    except TsuideError as error:
        return sorry(request, error)
    return RedirectResponse(address, 302, headers=HEADERS)


async def calendar(request: Request) -> Response:
    """One person's open tasks, for the calendar program that knows this address."""
    serving = serving_of(request)

    def made() -> bytes:
        whose = whose_calendar(serving.shop, request.path_params["token"], serving.clock())
        return task_calendar(serving.shop, language_of(request), whose)

    try:
        text = await asyncio.to_thread(made)
    except TsuideError as error:
        return sorry(request, error)
    return Response(text, media_type="text/calendar; charset=utf-8", headers={**HEADERS, "Cache-Control": "no-cache"})


async def style(_: Request) -> Response:
    """How the pages look."""
    text = (resources.files("tsuide.interfaces.public") / "static" / "style.css").read_text(encoding="utf-8")
    return Response(text, media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


async def _choose(request: Request, answers: MailAnswers, token: str) -> None:
    form, serving = await request.form(), serving_of(request)
    now, words = serving.clock(), form.get("words")
    read = None
    if words is not None:  # a page that was open before there were numbers brings none
        read = await asyncio.to_thread(read_of, serving.shop, str(words), language_of(request), now)
    await asyncio.to_thread(answers.choose, token, _chosen(form), now, read)


def _chosen(form: FormData) -> Choices:
    every = str(form.get("every", "0"))
    names = [str(each) for each in form.getlist("granted")]
    granted = frozenset(_NAMES.get(each, (each, "")) for each in names)
    return Choices(granted, int(every) if every.isascii() and every.isdigit() and len(every) < 5 else -1)  # noqa: PLR2004 - days


def _answers(request: Request) -> MailAnswers:
    return serving_of(request).mail_answers


PAGES: Final = [
    Route("/m/style.css", style),
    Route("/m/unsubscribe/{token}", unsubscribe, methods=["GET", "POST"]),
    Route("/m/preferences/{token}", preferences, methods=["GET", "POST"]),
    Route("/m/survey/{survey}/{token}", asked, methods=["GET", "POST"]),
    Route("/m/quote/{token}", quoted, methods=["GET", "POST"]),
    Route("/m/tasks/{token}.ics", calendar),
    Route("/m/open/{token}.gif", opened),
    Route("/m/click/{token}/{n:int}", followed),
]
