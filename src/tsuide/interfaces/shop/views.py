"""What the templates show: products, categories and lines with their texts, ready to be written down."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import quote, urlencode

from tsuide.app.catalogue import Branch, Catalogue
from tsuide.facts.catalogue import Product
from tsuide.interfaces.shop.looks import look_of
from tsuide.interfaces.shop.visitor import Line
from tsuide.kit.money import Money, tax_of
from tsuide.offers.confirming import PHRASES as CONFIRMING

_NAMES: Final = {  # of attributes that many catalogues have
    "package_size": {"ja": "内容量", "en": "Package"},
    "size": {"ja": "サイズ", "en": "Size"},
    "color": {"ja": "色", "en": "Colour"},
    "colour": {"ja": "色", "en": "Colour"},
    "material": {"ja": "素材", "en": "Material"},
}


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


@dataclass(frozen=True, slots=True)
class NodeView:
    """A category as a link."""

    label: str
    link: str
    glyph: str
    tint: str
    count_text: str


@dataclass(frozen=True, slots=True)
class LineView:
    """A line of the cart or of an order."""

    product: ProductView
    quantity: int
    amount_text: str
    offer_id: str | None


@lru_cache(maxsize=16_384)
def price_text(amount: int, currency: str, language: str) -> str:
    """An amount as a reader of the language writes it."""
    return Money(amount, currency).text(language)


def product_view(product: Product, language: str, baskets: int = 0) -> ProductView:
    """The product in the visitor's language."""
    look = look_of(product.category)
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
            (_NAMES.get(name, {}).get(language, name), value) for name, value in product.attributes.items()
        ),
        baskets=baskets,
        baskets_text=f"{baskets:,}",
    )


def sold(product: Product) -> bool:
    """Whether a customer may buy it now."""
    in_stock = product.stock is None or product.stock > 0
    return product.status == "active" and product.price is not None and product.price > 0 and in_stock


def node_view(branch: Branch, base: str) -> NodeView:
    """The category as a link."""
    look = look_of(branch.path)
    return NodeView(branch.name, category_link(branch.path, base), look.glyph, look.tint, f"{branch.products:,}")


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


def product_link(product_id: str, base: str) -> str:
    """The address of a product's page.

    >>> product_link("a/b ☕", "/shop")
    '/shop/p/a%2Fb%20%E2%98%95'
    """
    return f"{base}/p/{quote(product_id, safe='')}"


def tax_views(cart: Sequence[Line], catalogue: Catalogue, language: str) -> list[tuple[str, str]]:
    """(label, amount) of the tax inside the total, by currency and rate; rounded once per rate."""
    sums: dict[str, dict[int, int]] = {}
    for line in cart:
        product = catalogue.product(line.product_id)
        if product is not None and product.price is not None and sold(product) and product.tax_included:
            of = sums.setdefault(product.currency, {})
            of[product.tax_rate] = of.get(product.tax_rate, 0) + product.price * line.quantity
    return [
        (CONFIRMING.text("tax", language, rate=f"{rate / 100:g}"), price_text(tax, currency, language))
        for currency, of in sorted(sums.items())
        for rate, tax in sorted(tax_of(of, included=True).items())
    ]


def line_views(cart: Sequence[Line], catalogue: Catalogue, language: str) -> tuple[list[LineView], str, list[Line]]:
    """The lines that can be bought, their total as text, and the lines that cannot."""
    shown, gone, totals = [], [], dict[str, int]()
    for line in cart:
        product = catalogue.product(line.product_id)
        if product is None or product.price is None or not sold(product):
            gone.append(line)
            continue
        amount = product.price * line.quantity
        totals[product.currency] = totals.get(product.currency, 0) + amount
        shown.append(
            LineView(
                product_view(product, language),
                line.quantity,
                price_text(amount, product.currency, language),
                line.offer_id,
            )
        )
    total = " + ".join(price_text(amount, currency, language) for currency, amount in sorted(totals.items()))
    return shown, total, gone
