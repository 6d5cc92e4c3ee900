"""By what customers are found: folded names, addresses, numbers, who looks after them."""

import polars as pl
import sqlalchemy as sa
from alembic import op

from tsuide.store.finding import insert_keys

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None
_AT_ONCE = 20_000
_COLUMNS = ("id", "kind", "name", "email", "phone", "attributes")


def upgrade() -> None:
    kind = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "customer_key",
        *(sa.Column(name, kind, nullable=False) for name in ("field", "value", "customer_id")),
        sa.PrimaryKeyConstraint("field", "value", "customer_id", name=op.f("pk_customer_key")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_customer_key_customer_id"), "customer_key", ["customer_id"], unique=False)
    connection, last = op.get_bind(), ""
    query = sa.text(
        "SELECT id, kind, name, email, phone, attributes FROM customer WHERE id > :last ORDER BY id LIMIT :n"
    )
    while rows := connection.execute(query, {"last": last, "n": _AT_ONCE}).all():
        schema = dict.fromkeys(_COLUMNS, pl.String)
        insert_keys(connection, pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row"))
        last = str(rows[-1][0])


def downgrade() -> None:
    op.drop_index(op.f("ix_customer_key_customer_id"), table_name="customer_key")
    op.drop_table("customer_key")
