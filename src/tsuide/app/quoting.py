"""What a shop's cart costs: offers at the price that they were made at, everything else at the catalogue's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tsuide.app.accepting import discounts_of, holds_until, ships_free, units_of
from tsuide.app.basket_promotions import Reached, reached
from tsuide.app.catalogue import Catalogue
from tsuide.app.ledger import offer_of
from tsuide.app.promotions import withdrawn
from tsuide.app.signing import sale_terms
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, NotFound
from tsuide.facts.catalogue import Product
from tsuide.offers.acceptance import Confirmation, Item, SaleTerms, confirmation
from tsuide.offers.decision import Decision
from tsuide.offers.offer import Offer, OfferItem


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line that the customer wants.

    Args:
        offer_id, decision_id: where it came from, as the page said; checked before it is believed.
    """

    product_id: str
    quantity: int
    offer_id: str | None = None
    decision_id: str | None = None


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who wants it: the browser, and the customer where one is signed in."""

    anonymous_id: str
    customer_id: str | None = None


@dataclass(frozen=True, slots=True)
class Quoted:
    """One line as it will be charged.

    Args:
        discount: off the whole line, minor units as shown.
        crossed_out: what may honestly stand crossed out beside the amount; None = nothing.
        offer_id: of an offer that was believed.
        free: it comes free with an offer.
    """

    product: Product
    quantity: int
    discount: int = 0
    crossed_out: int | None = None
    offer_id: str | None = None
    free: bool = False

    @property
    def listed(self) -> int:
        """Before the discount."""
        return (self.product.price or 0) * self.quantity

    @property
    def amount(self) -> int:
        """What is charged, as prices are shown."""
        return self.listed - self.discount

    @property
    def item(self) -> Item:
        """The line as it is confirmed."""
        product = self.product
        role = "free" if self.free else "offered"
        return Item(
            product.id, product.title, self.quantity, product.price, product.tax_rate, product.tax_included,
            self.discount, role,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Taken:
    """An offer that the cart takes up.

    Args:
        units: of the offer that get its price; 0 = it is taken at the catalogue's.
        draws: promotion → what its budget pays, minor units.
        points: unit → how many.
    """

    decision: Decision
    offer: Offer
    units: int
    draws: Mapping[str, int]
    points: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Quote:
    """The whole cart.

    Args:
        whole: total, tax by rate, shipping; None where nothing can be bought.
        basket: what the cart gets by what it comes to, beside its offers.
        left_to_free: what is missing to free shipping, minor units; 0 = nothing, None = no amount makes it free.
    """

    lines: tuple[Quoted, ...]
    taken: tuple[Taken, ...]
    whole: Confirmation | None
    basket: Reached
    left_to_free: int | None

    @property
    def points(self) -> dict[str, int]:
        """Points that the order brings, by unit."""
        found = dict(self.basket.points)
        for each in self.taken:
            for unit, count in each.points.items():
                found[unit] = found.get(unit, 0) + count
        return found


def quote(
    shop: Shop,
    catalogue: Catalogue,
    buyer: Buyer,
    wanted: Sequence[Wanted],
    now: datetime,
    *,
    order_id: str | None = None,
) -> Quote:
    """What the cart costs now.

    An offer is believed only where its decision was made for this buyer and names the product; its price holds
    until it expires, while its promotions have something to give, for as many units of it as the cart holds whole.

    Args:
        shop: its decisions, acceptances and promotions.
        catalogue: products and prices.
        buyer: whose cart.
        wanted: its lines, one per product.
        now: UTC.
        order_id: the order that this becomes: what it drew on already still counts for it.

    Raises:
        BadValue: a product that is not for sale, or several currencies.
    """
    products = [_sold(catalogue, each.product_id) for each in wanted]
    have = {each.product_id: each.quantity for each in wanted}
    taken = _taken(shop, catalogue, buyer, wanted, have, now, order_id)
    lines = [_line(catalogue, product, each, taken) for product, each in zip(products, wanted, strict=True)]
    terms, counted = sale_terms(shop), sum(line.amount for line in lines)
    enough = 0 < terms.free_from <= counted  # what a filler promised, no promotion of the basket takes away again
    terms = replace(terms, shipping=0) if enough else terms
    got = _reached(shop, catalogue, buyer, lines, taken, terms.shipping, now, order_id)
    lines = [replace(line, discount=line.discount + cut) for line, cut in zip(lines, got.cuts, strict=True)]
    lines += [_free(catalogue, item, each) for each in taken if each.units for item in _of_role(each.offer, "free")]
    lines += [Quoted(_sold(catalogue, item), 1, _sold(catalogue, item).price or 0, free=True) for item in got.free]
    if got.draws:  # the first yes of the cart draws for the whole of it
        taken[0] = replace(taken[0], draws={**got.draws, **taken[0].draws})
    gains = [gain for each in taken if each.units for gain in each.offer.gains]
    if got.ships_free or ships_free((line.product for line in lines), gains):
        terms = replace(terms, shipping=0)
    if not lines:
        return Quote((), (), None, got, None)
    left = max(terms.free_from - counted, 0) if terms.shipping else 0
    return Quote(tuple(lines), tuple(taken), _whole(lines, terms, now), got, left if terms.free_from else None)


def _reached(
    shop: Shop,
    catalogue: Catalogue,
    buyer: Buyer,
    lines: Sequence[Quoted],
    taken: Sequence[Taken],
    shipping: int,
    now: datetime,
    order_id: str | None,
) -> Reached:
    """What the whole cart gets beside its offers."""
    return reached(
        shop,
        catalogue,
        [(line.product, line.quantity, line.amount) for line in lines],
        frozenset(gain.promotion_id for each in taken if each.units for gain in each.offer.gains),
        now,
        customer_id=buyer.customer_id,
        yes=[f"{order_id}:{each.offer.id}" for each in taken],
        shipping=shipping,
    )


def offer_to(shop: Shop, buyer: Buyer, decision_id: str, offer_id: str) -> Offer | None:
    """The offer that a page names; None where its word is not to be believed: it was not made for this buyer."""
    found = _believed(shop, buyer, decision_id, offer_id)
    return None if found is None else found[1]


def _sold(catalogue: Catalogue, product_id: str) -> Product:
    product = catalogue.product(product_id)
    if product is None or product.price is None or product.status != "active":
        raise BadValue("not for sale", key="product", value=product_id, way_out="take it out of the cart")
    return product


def _believed(shop: Shop, buyer: Buyer, decision_id: str, offer_id: str) -> tuple[Decision, Offer] | None:
    try:
        decision = Decision.from_json(shop.store.decisions.get(decision_id)["record"])
        offer = offer_of(decision, offer_id)
    except NotFound:
        return None
    return (decision, offer) if decision.request.anonymous_id == buyer.anonymous_id else None


def _taken(
    shop: Shop,
    catalogue: Catalogue,
    buyer: Buyer,
    wanted: Sequence[Wanted],
    have: Mapping[str, int],
    now: datetime,
    order_id: str | None,
) -> list[Taken]:
    named: dict[tuple[str, str], list[str]] = {}
    for each in wanted:
        if each.offer_id is not None and each.decision_id is not None:
            named.setdefault((each.decision_id, each.offer_id), []).append(each.product_id)
    gone = withdrawn(shop) if named else ()
    found = []
    for (decision_id, offer_id), products in named.items():
        believed = _believed(shop, buyer, decision_id, offer_id)
        if believed is None or any(_item_of(believed[1], each, catalogue) is None for each in products):
            continue
        decision, offer = believed
        own = dict(have)
        for name in products:  # a size or colour counts as the item in whose place it is taken
            item = _item_of(offer, name, catalogue)
            if item is not None and item != name:
                own[item] = own.get(item, 0) + have[name]
        given = {row["id"] for row in shop.store.acceptances.of_offer(offer.id) if row["state"] in {"accepted", "used"}}
        ours = given <= {f"{order_id}:{offer.id}"}
        if not ours:
            continue
        runs = bool(given) or (
            now < holds_until(decision, offer) and not {gain.promotion_id for gain in offer.gains} & set(gone)
        )
        units = _units(offer, own) if runs and _is_less(offer) else 0
        found.append(
            Taken(
                decision,
                offer,
                units,
                {gain.promotion_id: gain.cost * units for gain in offer.gains} if units else {},
                {gain.unit: gain.points * units for gain in offer.gains if gain.points} if units else {},
            )
        )
    return found


def _item_of(offer: Offer, product_id: str, catalogue: Catalogue) -> str | None:
    """Which item of the offer a product is, or is a size or colour of; None = none."""
    names = [item.product_id for item in offer.items]
    if product_id in names:
        return product_id
    family = {each.id for each in catalogue.variants(product_id)}
    return next((name for name in names if name in family), None)


def _is_less(offer: Offer) -> bool:
    """Whether it gives anything beyond the catalogue's price."""
    return bool(offer.gains) or offer.discount > 0


