"""Text → records of fields, each with the physical line on which it starts.

A file whose quotation marks are all in their places is read by Polars, and the line numbers come from the
places of line feeds outside quotes. Any other file is read record by record, and a broken record costs itself
only: after a quotation mark that is never closed, reading goes on with the very next line.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from tsuide.errors import BadFile
from tsuide.intake.encoding import Text
from tsuide.kit.arrays import Bool, Int64

DELIMITERS: Final = (",", "\t", ";", "|")
_LOOKED_AT: Final = 20  # first lines from which delimiter and header are told
_LINE_FEED: Final = 10
_QUOTE: Final = 34
_SHOWN: Final = 100
_REPLACEMENT: Final = "�"


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that cannot be told into fields.

    Args:
        line: physical line, from 1.
        code: a key of intake.rejects.REASONS.
        text: the line itself.
        blanks: of the reason.
    """

    line: int
    code: str
    text: str
    blanks: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Records:
    """The fields of a delimited file.

    Args:
        frame: one text column per field of the header, in order; empty fields are null.
        lines: physical line of each row, from 1; shape (rows,).
        broken: what could not be told into fields.
        delimiter: between fields.
    """

    frame: pl.DataFrame
    lines: Int64
    broken: tuple[Broken, ...]
    delimiter: str


def split(text: Text, delimiter: str | None = None) -> Records:
    r"""The records below the header.

    Raises:
        BadFile: no header, or one that cannot be read.

    >>> told = split(Text(b'sku,name\n1,"two\nlines"\n2,b\n', "utf-8"))
    >>> told.frame.to_dicts(), told.lines.tolist()
    ([{'sku': '1', 'name': 'two\nlines'}, {'sku': '2', 'name': 'b'}], [2, 4])
    """
    mark = delimiter or sniff(text.data)
    if len(mark) != 1 or mark in '"\n\r':
        raise BadFile("not a delimiter", key="delimiter", value=mark, way_out="use one of , ; tab |")
    names, place, line = _header(text, mark)
    body = text.data[place:]
    told = _fast(body, names, mark, line)
    if told is None:
        told = _careful(body, names, mark, line)
    frame, lines, broken = told
    if text.unreadable:
        frame, lines, odd = _without_unreadable(text, frame, lines)
        broken = [one for one in broken if one.line not in text.unreadable] + odd
    return Records(frame, lines, tuple(sorted(broken, key=lambda one: one.line)), mark)


def sniff(data: bytes) -> str:
    r"""The delimiter: what the most of the first lines hold equally often, on a tie the earlier of , tab ; |.

    >>> sniff(b"a;b\n1,5;2,5\n3,5;4,5\n")
    ';'
    """
    lines = [_outside_quotes(line) for line in data[:200_000].split(b"\n") if line.strip()][:_LOOKED_AT]

    def steadiness(mark: str) -> tuple[int, int]:
        counts = Counter(line.count(mark.encode()) for line in lines)
        counts.pop(0, None)
        return max(((many, count) for count, many in counts.items()), default=(0, 0))

    return max(DELIMITERS, key=steadiness)


def _outside_quotes(line: bytes) -> bytes:
    return b"".join(line.split(b'"')[::2])


def _header(text: Text, mark: str) -> tuple[list[str], int, int]:
    """Names of the columns, the place of the first byte after the header, and its physical line."""
    place, line = 0, 1
    candidates: list[tuple[list[str], int, int]] = []
    while place < len(text.data) and len(candidates) < _LOOKED_AT:
        names, end = _first_record(text.data, place, mark)
        after = line + text.data.count(b"\n", place, end)
        if any(name.strip() for name in names):
            if line in text.unreadable:
                raise BadFile(
                    f"the header is not readable as {text.encoding}",
                    key="line",
                    value=line,
                    way_out="name the encoding: utf-8, cp932 or utf-16",
                )
            candidates.append((names, end, after))
            if len([name for name in names if name.strip()]) > 1:
                break
        place, line = end, after
    if not candidates:
        raise BadFile("the file has no header", key="line", value=1, way_out="name the columns in the first line")
    names, end, after = candidates[-1] if len(candidates[-1][0]) > 1 else candidates[0]
    return _distinct(names), end, after


def _first_record(data: bytes, place: int, mark: str) -> tuple[list[str], int]:
    """Fields of the record that starts at `place`, and the place after its line feed."""
    end = place
    while True:
        feed = data.find(b"\n", end)
        end = len(data) if feed < 0 else feed + 1
        if end == len(data) or data.count(b'"', place, end) % 2 == 0:
            break
    text = data[place:end].decode().rstrip("\r\n")
    try:
        return next(csv.reader([text], delimiter=mark), []) if text else [], end
    except csv.Error as exc:  # a lone carriage return outside quotes, a field of more than 128 KB
        raise BadFile(
            "the header cannot be told into names",
            key="header",
            value=text[:_SHOWN],
            way_out="name the columns in the first line, each in one line",
        ) from exc


def _distinct(names: list[str]) -> list[str]:
    """The header's names, stripped; empty ones numbered, repeated ones counted."""
    seen: Counter[str] = Counter()
    distinct = []
    for place, name in enumerate(names, start=1):
        plain = " ".join(name.split()) or f"column {place}"
        seen[plain] += 1
        distinct.append(plain if seen[plain] == 1 else f"{plain} ({seen[plain]})")
    return distinct


_Told = tuple[pl.DataFrame, Int64, list[Broken]]


