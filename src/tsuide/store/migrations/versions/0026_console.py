"""The console's users, sessions and audit log; long jobs with who wanted them and how far they are."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "console_user",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("rep_id", sa.Text(), nullable=True),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("invitation", sa.Text(), nullable=True),
        sa.Column("invited_until", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_console_user")),
        sa.UniqueConstraint("email", name=op.f("uq_console_user_email")),
        sa.CheckConstraint(
            "role IN ('owner', 'marketer', 'sales_manager', 'rep', 'auditor')", name=op.f("ck_console_user_role")
        ),
    )
    op.create_table(
        "console_session",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_console_session")),
    )
    op.create_index(op.f("ix_console_session_user_id"), "console_session", ["user_id"], unique=False)
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("undo", sa.Text(), nullable=True),
        sa.Column("undoes", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("undoes", name=op.f("uq_audit_entry_undoes")),
    )
    op.create_index(op.f("ix_audit_entry_action_subject"), "audit_entry", ["action", "subject"], unique=False)
    op.create_index(op.f("ix_audit_entry_customer_id"), "audit_entry", ["customer_id"], unique=False)
    kept = _jobs("started_at")
    op.drop_table("job")
    op.create_table(
        "job",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("done", sa.BigInteger(), nullable=True),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name=op.f("ck_job_state")),
    )
    op.create_index(op.f("ix_job_kind_begun_at"), "job", ["kind", "begun_at"], unique=False)
    _bring_back(
        "INSERT INTO job (id, kind, state, who, wanted, begun_at, seen_at, ended_at, result) "
        "VALUES (:id, :kind, :state, '', '{}', :at, :at, :ended_at, :result)",
        kept,
    )


def _jobs(began: str) -> list[dict[str, object]]:
    rows = op.get_bind().execute(sa.text(f"SELECT id, kind, state, {began} AS at, ended_at, result FROM job"))
    return [dict(row) for row in rows.mappings()]


def _bring_back(insert: str, rows: list[dict[str, object]]) -> None:
    if rows:
        op.get_bind().execute(sa.text(insert.replace("'{}'", ":nothing")), [row | {"nothing": "{}"} for row in rows])


def downgrade() -> None:
    kept = [row | {"state": "failed" if row["state"] == "waiting" else row["state"]} for row in _jobs("begun_at")]
    op.drop_table("job")
    op.create_table(
        "job",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('running', 'done', 'failed')", name=op.f("ck_job_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index(op.f("ix_job_kind_started_at"), "job", ["kind", "started_at"], unique=False)
    _bring_back(
        "INSERT INTO job (id, kind, state, started_at, ended_at, result) "
        "VALUES (:id, :kind, :state, :at, :ended_at, :result)",
        kept,
    )
    for name in ("audit_entry", "console_session", "console_user"):
        op.drop_table(name)
