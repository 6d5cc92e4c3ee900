"""What a model may be told: whatever is of the wrong kind is refused by name, with the way out, by every model."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Final

import numpy as np
import polars as pl
import pytest

import tsuide.mining
from tsuide.errors import TsuideError
from tsuide.mining import Baskets
from tsuide.mining.parameters import must_be_number, must_be_whole

LINES = pl.DataFrame(
    {
        "order": [n for n in range(60) for _ in range(2)],
        "sku": ["tea", "cup", "pen", "ink"] * 30,
        "who": [f"c{n % 20}" for n in range(60) for _ in range(2)],
        "at": [n * 3_600_000_000 for n in range(60) for _ in range(2)],
    }
)
BASKETS = Baskets.from_frame(LINES, basket="order", item="sku", customer="who", time="at")
PRODUCTS = pl.DataFrame({"id": ["tea", "cup"], "title": ["Tea", "Cup"], "price": [300, 900]})
MODELS: Final = [name for name in tsuide.mining.__all__ if name != "Baskets"]
WRONG: Final[Mapping[str, tuple[Any, ...]]] = {
    "int": (-1, 1.5, "many", True, float("nan"), None),
    "int | None": (-1, 1.5, "many", True),
    "float": (-1, "much", True, float("nan"), float("inf"), None),
    "float | None": (-1, "much", True, float("nan")),
    "bool | None": ("yes", 2),
    "str": (3, None),
    "Score | str | None": (3, "no such score"),
    "tuple[float, float]": (3, "ab", (1.0,), (1.0, "much"), (1.0, -1.0)),
    "Weights": (None, 3),
    "Chosen | None": (3,),
    "NextChoice | None": (3,),
}


@pytest.mark.parametrize("name", MODELS)
def test_every_parameter_of_a_wrong_kind_is_refused_by_its_name_with_the_way_out(name: str) -> None:
    model = getattr(tsuide.mining, name)
    for field in fields(model):
        kind = field.type.__name__ if isinstance(field.type, type) else str(field.type)
        for value in WRONG[re.sub(r"tsuide\.mining\.\w+\.", "", kind)]:
            with pytest.raises(TsuideError) as refused:
                model(**{field.name: value})
            assert refused.value.key == field.name, value
            assert refused.value.way_out, value


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(
    ("key", "value"),
    [("seed", -1), ("seed", 1.5), ("seed", None), ("seed", "x"), ("tune", 1), ("tune", "no"), ("groups", ["teas"]),
     ("apart", 3)],
)  # fmt: skip
def test_every_argument_of_fit_of_a_wrong_kind_is_refused_by_its_name_with_the_way_out(
    name: str, key: str, value: object
) -> None:
    model = getattr(tsuide.mining, name)()
    taken = inspect.signature(model.fit).parameters
    if key not in taken:
        return
    first = PRODUCTS if "products" in taken else BASKETS
    with pytest.raises(TsuideError) as refused:
        model.fit(first, **{key: value})
    assert (refused.value.key, bool(refused.value.way_out)) == (key, True)


ASKED: Final[Mapping[str, Callable[[Any], Any]]] = {
    "complements": lambda n: tsuide.mining.Complements(min_count=1).fit(BASKETS, tune=False).of("tea", n),
    "completion": lambda n: tsuide.mining.Completion(min_count=1).fit(BASKETS, tune=False).recommend([["tea"]], n=n),
    "next basket": lambda n: tsuide.mining.NextBasket(min_count=1).fit(BASKETS, tune=False).recommend(["c1"], n),
    "sessions": lambda n: tsuide.mining.Sessions().fit(BASKETS, tune=False).recommend(["tea"], n),
    "alternatives": lambda n: tsuide.mining.Alternatives().fit(PRODUCTS, tune=False).of("tea", n),
    "steps up": lambda n: tsuide.mining.Alternatives().fit(PRODUCTS, tune=False).up("tea", n),
    "fillers": lambda n: tsuide.mining.Fillers().fit(BASKETS, PRODUCTS).recommend(100, n=n),
}


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("n", [-1, 1.5, "ten", None])
def test_how_many_must_be_a_whole_number(name: str, n: object) -> None:
    with pytest.raises(TsuideError) as refused:
        ASKED[name](n)
    assert (refused.value.key, bool(refused.value.way_out)) == ("n", True)


@pytest.mark.parametrize(("key", "value"), [("carts", "tea"), ("carts", 3), ("customers", 3), ("customers", "c1")])
def test_a_single_thing_in_the_place_of_a_list_is_refused(key: str, value: object) -> None:
    fitted = tsuide.mining.Completion(min_count=1).fit(BASKETS, tune=False)
    asked: dict[str, Any] = {"carts": [["tea"]]}
    with pytest.raises(TsuideError) as refused:
        fitted.recommend(**{**asked, key: value})
    assert refused.value.key == key


def test_numbers_of_numpy_are_numbers() -> None:
    three: Any = np.int64(3)
    must_be_whole("top", three, 1)
    must_be_number("rate", np.float32(0.5), above=0, most=1)
    assert tsuide.mining.Complements(top=three).top == 3
