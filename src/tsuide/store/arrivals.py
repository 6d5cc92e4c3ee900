"""The tables of what other systems send while the shop runs, and of who turned out to be whom."""

import sqlalchemy as sa

from tsuide.store.schema import RECORD, metadata

message = sa.Table(
    "message",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("thing", sa.Text, nullable=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("received_at", sa.BigInteger, nullable=False),
    sa.Column("customer_id", sa.Text, nullable=True),
    sa.Column("anonymous_id", sa.Text, nullable=True),
    sa.Column("trusted", sa.SmallInteger, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=True),
    sa.CheckConstraint("state IN ('waiting', 'done', 'quarantined')", name="state"),
    sa.Index(
        None, "state",
        sqlite_where=sa.text("state <> 'done'"), postgresql_where=sa.text("state <> 'done'"),
    ),  # only those that somebody still looks for
    sa.Index(None, "thing", sqlite_where=sa.text("thing IS NOT NULL"), postgresql_where=sa.text("thing IS NOT NULL")),
    sa.Index(None, "customer_id"),
    sa.Index(None, "anonymous_id"),
    info=RECORD,
)  # fmt: skip
"""Each message as it came (`body`: JSON). `waiting`: not yet read into facts; `quarantined`: it could not be, and
`reason` says why; it stays until somebody mends what was wrong and has it read again."""

same_person = sa.Table(
    "same_person",
    metadata,
    sa.Column("anonymous_id", sa.Text, primary_key=True, nullable=False),
    sa.Column("customer_id", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Index(None, "customer_id"),
    info=RECORD,
)
"""Which visitor is which customer, as they last said."""
