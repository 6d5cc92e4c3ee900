"""Experiments."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "experiment",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'running', 'stopped')", name=op.f("ck_experiment_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiment")),
    )


def downgrade() -> None:
    op.drop_table("experiment")
