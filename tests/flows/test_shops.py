"""Two shops behind one server, in files or in schemas of one database: every way across leads nowhere."""

import base64
import gzip
import hashlib
import hmac
import io
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from tsuide.app.accepting import Asked, ask
from tsuide.app.backup import back_up, restore
from tsuide.app.catalogue import Catalogue
from tsuide.app.customer_tokens import customer_secret, customer_token
from tsuide.app.jobs import begin_job
from tsuide.app.keys import create_key
from tsuide.app.learn import learn
from tsuide.app.segments import put_segment
from tsuide.app.shops import add_shop, remove_shop, settings_of, shops_of
from tsuide.app.uploads import keep_upload
from tsuide.app.users import Doorkeeper, choose_password, invite
from tsuide.app.wiring import Shop, opened
from tsuide.asgi import create
from tsuide.config import Settings, environment
from tsuide.errors import BadSetting, Conflict, NotFound
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.frames import frame_of
from tsuide.intake.signatures import signed
from tsuide.interfaces.console.visit import COOKIE, csrf_of
from tsuide.mining.snapshot import list_snapshots
from tsuide.outreach.segments.definition import Segment

NOW = datetime.now(UTC)
HOME = {"placement": "home"}
SCOPES = ("storefront", "rep", "admin")
SECRET = "only-the-first-shop-signs-with-this"  # noqa: S105 - of this test alone
PASSWORD = "a few words that do"  # noqa: S105 - as above


@dataclass
class Two:
    """A server of two shops that are alike but for one customer each."""

    client: TestClient
    settings: dict[str, Settings]
    keys: dict[str, dict[str, str]]

    def shop(self, at: str) -> Shop:
        """The running shop at a path."""
        app = self.client.app
        for route in app.routes if at else ():  # type: ignore[attr-defined]  # a Starlette application
            if getattr(route, "path", None) == at:
                app = route.app
        found: Shop = app.state.serving.shop  # type: ignore[attr-defined]  # as above
        return found


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def two(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, fill_shop: Callable[[Shop], None]
) -> Iterator[Two]:
    home, url = tmp_path_factory.mktemp("first"), None
    if request.param == "postgresql":
        url = request.getfixturevalue("empty_postgres")()
    first = Settings(home=home, database_url=url, language="en", shopify_secrets=SECRET, customer_secrets=SECRET)  # type: ignore[arg-type]  # read by pydantic
    second = add_shop(first, "second", None, None, {"currency": "JPY"})
    keys: dict[str, dict[str, str]] = {}
    for at, each in (("", first), ("/second", second)):
        with opened(each) as shop:
            fill_shop(shop)
            mark = "second" if at else "first"
            shop.store.facts.write_customers(frame_of([Customer(f"only-in-{mark}", "person")], CUSTOMERS))
            learn(shop, now=NOW - timedelta(minutes=1), seed=len(at))
            customer_secret(shop, NOW)
            keys[at] = {scope: create_key(shop, scope, [scope], NOW)[0] for scope in SCOPES}
    with TestClient(create(first), raise_server_exceptions=False, follow_redirects=False) as client:
        yield Two(client, {"": first, "/second": second}, keys)


PAIRS = [("", "/second"), ("/second", "")]


def test_each_shop_answers_its_own_keys(two: Two) -> None:
    for at, keys in two.keys.items():
        mark = "second" if at else "first"
        answer = two.client.get(f"{at}/v1/customers/only-in-{mark}", headers={"X-Api-Key": keys["admin"]})
        assert (answer.status_code, answer.json()["id"]) == (200, f"only-in-{mark}")
        offers = two.client.post(
            f"{at}/v1/offers", json={"placement": "home"}, headers={"X-Api-Key": keys["storefront"]}
        )
        assert offers.status_code == 200


@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_no_key_of_one_opens_any_route_of_the_other(two: Two, own: str, other: str) -> None:
    paths = two.client.get(f"{other}/openapi.json").json()["paths"]
    tried = 0
    for path, item in paths.items():
        if path in {"/healthz", "/readyz", "/metrics"} or path.startswith("/v1/webhooks/"):
            continue
        for method in item:
            for key in two.keys[own].values():
                filled = re.sub(r"\{\w+\}", "only-in-first", path)
                answer = two.client.request(method, f"{other}{filled}", headers={"X-Api-Key": key}, content=b"{}")
                assert answer.status_code == 401, (method, path, answer.text)
                tried += 1
    assert tried > 300


