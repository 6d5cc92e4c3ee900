"""The widget's file as a browser fetches it."""

import gzip
from typing import Any

URL = "/widget/tsuide.js"


def test_it_is_small_and_comes_packed(served: Any) -> None:
    answer = served.client.get(URL, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert len(gzip.compress(answer.content, 9)) < 12_000


def test_a_browser_that_has_it_is_told_so(served: Any) -> None:
    first = served.client.get(URL, headers={"Accept-Encoding": "identity"})
    again = served.client.get(URL, headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_a_page_of_another_origin_may_ask_for_offers(served: Any) -> None:
    origin = {"Origin": "https://shop.example.jp"}
    wanted = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key,content-type"}
    preflight = served.client.options("/v1/offers", headers={**origin, **wanted})
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    key = {"X-Api-Key": served.storefront}
    answer = served.client.post("/v1/offers", json={"placement": "home"}, headers={**origin, **key})
    assert answer.headers["access-control-allow-origin"] == "*"
    refused = served.client.post("/v1/offers", json={"placement": "home"}, headers=origin)
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, "*")
