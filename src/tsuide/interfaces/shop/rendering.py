"""Pages: the templates, what every page needs, and the headers that keep a page to itself."""

from functools import cache
from typing import Any, Final
from urllib.parse import urlencode

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from tsuide import __version__
from tsuide.app.catalogue import Catalogue
from tsuide.app.serving import Serving
from tsuide.facts.catalogue import told
from tsuide.interfaces.shop.looks import PLAIN, RULES
from tsuide.interfaces.shop.phrases import SHOP
from tsuide.interfaces.shop.visitor import MOST_LINES, Visitor, remember, visitor_of
from tsuide.offers.offer import KINDS

_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",  # the cart and the visitor stand in every page
}
_NOTICES: Final = ("saved", "added", "swapped", "removed", "updated", "cart_full", "not_sold", "price_changed")


@cache
def _templates() -> jinja2.Environment:
    loader = jinja2.PackageLoader("tsuide.interfaces.shop", "templates")
    return jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)


def serving_of(request: Request) -> Serving:
    """The running shop."""
    serving: Serving = request.app.state.serving
    return serving


def catalogue_of(request: Request) -> Catalogue:
    """What is on sale; nothing while nothing has been learned."""
    return serving_of(request).decider.catalogue


def visitor(request: Request) -> Visitor:
    """Who looks at the page."""
    return visitor_of(request, serving_of(request).settings.language)


def page(request: Request, template: str, who: Visitor, *, status: int = 200, **shown: Any) -> Response:  # noqa: ANN401 - what the template shows
    """One page, with its cookies."""
    serving, base = serving_of(request), request.app.state.base
    report = request.app.state.report
    own = SHOP.all(who.language)

    def text(key: str, **blanks: object) -> str:
        """The phrase; the made-up shop's own where it has one."""
        named = f"named_{key}"
        return SHOP.text(named if serving.goods == "named" and named in own else key, who.language, **blanks)

    context = {
        "t": text,
        "base": base,
        "version": __version__,
        "language": who.language,
        "visitor": who.id,
        "customer": who.customer_id,
        "customer_token": serving.signed_in(who.customer_id) if who.customer_id is not None else None,
        "households": {each: serving.example_names.get(each, "") for each in serving.example_customers},
        "links": request.app.state.links,
        "named": serving.goods == "named",
        "api": request.app.state.api,
        "cart_units": who.units,
        "storefront_key": serving.storefront_key,
        "here": _here(request),
        "with_language": lambda language: _here(request, lang=language),
        "notice": _notice(request, who.language),
        "report": f"{base}/report" if report is not None and report.exists() else None,
        "words": words(base, request.app.state.api, who.language),
        "query": None,
    }
    html = _templates().get_template(template).render(context | shown)
    response = HTMLResponse(html, status, headers=_HEADERS)
    return remember(response, who, base=base, secure=request.url.scheme == "https")


def words(base: str, api: str, language: str) -> dict[str, Any]:
    """What the page's script says and draws with."""
    names = (
        "ask_price", "add_named", "no_thanks_named", "dismissed", "silent", "holdout", "read_free", "required",
        "size_named", "sold_out",
    )  # fmt: skip
    said = SHOP.all(language)
    return {
        "base": base,
        "api": api,
        **{name: said[name] for name in names},
        "kinds": {kind: said[f"kind_{kind}"] for kind in (*KINDS, "popular")},
        "looks": [[word, list(look)] for word, look in RULES],
        "plain": list(PLAIN),
    }


async def not_found(request: Request, _: Exception) -> Response:
    """A page that says that there is no such page."""
    return _message(request, "not_found", 404)


async def refused(request: Request, _: Exception) -> Response:
    """A page for what was refused: a form that came from elsewhere, or that makes no sense."""
    return _message(request, "refused", 400)


async def failed(request: Request, _: Exception) -> Response:
    """A page for what we did wrong; Starlette logs the error itself."""
    return _message(request, "trouble", 500)


def _message(request: Request, key: str, status: int) -> Response:
    who = visitor(request)
    said = {name: SHOP.text(name, who.language, **blanks) for name, blanks in _texts(request, key).items()}
    return page(request, "message.html", who, status=status, heading=said[key], text=said[f"{key}_text"])


def _texts(request: Request, key: str) -> dict[str, dict[str, str]]:
    blanks = {"id": str(request.scope.get("tsuide.request_id", "-"))} if key == "trouble" else {}
    return {key: {}, f"{key}_text": blanks}


def _here(request: Request, **changed: str) -> str:
    """The address of this page, with some of its query changed and its notice gone."""
    kept = [
        (name, value)
        for name, value in request.query_params.multi_items()
        if name not in {"notice", "about", "lang"} and name not in changed
    ]
    query = urlencode(kept + list(changed.items()))
    path = request.scope.get("root_path", "") + request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    return f"{path}?{query}" if query else path


def _notice(request: Request, language: str) -> str | None:
    key = request.query_params.get("notice", "")
    if key not in _NOTICES:
        return None
    product = catalogue_of(request).product(request.query_params.get("about", ""))
    title = told(product, language).title if product is not None else "–"
    return SHOP.text(key, language, title=title, n=MOST_LINES)
