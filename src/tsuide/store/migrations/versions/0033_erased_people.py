"""Who was erased, as salted hashes with the proof; a restored backup forgets them again."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erased_person",
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("learned_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("mark", "at", name=op.f("pk_erased_person")),
    )
    op.create_index(op.f("ix_erased_person_at"), "erased_person", ["at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_erased_person_at"), table_name="erased_person")
    op.drop_table("erased_person")
