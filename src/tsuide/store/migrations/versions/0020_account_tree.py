"""Accounts are found by what stands above them and by mail address, reviews by who wrote them."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_customer_parent_id"), "customer", ["parent_id"], unique=False)
    op.create_index(op.f("ix_customer_email"), "customer", ["email"], unique=False)
    op.create_index(op.f("ix_review_customer_id"), "review", ["customer_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_review_customer_id"), table_name="review")
    op.drop_index(op.f("ix_customer_email"), table_name="customer")
    op.drop_index(op.f("ix_customer_parent_id"), table_name="customer")
