"""From offer to yes: ask for a confirmation, show it, take the answer. The one way by which offers become orders."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from tsuide.app.catalogue import Catalogue
from tsuide.app.ledger import Told, offer_of
from tsuide.app.signing import sale_terms, signing_keys
from tsuide.app.wiring import Shop
from tsuide.errors import Conflict, NotReady, Refused
from tsuide.facts.catalogue import Product, shipped
from tsuide.facts.catalogue import told as in_words
from tsuide.kit.money import share_out
from tsuide.offers.acceptance import (
    Confirmation,
    Item,
    SaleTerms,
    claims_of,
    confirmation,
    from_json,
    sign,
    to_json,
    verify,
)
from tsuide.offers.decision import Decision
from tsuide.offers.offer import Gain, Offer, OfferItem, Placement
from tsuide.store.acceptances import token_hash
from tsuide.store.confirmations import Waiting

HOLDS: Final = timedelta(days=3)
HOLDS_LONGER: Final[dict[Placement, timedelta]] = {"rep": timedelta(days=30), "email": timedelta(days=14)}
"""How long an offer's price may be accepted when the offer itself names no end."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be accepted.

    Args:
        quantity: of the whole offer.
        include: ids of required parts that the customer wants too; none of them comes by itself.
        entered_by: the rep who enters it for the customer; it waits for them all the same.
        evidence: kind and reference of what the rep has in hand (signature, purchase_order …).
        key: the asker's own idempotency key: another key is another asking.
        variants: (item, its size or colour) that is taken in the item's place.
    """

    decision_id: str
    offer_id: str
    quantity: int = 1
    include: tuple[str, ...] = ()
    entered_by: str | None = None
    evidence: tuple[str, str] | None = None
    key: str = ""
    variants: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """Where an acceptance stands.

    Args:
        state: waiting, accepted, declined, used or expired.
        token: for whoever asked; None once it is answered.
        told: what the ledger must hear; telling it twice changes nothing.
    """

    acceptance_id: str
    state: str
    confirmed: Confirmation
    token: str | None = None
    told: tuple[Told, ...] = ()
    already: bool = False
    order_id: str | None = None


def ask(shop: Shop, catalogue: Catalogue, asked: Asked, now: datetime) -> Answer:
    """Put an offer before the customer for their yes; the same again gives the same.

    Raises:
        UnknownDecision: no such decision.
        NotFound: the decision made no such offer.
        Refused: the offer is over, or something in it is not for sale any more.
        BadValue: a quantity below one.
    """
    decision = Decision.from_json(shop.store.decisions.get(asked.decision_id)["record"])
    offer = offer_of(decision, asked.offer_id)
    acceptance_id = _id_of(asked)
    made = _confirmation(decision, offer, catalogue, asked, sale_terms(shop), now)
    token = sign(claims_of(made, acceptance_id), signing_keys(shop, now)[0])
    waiting = Waiting(
        id=acceptance_id,
        offer_id=offer.id,
        decision_id=decision.id,
        customer_id=decision.request.customer_id,
        evidence=asked.evidence or ("asked", asked.entered_by or "customer"),
        content=to_json(made),
        expires_at=made.expires_at,
        token=token,
        entered_by=asked.entered_by,
    )
    if shop.store.confirmations.ask(waiting, now):
        return Answer(acceptance_id, "waiting", made, token)
    return link(shop, acceptance_id, now)


def link(shop: Shop, acceptance_id: str, now: datetime) -> Answer:
    """Where an acceptance stands; while it waits, with the token of its newest link.

    Raises:
        NotFound: no such acceptance.
    """
    row = shop.store.confirmations.get(acceptance_id)
    made = from_json(row["content"])
    if row["state"] != "waiting":
        return Answer(acceptance_id, row["state"], made, already=True, order_id=row["order_id"])
    token = sign(claims_of(made, acceptance_id), signing_keys(shop, now)[0])
    if token_hash(token) != row["token_hash"]:  # the keys were rotated meanwhile
        shop.store.confirmations.retoken(acceptance_id, token)
    return Answer(acceptance_id, "waiting", made, token, already=True)


def look(shop: Shop, token: str, now: datetime) -> Answer:
    """What a token's holder is asked to confirm.

    Raises:
        Refused: not a token of ours, expired, or replaced by a newer one.
    """
    claims = verify(token, signing_keys(shop, now), now)
    row = shop.store.confirmations.get(claims.acceptance_id)
    if not hmac.compare_digest(row["token_hash"] or "", token_hash(token)):
        raise Refused("a newer link has replaced this one", key="token", way_out="open the newest message")
    made = from_json(row["content"])
    return Answer(row["id"], row["state"], made, order_id=row["order_id"])


def confirm(shop: Shop, catalogue: Catalogue, token: str, language: str, now: datetime) -> Answer:
    """The customer's yes; said again it changes nothing, whoever says it first and from wherever.

    Raises:
        Refused: the token is not good, or something is not for sale any more.
        NotReady: the shop has not written down what the law asks to be shown before a yes.
        Conflict: it was declined, the offer was accepted otherwise, or a promotion is used up.
    """
    before = look(shop, token, now)
    if before.state == "waiting":
        refuse_unshown(before.confirmed, language)
        for item in before.confirmed.items:
            _sold(catalogue, item.product_id, item.quantity)
    return _give(shop, before, ("click", f"token {token_hash(token)[:16]}"), now)


def countersign(shop: Shop, acceptance_id: str, evidence: tuple[str, str], now: datetime) -> Answer:
    """The yes on paper (signature, 発注書), entered by someone other than the rep who asked.

    Raises:
        NotFound: no such acceptance.
        NotReady: the price is not known.
        Conflict: it was declined or has expired, the offer was accepted otherwise, or a promotion is used up.
    """
    before = link(shop, acceptance_id, now)
    if before.confirmed.total is None:
        raise NotReady("the price is not known", key="price", value=acceptance_id, way_out="agree on a price first")
    return _give(shop, before, evidence, now)


def _give(shop: Shop, before: Answer, evidence: tuple[str, str], now: datetime) -> Answer:
    made, of = before.confirmed, before.acceptance_id
    also = () if made.decision_id else made.offers
    done = shop.store.confirmations.confirm(of, evidence, made.draws, now, also)
    told = tuple(Told(offer, "accepted", evidence=of, decision_id=decision) for offer, decision in made.offers)
    state = "accepted" if done == "confirmed" or before.state == "waiting" else before.state
    already = done == "already"
    return Answer(of, state, made, None, told, already, before.order_id)


def by_decision(answer: Answer) -> dict[str, list[Told]]:
    """What the ledger must hear of an answer, decision by decision."""
    found: dict[str, list[Told]] = {}
    for told in answer.told:
        found.setdefault(told.decision_id or answer.confirmed.decision_id, []).append(told)
    return found


def decline(shop: Shop, token: str, reason: str | None, now: datetime) -> Answer:
    """The customer's no; said again it changes nothing.

    Raises:
        Refused: the token is not good.
        Conflict: it was accepted before.
    """
    before = look(shop, token, now)
    if before.state != "declined":
        try:
            shop.store.acceptances.move(before.acceptance_id, ("waiting", "declined"), now)
        except Conflict:
            if look(shop, token, now).state != "declined":  # of two who decline at once, one does
                raise
    already = before.state == "declined"
    return Answer(before.acceptance_id, "declined", before.confirmed, None, _no(before, "declined", reason), already)


def later(shop: Shop, token: str, now: datetime) -> Answer:
    """Not now: the offer waits until it expires.

    Raises:
        Refused: the token is not good.
        Conflict: it was answered before.
    """
    before = look(shop, token, now)
    if before.state != "waiting":
        raise Conflict(f"this is {before.state}", key="acceptance", value=before.acceptance_id)
    return Answer(before.acceptance_id, "waiting", before.confirmed, token, _no(before, "later", "not_now"))


def _no(before: Answer, outcome: str, reason: str | None) -> tuple[Told, ...]:
    """What the ledger hears; of a quote nothing: who declines the whole has said nothing of what was attached."""
    made = before.confirmed
    if not made.decision_id:
        return ()
    return (Told(made.offer_id, outcome, reason, evidence=before.acceptance_id),)


def final_click(
    shop: Shop,
    decision: Decision,
    offer: Offer,
    products: Sequence[Product],
    items: Sequence[Item],
    draws: Mapping[str, int],
    order_id: str,
    now: datetime,
) -> str:
    """The yes of a shop's own final confirmation page, which showed the whole order: asked and given at once.

    Args:
        shop: its store.
        decision: that made the offer.
        offer: what is accepted.
        products: of it: the terms of a subscription among them are shown.
        items: the lines that it becomes, as they were shown.
        draws: promotion → what its budget pays, minor units.
        order_id: the order; said again the same yes changes nothing.
        now: UTC.

    Returns:
        The acceptance's id.

    Raises:
        Conflict: the offer was accepted before, in another order, or a promotion is used up.
    """
    acceptance_id = f"{order_id}:{offer.id}"
    made = confirmation(
        offer_id=offer.id,
        decision_id=decision.id,
        customer_id=decision.request.customer_id,
        items=items,
        currency=offer.currency,
        terms=replace(sale_terms(shop), shipping=0),  # shown once, for the whole order
        expires_at=now + HOLDS,
        subscription=subscription_of(products, decision.request.language),
        draws=draws,
    )
    evidence = ("click", f"final confirmation of order {order_id}")
    waiting = Waiting(
        acceptance_id, offer.id, decision.id, decision.request.customer_id, evidence, to_json(made), made.expires_at
    )
    shop.store.confirmations.ask(waiting, now)
    shop.store.confirmations.confirm(acceptance_id, evidence, draws, now)
    return acceptance_id


def refuse_unshown(made: Confirmation, language: str) -> None:
    """Refuse a yes to what was not shown whole.

    Raises:
        NotReady: names the items of 特商法 12条の6 that are missing.
    """
    missing = made.missing(language)
    if missing:
        raise NotReady(
            "a yes may only be asked for when everything the law names is shown",
            key="missing",
            value=", ".join(missing),
            way_out="tsuide acceptance terms FILE",
        )


def _id_of(asked: Asked) -> str:
    parts: tuple[object, ...] = (asked.offer_id, asked.quantity, sorted(asked.include), asked.entered_by, asked.key)
    if asked.variants:
        parts = (*parts, *sorted(asked.variants))
    return f"acc_{hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()}"


def _confirmation(
    decision: Decision, offer: Offer, catalogue: Catalogue, asked: Asked, terms: SaleTerms, now: datetime
) -> Confirmation:
    until = holds_until(decision, offer)
    if now >= until:
        raise Refused("this offer is over", key="expires_at", value=until.isoformat(), way_out="ask for offers anew")
    chosen = [each for each in offer.items if each.role != "required" or each.product_id in asked.include]
    wanted = _variants(offer, catalogue, asked)
    products = [
        _sold(catalogue, wanted.get(each.product_id, each.product_id), each.quantity * asked.quantity)
        for each in chosen
    ]
    discounts, units = discounts_of(offer, chosen), units_of(offer) * asked.quantity
    language = decision.request.language
    if ships_free(products, offer.gains):
        terms = replace(terms, shipping=0)
    return confirmation(
        offer_id=offer.id,
        decision_id=decision.id,
        customer_id=decision.request.customer_id,
        items=[
            _item(
                in_words(product, language),
                each.quantity * asked.quantity,
                _asked(product, each),
                discount * asked.quantity,
                each.role,
            )
            for product, each, discount in zip(products, chosen, discounts, strict=True)
        ],
        currency=offer.currency,
        terms=terms,
        expires_at=until,
        subscription=subscription_of(products, language),
        draws=draws_of(offer, units),
        points={gain.unit: gain.points * units for gain in offer.gains if gain.points},
        entered_by=asked.entered_by,
    )


def _asked(product: Product, item: OfferItem) -> int | None:
    """The price of one unit: the offer's, or of another size or colour its own."""
    return item.price if product.id == item.product_id else product.price


