"""VMIS-kNN: by hand, against plain Python, and after updates."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsuide.app.bench.sessions import PlainVmis, bench_sessions, generated
from tsuide.errors import BadArray, BadValue
from tsuide.mining.baskets import Baskets
from tsuide.mining.history import between
from tsuide.mining.sessions import FittedSessions, Sessions


def of(*sessions: str) -> Baskets:
    """Sessions as words: each letter an item."""
    rows = [(f"s{place:03}", item, place) for place, session in enumerate(sessions) for item in session]
    frame = pl.DataFrame(rows, schema=["session", "item", "at"], orient="row")
    return Baskets.from_frame(frame, basket="session", item="item", time="at")


def test_the_company_of_what_was_seen_comes() -> None:
    model = Sessions().fit(of("ab", "ab", "ac", "xy"), tune=False)
    assert model.recommend(["a"]).ids(0) == ["b", "c"]


def test_scores_are_match_times_decay_times_idf() -> None:
    model = Sessions().fit(of("ab", "cd"), tune=False)
    ranked = model.recommend(["a"])
    # match 1/1; newest shared item is one step back: 1 − .1; idf log(2 / 1)
    assert ranked.score[0, 0] == pytest.approx(0.9 * np.log(2))


def test_only_the_latest_sessions_of_an_item_are_known() -> None:
    model = Sessions(latest=1).fit(of("ab", "ac"), tune=False)
    assert model.recommend(["a"]).ids(0) == ["c"]


def test_what_was_just_seen_weighs_more() -> None:
    model = Sessions().fit(of("ax", "by", "qr"), tune=False)
    assert model.recommend(["a", "b"]).ids(0) == ["y", "x"]
    assert model.recommend(["b", "a"]).ids(0) == ["x", "y"]


def test_unknown_items_are_ignored_and_nothing_gives_nothing() -> None:
    model = Sessions().fit(of("ab", "cd"), tune=False)
    assert model.recommend(["?", "a"]).ids(0) == model.recommend(["a"]).ids(0)
    assert model.recommend([]).ids(0) == []


def test_what_cannot_be_asked_is_refused() -> None:
    model = Sessions().fit(of("ab"), tune=False)
    with pytest.raises(BadArray, match="list of item ids"):
        model.recommend("ab")
    with pytest.raises(BadValue, match="n = 0"):
        model.recommend(["a"], n=0)
    with pytest.raises(BadValue, match="neighbours"):
        Sessions(neighbours=0).fit(of("ab"))


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.text("abcdefg", min_size=1, max_size=5), min_size=2, max_size=30),
    st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=8),
    st.integers(1, 6),
)
def test_the_kernel_says_what_plain_python_says(sessions: list[str], query: list[str], latest: int) -> None:
    baskets = of(*sessions)
    model = Sessions(latest=latest, neighbours=100).fit(baskets, tune=False)
    ours = model.recommend(query, n=10)
    theirs = PlainVmis(baskets, model).recommend(query, n=10)
    assert set(ours.ids(0)) == set(theirs)
    assert not set(ours.ids(0)) & set(query)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.text("abcdefg", min_size=1, max_size=5), min_size=2, max_size=20), st.integers(1, 19))
def test_an_update_is_a_refit(sessions: list[str], cut: int) -> None:
    cut = min(cut, len(sessions) - 1)
    first, later = of(*sessions[:cut]), of(*sessions[cut:])
    updated = Sessions(latest=3).fit(first, tune=False).update(later)
    whole = Sessions(latest=3).fit(of(*sessions), tune=False)
    for item in "abcdefg":
        ours, theirs = updated.recommend([item]), whole.recommend([item])
        assert dict(zip(ours.ids(0), ours.score[0], strict=False)) == pytest.approx(
            dict(zip(theirs.ids(0), theirs.score[0], strict=False))
        )


def test_tuning_reports_what_it_tried_and_is_the_same_again() -> None:
    baskets = generated(4000, 400, 0)
    first, again = Sessions().fit(baskets), Sessions().fit(baskets)
    assert first.meta() == again.meta()
    assert len(first.meta()["chosen"]["tried"]) > 5


def test_few_sessions_are_not_tuned_on() -> None:
    assert "too few" in Sessions().fit(of("ab", "ac")).meta()["chosen"]["why"]


def test_sessions_of_one_interest_foretell_each_other() -> None:
    baskets = generated(6000, 400, 1)
    model: FittedSessions = Sessions().fit(between(baskets, 0, 5500), tune=False)
    hits = []
    for v in range(5500, 6000):
        items = baskets.of(v)
        if len(items) > 1:
            hits.append(int(items[0]) in model.rank(items[1:], 10).item)
    assert np.mean(hits) > 0.2  # chance would be 10 of 400


def test_the_bench_serves_everybody_and_names_its_peer() -> None:
    result = bench_sessions(sessions=2000, items=300, queries=300)
    assert set(result["methods"]) == {"tsuide", "vmis_knn_plain_python"}
    assert result["methods"]["tsuide"]["queries"] == 300
    assert result["share_of_equal_items"] > 0.95
