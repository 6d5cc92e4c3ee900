import polars as pl
import pytest

from tsuide.errors import BadColumns, TooFewData
from tsuide.mining.returns import FittedReturns, Returns

LINES = pl.DataFrame(
    {
        "product_id": ["shirt"] * 10 + ["pen"] * 10 + ["cap"],
        "quantity": [10] * 20 + [1],
        "returned": [5] * 10 + [0] * 10 + [1],
    }
)


def test_much_evidence_stands_and_one_return_of_one_unit_is_no_hundred_percent() -> None:
    shares = dict(Returns().fit(LINES).frame().select("product_id", "share").iter_rows())
    assert shares["shirt"] == pytest.approx(0.5, abs=0.01)  # 50 of 100
    assert shares["pen"] == pytest.approx(0.0, abs=0.01)
    assert 0.25 < shares["cap"] < 0.8


def test_it_is_kept_and_read_back() -> None:
    fitted = Returns().fit(LINES)
    again = FittedReturns.from_arrays(fitted.arrays(), fitted.meta())
    assert again.frame().equals(fitted.frame())


def test_a_shop_without_returns_claims_nothing() -> None:
    with pytest.raises(TooFewData, match="no returns are recorded"):
        Returns().fit(LINES.with_columns(returned=0))
    with pytest.raises(BadColumns, match="returned"):
        Returns().fit(LINES.drop("returned"))
