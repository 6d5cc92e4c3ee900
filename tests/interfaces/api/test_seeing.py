"""What an operator sees: figures, log lines with request ids, spans; and what a browser may do."""

import json
import re
from typing import Any

import pytest
import structlog
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.testclient import TestClient

from tsuide.app import tracing
from tsuide.interfaces.api.frame import Frame


def figure(served: Any, name: str, **labels: str) -> float:
    """The sum over every series with these labels: whoever asked before in this process has counted too."""
    lines = served.client.get("/metrics").text.splitlines()
    series = [found for line in lines if (found := re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line))]
    return sum(
        float(each.group(2))
        for each in series
        if all(f'{key}="{value}"' in (each.group(1) or "") for key, value in labels.items())
    )


def test_requests_are_counted_by_route_and_status_and_never_by_id(served: Any) -> None:
    labels = {"method": "GET", "route": "/v1/products/{product}", "status": "404"}
    before = figure(served, "tsuide_http_request_seconds_count", **labels)
    for name in ("never-a-product-1", "never-a-product-2"):
        served.client.get(f"/v1/products/{name}", headers={"X-Api-Key": served.rep})
    assert figure(served, "tsuide_http_request_seconds_count", **labels) == before + 2
    assert "never-a-product" not in served.client.get("/metrics").text
    served.client.get("/no/such/page")
    assert figure(served, "tsuide_http_request_seconds_count", route="unmatched", status="404") >= 1


def test_decisions_messages_and_the_state_are_told(served: Any) -> None:
    before = figure(served, "tsuide_decisions_total", placement="till")
    served.ask(placement="till", anonymous_id="v1", cart=[{"product_id": "tea"}])
    assert figure(served, "tsuide_decisions_total", placement="till") == before + 1
    item = {"event": "Product Viewed", "anonymousId": "v", "properties": {"product_id": "tea"}}
    taken = figure(served, "tsuide_messages_total", state="taken")
    served.client.post("/v1/track", json=item | {"messageId": "seen-1"}, headers={"X-Api-Key": served.storefront})
    assert figure(served, "tsuide_messages_total", state="taken") == taken + 1
    assert figure(served, "tsuide_snapshot_age_seconds") > 0
    assert figure(served, "tsuide_fact_sequence") > 0
    assert 'tsuide_journal_waiting_rows{grade="record",shop=""}' in served.client.get("/metrics").text


def test_a_request_makes_spans_for_itself_its_decision_and_its_commit(served: Any) -> None:
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracing.start(provider)
    try:
        parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        headers = {"X-Api-Key": served.storefront, "X-Request-Id": "spans-1", "traceparent": parent}
        served.client.post("/v1/offers", json={"placement": "home"}, headers=headers)
    finally:
        tracing.start(None)
    spans: dict[str, Any] = {each.name: each for each in kept.get_finished_spans()}
    request = spans["POST /v1/offers"]
    assert request.attributes["http.response.status_code"] == 200
    assert request.attributes["tsuide.request_id"] == "spans-1"
    assert f"{request.context.trace_id:x}" == "af7651916cd43dd8448eb211c80319c"
    for name in ("decide", "journal"):
        assert spans[name].parent.span_id == request.context.span_id
    assert spans["decide"].attributes["placement"] == "home"


@pytest.mark.parametrize(("log", "lines"), [("all", ["request", "unforeseen", "request"]), ("off", ["unforeseen"])])
def test_what_nobody_foresaw_is_a_problem_and_stands_in_the_log_with_its_id(log: str, lines: list[str]) -> None:
    async def app(scope: Any, _receive: Any, send: Any) -> None:
        if scope["path"] == "/good":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"fine"})
            return
        raise ZeroDivisionError("nobody saw it coming")

    with structlog.testing.capture_logs() as seen:
        client = TestClient(Frame(app, log=log))
        assert client.get("/good").text == "fine"
        answer = client.get("/bad", headers={"X-Request-Id": "bad-1"})
    assert (answer.status_code, answer.json()["code"], answer.json()["request_id"]) == (500, "internal-error", "bad-1")
    assert "nobody saw" not in answer.text
    assert [each["event"] for each in seen] == lines
    told = next(each for each in seen if each["event"] == "unforeseen")
    assert (told["request_id"], told["path"]) == ("bad-1", "/bad")
    assert "ZeroDivisionError" in told["traceback"]
    assert json.dumps(seen)


def test_a_page_of_any_shop_may_ask_with_the_headers_that_it_needs(served: Any) -> None:
    asked = {
        "Origin": "https://shop.example.jp",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-api-key,content-type,x-customer-token,idempotency-key",
    }
    answer = served.client.options("/v1/offers", headers=asked)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
    real = served.client.post(
        "/v1/offers", json={"placement": "home"}, headers={"Origin": "https://x.jp", "X-Api-Key": served.storefront}
    )
    assert real.headers["access-control-allow-origin"] == "*"
    assert "Retry-After" in real.headers["access-control-expose-headers"]
    refused = served.client.post("/v1/offers", json={}, headers={"Origin": "https://x.jp"})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, "*")


def test_a_token_in_a_path_does_not_stand_in_the_log() -> None:
    token = "x" * 300

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    with structlog.testing.capture_logs() as seen:
        TestClient(Frame(app, log="failures")).get(f"/m/quote/{token}")
    assert [each["path"] for each in seen] == ["/m/quote/xxxxxxxx…"]
