"""Products and the relations between them that a person declared."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias, get_args

import polars as pl

from tsuide.facts.schema import TEXT, WHOLE, YES, Schema

ProductKind: TypeAlias = Literal["physical", "service", "subscription", "content"]
ProductStatus: TypeAlias = Literal["active", "hidden", "discontinued"]
RelationType: TypeAlias = Literal[
    # the Google Merchant vocabulary of related_product
    "part_of_set",
    "required_part",
    "often_bought_with",
    "substitute",
    "different_brand",
    "accessory",
    # ours
    "upgrade_of",
    "never_with",
]

PRODUCT_KINDS: Final[tuple[str, ...]] = get_args(ProductKind)
PRODUCT_STATUSES: Final[tuple[str, ...]] = get_args(ProductStatus)
RELATION_TYPES: Final[tuple[str, ...]] = get_args(RelationType)


@dataclass(frozen=True, slots=True)
class Product:
    """One thing that can be offered.

    Args:
        id: the shop's id.
        title: what a customer reads.
        category: path from broad to narrow.
        price: what one unit costs now, minor units; None where the price is asked for.
        currency: ISO 4217.
        cost: what one unit costs the shop, ex tax, minor units; None where it is not known.
        tax_rate: basis points.
        tax_included: whether `price` contains the tax.
        parent_id: the product of which this is a variant (size, colour): variants are not substitutes.
        stock: units that can be sold; None where stock is not tracked.
        durable: True for what one owns, False for what is used up, None where it is not known.
    """

    id: str
    title: str
    currency: str
    category: tuple[str, ...] = ()
    price: int | None = None
    cost: int | None = None
    tax_rate: int = 1000
    tax_included: bool = True
    brand: str | None = None
    parent_id: str | None = None
    variant: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    stock: int | None = None
    status: ProductStatus = "active"
    kind: ProductKind = "physical"
    durable: bool | None = None
    image: str | None = None
    url: str | None = None


PRODUCTS: Final[Schema] = {
    "id": TEXT,
    "title": TEXT,
    "category": pl.List(pl.String),
    "brand": TEXT,
    "parent_id": TEXT,
    "variant": TEXT,
    "price": WHOLE,
    "cost": WHOLE,
    "currency": TEXT,
    "tax_rate": WHOLE,
    "tax_included": YES,
    "attributes": TEXT,  # a JSON object of strings
    "stock": WHOLE,
    "status": TEXT,
    "kind": TEXT,
    "durable": YES,
    "image": TEXT,
    "url": TEXT,
}


TRANSLATED: Final = frozenset(
    f"{name}_{of}" for name in ("title", "category", "brand", "variant") for of in ("ja", "en")
)
"""Attributes that hold a product's own words in a language, and say nothing more about the thing."""


def told(product: Product, language: str) -> Product:
    """The product as a reader of the language is told of it.

    Attributes ``title_en``, ``brand_en`` and ``variant_en`` (or ``…_ja``) stand in the place of what they translate; of
    an attribute with a twin (``roast`` and ``roast_en``) the reader's is kept under the plain name. The category is a
    path by which products are found and stays; `category_told` says it.

    >>> tea = Product("t", "煎茶", "JPY", attributes={"title_en": "Sencha", "roast": "浅", "roast_en": "light"})
    >>> told(tea, "en").title, dict(told(tea, "en").attributes), told(tea, "ja").title
    ('Sencha', {'roast': 'light'}, '煎茶')
    """
    given = product.attributes
    if not any(name.endswith(_SUFFIXES) for name in given):
        return product
    own = f"_{language}"
    plain = {name: text for name, text in given.items() if not name.endswith(_SUFFIXES)}
    said = {name.removesuffix(own): text for name, text in given.items() if name.endswith(own)}
    words = {name: said.pop(name) for name in ("title", "brand", "variant") if name in said}
    said.pop("category", None)
    return replace(product, attributes=plain | said, **words)  # type: ignore[arg-type]  # three texts


def shipped(product: Product) -> bool:
    """Whether a parcel goes out for it; a subscription is one of things, unless its attribute ``ships`` says no.

    >>> shipped(Product("t", "Tea", "JPY")), shipped(Product("c", "Course", "JPY", kind="content"))
    (True, False)
    >>> shipped(Product("p", "Plan", "JPY", kind="subscription", attributes={"ships": "no"}))
    False
    """
    return product.kind == "physical" or (product.kind == "subscription" and product.attributes.get("ships") != "no")


def category_told(product: Product, language: str) -> tuple[str, ...]:
    """The category's path in a language, where ``category_en`` (or ``_ja``: ``A > B``) says it; else as it is.

    >>> category_told(Product("t", "茶", "JPY", ("食品", "お茶"), attributes={"category_en": "Food > Tea"}), "en")
    ('Food', 'Tea')
    """
    text = product.attributes.get(f"category_{language}", "")
    path = tuple(part.strip() for part in text.split(">") if part.strip())
    return path if len(path) == len(product.category) else product.category


_SUFFIXES: Final = ("_ja", "_en")


@dataclass(frozen=True, slots=True)
class Relation:
    """What `other_id` is to `product_id`: (camera, card, accessory), (basic, pro, upgrade_of)."""

    product_id: str
    other_id: str
    relation: RelationType


RELATIONS: Final[Schema] = {"product_id": TEXT, "other_id": TEXT, "relation": TEXT}
