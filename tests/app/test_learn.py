import subprocess
import sys
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from tsuide.app.learn import learn
from tsuide.app.locks import alone
from tsuide.app.wiring import Shop
from tsuide.errors import NothingLearned, Unavailable
from tsuide.facts.behaviour import EVENTS
from tsuide.facts.schema import conform
from tsuide.mining.baskets import Baskets
from tsuide.mining.complements import Complements, FittedComplements
from tsuide.mining.replenishment import FittedReplenishment
from tsuide.mining.sessions import FittedSessions
from tsuide.mining.snapshot import current_snapshot, open_snapshot, save_snapshot

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def test_an_empty_store_teaches_nothing_and_says_so(empty_shop: Shop) -> None:
    with pytest.raises(NothingLearned, match="no orders"):
        learn(empty_shop, now=NOW, seed=0)


def test_learning_makes_the_current_snapshot_of_every_order(small_shop: Shop) -> None:
    steps: list[tuple[str, int, int]] = []
    learned = learn(small_shop, now=NOW, seed=0, progress=lambda *step: steps.append(step))
    assert (learned.orders, learned.products, learned.customers) == (400, 12, 40)
    assert current_snapshot(small_shop.snapshots) == learned.snapshot_id
    assert learned.complement_pairs > 0
    assert steps[-1] == ("done", len(steps) - 1, len(steps) - 1)
    part = open_snapshot(small_shop.snapshots).parts["complements"]
    assert isinstance(part, FittedComplements)
    assert part.of("cam-a")["item"][0] == "card"


def test_the_same_facts_give_the_same_arrays(small_shop: Shop) -> None:
    first = open_snapshot(small_shop.snapshots, learn(small_shop, now=NOW, seed=3).snapshot_id)
    second = open_snapshot(small_shop.snapshots, learn(small_shop, now=NOW, seed=3).snapshot_id)
    for name, part in first.parts.items():
        for key, values in part.arrays().items():
            assert (values == second.parts[name].arrays()[key]).all(), (name, key)


def test_a_second_learner_is_told_who_is_at_work(small_shop: Shop) -> None:
    lock = small_shop.settings.home / "learn.lock"
    holder = (
        "import sys, time; from pathlib import Path; from tsuide.app.locks import alone\n"
        "with alone(Path(sys.argv[1]), 'a learner'):\n    print('held', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", holder, str(lock)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(Unavailable, match="a learner is at work") as caught:
            learn(small_shop, now=NOW, seed=0)
        assert caught.value.value == str(other.pid)
        other.kill()
        other.wait()
    with alone(lock, "a learner"):
        pass  # the system took the lock back when its holder died


def test_a_later_run_keeps_the_last_choice_unless_it_is_asked_to_choose_anew(small_shop: Shop) -> None:
    def score(*, tune: bool) -> str:
        part = open_snapshot(small_shop.snapshots, learn(small_shop, now=NOW, seed=0, tune=tune).snapshot_id)
        found = part.parts["complements"]
        assert isinstance(found, FittedComplements)
        return found.score.name

    usual = score(tune=False)
    baskets = Baskets.from_frame(small_shop.store.facts.purchases(), basket="order_id", item="product_id")
    other = Complements(score="ppmi").fit(baskets)
    save_snapshot(small_shop.snapshots, {"complements": other}, {})
    assert usual != other.score.name
    assert score(tune=False) == other.score.name
    assert score(tune=True) == usual


def test_every_model_that_the_data_can_teach_is_learned_and_the_others_say_why(small_shop: Shop) -> None:
    learned = learn(small_shop, now=NOW, seed=0)
    parts = open_snapshot(small_shop.snapshots).parts
    assert {"complements", "alternatives", "timing", "replenishment", "bundles", "fillers"} <= set(parts)
    assert {"completion", "next_basket", "backoff"} <= set(parts)
    assert {"sessions", "reviews"} <= set(learned.left_out)
    assert not set(learned.left_out) & set(parts)
    assert set(learned.seconds) >= set(parts)
    assert "no views" in learned.left_out["sessions"]


def test_views_teach_sessions_and_a_gift_teaches_no_refill(small_shop: Shop) -> None:
    events = [
        {
            "id": f"e{n}-{item}",
            "kind": "view",
            "at": NOW - timedelta(hours=n),
            "session_id": f"s{n}",
            "product_id": item,
        }
        for n in range(30)
        for item in ("cam-a", "card")
    ]
    small_shop.store.facts.write_events(conform(pl.DataFrame(events), EVENTS))
    lines = small_shop.store.facts.order_lines().with_columns(gift=pl.col("product_id") == "rice")
    small_shop.store.facts.write_orders(small_shop.store.facts.orders(), lines)
    learn(small_shop, now=NOW, seed=0)
    parts = open_snapshot(small_shop.snapshots).parts
    sessions, refills = parts["sessions"], parts["replenishment"]
    assert isinstance(sessions, FittedSessions)
    assert isinstance(refills, FittedReplenishment)
    assert sessions.recommend(["cam-a"], n=1).ids(0) == ["card"]
    assert "rice" not in refills.item_ids
    assert "tea" in refills.item_ids
