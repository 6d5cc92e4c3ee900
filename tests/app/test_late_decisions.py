"""What the store cannot take in time is kept in the home, and handed in once."""

import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from tsuide.app.late_decisions import LateDecisions
from tsuide.app.wiring import Shop
from tsuide.errors import Unavailable
from tsuide.store.decisions import decision_row
from tsuide.store.rows import Row, Value


def rows(*ids: str) -> list[Row]:
    return [_row(each) for each in ids]


def _row(decision: str) -> Row:
    values: dict[str, Value] = {"id": decision, "at": 0, "placement": "cart", "arm": "treated", "snapshot_id": "s"}
    return decision_row(values | {"sequence": 0, "policy_version": "1", "seed": 0, "record": "{}"})


def late(shop: Shop, most: int = 1 << 20) -> LateDecisions:
    return LateDecisions(shop.settings.home / "late", shop.store.journal(), shop.store.facts.sequence, most=most)


def ids_of(shop: Shop) -> list[str]:
    return sorted(each["id"] for each in shop.store.decisions.walk(99)[0])


def test_what_was_kept_is_handed_in_once_and_its_file_goes(empty_shop: Shop) -> None:
    kept = late(empty_shop)
    kept.lost(Unavailable("gone"))
    kept.keep(rows("a", "b"))
    kept.keep(rows("c"))
    assert (ids_of(empty_shop), kept.away, kept.used) == ([], True, True)
    assert kept.hand_in() == 3
    assert (ids_of(empty_shop), kept.away, kept.used) == (["a", "b", "c"], False, False)
    kept.keep(rows("c", "d"))  # it may be in the store already: its answer came too late
    assert kept.hand_in() == 2
    assert ids_of(empty_shop) == ["a", "b", "c", "d"]
    assert [*(empty_shop.settings.home / "late").iterdir()] == []


def test_a_line_that_was_never_finished_is_no_decision(empty_shop: Shop) -> None:
    kept = late(empty_shop)
    kept.keep(rows("a"))
    (file,) = (empty_shop.settings.home / "late").iterdir()
    with file.open("ab") as half:
        half.write(b'["decision", {"id": "b", "at"')
    assert kept.hand_in() == 1
    assert ids_of(empty_shop) == ["a"]


def test_a_row_that_the_store_refuses_keeps_no_other_waiting(empty_shop: Shop) -> None:
    kept = late(empty_shop)
    bad = decision_row({"id": "bad", "at": 0, "placement": None, "record": "{}"})
    kept.keep([*rows("a"), bad, *rows("b")])
    kept.hand_in()
    assert ids_of(empty_shop) == ["a", "b"]


def test_more_than_there_is_room_for_is_refused_and_nothing_half_of_it_stays(empty_shop: Shop) -> None:
    kept = late(empty_shop, most=400)
    kept.keep(rows("a"))
    with pytest.raises(Unavailable, match="wait for the store"):
        kept.keep(rows("b", "c"))
    assert kept.hand_in() == 1


def _keep_and_be_killed(home: Path) -> None:
    from tsuide.app.wiring import open_shop
    from tsuide.config import Settings

    shop = open_shop(Settings(home=home))
    late(shop).keep(rows("of-the-dead"))
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_a_killed_process_kept_the_next_one_hands_in_and_of_the_living_nothing(empty_shop: Shop) -> None:
    living = late(empty_shop)
    living.keep(rows("of-the-living"))
    process = multiprocessing.get_context("spawn").Process(target=_keep_and_be_killed, args=(empty_shop.settings.home,))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    assert late(empty_shop).hand_in() == 1
    assert ids_of(empty_shop) == ["of-the-dead"]
    assert living.hand_in() == 1
    assert ids_of(empty_shop) == ["of-the-dead", "of-the-living"]
