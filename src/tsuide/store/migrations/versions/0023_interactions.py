"""What people did with customers, and what these gained."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "interaction",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.Text(), nullable=True),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('note', 'call', 'visit', 'meeting', 'mail', 'chat', 'social')", name=op.f("ck_interaction_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interaction")),
    )
    op.create_index(op.f("ix_interaction_customer_id_at"), "interaction", ["customer_id", "at"], unique=False)
    op.create_table(
        "win",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_win")),
    )
    op.create_index(op.f("ix_win_customer_id_at"), "win", ["customer_id", "at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_win_customer_id_at"), table_name="win")
    op.drop_table("win")
    op.drop_index(op.f("ix_interaction_customer_id_at"), table_name="interaction")
    op.drop_table("interaction")
