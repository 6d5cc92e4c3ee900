"""The forms that change something: the cart, who is shopping, and the order."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tsuide.app.account import CHOICES
from tsuide.app.quoting import Buyer, Wanted
from tsuide.errors import Conflict
from tsuide.interfaces.shop import views
from tsuide.interfaces.shop.rendering import catalogue_of, serving_of, visitor
from tsuide.interfaces.shop.visitor import MOST_LINES, MOST_UNITS, Line, Order, Visitor, remember, remember_order

_LONGEST: Final = 200
_MOST_FIELDS: Final = 10
Action = Callable[[Request], Awaitable[Response]]


async def add(request: Request) -> Response:
    """Put a product in the cart; one that comes from an offer says so."""
    form, who = await _form(request), visitor(request)
    product = catalogue_of(request).product(_field(form, "product"))
    if product is None or not views.sold(product):
        raise HTTPException(404)
    new = all(line.product_id != product.id for line in who.cart)
    if new and len(who.cart) >= MOST_LINES:
        return _to(request, "/cart", who, notice="cart_full")
    offer, decision, notice = _field(form, "offer"), _field(form, "decision"), "added"
    if offer and decision:  # everything that the offer holds, not only the product that it is named after
        found = await serving_of(request).offered(Buyer(who.id, who.customer_id), decision, offer)
        items, replaced = ((), None) if found is None else (found.bought, found.replaces)
        there_of = next((line.quantity for line in who.cart if line.product_id == replaced), 0)
        if replaced and there_of and replaced != product.id:
            who, notice = who.with_quantity(replaced, max(there_of - _quantity(form), 0)), "swapped"
        family = {product.id} | {each.id for each in catalogue_of(request).variants(product.id)}
        for item in items:  # a size or colour goes into the cart in the place of the item that it is one of
            there = any(line.product_id == item.product_id for line in who.cart)
            if item.product_id not in family and not there and len(who.cart) < MOST_LINES:
                who = who.with_line(Line(item.product_id, item.quantity * _quantity(form), offer, decision))
    line = Line(product.id, _quantity(form), offer or None, (decision or None) if offer else None)
    return _to(request, "/cart", who.with_line(line), notice=notice, about=product.id)


async def change(request: Request) -> Response:
    """Another quantity."""
    form, who = await _form(request), visitor(request)
    return _to(request, "/cart", who.with_quantity(_field(form, "product"), _quantity(form)), notice="updated")


async def remove(request: Request) -> Response:
    """Take a product out."""
    form, who = await _form(request), visitor(request)
    product_id = _field(form, "product")
    return _to(request, "/cart", who.with_quantity(product_id, 0), notice="removed", about=product_id)


async def choose(request: Request) -> Response:
    """Shop as one of the demo's households, or as a new visitor."""
    form, who = await _form(request), visitor(request)
    wanted = _field(form, "customer")
    if wanted and wanted not in serving_of(request).example_customers:
        raise HTTPException(400)
    back = _field(form, "back")
    base = request.app.state.base
    target = back if back.startswith(f"{base}/") and "//" not in back else f"{base}/"
    response = RedirectResponse(target, 303)
    return remember(response, replace(who, customer_id=wanted or None), base=base, secure=_secure(request))


async def consent(request: Request) -> Response:
    """What the customer agreed to on their own page."""
    form, who = await _form(request), visitor(request)
    if who.customer_id is None:
        raise HTTPException(400)
    granted = [each for each in CHOICES if _field(form, "_".join(each))]
    await serving_of(request).consent(who.customer_id, granted, _field(form, "words"), who.language)
    return _to(request, "/account", who, notice="saved")


async def place(request: Request) -> Response:
    """Place the order; sent twice, it is placed once."""
    form, who = await _form(request), visitor(request)
    token = _field(form, "token")
    lines, gone = views.buyable(who.cart, catalogue_of(request))
    if gone:  # something was taken off sale meanwhile: the customer looks at the rest again before saying yes
        kept = tuple(line for line in who.cart if line not in gone)
        return _to(request, "/cart", replace(who, cart=kept), notice="not_sold", about=gone[0].product_id)
    if not lines:
        return _to(request, "/order", who)
    if not token:
        raise HTTPException(400)
    order_id = f"web_{hashlib.blake2b(f'{who.id}:{token}'.encode(), digest_size=9).hexdigest()}"
    wanted = [Wanted(line.product_id, line.quantity, line.offer_id, line.decision_id) for line in who.cart]
    try:
        placed = await serving_of(request).place(order_id, Buyer(who.id, who.customer_id), wanted, _total(form))
    except Conflict:  # it costs something else now: the customer looks at it again before saying yes
        return _to(request, "/cart", who, notice="price_changed")
    bought = tuple(
        line if line.product_id in placed.accepted else replace(line, offer_id=None, decision_id=None)
        for line in who.cart
    )
    response = _to(request, "/order", replace(who, cart=()))
    return remember_order(response, Order(order_id, bought), base=request.app.state.base, secure=_secure(request))


async def _form(request: Request) -> FormData:
    """The form, if it comes from one of our own pages.

    Raises:
        HTTPException: 403, from elsewhere; 400, not a form.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    ours = f"{request.url.scheme}://{request.headers.get('host', '')}"
    if site not in {None, "same-origin", "none"} or origin not in {None, "null" if site else ours, ours}:
        raise HTTPException(403)
    return await request.form(max_files=0, max_fields=_MOST_FIELDS)


def _field(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value[:_LONGEST] if isinstance(value, str) and value.isprintable() else ""


def _total(form: FormData) -> int | None:
    """What the customer saw as the total; None where the page did not say."""
    given = _field(form, "total")
    return int(given) if given.isascii() and given.isdigit() else None


def _quantity(form: FormData) -> int:
    given = _field(form, "quantity") or "1"
    if not (given.isascii() and given.isdigit()):
        raise HTTPException(400)
    return min(max(int(given), 1), MOST_UNITS)


def _to(request: Request, path: str, who: Visitor, **query: str) -> Response:
    base = request.app.state.base
    target = f"{base}{path}" + (f"?{urlencode(query)}" if query else "")
    return remember(RedirectResponse(target, 303), who, base=base, secure=_secure(request))


def _secure(request: Request) -> bool:
    return request.url.scheme == "https"
