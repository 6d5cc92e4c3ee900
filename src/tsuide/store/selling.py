"""The tables of promotions, their use, price history, and of what a customer saw before their yes."""

from typing import Final

import sqlalchemy as sa

from tsuide.store.schema import RECORD, metadata

confirmation = sa.Table(
    "confirmation",
    metadata,
    sa.Column("acceptance_id", sa.Text, sa.ForeignKey("acceptance.id"), primary_key=True, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.Column("entered_by", sa.Text, nullable=True),
    sa.Column("order_id", sa.Text, nullable=True),
    sa.Index(None, "expires_at"),
    info=RECORD,
)
"""What stood before the customer: `content` is the whole confirmation as JSON, and never changes."""

promotion = sa.Table(
    "promotion",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("budget", sa.BigInteger, nullable=True),
    sa.Column("most_uses", sa.BigInteger, nullable=True),
    sa.Column("most_each", sa.BigInteger, nullable=True),
    sa.Column("spent", sa.BigInteger, nullable=False),
    sa.Column("uses", sa.BigInteger, nullable=False),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
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
    sa.Column("customer_id", sa.Text, nullable=True),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Index(None, "promotion_id", "customer_id"),
    info=RECORD,
)

price_point = sa.Table(
    "price_point",
    metadata,
    sa.Column("product_id", sa.Text, primary_key=True, nullable=False),
    sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
    sa.Column("price", sa.BigInteger, nullable=True),
    sa.Column("currency", sa.Text, nullable=True),
    sa.Column("source", sa.Text, nullable=True),
    info=RECORD,
    sqlite_with_rowid=False,
)
"""From `at` on the product cost `price`; null = not on sale."""

TABLES: Final = (confirmation, promotion, promotion_use, price_point)