@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_what_one_shop_signed_is_worthless_in_the_other(two: Two, own: str, other: str) -> None:
    token = customer_token("c01", customer_secret(two.shop(own), NOW), NOW + timedelta(hours=1))
    headers = {"X-Api-Key": two.keys[other]["storefront"], "X-Customer-Token": token}
    body = {"placement": "home", "customer_id": "c01"}
    assert "set aside" in two.client.post(f"{other}/v1/offers", json=body, headers=headers).json()["warnings"][0]
    headers["X-Api-Key"] = two.keys[own]["storefront"]
    assert two.client.post(f"{own}/v1/offers", json=body, headers=headers).json()["warnings"] == []


def test_a_webhook_that_the_first_shops_secret_signs_is_refused_by_the_second(two: Two) -> None:
    body = b'{"id": 1}'
    mark = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    assert signed(body, mark, [SECRET])
    headers = {"X-Shopify-Hmac-SHA256": mark, "X-Shopify-Topic": "products/delete", "X-Shopify-Webhook-Id": "w1"}
    statuses = [
        two.client.post(f"{at}/v1/webhooks/shopify", content=body, headers=headers).status_code for at in two.keys
    ]
    assert statuses == [200, 401]


def test_nothing_that_opens_a_door_is_handed_on(two: Two) -> None:
    told = environment(two.settings["/second"])
    assert SECRET not in {value for name, value in told.items() if name.startswith("TSUIDE_")}
    assert told["TSUIDE_HOME"] == str(two.settings["/second"].home)
    assert told.get("TSUIDE_DATABASE_URL", "") in {"", two.settings["/second"].url}  # never what stood there before


@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_a_session_of_one_console_is_none_in_the_other(two: Two, own: str, other: str) -> None:
    shop = two.shop(own)
    given = {"email": "h@example.com", "name": "Hana", "role": "owner"}
    user, token = invite(shop, given, NOW, len(own))
    choose_password(shop, token, PASSWORD, NOW)
    session = Doorkeeper(shop, lambda: 0.0).begin(user, NOW)
    cookie = {"Cookie": f"{COOKIE}={session}"}
    two.client.cookies.clear()
    assert two.client.get(f"{own}/console/", headers=cookie).status_code == 200
    turned_away = two.client.get(f"{other}/console/", headers=cookie)
    assert (turned_away.status_code, "sign-in" in turned_away.headers["location"]) == (303, True)
    form = {"csrf": csrf_of(session), "name": "taken over"}
    assert two.client.post(f"{other}/console/keys/make", data=form, headers=cookie).status_code != 200
    assert [each.name for each in two.shop(other).store.keys.all() if each.name == "taken over"] == []


@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_an_id_of_one_is_unknown_to_the_other(two: Two, own: str, other: str) -> None:
    shop, admin = two.shop(own), {"X-Api-Key": two.keys[other]["admin"]}
    decided = two.client.post(
        f"{own}/v1/offers", json={"placement": "home"}, headers={"X-Api-Key": two.keys[own]["rep"]}
    ).json()["decision"]  # fmt: skip
    mark = "second" if own else "first"
    put_segment(shop, Segment(f"in-{mark}", {"ja": "あ", "en": "a"}, "order_count > 9"), NOW, confirm=40)
    for path in (f"/v1/customers/only-in-{mark}", f"/v1/customers/only-in-{mark}/export", f"/v1/segments/in-{mark}",
                 f"/v1/decisions/{decided}/explain"):  # fmt: skip
        assert two.client.get(f"{other}{path}", headers=admin).status_code == 404, path
    upload = keep_upload(shop, "people.csv", io.BytesIO(b"id\nc1\n"), "A", NOW, len(own))
    there = two.shop(other)
    assert not (there.settings.home / "imports" / upload.id).exists()
    assert there.snapshots != shop.snapshots
    assert set(list_snapshots(there.snapshots)) & set(list_snapshots(shop.snapshots)) == set()


@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_a_yes_waiting_in_one_cannot_be_given_in_the_other(two: Two, own: str, other: str) -> None:
    shop = two.shop(own)
    answer = two.client.post(
        f"{own}/v1/offers", json={"placement": "cart", "cart": [{"product_id": "cam-a"}]},
        headers={"X-Api-Key": two.keys[own]["rep"]},
    ).json()  # fmt: skip
    if not answer["offers"]:
        pytest.skip("nothing was offered")
    catalogue = Catalogue(shop.store.facts.products(), {})
    asked = ask(shop, catalogue, Asked(answer["decision"], answer["offers"][0]["id"]), NOW)
    assert asked.token is not None
    for at, status in ((other, 403), (own, 200)):
        headers = {"X-Api-Key": two.keys[at]["storefront"]}
        assert two.client.get(f"{at}/v1/acceptances/{asked.token}", headers=headers).status_code == status


