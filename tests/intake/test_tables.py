"""Files of every shape are read, or refused with the way out."""

import csv
import io
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsuide.errors import BadFile
from tsuide.intake.encoding import decode
from tsuide.intake.tables import read_table, table_of


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "0 bytes"),
        (b"\n \n", "empty"),
        (b"a,b\n", "no rows"),
        (b"PK\x03\x04rest", "Excel"),
        (b"\x1f\x8brest", "gzip"),
        (b"PAR1 and then nothing", "truncated Parquet"),
    ],
)
def test_files_that_cannot_be_read_say_so_and_the_way_out(tmp_path: Path, content: bytes, what: str) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(content)
    with pytest.raises(BadFile, match=what) as caught:
        read_table(file)
    assert caught.value.way_out


def test_a_truncated_parquet_a_directory_and_a_missing_file(tmp_path: Path) -> None:
    file = tmp_path / "x.parquet"
    pl.DataFrame({"a": range(1000)}).write_parquet(file)
    file.write_bytes(file.read_bytes()[:-100])
    for place, what in ((file, "truncated"), (tmp_path, "directory"), (tmp_path / "no", "no such file")):
        with pytest.raises(BadFile, match=what):
            read_table(place)
    file.write_bytes(b"")
    with pytest.raises(BadFile, match="0 bytes"):
        read_table(file)


def test_oddities_of_spreadsheets() -> None:
    table = table_of(b'\xef\xbb\xbf\r\n\r\nid;name;;\r\n1;"two\r\nlines";;\r\n;;;\r\n2;b;;\r\n', "x.csv")
    assert table.frame.to_dict(as_series=False) == {"id": ["1", "2"], "name": ["two\nlines", "b"]}
    assert table.lines.tolist() == [4, 7]


def test_an_inch_mark_and_an_open_quote_cost_only_themselves() -> None:
    table = table_of(b'id,name\n1,5" disk\n2,"open\n3,c\n', "x.csv")
    assert table.frame.rows() == [("1", '5" disk'), ("3", "c")]
    assert [(one.line, one.code) for one in table.broken] == [(3, "quote")]


def test_undecodable_bytes_cost_one_record() -> None:
    table = table_of("id,名\n1,茶\n".encode() + b"2,\xff\n" + "3,碗\n".encode(), "x.csv")
    assert table.frame["名"].to_list() == ["茶", "碗"]
    assert [(one.line, one.code) for one in table.broken] == [(3, "encoding")]
    table = table_of("id,名\n1,茶\n".encode("cp932") + b"2,\xff\n" + "3,碗表\n".encode("cp932"), "x.csv")
    assert table.frame["名"].to_list() == ["茶", "碗表"]


CELL = st.text(st.sampled_from('ab,;\t|"\n 茶表ソ構1'), min_size=1, max_size=6).map(lambda text: f"x{text}y")


@settings(deadline=None)
@given(
    st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=12),
    st.sampled_from(["utf-8", "utf-8-sig", "cp932", "utf-16"]),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n"]),
)
def test_every_encoding_and_delimiter_brings_every_cell_back(
    rows: list[tuple[str, str, str]], encoding: str, delimiter: str, ending: str
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=ending)
    writer.writerows([("番号", "名前", "数"), *rows])
    raw = text.getvalue().encode(encoding)
    table = table_of(raw, "x.csv", delimiter=delimiter)
    assert table.frame.rows() == rows
    assert table.broken == ()
    starts = [2 + sum(cell.count("\n") for row in rows[:n] for cell in row) + n for n in range(len(rows))]
    assert table.lines.tolist() == starts


@given(st.text(min_size=1))
def test_text_in_utf8_is_never_taken_for_anything_else(text: str) -> None:
    data = text.encode("utf-8", "ignore")
    if b"\x00" not in data:
        assert decode(b"\xef\xbb\xbf" + data).encoding == "utf-8"


def test_a_header_that_cannot_be_told_into_names_is_refused() -> None:
    with pytest.raises(BadFile, match="header"):
        table_of(b'id,pr"ice,\rname\n1,2,3\n', "x.csv")


def test_columns_that_only_parquet_knows_are_read_as_text(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "tags": [["a", "茶"], None],
            "place": [{"city": "x"}, {"city": None}],
            "raw": [b"x\xff", None],
            "took": [timedelta(days=1), None],
            "nul": ["a\x00b", "c"],
            "none": [None, None],
        }
    )
    frame.write_parquet(tmp_path / "x.parquet")
    told = read_table(tmp_path / "x.parquet").frame
    assert set(told.dtypes) == {pl.String}
    assert told.row(0) == ('["a", "茶"]', '{"city": "x"}', "x\ufffd", "1 day, 0:00:00", "ab", None)
