"""Surveys, links to them, and what customers answered."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "survey",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_survey")),
    )
    op.create_table(
        "survey_invitation",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("survey_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_invitation")),
    )
    op.create_index(op.f("ix_survey_invitation_customer_id"), "survey_invitation", ["customer_id"])
    op.create_table(
        "survey_answer",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("survey_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=True),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("texts", sa.Text(), nullable=True),
        sa.Column("became", sa.Text(), nullable=True),
        sa.CheckConstraint("score IS NULL OR score BETWEEN 0 AND 10", name=op.f("ck_survey_answer_score")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_answer")),
    )
    op.create_index(
        op.f("ix_survey_answer_customer_id_survey_id_at"), "survey_answer", ["customer_id", "survey_id", "at"]
    )
    op.create_index(op.f("ix_survey_answer_survey_id_at"), "survey_answer", ["survey_id", "at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_survey_answer_survey_id_at"), "survey_answer")
    op.drop_index(op.f("ix_survey_answer_customer_id_survey_id_at"), "survey_answer")
    op.drop_table("survey_answer")
    op.drop_index(op.f("ix_survey_invitation_customer_id"), "survey_invitation")
    op.drop_table("survey_invitation")
    op.drop_table("survey")
