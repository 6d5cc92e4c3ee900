from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from tsuide.app.keys import create_key
from tsuide.app.serving import clock
from tsuide.app.wiring import open_shop
from tsuide.asgi import create
from tsuide.config import Settings


def test_before_anything_was_learned_the_server_lives_and_says_what_is_missing(
    tmp_path: Path, fill_shop: Callable[[Any], None]
) -> None:
    settings = Settings(home=tmp_path, language="en", demo_shop=True)
    shop = open_shop(settings)
    fill_shop(shop)
    key, key_id = create_key(shop, "page", ["storefront"], clock())
    reps, _ = create_key(shop, "reps", ["rep"], clock())
    with TestClient(create(settings), raise_server_exceptions=False) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        for answer in (
            client.get("/readyz"),
            client.post("/v1/offers", json={"placement": "home"}, headers={"X-Api-Key": key}),
            client.get("/v1/products/card/relations", headers={"X-Api-Key": reps}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "nothing-learned")
            assert answer.headers["retry-after"] == "5"
            assert "tsuide learn" in answer.json()["way_out"]
        page = client.get("/shop/")
        assert page.status_code == 200
        assert "No products yet" in page.text
    shop.store.keys.revoke(key_id, clock())
    with TestClient(create(settings), raise_server_exceptions=False) as client:
        answer = client.post("/v1/offers", json={"placement": "home"}, headers={"X-Api-Key": key})
        assert answer.status_code == 401
    shop.close()


def test_without_the_demo_shop_nobody_can_play_a_customer(tmp_path: Path) -> None:
    with TestClient(create(Settings(home=tmp_path)), raise_server_exceptions=False) as client:
        assert client.get("/shop/").status_code == 404
        assert client.get("/", follow_redirects=False).headers["location"] == "/docs"
