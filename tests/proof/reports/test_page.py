import base64
import hashlib
import html
import re
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser

import polars as pl
import pytest

from tsuide.errors import BadValue
from tsuide.proof.reports.material import Material, Reject, from_lines
from tsuide.proof.reports.newcomer import figures
from tsuide.proof.reports.page import first_steps, page

NOW = datetime(2026, 4, 1, tzinfo=UTC)
Make = Callable[..., Material]


EVIL = "<script>alert('x')</script>\"><img src=x onerror=alert(1)> & 🎁</style>]]>"


class Elements(HTMLParser):
    """Every start tag with its attributes, and the text of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self._inside = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag == "script"
        if self._inside:
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts[-1] += data


@pytest.fixture(scope="module", params=["ja", "en"])
def made(shop: Make, request: pytest.FixtureRequest) -> str:
    return page(figures(shop(200), now=NOW), request.param)


def test_the_page_is_one_small_file_that_loads_nothing(made: str) -> None:
    assert len(made.encode()) < 1_500_000
    loading = {"src", "srcset", "data", "poster", "action", "background"}
    for tag, attributes in Elements(made).tags:
        assert not loading & set(attributes), (tag, attributes)
        if "href" in attributes:
            assert str(attributes["href"]).startswith(("#", "data:,")), attributes


def test_only_its_own_scripts_may_run(made: str) -> None:
    elements = Elements(made)
    policy = next(a["content"] for t, a in elements.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert "default-src 'none'" in policy
    allowed = set(re.findall(r"'sha256-([^']+)'", policy))
    kinds = [a.get("type") for t, a in elements.tags if t == "script"]
    run = [text for text, kind in zip(elements.scripts, kinds, strict=True) if kind is None]
    assert {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in run} == allowed
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]


def test_whatever_a_product_is_called_it_stays_text(shop: Make, products: pl.DataFrame) -> None:
    goods = products.with_columns(title=pl.lit(EVIL) + pl.col("id"), category=pl.concat_list(pl.lit(EVIL), "id"))
    read = from_lines(f"{EVIL}.csv", shop(200).lines, goods, rejects=[Reject(3, EVIL, EVIL, EVIL)])
    plain = page(figures(from_lines("orders.csv", shop(200).lines, products), now=NOW), "ja")
    made = page(figures(read, now=NOW), "ja")
    elements = Elements(made)
    assert not [a for t, a in elements.tags if t == "img" or any(name.startswith("on") for name in a)]
    assert sum(t == "script" for t, _ in elements.tags) <= sum(t == "script" for t, _ in Elements(plain).tags)
    assert "<script>alert" not in made
    assert html.escape("<script>alert", quote=False) in made


def test_every_table_cell_names_its_column_and_every_definition_exists(made: str) -> None:
    elements = Elements(made)
    assert all(a.get("data-label") for t, a in elements.tags if t == "td")
    ids = [a["id"] for _, a in elements.tags if "id" in a]
    assert len(ids) == len(set(ids))
    assert {a["popovertarget"] for t, a in elements.tags if "popovertarget" in a} <= set(ids)


def test_charts_are_drawn_without_scripts(made: str) -> None:
    assert made.count("<svg ") >= 2


def test_too_few_orders_are_called_too_few(shop: Make) -> None:
    told = figures(shop(8), now=NOW)
    assert "too few" in page(told, "en")
    assert "まだ足りません" in page(told, "ja")


def test_the_check_stands_beside_the_estimate(made: str) -> None:
    assert "1,750" in made


def test_first_steps_are_sentences_about_the_shop(shop: Make) -> None:
    steps = first_steps(figures(shop(200), now=NOW), "ja")
    assert any("カメラ" in do for do, _ in steps)


def test_a_third_language_is_refused(shop: Make) -> None:
    with pytest.raises(BadValue, match="language"):
        page(figures(shop(8), now=NOW), "fr")
