"""Every route asks for a key with the right scope: a new route that is not listed here fails."""

from collections.abc import Iterator
from typing import Any

import pytest

OPEN = {("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics")}
SIGNED = {("POST", "/v1/webhooks/shopify"), ("POST", "/v1/webhooks/woocommerce")}
STOREFRONT = {
    ("POST", "/v1/offers"),
    ("POST", "/v1/offers/{decision}/outcomes"),
    ("POST", "/v1/site-messages/{message}/outcomes"),
    ("POST", "/v1/acceptances"),
    ("GET", "/v1/acceptances/{token}"),
    ("POST", "/v1/acceptances/{token}/confirm"),
    ("POST", "/v1/acceptances/{token}/decline"),
    ("POST", "/v1/acceptances/{token}/later"),
    ("POST", "/mp/collect"),
    ("POST", "/v1/promotions/price"),
    *(("POST", f"/v1/{call}") for call in ("identify", "track", "page", "screen", "group", "alias", "batch")),
}
REP = {
    ("GET", "/v1/interactions/costs"),
    *(
        ("GET", f"/v1/deals{part}")
        for part in ("", "/events", "/report", "/{deal}", "/{deal}/history", "/{deal}/promotions")
    ),
    *(
        ("POST", f"/v1/deals{part}")
        for part in ("", "/{deal}", "/{deal}/lines", "/{deal}/set-price", "/{deal}/propose")
    ),
    *(("POST", f"/v1/deals/{{deal}}/{part}") for part in ("lines/{line}/answer", "quote", "send", "promotions")),
    ("DELETE", "/v1/deals/{deal}/promotions/{promotion}"),
    ("GET", "/v1/worklist"),
    ("GET", "/v1/worklist/thresholds"),
    ("POST", "/v1/worklist/notes"),
    ("GET", "/v1/worklist/{rep}"),
    ("POST", "/v1/worklist/{offer}/accept"),
    ("POST", "/v1/worklist/{offer}/dismiss"),
    ("POST", "/v1/worklist/{offer}/snooze"),
    ("GET", "/v1/tasks"),
    ("POST", "/v1/tasks"),
    ("GET", "/v1/tasks/calendar"),
    ("GET", "/v1/tasks/events"),
    ("GET", "/v1/tasks/{task}"),
    ("POST", "/v1/tasks/{task}"),
    ("POST", "/v1/offers/batch"),
    ("GET", "/v1/products"),
    ("GET", "/v1/products/{product}"),
    ("GET", "/v1/products/{product}/relations"),
    ("GET", "/v1/customers"),
    ("GET", "/v1/customers/{customer}"),
    ("GET", "/v1/customers/{customer}/consents"),
    ("POST", "/v1/customers/{customer}/consents"),
    ("GET", "/v1/customers/{customer}/contact"),
    ("GET", "/v1/customers/{customer}/whole"),
    ("GET", "/v1/customers/{customer}/page"),
    ("GET", "/v1/customers/{customer}/interactions"),
    ("POST", "/v1/interactions"),
    ("POST", "/v1/wins"),
    ("GET", "/v1/duplicates"),
    ("GET", "/v1/worklist"),
    ("GET", "/v1/worklist/thresholds"),
    ("GET", "/v1/worklist/{rep}"),
    ("POST", "/v1/worklist/notes"),
    *(("POST", f"/v1/worklist/{{offer}}/{answer}") for answer in ("accept", "dismiss", "snooze")),
    ("POST", "/v1/feedback"),
    ("GET", "/v1/customers/{customer}/feedback"),
    ("GET", "/v1/decisions/{decision}/explain"),
    ("GET", "/v1/snapshots/current"),
    *(("GET", f"/v1/surveys{part}") for part in ("", "/schema", "/ready", "/{survey}", "/{survey}/answers")),
    *(("POST", f"/v1/surveys/{{survey}}/{part}") for part in ("answers", "links")),
}
KEYS = ("none", "wrong", "storefront", "rep", "admin")


def routes(app: Any) -> Iterator[tuple[str, str]]:
    for path, item in app.openapi()["paths"].items():
        for method in item:
            yield method.upper(), path


def lowest(method: str, path: str) -> str:
    """The narrowest key that a route must let in; whatever is not listed is the administrator's."""
    if (method, path) in OPEN | SIGNED:
        return "none"
    if (method, path) in STOREFRONT:
        return "storefront"
    return "rep" if (method, path) in REP else "admin"


def asked(served: Any, method: str, path: str, key: str) -> tuple[int, str | None]:
    headers = {} if key == "none" else {"X-Api-Key": getattr(served, key, "tsk_wrong")}
    for name in ("decision", "token", "product", "customer", "acceptance", "promotion"):
        path = path.replace(f"{{{name}}}", "nothing-of-the-kind")
    answer = served.client.request(method, path, headers=headers, content=b"{}")
    problem = answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"] if problem else None


def test_no_route_of_the_lists_is_gone(served: Any) -> None:
    assert set(routes(served.client.app)) >= OPEN | SIGNED | STOREFRONT | REP


@pytest.mark.parametrize("key", KEYS)
def test_each_key_gets_through_to_just_the_routes_of_its_scope(served: Any, key: str) -> None:
    for method, path in routes(served.client.app):
        if (method, path) in OPEN | SIGNED:
            continue
        (status, code), needed = asked(served, method, path, key), KEYS.index(lowest(method, path))
        if key in {"none", "wrong"}:
            assert status == 401, (method, path, status)
        elif KEYS.index(key) < needed:
            assert (status, code) == (403, "wrong-key"), (method, path, status)
        else:
            assert status not in {401, 429, 500}, (method, path, status)
            assert code != "wrong-key", (method, path, status)


def test_health_needs_no_key_and_webhooks_need_their_signature(served: Any) -> None:
    for method, path in OPEN:
        assert served.client.request(method, path).status_code == 200
    for method, path in SIGNED:
        assert (
            served.client.request(method, path, content=b"{}", headers={"X-Api-Key": served.admin}).status_code == 401
        )