def _fast(body: bytes, names: list[str], mark: str, line: int) -> _Told | None:
    """By Polars; None where quotation marks or field counts are not in order."""
    starts = _starts(body, mark)
    if starts is None or mark.encode() == b'"':
        return None
    if not starts.size:
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String)), np.empty(0, np.int64), []
    try:
        frame = pl.read_csv(
            body,
            has_header=False,
            schema=dict.fromkeys(names, pl.String),
            separator=mark,
            raise_if_empty=False,
        )
    except (pl.exceptions.PolarsError, ValueError):
        return None
    if frame.height != starts.size:
        return None
    filled = frame.select(pl.any_horizontal(pl.all().is_not_null())).to_series().to_numpy()
    lines = starts + line
    return (frame, lines, []) if filled.all() else (frame.filter(filled), lines[filled], [])


def _starts(body: bytes, mark: str) -> Int64 | None:
    """For each record how many line feeds stand before it; None where a quotation mark is out of place."""
    octets = np.frombuffer(body, dtype=np.uint8)
    feeds = np.flatnonzero(octets == _LINE_FEED)
    count = feeds.size + (1 if body and not body.endswith(b"\n") else 0)
    quotes = np.flatnonzero(octets == _QUOTE)
    if not quotes.size:
        return np.arange(count, dtype=np.int64)
    if quotes.size % 2 or not _in_order(octets, quotes, ord(mark)):
        return None
    inside = np.searchsorted(quotes, feeds) % 2 == 1
    starts = np.flatnonzero(~inside) + 1
    starts = np.concatenate([[0], starts]).astype(np.int64)
    return starts[:-1] if body.endswith(b"\n") else starts


def _in_order(octets: "np.ndarray[tuple[int], np.dtype[np.uint8]]", quotes: Int64, mark: int) -> bool:
    """Whether every quotation mark stands beside a delimiter, a line's end or its twin."""
    opening, closing = quotes[0::2], quotes[1::2]
    before = np.where(opening > 0, octets[opening - 1], _LINE_FEED)
    after = np.where(closing + 1 < octets.size, octets[np.minimum(closing + 1, octets.size - 1)], _LINE_FEED)
    fine_before = np.isin(before, (mark, _LINE_FEED, _QUOTE))
    fine_after = np.isin(after, (mark, _LINE_FEED, _QUOTE, 13))
    return bool(fine_before.all() and fine_after.all())


def _careful(body: bytes, names: list[str], mark: str, line: int) -> _Told:
    """Record by record."""
    texts = body.decode().split("\n")
    if texts[-1] == "":
        texts.pop()
    rows: list[list[str]] = []
    lines: list[int] = []
    broken: list[Broken] = []
    for place, fields, code in _told(texts, mark, len(names)):
        if fields is None:
            broken.append(Broken(line + place, code, texts[place]))
        elif not any(fields):
            continue
        elif len(fields) > len(names) and any(fields[len(names) :]):
            blanks = (str(len(fields)), str(len(names)))
            broken.append(Broken(line + place, "fields", texts[place], blanks))
        else:
            rows.append((fields + [""] * len(names))[: len(names)])
            lines.append(line + place)
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    frame = frame.with_columns(pl.when(pl.all() != "").then(pl.all()))
    return frame, np.array(lines, dtype=np.int64), broken


def _told(texts: list[str], mark: str, width: int) -> Iterator[tuple[int, list[str] | None, str]]:
    """(place, fields or None, why not) of each record; a broken one costs its first line only."""
    place = 0
    while place < len(texts):
        taken = _take(texts, place, mark)
        if taken is None:
            yield place, None, "quote"
            place += 1
            continue
        fields, end = taken
        if end - place > 1 and not _fits(fields, width):
            yield place, None, "quote"
            place += 1
            continue
        yield place, fields, ""
        place = end


def _fits(fields: list[str], width: int) -> bool:
    return len(fields) == width or (len(fields) > width and not any(fields[width:]))


_LONGEST: Final = 1_000  # physical lines of one record


def _take(texts: list[str], place: int, mark: str) -> tuple[list[str], int] | None:
    """Fields of the record at `place` and the place after it; None where a quote is never closed."""
    if '"' not in texts[place]:
        return texts[place].rstrip("\r").split(mark), place + 1
    end = min(place + _LONGEST, len(texts))
    reader = csv.reader((texts[at].rstrip("\r") + "\n" for at in range(place, end)), delimiter=mark)
    try:
        fields = next(reader)
    except csv.Error:
        return None
    after = place + reader.line_num
    if not _closed(texts[place:after], mark):
        return None
    return fields, after


def _closed(texts: list[str], mark: str) -> bool:
    """Whether the quotation marks of one record are closed, those over several lines beside a delimiter."""
    try:
        next(csv.reader((text.rstrip("\r") + "\n" for text in texts), delimiter=mark, strict=True))
    except csv.Error as error:
        return len(texts) == 1 and "unexpected end" not in str(error)
    return True


def _without_unreadable(text: Text, frame: pl.DataFrame, lines: Int64) -> tuple[pl.DataFrame, Int64, list[Broken]]:
    odd = np.array(sorted(text.unreadable), dtype=np.int64)
    at = np.searchsorted(lines, odd, side="right") - 1  # (odd lines,): the record that each belongs to
    own = at >= 0
    hit: Bool = np.zeros(len(lines), dtype=np.bool_)
    hit[at[own]] = True
    shown = text.data.decode().split("\n")
    broken = [
        Broken(int(lines[row]), "encoding", shown[int(lines[row]) - 1], (text.encoding, ""))
        for row in np.flatnonzero(hit)
    ]
    return frame.filter(~hit), lines[~hit], broken
