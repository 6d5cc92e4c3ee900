"""Products and the relations between them that a person declared."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Relation:
    """What `other_id` is to `product_id`: (camera, card, accessory), (basic, pro, upgrade_of)."""

    product_id: str
    other_id: str
    relation: RelationType


RELATIONS: Final[Schema] = {"product_id": TEXT, "other_id": TEXT, "relation": TEXT}
