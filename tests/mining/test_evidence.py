import numpy as np
import polars as pl
import pytest

from tsuide.mining.baskets import Baskets
from tsuide.mining.declared import Declared
from tsuide.mining.evidence import evidence_of, measured
from tsuide.mining.index import Index
from tsuide.mining.logistic import fit_logistic
from tsuide.mining.shelf import Shelf, shelf_of
from tsuide.mining.substitute_kernel import FEATURES
from tsuide.mining.substitutes import MOST_NEIGHBOURS, candidates_of, near_titles
from tsuide.mining.text import grams
from tsuide.mining.weighing import matched_by_support, roc_auc


def shelf() -> Shelf:
    return shelf_of(
        pl.DataFrame(
            {
                "id": ["tea", "green", "cake", "cup"],
                "title": ["緑茶 100g", "りょくちゃ 200g", "cake", None],
                "category": [["food", "tea"], ["food", "tea"], ["food", "sweets"], None],
                "price": [300, 600, 450, None],
                "currency": ["JPY", "JPY", "JPY", "JPY"],
                "attributes": ['{"a": "1", "b": "2"}', '{"a": "1", "b": "3"}', None, None],
            },
            strict=False,
        )
    )


def features(left: str, right: str) -> dict[str, float]:
    orders = [
        ("o1", "c1", ["tea", "cake"]),
        ("o2", "c1", ["green"]),
        ("o3", "c2", ["tea", "cake"]),
        ("o4", "c2", ["cup"]),
    ]
    rows = [(order, who, item) for order, who, items in orders for item in items]
    frame = pl.DataFrame(rows, schema=["o", "c", "i"], orient="row")
    one = shelf()
    evidence = evidence_of(
        one, grams(one.titles.ids), Baskets.from_frame(frame, basket="o", item="i", customer="c"), seed=0
    )
    pair = np.array([one.ids.position(left)], np.int32), np.array([one.ids.position(right)], np.int32)
    return dict(zip(FEATURES, measured(evidence, *pair)[0].tolist(), strict=True))


def test_features_are_what_a_person_would_count() -> None:
    found = features("tea", "green")
    assert found["category"] == 1.0
    assert found["size"] == 0.5
    assert found["price"] == 0.5
    assert found["attributes"] == pytest.approx(1 / 3)
    assert found["together"] == pytest.approx(np.log(1 / (2 * 1 / 4 + 1)))  # never together, expected ½
    assert found["alternating"] == pytest.approx(np.log(2 / (2 * 1 / 2 + 1)))  # c1 bought both, as expected


def test_goods_of_one_branch_share_a_part_of_the_path() -> None:
    found = features("tea", "cake")
    assert found["category"] == 0.5
    assert found["together"] == pytest.approx(np.log(3 / (2 * 2 / 4 + 1)))


def test_what_is_not_known_says_nothing() -> None:
    found = features("tea", "cup")
    assert [found[name] for name in ("category", "text", "size", "price", "attributes")] == [0, 0, 0, 0, 0]


def test_features_do_not_depend_on_the_direction() -> None:
    assert features("tea", "cake") == pytest.approx(features("cake", "tea"))


def test_without_categories_similar_titles_are_candidates() -> None:
    titles = ["white hanging heart", "red hanging heart", "blue bowl", "green bowl"]
    start, place = near_titles(grams(titles), np.arange(4, dtype=np.int32))
    nearest = [int(place[start[row]]) for row in range(4)]
    assert nearest == [1, 0, 3, 2]
    bare = shelf_of(pl.DataFrame({"id": list("abcd"), "title": titles}))
    candidates = candidates_of(bare, grams(bare.titles.ids))
    assert (candidates.high - candidates.low <= MOST_NEIGHBOURS).all()


def test_declared_relations_are_read_both_ways_and_upgrades_one_way() -> None:
    relations = pl.DataFrame(
        {
            "product_id": ["pro", "case", "pro", "x"],
            "other_id": ["basic", "pro", "pro", "pro"],
            "relation": ["upgrade_of", "accessory", "substitute", "substitute"],
        }
    )
    declared = Declared.of(relations, Index.of(["basic", "pro", "case"]))
    assert declared.better.tolist() == [0 * 3 + 1]
    assert declared.same.tolist() == [0 * 3 + 1, 1 * 3 + 0]
    assert declared.other.tolist() == [1 * 3 + 2, 2 * 3 + 1]


def test_matching_leaves_equal_numbers_in_every_stratum() -> None:
    count = np.array([4, 4, 4, 4, 100, 100])
    like, unlike = matched_by_support(count, np.array([[0, 1], [1, 2], [4, 5]]), np.array([[2, 3], [0, 4]]), 0)
    assert (len(like), len(unlike)) == (1, 1)
    assert sorted(count[like[0]]) == sorted(count[unlike[0]]) == [4, 4]


def test_the_roc_area_counts_pairs_in_the_right_order() -> None:
    assert roc_auc(np.array([2.0, 3.0]), np.array([1.0, 2.0])) == pytest.approx(3.5 / 4)


def test_logistic_regression_weighs_rows_by_their_trials() -> None:
    one = fit_logistic(np.array([[0.0], [1.0]]), np.array([0.25, 0.75]), trials=np.array([4.0, 4.0]), ridge=1e-9)
    many = fit_logistic(np.repeat([[0.0], [1.0]], 4, axis=0), np.array([1.0, 0, 0, 0, 1, 1, 1, 0]), ridge=1e-9)
    assert one == pytest.approx(many)
    assert one[1] == pytest.approx(np.log(9))
