"""Cases of supervision with their steps, and when orders of our own were undone."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "order_undone",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_undone")),
    )
    op.create_table(
        "supervision_case",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("rep_id", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision_case")),
    )
    op.create_table(
        "case_step",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["supervision_case.id"], name=op.f("fk_case_step_case_id")),
        sa.PrimaryKeyConstraint("case_id", "place", name=op.f("pk_case_step")),
    )


def downgrade() -> None:
    op.drop_table("case_step")
    op.drop_table("supervision_case")
    op.drop_table("order_undone")
