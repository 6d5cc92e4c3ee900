"""What the templates show: products, categories and lines with their texts, ready to be written down."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import urlencode

from tsuide.app.catalogue import Branch, Catalogue
from tsuide.app.quoting import Quote
from tsuide.facts.catalogue import Product, told
from tsuide.interfaces.shop.looks import look_of
from tsuide.interfaces.shop.phrases import SHOP
from tsuide.interfaces.shop.visitor import Line
from tsuide.kit.money import Money
from tsuide.mining.differences import name_of
from tsuide.offers.confirming import PHRASES as CONFIRMING

_NOT_SHOWN: Final = frozenset(
    {
        "need",
        "goals",
        "tags",
        "shipping",
        "ships",
        "qualification",
        "regions",
        "about",
        "audience",
        "prerequisite",
        "starts_at",
    }
)  # what rules read


@dataclass(frozen=True, slots=True)
class ProductView:
    """A product as a card or a page shows it."""

    id: str
    title: str
    price_text: str | None
    tax_included: bool
    can_be_sold: bool
    brand: str | None
    image: str | None
    glyph: str
    tint: str
    attributes: tuple[tuple[str, str], ...] = ()
    baskets: int = 0
    baskets_text: str = ""
    free: bool = False


@dataclass(frozen=True, slots=True)
class NodeView:
    """A category as a link."""

    label: str
    link: str
    glyph: str
    tint: str
    count_text: str
    image: str | None = None


@dataclass(frozen=True, slots=True)
class LineView:
    """A line of the cart or of an order."""

    product: ProductView
    quantity: int
    amount_text: str
    offer_id: str | None
    crossed_out_text: str | None = None
    free: bool = False


@dataclass(frozen=True, slots=True)
class CartView:
    """A cart or an order with what it costs.

    Args:
        total: minor units; what the customer says yes to.
        added: (label, text) of what the total holds beside the lines: shipping.
        facts: (label, text) of what the lines hold already: promotions of the whole cart, tax, points.
        left_to_free: what is missing to free shipping; "" = nothing, None = no amount makes it free.
    """

    lines: tuple[LineView, ...] = ()
    total: int = 0
    total_text: str = ""
    added: tuple[tuple[str, str], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    left_to_free: str | None = None


@lru_cache(maxsize=16_384)
def price_text(amount: int, currency: str, language: str) -> str:
    """An amount as a reader of the language writes it."""
    return Money(amount, currency).text(language)


def product_view(product: Product, language: str, baskets: int = 0) -> ProductView:
    """The product in the visitor's language."""
    look = look_of(product.category)
    product = told(product, language)
    return ProductView(
        id=product.id,
        title=product.title,
        price_text=None if product.price is None else price_text(product.price, product.currency, language),
        tax_included=product.tax_included,
        can_be_sold=sold(product),
        brand=product.brand,
        image=product.image,
        glyph=look.glyph,
        tint=look.tint,
        attributes=tuple(
            (name_of(name, language), value) for name, value in product.attributes.items() if name not in _NOT_SHOWN
        ),
        baskets=baskets,
        baskets_text=f"{baskets:,}",
        free=product.price == 0,
    )


def sold(product: Product) -> bool:
    """Whether a customer may buy it now."""
    in_stock = product.stock is None or product.stock > 0
    return product.status == "active" and product.price is not None and product.price > 0 and in_stock


def node_view(branch: Branch, base: str, label: str, image: str | None = None) -> NodeView:
    """The category as a link; `label` is what a reader calls it, `image` of something on its shelf."""
    look = look_of(branch.path)
    return NodeView(label, category_link(branch.path, base), look.glyph, look.tint, f"{branch.products:,}", image)


def category_link(path: Sequence[str], base: str, page: int = 1) -> str:
    """The address of a category's page.

    >>> category_link(["Drug / GM", "茶"], "/shop", 2)
    '/shop/c?in=Drug+%2F+GM&in=%E8%8C%B6&page=2'
    """
    pairs = [("in", name) for name in path] + ([("page", str(page))] if page > 1 else [])
    return f"{base}/c?{urlencode(pairs)}"


def search_link(query: str, base: str, page: int = 1) -> str:
    """The address of a page of results."""
    pairs = {"q": query} | ({"page": str(page)} if page > 1 else {})
    return f"{base}/search?{urlencode(pairs)}"


def buyable(cart: Sequence[Line], catalogue: Catalogue) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """The lines that can be bought now, and those that cannot."""
    kept: list[Line] = []
    gone: list[Line] = []
    for line in cart:
        product = catalogue.product(line.product_id)
        (kept if product is not None and sold(product) else gone).append(line)
    return tuple(kept), tuple(gone)


def cart_view(made: Quote, language: str) -> CartView:
    """What a quote says, in the visitor's language."""
    if made.whole is None or made.whole.total is None:
        return CartView()
    currency = made.whole.currency

    def text(amount: int) -> str:
        return price_text(amount, currency, language)

    added = [(CONFIRMING.text("shipping", language), text(made.whole.shipping))] if made.whole.shipping else []
    facts = [
        (SHOP.text("applied", language, promotion=promotion.names[language]), f"−{text(saved)}")
        for promotion, saved in made.basket.saved
    ]
    facts += [
        (CONFIRMING.text("tax", language, rate=f"{rate / 100:g}"), text(tax)) for rate, tax in made.whole.taxes.items()
    ]
    facts += [(CONFIRMING.text("points", language), f"{count:,} {unit}") for unit, count in made.points.items()]
    lines = tuple(
        LineView(
            product_view(each.product, language),
            each.quantity,
            text(each.amount),
            each.offer_id,
            None if each.crossed_out is None else text(each.crossed_out),
            each.free,
        )
        for each in made.lines
    )
    left = made.left_to_free
    left_to_free = None if left is None else text(left) if left else ""
    return CartView(lines, made.whole.total, text(made.whole.total), tuple(added), tuple(facts), left_to_free)
