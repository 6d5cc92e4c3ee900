"""Tables of segments: definitions, what is known of each customer in one row, who is in, and who came and went.

Sheets, acts and shelves are made from facts and may be made again from them at any time. Facts name whom they touch by
triggers (`segment_triggers`), in the very transaction that writes them: no fact can be kept without its touch.
"""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from tsuide.outreach.segments.vocabulary import DEEDS, NUMBER_COLUMNS, TEXT_COLUMNS, WHOLE_COLUMNS, Deed
from tsuide.store.schema import RECORD, metadata

DEED_CODE: Final[dict[Deed, int]] = {deed: code for code, deed in enumerate(DEEDS)}
DATED: Final = tuple(name for name in WHOLE_COLUMNS if name.endswith("_at"))


def _text(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=null)


def _whole(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=null)


def _number(name: str) -> sa.Column[Any]:
    big = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column(name, big, primary_key=True, autoincrement=False, nullable=False)


def _json(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text().with_variant(JSONB(), "postgresql"), nullable=True)


segment = sa.Table(
    "segment",
    metadata,
    _number("no"),
    sa.Column("id", sa.Text, unique=True, nullable=False),
    _whole("version"),
    _text("record"),
    _whole("changed_at"),
    _whole("evaluated_at", null=True),
    sa.Column("removed", sa.SmallInteger, nullable=False),
    info=RECORD,
)
"""A segment as it is defined now, as JSON."""

segment_version = sa.Table(
    "segment_version",
    metadata,
    sa.Column("segment_no", sa.BigInteger, sa.ForeignKey("segment.no"), primary_key=True, autoincrement=False),
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
    _text("record"),
    _whole("at"),
    _text("author", null=True),
    info=RECORD,
)

segment_clock = sa.Table(
    "segment_clock",
    metadata,
    _number("id"),
    _whole("watching"),
    _whole("turn"),
    _whole("checked_at"),
    _whole("due_at", null=True),
    _text("snapshot_id", null=True),
    info=RECORD,
)
"""One row. `watching` is the digest of the triggers, 0 before there is a segment; `turn` counts what was written, so
that two who work at once find out; `due_at`: when the clock alone may next change a membership."""

segment_touch = sa.Table(
    "segment_touch",
    metadata,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    _text("customer_id", null=True),
    _text("anonymous_id", null=True),
    _text("product_id", null=True),
    _text("cause"),
    info=RECORD,
)
"""Whom a fact touched since their sheet was made; written by triggers."""

segment_sheet = sa.Table(
    "segment_sheet",
    metadata,
    _number("no"),
    sa.Column("subject", sa.Text, unique=True, nullable=False),
    _text("customer_id", null=True),
    _text("anonymous_id", null=True),
    *(_text(name, null=True) for name in TEXT_COLUMNS),
    *(_whole(name, null=True) for name in WHOLE_COLUMNS),
    *(sa.Column(name, sa.Double, nullable=True) for name in NUMBER_COLUMNS),
    _text("consents"),
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
    sa.Column("product_id", sa.Text, primary_key=True, nullable=False),
    _whole("last_at"),
    _whole("times"),
    sa.Index(None, "product_id", "deed", "last_at"),
    sa.Index(None, "deed", "last_at"),
    info=RECORD,
    sqlite_with_rowid=False,
)
"""What a customer did with a product."""

segment_shelf = sa.Table(
    "segment_shelf",
    metadata,
    sa.Column("name", sa.Text, primary_key=True, nullable=False),
    sa.Column("product_id", sa.Text, primary_key=True, nullable=False),
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
    _whole("since"),
    _text("cause"),
    sa.Index(None, "no"),
    info=RECORD,
    sqlite_with_rowid=False,
)

segment_event = sa.Table(
    "segment_event",
    metadata,
    _number("seq"),
    _whole("segment_no"),
    _text("customer_id", null=True),
    _text("anonymous_id", null=True),
    sa.Column("entered", sa.SmallInteger, nullable=False),
    _whole("at"),
    _text("cause"),
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
    _whole("size"),
    _whole("entered"),
    _whole("left"),
    info=RECORD,
    sqlite_with_rowid=False,
)
"""The size at the end of each hour in which it changed, and how many came and went in it."""
