"""A key that asks too fast waits; its neighbours do not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tsuide.app.keys import create_key
from tsuide.app.limits import Rate, read_rates
from tsuide.errors import BadSetting


def test_a_key_over_its_rate_is_a_429_that_says_when(served: Any) -> None:
    shop = served.client.app.state.serving.shop
    key, _ = create_key(shop, "slow", ["storefront"], datetime.now(UTC), Rate(0.01, 3))
    answers = [
        served.client.post("/v1/offers", json={"placement": "home"}, headers={"X-Api-Key": key}) for _ in range(4)
    ]
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert answers[3].json()["code"] == "too-many-requests"
    assert answers[3].headers["content-type"] == "application/problem+json"
    assert 90 <= int(answers[3].headers["retry-after"]) <= 101
    other = served.client.post("/v1/offers", json={"placement": "home"}, headers={"X-Api-Key": served.storefront})
    assert other.status_code == 200


def test_a_request_counts_once_however_many_scopes_it_needs(served: Any) -> None:
    shop = served.client.app.state.serving.shop
    key, _ = create_key(shop, "two", ["rep"], datetime.now(UTC), Rate(0.01, 2))
    body = {"placement": "rep", "rep": {"id": "r1"}}
    headers = {"X-Api-Key": key, "Idempotency-Key": "count-once"}
    statuses = [served.client.post("/v1/offers", json=body, headers=headers).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


@pytest.mark.parametrize("text", ["rep", "rep=", "rep=-1", "rep=1/0", "boss=1", "rep=nan"])
def test_a_setting_that_is_no_rate_is_named(text: str) -> None:
    with pytest.raises(BadSetting, match=r"rate|scope"):
        read_rates(text)
