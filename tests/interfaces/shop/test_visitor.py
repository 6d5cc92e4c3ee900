import base64
import json
import zlib

from hypothesis import given
from hypothesis import strategies as st

from tsuide.interfaces.shop.looks import RULES, look_of
from tsuide.interfaces.shop.visitor import MOST_LINES, Line, Visitor, packed, unpacked

EMPTY = Visitor("v1", None, "en")
TEXT = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=30)
LINES = st.builds(Line, TEXT, st.integers(1, 99), st.none() | TEXT, st.none() | TEXT)


@given(st.lists(LINES, max_size=MOST_LINES).map(tuple))
def test_a_cart_survives_its_cookie(cart: tuple[Line, ...]) -> None:
    assert unpacked(packed(cart)) == cart


@given(st.text(max_size=200))
def test_a_tampered_cart_is_no_error(value: str) -> None:
    assert isinstance(unpacked(value), tuple)


def test_a_cart_that_unpacks_to_too_much_is_empty() -> None:
    bomb = base64.urlsafe_b64encode(zlib.compress(b"[" + b" " * 50_000_000 + b"]")).decode()
    assert unpacked(bomb) == ()


def test_lines_that_make_no_sense_are_left_out() -> None:
    rows = [["a", 0, None, None], ["", 1, None, None], ["b", 1, 5, None], ["c", True], ["d", 2, None, None], "x"]
    value = base64.urlsafe_b64encode(zlib.compress(json.dumps(rows).encode())).decode()
    assert unpacked(value) == (Line("b", 1), Line("d", 2))


def test_adding_the_same_again_adds_units_and_keeps_where_it_came_from() -> None:
    visitor = EMPTY.with_line(Line("a", 1, "dec_1.0", "dec_1")).with_line(Line("b", 98)).with_line(Line("a", 2))
    assert visitor.cart == (Line("a", 3, "dec_1.0", "dec_1"), Line("b", 98))
    assert visitor.units == 101
    assert visitor.with_line(Line("b", 5)).cart[1].quantity == 99
    assert visitor.with_quantity("a", 0).cart == (Line("b", 98),)


def test_the_narrowest_category_chooses_the_drawing() -> None:
    assert look_of(["Grocery", "Baked Bread / Buns / Rolls", "Hot Dog Buns"]).glyph == "bread"
    assert look_of(["Grocery", "Dog Foods"]).glyph == "paw"
    assert look_of(["Produce", "Something new"]).glyph == "leaf"
    assert {look.glyph for _, look in RULES} >= {"milk", "fish", "meat"}
