"""Segments: definitions, sheets, members, who came and went."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_TEXTS = ("kind", "language", "uplift_group")
_WHOLE = (
    "has_email",
    "has_phone",
    "open_complaint",
    "created_at",
    "first_order_at",
    "last_order_at",
    "last_seen_at",
    "last_view_at",
    "last_cart_at",
    "last_contact_at",
    "last_click_at",
    "last_decline_at",
    "last_complaint_at",
    "last_score_at",
    "last_review_at",
    "order_count",
    "units_bought",
    "products_bought",
    "categories_bought",
    "spent",
    "average_order",
    "largest_order",
    "gift_orders",
    "returned_units",
    "view_count",
    "cart_count",
    "contact_count",
    "click_count",
    "decline_count",
    "review_count",
    "last_score",
    "expected_spend",
    "expected_margin",
    "born",
    "age_given",
    "birthday",
)
_NUMBERS = (
    "order_interval",
    "discount_share",
    "gift_share",
    "return_rate",
    "average_rating",
    "churn_risk",
    "expected_orders",
    "return_risk",
    "payment_risk",
    "uplift",
)
_INDEXED = (
    "created_at",
    "first_order_at",
    "last_order_at",
    "last_seen_at",
    "last_view_at",
    "last_cart_at",
    "last_contact_at",
    "last_click_at",
    "last_decline_at",
    "last_complaint_at",
    "last_score_at",
    "last_review_at",
    "born",
    "birthday",
)
_TABLES = (
    "segment_size", "segment_event", "segment_member", "segment_shelf", "segment_act", "segment_sheet",
    "segment_touch", "segment_clock", "segment_version", "segment",
)  # fmt: skip


def _text(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=null)


def _whole(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=null)


def _own() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _json(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text().with_variant(JSONB(), "postgresql"), nullable=True)


def upgrade() -> None:
    op.create_table(
        "segment",
        sa.Column("no", _own(), autoincrement=False, nullable=False),
        _text("id"),
        _whole("version"),
        _text("record"),
        _whole("changed_at"),
        _whole("evaluated_at", null=True),
        sa.Column("removed", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_segment")),
        sa.UniqueConstraint("id", name=op.f("uq_segment_id")),
    )
    op.create_table(
        "segment_version",
        _whole("segment_no"),
        _whole("version"),
        _text("record"),
        _whole("at"),
        _text("author", null=True),
        sa.ForeignKeyConstraint(["segment_no"], ["segment.no"], name=op.f("fk_segment_version_segment_no")),
        sa.PrimaryKeyConstraint("segment_no", "version", name=op.f("pk_segment_version")),
    )
    clock = op.create_table(
        "segment_clock",
        sa.Column("id", _own(), autoincrement=False, nullable=False),
        _whole("watching"),
        _whole("turn"),
        _whole("checked_at"),
        _whole("due_at", null=True),
        _text("snapshot_id", null=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment_clock")),
    )
    op.bulk_insert(clock, [{"id": 1, "watching": 0, "turn": 0, "checked_at": 0}])
    op.create_table(
        "segment_touch",
        sa.Column("seq", _own(), autoincrement=True, nullable=False),
        _text("customer_id", null=True),
        _text("anonymous_id", null=True),
        _text("product_id", null=True),
        _text("cause"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_segment_touch")),
    )
    op.create_table(
        "segment_sheet",
        sa.Column("no", _own(), autoincrement=False, nullable=False),
        _text("subject"),
        _text("customer_id", null=True),
        _text("anonymous_id", null=True),
        *(_text(name, null=True) for name in _TEXTS),
        *(_whole(name, null=True) for name in _WHOLE),
        *(sa.Column(name, sa.Double(), nullable=True) for name in _NUMBERS),
        _text("consents"),
        _json("texts"),
        _json("numbers"),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_segment_sheet")),
        sa.UniqueConstraint("subject", name=op.f("uq_segment_sheet_subject")),
    )
    for name in _INDEXED:
        known = sa.text(f"{name} IS NOT NULL")
        op.create_index(
            op.f(f"ix_segment_sheet_{name}"), "segment_sheet", [name], sqlite_where=known, postgresql_where=known
        )
    op.create_table(
        "segment_act",
        _whole("no"),
        sa.Column("deed", sa.SmallInteger(), nullable=False),
        _text("product_id"),
        _whole("last_at"),
        _whole("times"),
        sa.PrimaryKeyConstraint("no", "deed", "product_id", name=op.f("pk_segment_act")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_segment_act_product_id_deed_last_at"), "segment_act", ["product_id", "deed", "last_at"]
    )
    op.create_index(op.f("ix_segment_act_deed_last_at"), "segment_act", ["deed", "last_at"])
    op.create_table(
        "segment_shelf",
        _text("name"),
        _text("product_id"),
        sa.PrimaryKeyConstraint("name", "product_id", name=op.f("pk_segment_shelf")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_segment_shelf_product_id"), "segment_shelf", ["product_id"])
    op.create_table(
        "segment_member",
        _whole("segment_no"),
        _whole("no"),
        _whole("since"),
        _text("cause"),
        sa.PrimaryKeyConstraint("segment_no", "no", name=op.f("pk_segment_member")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_segment_member_no"), "segment_member", ["no"])
    op.create_table(
        "segment_event",
        sa.Column("seq", _own(), autoincrement=False, nullable=False),
        _whole("segment_no"),
        _text("customer_id", null=True),
        _text("anonymous_id", null=True),
        sa.Column("entered", sa.SmallInteger(), nullable=False),
        _whole("at"),
        _text("cause"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_segment_event")),
    )
    op.create_index(op.f("ix_segment_event_segment_no_seq"), "segment_event", ["segment_no", "seq"])
    op.create_index(op.f("ix_segment_event_customer_id"), "segment_event", ["customer_id"])
    op.create_index(op.f("ix_segment_event_anonymous_id"), "segment_event", ["anonymous_id"])
    op.create_table(
        "segment_size",
        _whole("segment_no"),
        _whole("hour"),
        _whole("size"),
        _whole("entered"),
        _whole("left"),
        sa.PrimaryKeyConstraint("segment_no", "hour", name=op.f("pk_segment_size")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
