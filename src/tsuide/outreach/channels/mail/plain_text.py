"""The plain part of a mail, made from its MJML: what a reader without pictures and colours sees."""

import re
from html.parser import HTMLParser
from typing import Final

_BLOCKS: Final = frozenset(
    {"mj-text", "mj-section", "mj-column", "p", "div", "li", "tr", "h1", "h2", "h3", "mj-button"}
)
_SILENT: Final = frozenset({"mj-raw", "mj-style", "style", "head", "mj-head", "title"})


class _Reader(HTMLParser):
    """Collects lines; links stand behind their words."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self._links: list[tuple[str, str | None]] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin lines, remember where links lead."""
        given = dict(attrs)
        if tag in _SILENT:
            self._silent += 1
        elif tag == "br":
            self.lines.append("")
        elif tag in {"mj-divider", "hr"}:
            self._break()
            self.lines[-1] += "-" * 24
            self._break()
        elif tag in _BLOCKS:
            self._break()
        if tag == "li":
            self.lines[-1] += "- "
        if tag in {"a", "mj-button"}:
            self._links.append((tag, given.get("href")))
        if tag == "s":
            self.lines[-1] += "("
        if tag in {"mj-image", "img"} and given.get("alt") and not given.get("href"):
            self.lines[-1] += f"[{given['alt']}]"
            self._break()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element without content."""
        self.handle_starttag(tag, attrs)
        if tag in _SILENT or tag in {"a", "mj-button"}:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """End lines, write where links lead."""
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        if tag == "s":
            self.lines[-1] += ")"
        if tag in {"a", "mj-button"} and self._links:
            _, address = self._links.pop()
            if address and address not in self.lines[-1]:
                self._break()
                self.lines[-1] += address
                self._break()
        if tag in _BLOCKS:
            self._break()
        if tag == "mj-section":
            self.lines.append("")

    def handle_data(self, data: str) -> None:
        """Words."""
        if not self._silent:
            self.lines[-1] += re.sub(r"\s+", " ", data)

    def _break(self) -> None:
        if self.lines[-1].strip():
            self.lines.append("")


def plain_text(mjml_text: str) -> str:
    """The words of an MJML text, line by line.

    >>> print(plain_text('<mj-text>Dear Ms Hayashi,<br/>tea &amp; cups:</mj-text><mj-button href="https://a.jp">See</mj-button>'))
    Dear Ms Hayashi,
    tea & cups:
    See
    https://a.jp
    """
    reader = _Reader()
    reader.feed(mjml_text)
    reader.close()
    text = "\n".join(line.strip() for line in reader.lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip()
