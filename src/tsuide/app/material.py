"""What models learn from: the store's facts, turned once into the forms that several of them share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from tsuide.app.contact_costs import costed_contacts
from tsuide.app.wiring import Shop
from tsuide.mining.baskets import Baskets
from tsuide.mining.fitted import Fitted

PATH: Final = "\x1f"  # between the levels of a category


@dataclass(frozen=True, slots=True)
class Material:
    """What models learn from.

    Args:
        baskets: every order that was not cancelled, with customer, time and price.
        kept: the same without gifts and without what came back whole: what calls for a refill.
        purchases: one row per line (`store.facts.purchases`).
        views: what was looked at in each visit; None where no views are recorded.
        products, relations, reviews, customers: frames of facts.
        groups: product id → its category path, where it has one.
        contacts: customer_id, at and cost of each contact; None where nobody has said what contacts cost.
        now: the moment of learning.
        seed: of everything that is drawn.
        tune: choose parameters on held-out orders, whatever was chosen before.
        previous: the parts of the current snapshot, whose choices are kept where `tune` is not asked for.
    """

    baskets: Baskets
    kept: Baskets
    purchases: pl.DataFrame
    views: Baskets | None
    products: pl.DataFrame
    relations: pl.DataFrame
    reviews: pl.DataFrame
    customers: pl.DataFrame
    groups: Mapping[str, str]
    contacts: pl.DataFrame | None
    now: datetime
    seed: int
    tune: bool
    previous: Mapping[str, Fitted]


def gather(
    shop: Shop,
    purchases: pl.DataFrame,
    previous: Mapping[str, Fitted],
    *,
    now: datetime,
    seed: int,
    tune: bool,
) -> Material:
    """The material of a shop.

    Raises:
        Unavailable: the store does not answer.
    """
    facts = shop.store.facts
    baskets = baskets_of(purchases)
    kept = purchases.filter(~pl.col("gift"), pl.col("quantity") > pl.col("returned"))
    products = facts.products()
    return Material(
        baskets=baskets,
        kept=baskets if len(kept) == len(purchases) else baskets_of(kept),
        purchases=purchases,
        views=visits(facts.events()),
        products=products,
        relations=facts.relations(),
        reviews=facts.reviews(),
        customers=facts.customers(),
        groups=groups_of(products),
        contacts=costed_contacts(shop),
        now=now,
        seed=seed,
        tune=tune,
        previous=previous,
    )


def baskets_of(purchases: pl.DataFrame) -> Baskets:
    """Orders as baskets."""
    return Baskets.from_frame(
        purchases,
        basket="order_id",
        item="product_id",
        customer="customer_id",
        time="placed_at",
        quantity="quantity",
        price="unit_price",
    )


def groups_of(products: pl.DataFrame) -> dict[str, str]:
    """Product id → its category path, where it has one.

    >>> groups_of(pl.DataFrame({"id": ["a", "b"], "category": [["tea"], None]}))
    {'a': 'tea'}
    """
    named = products.filter(pl.col("category").list.len() > 0).select("id", pl.col("category").list.join(PATH))
    return dict(zip(named["id"].to_list(), named["category"].to_list(), strict=True))


def visits(events: pl.DataFrame) -> Baskets | None:
    """What was looked at in each visit; None where no views are recorded.

    A visit is a session; where the sender names none, a visitor's day.

    >>> from datetime import UTC
    >>> at = datetime(2026, 1, 1, tzinfo=UTC)
    >>> events = pl.DataFrame({"kind": ["view", "view", "add"], "product_id": ["a", "b", "c"], "at": [at] * 3,
    ...     "session_id": ["s", "s", "s"], "anonymous_id": [None] * 3, "customer_id": [None] * 3})
    >>> visits(events).item_ids.ids
    ['a', 'b']
    """
    visitor = pl.coalesce("anonymous_id", "customer_id").cast(pl.String)
    day = visitor + PATH + pl.col("at").dt.date().cast(pl.String)
    seen = (
        events.filter(pl.col("kind") == "view", pl.col("product_id").is_not_null())
        .with_columns(visit=pl.coalesce(pl.col("session_id").cast(pl.String), day))
        .drop_nulls("visit")
        .with_columns(who=pl.col("customer_id").cast(pl.String).drop_nulls().first().over("visit"))
    )
    if seen.is_empty():
        return None
    return Baskets.from_frame(seen, basket="visit", item="product_id", customer="who", time="at")
