"""Opportunities: seen with their evidence, found in any writing, decided about, and taken back."""

import re
import time
from typing import Any

import pytest

from tsuide.app.curation import Wish, judge, judgements, subject, take_away
from tsuide.app.opportunities import KINDS, Wanted, _made_frame, opportunities
from tsuide.app.serving import clock
from tsuide.mining.snapshot import current_snapshot


@pytest.fixture
def marks(console: Any) -> Any:
    """What people decided, by key; empty again afterwards."""

    def read() -> dict[Any, Any]:
        return {each.mark.key: each for each in judgements(console.shop)}

    yield read
    for each in judgements(console.shop):
        take_away(console.shop, each.mark)


PAIR = {"about": "beside", "a": "cam-a", "b": "card", "back": "/console/opportunities?kind=pairs&q=card"}
KEY = ("beside", "cam-a", ("card",))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_page(console: Any, kind: str) -> None:
    text = console.get("/opportunities", kind=kind)
    assert text.count("<h1>") == 1
    assert "Opportunities" in text


def test_a_pair_shows_its_evidence_and_what_it_could_earn_with_an_interval(console: Any) -> None:
    text = console.get("/opportunities", product="cam-a")
    assert "Memory card 64 GB" in text
    assert re.search(r"\d+ of \d+ <span class=\"note\">", text)
    assert "95% interval" in text
    assert "A picture, not an effect" in text


def test_sets_and_fillers_show_their_share_and_gain_with_an_interval_and_steps_too(console: Any) -> None:
    sets = console.get("/opportunities", kind="sets")
    assert "Taken whole" in sets
    assert "Orders with the whole set ÷ orders with its rarest member" in sets
    fillers = console.get("/opportunities", kind="fillers")
    assert "Expected gain per 100 orders that are shown it" in fillers
    for text in (sets, fillers):
        assert re.search(r"95% interval [\d.]+% … [\d.]+%", text)
    steps = console.get("/opportunities", kind="steps")
    assert "Costs more" in steps
    cards = steps.count('<li class="card opportunity')
    assert steps.count("95% interval") == 2 * cards > 0  # who takes it, and what that earns


def test_search_finds_other_writings(console: Any) -> None:
    plain = console.get("/opportunities", q="card")
    wide = console.get("/opportunities", q="ＣＡＲＤ")
    assert "Memory card" in plain
    assert re.findall(r"(\d+) found", plain) == re.findall(r"(\d+) found", wide)
    assert "Nothing fits" in console.get("/opportunities", q="nonesuch")


def test_banned_approved_worded_and_taken_back(console: Any, marks: Any) -> None:
    before = current_snapshot(console.shop.snapshots)
    answer = console.post("/opportunities/judge", **PAIR, do="ban")
    assert "q=card" in answer.headers["location"]
    assert marks()[KEY].mark.verdict == "banned"
    assert current_snapshot(console.shop.snapshots) != before  # published: running servers take it up
    assert "lift the ban" in console.get("/opportunities", state="banned").lower()
    worded = console.post("/opportunities/word", **PAIR, kind="pairs", text_ja="ぴったりです。", text_en="")
    assert marks()[KEY].mark.texts == {"ja": "ぴったりです。"}
    assert "ぴったりです。" in console.get("/opportunities/one", kind="pairs", a="cam-a", b="card")
    console.undo(worded)
    assert marks()[KEY].mark.texts == {}
    console.undo(answer)
    assert marks() == {}
    approved = console.post("/opportunities/judge", **PAIR, do="approve")
    assert marks()[KEY].approved_by == "owner 0"
    assert "approved by owner 0" in console.get("/opportunities/one", kind="pairs", a="cam-a", b="card")
    console.undo(approved)
    assert marks() == {}


