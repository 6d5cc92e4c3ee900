"""Every table of the store, once, for SQLite and PostgreSQL alike.

Times are BIGINT microseconds since 1970 UTC, money BIGINT minor units, JSON is TEXT. `info["grade"]` of a
table says what its rows survive (see docs/store.md):

- ``record``: power loss: the commit is on the disk before the caller goes on;
- ``trace``: kill -9 of the process: the commit is with the operating system.

Orders and products carry dense numbers beside their ids, because 1.47 million order lines of integers are
half the size of the same lines with text, and are read four times faster. Orders that Tsuide itself made
(origin ``tsuide``) are numbered below zero: so a line's own CHECK sees whose order it is in, without
looking it up for each of a million imported lines.
"""

from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

import sqlalchemy as sa

from tsuide.facts.catalogue import PRODUCT_KINDS, PRODUCT_STATUSES, RELATION_TYPES
from tsuide.facts.customers import CUSTOMER_KINDS
from tsuide.facts.orders import LINE_ROLES, ORDER_STATUSES

Grade: TypeAlias = Literal["record", "trace"]
RECORD: Final = {"grade": "record"}
TRACE: Final = {"grade": "trace"}

OUTCOMES: Final = ("shown", "clicked", "accepted", "declined", "later", "purchased", "returned")
SCOPES: Final = ("storefront", "agent", "rep", "admin")
ACCEPTANCE_STATES: Final = ("waiting", "accepted", "declined", "used", "expired")
JOB_STATES: Final = ("running", "done", "failed")
OWN_ORIGIN: Final = "tsuide"

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _one_of(column: str, values: Iterable[str]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=null)


def _whole(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=null)


def _yes(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.SmallInteger, nullable=null)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True, nullable=False)


def _number(name: str) -> sa.Column[int]:
    big = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # only INTEGER is the row's own number in SQLite
    return sa.Column(name, big, primary_key=True, autoincrement=False, nullable=False)


# --- facts ------------------------------------------------------------------------------------------------

fact_sequence = sa.Table("fact_sequence", metadata, _number("id"), _whole("value"), info=RECORD)
"""One row: the newest number given to a change of a product or an order."""

product_number = sa.Table(
    "product_number",
    metadata,
    _number("no"),
    sa.Column("id", sa.Text, unique=True, nullable=False),
    info=RECORD,
)
"""Every product id that an order ever named, in the catalogue or not."""

product = sa.Table(
    "product",
    metadata,
    _key("id"),
    _text("title", null=True),
    _text("category", null=True),
    _text("brand", null=True),
    _text("parent_id", null=True),
    _text("variant", null=True),
    _whole("price", null=True),
    _whole("cost", null=True),
    _text("currency", null=True),
    _whole("tax_rate", null=True),
    _yes("tax_included", null=True),
    _text("attributes", null=True),
    _whole("stock", null=True),
    _text("status"),
    _text("kind"),
    _yes("durable", null=True),
    _text("image", null=True),
    _text("url", null=True),
    _whole("seq"),
    _whole("first_seq"),
    sa.Index(None, "seq"),
    _one_of("status", PRODUCT_STATUSES),
    _one_of("kind", PRODUCT_KINDS),
    info=RECORD,
    sqlite_with_rowid=False,
)

product_change = sa.Table(
    "product_change",
    metadata,
    _number("seq"),
    _text("product_id"),
    _text("record"),
    sa.Index(None, "product_id"),
    info=RECORD,
)
"""What a product was until `seq`: `record` is the whole product as JSON as it stood before that change.

So a first import of a catalogue writes nothing here, and any past catalogue can still be rebuilt.
"""

relation = sa.Table(
    "relation",
    metadata,
    _key("product_id"),
    _key("other_id"),
    _key("relation"),
    _one_of("relation", RELATION_TYPES),
    info=RECORD,
    sqlite_with_rowid=False,
)

