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

from typing import Final, Literal, TypeAlias

import sqlalchemy as sa

from tsuide.facts.catalogue import PRODUCT_KINDS, PRODUCT_STATUSES, RELATION_TYPES
from tsuide.facts.customers import CUSTOMER_KINDS
from tsuide.facts.orders import LINE_ROLES, ORDER_STATUSES
from tsuide.store.columns import key, number, one_of, text, whole, yes

Grade: TypeAlias = Literal["record", "trace"]
RECORD: Final = {"grade": "record"}
TRACE: Final = {"grade": "trace"}

OUTCOMES: Final = ("shown", "clicked", "accepted", "declined", "later", "purchased", "returned")
SCOPES: Final = ("storefront", "agent", "rep", "admin")
ACCEPTANCE_STATES: Final = ("waiting", "accepted", "declined", "used", "expired")
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


# --- facts ------------------------------------------------------------------------------------------------

fact_sequence = sa.Table("fact_sequence", metadata, number("id"), whole("value"), info=RECORD)
"""One row: the newest number given to a change of a product or an order."""

product_number = sa.Table(
    "product_number",
    metadata,
    number("no"),
    sa.Column("id", sa.Text, unique=True, nullable=False),
    info=RECORD,
)
"""Every product id that an order ever named, in the catalogue or not."""

product = sa.Table(
    "product",
    metadata,
    key("id"),
    text("title", null=True),
    text("category", null=True),
    text("brand", null=True),
    text("parent_id", null=True),
    text("variant", null=True),
    whole("price", null=True),
    whole("cost", null=True),
    text("currency", null=True),
    whole("tax_rate", null=True),
    yes("tax_included", null=True),
    text("attributes", null=True),
    whole("stock", null=True),
    text("status"),
    text("kind"),
    yes("durable", null=True),
    text("image", null=True),
    text("url", null=True),
    whole("seq"),
    whole("first_seq"),
    sa.Index(None, "seq"),
    one_of("status", PRODUCT_STATUSES),
    one_of("kind", PRODUCT_KINDS),
    info=RECORD,
    sqlite_with_rowid=False,
)

product_change = sa.Table(
    "product_change",
    metadata,
    number("seq"),
    text("product_id"),
    text("record"),
    sa.Index(None, "product_id"),
    info=RECORD,
)
"""What a product was until `seq`: `record` is the whole product as JSON as it stood before that change.

So a first import of a catalogue writes nothing here, and any past catalogue can still be rebuilt.
"""

relation = sa.Table(
    "relation",
    metadata,
    key("product_id"),
    key("other_id"),
    key("relation"),
    one_of("relation", RELATION_TYPES),
    info=RECORD,
    sqlite_with_rowid=False,
)

customer = sa.Table(
    "customer",
    metadata,
    key("id"),
    text("kind"),
    text("parent_id", null=True),
    text("name", null=True),
    text("email", null=True),
    text("phone", null=True),
    text("language", null=True),
    text("attributes", null=True),
    whole("created_at", null=True),
    sa.Index(None, "parent_id"),
    sa.Index(None, "email"),
    one_of("kind", CUSTOMER_KINDS),
    info=RECORD,
    sqlite_with_rowid=False,
)

consent = sa.Table(
    "consent",
    metadata,
    key("customer_id"),
    key("purpose"),
    key("channel"),
    sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
    yes("granted"),
    text("source", null=True),
    text("evidence", null=True),
    info=RECORD,
    sqlite_with_rowid=False,
)

