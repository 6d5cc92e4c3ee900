"""The tables of journeys: what people wrote, who is where, what has happened and nobody looked at yet, tasks."""

import sqlalchemy as sa

from tsuide.store.schema import RECORD, metadata


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=null)


def _whole(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=null)


_ACTIVE = sa.text("state = 'active'")

journey = sa.Table(
    "journey",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, nullable=False),
    _text("state"),
    _whole("version"),
    _whole("changed_at"),
    _whole("looked_at", null=True),
    sa.CheckConstraint("state IN ('running', 'paused', 'stopped')", name="state"),
    info=RECORD,
)
"""`version`: with which whoever begins now begins; `looked_at`: until when the clock's own triggers were looked at."""

journey_version = sa.Table(
    "journey_version",
    metadata,
    sa.Column("journey_id", sa.Text, primary_key=True, nullable=False),
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
    _text("text"),
    _whole("at"),
    _text("author", null=True),
    info=RECORD,
)

enrolment = sa.Table(
    "enrolment",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, nullable=False),
    _text("journey_id"),
    _whole("version"),
    _text("customer_id", null=True),
    _text("key"),
    _text("step", null=True),
    _text("state"),
    _text("waits_for", null=True),
    _whole("due_at"),
    _text("context"),
    _whole("entered_at"),
    _whole("moved_at"),
    _whole("moves"),
    sa.Column("reached", sa.SmallInteger, nullable=False),
    _text("why", null=True),
    sa.CheckConstraint("state IN ('active', 'done', 'left')", name="state"),
    sa.Index("ix_enrolment_due", "due_at", sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
    sa.Index("uq_enrolment_active", "journey_id", "key", unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
    sa.Index("ix_enrolment_begun", "journey_id", "key", "entered_at"),
    sa.Index(None, "customer_id"),
    info=RECORD,
)
"""One customer's time through a journey. A worker takes it by moving `due_at` to the end of its lease: whoever dies
with it gives it back by that. `waits_for`: what they are awaited to do."""

enrolment_mark = sa.Table(
    "enrolment_mark",
    metadata,
    sa.Column("enrolment_id", sa.Text, primary_key=True, nullable=False),
    sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
    _text("journey_id"),
    _whole("version"),
    _text("step"),
    _text("way"),
    _text("said"),
    _whole("at"),
    sa.Index(None, "journey_id", "version", "step"),
    info=RECORD,
)
"""Each step that was passed."""

journey_news = sa.Table(
    "journey_news",
    metadata,
    sa.Column("no", sa.Integer().with_variant(sa.BigInteger, "postgresql"), primary_key=True, autoincrement=True),
    _text("kind"),
    _text("thing"),
    _whole("at"),
    _text("customer_id", null=True),
    _text("anonymous_id", null=True),
    _text("product_id", null=True),
    _text("cart_id", null=True),
    _whole("number", null=True),
    _text("word", null=True),
    _text("properties", null=True),
    sa.Index(None, "customer_id"),
    info=RECORD,
)
"""What happened and no journey has heard of yet; taken away by whoever tells them."""
