"""The door: set up once, signed in and out, nobody in who may not be."""

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tsuide.app.users import setup_token
from tsuide.app.wiring import open_shop
from tsuide.asgi import create
from tsuide.config import Settings
from tsuide.interfaces.console import PAGES
from tsuide.interfaces.console.visit import COOKIE, csrf_of

WORDS = "correct horse battery"


@pytest.fixture
def new(tmp_path: Path, learned: Any) -> Any:
    """A console that nobody has set up."""
    home = tmp_path / "home"
    shutil.copytree(learned.home, home)
    settings = Settings(home=home, language="en")
    with TestClient(create(settings)) as client:
        yield client, settings


def test_the_first_owner_is_set_up_with_the_link_and_is_in(new: Any) -> None:
    client, settings = new
    assert "tsuide user link" in client.get("/console/").text
    shop = open_shop(settings)
    token = setup_token(shop, datetime.now(UTC))
    given = {"name": "Hana", "email": "h@example.com", "password": WORDS}
    assert client.post("/console/setup?token=wrong", data=given).status_code == 403
    short = client.post(f"/console/setup?token={token}", data=given | {"password": "short"})
    assert short.status_code == 422
    assert 'value="h@example.com"' in short.text  # what was entered is not lost
    page = client.post(f"/console/setup?token={token}", data=given)
    assert "Hana" in page.text
    again = client.post(
        f"/console/setup?token={token}", data=given | {"email": "x@example.com"}, follow_redirects=False
    )
    assert again.headers["location"] == "/console/sign-in"
    assert len(shop.store.users.all()) == 1
    shop.close()


def test_whoever_signs_in_comes_to_where_they_wanted_to_go_and_nowhere_else(new: Any) -> None:
    client, settings = new
    shop = open_shop(settings)
    given = {"name": "Hana", "email": "h@example.com", "password": WORDS}
    client.post(f"/console/setup?token={setup_token(shop, datetime.now(UTC))}", data=given)
    shop.close()
    out = client.post("/console/sign-out", follow_redirects=False)
    assert COOKIE in out.headers["set-cookie"]
    asked = client.get("/console/log?of=user", follow_redirects=False)
    assert asked.headers["location"] == "/console/sign-in?back=%2Flog%3Fof%3Duser"
    wrong = client.post("/console/sign-in", data=given | {"password": "another horse"})
    assert (wrong.status_code, "not right" in wrong.text) == (403, True)
    for back, there in (
        ("/log?of=user", "/console/log?of=user"),
        ("//evil.example", "/console/"),
        ("https://e.x", "/console/"),
    ):
        answer = client.post("/console/sign-in", params={"back": back}, data=given, follow_redirects=False)
        assert answer.headers["location"] == there
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie


def test_a_form_from_elsewhere_changes_nothing(console: Any, running: Any) -> None:
    other = running.person("owner")
    for csrf in ("", "zz", "00" * 64, csrf_of(other.cookie)):
        answer = console._ask("POST", "/measure", data={"csrf": csrf})
        assert answer.status_code == 403, csrf
    console.client.cookies.clear()
    for origin in ("https://evil.example", "null"):  # a frame in a sandbox says null
        headers = {"Cookie": f"{COOKIE}={console.cookie}", "Origin": origin}
        answer = console.client.post("/console/measure", headers=headers, data={"csrf": console.csrf})
        assert answer.status_code == 403, origin
    assert running.shop.store.jobs.recent() == []


def _routes(method: str) -> list[str]:
    return [
        re.sub(r"\{(\w+)(:\w+)?\}", "x", route.path)
        for routes in PAGES.values()
        for route in routes
        if method in (route.methods or ())
    ]


@pytest.mark.parametrize("path", _routes("GET"))
def test_no_page_is_shown_to_who_is_not_signed_in(running: Any, path: str) -> None:
    running.client.cookies.clear()
    answer = running.client.get(f"/console{path}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/console/sign-in")


@pytest.mark.parametrize("path", _routes("POST"))
def test_an_auditor_changes_nothing(running: Any, path: str) -> None:
    auditor = running.person("auditor")
    before = len(running.shop.store.audit.listed(1_000))
    auditor.post(path, status=403)
    assert len(running.shop.store.audit.listed(1_000)) == before


@pytest.mark.parametrize(
    "path", sorted({"/templates/of/order", *(path for path in _routes("GET") if "/x" not in path)})
)
def test_no_page_allows_styles_or_scripts_that_stand_in_it(console: Any, path: str) -> None:
    policy = console._ask("GET", path).headers.get("content-security-policy", "")
    apart = policy.startswith("sandbox")  # a file of ours that is shown as it is, in a world of its own
    assert apart or "'unsafe-inline'" not in policy
    assert "'unsafe-eval'" not in policy


def test_every_answer_keeps_the_page_to_itself(console: Any) -> None:
    answer = console._ask("GET", "/")
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert "style=" not in answer.text
    assert "onclick=" not in answer.text


def test_what_was_changed_stands_in_the_log_with_who_did_it(console: Any) -> None:
    text = console.get("/log")
    assert "Audit log" in text
    assert console.get("/log", lang="ja").count("変更の記録") >= 1


def test_the_forms_of_a_page_bring_what_they_must(console: Any, running: Any) -> None:
    found = re.search(r'action="/console/measure[^"]*".*?name="csrf" value="([0-9a-f]{128})"', console.get("/"))
    assert found is not None
    answer = console._ask("POST", "/measure", data={"csrf": found.group(1)})
    assert answer.status_code == 303
    assert [each["kind"] for each in running.shop.store.jobs.recent()] == ["effect"]


def test_what_cannot_be_done_leads_back_to_the_page_of_ours_from_which_it_came(console: Any) -> None:
    console.client.cookies.clear()
    for came, back in (("http://testserver/console/log?of=user", True), ("https://evil.example/console/log", False)):
        headers = {"Cookie": f"{COOKIE}={console.cookie}", "Referer": came}
        answer = console.client.post("/console/undo", headers=headers, data={"csrf": console.csrf, "entry": "999999"})
        assert answer.status_code == 404
        assert ('href="/console/log?of=user"' in answer.text) is back
    assert console._ask("GET", "/undo").status_code == 404
