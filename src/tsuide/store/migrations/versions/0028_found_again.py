"""Why a policy was put in force; decisions by placement, and messages by the decision that they carry."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("policy", sa.Column("note", sa.Text(), nullable=True))
    op.create_index(op.f("ix_decision_placement_at"), "decision", ["placement", "at"], unique=False)
    op.create_index(op.f("ix_outbound_decision_id"), "outbound", ["decision_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_outbound_decision_id"), table_name="outbound")
    op.drop_index(op.f("ix_decision_placement_at"), table_name="decision")
    op.drop_column("policy", "note")
