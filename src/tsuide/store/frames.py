"""Frames of facts as they lie in a table, and back; what of a frame is new, changed, or there already."""

import json
from dataclasses import dataclass
from typing import Final

import polars as pl

from tsuide.errors import BadColumns
from tsuide.facts.schema import Schema, conform

_CATEGORY_OPEN: Final = len('{"c":')


def to_storage(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """Moments as microseconds, booleans as 0 and 1, lists as JSON: what both engines take.

    >>> schema: Schema = {"a": pl.List(pl.String), "b": pl.Boolean()}
    >>> to_storage(pl.DataFrame({"a": [["x", "日本"]], "b": [True]}), schema).row(0)
    ('["x","日本"]', 1)
    """
    whole = conform(frame, schema)
    return whole.select(_stored(name, dtype) for name, dtype in schema.items())


def _stored(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        return column.dt.epoch("us")
    if isinstance(dtype, pl.Boolean):
        return column.cast(pl.Int64)
    if isinstance(dtype, pl.List):
        text = pl.struct(column.alias("c")).struct.json_encode()
        bare = text.str.slice(_CATEGORY_OPEN, text.str.len_chars() - _CATEGORY_OPEN - 1)
        return pl.when(column.is_null()).then(pl.lit(None, pl.String)).otherwise(bare).alias(name)
    return column


def from_storage(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """The frame of facts again, with exactly the schema's types.

    >>> schema: Schema = {"a": pl.List(pl.String)}
    >>> from_storage(pl.DataFrame({"a": ['["x","日本"]', None]}), schema)["a"].to_list()
    [['x', '日本'], None]
    """
    return frame.select(_fact(name, dtype) for name, dtype in schema.items())


def _fact(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        return column.cast(pl.Int64).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if isinstance(dtype, pl.Boolean):
        return column.cast(pl.Int8).cast(pl.Boolean)
    if isinstance(dtype, pl.List):
        return column.cast(pl.String).str.json_decode(dtype)
    return column.cast(dtype)


def stored_schema(schema: Schema) -> Schema:
    """The types that `to_storage` gives."""
    kinds: Schema = {}
    for name, dtype in schema.items():
        text = isinstance(dtype, (pl.List, pl.String))
        kinds[name] = pl.String() if text else pl.Int64()
    return kinds


def as_record(row: dict[str, object]) -> str:
    """One stored row as JSON, the same bytes for the same row.

    >>> as_record({"id": "p1", "title": "鉛筆"})
    '{"id":"p1","title":"鉛筆"}'
    """
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """What writing a frame would do.

    Args:
        inserted: rows whose identity is new.
        updated: rows whose identity is known and any other column differs.
        unchanged: how many rows are there already, as they are.
    """

    inserted: pl.DataFrame
    updated: pl.DataFrame
    unchanged: int


def difference(new: pl.DataFrame, old: pl.DataFrame, identity: list[str]) -> Difference:
    """Compare a frame with what the store has; of rows with the same identity in `new` the last counts.

    >>> new = pl.DataFrame({"id": ["a", "b", "c"], "x": [1, 2, None]})
    >>> old = pl.DataFrame({"id": ["b", "c"], "x": [3, None]})
    >>> d = difference(new, old, ["id"])
    >>> d.inserted["id"].to_list(), d.updated["id"].to_list(), d.unchanged
    (['a'], ['b'], 1)
    """
    rows = _last_of_each(new, identity)
    if old.is_empty():
        return Difference(rows, rows.clear(), 0)
    if len(rows) == len(old) and rows.equals(old.select(rows.columns).sort(identity)):
        return Difference(rows.clear(), rows.clear(), len(rows))  # the same file again: no need to join
    inserted = rows.join(old, on=identity, how="anti", maintain_order="left")
    others = [name for name in rows.columns if name not in identity]
    if not others:
        return Difference(inserted, rows.clear(), len(rows) - len(inserted))
    both = rows.join(old.select(rows.columns), on=identity, suffix="_before", maintain_order="left")
    changed = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_before")) for name in others)
    updated = both.filter(changed).select(rows.columns)
    return Difference(inserted, updated, len(both) - len(updated))


def _last_of_each(frame: pl.DataFrame, identity: list[str]) -> pl.DataFrame:
    """In the order of their identity, of rows with the same identity the last."""
    ordered = frame.sort(identity, maintain_order=True)
    same_as_next = pl.all_horizontal(pl.col(name) == pl.col(name).shift(-1) for name in identity)
    return ordered.filter(~same_as_next.fill_null(value=False))


def need(frame: pl.DataFrame, columns: list[str], what: str) -> None:
    """Refuse a frame in which a column that must be filled is empty somewhere.

    Raises:
        BadColumns: names the column and the first row, from 0.

    >>> need(pl.DataFrame({"id": ["a", None]}), ["id"], "products")
    Traceback (most recent call last):
    tsuide.errors.BadColumns: products: a row has no value: id = 'row 1'
    """
    for name in columns:
        if frame[name].null_count():
            row = frame[name].is_null().arg_true()[0]
            raise BadColumns(f"{what}: a row has no value", key=name, value=f"row {row}")
