"""Initiatives, and what was spent on them and came in through them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "initiative",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_initiative")),
    )
    op.create_table(
        "initiative_entry",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("initiative_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('cost', 'lead')", name=op.f("ck_initiative_entry_kind")),
        sa.CheckConstraint(
            "(kind = 'cost') = (amount IS NOT NULL AND currency IS NOT NULL)",
            name=op.f("ck_initiative_entry_costs_are_money"),
        ),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_initiative_entry_initiative_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_initiative_entry")),
    )
    op.create_index(op.f("ix_initiative_entry_initiative_id_at"), "initiative_entry", ["initiative_id", "at"])
    op.create_index(op.f("ix_initiative_entry_customer_id"), "initiative_entry", ["customer_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_initiative_entry_customer_id"), "initiative_entry")
    op.drop_index(op.f("ix_initiative_entry_initiative_id_at"), "initiative_entry")
    op.drop_table("initiative_entry")
    op.drop_table("initiative")
