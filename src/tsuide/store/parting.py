"""Part customers from the browsers that were known to be theirs, once they agree no longer to be followed.

What they did under their name stays theirs; that it was this browser is kept nowhere any more, and is not taken up
again until they agree again. It happens in the very transaction that writes the withdrawal, whoever writes it.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson
import polars as pl
import sqlalchemy as sa

from tsuide.facts.consent import Purpose
from tsuide.store.arrivals import message, same_person
from tsuide.store.engines import reading
from tsuide.store.rows import found
from tsuide.store.schema import consent, decision, event, outcome

FOLLOWING: Final[tuple[Purpose, ...]] = ("personalisation", "analytics")
"""Purposes for which a browser is told from others."""
ON_A_SITE: Final = ("site", "app", "any")
_AT_ONCE: Final = 500


def withdrew(
    connection: sa.Connection, customer_ids: Sequence[str], purposes: Sequence[Purpose] = FOLLOWING
) -> set[str]:  # fmt: skip
    """Who of these customers said no to one of the purposes on the site, and nothing else since."""
    c = consent.c
    said: dict[tuple[str, str], tuple[int, bool]] = {}
    for start in range(0, len(customer_ids), _AT_ONCE):
        some = c.customer_id.in_(list(customer_ids[start : start + _AT_ONCE]))
        query = sa.select(c.customer_id, c.purpose, c.at, c.granted).where(
            some, c.purpose.in_(purposes), c.channel.in_(ON_A_SITE)
        )
        for who, purpose, at, granted in connection.execute(query):
            newer = (int(at), not granted)  # of two words of one moment the no holds
            said[who, purpose] = max(said.get((who, purpose), newer), newer)
    return {who for (who, _), (_, no) in said.items() if no}


def withdrawn_of(engine: sa.Engine, customer_ids: Iterable[str], purposes: Sequence[Purpose]) -> set[str]:
    """As `withdrew`.

    Raises:
        Unavailable: the database does not answer.
    """
    with reading(engine) as connection:
        return withdrew(connection, [*customer_ids], purposes)


def heed(connection: sa.Connection, inserted: pl.DataFrame, updated: pl.DataFrame) -> None:
    """Part whoever said no among consents that were just written."""
    both = pl.concat([inserted.select("customer_id", "purpose"), updated.select("customer_id", "purpose")])
    about = both.filter(pl.col("purpose").is_in(FOLLOWING))["customer_id"].unique().to_list()
    known = _with_browsers(connection, about)
    for customer_id in sorted(withdrew(connection, known)):
        part(connection, customer_id)


def _with_browsers(connection: sa.Connection, customer_ids: Sequence[str]) -> list[str]:
    """Those of whom a browser is known: an import of a million consents has few."""
    known: set[str] = set()
    for start in range(0, len(customer_ids), _AT_ONCE):
        some = list(customer_ids[start : start + _AT_ONCE])
        for table in (same_person, event, decision, outcome):
            mine = sa.and_(table.c.customer_id.in_(some), table.c.anonymous_id.is_not(None))
            known |= {str(each) for each in connection.execute(sa.select(table.c.customer_id).where(mine)).scalars()}
    return sorted(known)


def part(connection: sa.Connection, customer_id: str) -> None:
    """Part one customer from every browser."""
    mine = sa.and_(decision.c.customer_id == customer_id, decision.c.anonymous_id.is_not(None))
    for row in found(connection, sa.select(decision.c.id, decision.c.record).where(mine)):
        change = sa.update(decision).where(decision.c.id == row["id"])
        connection.execute(change.values(anonymous_id=None, session_id=None, record=_without(row["record"])))
    parted: tuple[tuple[sa.Table, dict[str, Any]], ...] = (
        (event, {"anonymous_id": None, "session_id": None, "raw": None}),
        (outcome, {"anonymous_id": None}),
    )
    for table, values in parted:
        theirs = sa.and_(table.c.customer_id == customer_id, table.c.anonymous_id.is_not(None))
        connection.execute(sa.update(table).where(theirs).values(**values))
    raw = sa.and_(message.c.customer_id == customer_id, message.c.anonymous_id.is_not(None), message.c.thing.is_(None))
    connection.execute(sa.delete(message).where(raw, message.c.state == "done"))
    connection.execute(sa.delete(same_person).where(same_person.c.customer_id == customer_id))


def _without(record: str) -> str:
    """A decision's record without the browser."""
    told = json.loads(record)
    told["request"] = {**told["request"], "anonymous_id": None, "session_id": None}
    return orjson.dumps(told).decode()
