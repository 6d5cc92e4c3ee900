"""The tables of the outbox: messages, what was said of them, what came of them, and addresses that take none."""

from typing import Final, Literal, TypeAlias

import sqlalchemy as sa

from tsuide.outreach.message import MESSAGE_PURPOSES, MESSAGE_STATES
from tsuide.store.columns import key, one_of, text, whole
from tsuide.store.schema import RECORD, metadata

EventKind: TypeAlias = Literal["open", "click", "bounce", "soft_bounce", "complaint", "unsubscribe", "resubscribe"]
EVENT_KINDS: Final = ("open", "click", "bounce", "soft_bounce", "complaint", "unsubscribe", "resubscribe")
ON_SITE: Final = sa.text("channel = 'site' AND state = 'waiting'")
"""What waits for a visit."""

outbound = sa.Table(
    "outbound",
    metadata,
    key("key"),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    text("customer_id", null=True),
    text("channel"),
    text("purpose"),
    text("template"),
    text("source", null=True),
    text("state"),
    text("code", null=True),
    whole("asked_at"),
    whole("state_at"),
    whole("due_at"),
    whole("lease_until", null=True),
    whole("sent_at", null=True),
    whole("attempt"),
    whole("verdicts"),
    text("domain", null=True),
    text("address_mark", null=True),
    text("reference", null=True),
    text("decision_id", null=True),
    text("touches", null=True),
    text("links", null=True),
    text("record"),
    one_of("purpose", MESSAGE_PURPOSES),
    one_of("state", MESSAGE_STATES),
    sa.CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL) OR state = 'waiting'", name="leased"),
    sa.Index(None, "state", "purpose", "due_at"),
    sa.Index(None, "customer_id", "asked_at"),
    sa.Index(None, "domain", "sent_at"),
    sa.Index(None, "sent_at"),
    sa.Index(None, "decision_id"),
    sa.Index("ix_outbound_on_site", "customer_id", "asked_at", sqlite_where=ON_SITE, postgresql_where=ON_SITE),
    info=RECORD,
)
"""A message by its asker's key. `id` is drawn and says nothing of the customer: links and the Message-ID carry it.

`record` is the message as it was asked for; `touches` the rows of the ledger that it made; `links` what its tracked
links lead to (only where the customer agreed to be measured).
"""

outbound_verdict = sa.Table(
    "outbound_verdict",
    metadata,
    key("message_id"),
    sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
    whole("at"),
    text("say"),
    text("code"),
    whole("until", null=True),
    text("detail", null=True),
    info=RECORD,
    sqlite_with_rowid=False,
)
"""Every verdict of the gate, and what channels and people said after it; the same one twice in a row stands once."""

outbound_event = sa.Table(
    "outbound_event",
    metadata,
    key("id"),
    text("message_id", null=True),
    text("customer_id", null=True),
    text("kind"),
    whole("at"),
    text("detail", null=True),
    one_of("kind", EVENT_KINDS),
    sa.Index(None, "message_id"),
    sa.Index(None, "customer_id", "at"),
    info=RECORD,
)
"""What came of messages: bounces, complaints, unsubscribes; opens and clicks of those who agreed to be measured."""

blocked_address = sa.Table(
    "blocked_address",
    metadata,
    key("mark"),
    text("reason"),
    whole("at"),
    text("detail", null=True),
    one_of("reason", ("bounce", "complaint")),
    info=RECORD,
    sqlite_with_rowid=False,
)
"""Addresses to which nothing (bounce) or no advertising (complaint) goes, as a keyed hash: none can be read here."""
