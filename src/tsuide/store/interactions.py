"""The tables of what people did with customers, and of what these gained."""

from typing import Any, Final

import sqlalchemy as sa

from tsuide.facts.interactions import INTERACTION_KINDS, NO_ANSWER, NOTE
from tsuide.store.schema import RECORD, metadata

_KINDS: Final = ", ".join(f"'{each}'" for each in INTERACTION_KINDS)

interaction = sa.Table(
    "interaction",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, nullable=False),
    sa.Column("customer_id", sa.Text, nullable=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("who", sa.Text, nullable=True),
    sa.Column("department", sa.Text, nullable=True),
    sa.Column("text", sa.Text, nullable=True),
    sa.Column("outcome", sa.Text, nullable=True),
    sa.CheckConstraint(f"kind IN ({_KINDS})", name="kind"),
    sa.Index(None, "customer_id", "at"),
    info=RECORD,
)
"""Of an erased customer the row stays as nobody's, without words, so that what each of our people did stays counted."""

win = sa.Table(
    "win",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, nullable=False),
    sa.Column("customer_id", sa.Text, nullable=True),
    sa.Column("metric", sa.Text, nullable=False),
    sa.Column("before", sa.Text, nullable=False),
    sa.Column("after", sa.Text, nullable=False),
    sa.Column("evidence", sa.Text, nullable=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Index(None, "customer_id", "at"),
    info=RECORD,
)

REACHED: Final = sa.and_(interaction.c.kind != NOTE, sa.func.coalesce(interaction.c.outcome, "") != NO_ANSWER)
"""A contact that came about."""


def erase(connection: sa.Connection, customer_id: str) -> dict[str, int]:
    """Make one customer's rows nobody's; how many, by table."""
    done: dict[str, int] = {}
    gone: tuple[tuple[sa.Table, dict[str, Any]], ...] = (
        (interaction, {"customer_id": None, "text": None, "outcome": None}),
        (win, {"customer_id": None, "evidence": None}),
    )
    for table, nobody in gone:
        change = sa.update(table).where(table.c.customer_id == customer_id).values(**nobody)
        done[table.name] = connection.execute(change).rowcount
    return done
