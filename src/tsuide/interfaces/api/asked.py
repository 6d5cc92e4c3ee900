"""A question for offers, read by hand: what nearly every page asks, without a detour through a model.

`quickly` understands the plain form of the usual fields and gives up on everything else, right or wrong; then the
model (`schemas.OffersIn`) reads the body and says what is wrong with it. A test holds that both read the same.
"""

import re
from typing import Any, Final

import orjson

from tsuide.interfaces.api.schemas import LARGEST, MOST_LINES, MOST_LISTED
from tsuide.kit.maker import maker
from tsuide.offers.offer import KINDS, PLACEMENTS, Kind
from tsuide.offers.request import MOST_OFFERS, MOST_QUANTITY, CartLine, OfferRequest

_PLAIN: Final = re.compile(r"[^\x00-\x1f\x7f]{1,200}").fullmatch
_USUAL: Final = frozenset(
    {"placement", "n", "customer_id", "anonymous_id", "session_id", "cart", "product_id", "kinds", "exclude", "shown"}
    | {"language"}
)
_OF_LINE: Final = frozenset({"product_id", "quantity", "unit_price"})
_PLACEMENTS: Final = frozenset(PLACEMENTS)
_KINDS: Final = frozenset(KINDS)
_LANGUAGES: Final = frozenset({"ja", "en"})
_MOST_KINDS: Final = 8
_make_request: Final = maker(OfferRequest)
_make_line: Final = maker(CartLine)


def quickly(body: bytes, language: str) -> OfferRequest | None:
    """The request that a body asks for; None where the model has to look.

    Args:
        body: JSON.
        language: of a body that names none.

    >>> quickly(b'{"placement": "cart", "cart": [{"product_id": "tea"}]}', "ja").cart
    (CartLine(product_id='tea', quantity=1, unit_price=None),)
    >>> quickly(b'{"placement": "moon"}', "ja") is None
    True
    """
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if type(found) is not dict or not found.keys() <= _USUAL:
        return None
    try:
        if found.get("placement") not in _PLACEMENTS:
            return None
        return _make_request(
            placement=found["placement"],
            n=_whole(found.get("n", 3), 1, MOST_OFFERS),
            customer_id=_id(found.get("customer_id")),
            anonymous_id=_id(found.get("anonymous_id")),
            session_id=_id(found.get("session_id")),
            cart=_cart(found["cart"]) if "cart" in found else (),
            product_id=_id(found.get("product_id")),
            kinds=_kinds(found["kinds"]) if "kinds" in found else (),
            exclude=_ids(found["exclude"]) if "exclude" in found else (),
            shown=_ids(found["shown"]) if "shown" in found else (),
            language=_language(found.get("language")) or language,
        )
    except (_NotUsualError, TypeError):
        return None


class _NotUsualError(Exception):
    """The model has to look."""


def _whole(value: object, low: int, high: int) -> int:
    if type(value) is int and low <= value <= high:
        return value
    raise _NotUsualError


def _id(value: object) -> str | None:
    if value is None:
        return None
    if type(value) is str and _PLAIN(value):
        return value
    raise _NotUsualError


def _needed(value: object) -> str:
    if type(value) is str and _PLAIN(value):
        return value
    raise _NotUsualError


def _listed(value: object, most: int) -> list[Any]:
    if type(value) is list and len(value) <= most:
        return value
    raise _NotUsualError


def _ids(value: object) -> tuple[str, ...]:
    return tuple([_needed(each) for each in _listed(value, MOST_LISTED)])


def _kinds(value: object) -> tuple[Kind, ...]:
    kinds = _listed(value, _MOST_KINDS)
    if all(type(each) is str and each in _KINDS for each in kinds):
        return tuple(kinds)
    raise _NotUsualError


def _language(value: object) -> str | None:
    if value is None or (type(value) is str and value in _LANGUAGES):
        return value
    raise _NotUsualError


def _cart(value: object) -> tuple[CartLine, ...]:
    return tuple([_line(each) for each in _listed(value, MOST_LINES)])


def _line(value: object) -> CartLine:
    if type(value) is not dict or not value.keys() <= _OF_LINE:
        raise _NotUsualError
    price = value.get("unit_price")
    return _make_line(
        _needed(value.get("product_id")),
        _whole(value.get("quantity", 1), 1, MOST_QUANTITY),
        None if price is None else _whole(price, 0, LARGEST),
    )
