"""The library face: one import each, and nothing else is loaded."""

import subprocess
import sys

import polars as pl
import pytest

import tsuide.mining


@pytest.mark.parametrize("name", tsuide.mining.__all__)
def test_every_model_can_be_imported_from_the_front_door(name: str) -> None:
    assert isinstance(getattr(tsuide.mining, name), type)


def test_a_name_that_is_none_is_refused_like_any_modules() -> None:
    with pytest.raises(AttributeError, match="Complement"):
        _ = tsuide.mining.Complement


def test_one_model_loads_neither_store_nor_server_nor_charts() -> None:
    program = (
        "import sys; from tsuide.mining import Baskets, Complements; "
        "print([name for name in ('sqlalchemy', 'fastapi', 'altair', 'pydantic', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_polars_pandas_and_arrow_tables_give_the_same_complements() -> None:
    lines = pl.DataFrame({"order": [1, 1, 2, 2, 3], "sku": ["a", "b", "a", "b", "c"]})
    frames = [
        tsuide.mining.Complements(min_count=1)
        .fit(tsuide.mining.Baskets.from_frame(table, basket="order", item="sku"))
        .frame()
        for table in (lines, lines.to_pandas(), lines.to_arrow(), lines.lazy())
    ]
    assert all(frame.equals(frames[0]) for frame in frames)
    assert frames[0].select("anchor", "item", "count").rows() == [("a", "b", 2), ("b", "a", 2)]
