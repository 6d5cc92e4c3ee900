"""When an API key was last used, and messages in the order in which they came."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_key", sa.Column("used_at", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_message_received_at"), "message", ["received_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_message_received_at"), table_name="message")
    op.drop_column("api_key", "used_at")
