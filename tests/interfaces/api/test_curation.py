"""Curation over HTTP: decided, listed, taken away and undone; in force in the running shop, and in the audit log."""

from collections.abc import Iterator
from typing import Any

import pytest

from tsuide.app.wiring import opened

PAIR: dict[str, Any] = {"about": "beside", "product_id": "cam-a", "other_ids": ["card"]}


def call(served: Any, method: str, path: str = "", status: int = 200, body: Any = None, **asked: Any) -> Any:
    headers = {"X-Api-Key": served.admin}
    answer = served.client.request(method, f"/v1/curation{path}", headers=headers, json=body, params=asked)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.fixture(autouse=True)
def nothing_decided(served: Any) -> Iterator[None]:
    yield
    for each in call(served, "GET")["curation"]:
        asked = {name: each[name] for name in ("about", "product_id", "other_ids") if each[name]}
        call(served, "DELETE", **asked)


def related(served: Any) -> list[str]:
    headers = {"X-Api-Key": served.rep}
    served.client.app.state.serving.decider.refresh()  # a server does so by itself within a second
    found = served.client.get("/v1/products/cam-a/relations", headers=headers).json()
    return [each["product"]["id"] for each in found["complements"]]


def test_a_ban_holds_in_the_running_shop_until_it_is_undone(served: Any) -> None:
    assert "card" in related(served)
    done = call(served, "PUT", body={**PAIR, "verdict": "banned", "who": "Mori"})
    assert (done["before"]["verdict"], done["now"]["verdict"], done["now"]["changed_by"]) == (None, "banned", "Mori")
    assert "card" not in related(served)
    undone = call(served, "POST", "/undo", body=done)
    assert (undone["before"], undone["now"]) == (done["now"], done["before"])
    assert call(served, "GET")["curation"] == []
    assert "card" in related(served)


def test_what_is_taken_away_comes_back_with_who_approved_it_and_when(served: Any) -> None:
    call(served, "PUT", body={**PAIR, "approved": True, "texts": {"en": "Fits in  the bag."}, "who": "Abe"})
    gone = call(served, "DELETE", **PAIR)
    assert (gone["before"]["approved_by"], gone["before"]["texts"]) == ("Abe", {"en": "Fits in the bag."})
    call(served, "DELETE", status=404, **PAIR)
    call(served, "POST", "/undo", body=gone)
    assert call(served, "GET")["curation"] == [gone["before"]]


def test_an_undo_is_refused_while_something_newer_stands(served: Any) -> None:
    banned = call(served, "PUT", body={**PAIR, "verdict": "banned"})
    pinned = call(served, "PUT", body={**PAIR, "verdict": "pinned"})
    call(served, "POST", "/undo", 409, body=banned)
    assert call(served, "GET")["curation"] == [pinned["now"]]
    undone = call(served, "POST", "/undo", body=pinned)
    call(served, "POST", "/undo", 409, body=pinned)
    call(served, "POST", "/undo", body=undone)  # an undo is a change too
    assert call(served, "GET")["curation"] == [pinned["now"]]


def test_what_is_not_named_stays_and_a_key_signs_where_nobody_is_named(served: Any) -> None:
    call(served, "PUT", body={**PAIR, "verdict": "pinned", "texts": {"ja": "一緒に。", "en": "Together."}})
    now = call(served, "PUT", body={**PAIR, "texts": {"ja": ""}})["now"]
    assert (now["verdict"], now["texts"]) == ("pinned", {"en": "Together."})
    assert now["changed_by"].startswith("key ")
    assert call(served, "PUT", body={**PAIR, "verdict": "none"})["now"]["verdict"] is None


def test_the_list_is_narrowed_and_comes_page_by_page(served: Any) -> None:
    call(served, "PUT", body={**PAIR, "verdict": "banned"})
    call(served, "PUT", body={"about": "filler", "other_ids": ["pen"], "approved": True})
    call(served, "PUT", body={"about": "set", "product_id": "cam-a", "other_ids": ["card", "bag"], "verdict": "pinned"})

    def found(**asked: Any) -> list[str]:
        return [each["about"] for each in call(served, "GET", **asked)["curation"]]

    assert found() == ["beside", "filler", "set"]
    assert found(about="set") == found(verdict="pinned") == found(product="bag") == ["set"]
    assert found(approved=True) == ["filler"]
    assert found(worded=True) == []
    first = call(served, "GET", n=2)
    assert (len(first["curation"]), first["total"]) == (2, 3)
    second = call(served, "GET", n=2, cursor=first["next"])
    assert ([each["other_ids"] for each in second["curation"]], second["next"]) == ([["bag", "card"]], None)


@pytest.mark.parametrize(
    ("path", "wrong", "key", "status"),
    [
        ("", {"product_id": None}, "product_id", 400),
        ("", {"other_ids": ["cam-a"]}, "other_ids", 400),
        ("", {"other_ids": ["card", "bag"]}, "other_ids", 400),
        ("/undo", {"approved_at": "2999-01-01T00:00:00Z"}, "approved_at", 400),
        ("/undo", {"changed_at": "0001-01-01T00:00:00+14:00"}, "changed_at", 422),  # no moment that UTC can write
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    served: Any, path: str, wrong: dict[str, Any], key: str, status: int
) -> None:
    sent = {**PAIR, "verdict": "banned"} | wrong
    refused = call(served, "POST" if path else "PUT", path, status, {"before": sent, "now": PAIR} if path else sent)
    assert key in str(refused)
    assert call(served, "GET")["curation"] == []


def test_each_change_stands_in_the_audit_log_with_its_key(served: Any) -> None:
    done = call(served, "PUT", body={**PAIR, "verdict": "banned"})
    call(served, "POST", "/undo", body=done)
    with opened(served.settings) as shop:
        rows = shop.store.audit.listed(2)
    assert [row["subject"] for row in rows] == ["POST /v1/curation/undo", "PUT /v1/curation"]
    assert all(row["who"].startswith("key ") for row in rows)
