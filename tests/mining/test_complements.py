from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tsuide.errors import BadValue, NotReady, UnknownProduct
from tsuide.mining.baskets import Baskets
from tsuide.mining.complements import Complements, FittedComplements, _places_with, places_of
from tsuide.mining.cooccurrence import Score
from tsuide.mining.index import Index
from tsuide.mining.significance import P_BINS, eligible_pairs, lift_interval, p_cut, p_values
from tsuide.mining.snapshot import open_snapshot, save_snapshot

COLUMNS = [
    "anchor",
    "item",
    "count",
    "confidence",
    "lift",
    "lift_low",
    "lift_high",
    "cosine",
    "score",
    "p_value",
    "significant",
]
SCORES = ["asymmetric", "cosine", "ppmi", "lift", "count", "confidence"]

orders_made = st.lists(st.sets(st.sampled_from("abcdefghij"), max_size=8), min_size=1, max_size=40)


def lines(orders: list[set[str]], first: int = 0) -> pl.DataFrame:
    rows = [(first + number, item) for number, order in enumerate(orders) for item in sorted(order)]
    return pl.DataFrame(rows, schema={"order": pl.Int64, "item": pl.String}, orient="row")


def made(orders: list[set[str]]) -> Baskets:
    return Baskets.from_frame(lines(orders), basket="order", item="item")


