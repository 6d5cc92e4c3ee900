from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import BadColumns, BadValue
from tsuide.mining.reviews import Reviews, moments


def table(rows: Sequence[tuple[str, int, str | None, int]]) -> pl.DataFrame:
    return pl.DataFrame(
        rows,
        schema={"product_id": pl.String, "rating": pl.Int64, "text": pl.String, "helpful": pl.Int64},
        orient="row",
    )


def test_one_five_star_review_is_less_sure_than_forty_good_ones() -> None:
    rows: list[tuple[str, int, str | None, int]] = [("new", 5, None, 0)]
    rows += [("loved", 5 if n % 10 else 4, None, 0) for n in range(40)]
    rows += [("poor", 2 + n % 2, None, 0) for n in range(40)]
    signals = Reviews().fit(table(rows))
    loved, new = signals.of("loved"), signals.of("new")
    assert loved is not None
    assert new is not None
    assert new.rating < 5
    assert new.low < loved.low


def test_the_quote_is_the_first_sentence_of_the_most_helpful_satisfied_review() -> None:
    signals = Reviews().fit(
        table(
            [
                ("a", 5, "良いです。とても。", 3),
                ("a", 4, "充電が速い！ 毎日使っています。", 9),
                ("a", 1, "Broke after a day.", 50),
                ("b", 2, "Not good.", 5),
            ]
        )
    )
    a, b = signals.of("a"), signals.of("b")
    assert a is not None
    assert b is not None
    assert (a.quote, b.quote) == ("充電が速い！", "")


def test_a_reader_is_quoted_what_they_can_read_or_nothing() -> None:
    rows: list[tuple[str, int, str | None, int]] = [
        ("both", 5, "充電が速い！", 9), ("both", 5, "Charges fast. Really.", 2), ("both", 4, "Nice.", 1),
        ("ja", 5, "軽いです。", 1), ("en", 4, "Light.", 1), ("en", 1, "重い。", 9),
    ]  # fmt: skip
    signals = Reviews().fit(table(rows))
    said = {name: signals.of(name) for name in ("both", "ja", "en")}
    read = {(name, language): one.quote_in(language) for name, one in said.items() if one for language in ("ja", "en")}
    assert read == {
        ("both", "ja"): "充電が速い！", ("both", "en"): "Charges fast.",
        ("ja", "ja"): "軽いです。", ("ja", "en"): "", ("en", "ja"): "", ("en", "en"): "Light.",
    }  # fmt: skip


def test_a_product_that_nobody_reviewed_has_no_standing() -> None:
    assert Reviews().fit(table([("a", 5, None, 0)])).of("b") is None


def test_no_reviews_at_all_is_an_empty_result() -> None:
    assert len(Reviews().fit(table([])).frame()) == 0


@pytest.mark.parametrize("rating", [0, 6])
def test_a_rating_outside_the_stars_is_refused(rating: int) -> None:
    with pytest.raises(BadValue, match="from 1 to 5"):
        Reviews().fit(table([("a", rating, None, 0)]))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(BadColumns, match="rating"):
        Reviews().fit(table([]).drop("rating"))


def test_ratings_without_texts_are_enough() -> None:
    stars = table([("a", 5, "Good.", 2), ("a", 4, None, 0), ("b", 1, "Bad.", 1)])
    bare = Reviews().fit(stars.select("product_id", "rating"))
    assert bare.rating.tolist() == Reviews().fit(stars).rating.tolist()
    assert bare.quotes[0] == ""


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(1, 5), st.none(), st.integers(0, 3)),
        min_size=1,
        max_size=60,
    )
)
def test_a_shrunk_rating_lies_between_its_mean_and_the_shops(
    rows: list[tuple[str, int, str | None, int]],
) -> None:
    frame = table(rows)
    signals = Reviews().fit(frame)
    for product, mean in frame.group_by("product_id").agg(pl.col("rating").mean()).iter_rows():
        standing = signals.of(product)
        assert standing is not None
        low, high = sorted((mean, signals.centre))
        assert low - 1e-9 <= standing.rating <= high + 1e-9


def test_moments_recover_the_variances_that_made_the_ratings() -> None:
    rng = np.random.default_rng(0)
    true = rng.normal(4.0, 0.5, 3000)
    n = rng.integers(5, 40, 3000)
    ratings = [rng.normal(mean, 1.0, count) for mean, count in zip(true, n, strict=True)]
    centre, within, between = moments(
        n.astype(np.int64), np.array([r.mean() for r in ratings]), np.array([r.var() for r in ratings])
    )
    assert centre == pytest.approx(4.0, abs=0.05)
    assert within == pytest.approx(1.0, rel=0.05)
    assert between == pytest.approx(0.25, rel=0.1)
