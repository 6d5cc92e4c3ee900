"""What every public page has in common: its headers, the reader's language, and what is said where a link fails."""

from functools import cache
from typing import Any, Final

import structlog
from jinja2 import Environment, PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from tsuide.app.serving import Serving
from tsuide.errors import BadInput, NotFound, Refused, TsuideError
from tsuide.interfaces.public.phrases import PUBLIC
from tsuide.kit.phrases import LANGUAGES

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
}
_log = structlog.get_logger("tsuide.public")


@cache
def _environment() -> Environment:
    loader = PackageLoader("tsuide.interfaces.public", "templates")
    return Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)


def serving_of(request: Request) -> Serving:
    """The running shop."""
    serving: Serving = request.app.state.serving
    return serving


def language_of(request: Request) -> str:
    """As the link says, else as the browser prefers, else the shop's."""
    asked = request.query_params.get("lang", "")
    if asked in LANGUAGES:
        return asked
    for each in request.headers.get("accept-language", "").split(","):
        if each.strip()[:2].lower() in LANGUAGES:
            return each.strip()[:2].lower()
    return serving_of(request).settings.language


def sorry(request: Request, error: TsuideError) -> Response:
    """What is said where a page cannot be shown."""
    if isinstance(error, Refused | NotFound | BadInput):
        return shown(request, "bad_title", status=400 if isinstance(error, BadInput) else 404, text="bad")
    _log.warning("a public page cannot be shown", error=str(error))
    return shown(request, "trouble_title", status=503, text="trouble")


def shown(request: Request, title: str, *, status: int = 200, page: str = "page.html", **values: Any) -> Response:  # noqa: ANN401 - a page's values
    """A page of a template; `title` is the key of a phrase, unless the page has its own."""
    language = language_of(request)
    base = f"{request.scope.get('root_path', '')}/m"
    template = _environment().get_template(page)
    given = {"language": language, "title": title, "view": "", "base": base, **values}
    html = template.render(t=lambda key, **words: PUBLIC.text(key, language, **words), **given)
    return HTMLResponse(html, status, headers=HEADERS)
