"""The tables of promotions, their use, price history, and of what a customer saw before their yes."""

from typing import Final

import sqlalchemy as sa

from tsuide.store.columns import key, text, whole
from tsuide.store.schema import RECORD, metadata

confirmation = sa.Table(
    "confirmation",
    metadata,
    sa.Column("acceptance_id", sa.Text, sa.ForeignKey("acceptance.id"), primary_key=True, nullable=False),
    text("content"),
    whole("expires_at"),
    text("entered_by", null=True),
    text("order_id", null=True),
    sa.Index(None, "expires_at"),
    info=RECORD,
)
"""What stood before the customer: `content` is the whole confirmation as JSON, and never changes."""

promotion = sa.Table(
    "promotion",
    metadata,
    key("id"),
    text("record"),
    whole("budget", null=True),
    whole("most_uses", null=True),
    whole("most_each", null=True),
    whole("spent"),
    whole("uses"),
    whole("changed_at"),
    sa.CheckConstraint("spent >= 0 AND (budget IS NULL OR spent <= budget)", name="within_budget"),
    sa.CheckConstraint("uses >= 0 AND (most_uses IS NULL OR uses <= most_uses)", name="within_uses"),
    info=RECORD,
)
"""A promotion as a person set it, and what was drawn from its budget: by CHECK never more than there is."""

promotion_use = sa.Table(
    "promotion_use",
    metadata,
    sa.Column("promotion_id", sa.Text, sa.ForeignKey("promotion.id"), primary_key=True, nullable=False),
    sa.Column("acceptance_id", sa.Text, sa.ForeignKey("acceptance.id"), primary_key=True, nullable=False),
    text("customer_id", null=True),
    whole("amount"),
    whole("at"),
    sa.Index(None, "promotion_id", "customer_id"),
    info=RECORD,
)

price_point = sa.Table(
    "price_point",
    metadata,
    key("product_id"),
    sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
    whole("price", null=True),
    text("currency", null=True),
    text("source", null=True),
    info=RECORD,
    sqlite_with_rowid=False,
)
"""From `at` on the product cost `price`; null = not on sale."""

TABLES: Final = (confirmation, promotion, promotion_use, price_point)
