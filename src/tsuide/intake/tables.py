"""A file → a table of named columns, each row with its place in the file."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from tsuide.errors import BadFile
from tsuide.intake.encoding import decode
from tsuide.intake.records import Broken, split
from tsuide.kit.arrays import Int64

_OTHERS: Final = (
    (b"PK\x03\x04", "an Excel workbook or a ZIP archive", "save the sheet as CSV UTF-8, or unpack it"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "save the sheet as CSV UTF-8"),
    (b"\x1f\x8b", "a gzip archive", "unpack it first"),
    (b"%PDF", "a PDF", "export CSV or Parquet"),
    (b"SQLite format 3", "a SQLite database", "export the table as CSV"),
)


@dataclass(frozen=True, slots=True)
class Table:
    """What stands in a file.

    Args:
        name: the file's name.
        frame: its columns; text from CSV, typed from Parquet.
        lines: physical line in a CSV, row in a Parquet file, from 1; shape (rows,).
        broken: records that could not be told into fields.
        format: ``csv`` or ``parquet``.
        encoding: of a CSV.
        delimiter: of a CSV.
    """

    name: str
    frame: pl.DataFrame
    lines: Int64
    broken: tuple[Broken, ...] = ()
    format: str = "csv"
    encoding: str | None = None
    delimiter: str | None = None

    @property
    def rows(self) -> int:
        """Rows in all, broken ones included."""
        return self.frame.height + len(self.broken)


def read_table(path: Path | str, *, encoding: str | None = None, delimiter: str | None = None) -> Table:
    """The table in a CSV (any delimiter) or Parquet file.

    Args:
        path: of the file.
        encoding: utf-8, cp932 (Shift_JIS) or utf-16; None to find out.
        delimiter: of a CSV; None to find out.

    Raises:
        BadFile: missing, not a file, empty, truncated, without rows, or of another format.
    """
    file = Path(path)
    raw = _bytes(file)
    if raw[:4] == b"PAR1" or file.suffix.lower() in {".parquet", ".pq"}:
        return _parquet(file, raw)
    return table_of(raw, file.name, encoding=encoding, delimiter=delimiter)


def table_of(raw: bytes, name: str, *, encoding: str | None = None, delimiter: str | None = None) -> Table:
    r"""The table in a CSV's bytes.

    Raises:
        BadFile: as `read_table`.

    >>> table_of("注文番号;数量\nA-1;2\n".encode("cp932"), "orders.csv").frame.to_dicts()
    [{'注文番号': 'A-1', '数量': '2'}]
    """
    for start, what, way_out in _OTHERS:
        if raw.startswith(start):
            raise BadFile(f"{what}, not CSV or Parquet", key="file", value=name, way_out=way_out)
    text = decode(raw, encoding)
    if b"\x00" in text.data:
        raise BadFile("neither text nor Parquet", key="file", value=name, way_out="export CSV or Parquet")
    if not text.data.strip():
        raise BadFile("the file is empty", key="file", value=name, way_out="export it again")
    records = split(text, delimiter)
    if not records.lines.size and not records.broken:
        raise BadFile("the file has a header and no rows", key="file", value=name, way_out="export it again with rows")
    unnamed = [
        column
        for place, column in enumerate(records.frame.columns, start=1)
        if column == f"column {place}" and records.frame[column].is_null().all()
    ]
    return Table(
        name=name,
        frame=records.frame.drop(unnamed),
        lines=records.lines,
        broken=records.broken,
        encoding=text.encoding,
        delimiter=records.delimiter,
    )


def table_of_frame(frame: pl.DataFrame, name: str = "frame") -> Table:
    """The table of a frame that somebody else has read; its rows are counted from 1."""
    return Table(name, _as_cells(frame), np.arange(1, frame.height + 1, dtype=np.int64), format="parquet")


def _as_cells(frame: pl.DataFrame) -> pl.DataFrame:
    r"""The frame with text in place of what no cell of a table holds: lists, objects, bytes, spans of time, NUL.

    >>> _as_cells(pl.DataFrame({"tags": [["a", "b"], None], "raw": [b"x\xff", b""]})).rows()
    [('["a", "b"]', 'x�'), (None, '')]
    """
    texts = [
        column for column in frame if column.dtype == pl.String and column.str.contains("\x00", literal=True).any()
    ]
    plain = [column.str.replace_all("\x00", "", literal=True) for column in texts]
    return frame.with_columns([*plain, *(_written(column) for column in frame if not _is_cell(column.dtype))])


def _is_cell(dtype: pl.DataType) -> bool:
    return not (dtype.is_nested() or isinstance(dtype, (pl.Binary, pl.Duration, pl.Object, pl.Null)))


def _written(column: pl.Series) -> pl.Series:
    told = [None if each is None else _text(each) for each in column.to_list()]
    return pl.Series(column.name, told, dtype=pl.String)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").replace("\x00", "")
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, default=str).replace("\\u0000", "")
    return str(value)


def _bytes(file: Path) -> bytes:
    try:
        raw = file.read_bytes()
    except FileNotFoundError as exc:
        raise BadFile("no such file", key="file", value=str(file), way_out="check the path") from exc
    except IsADirectoryError as exc:
        raise BadFile("a directory, not a file", key="file", value=str(file), way_out="name a file in it") from exc
    except OSError as exc:
        raise BadFile(
            "the file cannot be read",
            key="file",
            value=f"{file}: {exc.strerror}",
            way_out="check its permissions",
        ) from exc
    if not raw:
        raise BadFile("the file is empty (0 bytes)", key="file", value=str(file), way_out="export it again")
    return raw


def _parquet(file: Path, raw: bytes) -> Table:
    try:
        frame = pl.read_parquet(file)
    except (pl.exceptions.PolarsError, OSError, ValueError) as exc:
        way_out = "export or download it again"
        cut = not raw.endswith(b"PAR1")
        what = "a truncated Parquet file" if cut else "a damaged Parquet file"
        raise BadFile(what, key="file", value=str(file), way_out=way_out) from exc
    if not frame.height:
        raise BadFile("the file has no rows", key="file", value=str(file), way_out="export it again with rows")
    return table_of_frame(frame, file.name)
