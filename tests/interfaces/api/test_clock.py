"""The machine's clock is moved, forth and back: offers go on, no id comes twice, and no token lives longer."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tsuide.app.customer_tokens import customer_secret, customer_token
from tsuide.app.replaying import replay_decision
from tsuide.app.wiring import opened
from tsuide.asgi import create
from tsuide.config import Settings

NOON = datetime(2026, 6, 1, 3, tzinfo=UTC)
PAGE = {"placement": "product", "product_id": "cam-a"}


@pytest.fixture
def moved(tmp_path: Path, learned: Any) -> Iterator[tuple[TestClient, list[datetime], Settings]]:
    """A server whose clock is set by hand; its randomness is a count, so that only the clock tells ids apart."""
    home = tmp_path / "home"
    shutil.copytree(learned.home, home)
    settings, hand, numbers = Settings(home=home, language="en"), [NOON], count(1)
    app = create(settings, clock=lambda: hand[0], entropy=numbers.__next__)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client, hand, settings


def test_offers_go_on_whichever_way_the_clock_is_moved_and_each_is_one_of_its_own(moved: Any, learned: Any) -> None:
    client, hand, settings = moved
    found, key = [], {"X-Api-Key": learned.keys[0]}
    for step in (0, 3_600, -7_200, 86_400 * 400, -86_400 * 400, 0, 0):  # with summer time, a dead battery, NTP
        hand[0] += timedelta(seconds=step)
        for visitor in ("v1", "v2"):
            answer = client.post("/v1/offers", json=PAGE | {"anonymous_id": visitor}, headers=key)
            assert answer.status_code == 200, answer.text
            found.append(answer.json()["decision"])
            assert client.get("/readyz").status_code == 200
            assert client.get("/metrics").status_code == 200
    assert len(found) == len(set(found)) == 14
    with opened(settings) as shop:
        assert all(replay_decision(shop, each).same for each in found)


def test_a_token_ends_with_the_clock_that_there_is_and_none_lives_longer_than_it_may(moved: Any, learned: Any) -> None:
    client, hand, settings = moved
    with opened(settings) as shop:
        token = customer_token("c05", customer_secret(shop, NOON), NOON + timedelta(hours=1))
        far = customer_token("c05", customer_secret(shop, NOON), NOON + timedelta(days=30))

    def warned(sent: str) -> str:
        headers = {"X-Api-Key": learned.keys[0], "X-Customer-Token": sent}
        answer = client.post("/v1/offers", json=PAGE | {"customer_id": "c05"}, headers=headers)
        assert answer.status_code == 200
        return " ".join(answer.json()["warnings"])

    assert warned(token) == ""
    hand[0] += timedelta(hours=2)
    assert "expired" in warned(token)
    hand[0] -= timedelta(days=5)  # back: the token is as good as the clock says, and none may live beyond 31 days
    assert warned(token) == ""
    assert "more than 31 days" in warned(far)
