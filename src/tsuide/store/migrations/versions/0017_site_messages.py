"""An index of messages that wait on the site: servers look every second whether there is any."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_ON_SITE = "channel = 'site' AND state = 'waiting'"


def upgrade() -> None:
    op.create_index(
        "ix_outbound_on_site",
        "outbound",
        ["customer_id", "asked_at"],
        sqlite_where=sa.text(_ON_SITE),
        postgresql_where=sa.text(_ON_SITE),
    )


def downgrade() -> None:
    op.drop_index("ix_outbound_on_site", "outbound")
