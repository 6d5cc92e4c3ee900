"""Tables → facts: the one call that turns a file's rows into frames of facts and rejects."""

from collections.abc import Callable
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from typing import Final, TypeAlias

import polars as pl

from tsuide.intake.happenings import events, interactions, relations, reviews
from tsuide.intake.mapping import Mapping, checked
from tsuide.intake.orders import orders
from tsuide.intake.people import consents, customers
from tsuide.intake.products import products
from tsuide.intake.rejects import REASONS, REJECTS, Rejecting
from tsuide.intake.settings import IntakeSettings
from tsuide.intake.tables import Table
from tsuide.kit.text import shorten

_Reader: TypeAlias = Callable[[pl.DataFrame, Mapping, IntakeSettings, Rejecting], dict[str, pl.DataFrame]]


@dataclass(frozen=True, slots=True)
class Intake:
    """What a table gave.

    Args:
        kind: of the table.
        frames: facts by name, with the schemas of `tsuide.facts`: ``orders`` tables give ``orders`` and
            ``order_lines``, and ``products`` where they name them; every other kind gives a frame of its own
            name.
        rejects: schema intake.rejects.REJECTS; one row per row of the file that is not kept.
        rows: of the file, in all.
    """

    kind: str
    frames: Dictionary[str, pl.DataFrame]
    rejects: pl.DataFrame
    rows: int

    @property
    def kept(self) -> int:
        """Rows that are kept, or matched (returns)."""
        return self.rows - self.rejects.height


_READERS: Final[dict[str, _Reader]] = {
    "products": products,
    "relations": relations,
    "customers": customers,
    "consents": consents,
    "orders": orders,
    "events": events,
    "reviews": reviews,
    "interactions": interactions,
}


def to_facts(kind: str, table: Table, mapping: Mapping, settings: IntakeSettings) -> Intake:
    r"""The facts in a table, and the rows that could not be kept.

    Raises:
        BadColumns: a needed field has no column, no currency is known, or dates can be read in two ways.

    >>> from datetime import UTC, datetime
    >>> from tsuide.intake.mapping import guess_mapping
    >>> from tsuide.intake.tables import table_of
    >>> table = table_of("注文番号,注文日,商品コード,数量,単価\nA1,2017/11/15,x,2,¥1200\n".encode(), "o.csv")
    >>> mapping = guess_mapping("orders", table.frame.columns, table.frame)
    >>> settings = IntakeSettings(now=datetime(2018, 1, 1, tzinfo=UTC), currency="JPY")
    >>> got = to_facts("orders", table, mapping, settings)
    >>> got.frames["order_lines"].select("order_id", "quantity", "amount").rows()
    [('A1', 2, 2400)]
    """
    checked(mapping)
    rejecting = Rejecting(pl.Series(table.lines), settings.language)
    frames = _READERS[kind](table.frame, mapping, settings, rejecting)
    rejects = pl.concat([_broken(table, settings.language), rejecting.frame()]).sort("line", maintain_order=True)
    return Intake(kind, frames, rejects, table.rows)


def _broken(table: Table, language: str) -> pl.DataFrame:
    rows = [
        (
            one.line,
            None,
            shorten(one.text, 200),
            one.code,
            REASONS.text(one.code, language, a=one.blanks[0], b=one.blanks[1]),
        )
        for one in table.broken
    ]
    return pl.DataFrame(rows, schema=REJECTS, orient="row")