orders = sa.Table(
    "orders",
    metadata,
    number("no"),
    sa.Column("id", sa.Text, unique=True, nullable=False),
    text("customer_id", null=True),
    whole("placed_at"),
    text("currency"),
    text("status"),
    text("channel", null=True),
    text("origin"),
    whole("seq"),
    one_of("status", ORDER_STATUSES),
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
    whole("product_no"),
    whole("quantity"),
    whole("unit_price"),
    whole("discount"),
    whole("amount"),
    whole("cost", null=True),
    text("role"),
    yes("gift"),
    text("offer_id", null=True),
    whole("returned"),
    yes("accepted", null=True),
    one_of("role", LINE_ROLES),
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
    key("id"),
    text("kind"),
    whole("at"),
    text("customer_id", null=True),
    text("anonymous_id", null=True),
    text("session_id", null=True),
    text("product_id", null=True),
    text("cart_id", null=True),
    whole("quantity", null=True),
    text("query", null=True),
    text("properties", null=True),
    text("raw", null=True),
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
    key("id"),
    text("product_id"),
    text("customer_id", null=True),
    whole("rating"),
    text("text", null=True),
    whole("at", null=True),
    whole("helpful", null=True),
    sa.Index(None, "product_id"),
    sa.Index(None, "customer_id"),
    info=RECORD,
)

# --- what was decided, and what came of it ----------------------------------------------------------------

decision = sa.Table(
    "decision",
    metadata,
    key("id"),
    whole("at"),
    text("customer_id", null=True),
    text("anonymous_id", null=True),
    text("session_id", null=True),
    text("placement"),
    text("arm", null=True),
    text("snapshot_id", null=True),
    whole("sequence", null=True),
    text("policy_version", null=True),
    whole("seed", null=True),
    text("record"),
    sa.Index(None, "at"),
    sa.Index(None, "customer_id", "at"),
    sa.Index(None, "placement", "at"),
    info=TRACE,
)

outcome = sa.Table(
    "outcome",
    metadata,
    key("id"),
    text("decision_id", null=True),
    text("offer_id", null=True),
    text("product_id", null=True),
    text("category", null=True),
    text("kind", null=True),
    text("placement", null=True),
    text("channel", null=True),
    text("customer_id", null=True),
    text("anonymous_id", null=True),
    text("outcome"),
    text("reason", null=True),
    whole("at"),
    text("evidence", null=True),
    one_of("outcome", OUTCOMES),
    sa.Index(None, "customer_id", "at"),
    sa.Index(None, "anonymous_id", "at"),
    sa.Index(None, "decision_id"),
    sa.Index(None, "at"),
    info=TRACE,
)

acceptance = sa.Table(
    "acceptance",
    metadata,
    key("id"),
    text("offer_id"),
    text("decision_id", null=True),
    text("customer_id", null=True),
    text("evidence_kind"),
    text("evidence_reference"),
    sa.Column("token_hash", sa.Text, unique=True, nullable=True),
    whole("at"),
    text("state"),
    whole("state_at"),
    sa.Column(
        "given",
        sa.SmallInteger,
        sa.Computed("CASE WHEN state IN ('accepted', 'used') THEN 1 END", persisted=True),
        nullable=True,
    ),
    one_of("state", ACCEPTANCE_STATES),
    sa.UniqueConstraint("offer_id", "given"),
    info=RECORD,
)

# --- what people set --------------------------------------------------------------------------------------

policy = sa.Table(
    "policy",
    metadata,
    key("name"),
    key("version"),
    text("text"),
    whole("at"),
    text("author", null=True),
    yes("active"),
    text("note", null=True),
    info=RECORD,
)

api_key = sa.Table(
    "api_key",
    metadata,
    key("id"),
    text("name"),
    sa.Column("hash", sa.Text, unique=True, nullable=False),
    text("scopes"),
    whole("created_at"),
    whole("revoked_at", null=True),
    text("rate", null=True),
    whole("used_at", null=True),
    info=RECORD,
)

kept_answer = sa.Table(  # what a request with an idempotency key was answered, or that it is being worked on
    "kept_answer",
    metadata,
    key("id"),
    text("asked"),
    whole("at"),
    whole("status", null=True),
    text("media_type", null=True),
    text("body", null=True),
    sa.Index(None, "at"),
    info=RECORD,
)

setting = sa.Table("setting", metadata, key("key"), text("value"), whole("at"), info=RECORD)


def grade_of(table: sa.Table) -> Grade:
    """What the rows of a table survive.

    >>> grade_of(acceptance), grade_of(decision)
    ('record', 'trace')
    """
    return "record" if table.info == RECORD else "trace"
