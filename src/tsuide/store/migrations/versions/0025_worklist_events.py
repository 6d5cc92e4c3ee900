"""Every answer of a rep in its order, for other systems that are told."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "worklist_event",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("offer_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("rep", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_worklist_event")),
    )
    op.create_index(op.f("ix_worklist_event_customer_id"), "worklist_event", ["customer_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_worklist_event_customer_id"), table_name="worklist_event")
    op.drop_table("worklist_event")
