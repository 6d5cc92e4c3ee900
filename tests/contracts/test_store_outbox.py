"""The outbox on SQLite and on PostgreSQL: sent at most once, every contact counted, nothing lost with a process."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import polars as pl
import pytest

from tsuide.errors import Conflict, NotFound
from tsuide.facts.consent import CONSENTS
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.schema import conform
from tsuide.kit.clock import to_micros
from tsuide.store.database import Store, open_store
from tsuide.store.outbox import Cap, Reservation, Reserved, Seen, Settlement

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
LEASE = NOW + timedelta(minutes=10)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()


def asked(key: str, **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "key": key,
        "id": f"m_{key}",
        "customer_id": "c1",
        "channel": "email",
        "purpose": "marketing",
    }
    row |= {"template": "offer", "source": None, "record": json.dumps({"key": key}), "asked_at": to_micros(NOW)}
    return row | {"due_at": to_micros(NOW)} | more


def touch(key: str) -> dict[str, Any]:
    row = {"id": f"t_{key}", "outcome": "shown", "channel": "email", "placement": "email"}
    return row | {"at": to_micros(NOW), "decision_id": None, "offer_id": None}


def one_at_most(contacts: Sequence[Seen]) -> str | None:
    return "contact_limit" if contacts else None


def reservation(key: str, **more: Any) -> Reservation:
    made = Reservation(key, 0, "c1", NOW - timedelta(days=7), one_at_most, (touch(key),), values={"domain": "a.jp"})
    return replace(made, **more)


def reserved(store: Store, key: str, **more: Any) -> Reserved:
    return store.outbox.reserve([reservation(key, **more)], NOW, LEASE)[0]


def test_a_key_is_one_message(store: Store) -> None:
    assert store.outbox.put([asked("a"), asked("b")]) == 2
    assert store.outbox.put([asked("a"), asked("c")]) == 1
    with pytest.raises(Conflict, match="another message"):
        store.outbox.put([asked("a", record="{}")])
    with pytest.raises(NotFound, match="no such message"):
        store.outbox.get("z")
    assert store.outbox.find("z") is None
    assert [row["key"] for row in store.outbox.listed("waiting", "c1", "m_a", 1)] == ["b"]


def test_what_is_reserved_is_a_contact_before_anything_goes_out(store: Store) -> None:
    store.outbox.put([asked("a"), asked("b")])
    assert reserved(store, "a").outcome == "reserved"
    assert [row.channel for row in store.contacts.of(NOW - timedelta(days=1), "c1")] == ["email"]
    assert reserved(store, "a").outcome == "taken"
    assert reserved(store, "b") == Reserved("b", "held", "contact_limit")
    assert store.outbox.get("a")["state"] == "sending"
    store.outbox.settle([Settlement("a", 1, "sent", reference="<m>")], NOW)
    row = store.outbox.get("a")
    assert (row["state"], row["reference"], row["lease_until"]) == ("sent", "<m>", None)


@pytest.mark.parametrize("state", ["failed", "waiting"])
def test_what_did_not_go_out_was_no_contact(store: Store, state: str) -> None:
    store.outbox.put([asked("a")])
    reserved(store, "a")
    later = NOW + timedelta(minutes=5)
    store.outbox.settle([Settlement("a", 1, state, "refused_550", later)], NOW)  # type: ignore[arg-type]  # a state
    assert store.contacts.of(NOW - timedelta(days=1), "c1") == []
    row = store.outbox.get("a")
    assert (row["state"], row["code"], row["sent_at"]) == (state, "refused_550", None)
    assert [each["code"] for each in store.outbox.verdicts("m_a")] == ["refused_550"]


def test_a_contact_and_its_end_both_touch_the_customer_s_segments(store: Store) -> None:
    store.segments.watch()
    store.outbox.put([asked("a")])
    reserved(store, "a")
    assert [row["customer_id"] for row in store.segments.touches(9)] == ["c1"]
    store.outbox.settle([Settlement("a", 1, "failed", "smtp_550")], NOW)
    assert [row["customer_id"] for row in store.segments.touches(9)] == ["c1", "c1"]


def test_of_two_to_one_customer_in_one_batch_the_second_finds_the_first(store: Store) -> None:
    store.outbox.put([asked("a"), asked("b")])
    found = store.outbox.reserve([reservation("a"), reservation("b")], NOW, LEASE)
    assert [(each.outcome, each.code) for each in found] == [("reserved", None), ("held", "contact_limit")]


def test_of_many_who_reserve_for_one_customer_one_gets_the_last_contact(store: Store) -> None:
    keys = [f"k{n}" for n in range(8)]
    store.outbox.put([asked(key) for key in keys])
    with ThreadPoolExecutor(8) as pool:
        found = [each.outcome for each in pool.map(lambda key: reserved(store, key), keys)]
    assert sorted(found) == ["held"] * 7 + ["reserved"]
    assert len(store.contacts.of(NOW - timedelta(days=1), "c1")) == 1


def test_of_many_who_reserve_one_message_one_does(store: Store) -> None:
    store.outbox.put([asked("a")])
    with ThreadPoolExecutor(8) as pool:
        found = [each.outcome for each in pool.map(lambda _: reserved(store, "a"), range(8))]
    assert sorted(found) == ["reserved"] + ["taken"] * 7


def test_what_is_leased_is_given_to_nobody_else_until_its_lease_ends(store: Store) -> None:
    store.outbox.put([asked("a"), asked("b", purpose="transactional"), asked("c", due_at=to_micros(LEASE))])
    assert [row["key"] for row in store.outbox.lease(NOW, LEASE, 10)] == ["b", "a"]  # what must arrive first
    assert store.outbox.lease(NOW, LEASE, 10) == []
    assert {row["key"] for row in store.outbox.lease(LEASE, LEASE + timedelta(minutes=1), 10)} == {"a", "b", "c"}


def test_leases_of_many_workers_do_not_overlap(store: Store) -> None:
    store.outbox.put([asked(f"k{n:02}") for n in range(60)])
    with ThreadPoolExecutor(4) as pool:
        taken = [
            row["key"] for rows in pool.map(lambda _: store.outbox.lease(NOW, LEASE, 15), range(4)) for row in rows
        ]
    assert len(taken) == len(set(taken)) == 60


def test_advertising_left_behind_by_a_dead_process_is_in_doubt_and_what_must_arrive_is_due_again(store: Store) -> None:
    store.outbox.put([asked("a"), asked("b", purpose="transactional", customer_id="c2")])
    reserved(store, "a")
    reserved(store, "b", customer_id="c2")
    assert store.outbox.recover(NOW) == {"in_doubt": 0, "due_again": 0}
    assert store.outbox.recover(LEASE) == {"in_doubt": 1, "due_again": 1}
    assert store.outbox.get("a")["state"] == "in_doubt"
    assert len(store.contacts.of(NOW - timedelta(days=1), "c1")) == 1  # counted as long as nobody knows
    assert store.outbox.get("b")["state"] == "waiting"
    store.outbox.settle([Settlement("a", 1, "sent")], LEASE)  # it was only slow: it knows
    assert store.outbox.get("a")["state"] == "sent"


def test_a_person_says_what_became_of_a_message_in_doubt(store: Store) -> None:
    store.outbox.put([asked("a"), asked("b", customer_id="c2")])
    reserved(store, "a")
    reserved(store, "b", customer_id="c2")
    store.outbox.recover(LEASE)
    assert store.outbox.resolve("a", LEASE, went_out=True, who="hanako")["state"] == "sent"
    assert store.outbox.resolve("b", LEASE, went_out=False, who="hanako")["state"] == "waiting"
    assert store.contacts.of(NOW - timedelta(days=1), "c2") == []
    assert store.outbox.verdicts("m_b")[-1]["detail"] == "hanako"
    with pytest.raises(Conflict, match="not in doubt"):
        store.outbox.resolve("a", LEASE, went_out=True, who="hanako")
    with pytest.raises(NotFound):
        store.outbox.resolve("z", LEASE, went_out=True, who="hanako")


def test_a_late_answer_to_an_earlier_attempt_changes_nothing(store: Store) -> None:
    store.outbox.put([asked("a", purpose="transactional")])
    reserved(store, "a")
    store.outbox.recover(LEASE)
    reserved(store, "a", attempt=1, check=lambda _: None)
    store.outbox.settle([Settlement("a", 1, "failed", "refused_550")], LEASE)
    assert store.outbox.get("a")["state"] == "sending"


def test_a_cap_counts_what_went_out_to_its_domain(store: Store) -> None:
    store.outbox.put([asked("a"), asked("b", customer_id="c2"), asked("c", customer_id="c3")])
    cap = Cap("domain_rate", NOW - timedelta(minutes=1), 1, LEASE, "a.jp")
    assert reserved(store, "a", caps=(cap,)).outcome == "reserved"
    assert store.outbox.gone_out(cap) == 1
    held = reserved(store, "b", customer_id="c2", caps=(cap,))
    assert held == Reserved("b", "held", "domain_rate", LEASE)
    elsewhere = replace(cap, domain="b.jp")
    assert reserved(store, "c", customer_id="c3", caps=(elsewhere,)).outcome == "reserved"


def test_verdicts_are_kept_and_the_same_twice_stands_once(store: Store) -> None:
    store.outbox.put([asked("a")])
    until = NOW + timedelta(hours=1)
    store.outbox.judged("a", "later", "quiet_hours", NOW, until)
    store.outbox.judged("a", "later", "quiet_hours", NOW, until)
    store.outbox.judged("a", "never", "consent", until)
    assert [(row["say"], row["code"]) for row in store.outbox.verdicts("m_a")] == [
        ("later", "quiet_hours"),
        ("never", "consent"),
    ]
    row = store.outbox.get("a")
    assert (row["state"], row["code"]) == ("refused", "consent")
    store.outbox.judged("a", "later", "quiet_hours", NOW, until)  # it is settled
    assert store.outbox.get("a")["state"] == "refused"
    assert store.outbox.counts() == [{"state": "refused", "code": "consent", "n": 1}]


def test_events_are_recorded_once_and_a_bounce_says_more_than_a_complaint(store: Store) -> None:
    store.outbox.put([asked("a")])
    reserved(store, "a", values={"address_mark": "x"})
    row = store.outbox.by_id("m_a")
    assert store.outbox.happened("e1", "soft_bounce", row, NOW, "4.2.2")
    assert not store.outbox.happened("e1", "soft_bounce", row, NOW, "4.2.2")
    assert store.outbox.soft_bounces("x", NOW - timedelta(days=1)) == 1
    assert [each["kind"] for each in store.outbox.events("m_a")] == ["soft_bounce"]
    store.outbox.block("x", "complaint", NOW)
    store.outbox.block("x", "bounce", NOW, "5.1.1")
    store.outbox.block("x", "complaint", NOW)
    assert store.outbox.blocked(["x", "y"]) == {"x": "bounce"}
    assert store.outbox.unblock("x")
    assert not store.outbox.unblock("x")


def test_addresses_that_take_no_mail_are_listed_the_newest_first(store: Store) -> None:
    reasons: list[Literal["bounce", "complaint"]] = ["bounce", "complaint", "bounce"]
    for n, reason in enumerate(reasons):
        store.outbox.block(f"x{n}", reason, NOW + timedelta(hours=n), f"5.1.{n}")
    assert [(row["mark"], row["reason"]) for row in store.outbox.all_blocked(2)] == [
        ("x2", "bounce"),
        ("x1", "complaint"),
    ]
    assert store.outbox.all_blocked(9)[2] == {"mark": "x0", "reason": "bounce", "at": to_micros(NOW), "detail": "5.1.0"}
    assert store.outbox.one_blocked("x0") == store.outbox.all_blocked(9)[2]
    assert store.outbox.one_blocked("x9") is None
    assert store.outbox.count_blocked() == 3


def test_mails_are_counted_by_domain_and_each_kind_of_answer_once_a_mail(store: Store) -> None:
    def gone(key: str, domain: str | None, at: datetime = NOW, **more: Any) -> None:
        purpose = more.pop("purpose", "marketing")
        store.outbox.put([asked(key, purpose=purpose, channel=more.pop("channel", "email"))])
        made = reservation(key, touches=(), values={"domain": domain, "links": more.pop("links", None)})
        assert store.outbox.reserve([made], at, LEASE)[0].outcome == "reserved"
        store.outbox.settle([Settlement(key, 1, more.pop("state", "sent"))], at)

    gone("a", "a.jp", links="[]")
    gone("b", "a.jp")
    gone("c", "b.jp", purpose="transactional")
    gone("d", None)
    gone("old", "a.jp", NOW - timedelta(days=9))
    gone("held", "a.jp", state="failed")
    gone("line", "a.jp", channel="line")
    answers: list[tuple[str, Literal["soft_bounce", "bounce", "open", "click"]]] = [
        ("a", "soft_bounce"), ("a", "soft_bounce"), ("a", "bounce"), ("b", "soft_bounce"), ("b", "open"),
        ("c", "click"), ("old", "bounce"),
    ]  # fmt: skip
    for key, kind in answers:
        row = store.outbox.by_id(f"m_{key}")
        number = len(store.outbox.events(row["id"]))
        assert store.outbox.happened(f"{key}:{number}", kind, row, NOW)
    since = NOW - timedelta(days=1)
    told = {(row["domain"], row["purpose"]): (row["sent"], row["measured"]) for row in store.outbox.by_domain(since)}
    assert told == {("a.jp", "marketing"): (2, 1), ("b.jp", "transactional"): (1, 0), (None, "marketing"): (1, 0)}
    came = {(row["domain"], row["kind"]): row["n"] for row in store.outbox.came_by_domain(since)}
    assert came == {
        ("a.jp", "soft_bounce"): 2, ("a.jp", "bounce"): 1, ("a.jp", "any_bounce"): 2, ("a.jp", "open"): 1,
        ("b.jp", "click"): 1,
    }  # fmt: skip
    assert store.outbox.by_domain(NOW + timedelta(days=1)) == store.outbox.came_by_domain(NOW + timedelta(days=1)) == []


def test_every_word_about_consents_is_told_oldest_first(store: Store) -> None:
    def word(channel: str, day: int, *, granted: bool) -> dict[str, object]:
        row = {"customer_id": "c1", "purpose": "marketing", "channel": channel, "granted": granted}
        return row | {"at": NOW + timedelta(days=day), "source": f"form {day}", "evidence": "x"}

    assert store.outbox.consents_of(["c1"]) == {}
    rows = [word("any", 0, granted=True), word("email", 1, granted=True), word("line", 2, granted=True)]
    store.facts.write_consents(conform(pl.DataFrame(rows), CONSENTS))
    found = store.outbox.consents_of(["c1", "c2"])
    assert [row["source"] for row in found["c1"]] == ["form 0", "form 1", "form 2"]
    assert list(found) == ["c1"]


def test_of_an_erased_customer_only_that_something_went_out_stays(store: Store) -> None:
    store.facts.write_customers(conform(pl.DataFrame([{"id": "c1", "email": "a@a.jp"}]), CUSTOMERS))
    assert store.outbox.recipients(["c1", "c2"])["c1"].email == "a@a.jp"
    store.outbox.put([asked("journey/c1", id="m1"), asked("later/c1", id="m2")])
    reserved(store, "journey/c1", touches=())
    store.outbox.settle([Settlement("journey/c1", 1, "sent")], NOW)
    store.outbox.happened("e1", "open", store.outbox.get("journey/c1"), NOW)
    assert {"outbound", "outbound_event"} <= set(store.erasure.everything_of("c1"))
    done = store.erasure.erase("c1", str, str)
    assert (done["outbound"], done["outbound_event"]) == (2, 1)
    assert "c1" not in json.dumps(store.outbox.listed(n=9)).replace("email", "")
    assert {row["state"] for row in store.outbox.listed(n=9)} == {"sent", "refused"}


def test_templates_keep_every_version_and_one_holds(store: Store) -> None:
    store.mail_templates.put("spring", "v1", "one", NOW)
    store.mail_templates.put("spring", "v2", "two", NOW)
    assert [row["version"] for row in store.mail_templates.active()] == ["v2"]
    store.mail_templates.put("spring", "v1", "one", NOW)
    assert [row["version"] for row in store.mail_templates.active()] == ["v1"]
    assert store.mail_templates.remove("spring")
    assert not store.mail_templates.remove("spring")
    assert {row["version"]: row["active"] for row in store.mail_templates.versions("spring")} == {"v1": 0, "v2": 0}
    assert store.mail_templates.versions("autumn") == []


def test_a_message_on_the_site_is_shown_once_counted_once_and_closed_once(store: Store) -> None:
    assert store.outbox.any_on_site() is False
    store.outbox.put([asked("a", channel="site"), asked("b", channel="site", customer_id="c2"), asked("mail")])
    assert store.outbox.any_on_site() is True
    (row,) = store.outbox.on_site("c1", 5)
    seen = touch("a") | {"id": "m_a:shown", "channel": "site", "placement": "home"}
    going = Reservation("a", row["attempt"], "c1", NOW, lambda _: None, (seen,))
    assert store.outbox.closed("a", NOW) is False  # nobody has seen it
    assert (store.outbox.shown(going, NOW), store.outbox.shown(going, NOW)) == (True, False)
    assert store.outbox.on_site("c1", 5) == []
    assert (store.outbox.closed("a", NOW), store.outbox.closed("a", NOW)) == (True, False)
    rows = store.outcomes.between(NOW, NOW + timedelta(seconds=1))
    told = sorted((each["id"], each["outcome"], each["channel"], each["customer_id"]) for each in rows)
    assert told == [("m_a:declined", "declined", "site", "c1"), ("m_a:shown", "shown", "site", "c1")]
    assert (store.outbox.get("a")["state"], store.outbox.get("a")["code"]) == ("sent", "closed")
