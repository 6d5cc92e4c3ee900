"""The map in the console: counted on demand, drawn with a table beside it, one click from a journey."""

import json
import re
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tsuide.app.jobs import run_job
from tsuide.app.works import WORKS

WANTED = {"segment": "", "category": "", "back": "730", "window": "60"}


def _run(console: Any, wanted: dict[str, str], result: dict[str, Any] | None = None) -> None:
    row = {"id": f"map-{datetime.now(UTC).timestamp()}", "kind": "map", "who": "x", "wanted": json.dumps(wanted)}
    console.shop.store.jobs.begin(row, datetime.now(UTC), alone=False)
    if result is None:
        run_job(console.shop, row["id"], WORKS, lambda: datetime.now(UTC))
    else:
        console.shop.store.jobs.end(row["id"], json.dumps(result), datetime.now(UTC))


def _move(step: str, after: str | None, count: int) -> dict[str, Any]:
    days = dict.fromkeys(("early", "median", "late"), None if after is None else 2.0)
    return {"step": step, "next": after, "count": count, "share": 0.5, **days}


def test_what_is_not_made_yet_says_how_and_nobody_is_said_as_such(console: Any) -> None:
    assert "No map of this yet" in console.get("/map")
    _run(console, WANTED | {"category": "nowhere"})
    assert "It could not be made" in console.get("/map", **(WANTED | {"category": "nowhere"}))


def test_a_map_is_made_of_the_shops_own_orders(console: Any) -> None:
    _run(console, WANTED)
    text = console.get("/map", **WANTED)
    assert "customers" in text
    assert "stopped" in text or "Too few steps" in text


def test_a_star_leads_to_the_builder_of_journeys_with_one_prepared(console: Any) -> None:
    moment = {"anchor": "cam-a", "item": "card", "opens": 3.0, "peak": 9.6, "closes": 20.0, "ratio": 3.1,
              "ratio_low": 2.0, "bought": 30, "expected": 9.0, "from": "Cameras", "to": "Memory"}  # fmt: skip
    result = {
        "since": "2026-01-01T00:00:00+00:00", "until": "2026-06-01T00:00:00+00:00", "window_days": 60,
        "customers": 40, "purchases": 60, "touches": 40, "measured": [], "follow_ups": [], "hesitation": [],
        "into": [_move("see:<Cameras>", "buy:Cameras", 40), _move("direct", "buy:Cameras", 20)],
        "onward": [_move("buy:Cameras", "buy:Memory", 20), _move("buy:Cameras", None, 20)],
        "moments": [moment],
    }  # fmt: skip
    _run(console, WANTED | {"back": "90"}, result)
    text = console.get("/map", **(WANTED | {"back": "90"}))
    assert "looks at &lt;Cameras&gt;" in text
    assert "style=" not in text
    (star,) = re.findall(r'<a href="([^"]+)" aria-label="★', text)
    answer = console._ask("GET", unescape(star).removeprefix("/console"))
    prepared = parse_qs(urlsplit(answer.headers["location"]).query)["text"][0]
    assert "10d" in prepared
    assert "product: cam-a" in console.get("/journeys/write", text=prepared)


def test_a_rep_sees_no_map(running: Any) -> None:
    running.person("rep").get("/map", status=403)
