"""The tables of what people did with customers, and of what these gained."""

from typing import Final

import sqlalchemy as sa

from tsuide.facts.interactions import INTERACTION_KINDS, NO_ANSWER, NOTE
from tsuide.store.columns import key, text, whole
from tsuide.store.schema import RECORD, metadata

_KINDS: Final = ", ".join(f"'{each}'" for each in INTERACTION_KINDS)

interaction = sa.Table(
    "interaction",
    metadata,
    key("id"),
    text("customer_id", null=True),
    text("kind"),
    whole("at"),
    text("who", null=True),
    text("department", null=True),
    text("text", null=True),
    text("outcome", null=True),
    sa.CheckConstraint(f"kind IN ({_KINDS})", name="kind"),
    sa.Index(None, "customer_id", "at"),
    info=RECORD,
)
"""Of an erased customer the row stays as nobody's, without words, so that what each of our people did stays counted."""

win = sa.Table(
    "win",
    metadata,
    key("id"),
    text("customer_id", null=True),
    text("metric"),
    text("before"),
    text("after"),
    text("evidence", null=True),
    whole("at"),
    sa.Index(None, "customer_id", "at"),
    info=RECORD,
)

REACHED: Final = sa.and_(interaction.c.kind != NOTE, sa.func.coalesce(interaction.c.outcome, "") != NO_ANSWER)
"""A contact that came about."""
