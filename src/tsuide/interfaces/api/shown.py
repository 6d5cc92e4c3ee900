"""A decision as its JSON answer. What a product always looks like is written once per catalogue and language."""

from operator import is_not
from typing import Any, Final
from weakref import WeakKeyDictionary

import orjson

from tsuide.app.accepting import holds_until
from tsuide.app.catalogue import Catalogue
from tsuide.app.deciding import Served
from tsuide.app.site_messages import Left
from tsuide.facts.catalogue import Product, told
from tsuide.facts.looks import Look
from tsuide.interfaces.api.money import amount_text, signed_text
from tsuide.interfaces.api.products import product_out
from tsuide.offers.explain import QUESTIONS
from tsuide.offers.offer import Offer, OfferItem, shared
from tsuide.offers.pitch import pitch, quote_of

_MOST_WRITTEN: Final = 50_000


class _Written:
    """One product in one language: as an offer shows it, its title, and its sizes and colours."""

    __slots__ = ("image", "product", "title", "variants")

    def __init__(self, product: Product, catalogue: Catalogue, language: str) -> None:
        self.product = orjson.Fragment(orjson.dumps(product_out(product, language)))
        self.title, self.image = told(product, language).title, product.image
        found = [variant_out(each, language) for each in catalogue.variants(product.id)]
        self.variants = orjson.Fragment(orjson.dumps(found))


_WRITTEN: Final[WeakKeyDictionary[Catalogue, dict[tuple[str, str], _Written]]] = WeakKeyDictionary()


def answer_of(served: Served, *more_warnings: str) -> dict[str, Any]:
    """The answer, ready for `as_json`."""
    decision = served.decision
    language = decision.request.language
    return {
        "decision": decision.id,
        "placement": decision.request.placement,
        "arm": decision.arm,
        "offers": [_offer(offer, served, language) for offer in decision.offers],
        "question": _question(decision.question, language),
        "notes": decision.notes,
        "warnings": [*served.warnings, *more_warnings],
        "degraded": served.degraded,
    }


def message_of(left: Left) -> dict[str, Any]:
    """A message on the site, ready for `as_json`."""
    decision = None if left.served is None else left.served.decision
    language = "" if decision is None else decision.request.language
    return {
        "id": left.id,
        "title": left.title,
        "text": left.text,
        "decision": None if decision is None else decision.id,
        "offers": []
        if decision is None or left.served is None
        else [_offer(offer, left.served, language) for offer in decision.offers],
        "expires_at": left.until.isoformat(),
    }


def as_json(answer: dict[str, Any]) -> bytes:
    """The bytes of an answer."""
    return orjson.dumps(answer)


def _question(code: str | None, language: str) -> dict[str, str] | None:
    return None if code is None else {"code": code, "text": QUESTIONS.text(code, language)}


def _written(served: Served, product_id: str, language: str) -> _Written:
    catalogue = served.catalogue
    known = _WRITTEN.get(catalogue)
    if known is None:
        known = _WRITTEN[catalogue] = {}
    written = known.get((product_id, language))
    if written is None:
        if len(known) >= _MOST_WRITTEN:
            known.clear()
        written = known[product_id, language] = _Written(served.product(product_id), catalogue, language)
    return written


def _item(item: OfferItem, currency: str, served: Served, language: str) -> dict[str, Any]:
    written = _written(served, item.product_id, language)
    return {
        "product_id": item.product_id,
        "title": written.title,
        "image": written.image,
        "quantity": item.quantity,
        "price": item.price,
        "price_text": amount_text(item.price, currency, language),
        "role": item.role,
        "variants": written.variants,
    }


def variant_out(variant: Product, language: str) -> dict[str, Any]:
    """One size or colour."""
    product = told(variant, language)
    return {
        "product_id": product.id,
        "title": product.title,
        "name": product.variant or product.title,
        "attributes": {name: str(value) for name, value in product.attributes.items()},
        "price": product.price,
        "price_text": amount_text(product.price, product.currency, language),
        "in_stock": product.stock is None or product.stock > 0,
    }


def _look(look: Look | None, language: str) -> dict[str, Any] | None:
    return None if look is None else {"id": look.id, "title": look.names[language], "image": look.image}


def _offer(offer: Offer, served: Served, language: str) -> orjson.Fragment:
    """An offer as JSON; what `decide` wrote from the same draft looks the same but for a few fields."""
    rep = served.decision.request.rep is not None
    key = (id(offer.scores), language, rep)
    kept = _KEPT.get(key)
    of, same = (served.catalogue, served.state.parts, served.looks), shared(offer)
    if kept is None or kept[0] != same or any(map(is_not, kept[1], of)):
        if len(_KEPT) >= _MOST_KEPT:
            _KEPT.clear()
        kept = _KEPT[key] = (same, of, orjson.dumps(_told(offer, served, language))[1:-1])
    own = orjson.dumps({"id": offer.id, "slot": offer.slot, "place": offer.place})
    until = holds_until(served.decision, offer).isoformat().encode()
    return orjson.Fragment(b'%s,%s,"expires_at":"%s"}' % (own[:-1], kept[2], until))


_MOST_KEPT: Final = 8_192
_KEPT: Final[dict[tuple[int, str, bool], tuple[tuple[Any, ...], tuple[object, ...], bytes]]] = {}
"""Scores (each draft of an offer has its own), with all that an offer's looks come from → its fields as JSON."""


def _told(offer: Offer, served: Served, language: str) -> dict[str, Any]:
    """What does not change from one decision to the next."""
    listed = offer.list_price
    crossed_out = listed if listed is not None and offer.price is not None and listed > offer.price else None
    return {
        "kind": offer.kind,
        "product": _written(served, offer.product_id, language).product,
        "anchor_id": offer.anchor_id,
        "replaces": offer.replaces,
        "items": [_item(item, offer.currency, served, language) for item in offer.items],
        "price": offer.price,
        "price_text": amount_text(offer.price, offer.currency, language),
        "list_price": crossed_out,
        "list_price_text": amount_text(crossed_out, offer.currency, language),
        "promotion_id": offer.promotion_id,
        "difference": offer.difference,
        "difference_text": signed_text(offer.difference, offer.currency, language),
        "reasons": [
            {"code": reason.code, "text": text}
            for reason, text in zip(offer.reasons, served.reasons_told(offer, language), strict=True)
        ],
        "quote": quote_of(offer, language, served.state) or None,
        "act": offer.act,
        "look": _look(served.look_of(offer), language),
        "pitch": None if served.decision.request.rep is None else pitch(offer, language, served.state).text(),
    }
