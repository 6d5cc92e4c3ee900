"""Every page and every form of the console, tried by every role: let in or kept out as the documents say."""

import re
from typing import Any

import pytest

from tsuide.interfaces.console import PAGES

ALL = set(PAGES)
SALES = {"customers", "worklist", "deals", "tasks"}
OFFICE = {"supervision", "settings", "audit"}
SEES = {
    "owner": ALL,
    "marketer": ALL - OFFICE - {"worklist", "deals", "tasks"},
    "sales_manager": ALL - {"settings", "audit"},
    "rep": SALES | {"today", "opportunities", "offers"},
    "auditor": ALL - {"settings"},
}
CHANGES = {
    "owner": ALL,
    "marketer": ALL - OFFICE - {"worklist", "deals", "tasks"},
    "sales_manager": SALES | {"segments", "experiments", "reports", "supervision"},
    "rep": SALES,
    "auditor": set(),
}
ANYBODYS = {"/me", "/me/profile", "/me/password", "/me/sessions", "/jobs/{job}"}
"""One's own name, language and password; how far something has come that one began."""
ANY_CHANGE = {"/undo"}
"""Whoever may change anything comes in; what is taken back asks again for the room it is of."""


def routes(method: str) -> list[tuple[str, str]]:
    return [(room, route.path) for room, some in PAGES.items() for route in some if method in (route.methods or ())]


def filled(path: str) -> str:
    return re.sub(r"\{(\w+)(:\w+)?\}", "x", path)


def kept_out(answer: Any) -> bool:
    return answer.status_code == 403 and ("your role" in answer.text)


@pytest.mark.parametrize("role", SEES)
def test_a_role_comes_into_just_the_rooms_it_sees(running: Any, role: str) -> None:
    person, tried = running.person(role), 0
    for room, path in routes("GET"):
        answer = person._ask("GET", filled(path), params={"lang": "en"})
        assert answer.status_code < 500, (room, path)
        assert kept_out(answer) == (path not in ANYBODYS and room not in SEES[role]), (role, room, path)
        tried += 1
    assert tried == len(routes("GET"))


@pytest.mark.parametrize("role", CHANGES)
def test_a_role_sends_just_the_forms_of_the_rooms_it_changes(running: Any, role: str) -> None:
    person = running.person(role)
    before = len(running.shop.store.audit.listed(10_000))
    for room, path in routes("POST"):
        answer = person._ask("POST", filled(path), params={"lang": "en"}, data={})  # without the mark of a form of ours
        assert answer.status_code == 403, (role, room, path)
        wanted = path in ANYBODYS or (bool(CHANGES[role]) if path in ANY_CHANGE else room in CHANGES[role])
        assert kept_out(answer) == (not wanted), (role, room, path)
    assert len(running.shop.store.audit.listed(10_000)) == before
