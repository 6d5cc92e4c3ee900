"""The ports of the console, on both stores: users, sessions, the audit log, and long jobs."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tsuide.errors import Conflict, NotFound
from tsuide.kit.clock import to_micros
from tsuide.store.database import Store, open_store
from tsuide.store.jobs import SILENT

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()


def a_user(n: int, **more: Any) -> dict[str, Any]:
    row = {"id": f"u{n}", "email": f"{n}@example.com", "name": f"user {n}", "role": "owner", "made_at": to_micros(NOW)}
    return row | more


def an_entry(action: str = "policy.activate", subject: str = "standard", **more: Any) -> dict[str, Any]:
    return {"at": to_micros(NOW), "who": "A", "action": action, "subject": subject, **more}


def test_of_two_who_set_up_at_once_one_is_the_first(store: Store) -> None:
    told: list[str] = []

    def first(n: int) -> None:
        try:
            store.users.add(a_user(n), first=True)
        except Conflict:
            told.append(f"u{n}")

    both = [threading.Thread(target=first, args=(n,)) for n in (1, 2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert len(told) == 1
    assert len(store.users.all()) == 1


def test_an_address_is_one_users(store: Store) -> None:
    store.users.add(a_user(1))
    with pytest.raises(Conflict, match="email"):
        store.users.add(a_user(2, email="1@example.com"))
    store.users.add(a_user(2))
    with pytest.raises(Conflict, match="email"):
        store.users.change("u2", {"email": "1@example.com"})
    assert store.users.change("u2", {"name": "Two"})["name"] == "user 2"
    with pytest.raises(NotFound):
        store.users.change("u9", {"name": "Nine"})


def test_an_invitation_lasts_as_long_as_it_says(store: Store) -> None:
    store.users.add(a_user(1, invitation="h1", invited_until=to_micros(NOW + HOUR)))
    found = store.users.by_invitation("h1", NOW)
    assert found is not None
    assert found["id"] == "u1"
    assert store.users.by_invitation("h1", NOW + HOUR) is None
    assert store.users.by_invitation("h2", NOW) is None


def test_a_session_ends_by_itself_when_it_is_ended_and_with_its_user(store: Store) -> None:
    store.users.add(a_user(1))
    for name in ("s1", "s2", "s3"):
        store.users.begin(name, "u1", NOW, NOW + HOUR)
    whose = store.users.whose("s1", NOW)
    assert whose is not None
    assert whose["id"] == "u1"
    assert store.users.whose("s1", NOW + HOUR) is None
    store.users.end("s1")
    assert store.users.whose("s1", NOW) is None
    store.users.change("u1", {"ended_at": to_micros(NOW)})
    assert store.users.whose("s2", NOW) is None
    assert store.users.end_all("u1") == 2


def test_an_entry_is_undone_once(store: Store) -> None:
    seq = store.audit.add(an_entry(undo="{}"))
    again = store.audit.add(an_entry(undoes=seq))
    with pytest.raises(Conflict, match="undone"):
        store.audit.add(an_entry(undoes=seq))
    entry = store.audit.one(seq)
    assert entry is not None
    assert entry["undone_by"] == again


def test_the_newest_entry_of_a_subject_is_one_that_still_holds(store: Store) -> None:
    first = store.audit.add(an_entry(undo="{}"))
    second = store.audit.add(an_entry("policy.restore", undo="{}"))
    store.audit.add(an_entry("policy.activate", "other"))
    store.audit.add(an_entry("policyish.activate"))
    newest = store.audit.newest_of("policy.activate", "standard")
    assert newest is not None
    assert newest["seq"] == second
    store.audit.add(an_entry("policy.restore", undoes=second))
    newest = store.audit.newest_of("policy.activate", "standard")
    assert newest is not None
    assert newest["seq"] == first


def test_the_log_is_read_backwards_in_pages_by_user_room_and_subject(store: Store) -> None:
    seqs = [store.audit.add(an_entry(f"{room}.put", f"s{n}", user_id=f"u{n % 2}")) for n, room in enumerate("abab")]
    assert [each["seq"] for each in store.audit.listed(2)] == seqs[:1:-1]
    assert [each["seq"] for each in store.audit.listed(9, before=seqs[2])] == seqs[1::-1]
    assert [each["subject"] for each in store.audit.listed(9, user_id="u1")] == ["s3", "s1"]
    assert [each["subject"] for each in store.audit.listed(9, room="a")] == ["s2", "s0"]
    assert [each["subject"] for each in store.audit.listed(9, subject="s3")] == ["s3"]


def test_a_job_of_a_kind_is_alone_until_it_ends_or_says_nothing_any_more(store: Store) -> None:
    wanted = {"kind": "learn", "who": "A", "wanted": "{}"}
    store.jobs.begin({"id": "j1", **wanted}, NOW)
    with pytest.raises(Conflict, match="j1"):
        store.jobs.begin({"id": "j2", **wanted}, NOW + HOUR / 60)
    store.jobs.begin({"id": "j3", **wanted, "kind": "effect"}, NOW)
    store.jobs.begin({"id": "j4", **wanted}, NOW + 2 * SILENT)
    store.jobs.tell("j4", NOW + 3 * SILENT, "baskets", 3, 10)
    assert [each["id"] for each in store.jobs.under_way(NOW + 3 * SILENT)] == ["j4"]
    store.jobs.end("j4", '{"orders": 3}', NOW + 3 * SILENT)
    assert store.jobs.under_way(NOW + 3 * SILENT) == []
    found = store.jobs.one("j4")
    assert (found["state"], found["step"], found["done"], found["total"]) == ("done", "baskets", 3, 10)
    assert [each["id"] for each in store.jobs.recent("learn")] == ["j4", "j1"]
    assert [each["id"] for each in store.jobs.recent("learn", state="done")] == ["j4"]
    with pytest.raises(NotFound):
        store.jobs.end("j9", "{}", NOW)
