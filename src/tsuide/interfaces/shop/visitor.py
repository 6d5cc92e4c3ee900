"""What the shop knows of a browser: cookies with an anonymous id, the cart, the chosen household and language.

The cart lives in a cookie: it survives a restart and needs no table. It holds product ids, quantities and where a
line came from; prices and offers are looked up and checked again whenever they matter.
"""

import base64
import binascii
import json
import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from tsuide.kit.phrases import LANGUAGES

MOST_LINES: Final = 40
MOST_UNITS: Final = 99
_LONGEST_ID: Final = 200
_LARGEST: Final = 20_000  # bytes of an unpacked cart
_YEAR_S: Final = 31_536_000
_VISITOR: Final = "tsuide_visitor"
_CART: Final = "tsuide_cart"
_CUSTOMER: Final = "tsuide_customer"
_LANGUAGE: Final = "tsuide_language"
_ORDER: Final = "tsuide_order"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the cart; the offer that it came from is what the page said."""

    product_id: str
    quantity: int
    offer_id: str | None = None
    decision_id: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """The order that was placed last, as the confirmation page shows it."""

    id: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Visitor:
    """One browser.

    Args:
        id: anonymous.
        customer_id: the household that the visitor shops as.
        language: ja or en.
        cart: lines in the order in which they were added.
    """

    id: str
    customer_id: str | None
    language: str
    cart: tuple[Line, ...] = ()

    @property
    def units(self) -> int:
        """Units in the cart."""
        return sum(line.quantity for line in self.cart)

    def with_line(self, line: Line) -> "Visitor":
        """The cart with the line added, or with more of it where it lay there already."""
        for place, there in enumerate(self.cart):
            if there.product_id == line.product_id:
                more = replace(there, quantity=min(there.quantity + line.quantity, MOST_UNITS))
                return replace(self, cart=(*self.cart[:place], more, *self.cart[place + 1 :]))
        return replace(self, cart=(*self.cart, line))

    def with_quantity(self, product_id: str, quantity: int) -> "Visitor":
        """The cart with another quantity of a product; 0 takes it out."""
        lines = (
            replace(line, quantity=min(quantity, MOST_UNITS)) if line.product_id == product_id else line
            for line in self.cart
        )
        return replace(self, cart=tuple(line for line in lines if line.quantity > 0))


def visitor_of(request: Request, language: str) -> Visitor:
    """The browser of a request; a new one where the cookies tell nothing.

    Args:
        request: its cookies, and `?lang=`.
        language: of a shop whose visitor asks for none.
    """
    cookies = request.cookies
    wanted = request.query_params.get("lang") or cookies.get(_LANGUAGE) or _preferred(request) or language
    return Visitor(
        id=_plain(cookies.get(_VISITOR)) or f"v_{secrets.token_hex(12)}",
        customer_id=_plain(cookies.get(_CUSTOMER)),
        language=wanted if wanted in LANGUAGES else language,
        cart=unpacked(cookies.get(_CART, "")),
    )


def remember(response: Response, visitor: Visitor, *, base: str, secure: bool) -> Response:
    """Set the cookies that carry the visitor to the next page."""
    values = {
        _VISITOR: visitor.id,
        _CART: packed(visitor.cart),
        _CUSTOMER: visitor.customer_id or "",
        _LANGUAGE: visitor.language,
    }
    for name, value in values.items():
        if value:
            _set(response, name, value, base, secure=secure)
        else:
            response.delete_cookie(name, path=base)
    return response


def remember_order(response: Response, order: Order, *, base: str, secure: bool) -> Response:
    """Set the cookie by which the confirmation page knows the order."""
    _set(response, _ORDER, f"{order.id}.{packed(order.lines)}", base, secure=secure)
    return response


def confirmed(request: Request) -> Order | None:
    """The order that this browser placed last; None where it placed none."""
    order_id, _, lines = request.cookies.get(_ORDER, "").partition(".")
    found = unpacked(lines)
    return Order(order_id, found) if _plain(order_id) and found else None


def _set(response: Response, name: str, value: str, base: str, *, secure: bool) -> None:
    response.set_cookie(name, value, max_age=_YEAR_S, path=base, httponly=True, samesite="lax", secure=secure)


def packed(cart: Sequence[Line]) -> str:
    """The cart as a cookie's value.

    >>> unpacked(packed([Line("p1", 2, "dec_1.0", "dec_1")]))
    (Line(product_id='p1', quantity=2, offer_id='dec_1.0', decision_id='dec_1'),)
    """
    if not cart:
        return ""
    rows = [[line.product_id, line.quantity, line.offer_id, line.decision_id] for line in cart]
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


def unpacked(value: str) -> tuple[Line, ...]:
    """The cart of a cookie; empty where somebody has tampered with it.

    >>> unpacked("not a cart")
    ()
    """
    if not value:
        return ()
    try:
        padded = value + "=" * (-len(value) % 4)
        raw = zlib.decompressobj().decompress(base64.urlsafe_b64decode(padded), _LARGEST)
        rows = json.loads(raw)
    except (binascii.Error, zlib.error, ValueError):
        return ()
    if not isinstance(rows, list):
        return ()
    lines = [_line(row) for row in rows[:MOST_LINES]]
    return tuple(line for line in lines if line is not None)


def _line(row: object) -> Line | None:
    match row:
        case [str(product), int(quantity), offer, decision] if 1 <= quantity <= MOST_UNITS and _plain(product):
            return Line(product, quantity, _text(offer), _text(decision))
        case _:
            return None


def _text(value: object) -> str | None:
    return _plain(value) if isinstance(value, str) else None


def _plain(value: str | None) -> str | None:
    return value if value and len(value) <= _LONGEST_ID and value.isprintable() else None


def _preferred(request: Request) -> str | None:
    """The first of our languages in Accept-Language."""
    header = request.headers.get("accept-language", "")
    for part in header.split(","):
        name = part.split(";")[0].strip().lower()[:2]
        if name in LANGUAGES:
            return name
    return None