def _variants(offer: Offer, catalogue: Catalogue, asked: Asked) -> dict[str, str]:
    """Item → the size or colour taken in its place.

    Raises:
        Refused: not an item of the offer, or no size or colour of it.
    """
    items = {each.product_id for each in offer.items}
    for item, variant in asked.variants:
        if item not in items or variant not in {each.id for each in catalogue.variants(item)}:
            raise Refused("not a size or colour of what was offered", key="variants", value=variant)
    return dict(asked.variants)


def ships_free(products: Iterable[Product], gains: Iterable[Gain]) -> bool:
    """Whether a promotion pays the shipping, or nothing goes into a parcel."""
    return any(gain.kind == "free_shipping" for gain in gains) or not any(shipped(each) for each in products)


def holds_until(decision: Decision, offer: Offer) -> datetime:
    """Until when an offer may be accepted at its price: a while, and no longer than its promotions run."""
    until = decision.at + HOLDS_LONGER.get(decision.request.placement, HOLDS)
    return until if offer.expires_at is None else min(until, offer.expires_at)


def draws_of(offer: Offer, units: int) -> dict[str, int]:
    """What so many units of an offer take from the budgets of its promotions, minor units."""
    if not offer.gains and offer.promotion_id:  # recorded before offers told promotion by promotion
        return {offer.promotion_id: offer.discount * units}
    return {gain.promotion_id: gain.cost * units for gain in offer.gains}


