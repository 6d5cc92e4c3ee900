"""What a key changes in how the shop sells stands in the audit log; what only looks, fails or brings facts does not."""

from typing import Any

from tsuide.app.wiring import opened


def entries(served: Any) -> list[tuple[str, str]]:
    with opened(served.settings) as shop:
        return [(row["subject"], row["who"]) for row in reversed(shop.store.audit.listed(100))]


def test_a_change_is_noted_with_its_key_and_what_changes_nothing_is_not(served: Any) -> None:
    headers = {"X-Api-Key": served.admin}
    text = served.client.get("/v1/policy", headers=headers).json()["text"]
    assert served.client.put("/v1/policy", json={"text": text}, headers=headers).status_code == 200
    assert served.client.put("/v1/policy", json={"text": "rules: 5"}, headers=headers).status_code == 400
    assert served.client.put("/v1/policy", json={"text": text}, headers={"X-Api-Key": served.rep}).status_code == 403
    tried = {"condition": "order_count > 5"}
    assert served.client.post("/v1/segments/preview", json=tried, headers=headers).status_code == 200
    segment = {"names": {"ja": "人", "en": "People"}, "condition": "order_count > 5", "confirm": 40}
    assert served.client.put("/v1/segments/people", json=segment, headers=headers).status_code == 200
    served.ask(placement="product", product_id="cam-a")
    found = entries(served)
    assert [subject for subject, _ in found] == ["PUT /v1/policy", "PUT /v1/segments/people"]
    assert all(who.startswith("key ") and len(who) == 16 for _, who in found)
