"""Frame schemas: what a table of facts looks like wherever it travels."""

from typing import Final, TypeAlias

import polars as pl

from tsuide.errors import BadColumns

Schema: TypeAlias = dict[str, pl.DataType]

MOMENT: Final = pl.Datetime("us", "UTC")
TEXT: Final = pl.String()
WHOLE: Final = pl.Int64()
YES: Final = pl.Boolean()


def conform(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """The frame with exactly the schema's columns, in its order: missing ones are null, others are dropped.

    Raises:
        BadColumns: a column cannot be cast without loss.

    >>> conform(pl.DataFrame({"b": ["1"], "c": [0]}), {"a": TEXT, "b": WHOLE}).to_dicts()
    [{'a': None, 'b': 1}]
    """
    try:
        return frame.select(
            (pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype)).alias(name)
            for name, dtype in schema.items()
        )
    except pl.exceptions.PolarsError as exc:
        raise BadColumns("a column does not fit its type", key="frame", value=str(exc)) from exc