def shop(n: int = 600, seed: int = 0) -> list[set[str]]:
    """Tea 'd' is bought with cup 'e' in half of its orders; the others fall as they like."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        order = {chr(ord("a") + int(i) % 20) for i in rng.zipf(1.4, 3) if i <= 20}
        if "d" in order and rng.random() < 0.5:
            order.add("e")
        found.append(order or {"z"})
    return found


def test_the_frame_has_the_stated_columns() -> None:
    assert Complements(min_count=1).fit(made([{"a", "b"}])).frame().columns == COLUMNS


def test_figures_that_a_person_can_check() -> None:
    """Ink in 3 of 8 orders, pen in 4, both in 2: lift 2·8 / (3·4)."""
    orders = [{"ink", "pen"}, {"ink", "pen"}, {"ink"}, {"pen"}, {"pen"}, {"cup"}, {"cup"}, {"cup"}]
    row = Complements(min_count=2, score="cosine").fit(made(orders)).of("ink").row(0, named=True)
    assert (row["anchor"], row["item"], row["count"]) == ("ink", "pen", 2)
    assert row["confidence"] == pytest.approx(2 / 3)
    assert row["lift"] == pytest.approx(4 / 3)
    assert [row["cosine"], row["score"]] == pytest.approx([2 / np.sqrt(12)] * 2)
    assert row["p_value"] == pytest.approx((6 * 4 + 4 * 1) / 56)  # hypergeometric, 2 or 3 of 3 among 4 of 8
    assert row["lift_low"] < row["lift"] < row["lift_high"]


@settings(deadline=None, max_examples=40)
@given(orders_made, st.integers(1, 3), st.sampled_from(SCORES))
def test_counts_and_confidence_are_those_of_the_plain_way(orders: list[set[str]], min_count: int, score: str) -> None:
    found = Complements(top=20, min_count=min_count, score=score).fit(made(orders)).frame()
    together = {pair: sum(set(pair) <= order for order in orders) for pair in combinations("abcdefghij", 2)}
    n = sum(bool(order) for order in orders)
    alone = {item: sum(item in order for order in orders) for item in "abcdefghij"}
    expected: dict[tuple[str, str], tuple[int, float]] = {}
    for (a, b), count in together.items():
        if count >= min_count and (score != "ppmi" or count * n > alone[a] * alone[b]):
            expected |= {(a, b): (count, count / alone[a]), (b, a): (count, count / alone[b])}
    rows = found.select("anchor", "item", "count", "confidence").rows()
    assert {(a, b): (count, share) for a, b, count, share in rows} == expected


@settings(deadline=None, max_examples=40)
@given(orders_made, st.integers(1, 4), st.integers(1, 3), st.sampled_from(SCORES))
def test_keeping_all_pairs_changes_no_result(orders: list[set[str]], top: int, min_count: int, score: str) -> None:
    baskets = made(orders)
    kept, swept = (Complements(top, min_count, score, keep=keep).fit(baskets) for keep in (True, False))
    assert kept.frame().equals(swept.frame())
    assert (kept.pairs, kept.p_cut) == (swept.pairs, swept.p_cut)


@settings(deadline=None, max_examples=60)
@given(orders_made, orders_made, orders_made, st.integers(1, 4), st.integers(1, 3), st.sampled_from(SCORES))
def test_update_gives_exactly_the_refit(
    first: list[set[str]], second: list[set[str]], third: list[set[str]], top: int, min_count: int, score: str
) -> None:
    model = Complements(top, min_count, score)
    updated = model.fit(made(first)).update(made(second)).update(made(third))
    refit = model.fit(made(first + second + third))
    columns = [name for name in COLUMNS if name != "significant"]  # the gate moves only at fit
    assert updated.frame().select(columns).equals(refit.frame().select(columns))
    assert updated.pairs == refit.pairs
    for item in refit.item_ids.ids:
        assert updated.of(item).select(columns).equals(refit.of(item).select(columns))


@settings(deadline=None, max_examples=60)
@given(
    st.lists(orders_made, min_size=2, max_size=4),
    st.integers(1, 4),
    st.integers(1, 4),
    st.sampled_from(SCORES),
)
def test_settling_between_updates_changes_nothing(
    parts: list[list[set[str]]], top: int, min_count: int, score: str
) -> None:
    model = Complements(top, min_count, score)
    now = model.fit(made(parts[0]))
    for part in parts[1:]:
        now = now.update(made(part)).settled()
    refit = model.fit(made([order for part in parts for order in part]))
    assert now.is_settled
    assert now.frame().drop("significant").equals(refit.frame().drop("significant"))
    assert now.pairs == refit.pairs


@settings(deadline=None, max_examples=40)
@given(orders_made, orders_made, st.integers(1, 3), st.sampled_from(SCORES))
def test_only_moved_rows_differ_from_the_tables(
    first: list[set[str]], second: list[set[str]], min_count: int, score: str
) -> None:
    before = Complements(3, min_count, score).fit(made(first))
    after = before.update(made(second))
    moved = set(after.moved().tolist())
    for anchor in range(len(before.item_ids)):
        if anchor not in moved:
            assert [each.tolist() for each in after.row(anchor)] == [each.tolist() for each in before.row(anchor)]


def test_one_order_moves_the_rows_of_its_items_and_of_their_partners_only() -> None:
    orders = [{"a", "b"}, {"a", "b"}, {"c", "d"}, {"c", "d"}, {"e"}]
    after = Complements(min_count=2, score="cosine").fit(made(orders)).update(made([{"a", "e"}]))
    assert after.item_ids.series(after.moved()).to_list() == ["a", "b", "e"]
    assert len(after.settled().moved()) == 0


@given(st.sets(st.text(max_size=3), min_size=1, max_size=8), st.sets(st.text(max_size=3), max_size=4))
def test_new_ids_take_their_place_in_the_order_of_ids(known: set[str], more: set[str]) -> None:
    """As Polars sorts texts, by their UTF-8 bytes; ids that cannot be written as UTF-8 are none."""
    texts = [text for text in sorted(known) if text.isprintable()][::-1] or ["a"]
    new = [text for text in sorted(more - set(texts)) if text.isprintable()]
    ids = Index.of(texts)
    grown = ids.with_more(new)
    assert grown.ids == texts + new
    assert _places_with(places_of(ids), grown, len(ids)).tolist() == places_of(Index.of(texts + new)).tolist()


def test_a_snapshot_that_kept_only_whole_pairs_can_be_updated() -> None:
    """As it was written before pairs one short of the minimum were kept, too."""
    model = Complements(min_count=3, score="cosine")
    fitted = model.fit(made(shop(80)))
    kept = fitted.kept
    assert kept is not None
    meta = fitted.meta()
    del meta["least"]
    rows = np.repeat(np.arange(len(kept.begin) - 1), np.diff(kept.begin))[kept.common >= 3]
    begin = np.searchsorted(rows, np.arange(len(kept.begin)))
    whole = {"pair_item": kept.partner[kept.common >= 3], "pair_count": kept.common[kept.common >= 3]}
    older = FittedComplements.from_arrays(fitted.arrays() | {"pair_begin": begin} | whole, meta)
    more = shop(30, seed=5)
    refit = model.fit(made(shop(80) + more))
    assert older.update(made(more)).frame().drop("significant").equals(refit.frame().drop("significant"))


def test_update_with_very_many_baskets_gives_the_refit_and_keeps_the_gate() -> None:
    model = Complements(top=5, min_count=2, score="asymmetric")
    before = model.fit(made(shop(100)))
    after = before.update(made(shop(6000, seed=1)))
    refit = model.fit(made(shop(100) + shop(6000, seed=1)))
    assert after.frame().drop("significant").equals(refit.frame().drop("significant"))
    assert after.p_cut == before.p_cut != refit.p_cut


def test_update_leaves_the_former_result_as_it_was() -> None:
    fitted = Complements(min_count=1, score="cosine").fit(made(shop(50)))
    before = fitted.frame()
    fitted.update(made([{"a", "b", "new"}])).frame()
    assert fitted.frame().equals(before)


def test_update_goes_on_after_saving_and_opening(tmp_path: Path) -> None:
    model = Complements(min_count=2, score="asymmetric")
    save_snapshot(tmp_path, {"complements": model.fit(made(shop(80))).update(made([{"a", "ny"}, {"a", "ny"}]))}, {})
    opened = open_snapshot(tmp_path).parts["complements"]
    assert isinstance(opened, FittedComplements)
    refit = model.fit(made([*shop(80), {"a", "ny"}, {"a", "ny"}, {"b", "ny"}, {"b", "ny"}]))
    after = opened.update(made([{"b", "ny"}, {"b", "ny"}])).frame()
    assert after.drop("significant").equals(refit.frame().drop("significant"))


def test_update_without_kept_pairs_says_the_way_out() -> None:
    fitted = Complements(keep=False).fit(made(shop(50)))
    with pytest.raises(NotReady, match="keep=True"):
        fitted.update(made([{"a", "b"}]))


def test_complements_are_directional() -> None:
    """Nearly every card buyer has the camera, but few camera buyers take this card."""
    orders = [{"camera", "card"}] * 8 + [{"camera"}] * 40 + [{"other"}] * 200
    frame = Complements(min_count=2).fit(made(orders), tune=False).frame()
    towards, back = (frame.filter(pl.col("anchor") == anchor).row(0, named=True) for anchor in ("camera", "card"))
    assert towards["confidence"] == pytest.approx(8 / 48)
    assert back["confidence"] == 1.0
    assert towards["score"] != back["score"]


def test_shrinking_ranks_many_common_baskets_above_few() -> None:
    orders = [{"a", "rare"}] * 3 + [{"a", "b"}] * 30 + [{"b"}] * 60 + [{"c"}] * 100
    plain, shrunk = (
        Complements(min_count=1, score=Score("lift", shrink=shrink)).fit(made(orders)).of("a")["item"].to_list()
        for shrink in (0.0, 20.0)
    )
    assert (plain, shrunk) == (["rare", "b"], ["b", "rare"])


def test_tuning_reports_what_it_tried_and_takes_the_best() -> None:
    fitted = Complements(min_count=2).fit(made(shop(3000)), seed=3)
    best = max(fitted.tried, key=lambda each: each["mrr10"])
    assert fitted.score.plain() == best["score"]
    assert all(each["queries"] == fitted.tried[0]["queries"] >= 100 for each in fitted.tried)
    assert fitted.parameters.score == fitted.score


def test_a_given_score_is_not_tuned() -> None:
    fitted = Complements(min_count=2, score="lift").fit(made(shop(3000)))
    assert (fitted.score.name, fitted.tried) == ("lift", ())


def test_too_few_baskets_keep_the_first_choice() -> None:
    fitted = Complements(min_count=1).fit(made(shop(40)))
    assert (fitted.score, fitted.tried) == (Score("asymmetric"), ())


def test_an_item_never_seen_is_refused_by_name() -> None:
    with pytest.raises(UnknownProduct, match="ghost"):
        Complements().fit(made([{"a"}])).of("ghost")


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"top": 0}, "top"), ({"min_count": 0}, "min_count"), ({"rate": 1.0}, "rate"), ({"score": "x"}, "'x'")],
)
def test_parameters_that_make_no_sense_are_refused(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(BadValue, match=named):
        Complements(**wrong)


def test_two_hundred_orders_and_one_basket_work() -> None:
    assert len(Complements().fit(made(shop(200))).frame()) > 0
    assert len(Complements().fit(made([{"a"}])).frame()) == 0


# --- how sure ---------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=200)
@given(st.integers(1, 400), st.data())
def test_p_values_are_fishers(total: int, data: st.DataObject) -> None:
    a, b = data.draw(st.integers(1, total)), data.draw(st.integers(1, total))
    n = data.draw(st.integers(max(0, a + b - total), min(a, b)))
    found = float(p_values(np.array([n], np.int32), np.array([a]), np.array([b]), total)[0])
    if n * total <= a * b:
        assert found == 1.0
    else:
        assert found == pytest.approx(float(stats.hypergeom.sf(n - 1, total, a, b)), rel=1e-8)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.floats(1e-12, 1.0), min_size=1, max_size=60), st.floats(0.01, 0.3))
def test_the_gate_is_benjamini_hochbergs_to_the_width_of_a_bin(p: list[float], rate: float) -> None:
    values = np.array(p)
    bins = np.zeros(P_BINS, np.int64)
    np.add.at(bins, np.minimum((-np.log10(values) * 64).astype(int), P_BINS - 1), 1)
    cut = p_cut(bins, len(p), rate)
    accepted = set(np.flatnonzero(stats.false_discovery_control(values) <= rate).tolist())
    strict = set(np.flatnonzero(stats.false_discovery_control(values) <= rate / 1.037).tolist())
    ours = set(np.flatnonzero(values <= cut).tolist())
    assert strict <= ours <= accepted


def test_chance_alone_hardly_passes_the_gate() -> None:
    """Items bought independently: in 20 shops at rate .05 a false pair is found in few."""
    passed = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        orders = [{chr(97 + i) for i in range(20) if rng.random() < 0.15} for _ in range(400)]
        passed += bool(Complements(keep=False).fit(made(orders), tune=False).frame()["significant"].any())
    assert passed <= 4  # expected 1 at most; above 4 has probability .003


def test_planted_pairs_pass_the_gate() -> None:
    frame = Complements().fit(made(shop(600)), tune=False).frame()
    assert frame.filter((pl.col("anchor") == "d") & (pl.col("item") == "e"))["significant"].to_list() == [True]
    assert eligible_pairs(np.array([3, 3, 2], np.int32), 3) == 1


@pytest.mark.parametrize(("p_a", "p_b", "p_ab"), [(0.05, 0.08, 0.02), (0.02, 0.02, 0.004), (0.2, 0.3, 0.06)])
def test_the_interval_of_lift_covers_the_truth_19_times_of_20(p_a: float, p_b: float, p_ab: float) -> None:
    """4,000 simulated shops of 2,000 baskets; the standard error of the coverage is .0035."""
    rng = np.random.default_rng(1)
    cells = rng.multinomial(2000, [p_ab, p_a - p_ab, p_b - p_ab, 1 - p_a - p_b + p_ab], size=4000)
    both, a, b = cells[:, 0], cells[:, 0] + cells[:, 1], cells[:, 0] + cells[:, 2]
    _, low, high = lift_interval(both, a, b, 2000)
    truth = p_ab / (p_a * p_b)
    assert ((low <= truth) & (truth <= high)).mean() == pytest.approx(0.95, abs=0.02)
