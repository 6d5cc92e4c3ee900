"""Ids that were merged into another customer's lead there; those of merges made before, too."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "customer_alias",
        sa.Column("merged_id", sa.Text(), nullable=False),
        sa.Column("kept_id", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("merged_id", name=op.f("pk_customer_alias")),
    )
    op.create_index(op.f("ix_customer_alias_kept_id"), "customer_alias", ["kept_id"], unique=False)
    connection = op.get_bind()
    made = connection.execute(
        sa.text("SELECT kept_id, merged_id, record FROM customer_merge WHERE undone_at IS NULL ORDER BY at, id")
    ).all()
    there = {str(row[0]) for row in connection.execute(sa.text("SELECT id FROM customer"))} if made else set()
    leads: dict[str, tuple[str, str]] = {}
    for kept, merged, record in made:
        leads = {who: (kept if to == merged else to, said) for who, (to, said) in leads.items()}
        leads[merged] = (kept, json.dumps(json.loads(record)["merged"], ensure_ascii=False))
    rows = [
        {"merged_id": who, "kept_id": to, "said": said}
        for who, (to, said) in leads.items()
        if who not in there and to in there  # whom a shop made anew since is a customer again
    ]
    insert = sa.text("INSERT INTO customer_alias (merged_id, kept_id, said) VALUES (:merged_id, :kept_id, :said)")
    if rows:
        connection.execute(insert, rows)


def downgrade() -> None:
    op.drop_index(op.f("ix_customer_alias_kept_id"), table_name="customer_alias")
    op.drop_table("customer_alias")
