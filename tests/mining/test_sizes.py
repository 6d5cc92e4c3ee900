import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.mining.sizes import Size, parse_size, unit_price

GRAMS = 1000  # milli-units


@pytest.mark.parametrize(
    ("text", "amount", "measure"),
    [
        ("500ml", 500_000, "volume"),
        ("５００ｍｌ", 500_000, "volume"),
        ("1.5L", 1_500_000, "volume"),
        ("1 1/2 L", 1_500_000, "volume"),
        ("1/2 L", 500_000, "volume"),
        ("500ml×24本", 12_000_000, "volume"),
        ("350ml 24本", 8_400_000, "volume"),
        ("緑茶 2L×6", 12_000_000, "volume"),
        ("2 in 1 shampoo 300ml", 300_000, "volume"),
        ("2kg", 2_000_000, "mass"),
        ("1,000 g", 1_000_000, "mass"),
        ("6 PK/28 GR", 168_000, "mass"),
        ("500g(20個入)", 500_000, "mass"),
        ("100g×3袋", 300_000, "mass"),
        ("1 LB", 453_592, "mass"),
        ("934   16 OZ", 453_592, "mass"),
        ("18-22 KG", 22_000_000, "mass"),
        ("6 PK", 6_000, "piece"),
        ("2個入", 2_000, "piece"),
        ("532747 5 PK", 5_000, "piece"),
        ("30 CM", 300, "length"),
        ("5/8 IN", 16, "length"),
    ],
)
def test_a_size_is_read_as_people_write_it(text: str, amount: int, measure: str) -> None:
    found = parse_size(text)
    assert found is not None
    assert (found.amount, found.measure) == (amount, measure)


@pytest.mark.parametrize("text", ["", "CTN", "KIT", "51129513 OZ", "986216 PK", "1/0 OZ", "0 g", "赤", "GTX 1080"])
def test_a_text_without_a_size_has_none(text: str) -> None:
    assert parse_size(text) is None


@given(st.text(max_size=40))
def test_any_text_is_read_without_an_error(text: str) -> None:
    found = parse_size(text)
    assert found is None or found.amount > 0


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_the_unit_price_is_within_half_a_minor_unit(price: int, amount: int) -> None:
    got = unit_price(price, Size(amount, "mass"))
    assert abs(got * amount - price * 1_000_000) * 2 <= amount
