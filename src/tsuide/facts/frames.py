"""Records of facts → frames, the form in which many of them travel."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import polars as pl

from tsuide.facts.orders import ORDER_LINES, ORDERS, Order
from tsuide.facts.schema import Schema


def frame_of(records: Sequence[Any], schema: Schema) -> pl.DataFrame:
    """A frame of records (frozen dataclasses) of one kind; mappings become JSON, tuples lists.

    Args:
        records: of one class, whose fields are named as the schema's columns; other fields are left out.
        schema: of the frame.

    >>> from tsuide.facts.catalogue import RELATIONS, Relation
    >>> frame_of([Relation("camera", "card", "accessory")], RELATIONS).rows()
    [('camera', 'card', 'accessory')]
    >>> frame_of([], RELATIONS).height
    0
    """
    if not records:
        return pl.DataFrame(schema=schema)
    known = {each.name for each in fields(records[0])}
    columns = {
        name: [_plain(getattr(each, name)) for each in records] if name in known else [None] * len(records)
        for name in schema
    }
    return pl.DataFrame(columns, schema=schema)


def order_frames(orders: Sequence[Order]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Orders as ORDERS and their lines as ORDER_LINES."""
    return frame_of(orders, ORDERS), frame_of([line for order in orders for line in order.lines], ORDER_LINES)


def _plain(value: Any) -> Any:  # noqa: ANN401 - a field's value
    if isinstance(value, Mapping):
        return json.dumps(dict(value), ensure_ascii=False, sort_keys=True)
    return list(value) if isinstance(value, tuple) else value
