"""The promotion that a rep gave on a line of a deal."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deal_line", sa.Column("promotion_id", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("deal_line", "promotion_id")
