"""What reps said of offers on their worklist, and what colleagues add to a product's pitch."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "worklist_answer",
        sa.Column("offer_id", sa.Text(), nullable=False),
        sa.Column("decision_id", sa.Text(), nullable=False),
        sa.Column("rep", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('accepted', 'dismissed', 'snoozed')", name=op.f("ck_worklist_answer_state")),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_worklist_answer")),
    )
    op.create_index(op.f("ix_worklist_answer_customer_id_at"), "worklist_answer", ["customer_id", "at"])
    op.create_table(
        "pitch_note",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("rep", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pitch_note")),
    )
    op.create_index(op.f("ix_pitch_note_product_id_at"), "pitch_note", ["product_id", "at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_pitch_note_product_id_at"), "pitch_note")
    op.drop_table("pitch_note")
    op.drop_index(op.f("ix_worklist_answer_customer_id_at"), "worklist_answer")
    op.drop_table("worklist_answer")
