"""What the documents say of fields is what the code reads."""

from pathlib import Path

import pytest

from tsuide.intake.fields import FIELDS, KINDS, plain
from tsuide.intake.mapping import guess_kind, guess_mapping
from tsuide.intake.rejects import REASONS

DOCUMENT = Path(__file__).parents[2] / "docs" / "data-formats.md"


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_with_its_names_is_documented(kind: str) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    part = text.split(f"### {kind}\n")[1].split("\n### ")[0]
    for field in FIELDS[kind]:
        assert f"| `{field.name}` |" in part
        assert field.names.replace(",", ", ") in part


def test_every_reason_is_documented() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for language in ("ja", "en"):
        assert all(f"| {reason} |" in text for reason in REASONS.all(language).values())


@pytest.mark.parametrize("kind", KINDS)
def test_the_fields_own_names_are_accepted_and_tell_the_kind(kind: str) -> None:
    names = [field.name for field in FIELDS[kind]]
    assert guess_mapping(kind, names).columns == {name: name for name in names}
    assert guess_kind(names) == kind


def test_names_are_compared_without_case_width_and_punctuation() -> None:
    assert plain("Lineitem_SKU") == plain("ｌｉｎｅｉｔｅｍ　ｓｋｕ") == "lineitemsku"


def test_the_better_name_wins_and_an_empty_column_gives_way() -> None:
    mapping = guess_mapping("orders", ["商品ID", "商品コード"])
    assert mapping.columns["product_id"] == "商品コード"
    assert mapping.choices[0].others == ("商品ID",)
    assert mapping.choices[0].reason == "best"


def test_a_product_code_is_the_product_not_its_name() -> None:
    columns = ["order_id", "ordered_at", "customer", "product_code", "product_name", "quantity", "unit_price"]
    chosen = guess_mapping("orders", columns).columns
    assert chosen["product_id"] == "product_code"
    assert chosen["product_title"] == "product_name"
