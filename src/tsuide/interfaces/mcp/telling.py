"""From a decision to what an agent reads."""

from typing import Any

from tsuide.app.accepting import holds_until
from tsuide.app.deciding import Served
from tsuide.facts.catalogue import Product, told
from tsuide.interfaces.mcp.phrases import TEXTS
from tsuide.interfaces.mcp.results import ItemOut, OfferOut, ReasonOut
from tsuide.kit.money import Money
from tsuide.offers.explain import NOTES, differences_text, reasons_told
from tsuide.offers.offer import Offer
from tsuide.offers.state import State


def offers_told(served: Served) -> dict[str, Any]:
    """The members that every recommending tool answers with."""
    decision = served.decision
    language = decision.request.language
    offers = [_offer(each, served, language) for each in decision.offers]
    return {
        "decision_id": decision.id,
        "arm": decision.arm,
        "offers": offers,
        "text": paragraph(offers, language),
        "notes": [NOTES.text(each, language) for each in decision.notes],
        "warnings": list(served.warnings),
    }


def paragraph(offers: list[OfferOut], language: str) -> str:
    """The offers to be said or shown."""
    if not offers:
        return TEXTS.text("silent", language)
    gap = "" if language == "ja" else " "
    return "\n".join(
        TEXTS.text(
            "offered",
            language,
            title=each.title,
            price=each.price_text,
            reasons=gap.join([reason.text for reason in each.reasons] + each.better),
        )
        for each in offers
    )


def reasons_of(offer: Offer, language: str, state: State) -> list[ReasonOut]:
    """Its reasons with their figures."""
    return [
        ReasonOut(code=each.code, text=text, figures=dict(each.numbers))
        for each, text in zip(offer.reasons, reasons_told(offer, language, state), strict=True)
    ]


def money_text(amount: int | None, currency: str, language: str) -> str:
    """An amount as a reader of the language writes it."""
    return TEXTS.text("ask_price", language) if amount is None else Money(amount, currency).text(language)


def _offer(offer: Offer, served: Served, language: str) -> OfferOut:
    product: Product = told(served.product(offer.product_id), language)
    listed = offer.list_price
    honest = listed is not None and offer.price is not None and listed > offer.price
    return OfferOut(
        offer_id=offer.id,
        kind=offer.kind,
        product_id=offer.product_id,
        title=product.title,
        items=[
            ItemOut(
                product_id=item.product_id,
                title=told(served.product(item.product_id), language).title,
                quantity=item.quantity,
                price=item.price,
                role=item.role,
            )
            for item in offer.items
        ],
        price=offer.price,
        price_text=money_text(offer.price, offer.currency, language),
        list_price=listed if honest else None,
        difference=offer.difference,
        replaces=offer.replaces,
        currency=offer.currency,
        reasons=reasons_of(offer, language, served.state),
        better=differences_text(offer, language, served.state),
        url=product.url,
        image=product.image,
        expires_at=holds_until(served.decision, offer).isoformat(),
    )
