"""From a trial to groups that may be used: only what the holdout supports, only what was known before."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from tsuide.errors import TooFewData
from tsuide.offers.moved import GROUPS
from tsuide.proof.uplift.features import FEATURES, features_of
from tsuide.proof.uplift.fit import Scored, fit_uplift
from tsuide.proof.uplift.phrases import UPLIFT

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MOVED, PUT_OFF = GROUPS.index("persuadable"), GROUPS.index("do_not_disturb")


def trial(change: float, seed: int = 0, n: int = 4_000) -> Scored:
    """Customers with x = 1 are moved by `change`, those with x = 0 put off by as much and a half."""
    rng = np.random.default_rng(seed)
    x, treated = rng.integers(2, size=(n, 1)).astype(float), rng.random(n) < 0.8
    chance = 0.4 + treated * np.where(x[:, 0] == 1, change, -change / 2)
    bought = (rng.random(n) < chance).astype(float)
    return fit_uplift(x, bought, treated, np.array([[1.0], [0.0]]))


def test_the_moved_and_the_put_off_are_found_and_used() -> None:
    found = trial(0.2)
    assert found.group.tolist() == [MOVED, PUT_OFF]
    assert found.factors[PUT_OFF] == 0.0
    assert 1.5 < found.factors[MOVED] <= 2.0
    assert found.facts["qini"]["t"]["value"] > 2 * found.facts["qini"]["t"]["deviation"]
    assert found.facts["uplift_at"]["0.3"]["low"] > 0.05
    assert found.facts["groups"]["do_not_disturb"]["effect"]["high"] < 0


def test_where_nobody_is_moved_nothing_is_used() -> None:
    used = [trial(0.0, seed).factors.tolist() for seed in range(1, 6)]
    assert sum(each != [1.0, 1.0, 1.0, 1.0] for each in used) <= 1  # 5 % by chance


def test_an_arm_in_which_nobody_bought_teaches_nothing() -> None:
    x: Any = np.zeros((200, 1))
    bought: Any = np.arange(200) % 2 * 1.0
    with pytest.raises(TooFewData, match="nobody"):
        fit_uplift(x, bought, bought == 0, x)


def test_features_know_nothing_of_what_came_after() -> None:
    rows = [("a", -10, "o1", 2, 1), ("a", -4, "o2", 1, 0), ("a", 1, "o3", 50, 50)]
    purchases = pl.DataFrame(
        [
            {"customer_id": who, "placed_at": NOW + timedelta(days=day), "order_id": order, "product_id": "p"}
            | {"quantity": units, "returned": back, "amount": 100 * units, "gift": False}
            for who, day, order, units, back in rows
        ]
    )
    people = pl.DataFrame({"customer_id": ["b", "a"], "at": [NOW, NOW]})
    known, new = (dict(zip(FEATURES, row, strict=True)) for row in features_of(people, purchases).tolist())
    assert (known["orders"], known["units"]) == (pytest.approx(np.log(3)), pytest.approx(np.log(4)))
    assert (known["days_since"], known["returned"]) == (pytest.approx(4 / 365), pytest.approx(1 / 3))
    assert (known["new"], new["new"], new["orders"], new["days_since"]) == (0.0, 1.0, 0.0, 2.0)


def test_every_phrase_is_there_in_both_languages() -> None:
    assert UPLIFT.all("ja").keys() == UPLIFT.all("en").keys()
    assert {*GROUPS} <= UPLIFT.all("ja").keys()
