from typing import Any

import polars as pl
import pytest

from tsuide.errors import BadValue, UnknownProduct
from tsuide.mining.alternatives import Alternatives, FittedAlternatives
from tsuide.mining.baskets import Baskets


def products(**columns: list[Any]) -> pl.DataFrame:
    plain: dict[str, list[Any]] = {
        "id": ["basic", "good", "best", "crate", "chair"],
        "title": ["緑茶 100g", "上級緑茶 100g", "最上級緑茶 100g", "緑茶 2kg", "椅子"],
        "category": [["食品", "茶"]] * 4 + [["家具", "椅子"]],
        "brand": ["A", "A", "B", "A", "C"],
        "price": [300, 500, 900, 4000, 500],
        "currency": ["JPY"] * 5,
        "attributes": ['{"産地": "静岡", "味": "普通"}', '{"産地": "宇治", "味": "普通"}', None, None, None],
    }
    return pl.DataFrame(plain | columns, strict=False)


def test_the_ladder_ascends_by_price_per_unit_and_leaves_the_crate_out() -> None:
    fitted = Alternatives().fit(products())
    assert fitted.ladder("good")["item"].to_list() == ["basic", "good", "best"]
    assert fitted.ladder("good")["unit_price"].to_list() == [3000, 5000, 9000]
    assert fitted.up("good")["item"].to_list() == ["best"]
    assert fitted.down("good")["item"].to_list() == ["basic"]


def test_another_need_is_no_substitute() -> None:
    fitted = Alternatives().fit(products())
    assert set(fitted.of("basic")["item"]) == {"good", "best", "crate"}
    assert fitted.of("chair").is_empty()
    assert fitted.up("chair").is_empty()


def test_variants_of_one_product_are_not_substitutes_of_each_other() -> None:
    fitted = Alternatives().fit(products(parent_id=[None, "basic", None, None, None]))
    assert set(fitted.of("basic")["item"]) == {"best", "crate"}
    assert set(fitted.of("best")["item"]) == {"basic", "good", "crate"}


def test_what_is_no_longer_sold_is_not_proposed_but_has_alternatives() -> None:
    fitted = Alternatives().fit(products(status=["discontinued", "active", "active", "active", "active"]))
    assert set(fitted.of("basic")["item"]) == {"good", "best", "crate"}
    assert "basic" not in set(fitted.of("good")["item"])


def test_without_a_price_there_is_no_ladder_but_there_are_substitutes() -> None:
    fitted = Alternatives().fit(products(price=[None] * 5))
    assert fitted.up("basic").is_empty()
    assert fitted.of("basic")["price"].to_list() == [None, None, None]
    assert fitted.difference("basic", "good").price is None


def test_a_missing_price_is_what_the_product_was_sold_for() -> None:
    lines = pl.DataFrame({"order": ["1", "2", "3"], "item": ["basic"] * 3, "price": [200, 300, 400]})
    baskets = Baskets.from_frame(lines, basket="order", item="item", price="price")
    fitted = Alternatives().fit(products(price=[None, 500, 900, 4000, 500]), baskets)
    assert fitted.ladder("basic")["price"].to_list() == [300, 500, 900]


def test_prices_of_two_currencies_are_never_compared() -> None:
    fitted = Alternatives().fit(products(currency=["JPY", "USD", "JPY", "JPY", "JPY"]))
    assert fitted.ladder("basic")["item"].to_list() == ["basic", "best"]
    assert fitted.difference("basic", "good").unit_price_ratio is None


def test_a_difference_names_what_is_other() -> None:
    found = Alternatives().fit(products()).difference("basic", "good")
    assert found.price == 200
    assert found.unit_price_ratio == pytest.approx(5 / 3)
    assert found.brand is None
    assert found.size is None
    assert found.attributes == {"産地": ("静岡", "宇治")}
    assert Alternatives().fit(products()).difference("good", "best").brand == ("A", "B")


def test_an_unknown_product_is_named() -> None:
    fitted = Alternatives().fit(products())
    with pytest.raises(UnknownProduct, match="'sofa'"):
        fitted.up("sofa")


def test_an_empty_catalogue_has_no_alternatives() -> None:
    fitted = Alternatives().fit(products().clear())
    assert fitted.frame().is_empty()


def test_a_bad_parameter_is_refused() -> None:
    with pytest.raises(BadValue, match="top"):
        Alternatives(top=0)


def test_saved_and_opened_it_is_the_same() -> None:
    fitted = Alternatives().fit(products())
    again = FittedAlternatives.from_arrays(fitted.arrays(), fitted.meta())
    assert again.frame().equals(fitted.frame())
    assert again.difference("basic", "best") == fitted.difference("basic", "best")


def test_the_frame_is_not_changed() -> None:
    frame = products()
    before = frame.clone()
    Alternatives().fit(frame)
    assert frame.equals(before)