def _units(offer: Offer, have: Mapping[str, int]) -> int:
    """How often the cart holds the offer whole; a set's price asks for its main product too."""
    needed = {item.product_id: item.quantity for item in offer.bought}
    if offer.kind == "bundle" and offer.discount > 0 and offer.anchor_id is not None:
        needed.setdefault(offer.anchor_id, units_of(offer))
    return min(have.get(product, 0) // count for product, count in needed.items()) * units_of(offer)


def _of_role(offer: Offer, role: str) -> list[OfferItem]:
    return [item for item in offer.items if item.role == role]


def _line(catalogue: Catalogue, product: Product, wanted: Wanted, taken: Sequence[Taken]) -> Quoted:
    discount, crossed_out, offer_id = 0, False, None
    for each in taken:
        inside = each.offer.bought
        name = product.id
        if wanted.offer_id == each.offer.id:
            offer_id = each.offer.id
            name = _item_of(each.offer, product.id, catalogue) or product.id
        if each.units:
            cuts = dict(zip((item.product_id for item in inside), discounts_of(each.offer, inside), strict=True))
            discount += cuts.get(name, 0) * each.units // units_of(each.offer)
            listed, asked = each.offer.list_price, each.offer.price
            honest = listed is not None and asked is not None and listed > asked
            crossed_out = crossed_out or (honest and bool(cuts.get(name)))
    listed_amount = (product.price or 0) * wanted.quantity
    discount = min(discount, listed_amount)
    return Quoted(product, wanted.quantity, discount, listed_amount if crossed_out and discount else None, offer_id)


def _free(catalogue: Catalogue, item: OfferItem, taken: Taken) -> Quoted:
    product = _sold(catalogue, item.product_id)
    quantity = item.quantity * taken.units
    return Quoted(product, quantity, (product.price or 0) * quantity, None, taken.offer.id, free=True)


def _whole(lines: Sequence[Quoted], terms: SaleTerms, now: datetime) -> Confirmation:
    currencies = {each.product.currency for each in lines}
    if len(currencies) != 1:
        raise BadValue("an order has one currency and at least one line", key="currencies", value=sorted(currencies))
    return confirmation(
        offer_id="",
        decision_id="",
        customer_id=None,
        items=[each.item for each in lines],
        currency=currencies.pop(),
        terms=terms,
        expires_at=now,
    )
