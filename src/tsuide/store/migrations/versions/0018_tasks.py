"""Tasks know the rule that made them, how often they were put off, and what was done with them."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("task", sa.Column("rule", sa.Text(), nullable=True))
    op.add_column("task", sa.Column("snoozes", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index(op.f("ix_task_rule_customer_id"), "task", ["rule", "customer_id"], unique=False)
    op.create_table(
        "task_event",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("deed", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("assignee", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_task_event")),
    )
    op.create_index(op.f("ix_task_event_task_id"), "task_event", ["task_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_task_event_task_id"), table_name="task_event")
    op.drop_table("task_event")
    op.drop_index(op.f("ix_task_rule_customer_id"), table_name="task")
    op.drop_column("task", "snoozes")
    op.drop_column("task", "rule")
