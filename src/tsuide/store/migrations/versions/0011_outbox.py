"""Messages to customers: the outbox, its verdicts and events, addresses that are blocked, and templates of mail."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "blocked_address",
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.CheckConstraint("reason IN ('bounce', 'complaint')", name=op.f("ck_blocked_address_reason")),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_blocked_address")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "mail_template",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "version", name=op.f("pk_mail_template")),
    )
    op.create_table(
        "outbound",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("state_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("verdicts", sa.BigInteger(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=True),
        sa.Column("address_mark", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("decision_id", sa.Text(), nullable=True),
        sa.Column("touches", sa.Text(), nullable=True),
        sa.Column("links", sa.Text(), nullable=True),
        sa.Column("record", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(state = 'sending') = (lease_until IS NOT NULL) OR state = 'waiting'", name=op.f("ck_outbound_leased")
        ),
        sa.CheckConstraint("purpose IN ('marketing', 'transactional')", name=op.f("ck_outbound_purpose")),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'refused', 'failed', 'in_doubt')", name=op.f("ck_outbound_state")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_outbound")),
        sa.UniqueConstraint("id", name=op.f("uq_outbound_id")),
    )
    op.create_index(op.f("ix_outbound_customer_id_asked_at"), "outbound", ["customer_id", "asked_at"], unique=False)
    op.create_index(op.f("ix_outbound_domain_sent_at"), "outbound", ["domain", "sent_at"], unique=False)
    op.create_index(op.f("ix_outbound_sent_at"), "outbound", ["sent_at"], unique=False)
    op.create_index(op.f("ix_outbound_state_purpose_due_at"), "outbound", ["state", "purpose", "due_at"], unique=False)
    op.create_table(
        "outbound_event",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('open', 'click', 'bounce', 'soft_bounce', 'complaint', 'unsubscribe', 'resubscribe')",
            name=op.f("ck_outbound_event_kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbound_event")),
    )
    op.create_index(op.f("ix_outbound_event_customer_id_at"), "outbound_event", ["customer_id", "at"], unique=False)
    op.create_index(op.f("ix_outbound_event_message_id"), "outbound_event", ["message_id"], unique=False)
    op.create_table(
        "outbound_verdict",
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("say", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("message_id", "n", name=op.f("pk_outbound_verdict")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("outbound_verdict")
    op.drop_index(op.f("ix_outbound_event_message_id"), table_name="outbound_event")
    op.drop_index(op.f("ix_outbound_event_customer_id_at"), table_name="outbound_event")
    op.drop_table("outbound_event")
    op.drop_index(op.f("ix_outbound_state_purpose_due_at"), table_name="outbound")
    op.drop_index(op.f("ix_outbound_sent_at"), table_name="outbound")
    op.drop_index(op.f("ix_outbound_domain_sent_at"), table_name="outbound")
    op.drop_index(op.f("ix_outbound_customer_id_asked_at"), table_name="outbound")
    op.drop_table("outbound")
    op.drop_table("mail_template")
    op.drop_table("blocked_address")
