"""Tables of segments: definitions, what is known of each customer in one row, who is in, and who came and went.

Sheets, acts and shelves are made from facts and may be made again from them at any time. Facts name whom they touch by
triggers (`segment_triggers`), in the very transaction that writes them: no fact can be kept without its touch.
"""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from tsuide.outreach.segments.vocabulary import DEEDS, NUMBER_COLUMNS, TEXT_COLUMNS, WHOLE_COLUMNS, Deed
from tsuide.store.columns import key, number, sequence, text, whole, yes
from tsuide.store.schema import RECORD, metadata

DEED_CODE: Final[dict[Deed, int]] = {deed: code for code, deed in enumerate(DEEDS)}
DATED: Final = tuple(name for name in WHOLE_COLUMNS if name.endswith("_at"))


def _json(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text().with_variant(JSONB(), "postgresql"), nullable=True)


segment = sa.Table(
    "segment",
    metadata,
    number("no"),
    sa.Column("id", sa.Text, unique=True, nullable=False),
    whole("version"),
    text("record"),
    whole("changed_at"),
    whole("evaluated_at", null=True),
    yes("removed"),
    info=RECORD,
)
"""A segment as it is defined now, as JSON."""

segment_version = sa.Table(
    "segment_version",
    metadata,
    sa.Column("segment_no", sa.BigInteger, sa.ForeignKey("segment.no"), primary_key=True, autoincrement=False),
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
    text("record"),
    whole("at"),
    text("author", null=True),
    info=RECORD,
)

segment_clock = sa.Table(
    "segment_clock",
    metadata,
    number("id"),
    whole("watching"),
    whole("turn"),
    whole("checked_at"),
    whole("due_at", null=True),
    text("snapshot_id", null=True),
    info=RECORD,
)
"""One row. `watching` is the digest of the triggers, 0 before there is a segment; `turn` counts what was written, so
that two who work at once find out; `due_at`: when the clock alone may next change a membership."""

segment_touch = sa.Table(
    "segment_touch",
    metadata,
    sequence("seq"),
    text("customer_id", null=True),
    text("anonymous_id", null=True),
    text("product_id", null=True),
    text("cause"),
    info=RECORD,
)
"""Whom a fact touched since their sheet was made; written by triggers."""

segment_sheet = sa.Table(
    "segment_sheet",
    metadata,
    number("no"),
    sa.Column("subject", sa.Text, unique=True, nullable=False),
    text("customer_id", null=True),
    text("anonymous_id", null=True),
    *(text(name, null=True) for name in TEXT_COLUMNS),
    *(whole(name, null=True) for name in WHOLE_COLUMNS),
    *(sa.Column(name, sa.Double, nullable=True) for name in NUMBER_COLUMNS),
    text("consents"),
    _json("texts"),
    _json("numbers"),
    *(
        sa.Index(
            f"ix_segment_sheet_{name}",
            name,
            sqlite_where=sa.text(f"{name} IS NOT NULL"),
            postgresql_where=sa.text(f"{name} IS NOT NULL"),
        )
        for name in (*DATED, "born", "birthday")
    ),
    info=RECORD,
)
"""One customer (subject c…) or anonymous visitor (v…), as conditions read them.

`consents` is |purpose/channel|… of those that hold; `numbers` holds millionths of those attributes that are numbers.
"""

segment_act = sa.Table(
    "segment_act",
    metadata,
    sa.Column("no", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
    sa.Column("deed", sa.SmallInteger, primary_key=True, autoincrement=False, nullable=False),
    key("product_id"),
    whole("last_at"),
    whole("times"),
    sa.Index(None, "product_id", "deed", "last_at"),
    sa.Index(None, "deed", "last_at"),
    info=RECORD,
    sqlite_with_rowid=False,
)
"""What a customer did with a product."""

segment_shelf = sa.Table(
    "segment_shelf",
    metadata,
    key("name"),
    key("product_id"),
    sa.Index(None, "product_id"),
    info=RECORD,
    sqlite_with_rowid=False,
)
"""What conditions may call a product: its id, its categories, their paths, its brand."""

segment_member = sa.Table(
    "segment_member",
    metadata,
    sa.Column("segment_no", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
    sa.Column("no", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
    whole("since"),
    text("cause"),
    sa.Index(None, "no"),
    info=RECORD,
    sqlite_with_rowid=False,
)

segment_event = sa.Table(
    "segment_event",
    metadata,
    number("seq"),
    whole("segment_no"),
    text("customer_id", null=True),
    text("anonymous_id", null=True),
    yes("entered"),
    whole("at"),
    text("cause"),
    sa.Index(None, "segment_no", "seq"),
    sa.Index(None, "customer_id"),
    sa.Index(None, "anonymous_id"),
    info=RECORD,
)
"""Who entered and left, and why; who has seen 17 never meets a 16 later."""

segment_size = sa.Table(
    "segment_size",
    metadata,
    sa.Column("segment_no", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
    sa.Column("hour", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
    whole("size"),
    whole("entered"),
    whole("left"),
    info=RECORD,
    sqlite_with_rowid=False,
)
"""The size at the end of each hour in which it changed, and how many came and went in it."""
