"""The pages that show something. What they ask of the API stands in `ask`; the page's script sends it."""

import secrets
from collections.abc import Sequence
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from tsuide.app.catalogue import Catalogue
from tsuide.app.quoting import Buyer, Wanted
from tsuide.app.signing import sale_terms
from tsuide.facts.catalogue import Product, told
from tsuide.interfaces.shop import views
from tsuide.interfaces.shop.beside import looks_of, opinions_of, parts_of
from tsuide.interfaces.shop.phrases import SHOP
from tsuide.interfaces.shop.rendering import catalogue_of, page, serving_of, visitor
from tsuide.interfaces.shop.visitor import Line, Visitor, confirmed
from tsuide.offers.offer import INSTEAD

_PER_PAGE: Final = 24
_BESTSELLERS: Final = 10
_DEPARTMENTS: Final = 14  # with a drawing; the rest as plain links
_MOST_PAGES: Final = 400
_MOST_DEPTH: Final = 6
_MOST_LEAVES: Final = 3
_LONGEST_QUERY: Final = 100
_MOST_BUDGET: Final = 99_999_999
_CROSS: Final = ["cross_sell", "bundle", "filler", "replenish"]
DUE: Final[dict[str, Any]] = {"n": 2, "kinds": ["replenish"]}
"""What is used up and due has a place of its own: who knows it is there need not be shown it among other things."""
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
    departments = nodes(catalogue, (), who.language, base)
    return page(
        request,
        "home.html",
        who,
        departments=departments[:_DEPARTMENTS],
        more=departments[_DEPARTMENTS:],
        bestsellers=[views.product_view(each, who.language) for each in catalogue.bestsellers(_BESTSELLERS)],
        looks=looks_of(request, who.language),
        ask=asked(who, "home", slots={"due": DUE, "home": {"n": 3}, "read": {"n": 2, "kinds": ["content"]}}),
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
        heading=catalogue.path_told(path, who.language)[-1],
        path=crumbs(catalogue, path, who.language, base),
        count_text=f"{found.total:,}",
        children=nodes(catalogue, path, who.language, base),
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
        ask=asked(who, "search", categories=_leaves(found.products), slots={"search": {"n": 3}})
        if found.total and number == 1
        else None,
    )


async def product(request: Request) -> Response:
    """One product, what goes well with it, and its better or cheaper neighbours."""
    who, catalogue, base = visitor(request), catalogue_of(request), request.app.state.base
    found = catalogue.product(request.path_params["product"])
    if found is None or found.status != "active":
        raise HTTPException(404)
    path, budget = found.category, _budget(request)
    part = next((each for each in parts_of(request, found.id) if each is not None), None)
    return page(
        request,
        "product.html",
        who,
        variants=[(each.id, told(each, who.language).variant or each.title) for each in catalogue.variants(found.id)],
        part=None if part is None else views.product_view(part, who.language),
        opinions=opinions_of(request, found.id, who.language),
        looks=[each for each in looks_of(request, who.language) if found.id in each.ids],
        product=views.product_view(found, who.language, catalogue.baskets_of(found.id)),
        path=crumbs(catalogue, path, who.language, base),
        budget=budget,
        ask=asked(
            who,
            "product",
            product_id=found.id,
            **({} if budget is None else {"budget": budget}),
            slots={
                "set": {"n": 1, "kinds": ["bundle"]},
                "with": {"n": 3, "kinds": [kind for kind in _CROSS if kind != "bundle"]},
                "models": {"n": 2, "kinds": list(INSTEAD)},
                "read": {"n": 1, "kinds": ["content"]},
            },
        ),
    )


async def cart(request: Request) -> Response:
    """What is in the cart, and what would go well with it; who takes something out may be shown a cheaper one."""
    who, catalogue = visitor(request), catalogue_of(request)
    shown = await quoted(request, who, who.cart)
    removed = request.query_params.get("about") if request.query_params.get("notice") == "removed" else None
    hesitation = {"hesitation": ["removed"], "product_id": removed} if removed in catalogue else {}
    slots = {"cart": {"n": 3, "kinds": _CROSS}, "models": {"n": 2, "kinds": list(INSTEAD)}}
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
        terms=_terms(request, who.language),
        ask=asked(who, "checkout", slots={"checkout": {"n": 2}}),
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


def nodes(catalogue: Catalogue, path: Sequence[str], language: str, base: str) -> list[views.NodeView]:
    """The categories below a path, as links, each with the picture of what sells best in it."""
    found = []
    for branch in catalogue.branches(path):
        liked = catalogue.listing(branch.path, 1, _PER_PAGE).products
        dearest = max(liked, key=lambda each: each.price or 0, default=None)  # what the shelf is known for
        label = catalogue.path_told(branch.path, language)[-1]
        found.append(views.node_view(branch, base, label, dearest.image if dearest is not None else None))
    return found


def crumbs(catalogue: Catalogue, path: Sequence[str], language: str, base: str) -> list[dict[str, str]]:
    """The way down to a category, as links."""
    said = catalogue.path_told(path, language)
    return [{"label": name, "link": views.category_link(path[: depth + 1], base)} for depth, name in enumerate(said)]


def _leaves(products: Sequence[Product]) -> list[str]:
    """The narrowest categories of what was found, the most frequent first; at most three."""
    names = [each.category[-1] for each in products if each.category]
    return sorted(set(names), key=lambda name: (-names.count(name), name))[:_MOST_LEAVES]


def _terms(request: Request, language: str) -> dict[str, str]:
    """What the law asks to be shown before the last click, in the shop's words."""
    terms = sale_terms(serving_of(request).shop)
    said = {"pay": terms.payment, "ship": terms.delivery, "cancel": terms.cancellation}
    return {name: texts[language] for name, texts in said.items() if language in texts}


def _budget(request: Request) -> int | None:
    """What the visitor would spend at most, as they wrote it; None where they wrote no amount.

    Yen: of the shops of the demo the one that tells names and prices has no smaller unit.
    """
    given = request.query_params.get("budget", "").strip().replace(",", "")
    plain = given.isascii() and given.isdigit() and len(given) <= len(str(_MOST_BUDGET))
    return (int(given) or None) if plain else None


def _page_number(request: Request) -> int:
    given = request.query_params.get("page", "1")
    return min(max(int(given), 1), _MOST_PAGES) if given.isascii() and given.isdigit() else 1


def _pages(total: int) -> int:
    return min(max(-(-total // _PER_PAGE), 1), _MOST_PAGES)
