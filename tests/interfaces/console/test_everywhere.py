"""What holds on every page: a figure has its definition, a table can be taken home as CSV."""

import csv
import io
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from tsuide.interfaces.console import PAGES
from tsuide.interfaces.console.tables import FIGURES, Column
from tsuide.kit.phrases import LANGUAGES

PLAIN = sorted(
    route.path
    for routes in PAGES.values()
    for route in routes
    if "GET" in (route.methods or ()) and "{" not in route.path and "." not in route.path
)


class Seen(HTMLParser):
    """Heads of figures, with whether each is a term with a definition, and where tables are as CSV."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.heads: list[tuple[str, bool]] = []
        self.tables, self.csv = 0, list[str]()
        self._inside = self._figure = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "table":
            self.tables += 1
        if tag == "div":
            self._figure = "figure" in given.get("class", "").split()
        if (tag == "th" and given.get("class") == "n") or (tag == "dt" and self._figure):
            self._inside = True
            self.heads.append(("", False))
        if self._inside and given.get("class") == "term":
            assert given["tabindex"] == "0"
            self.heads[-1] = (given["aria-label"], True)
        if tag == "a" and re.search(r"[?&]csv=", given.get("href", "")):
            self.csv.append(given["href"])

    def handle_data(self, data: str) -> None:
        if self._inside and not self.heads[-1][1]:
            self.heads[-1] = (self.heads[-1][0] + data.strip(), False)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"th", "dt"}:
            self._inside = False
        if tag == "div":
            self._figure = False


@pytest.mark.parametrize("kind", sorted(FIGURES))
def test_no_column_of_figures_goes_without_a_definition(kind: Any) -> None:
    with pytest.raises(AssertionError, match="definition"):
        Column("amount", kind=kind)
    assert Column("amount", kind=kind, help="of_price").help


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PLAIN)
def test_a_page_defines_its_figures_and_gives_its_tables_as_csv(console: Any, path: str, language: str) -> None:
    answer = console._ask("GET", path, params={"lang": language})
    if answer.status_code != 200 or "text/html" not in answer.headers["content-type"]:
        assert answer.status_code in {200, 303}
        return
    seen = Seen(answer.text)
    assert [head for head, defined in seen.heads if not defined] == []
    for where in seen.csv:
        given = console.client.get(where, headers={"Cookie": f"tsuide_console={console.cookie}"}).content
        rows = list(csv.reader(io.StringIO(given.decode("utf-8-sig"))))
        assert len(rows) > 1, where
        assert {len(row) for row in rows} == {len(rows[0])}, where