def discounts_of(offer: Offer, items: Sequence[OfferItem]) -> list[int]:
    """Off each item of one offer: free ones whole; what its price saves shared over the others to the last unit."""
    full = [(each.price or 0) * each.quantity for each in items]
    off = [amount if each.role == "free" else 0 for each, amount in zip(items, full, strict=True)]
    paid = [0 if each.role in {"free", "required"} else amount for each, amount in zip(items, full, strict=True)]
    saved = sum(paid) - offer.price * units_of(offer) if offer.price is not None else 0
    if saved <= 0 or any(each.price is None for each in items):
        return off
    return [one + other for one, other in zip(off, share_out(saved, paid), strict=True)]


def units_of(offer: Offer) -> int:
    """How many units (of the set) an offer is of: its price and discount are of one."""
    return offer.items[0].quantity


def _sold(catalogue: Catalogue, product_id: str, quantity: int) -> Product:
    product = catalogue.product(product_id)
    if product is None or product.status != "active" or (product.stock is not None and product.stock < quantity):
        raise Refused("not for sale any more", key="product", value=product_id, way_out="ask for offers anew")
    return product


def _item(product: Product, quantity: int, price: int | None, discount: int = 0, role: str = "offered") -> Item:
    return Item(product.id, product.title, quantity, price, product.tax_rate, product.tax_included, discount, role)


def subscription_of(products: Sequence[Product], language: str) -> dict[str, str]:
    """Term, renewal and cancellation of the subscriptions, in the reader's words; of several each by its name."""
    plans = [in_words(each, language) for each in products if each.kind == "subscription"]
    found: dict[str, str] = {}
    for name in ("term", "renewal", "cancellation"):
        said = [(each.title, str(each.attributes[name])) for each in plans if each.attributes.get(name)]
        if said:
            found[name] = said[0][1] if len(plans) == 1 else "; ".join(f"{title}: {text}" for title, text in said)
    return found
