"""The port of what people decided about single pairs, sets and fillers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tsuide.store.columns import key, text, whole
from tsuide.store.engines import reading, writing
from tsuide.store.rows import Found, found, insert_into
from tsuide.store.schema import RECORD, metadata

curation = sa.Table(
    "curation",
    metadata,
    key("about"),
    key("product_id"),
    key("other_ids"),  # a JSON array of product ids, ascending
    text("verdict", null=True),
    text("texts"),  # a JSON object: language → text
    whole("approved_at", null=True),
    text("approved_by", null=True),
    whole("changed_at"),
    text("changed_by"),
    info=RECORD,
)
_KEYS = ("about", "product_id", "other_ids")


@dataclass(frozen=True, slots=True)
class Curation:
    """Keeps one row per pair, set or filler. Every method raises `Unavailable` when there is no answer."""

    engine: sa.Engine

    def all(self) -> list[Found]:
        """Every row, by what it is about."""
        query = sa.select(curation).order_by(*(curation.c[name] for name in _KEYS))
        with reading(self.engine) as connection:
            return found(connection, query)

    def one(self, about: str, product_id: str, other_ids: str) -> Found | None:
        """One row; None where nothing was decided."""
        c = curation.c
        query = sa.select(curation).where(c.about == about, c.product_id == product_id, c.other_ids == other_ids)
        with reading(self.engine) as connection:
            return next(iter(found(connection, query)), None)

    def swap(
        self, about: tuple[str, str, str], before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
    ) -> bool:
        """Set one row, unless somebody else did in between; whether it was set.

        Args:
            about: its `about`, `product_id` and `other_ids`.
            before: all columns as they were read; None = there was none.
            after: all columns as they shall be; None = there shall be none.
        """
        c = curation.c
        this = [c[name] == value for name, value in zip(_KEYS, about, strict=True)]
        with writing(self.engine) as connection:
            if before is None:
                if after is None:
                    return connection.execute(sa.select(c.about).where(*this)).first() is None
                insert = insert_into(connection, curation).values(**after).on_conflict_do_nothing()
                return connection.execute(insert.returning(c.about)).first() is not None
            this += [c[name].is_not_distinct_from(value) for name, value in before.items()]
            write = sa.delete(curation) if after is None else sa.update(curation).values(**after)
            return bool(connection.execute(write.where(*this)).rowcount)
