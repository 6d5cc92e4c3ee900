"""The fact sequence: one number, rising with every change of a product or an order.

Whoever changes facts holds its row until their commit, so numbers become visible in their order: a reader who
has seen 17 will never meet a 16 later.
"""

from typing import Final

import sqlalchemy as sa

from tsuide.store.schema import fact_sequence

_ONLY: Final = 1


def lock(connection: sa.Connection) -> int:
    """The newest number; other writers of facts wait from here until this transaction ends."""
    query = sa.select(fact_sequence.c.value).where(fact_sequence.c.id == _ONLY).with_for_update()
    return int(connection.execute(query).scalar_one())


def newest(connection: sa.Connection) -> int:
    """The newest number that is committed; 0 in an empty store."""
    return int(connection.execute(sa.select(fact_sequence.c.value)).scalar_one())


def advance(connection: sa.Connection, value: int) -> None:
    """Make `value` the newest number."""
    connection.execute(sa.update(fact_sequence).where(fact_sequence.c.id == _ONLY).values(value=value))
