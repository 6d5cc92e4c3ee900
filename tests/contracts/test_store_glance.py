"""Point look-ups past the pool: what anybody has committed is seen at once, and nothing stays open."""

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from tsuide.kit.clock import to_micros
from tsuide.store.database import open_store
from tsuide.store.glance import Glance
from tsuide.store.outcomes import outcome_row
from tsuide.store.schema import outcome

DAY = datetime(2026, 3, 1, tzinfo=UTC)
_ANOTHER_WORKER = """
import sys
from tsuide.store.database import open_store
from tsuide.store.outcomes import outcome_row
store = open_store(sys.argv[1])
journal = store.journal()
no = {"id": "theirs", "outcome": "declined", "at": int(sys.argv[2]), "customer_id": "c1"}
journal.write("trace", outcome_row(no))
journal.close_now()
store.close()
"""


def test_what_another_process_wrote_is_seen_by_the_next_look_up(store_url: str) -> None:
    store, before = open_store(store_url), DAY - timedelta(days=1)
    journal = store.journal()
    journal.write("trace", outcome_row({"id": "ours", "outcome": "shown", "at": to_micros(DAY), "customer_id": "c1"}))
    assert [each.id for each in store.contacts.of(before, "c1")] == ["ours"]
    later = str(to_micros(DAY) + 1)
    subprocess.run([sys.executable, "-c", _ANOTHER_WORKER, store_url, later], check=True)
    assert [each.id for each in store.contacts.of(before, "c1")] == ["ours", "theirs"]
    journal.close_now()
    store.close()


def test_several_queries_see_one_moment_and_their_own_values(store_url: str) -> None:
    store = open_store(store_url)
    glance = Glance(store.trace)
    number = sa.select(sa.bindparam("n", type_=sa.Integer))
    kinds = sa.select(outcome.c.id).where(outcome.c.outcome == "shown", outcome.c.at >= sa.bindparam("since"))
    found = glance.rows((number, {"n": 4, "since": 0}), (kinds, {"since": 0}), (number, {"n": 5}))
    assert [[tuple(row) for row in rows] for rows in found] == [[(4,)], [], [(5,)]]
    store.close()
    assert [tuple(row) for row in glance.rows((number, {"n": 6}))[0]] == [(6,)]  # a closed store opens anew
    store.close()


def test_threads_look_up_beside_each_other(store_url: str) -> None:
    store = open_store(store_url)
    glance = Glance(store.trace)
    number = sa.select(sa.bindparam("n", type_=sa.Integer))
    wrong: list[int] = []

    def ask(own: int) -> None:
        wrong.extend(own for _ in range(50) if glance.rows((number, {"n": own}))[0][0][0] != own)

    threads = [threading.Thread(target=ask, args=(own,)) for own in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert wrong == []
    store.close()
