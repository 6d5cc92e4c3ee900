from typing import Any

import pytest

from tsuide.app.mail_templates import put_template
from tsuide.app.serving import Serving, clock
from tsuide_client.calls import site_message
from tsuide_client.records import Recorded, answer_of

HELLO = """
subject: {ja: "お知らせ", en: "News"}
site: {ja: "点検は6月末まで", en: "Servicing until June"}
body: {ja: "{{ words('x') }}", en: "{{ words('x') }}"}
"""


_NEXT = iter(["c07", "c08"])


@pytest.fixture
def left(served: Any) -> str:
    """Somebody for whom a message waits."""
    who = next(_NEXT)
    serving: Serving = served.client.app.state.serving
    put_template(serving.shop, "hello", HELLO, clock())
    body = {"key": f"hello/{who}", "customer_id": who, "template": "hello", "channel": "site", "now": False}
    answer = served.client.post("/v1/outreach/messages", json=body, headers={"X-Api-Key": served.admin})
    assert answer.status_code in {200, 202}, answer.text
    serving.site_messages.refresh()
    return who


def test_a_page_is_told_the_message_of_a_customer_who_is_proven_and_says_what_became_of_it(
    served: Any, left: str
) -> None:
    serving: Serving = served.client.app.state.serving

    def ask(token: str | None = None, **more: Any) -> Any:
        headers = {"X-Api-Key": served.storefront} | ({} if token is None else {"X-Customer-Token": token})
        body = {"placement": "home", "customer_id": left, "language": "en"} | more
        return served.client.post("/v1/offers", json=body, headers=headers).json()["message"]

    token = serving.signed_in(left)
    assert ask() is None  # a page may claim anything
    message = ask(token)
    assert (message["title"], message["text"], message["offers"]) == ("News", "Servicing until June", [])
    assert ask(token, slot="banner") is None
    path = f"/v1/site-messages/{message['id']}/outcomes"

    def tell(outcome: str) -> Any:
        return served.client.post(path, json={"outcome": outcome}, headers={"X-Api-Key": served.storefront}).json()

    assert (tell("shown"), tell("shown")) == ({"recorded": True}, {"recorded": False})
    assert ask(token) is None
    assert tell("closed") == {"recorded": True}
    assert serving.shop.store.outbox.get(f"hello/{left}")["code"] == "closed"


def test_our_python_client_reads_the_message_and_tells_what_became_of_it(served: Any, left: str) -> None:
    token = served.client.app.state.serving.signed_in(left)
    headers = {"X-Api-Key": served.storefront, "X-Customer-Token": token}
    body = {"placement": "home", "customer_id": left, "language": "ja"}
    answer = answer_of(served.client.post("/v1/offers", json=body, headers=headers).json())
    assert answer.message is not None
    assert (answer.message.title, answer.message.text) == ("お知らせ", "点検は6月末まで")
    call = site_message(answer.message, "shown")

    def told() -> Recorded:
        return call.result(served.client.request(call.method, call.path, content=call.content(), headers=headers))

    assert (told(), told()) == (Recorded(1, 0), Recorded(0, 1))


def test_a_message_that_nobody_left_is_no_message(served: Any) -> None:
    headers = {"X-Api-Key": served.storefront}
    answer = served.client.post("/v1/site-messages/m_x/outcomes", json={"outcome": "shown"}, headers=headers)
    assert answer.status_code == 404
