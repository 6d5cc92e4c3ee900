"""The audit log: what was changed is told, taken back once, and not over something newer."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tsuide.app.changes import Change, entry_told, record_change, undo_change
from tsuide.app.users import User
from tsuide.app.wiring import Shop
from tsuide.errors import Conflict, NotFound, WrongKey

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
WHO = User("u1", "a@example.com", "A", "owner")


def test_a_change_is_taken_back_with_what_it_recorded_and_once(empty_shop: Shop) -> None:
    done: list[Mapping[str, Any]] = []
    ways = {"price.set": lambda _shop, undo, _who, _now: done.append(undo)}
    seq = record_change(empty_shop, Change("price.set", "tea", 800, 900, {"price": 800}), WHO, NOW)
    back = undo_change(empty_shop, seq, WHO, NOW, ways)
    assert done == [{"price": 800}]
    told = [entry_told(each) for each in empty_shop.store.audit.listed(9)]
    assert [(each["seq"], each["before"], each["after"], each["undoable"]) for each in told] == [
        (back, 900, 800, False),
        (seq, 800, 900, False),
    ]
    with pytest.raises(Conflict, match="already"):
        undo_change(empty_shop, seq, WHO, NOW, ways)
    assert len(done) == 1


def test_what_something_newer_stands_on_is_not_taken_back_before_it(empty_shop: Shop) -> None:
    ways = {"price.set": lambda *_: None}
    first = record_change(empty_shop, Change("price.set", "tea", 800, 900, {}), WHO, NOW)
    second = record_change(empty_shop, Change("price.set", "tea", 900, 950, {}), WHO, NOW)
    with pytest.raises(Conflict, match="newer"):
        undo_change(empty_shop, first, WHO, NOW, ways)
    undo_change(empty_shop, second, WHO, NOW, ways)
    undo_change(empty_shop, first, WHO, NOW, ways)


def test_what_cannot_be_undone_says_so(empty_shop: Shop) -> None:
    seq = record_change(empty_shop, Change("mail.send", "m1"), WHO, NOW)
    with pytest.raises(Conflict, match="cannot be undone"):
        undo_change(empty_shop, seq, WHO, NOW, {})
    with pytest.raises(NotFound):
        undo_change(empty_shop, seq + 1, WHO, NOW, {})


def test_the_log_forgets_an_erased_customer_and_keeps_that_something_was_done(empty_shop: Shop) -> None:
    change = Change("customer.merge", "c1", {"name": "Tanaka"}, None, {"name": "Tanaka"}, customer_id="c1")
    seq = record_change(empty_shop, change, WHO, NOW)
    assert empty_shop.store.erasure.erase("c1", lambda text: text, lambda text: text)["audit_entry"] == 1
    told = entry_told(empty_shop.store.audit.one(seq) or {})
    assert (told["who"], told["action"], told["before"], told["undoable"]) == ("A", "customer.merge", None, False)
    assert "c1" not in str(told)


def test_whoever_may_no_longer_change_a_room_takes_nothing_back_in_it(empty_shop: Shop) -> None:
    done: list[Mapping[str, Any]] = []
    ways = {"policy.save": lambda _shop, undo, _who, _now: done.append(undo)}
    seq = record_change(empty_shop, Change("policy.save", "standard", 1, 2, {"to": 1}), WHO, NOW, room="policy")
    with pytest.raises(WrongKey, match="policy"):
        undo_change(empty_shop, seq, replace(WHO, role="rep"), NOW, ways)
    assert done == []
    undo_change(empty_shop, seq, replace(WHO, role="marketer"), NOW, ways)
    assert done == [{"to": 1}]
