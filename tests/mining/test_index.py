import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import BadArray
from tsuide.mining.index import Index

IDS = st.lists(st.text(max_size=20), unique=True, max_size=50)


@given(IDS)
def test_an_index_taken_apart_and_put_together_is_the_same(ids: list[str]) -> None:
    index = Index.of(ids)
    again = Index.from_arrays(index.arrays())
    assert again == index
    assert again.ids == ids
    assert [again[place] for place in range(len(again))] == ids


@given(IDS.filter(bool))
def test_every_id_is_found_at_its_place(ids: list[str]) -> None:
    index = Index.of(ids)
    assert index.positions(ids).tolist() == list(range(len(ids)))
    assert index.series(index.positions(ids)).to_list() == ids


def test_an_unknown_id_has_no_place() -> None:
    assert Index.of(["a"]).position("b") == -1
    assert "b" not in Index.of(["a"])


def test_an_id_that_stands_twice_is_refused() -> None:
    with pytest.raises(BadArray, match="'b'"):
        Index.of(["a", "b", "b"])