def test_an_undo_is_refused_where_a_key_changed_the_same_since(console: Any, marks: Any) -> None:
    answer = console.post("/opportunities/judge", **PAIR, do="ban")
    _, newer = judge(console.shop, subject("beside", "cam-a", ["card"]), Wish("pinned"), "key 7", clock())
    entry = re.search(r"done=(\d+)", answer.headers["location"])
    assert entry is not None
    console.post("/undo", status=409, entry=entry[1], back="/")
    assert marks() == {KEY: newer}


def test_a_change_is_recorded_although_it_cannot_be_published_now(console: Any, marks: Any) -> None:
    snapshots = console.shop.snapshots
    manifest = snapshots / "manifests" / f"{current_snapshot(snapshots)}.json"
    kept = manifest.read_bytes()
    try:
        manifest.write_text("{")
        answer = console.post("/opportunities/judge", **PAIR, do="ban")
        assert marks()[KEY].mark.verdict == "banned"
        console.undo(answer)
        assert marks() == {}
    finally:
        manifest.write_bytes(kept)


def test_a_wording_that_is_too_long_is_shown_again(console: Any, marks: Any) -> None:
    answer = console.post("/opportunities/word", status=422, **PAIR, kind="pairs", text_ja="あ" * 301, text_en="Fits.")
    assert "あ" * 301 in answer.text
    assert "Fits." in answer.text
    assert marks() == {}


def test_a_pair_that_orders_do_not_show_is_added_by_hand(console: Any, marks: Any) -> None:
    text = console.get("/opportunities/add", a="rice", b="pot")
    assert "Rice 5 kg" in text
    answer = console.post("/opportunities/add", about="beside", a="rice", b="pot")
    assert marks()[("beside", "rice", ("pot",))].mark.verdict == "pinned"
    assert "a person put it there" in console.get("/opportunities", state="pinned")
    console.undo(answer)
    assert marks() == {}
    console.post("/opportunities/add", status=422, about="beside", a="rice", b="nothing")


def test_sets_and_fillers_are_decided_about_too(console: Any, running: Any, marks: Any) -> None:
    shop = console.shop
    loaded = running.client.app.state.serving.decider.loaded
    policy = running.client.app.state.serving.decider.policy
    for kind in ("sets", "fillers"):
        found, total = opportunities(shop, loaded, policy, kind, Wanted())
        assert total == len(found) > 0
        one = found[0]
        about = subject(one.about, one.product_id, one.others)
        console.post("/opportunities/judge", about=one.about, a=one.product_id, b=list(one.others), do="ban", back="")
        assert marks()[about.key].mark.verdict == "banned"


def test_the_picture_has_a_table_beside_it(console: Any) -> None:
    text = console.get("/opportunities/network")
    assert "<svg" in text
    assert "<table" in text
    around = console.get("/opportunities/network", product="cam-a")
    assert "Around Camera Aoba" in around
    assert console.get("/opportunities", csv="pairs").startswith("\ufeffproduct_id,")


def test_who_may_only_look_changes_nothing(running: Any, marks: Any) -> None:
    rep = running.person("rep")
    assert 'value="ban"' in running.person("owner").get("/opportunities")
    assert 'value="ban"' not in rep.get("/opportunities")
    rep.post("/opportunities/judge", status=403, **PAIR, do="ban")
    assert marks() == {}


def test_the_orders_behind_a_pair_are_listed(console: Any) -> None:
    text = console.get("/opportunities/one", kind="pairs", a="cam-a", b="card")
    assert "/opportunities/orders?" in text
    orders = console.get("/opportunities/orders", item=["cam-a", "card"])
    assert orders.count('<td data-label="Order"') > 0
    assert "newest first from number 1:" in orders
    assert "None among these orders" in console.get("/opportunities/orders", item=["cam-a", "nothing"])


def test_a_server_reads_what_was_learned_before_anybody_asks(running: Any) -> None:
    serving = running.client.app.state.serving
    deadline = time.monotonic() + 60
    while serving.reading is None or not serving.reading.done():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    before = _made_frame.cache_info()
    running.person("marketer").get("/opportunities")
    assert _made_frame.cache_info().misses == before.misses
