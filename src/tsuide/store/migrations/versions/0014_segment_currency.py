"""The currency of a customer's money, on their sheet."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("segment_sheet", sa.Column("currency", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("segment_sheet", "currency")
