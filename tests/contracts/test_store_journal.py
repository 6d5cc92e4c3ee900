"""The journal: group commit, two grades, one guilty row alone refused, and nothing acknowledged is ever lost."""

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tsuide.errors import BadValue
from tsuide.store.database import Store, open_store
from tsuide.store.engines import writing
from tsuide.store.rows import Row

WRITER = Path(__file__).parents[1] / "store" / "writer.py"


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()


def event(name: str, **more: str | int | None) -> Row:
    return Row("event", {"id": name, "kind": "view", "at": 0, **more})


def outcome(name: str, word: str) -> Row:
    return Row("outcome", {"id": name, "outcome": word, "at": 0})


def ids(store: Store, table: str = "event") -> set[str]:
    with store.record.connect() as connection:
        return set(connection.execute(sa.text(f"SELECT id FROM {table}")).scalars())


@pytest.mark.parametrize("grade", ["trace", "record"])
def test_many_callers_share_commits_and_each_learns_what_was_new(store: Store, grade: str) -> None:
    async def run() -> list[tuple[bool, ...]]:
        journal = store.journal()
        write = journal.trace if grade == "trace" else journal.record
        answers = await asyncio.gather(*(write(event(f"e{i // 2}"), event(f"f{i}")) for i in range(200)))
        await journal.close()
        return answers

    answers = asyncio.run(run())
    assert sum(first for first, _ in answers) == 100
    assert all(second for _, second in answers)
    assert len(ids(store)) == 300


def test_the_first_of_two_rows_with_one_id_stays(store: Store) -> None:
    journal = store.journal()
    assert journal.write("record", event("e1", query="first")) == (True,)
    assert journal.write("trace", event("e1", query="second"), event("e2")) == (False, True)
    journal.close_now()
    assert dict(store.facts.events().select("id", "query").rows()) == {"e1": "first", "e2": None}


@pytest.mark.parametrize("grade", ["trace", "record"])
def test_a_refused_row_fails_its_own_caller_only(store: Store, grade: str) -> None:
    async def run() -> list[tuple[bool, ...] | BaseException]:
        journal = store.journal()
        write = journal.trace if grade == "trace" else journal.record
        calls = [write(outcome("good-1", "shown")), write(event("e1"), outcome("bad", "sold"))]
        calls += [write(outcome("good-2", "clicked")), write(event("huge", at=2**63))]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        await journal.close()
        return answers

    first, bad, second, huge = asyncio.run(run())
    assert (first, second) == ((True,), (True,))
    assert isinstance(bad, BadValue)
    assert "ck_outcome_outcome" in str(bad)
    assert isinstance(huge, BadValue)
    assert ids(store, "outcome") == {"good-1", "good-2"}
    assert ids(store) == set()


def test_a_full_queue_makes_callers_wait_and_loses_nothing(store: Store) -> None:
    async def run() -> int:
        journal = store.journal(bound=3)
        answers = await asyncio.gather(*(journal.record(event(f"e{i}")) for i in range(50)))
        await journal.close()
        return sum(new for (new,) in answers)

    assert asyncio.run(run()) == 50
    assert len(ids(store)) == 50


def test_a_cancelled_caller_does_not_stop_the_others(store: Store) -> None:
    async def run() -> tuple[bool, ...]:
        journal = store.journal()
        gone = asyncio.create_task(journal.record(event("gone")))
        await asyncio.sleep(0)
        stays = asyncio.create_task(journal.record(event("stays")))
        gone.cancel()
        answer = await stays
        await journal.close()
        return answer

    assert asyncio.run(run()) == (True,)
    assert "stays" in ids(store)


def test_a_commit_waits_for_a_lock_of_another_writer_without_stopping_the_loop(sqlite_url: str) -> None:
    store = open_store(sqlite_url)

    async def run() -> int:
        journal = store.journal()
        turns = 0
        with writing(store.record):
            task = asyncio.create_task(journal.trace(event("e1")))
            for _ in range(20):
                await asyncio.sleep(0.005)
                turns += 1
            assert not task.done()
        assert await task == (True,)
        await journal.close()
        return turns

    assert asyncio.run(run()) == 20
    assert ids(store) == {"e1"}
    store.close()


def test_full_traces_are_as_durable_as_records(store: Store) -> None:
    journal = store.journal(trace_durability="full")
    assert journal.write("trace", event("e1")) == (True,)
    journal.close_now()
    assert ids(store) == {"e1"}


def test_the_log_is_moved_into_the_file_in_the_background(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    journal = store.journal()
    journal.write("trace", *(event(f"e{i}", query="x" * 1000) for i in range(8000)))
    file = Path(str(store.url.database))
    deadline = time.monotonic() + 10
    while file.stat().st_size < 8_000_000 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert file.stat().st_size >= 8_000_000
    journal.close_now()
    store.close()


# --- processes --------------------------------------------------------------------------------------------


def start(url: str, name: str, callers: int) -> subprocess.Popen[str]:
    command = [sys.executable, str(WRITER), url, name, str(callers)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("seed", [1, 2])
def test_kill_9_under_load_loses_nothing_acknowledged(
    store_url: str, seed: int, rows_of: Callable[[str, str], int]
) -> None:
    """Two processes write to one store; each is killed after a random number of acknowledgements."""
    chance = random.Random(seed)  # noqa: S311 - a seeded place to kill, no secret
    open_store(store_url).close()
    writers = [start(store_url, f"w{i}", callers=8) for i in range(2)]
    acknowledged: list[str] = []
    for writer in writers:
        assert writer.stdout is not None
        acknowledged += [writer.stdout.readline().strip() for _ in range(chance.randrange(100, 600))]
        writer.kill()
        rest, _ = writer.communicate()
        acknowledged += [text for text in rest.split("\n")[:-1] if text]
    store = open_store(store_url)
    kept = ids(store)
    store.close()
    assert len(acknowledged) >= 200
    assert {name.rsplit("-", 1)[1] for name in acknowledged} == {"trace", "record"}
    assert set(acknowledged) - kept == set()
    assert rows_of(store_url, "event") == len(kept)


def test_two_processes_may_open_a_new_store_at_once(new_store_url: str) -> None:
    code = "import sys; from tsuide.store.database import open_store; print(open_store(sys.argv[1]).facts.sequence())"
    command = [sys.executable, "-c", code, new_store_url]
    openers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [opener.communicate()[0] for opener in openers] == ["0\n"] * 3
    assert [opener.returncode for opener in openers] == [0, 0, 0]
