"""One record from its fields."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.offers.pack import packer, rows_of
from tsuide.offers.records import CUSTOMER, REQUEST

_WHOLE = st.integers(-(1 << 63), (1 << 63) - 1)


@pytest.mark.parametrize("record", [CUSTOMER, REQUEST])
@given(data=st.data())
def test_a_packed_record_is_what_assigning_its_fields_makes(record: np.dtype[np.void], data: st.DataObject) -> None:
    fields = [record[name] for name in record.names or ()]
    values = [data.draw(st.booleans() if each == np.bool_ else _WHOLE) for each in fields]
    slowly = np.zeros(1, record)
    slowly[0] = tuple(values)
    made = packer(record)(*values)
    assert made.tolist() == slowly.tolist()
    assert (made.dtype, made.flags.writeable, made.flags.aligned) == (record, True, True)


def test_a_record_of_other_fields_is_refused() -> None:
    with pytest.raises(KeyError):
        packer(np.dtype([("share", np.float64)], align=True))
    with pytest.raises(TypeError, match="not laid out"):
        packer(np.dtype([("yes", np.bool_), ("whole", np.int64)]))


def test_numbers_become_rows_one_after_the_other() -> None:
    line = np.dtype([("item", np.int64), ("quantity", np.int64)])
    assert rows_of([7, 1, 9, 2], line).tolist() == [(7, 1), (9, 2)]
