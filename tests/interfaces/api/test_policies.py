"""The policy over HTTP: read, changed, undone, and asked what it would have done."""

from collections.abc import Iterator
from typing import Any

import pytest

STRICT = "name: strict\nholdout: 0%\nrules: {margin_floor: {rate: 100%}}\n"


@pytest.fixture
def admin(served: Any) -> Iterator[dict[str, str]]:
    """Headers of an administrator; the policy of before is in force again afterwards."""
    headers = {"X-Api-Key": served.admin}
    before = served.client.get("/v1/policy", headers=headers).json()
    yield headers
    served.client.post(
        "/v1/policies/activate", json={"name": before["name"], "version": before["version"]}, headers=headers
    )


def test_it_is_read_with_its_version_as_etag(served: Any, admin: dict[str, str]) -> None:
    answer = served.client.get("/v1/policy", headers=admin)
    assert answer.status_code == 200
    assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
    again = served.client.get("/v1/policy", headers={**admin, "If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.text) == (304, "")


def test_a_new_one_holds_at_once_and_the_old_one_undoes_it(served: Any, admin: dict[str, str]) -> None:
    before = served.client.get("/v1/policy", headers=admin)
    ask = {"placement": "product", "product_id": "cam-a", "anonymous_id": "v1"}
    spoken = len(served.ask(**ask)["offers"])
    put = served.client.put(
        "/v1/policy", json={"text": STRICT, "author": "me"}, headers={**admin, "If-Match": before.headers["etag"]}
    )
    assert (put.status_code, put.json()["name"]) == (200, "strict")
    assert served.ask(**ask)["offers"] == []
    late = served.client.put("/v1/policy", json={"text": STRICT}, headers={**admin, "If-Match": before.headers["etag"]})
    assert (late.status_code, late.json()["code"]) == (412, "precondition-failed")
    rows = served.client.get("/v1/policies", headers=admin).json()["policies"]
    assert [row["author"] for row in rows if row["active"]] == ["me"]
    old = {"name": before.json()["name"], "version": before.json()["version"]}
    assert served.client.post("/v1/policies/activate", json=old, headers=admin).json()["text"] == before.json()["text"]
    assert len(served.ask(**ask)["offers"]) == spoken
    gone = served.client.post("/v1/policies/activate", json={**old, "version": "0"}, headers=admin)
    assert (gone.status_code, gone.json()["key"]) == (404, "policy")


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("holdout: 0%\nrules:\n  in_stok: on\n", 3, "rules.in_stok"),
        ("rules: {margin_floor: {rate: 15%}}\nmargin_rates: {Books: 10%}\n", 2, "margin_rates.Books"),
        ("rules: {premium_limit: off}\n", 1, "rules.premium_limit"),
        ("a: [\n", 2, None),
    ],
)
def test_a_wrong_one_names_its_line_and_changes_nothing(
    served: Any, admin: dict[str, str], text: str, line: int, key: str | None
) -> None:
    before = served.client.get("/v1/policy", headers=admin).json()
    for method, path in (("PUT", "/v1/policy"), ("POST", "/v1/policies/what-if")):
        answer = served.client.request(method, path, json={"text": text}, headers=admin)
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["line"]) == (400, "bad-policy", line)
        assert problem.get("key") == key
        assert answer.headers["content-type"] == "application/problem+json"
    assert served.client.get("/v1/policy", headers=admin).json() == before


def test_what_if_counts_by_rule_with_examples_and_says_when_nothing_would_be_left(
    served: Any, admin: dict[str, str]
) -> None:
    served.ask(placement="product", product_id="cam-a", anonymous_id="v1")
    found = served.client.post("/v1/policies/what-if", json={"text": STRICT, "days": 1}, headers=admin).json()
    assert found["decisions"] >= 1
    assert found["refused"] == found["offers"] > 0
    assert found["refuses_everything"]
    assert found["speaking"] == 0
    assert sum(found["candidates_refused_by_rule"].values()) == found["candidates"]
    rule = found["refused_by_rule"]["margin_floor"]
    assert rule["count"] == found["refused"]
    assert {"decision", "product", "title", "kind"} == set(rule["examples"][0])
    same = served.client.get("/v1/policy", headers=admin).json()["text"]
    alike = served.client.post("/v1/policies/what-if", json={"text": same, "days": 1}, headers=admin).json()
    assert (alike["refused"], alike["refuses_everything"]) == (0, False)


def test_only_an_administrator_may(served: Any) -> None:
    for method, path, body in (
        ("GET", "/v1/policy", None),
        ("PUT", "/v1/policy", {"text": STRICT}),
        ("GET", "/v1/policies", None),
        ("POST", "/v1/policies/activate", {"name": "a", "version": "b"}),
        ("POST", "/v1/policies/what-if", {"text": STRICT}),
    ):
        answer = served.client.request(method, path, json=body, headers={"X-Api-Key": served.storefront})
        assert answer.status_code == 403