customer = sa.Table(
    "customer",
    metadata,
    _key("id"),
    _text("kind"),
    _text("parent_id", null=True),
    _text("name", null=True),
    _text("email", null=True),
    _text("phone", null=True),
    _text("language", null=True),
    _text("attributes", null=True),
    _whole("created_at", null=True),
    sa.Index(None, "parent_id"),
    sa.Index(None, "email"),
    _one_of("kind", CUSTOMER_KINDS),
    info=RECORD,
    sqlite_with_rowid=False,
)

consent = sa.Table(
    "consent",
    metadata,
    _key("customer_id"),
    _key("purpose"),
    _key("channel"),
    sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
    _yes("granted"),
    _text("source", null=True),
    _text("evidence", null=True),
    info=RECORD,
    sqlite_with_rowid=False,
)

orders = sa.Table(
    "orders",
    metadata,
    _number("no"),
    sa.Column("id", sa.Text, unique=True, nullable=False),
    _text("customer_id", null=True),
    _whole("placed_at"),
    _text("currency"),
    _text("status"),
    _text("channel", null=True),
    _text("origin"),
    _whole("seq"),
    _one_of("status", ORDER_STATUSES),
    sa.CheckConstraint(f"(origin = '{OWN_ORIGIN}') = (no < 0)", name="own_below_zero"),
    sa.Index(None, "customer_id"),
    sa.Index(None, "seq"),
    info=RECORD,
)

