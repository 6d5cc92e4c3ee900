"""The quick reading of a question and the model's reading of it are the same, or the quick one gives up."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tsuide.interfaces.api.asked import quickly
from tsuide.interfaces.api.schemas import OffersIn
from tsuide.offers.request import OfferRequest

ids = st.text(min_size=1, max_size=8) | st.sampled_from(["tea", "", "x" * 200, "x" * 201, "a\u0000", "茶🍵", "a\n"])
numbers = st.integers(-2, 60) | st.sampled_from([0, 1, 50, 51, 3.0, 3.5, True, "3", None, 1 << 53, (1 << 53) + 1])
odd: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3) | st.just([]) | st.just({})
)
lines = st.fixed_dictionaries({"product_id": ids}, optional={"quantity": numbers, "unit_price": numbers, "note": odd})
questions = st.fixed_dictionaries(
    {"placement": st.sampled_from(["home", "cart", "product", "moon"]) | odd},
    optional={
        "n": numbers,
        "customer_id": ids | odd,
        "anonymous_id": ids,
        "session_id": ids,
        "cart": st.lists(lines, max_size=3) | odd,
        "product_id": ids | odd,
        "kinds": st.lists(st.sampled_from(["cross_sell", "up_sell", "nonsense"]) | odd, max_size=3) | odd,
        "exclude": st.lists(ids, max_size=3) | odd,
        "shown": st.lists(ids, max_size=3),
        "language": st.sampled_from(["ja", "en", "fr", None]),
        "budget": numbers,
        "colour": odd,
    },
)


def by_the_model(body: bytes) -> OfferRequest | None:
    try:
        return OffersIn.model_validate_json(body).request("ja")
    except ValidationError:
        return None


@given(questions)
def test_both_read_the_same_or_the_model_decides(question: Any) -> None:
    try:
        body = orjson.dumps(question)
    except TypeError:  # half a character, or a number of more than 64 bits
        return
    quick = quickly(body, "ja")
    if quick is not None:
        assert quick == by_the_model(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"placement": "cart", "cart": [{"product_id": "tea", "quantity": 2, "unit_price": 800}], "n": 5}',
        b'{"placement": "product", "product_id": "cam-a", "customer_id": "c1", "language": "en", "kinds": ["up_sell"]}',
        b'{"placement": "home", "anonymous_id": "v", "session_id": "s", "exclude": ["a"], "shown": ["b"]}',
    ],
)
def test_what_pages_usually_ask_is_read_quickly(body: bytes) -> None:
    assert quickly(body, "ja") == by_the_model(body) is not None
