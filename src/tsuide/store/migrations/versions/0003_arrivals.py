"""Messages as they come, and which visitor is which customer."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("thing", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("anonymous_id", sa.Text(), nullable=True),
        sa.Column("trusted", sa.SmallInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'done', 'quarantined')", name=op.f("ck_message_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    undone, named = sa.text("state <> 'done'"), sa.text("thing IS NOT NULL")
    op.create_index(op.f("ix_message_state"), "message", ["state"], sqlite_where=undone, postgresql_where=undone)
    op.create_index(op.f("ix_message_thing"), "message", ["thing"], sqlite_where=named, postgresql_where=named)
    op.create_index(op.f("ix_message_customer_id"), "message", ["customer_id"])
    op.create_index(op.f("ix_message_anonymous_id"), "message", ["anonymous_id"])
    op.create_table(
        "same_person",
        sa.Column("anonymous_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("anonymous_id", name=op.f("pk_same_person")),
    )
    op.create_index(op.f("ix_same_person_customer_id"), "same_person", ["customer_id"])
    op.add_column("event", sa.Column("raw", sa.Text(), nullable=True))
    op.create_index(op.f("ix_event_anonymous_id_at"), "event", ["anonymous_id", "at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_event_anonymous_id_at"), table_name="event")
    op.drop_column("event", "raw")
    op.drop_table("same_person")
    op.drop_table("message")
