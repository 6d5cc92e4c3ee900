"""Tracking that is off is off over HTTP; a person's archive, erasing and its proof; the record of processing."""

import io
import json
import uuid
import zipfile
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tsuide.app.customer_tokens import customer_secret, customer_token
from tsuide.app.serving import clock
from tsuide.store.personal import HELD
from tsuide.store.schema import metadata

OFF = [{"Sec-GPC": "1"}, {"DNT": "1"}]


def shop_of(served: Any) -> Any:
    return served.client.app.state.serving.shop


def traces(served: Any, text: str) -> set[str]:
    """Tables of people in which a text stands."""
    with shop_of(served).store.record.connect() as connection:
        return {
            name
            for name in HELD
            for row in connection.execute(sa.select(metadata.tables[name]))
            if any(text in str(value) for value in row)
        }


def token(served: Any, customer_id: str) -> str:
    now = clock()
    return customer_token(customer_id, customer_secret(shop_of(served), now), now + timedelta(minutes=15))


def viewed(served: Any, browser: str, *, key: str = "", **more: Any) -> Any:
    headers = {"X-Api-Key": key or served.storefront, **more.pop("headers", {})}
    body = {"event": "Product Viewed", "messageId": uuid.uuid4().hex, "anonymousId": browser,
            "properties": {"product_id": "tea"}, **more}  # fmt: skip
    answer = served.client.post("/v1/track", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def say(served: Any, customer_id: str, purpose: str, *, granted: bool) -> None:
    body = {"purpose": purpose, "channel": "site", "granted": granted, "evidence": "form 3"}
    answer = served.client.post(f"/v1/customers/{customer_id}/consents", json=body, headers={"X-Api-Key": served.admin})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("off", OFF, ids=["gpc", "dnt"])
def test_of_a_browser_that_asks_not_to_be_followed_nothing_is_kept(served: Any, off: dict[str, str]) -> None:
    browser = f"private-{uuid.uuid4().hex}"
    told = viewed(served, browser, headers=off)
    assert (told["taken"], told["untracked"]) == (0, 1)
    ga4 = {"client_id": browser, "events": [{"name": "view_item", "params": {"items": [{"item_id": "tea"}]}}]}
    answer = served.client.post(f"/mp/collect?api_secret={served.storefront}", json=ga4, headers=off)
    assert answer.status_code == 204
    asked = {"placement": "home", "anonymous_id": browser, "session_id": browser, "customer_id": browser}
    headers = {"X-Api-Key": served.storefront, "X-Customer-Token": token(served, browser), **off}
    decided = served.client.post("/v1/offers", json=asked, headers=headers).json()
    assert any("not to be followed" in each for each in decided["warnings"])
    outcomes = {"outcomes": [{"offer_id": each["id"], "outcome": "shown"} for each in decided["offers"]]}
    path = f"/v1/offers/{decided['decision']}/outcomes"
    assert served.client.post(path, json=outcomes, headers=headers).json() == {"recorded": 0, "already": 0}
    assert traces(served, browser) == set()
    told = viewed(served, browser)  # the same browser without the signal
    assert (told["taken"], told["untracked"]) == (1, 0)


def test_a_withdrawal_is_heard_from_a_browser_that_asks_not_to_be_followed(served: Any) -> None:
    say(served, "c11", "analytics", granted=True)
    body = {"messageId": uuid.uuid4().hex, "userId": "c11", "anonymousId": "unheard-11", "traits": {"name": "H"},
            "context": {"consent": {"categoryPreferences": {"analytics": False}}}}  # fmt: skip
    headers = {"X-Api-Key": served.storefront, "X-Customer-Token": token(served, "c11"), "Sec-GPC": "1"}
    assert served.client.post("/v1/identify", json=body, headers=headers).json()["untracked"] == 1
    assert shop_of(served).store.facts.withdrew(["c11"], "analytics") == {"c11"}
    assert traces(served, "unheard-11") == set()


def test_whoever_withdrew_is_not_measured_whoever_sends_it_and_still_may_buy(served: Any) -> None:
    say(served, "c12", "analytics", granted=True)
    assert viewed(served, "b-12", key=served.rep, userId="c12")["taken"] == 1
    assert "event" in traces(served, "b-12")
    say(served, "c12", "analytics", granted=False)
    assert traces(served, "b-12") == set()
    for key in (served.rep, served.admin):
        told = viewed(served, "b-12", key=key, userId="c12")
        assert (told["taken"], told["untracked"]) == (0, 1)
    assert traces(served, "b-12") == set()
    bought = {"order_id": "o-12", "currency": "JPY", "products": [{"product_id": "tea", "price": 800, "quantity": 1}]}
    body = {"event": "Order Completed", "messageId": uuid.uuid4().hex, "userId": "c12", "anonymousId": "b-12"}
    answer = served.client.post("/v1/track", json={**body, "properties": bought}, headers={"X-Api-Key": served.admin})
    assert answer.json()["taken"] == 1
    assert shop_of(served).store.facts.order("o-12")[0]["customer_id"].to_list() == ["c12"]
    assert traces(served, "b-12") == set()


def test_whoever_withdrew_personalisation_is_measured_without_their_browser(served: Any) -> None:
    say(served, "c13", "personalisation", granted=False)
    assert viewed(served, "b-13", key=served.rep, userId="c13")["taken"] == 1
    assert traces(served, "b-13") == set()
    assert shop_of(served).store.inbox.newest_events(1, customer_id="c13")[0]["customer_id"] == "c13"


def test_a_person_is_exported_erased_and_it_is_proved(served: Any) -> None:
    admin = {"X-Api-Key": served.admin}
    answer = served.client.get("/v1/customers/c14/export", headers=admin)
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["cache-control"] == "no-store"
    about = json.loads(zipfile.ZipFile(io.BytesIO(answer.content)).read("about.json"))
    assert about["tables"]["orders"]["rows"] == 10
    erased = served.client.post("/v1/customers/c14/erase", headers=admin).json()
    assert erased["made_nobodys"]["orders"] == 10
    assert erased["found_afterwards"] == {}
    assert erased["erased_by"].startswith("key ")
    assert served.client.get("/v1/customers/c14/erasure", headers=admin).json() == erased
    assert served.client.get("/v1/customers/c14/export", headers=admin).status_code == 404
    assert served.client.post("/v1/customers/c14/erase", headers=admin).status_code == 404
    assert served.client.get("/v1/customers/c15/erasure", headers=admin).status_code == 404


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_record_of_processing_is_told(served: Any, language: str) -> None:
    headers = {"X-Api-Key": served.admin}
    record = served.client.get("/v1/privacy/record", params={"language": language}, headers=headers).json()
    assert {each["table"] for each in record["customers"] + record["staff"]} == HELD.keys()
