"""Tables of others as Polars frames, and their columns as the arrays that baskets are packed from."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tsuide.errors import BadColumns
from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.schema import conform
from tsuide.kit.arrays import Int32, Int64

Table: TypeAlias = "pl.DataFrame | pl.LazyFrame | pa.Table | Any"  # Any: a pandas frame, which is not a dependency
_T = TypeVar("_T")

NOT_KNOWN: Final = np.iinfo(np.int64).max  # a time


def as_polars(frame: Table, *, columns: Collection[str] = (), optional: Collection[str] = ()) -> pl.DataFrame:
    """The table as a Polars frame, whatever it was.

    Args:
        frame: Polars, pandas, Arrow, or anything else that hands out Arrow's stream.
        columns: those that must be there, and that alone are taken; none = all, whatever they are.
        optional: taken, too, where they are there.

    Raises:
        BadColumns: no table, one of the columns is not there, or mixes types.

    >>> as_polars(pl.LazyFrame({"a": [1], "b": [2]}), columns=["b"]).rows()
    [(2,)]
    >>> as_polars(pl.DataFrame({"a": [1]}), columns=["b"])
    Traceback (most recent call last):
    tsuide.errors.BadColumns: the table lacks a column: column = ['b']. Way out: it has a
    """
    if isinstance(frame, pl.LazyFrame):
        frame = frame.collect()
    if hasattr(frame, "iloc"):
        return _of_pandas(frame, _taken(list(frame.columns), columns, optional))
    if not isinstance(frame, pl.DataFrame) and not hasattr(frame, "__arrow_c_stream__"):
        raise BadColumns(
            "not a table", key="frame", value=type(frame).__name__, way_out="a Polars, pandas or Arrow one"
        )
    table = frame if isinstance(frame, pl.DataFrame) else pl.DataFrame(frame)
    return table.select(_taken(table.columns, columns, optional))


def _taken(there: list[Any], columns: Collection[str], optional: Collection[str]) -> list[Any]:
    """Which of a table's columns are taken, each once."""
    missing = [name for name in columns if name not in there]
    if missing:
        way_out = f"it has {', '.join(map(str, there))}"
        raise BadColumns("the table lacks a column", key="column", value=missing, way_out=way_out)
    return list(dict.fromkeys([*columns, *(name for name in optional if name in there)])) if columns else there


def _of_pandas(frame: Any, columns: list[Any]) -> pl.DataFrame:  # noqa: ANN401 - pandas is no dependency
    """Column by column, so that one that is not asked for cannot spoil it, and one that does is named."""
    found = []
    for name in columns:
        try:
            found.append(pl.DataFrame(pl.from_pandas(frame[[name]])))
        except pa.ArrowException as exc:
            way_out = f"frame[{name!r}].astype(str)"
            raise BadColumns("a column mixes types", key=str(name), value=str(exc), way_out=way_out) from exc
    return pl.concat(found, how="horizontal") if found else pl.DataFrame()


