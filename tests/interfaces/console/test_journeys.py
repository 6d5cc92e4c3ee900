"""The pages of journeys: written with their picture, tried on days that have been, run, stopped, undone."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tsuide.app.jobs import jobs_told, wait_for
from tsuide.app.journeys import (
    journey_told,
    journeys_told,
    put_journey,
    ready_journey,
    ready_journeys,
    set_journey,
)
from tsuide.errors import NotFound
from tsuide.interfaces.console.journey_picture import picture_of, ways_of
from tsuide.interfaces.console.journey_steps import with_step
from tsuide.kit.clock import to_micros
from tsuide.outreach.journeys.reading import read_journey
from tsuide.store.journeys import Begun, Moved

TEXT = """id: thanks
names: {ja: お礼, en: Thanks}
trigger: {order: {}}
steps:
  - {id: rest, wait: {for: 1d}}
  - id: bought
    await: {happens: order, at_most: 2d, then: end}
  - {id: mail, message: {template: order, purpose: transactional}}
"""


def saved(console: Any, text: str = TEXT, **more: Any) -> Any:
    return console.post("/journeys/write", do="save", text=text, **more)


def enrol(shop: Any, journey_id: str, n: int, *, again: bool = False) -> None:
    since, name = (to_micros(datetime.now(UTC)), f"{journey_id}-again") if again else (None, journey_id)
    every = [Begun(f"{name}-{each}", journey_id, 1, f"c{each:02}", f"k{each}", 0, {}, since) for each in range(n)]
    assert shop.store.journeys.begin(every, datetime.now(UTC)) == n


@pytest.mark.parametrize("name", sorted(ready_journeys()))
def test_every_ready_made_journey_has_a_picture_in_which_nothing_lies_on_something_else(name: str) -> None:
    journey = read_journey(ready_journey(name))
    drawn = picture_of(journey)
    assert {(edge.source, edge.target) for edge in drawn.edges} == {*ways_of(journey)}
    assert {node.id for node in drawn.nodes} == {"begin", "end", *(step.id for step in journey.steps)}
    places = [(node.x, node.y) for node in drawn.nodes]
    for one in places:
        assert 0 <= one[0] <= drawn.width
        assert 0 <= one[1] <= drawn.height
        assert sum(abs(one[0] - x) < 208 and abs(one[1] - y) < 60 for x, y in places) == 1


def test_a_ready_made_journey_is_begun_from_and_shown_with_its_picture(console: Any) -> None:
    page = console.get("/journeys/write", ready="cart-rescue", lang="ja")
    assert "カートのお忘れもの" in page
    assert "<svg" in page
    assert "cart-rescue" in console.get("/journeys")


def test_a_wrong_journey_is_pointed_at_by_its_line_and_stays(console: Any) -> None:
    wrong = TEXT.replace("for: 1d", "fro: 1d")
    page = console.post("/journeys/write", do="check", text=wrong, status=422).text
    assert 'data-line="5"' in page
    assert "<mark>  - {id: rest, wait: {fro: 1d}}</mark>" in page
    assert "fro: 1d}}\n" in page
    missing = TEXT.replace("template: order", "template: nothing")
    assert "no such template" in console.post("/journeys/write", do="check", text=missing, status=422).text


def test_a_journey_is_saved_run_paused_stopped_and_each_is_undone(console: Any) -> None:
    shop = console.shop
    console.undo(saved(console))
    with pytest.raises(NotFound):
        journey_told(shop, "thanks")
    saved(console)
    assert journey_told(shop, "thanks")["state"] == "paused"
    started = console.post("/journeys/of/thanks/state", state="running")
    assert journey_told(shop, "thanks")["state"] == "running"
    enrol(shop, "thanks", 3)
    stopped = console.post("/journeys/of/thanks/state", state="stopped")
    told = journey_told(shop, "thanks")
    assert (told["active"], told["left"]) == (0, 3)
    console.undo(stopped)
    told = journey_told(shop, "thanks")
    assert (told["state"], told["active"], told["left"]) == ("running", 3, 0)
    console.undo(started)
    assert journey_told(shop, "thanks")["state"] == "paused"
    changed = saved(console, TEXT.replace("1d", "2d"), of="thanks")
    assert [each["under_way"] for each in journey_told(shop, "thanks")["versions"]] == [0, 3]
    console.undo(changed)
    assert journey_told(shop, "thanks")["text"] == TEXT
    saved(console, TEXT.replace("1d", "3d"), of="thanks", move="yes")
    assert [each["under_way"] for each in journey_told(shop, "thanks")["versions"]] == [3, 0, 0, 0]
    console.post("/journeys/of/thanks/restore", version="1")
    assert journey_told(shop, "thanks")["text"] == TEXT
    other = console.post("/journeys/write", do="save", text=TEXT.replace("thanks", "else"), of="thanks", status=422)
    assert "another journey" in other.text


def test_who_was_moved_along_goes_back_with_the_text(console: Any) -> None:
    first = TEXT.replace("thanks", "along")
    saved(console, first)
    console.post("/journeys/of/along/state", state="running")
    enrol(console.shop, "along", 2)
    moved = saved(console, first.replace("1d", "3d"), of="along", move="yes")
    console.undo(moved)
    told = journey_told(console.shop, "along")
    assert told["text"] == first
    assert {each["version"]: each["under_way"] for each in told["versions"]} == {3: 2, 2: 0, 1: 0}


def test_a_new_journey_is_not_written_over_another(console: Any) -> None:
    first = TEXT.replace("thanks", "taken")
    saved(console, first)
    page = saved(console, first.replace("1d", "9d"), status=409).text
    assert "there is a journey of this id" in page
    assert "for: 9d" in page
    assert journey_told(console.shop, "taken")["text"] == first


def test_a_journey_that_was_changed_elsewhere_since_is_not_taken_back(console: Any) -> None:
    shop, now = console.shop, datetime.now(UTC)
    first = TEXT.replace("thanks", "elsewhere")
    made = saved(console, first)
    put_journey(shop, first.replace("1d", "2d"), now)
    console.undo(made, status=409)
    assert "for: 2d" in journey_told(shop, "elsewhere")["text"]
    put_journey(shop, first, now)
    started = console.post("/journeys/of/elsewhere/state", state="running")
    enrol(shop, "elsewhere", 1)
    stopped = console.post("/journeys/of/elsewhere/state", state="stopped")
    set_journey(shop, "elsewhere", "running", now)
    enrol(shop, "elsewhere", 1, again=True)
    console.undo(stopped, status=409)  # who came in since stands: nobody is brought back beside them
    assert journey_told(shop, "elsewhere")["active"] == 1
    set_journey(shop, "elsewhere", "paused", now)
    console.undo(started, status=409)


def test_counts_stand_on_every_way_and_one_walk_is_told(console: Any) -> None:
    shop, now = console.shop, datetime.now(UTC)
    saved(console, TEXT.replace("thanks", "walked"))
    console.post("/journeys/of/walked/state", state="running")
    enrol(shop, "walked", 5)
    for taken in shop.store.journeys.take(9, now, now + timedelta(minutes=1)):
        if taken.row["journey_id"] == "walked":
            moved = Moved(taken, "bought", "active", taken.lease, {}, "order", marks=[("rest", "bought", "")])
            assert shop.store.journeys.move([moved], now) == 1
    page = console.get("/journeys/of/walked")
    assert re.search(r'class="way-n">5</tspan>', page)
    assert "5 wait here" in page
    assert console.get("/journeys/of/walked", csv="ways").count("\n") == 6
    who = console.get("/journeys/of/walked/who", state="active", customer="c03")
    assert "c03" in who
    assert "c04" not in who
    walk = console.get("/journeys/of/walked/who/walked-3")
    assert "The walk of c03" in walk
    assert "Wait 1 d" in walk
    saved(console, TEXT.replace("thanks", "other"))
    console.get("/journeys/of/other/who/walked-3", status=404)


def test_a_dry_run_says_what_would_have_been_sent(console: Any) -> None:
    saved(console, TEXT.replace("thanks", "tried"))
    console.post("/journeys/of/tried/try", days="28")
    job = jobs_told(console.shop, datetime.now(UTC), "dry_run")[0]
    assert wait_for(console.shop, job["id"], lambda: datetime.now(UTC), 120)["state"] == "done"
    page = console.get("/journeys/of/tried")
    assert re.search(r"Would have sent \d+ messages; \d+ held back", page)
    assert "What happened" in console.get("/journeys/of/tried", counts="dry")
    console.post("/journeys/of/tried/try", days="0", status=422)
    console.post("/journeys/of/tried/try", days="9" * 5_000, status=422)
    console.post("/journeys/of/tried/restore", version="9" * 30, status=404)


def test_a_step_is_added_by_form_and_everything_else_stays(console: Any) -> None:
    sent = {"kind": "wait", "wait": "until", "until": "10:00", "after": "bought"}
    page = console.post("/journeys/write", do="step", text=TEXT, status=200, **sent).text
    assert "- {id: wait, wait: {until: &#39;10:00&#39;}}" in page
    assert (
        "no such step"
        in console.post("/journeys/write", do="step", text=TEXT, status=422, **sent | {"after": "x"}).text
    )
    assert "must be filled in" in console.post("/journeys/write", do="step", text=TEXT, status=422, kind="split").text
    for name, text in ready_journeys().items():
        first = read_journey(text).steps[0].id
        longer = with_step(text, first, {"id": "more", "goal": {"name": "x"}})
        assert longer.startswith(text[: text.index("steps:")]), name
        assert len(longer.split("\n")) == len(text.split("\n")) + 1


def test_whoever_may_only_look_changes_nothing(running: Any) -> None:
    auditor = running.person("auditor")
    assert "Begin from this" not in auditor.get("/journeys")
    auditor.post("/journeys/write", do="save", text=TEXT, status=403)
    before = len(journeys_told(running.shop))
    manager = running.person("sales_manager")
    manager.post("/journeys/write", do="save", text=TEXT.replace("thanks", "x"), status=403)
    assert len(journeys_told(running.shop)) == before
