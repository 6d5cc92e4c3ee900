"""The score sheet of estimators, on a smaller number of replications."""

import pytest

from tsuide.errors import BadValue
from tsuide.proof.evaluation.estimators import evaluate_estimators
from tsuide.proof.evaluation.oracles import oracles


def test_the_score_sheet_has_its_keys_and_holds() -> None:
    found = evaluate_estimators(replications=120, runs=2, seed=3)
    assert {"coverage", "false_alarm_peeking", "relative_error"} <= set(found)
    assert all(0.88 < share <= 1 for share in found["coverage"].values()), found["coverage"]  # ± 2 points at 120
    assert found["false_alarm_peeking"] <= 0.05
    assert found["false_alarms"]["fixed"] > 0.3
    assert found["relative_error"]["dr"] < found["relative_error"]["dm"]
    assert found["held"]["oracles"]


def test_the_same_seed_gives_the_same_sheet() -> None:
    one, other = (evaluate_estimators(replications=20, runs=1, seed=4) for _ in range(2))
    assert one == other


def test_check_values_to_four_digits() -> None:
    assert all(each["agrees"] for each in oracles().values()), oracles()


def test_no_replication_is_no_evaluation() -> None:
    with pytest.raises(BadValue):
        evaluate_estimators(replications=0)
