"""Event, review and relation tables → events, reviews and declared relations."""

from typing import Final

import polars as pl

from tsuide.facts.behaviour import EVENTS
from tsuide.facts.catalogue import RELATION_TYPES, RELATIONS
from tsuide.facts.reviews import REVIEWS
from tsuide.facts.schema import conform
from tsuide.intake import event_names
from tsuide.intake.attributes import attributes
from tsuide.intake.columns import Columns
from tsuide.intake.identities import derived_ids, reject_twice
from tsuide.intake.mapping import Mapping
from tsuide.intake.rejects import Rejecting
from tsuide.intake.settings import IntakeSettings

_RELATIONS: Final = {
    **{relation: relation for relation in RELATION_TYPES},
    "セット": "part_of_set",
    "必須": "required_part",
    "必要部品": "required_part",
    "よく一緒に購入": "often_bought_with",
    "代替": "substitute",
    "代替品": "substitute",
    "別ブランド": "different_brand",
    "アクセサリ": "accessory",
    "アクセサリー": "accessory",
    "付属品": "accessory",
    "関連商品": "often_bought_with",
    "related": "often_bought_with",
    "cross-sell": "often_bought_with",
    "cross_sell": "often_bought_with",
    "上位": "upgrade_of",
    "上位モデル": "upgrade_of",
    "upsell": "upgrade_of",
    "併売禁止": "never_with",
    "併用禁止": "never_with",
}
_MOST: Final = 10**9
_BEST: Final = 5  # stars


def events(
    frame: pl.DataFrame, mapping: Mapping, settings: IntakeSettings, rejecting: Rejecting
) -> dict[str, pl.DataFrame]:
    """{"events"}; an event without an id gets one from its content.

    Raises:
        BadColumns: dates can be read in two ways.
    """
    columns = Columns(frame, mapping, settings, rejecting)
    kind = columns.choice("kind", event_names.ALL)
    columns.reject(kind.is_null(), "missing", "kind")
    customer, anonymous = columns.key("customer_id"), columns.key("anonymous_id")
    who = "customer_id" if columns.has("customer_id") else "anonymous_id"
    columns.reject(customer.is_null() & anonymous.is_null(), "missing", who)
    ids = derived_ids(frame, columns.key("id"), "evt")
    told = pl.DataFrame(
        [
            ids.rename("id"),
            kind,
            columns.moment("at", needed=True),
            customer,
            anonymous,
            columns.key("session_id"),
            columns.key("product_id"),
            columns.key("cart_id"),
            columns.whole("quantity", 0, _MOST),
            columns.title("query"),
            attributes(frame, mapping.unused).alias("properties"),
        ]
    )
    reject_twice(columns, "id", ids)
    return {"events": conform(told.filter(pl.Series(rejecting.kept())), EVENTS)}


def reviews(
    frame: pl.DataFrame, mapping: Mapping, settings: IntakeSettings, rejecting: Rejecting
) -> dict[str, pl.DataFrame]:
    """{"reviews"}; a review without an id gets one from its content.

    Raises:
        BadColumns: dates can be read in two ways.
    """
    columns = Columns(frame, mapping, settings, rejecting)
    rating = columns.whole("rating", 1, _BEST)
    columns.reject(rating.is_null(), "missing", "rating")
    ids = derived_ids(frame, columns.key("id"), "rev")
    told = pl.DataFrame(
        [
            ids.rename("id"),
            columns.key("product_id", needed=True),
            columns.key("customer_id"),
            rating,
            columns.title("text"),
            columns.moment("at", needed=True),
            columns.whole("helpful", 0, _MOST).fill_null(0).rename("helpful"),
        ]
    )
    reject_twice(columns, "id", ids)
    return {"reviews": conform(told.filter(pl.Series(rejecting.kept())), REVIEWS)}


def relations(
    frame: pl.DataFrame, mapping: Mapping, settings: IntakeSettings, rejecting: Rejecting
) -> dict[str, pl.DataFrame]:
    """{"relations"}: what `other_id` is to `product_id`."""
    columns = Columns(frame, mapping, settings, rejecting)
    product, other = columns.key("product_id", needed=True), columns.key("other_id", needed=True)
    columns.reject(product == other, "self", "other_id")
    relation = columns.choice("relation", _RELATIONS)
    columns.reject(relation.is_null(), "missing", "relation")
    reject_twice(columns, "other_id", product, relation, other)
    told = pl.DataFrame([product, other, relation]).filter(pl.Series(rejecting.kept()))
    return {"relations": conform(told, RELATIONS)}
