"""Promotions with their budgets, price history, and what a customer saw before their yes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "confirmation",
        sa.Column("acceptance_id", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=True),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["acceptance_id"], ["acceptance.id"], name=op.f("fk_confirmation_acceptance_id")),
        sa.PrimaryKeyConstraint("acceptance_id", name=op.f("pk_confirmation")),
    )
    op.create_index(op.f("ix_confirmation_expires_at"), "confirmation", ["expires_at"], unique=False)
    op.create_table(
        "promotion",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("budget", sa.BigInteger(), nullable=True),
        sa.Column("most_uses", sa.BigInteger(), nullable=True),
        sa.Column("most_each", sa.BigInteger(), nullable=True),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("uses", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "spent >= 0 AND (budget IS NULL OR spent <= budget)", name=op.f("ck_promotion_within_budget")
        ),
        sa.CheckConstraint(
            "uses >= 0 AND (most_uses IS NULL OR uses <= most_uses)", name=op.f("ck_promotion_within_uses")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotion")),
    )
    op.create_table(
        "promotion_use",
        sa.Column("promotion_id", sa.Text(), nullable=False),
        sa.Column("acceptance_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["acceptance_id"], ["acceptance.id"], name=op.f("fk_promotion_use_acceptance_id")),
        sa.ForeignKeyConstraint(["promotion_id"], ["promotion.id"], name=op.f("fk_promotion_use_promotion_id")),
        sa.PrimaryKeyConstraint("promotion_id", "acceptance_id", name=op.f("pk_promotion_use")),
    )
    op.create_index(
        op.f("ix_promotion_use_promotion_id_customer_id"),
        "promotion_use",
        ["promotion_id", "customer_id"],
        unique=False,
    )
    op.create_table(
        "price_point",
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("product_id", "at", name=op.f("pk_price_point")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("price_point")
    op.drop_index(op.f("ix_promotion_use_promotion_id_customer_id"), table_name="promotion_use")
    op.drop_table("promotion_use")
    op.drop_table("promotion")
    op.drop_index(op.f("ix_confirmation_expires_at"), table_name="confirmation")
    op.drop_table("confirmation")
