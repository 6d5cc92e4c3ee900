"""The port of reactions: every contact in the ledger and every talk on record, and whether the customer reacted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl
import sqlalchemy as sa

from tsuide.facts.interactions import SPOKEN
from tsuide.kit.clock import to_micros
from tsuide.store.engines import reading
from tsuide.store.interactions import REACHED, interaction
from tsuide.store.outbox_tables import outbound, outbound_event
from tsuide.store.schema import outcome

REACTED: Final = ("clicked", "accepted", "purchased")
"""Outcomes that are a reaction; of a message a followed link is one, too."""
_SHOWN: Final = ":shown"


@dataclass(frozen=True, slots=True)
class Reactions:
    """Reads contacts with what came of them. Raises `Unavailable` when the database does not answer."""

    engine: sa.Engine

    def of_contacts(self, start: datetime, end: datetime, channels: Collection[str]) -> pl.DataFrame:
        """customer, channel, at (UTC), reacted: one row for each contact of a known customer with start ≤ at < end.

        What one decision offered, or one message said, is one contact, however many offers it holds. A call or a visit
        that somebody wrote down is one too (`SPOKEN`), and its reaction is that somebody was reached.
        """
        o, low, high = outcome.c, to_micros(start), to_micros(end)
        thing = sa.func.coalesce(o.decision_id, o.offer_id, o.id)
        on = o.channel.in_(sorted(channels))
        shown = (
            sa.select(thing, o.customer_id, o.channel, sa.func.min(o.at))
            .where(o.outcome == "shown", on, o.at >= low, o.at < high, o.customer_id.is_not(None))
            .group_by(thing, o.customer_id, o.channel)
            .order_by(sa.func.min(o.at), thing)
        )
        answered = sa.select(thing).where(o.outcome.in_(REACTED), on, o.at >= low).distinct()
        e, m = outbound_event.c, outbound.c
        followed = (
            sa.select(m.id, m.decision_id)
            .join(outbound_event, e.message_id == m.id)
            .where(e.kind == "click", e.at >= low)
            .distinct()
        )
        i = interaction.c
        kinds = [kind for kind, channel in SPOKEN.items() if channel in channels]
        talks = (
            sa.select(i.customer_id, i.kind, i.at, sa.case((REACHED, 1), else_=0))
            .where(i.kind.in_(kinds), i.at >= low, i.at < high, i.customer_id.is_not(None))
            .order_by(i.at, i.id)
        )
        with reading(self.engine) as connection:
            spoken = connection.execute(talks).all()
            rows = connection.execute(shown).all()
            reacted = {str(each) for each in connection.execute(answered).scalars()}
            for message_id, decision_id in connection.execute(followed):
                reacted |= {f"{message_id}{_SHOWN}"} | ({str(decision_id)} if decision_id is not None else set())
        told = [(who, channel, at, thing in reacted) for thing, who, channel, at in rows]
        told += [(who, SPOKEN[kind], at, bool(was_reached)) for who, kind, at, was_reached in spoken]
        schema = {"customer": pl.String, "channel": pl.String, "at": pl.Int64, "reacted": pl.Boolean}
        frame = pl.DataFrame(told, schema=schema, orient="row")
        return frame.with_columns(pl.col("at").cast(pl.Datetime("us", "UTC")))
