"""The tables of what other systems send while the shop runs, and of who turned out to be whom."""

import sqlalchemy as sa

from tsuide.store.columns import key, text, whole, yes
from tsuide.store.schema import RECORD, metadata

message = sa.Table(
    "message",
    metadata,
    key("id"),
    text("source"),
    text("topic"),
    text("thing", null=True),
    whole("at"),
    whole("received_at"),
    text("customer_id", null=True),
    text("anonymous_id", null=True),
    yes("trusted"),
    text("body"),
    text("state"),
    text("reason", null=True),
    sa.CheckConstraint("state IN ('waiting', 'done', 'quarantined')", name="state"),
    sa.Index(
        None, "state",
        sqlite_where=sa.text("state <> 'done'"), postgresql_where=sa.text("state <> 'done'"),
    ),  # only those that somebody still looks for
    sa.Index(None, "thing", sqlite_where=sa.text("thing IS NOT NULL"), postgresql_where=sa.text("thing IS NOT NULL")),
    sa.Index(None, "customer_id"),
    sa.Index(None, "anonymous_id"),
    sa.Index(None, "received_at"),
    info=RECORD,
)  # fmt: skip
"""Each message as it came (`body`: JSON). `waiting`: not yet read into facts; `quarantined`: it could not be, and
`reason` says why; it stays until somebody mends what was wrong and has it read again."""

same_person = sa.Table(
    "same_person",
    metadata,
    key("anonymous_id"),
    text("customer_id"),
    whole("at"),
    sa.Index(None, "customer_id"),
    info=RECORD,
)
"""Which visitor is which customer, as they last said."""
