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


def related(*rows: tuple[str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["product_id", "other_id", "relation"], orient="row")


def test_a_declared_substitute_comes_first_whatever_its_category() -> None:
    fitted = Alternatives().fit(products(), relations=related(("basic", "chair", "substitute")))
    assert fitted.of("basic")["item"].to_list()[0] == "chair"
    assert fitted.of("basic")["score"].to_list()[0] == 1.0
    assert fitted.of("chair")["item"].to_list() == ["basic"]


def test_what_is_declared_to_go_with_it_is_no_substitute() -> None:
    fitted = Alternatives().fit(products(), relations=related(("good", "basic", "accessory")))
    assert "good" not in set(fitted.of("basic")["item"])


def test_a_declared_upgrade_is_a_step_up_even_where_it_costs_less() -> None:
    fitted = Alternatives().fit(products(), relations=related(("basic", "best", "upgrade_of")))
    assert "basic" in fitted.up("best")["item"].to_list()
    assert fitted.down("basic")["item"].to_list() == ["best"]


def test_a_few_yen_are_the_same_rung() -> None:
    fitted = Alternatives().fit(products(price=[300, 310, 900, 4000, 500]))
    assert fitted.up("basic")["item"].to_list() == ["best"]


def test_named_items_without_categories_find_each_other_by_title() -> None:
    fitted = Alternatives().fit(products(category=[None] * 5))
    assert set(fitted.of("basic")["item"]) >= {"good", "best"}


def test_pandas_and_arrow_tables_are_taken_too() -> None:
    frame = products()
    assert Alternatives().fit(frame.to_arrow()).frame().equals(Alternatives().fit(frame).frame())


def test_products_of_which_only_unlike_names_are_known_are_no_substitutes() -> None:
    products = pl.DataFrame(
        {
            "id": ["cam", "card", "bag", "tea"],
            "title": ["Camera", "Memory card 64 GB", "Camera bag", "Green tea"],
            "price": [58_000, 1_980, 4_980, 860],
            "currency": ["JPY"] * 4,
        }
    )
    assert Alternatives().fit(products).frame().is_empty()


def test_products_of_which_only_much_alike_names_are_known_are_substitutes() -> None:
    titles = ["White hanging heart T-light holder large", "Red hanging heart T-light holder large", "Lantern"]
    products = pl.DataFrame({"id": ["white", "red", "lantern"], "title": titles})
    assert Alternatives().fit(products).of("white")["item"].to_list() == ["red"]
