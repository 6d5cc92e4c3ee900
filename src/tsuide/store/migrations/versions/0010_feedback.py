"""Complaints and scores of customers."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('complaint', 'answered', 'score')", name=op.f("ck_feedback_kind")),
        sa.CheckConstraint(
            "(kind = 'score') = (score IS NOT NULL AND score BETWEEN 0 AND 10)", name=op.f("ck_feedback_score")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
    )
    op.create_index(op.f("ix_feedback_customer_id_at"), "feedback", ["customer_id", "at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_feedback_customer_id_at"), "feedback")
    op.drop_table("feedback")
