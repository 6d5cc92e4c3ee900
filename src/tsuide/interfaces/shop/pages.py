"""The pages that show something. What they ask of the API stands in `ask`; the page's script sends it."""

import secrets
from collections.abc import Sequence
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from tsuide.app.quoting import Buyer, Wanted
from tsuide.interfaces.shop import views
from tsuide.interfaces.shop.phrases import SHOP
from tsuide.interfaces.shop.rendering import catalogue_of, page, serving_of, visitor
from tsuide.interfaces.shop.visitor import Line, Visitor, confirmed

_PER_PAGE: Final = 24
_BESTSELLERS: Final = 10
_DEPARTMENTS: Final = 14  # with a drawing; the rest as plain links
_MOST_PAGES: Final = 400
_MOST_DEPTH: Final = 6
_LONGEST_QUERY: Final = 100
_CROSS: Final = ["cross_sell", "bundle", "filler", "replenish"]
_MODELS: Final = ["up_sell", "down_sell", "alternative"]
REPORT_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


def asked(who: Visitor, placement: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - plain JSON
    """What the page's script sends to `POST /v1/offers`.

    >>> asked(Visitor("v1", None, "ja"), "home", n=3)
    {'placement': 'home', 'anonymous_id': 'v1', 'language': 'ja', 'cart': [], 'n': 3}
    """
    customer = {} if who.customer_id is None else {"customer_id": who.customer_id}
    cart = [{"product_id": line.product_id, "quantity": line.quantity} for line in who.cart]
    return {"placement": placement, "anonymous_id": who.id, **customer, "language": who.language, "cart": cart, **more}


async def home(request: Request) -> Response:
    """Departments, bestsellers, and what is proposed to this visitor."""
    who, catalogue, base = visitor(request), catalogue_of(request), request.app.state.base
    departments = [views.node_view(branch, base) for branch in catalogue.branches(())]
    return page(
        request,
        "home.html",
        who,
        departments=departments[:_DEPARTMENTS],
        more=departments[_DEPARTMENTS:],
        bestsellers=[views.product_view(each, who.language) for each in catalogue.bestsellers(_BESTSELLERS)],
        ask=asked(who, "home", slots={"home": {"n": 3}}),
    )


async def category(request: Request) -> Response:
    """One category: narrower ones and its products."""
    who, catalogue, base = visitor(request), catalogue_of(request), request.app.state.base
    path = tuple(request.query_params.getlist("in")[:_MOST_DEPTH])
    number = _page_number(request)
    found = catalogue.listing(path, number, _PER_PAGE)
    if not path or not found.total:
        raise HTTPException(404)
    return page(
        request,
        "category.html",
        who,
        heading=path[-1],
        path=[{"label": name, "link": views.category_link(path[: depth + 1], base)} for depth, name in enumerate(path)],
        count_text=f"{found.total:,}",
        children=[views.node_view(branch, base) for branch in catalogue.branches(path)],
        products=[views.product_view(each, who.language) for each in found.products],
        page=number,
        page_count=_pages(found.total),
        page_link=lambda other: views.category_link(path, base, other),
        ask=asked(who, "category", categories=[path[-1]], slots={"category": {"n": 3}}) if number == 1 else None,
    )


async def search(request: Request) -> Response:
    """Products whose title, brand or category holds every word."""
    who, catalogue, base = visitor(request), catalogue_of(request), request.app.state.base
    query = request.query_params.get("q", "")[:_LONGEST_QUERY].strip()
    number = _page_number(request)
    found = catalogue.search(query, number, _PER_PAGE)
    return page(
        request,
        "category.html",
        who,
        heading=SHOP.text("results", who.language, query=query),
        path=[],
        count_text=f"{found.total:,}",
        children=[],
        products=[views.product_view(each, who.language) for each in found.products],
        page=number,
        page_count=_pages(found.total),
        page_link=lambda other: views.search_link(query, base, other),
        query=query,
        ask=None,
    )


async def product(request: Request) -> Response:
    """One product, what goes well with it, and its better or cheaper neighbours."""
    who, catalogue, base = visitor(request), catalogue_of(request), request.app.state.base
    found = catalogue.product(request.path_params["product"])
    if found is None or found.status != "active":
        raise HTTPException(404)
    path = found.category
    return page(
        request,
        "product.html",
        who,
        product=views.product_view(found, who.language, catalogue.baskets_of(found.id)),
        path=[{"label": name, "link": views.category_link(path[: depth + 1], base)} for depth, name in enumerate(path)],
        ask=asked(
            who,
            "product",
            product_id=found.id,
            slots={"with": {"n": 3, "kinds": _CROSS}, "models": {"n": 2, "kinds": _MODELS}},
        ),
    )


async def cart(request: Request) -> Response:
    """What is in the cart, and what would go well with it; who takes something out may be shown a cheaper one."""
    who, catalogue = visitor(request), catalogue_of(request)
    shown = await quoted(request, who, who.cart)
    removed = request.query_params.get("about") if request.query_params.get("notice") == "removed" else None
    hesitation = {"hesitation": ["removed"], "product_id": removed} if removed in catalogue else {}
    slots = {"cart": {"n": 3, "kinds": _CROSS}, "models": {"n": 2, "kinds": _MODELS}}
    return page(
        request,
        "cart.html",
        who,
        cart=shown,
        ask=asked(who, "cart", slots=slots, **hesitation) if shown.lines or hesitation else None,
    )


async def checkout(request: Request) -> Response:
    """The final confirmation: everything that the click will do stands on this page."""
    who = visitor(request)
    shown = await quoted(request, who, who.cart)
    if not shown.lines:
        return await cart(request)
    return page(
        request,
        "checkout.html",
        who,
        cart=shown,
        any_offer=any(line.offer_id for line in shown.lines),
        token=secrets.token_hex(16),
    )


async def confirmation(request: Request) -> Response:
    """The order that this browser placed last."""
    who = visitor(request)
    order = confirmed(request)
    if order is None:
        raise HTTPException(404)
    shown = await quoted(request, who, order.lines, order_id=order.id)
    bought = [{"product_id": line.product_id, "quantity": line.quantity} for line in order.lines]
    ask = asked(who, "confirmation", slots={"confirmation": {"n": 3}}) | {"cart": bought}
    return page(request, "confirmation.html", who, order_id=order.id, cart=shown, ask=ask)


async def quoted(
    request: Request, who: Visitor, cart: Sequence[Line], *, order_id: str | None = None
) -> views.CartView:
    """What the lines that can be bought cost now; of an order that was placed, what they cost then."""
    kept, _ = views.buyable(cart, catalogue_of(request))
    wanted = [Wanted(line.product_id, line.quantity, line.offer_id, line.decision_id) for line in kept]
    made = await serving_of(request).quote(Buyer(who.id, who.customer_id), wanted, order_id)
    return views.cart_view(made, who.language)


async def report(request: Request) -> Response:
    """The newcomer's report on the same orders, as `tsuide demo` wrote it."""
    file = request.app.state.report
    if file is None or not file.exists():
        raise HTTPException(404)
    return FileResponse(file, media_type="text/html", headers={"Content-Security-Policy": REPORT_POLICY})


def _page_number(request: Request) -> int:
    given = request.query_params.get("page", "1")
    return min(max(int(given), 1), _MOST_PAGES) if given.isascii() and given.isdigit() else 1


def _pages(total: int) -> int:
    return min(max(-(-total // _PER_PAGE), 1), _MOST_PAGES)