order_line = sa.Table(
    "order_line",
    metadata,
    sa.Column("order_no", sa.BigInteger, sa.ForeignKey("orders.no"), primary_key=True, autoincrement=False),
    sa.Column("line", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
    _whole("product_no"),
    _whole("quantity"),
    _whole("unit_price"),
    _whole("discount"),
    _whole("amount"),
    _whole("cost", null=True),
    _text("role"),
    _yes("gift"),
    _text("offer_id", null=True),
    _whole("returned"),
    _yes("accepted", null=True),
    _one_of("role", LINE_ROLES),
    sa.CheckConstraint(
        "order_no > 0 OR (offer_id IS NOT NULL AND accepted IS NOT NULL AND accepted = 1)",
        name="own_lines_are_accepted",
    ),
    sa.ForeignKeyConstraint(["offer_id", "accepted"], ["acceptance.offer_id", "acceptance.given"]),
    sa.Index(
        None,
        "offer_id",
        sqlite_where=sa.text("offer_id IS NOT NULL"),
        postgresql_where=sa.text("offer_id IS NOT NULL"),
    ),
    info=RECORD,
    sqlite_with_rowid=False,
)
"""A line of an order of ours is `accepted`; then its offer must have a given acceptance (the foreign key).

Lines of orders made elsewhere leave `accepted` null: no yes of ours is claimed, and none is needed.
"""

JOINED_KINDS: Final = "kind IN ('registered', 'attended')"
"""As the indexes of what somebody came to have it: a query must say the very same to use them."""
_JOINED: Final = sa.text(JOINED_KINDS)

event = sa.Table(
    "event",
    metadata,
    _key("id"),
    _text("kind"),
    _whole("at"),
    _text("customer_id", null=True),
    _text("anonymous_id", null=True),
    _text("session_id", null=True),
    _text("product_id", null=True),
    _text("cart_id", null=True),
    _whole("quantity", null=True),
    _text("query", null=True),
    _text("properties", null=True),
    _text("raw", null=True),
    sa.Index(None, "at"),
    sa.Index(None, "customer_id", "at"),
    sa.Index(None, "anonymous_id", "at"),
    *(
        sa.Index(f"ix_event_joined_{who}", f"{who}_id", sqlite_where=_JOINED, postgresql_where=_JOINED)
        for who in ("customer", "anonymous")
    ),
    info=TRACE,
)
"""What visitors did. `raw` is the message as it came, where one message is one act: it is then kept nowhere else."""

review = sa.Table(
    "review",
    metadata,
    _key("id"),
    _text("product_id"),
    _text("customer_id", null=True),
    _whole("rating"),
    _text("text", null=True),
    _whole("at", null=True),
    _whole("helpful", null=True),
    sa.Index(None, "product_id"),
    sa.Index(None, "customer_id"),
    info=RECORD,
)

# --- what was decided, and what came of it ----------------------------------------------------------------

decision = sa.Table(
    "decision",
    metadata,
    _key("id"),
    _whole("at"),
    _text("customer_id", null=True),
    _text("anonymous_id", null=True),
    _text("session_id", null=True),
    _text("placement"),
    _text("arm", null=True),
    _text("snapshot_id", null=True),
    _whole("sequence", null=True),
    _text("policy_version", null=True),
    _whole("seed", null=True),
    _text("record"),
    sa.Index(None, "at"),
    sa.Index(None, "customer_id", "at"),
    info=TRACE,
)

outcome = sa.Table(
    "outcome",
    metadata,
    _key("id"),
    _text("decision_id", null=True),
    _text("offer_id", null=True),
    _text("product_id", null=True),
    _text("category", null=True),
    _text("kind", null=True),
    _text("placement", null=True),
    _text("channel", null=True),
    _text("customer_id", null=True),
    _text("anonymous_id", null=True),
    _text("outcome"),
    _text("reason", null=True),
    _whole("at"),
    _text("evidence", null=True),
    _one_of("outcome", OUTCOMES),
    sa.Index(None, "customer_id", "at"),
    sa.Index(None, "anonymous_id", "at"),
    sa.Index(None, "decision_id"),
    sa.Index(None, "at"),
    info=TRACE,
)

acceptance = sa.Table(
    "acceptance",
    metadata,
    _key("id"),
    _text("offer_id"),
    _text("decision_id", null=True),
    _text("customer_id", null=True),
    _text("evidence_kind"),
    _text("evidence_reference"),
    sa.Column("token_hash", sa.Text, unique=True, nullable=True),
    _whole("at"),
    _text("state"),
    _whole("state_at"),
    sa.Column(
        "given",
        sa.SmallInteger,
        sa.Computed("CASE WHEN state IN ('accepted', 'used') THEN 1 END", persisted=True),
        nullable=True,
    ),
    _one_of("state", ACCEPTANCE_STATES),
    sa.UniqueConstraint("offer_id", "given"),
    info=RECORD,
)

# --- what people set --------------------------------------------------------------------------------------

policy = sa.Table(
    "policy",
    metadata,
    _key("name"),
    _key("version"),
    _text("text"),
    _whole("at"),
    _text("author", null=True),
    _yes("active"),
    info=RECORD,
)

api_key = sa.Table(
    "api_key",
    metadata,
    _key("id"),
    _text("name"),
    sa.Column("hash", sa.Text, unique=True, nullable=False),
    _text("scopes"),
    _whole("created_at"),
    _whole("revoked_at", null=True),
    _text("rate", null=True),
    info=RECORD,
)

kept_answer = sa.Table(  # what a request with an idempotency key was answered, or that it is being worked on
    "kept_answer",
    metadata,
    _key("id"),
    _text("asked"),
    _whole("at"),
    _whole("status", null=True),
    _text("media_type", null=True),
    _text("body", null=True),
    sa.Index(None, "at"),
    info=RECORD,
)

setting = sa.Table("setting", metadata, _key("key"), _text("value"), _whole("at"), info=RECORD)

job = sa.Table(
    "job",
    metadata,
    _key("id"),
    _text("kind"),
    _text("state"),
    _whole("started_at"),
    _whole("ended_at", null=True),
    _text("result", null=True),
    _one_of("state", JOB_STATES),
    sa.Index(None, "kind", "started_at"),
    info=RECORD,
)


def grade_of(table: sa.Table) -> Grade:
    """What the rows of a table survive.

    >>> grade_of(acceptance), grade_of(decision)
    ('record', 'trace')
    """
    return "record" if table.info == RECORD else "trace"
