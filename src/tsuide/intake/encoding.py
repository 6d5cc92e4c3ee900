"""Bytes → text, by rules that give the same answer every time.

1. a byte order mark decides (UTF-8, UTF-16);
2. zero bytes in every other place are UTF-16 without a mark;
3. what is valid UTF-8 is UTF-8;
4. what is valid CP932 (the superset of Shift_JIS that Windows and Excel write) is CP932;
5. else whichever can read more of the lines that are not plain ASCII; the others become rejects.
"""

from dataclasses import dataclass
from typing import Final

from tsuide.errors import BadFile

ENCODINGS: Final = ("utf-8", "cp932", "utf-16")
_ALIASES: Final = {
    "utf8": "utf-8",
    "utf-8-sig": "utf-8",
    "utf-8-bom": "utf-8",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "windows-31j": "cp932",
    "ms932": "cp932",
    "utf16": "utf-16",
    "utf-16-le": "utf-16",
    "utf-16-be": "utf-16",
}
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_PROBE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Text:
    """A file's text.

    Args:
        data: as UTF-8 without a mark, lines ended by a line feed.
        encoding: what it was read as.
        unreadable: physical lines, from 1, that hold bytes the encoding does not know.
    """

    data: bytes
    encoding: str
    unreadable: frozenset[int] = frozenset()


def decode(raw: bytes, encoding: str | None = None) -> Text:
    r"""The text of `raw`.

    Args:
        raw: a whole file.
        encoding: utf-8, cp932 (Shift_JIS) or utf-16; None to find out.

    Raises:
        BadFile: an encoding that is not offered, or UTF-16 that is cut.

    >>> decode("注文番号".encode("cp932")).encoding
    'cp932'
    >>> decode("名\n\udcff\n".encode("utf-8", "surrogateescape")).unreadable
    frozenset({2})
    """
    marked, body = _marked(raw)
    wanted = marked if encoding is None else _known(encoding)
    if wanted == "utf-16":
        wanted = marked or _zeros(body) or "utf-16-le"
    return _read(body, wanted or _zeros(body) or _guess(body))


def _known(encoding: str) -> str:
    name = encoding.strip().lower()
    name = _ALIASES.get(name, name)
    if name not in ENCODINGS:
        raise BadFile(
            "not an encoding that is read",
            key="encoding",
            value=encoding,
            way_out=f"use one of {', '.join(ENCODINGS)}",
        )
    return name


def _marked(raw: bytes) -> tuple[str | None, bytes]:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return encoding, raw[len(mark) :]
    return None, raw


def _zeros(body: bytes) -> str | None:
    probe = body[:_PROBE]
    if probe[1::2].count(0) * 3 > len(probe):
        return "utf-16-le"
    return "utf-16-be" if probe[0::2].count(0) * 3 > len(probe) else None


def _guess(body: bytes) -> str:
    for encoding in ("utf-8", "cp932"):
        if _valid(body, encoding):
            return encoding
    odd = [line for line in _line_feeds(body).split(b"\n") if not line.isascii()]
    readable = {name: sum(_valid(line, name) for line in odd) for name in ("utf-8", "cp932")}
    return "cp932" if readable["cp932"] > readable["utf-8"] else "utf-8"


_NO_CP932: Final = ("\uf8f0", "\uf8f1", "\uf8f2", "\uf8f3")  # what Python makes of bytes that CP932 leaves unused


def _valid(body: bytes, encoding: str) -> bool:
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:
        return False
    return encoding != "cp932" or not any(char in text for char in _NO_CP932)


def _read(body: bytes, encoding: str) -> Text:
    if encoding == "utf-8" and _valid(body, encoding):
        return Text(_line_feeds(body), "utf-8")
    if encoding.startswith("utf-16"):
        try:
            return Text(_line_feeds(body.decode(encoding).encode()), "utf-16")
        except UnicodeDecodeError as exc:
            raise BadFile(
                "UTF-16 that is cut or damaged", key="byte", value=exc.start, way_out="export the file again"
            ) from exc
    if _valid(body, encoding):
        return Text(_line_feeds(body.decode(encoding).encode()), encoding)
    return _read_lines(_line_feeds(body).split(b"\n"), encoding)


def _read_lines(lines: list[bytes], encoding: str) -> Text:
    texts, unreadable = [], set()
    for number, line in enumerate(lines, start=1):
        texts.append(line.decode(encoding, "replace"))
        if not _valid(line, encoding):
            unreadable.add(number)
    return Text("\n".join(texts).encode(), encoding, frozenset(unreadable))


def _line_feeds(body: bytes) -> bytes:
    if b"\r" not in body:
        return body
    body = body.replace(b"\r\n", b"\n")
    return body.replace(b"\r", b"\n") if b"\n" not in body else body
