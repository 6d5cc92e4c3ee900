"""The tables of journeys: what people wrote, who is where, what has happened and nobody looked at yet."""

import sqlalchemy as sa

from tsuide.store.columns import key, sequence, text, whole, yes
from tsuide.store.schema import RECORD, metadata

_ACTIVE = sa.text("state = 'active'")

journey = sa.Table(
    "journey",
    metadata,
    key("id"),
    text("state"),
    whole("version"),
    whole("changed_at"),
    whole("looked_at", null=True),
    sa.CheckConstraint("state IN ('running', 'paused', 'stopped')", name="state"),
    info=RECORD,
)
"""`version`: with which whoever begins now begins; `looked_at`: until when the clock's own triggers were looked at."""

journey_version = sa.Table(
    "journey_version",
    metadata,
    key("journey_id"),
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
    text("text"),
    whole("at"),
    text("author", null=True),
    info=RECORD,
)

enrolment = sa.Table(
    "enrolment",
    metadata,
    key("id"),
    text("journey_id"),
    whole("version"),
    text("customer_id", null=True),
    text("key"),
    text("step", null=True),
    text("state"),
    text("waits_for", null=True),
    whole("due_at"),
    text("context"),
    whole("entered_at"),
    whole("moved_at"),
    whole("moves"),
    yes("reached"),
    text("why", null=True),
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
    key("enrolment_id"),
    sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
    text("journey_id"),
    whole("version"),
    text("step"),
    text("way"),
    text("said"),
    whole("at"),
    sa.Index(None, "journey_id", "version", "step"),
    info=RECORD,
)
"""Each step that was passed."""

journey_news = sa.Table(
    "journey_news",
    metadata,
    sequence("no"),
    text("kind"),
    text("thing"),
    whole("at"),
    text("customer_id", null=True),
    text("anonymous_id", null=True),
    text("product_id", null=True),
    text("cart_id", null=True),
    whole("number", null=True),
    text("word", null=True),
    text("properties", null=True),
    sa.Index(None, "customer_id"),
    info=RECORD,
)
"""What happened and no journey has heard of yet; taken away by whoever tells them."""