@pytest.mark.parametrize("own", ["", "/second"])
def test_a_backup_of_one_holds_nothing_of_the_other(two: Two, own: str, tmp_path: Path) -> None:
    made = back_up(two.shop(own), tmp_path / "backups", NOW)
    mark = b"only-in-second" if not own else b"only-in-first"
    for file in made.path.rglob("*"):
        if file.is_file():
            read = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
            assert mark not in read, file
    assert not (made.path / "shops").exists()


def test_a_path_that_is_written_otherwise_leads_to_no_other_shop(two: Two) -> None:
    headers = {"X-Api-Key": two.keys["/second"]["admin"]}
    for path in ("//v1/customers", "/second/../v1/customers", "/SECOND/v1/customers",
                 "/second/second/v1/customers", "/third/v1/customers"):  # fmt: skip
        assert two.client.get(path, headers=headers).status_code in {401, 404}, path


def test_figures_are_told_apart_and_a_shop_sees_its_own(two: Two) -> None:
    for at in two.keys:
        two.client.post(
            f"{at}/v1/offers", json={"placement": "home"}, headers={"X-Api-Key": two.keys[at]["storefront"]}
        )
    all_of_it, own = two.client.get("/metrics").text, two.client.get("/second/metrics").text
    assert "tsuide_decisions_total{arm=" in all_of_it
    assert 'shop="second"' in all_of_it
    assert 'shop=""' in all_of_it
    assert 'shop="second"' in own
    assert 'shop=""' not in own


def test_a_job_of_one_runs_in_its_own_store(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TSUIDE_HOME", str(two.settings[""].home))
    monkeypatch.setenv("TSUIDE_DATABASE_URL", two.settings[""].url)
    shop = two.shop("/second")
    before = list_snapshots(two.shop("").snapshots)
    job = begin_job(shop, "learn", {"seed": 7}, "A", datetime.now(UTC), 7)
    for _ in range(600):
        told = shop.store.jobs.one(job)
        if told["state"] in {"done", "failed"}:
            break
        time.sleep(0.2)
    assert told["state"] == "done", json.dumps(told["result"])
    assert list_snapshots(two.shop("").snapshots) == before


def test_on_postgresql_a_shop_is_restored_into_another_schema(two: Two, tmp_path: Path) -> None:
    made = back_up(two.shop("/second"), tmp_path / "backups", NOW)
    url = two.settings["/second"].database_url
    if url is not None:
        url = sa.make_url(url).update_query_dict({"schema": "third"}).render_as_string(hide_password=False)
    settings = Settings(home=tmp_path / "third", database_url=url, language="en")
    restore(made.path, settings)
    with opened(settings) as shop:
        assert "only-in-second" in set(shop.store.facts.customers()["id"])
        shop.store.facts.write_customers(frame_of([Customer("new", "person")], CUSTOMERS))  # its triggers work
    assert "new" not in set(two.shop("/second").store.facts.customers()["id"])


def test_shops_are_listed_and_removed_and_nothing_of_theirs_is(tmp_path: Path) -> None:
    first = Settings(home=tmp_path / "a")
    made = add_shop(first, "b", None, None, {"currency": "EUR", "customer_secrets": "its own"})
    assert (made.shop, made.currency, made.customer_secrets.get_secret_value()) == ("b", "EUR", "its own")
    assert (first.home / "shops.json").stat().st_mode & 0o077 == 0
    with opened(made):
        pass
    assert shops_of(first)["b"] == made == settings_of(first, "b")
    for name, home, wrong in (("b", None, Conflict), ("c", made.home, Conflict), ("console", None, BadSetting),
                              ("../x", None, BadSetting), ("d", first.home, Conflict)):  # fmt: skip
        with pytest.raises(wrong):
            add_shop(first, name, home, None, {})
    for given in ({"nothing": "1"}, {"more_shops": "x=/y"}, {"currency": "XXXX"}):
        with pytest.raises(BadSetting):
            add_shop(first, "e", None, None, given)
    remove_shop(first, "b")
    assert shops_of(first) == {}
    assert (made.home / "store.sqlite").exists()
    with pytest.raises(NotFound):
        settings_of(first, "b")


def test_one_shop_needs_no_step_more(tmp_path: Path) -> None:
    with TestClient(create(Settings(home=tmp_path, language="en"))) as client:
        assert client.get("/healthz").status_code == 200
    assert not (tmp_path / "shops.json").exists()
