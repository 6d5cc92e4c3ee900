"""What somebody registered for or attended, found at once however much else they did."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_JOINED = sa.text("kind IN ('registered', 'attended')")


def upgrade() -> None:
    for who in ("customer", "anonymous"):
        op.create_index(
            f"ix_event_joined_{who}", "event", [f"{who}_id"], sqlite_where=_JOINED, postgresql_where=_JOINED
        )


def downgrade() -> None:
    for who in ("customer", "anonymous"):
        op.drop_index(f"ix_event_joined_{who}", "event")
