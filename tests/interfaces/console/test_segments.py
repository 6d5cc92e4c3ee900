"""The pages of segments: built by form or text, looked into, changed, undone."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tsuide.app.segments import make_sheets, put_segment, remove_segment, standing
from tsuide.errors import NotFound
from tsuide.outreach.segments.definition import segment_from


@pytest.fixture(scope="module", autouse=True)
def _made(running: Any) -> None:
    make_sheets(running.shop, datetime.now(UTC))


def row(n: int, subject: str, **more: str) -> dict[str, str]:
    return {f"{n}.subject": subject, **{f"{n}.{name}": value for name, value in more.items()}}


def test_the_form_builds_the_condition_shows_its_size_and_saves_it(console: Any) -> None:
    sent = row(0, "fact:order_count", how="at_least", value="1") | row(1, "did:bought")
    tried = console.post("/segments/build", do="form", join="all", ja="購入者", en="Buyers", **sent)
    asked = dict(parse_qsl(urlsplit(tried.headers["location"]).query))
    assert asked["condition"] == "order_count >= 1 and bought()"
    page = console.get("/segments/build", **asked)
    assert re.search(r"\d+ of \d+", page)
    assert "order_count &gt;= 1 and bought()" in page
    sent |= {"text": asked["condition"], "was": asked["condition"], "ja": "購入者", "en": "Buyers", "id": "buyers"}
    saved = console.post("/segments/build", do="save", join="all", confirm="40", **sent)
    assert "/segments/of/buyers" in saved.headers["location"]
    assert standing(console.shop, "buyers").segment.condition == "order_count >= 1 and bought()"
    assert "Buyers" in console.get("/segments")
    console.undo(saved)
    with pytest.raises(NotFound):
        standing(console.shop, "buyers")


def test_a_wrong_text_is_pointed_at_and_stays(console: Any) -> None:
    page = console.post("/segments/build", do="text", text="spemt > 5", en="X", status=422).text
    assert "<mark>spemt</mark>" in page
    assert "spemt &gt; 5</textarea>" in page
    assert 'value="X"' in page


def test_one_that_holds_everybody_asks_for_the_number(console: Any) -> None:
    sent = row(0, "everybody", how="yes") | {"en": "All", "id": "all", "text": "true", "was": "true"}
    page = console.post("/segments/build", do="save", status=409, **sent).text
    number = re.search(r'name="confirm" value="(\d+)"', page)
    assert number is not None
    saved = console.post("/segments/build", do="save", confirm=number[1], **sent)
    console.undo(saved)


def test_form_and_text_that_were_both_changed_are_not_guessed_at(console: Any) -> None:
    sent = row(0, "fact:age", how="more", value="20")
    page = console.post("/segments/build", do="save", en="X", text="age > 30", was="age > 10", status=422, **sent).text
    assert "both changed" in page
    saved = console.post(
        "/segments/build", do="save", en="Thirty", id="t30", text="order_count > 99", was="age > 20", **sent
    )
    assert standing(console.shop, "t30").segment.condition == "order_count > 99"
    console.undo(saved)


def test_a_segment_is_looked_into_changed_removed_and_brought_back(console: Any) -> None:
    taken = console.post("/segments/take", ready="one-order-only")
    page = console.get("/segments/of/one-order-only")
    assert "One order only" in page
    assert "How the size moved" in page or "Nothing moved yet" in page
    edited = console.post("/segments/build", do="save", of="one-order-only", ja="一度", en="Once",
                          text="order_count = 1", was="x > 1", **row(0, "", how=""))  # fmt: skip
    assert standing(console.shop, "one-order-only").segment.condition == "order_count = 1"
    console.undo(edited)
    assert standing(console.shop, "one-order-only").segment.condition.endswith("> 30")
    restored = console.post("/segments/of/one-order-only/restore", version="2")
    assert standing(console.shop, "one-order-only").segment.condition == "order_count = 1"
    console.undo(restored)
    gone = console.post("/segments/of/one-order-only/remove")
    console.get("/segments/of/one-order-only", status=404)
    console.undo(gone)
    assert standing(console.shop, "one-order-only").size is not None
    assert taken.status_code == 303


def test_a_segment_that_was_changed_elsewhere_since_is_not_taken_back(console: Any) -> None:
    sent = row(0, "fact:order_count", how="more", value="90") | {"text": "", "was": "", "en": "Ninety", "id": "ninety"}
    saved = console.post("/segments/build", do="save", **sent)
    other = segment_from(standing(console.shop, "ninety").segment.plain() | {"condition": "order_count > 91"})
    put_segment(console.shop, other, datetime.now(UTC))
    console.undo(saved, status=409)
    assert standing(console.shop, "ninety").segment.condition == "order_count > 91"
    remove_segment(console.shop, "ninety", datetime.now(UTC))
    console.undo(saved, status=409)


def test_who_is_in_and_why_is_told(console: Any) -> None:
    sent = row(0, "fact:order_count", how="at_least", value="2")
    console.post("/segments/build", do="save", en="Twice", id="twice", confirm="40", text="", was="", **sent)
    page = console.get("/segments/of/twice")
    who = re.search(r"customer=([^\"&]+)\">", page)
    assert who is not None
    told = console.get("/segments/of/twice", customer=who[1])
    assert f"{who[1]} is in." in told
    assert console.get("/segments/of/twice", csv="members").count("\n") > 2
    assert "nothing is known of them" in console.get("/segments/of/twice", customer="nobody", status=404)
    console.post("/segments/take", ready="vip")
    both = console.get("/segments", **{"with": ["twice", "vip"]})
    assert "In all of them" in both


def test_a_ready_made_one_without_its_blank_is_not_taken(console: Any) -> None:
    assert "must be given" in console.post("/segments/take", ready="bought-category", status=422).text


def test_whoever_may_only_look_changes_nothing(running: Any) -> None:
    auditor = running.person("auditor")
    assert "Take it" not in auditor.get("/segments")
    auditor.post("/segments/take", ready="vip", status=403)
    running.person("rep").get("/segments", status=403)