def as_products(products: Table) -> pl.DataFrame:
    """Products with the columns of `facts.catalogue.PRODUCTS`: those that are missing count as not known.

    Args:
        products: with an id at least; a category is a path as a list, or one name. Rows without an id are left out.

    Raises:
        BadColumns: there is no id, or a column cannot be read as what it is named for.

    >>> as_products(pl.DataFrame({"id": ["a", None], "category": ["tea", None]})).select("id", "category").rows()
    [('a', ['tea'])]
    """
    table = as_polars(products)
    _taken(table.columns, ("id",), ())
    if table.schema.get("category") in {pl.String, pl.Categorical}:
        path = pl.concat_list(pl.col("category").cast(pl.String))
        table = table.with_columns(category=pl.when(pl.col("category").is_not_null()).then(path))
    return conform(table, PRODUCTS).filter(pl.col("id").is_not_null())


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Lines with dense ids, ready to be packed; `None` where a column was not named."""

    basket: Int32  # (lines,), in the order of `basket_ids`
    item: Int32
    customer: Int32 | None  # -1 = not known
    time: Int64 | None  # NOT_KNOWN where it is not
    quantity: npt.NDArray[Any] | None  # float64, NaN = not known
    price: Int64 | None  # -1 = not known
    basket_ids: pl.Series
    item_ids: pl.Series
    customer_ids: pl.Series


def read_lines(table: pl.DataFrame, given: Mapping[str, str]) -> Lines:
    """The named columns, ids made dense; lines without basket or item, and what was given back, left out.

    Args:
        table: one row per line.
        given: role (basket, item, customer, time, quantity, price) → its column.

    Raises:
        BadColumns: a column cannot be read as what it is named for; named.
    """

    def read(role: str, how: Callable[[pl.Series], _T]) -> _T:
        try:
            return how(chosen[role])
        except pl.exceptions.PolarsError as exc:
            value = str(exc).partition("\n")[0]
            raise BadColumns(f"a column does not fit its type, {role}", key=given[role], value=value) from exc

    chosen = table.select(pl.col(column).alias(role) for role, column in given.items())
    chosen = chosen.drop_nulls(["basket", "item"])
    if "quantity" in given:
        chosen = _without_returns(chosen.with_columns(read("quantity", _units)))
    basket, basket_ids = read("basket", lambda ids: _dense(ids, as_text=False))
    item, item_ids = read("item", lambda ids: _dense(ids, as_text=True))
    customer, customer_ids = None, pl.Series([], dtype=pl.String)
    if "customer" in given:
        customer, customer_ids = read("customer", lambda ids: _dense(ids, as_text=True))
    return Lines(
        basket=basket,
        item=item,
        customer=customer,
        time=read("time", _micros) if "time" in given else None,
        quantity=chosen["quantity"].fill_null(float("nan")).to_numpy() if "quantity" in given else None,
        price=read("price", _minor_units) if "price" in given else None,
        basket_ids=basket_ids,
        item_ids=item_ids,
        customer_ids=customer_ids,
    )


def _units(column: pl.Series) -> pl.Series:
    return column.cast(pl.Float64).fill_nan(None)


def _without_returns(lines: pl.DataFrame) -> pl.DataFrame:
    """Only items of which something stayed in their basket."""
    if not (lines["quantity"] <= 0).any():
        return lines
    return lines.filter(pl.col("quantity").fill_null(1.0).sum().over("basket", "item") > 0)


def _dense(column: pl.Series, *, as_text: bool) -> tuple[Int32, pl.Series]:
    """Dense integers by ascending id (-1 for null), and the distinct ids as text in that order.

    Whole numbers of a narrow range go through a table instead of a hash; `as_text` says whether the order is
    that of the texts, or of the numbers where ids are numbers.
    """
    if column.dtype.is_float():  # pandas knows no whole numbers with gaps
        column = column.fill_nan(None)
        whole = column.cast(pl.Int64, strict=False)
        column = whole if (whole.cast(column.dtype) == column).all() else column
    if not column.dtype.is_integer():
        return _dense_texts(column.cast(pl.String))
    if column.null_count() == 0 and len(column):
        low, high = int(column.min()), int(column.max())  # type: ignore[arg-type]  # neither empty nor null
        if high - low <= max(4 * len(column), 1 << 20):
            return _dense_by_table(column, low, high, as_text=as_text)
    distinct = column.drop_nulls().unique().sort()
    if as_text:
        distinct = distinct.gather(distinct.cast(pl.String).arg_sort())
    places = pl.Series(np.arange(len(distinct), dtype=np.int32))
    codes = column.replace_strict(distinct, places, default=-1, return_dtype=pl.Int32)
    return codes.fill_null(-1).to_numpy(), distinct.cast(pl.String)


def _dense_texts(column: pl.Series) -> tuple[Int32, pl.Series]:
    """As `_dense`, for texts: Arrow's dictionary in one pass, then the dictionary in its order."""
    encoded = pc.dictionary_encode(column.to_arrow(compat_level=pl.CompatLevel.oldest()))
    distinct = pl.Series(pl.from_arrow(encoded.dictionary), dtype=pl.String)
    order = distinct.arg_sort().to_numpy()
    places = np.full(len(order) + 1, -1, np.int32)  # the last: not known
    places[order] = np.arange(len(order), dtype=np.int32)
    code = encoded.indices.fill_null(len(order)) if encoded.indices.null_count else encoded.indices
    return places[code.to_numpy()], distinct.gather(order)


def _dense_by_table(column: pl.Series, low: int, high: int, *, as_text: bool) -> tuple[Int32, pl.Series]:
    """As `_dense`, for whole numbers in [low, high]."""
    offset = column.to_numpy() - low
    present = np.zeros(high - low + 1, np.bool_)
    present[offset] = True
    distinct = np.flatnonzero(present)
    ids = pl.Series(distinct + low).cast(pl.String)
    order = ids.arg_sort().to_numpy() if as_text else np.arange(len(ids))
    table = np.empty(len(present), np.int32)
    table[distinct[order]] = np.arange(len(order), dtype=np.int32)
    return table[offset], ids.gather(order)


def _minor_units(column: pl.Series) -> Int64:
    """Prices as whole numbers, -1 = not known."""
    if column.dtype.is_float():
        column = column.fill_nan(None)
        broken = column.filter(column != column.round())
        if len(broken):
            raise BadColumns(
                "prices are whole numbers of the minor unit",
                key="price",
                value=broken[0],
                way_out="cents: (price * 100).round()",
            )
    return column.cast(pl.Int64).fill_null(-1).to_numpy()


def _micros(column: pl.Series) -> Int64:
    """Microseconds since 1970 UTC; NOT_KNOWN where it is not."""
    if column.dtype == pl.String:
        column = column.str.to_datetime(time_unit="us", time_zone="UTC")
    if not column.dtype.is_integer():
        column = column.cast(pl.Datetime("us")).dt.epoch("us")
    return column.cast(pl.Int64).fill_null(NOT_KNOWN).to_numpy()
