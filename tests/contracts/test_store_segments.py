"""What pages ask the port of segments, on both stores: who came and went of late, and how many."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from tsuide.kit.clock import to_micros, zone
from tsuide.outreach.segments.lowering import lower
from tsuide.outreach.segments.reading import read_condition
from tsuide.outreach.segments.sheets import ACTS, SHEETS
from tsuide.store.database import Store, open_store

NOW = datetime(2026, 3, 1, 3, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """A store with four customers, of whom the n-th ordered n times."""
    opened = open_store(store_url)
    rows = [{"subject": f"c:c{n}", "customer_id": f"c{n}", "order_count": n, "consents": ""} for n in range(4)]
    sheets = pl.DataFrame([{**dict.fromkeys(SHEETS), **row} for row in rows], SHEETS)
    with opened.segments.turn(opened.segments.clock()["turn"]) as turn:
        turn.write_sheets(sheets, pl.DataFrame(schema=ACTS), [*SHEETS])
    yield opened
    opened.close()


def evaluate(store: Store, segment_id: str, condition: str, at: datetime) -> int:
    """Define a segment and bring it up to date; its number."""
    no = int(store.segments.put(segment_id, f'{{"condition": "{condition}"}}', at)["no"])
    lowered = lower(read_condition(condition), at, zone("UTC"))
    with store.segments.turn(store.segments.clock()["turn"]) as turn:
        turn.evaluate(no, lowered, "customers", to_micros(at), "defined", range(1, 5))
    return no


def test_the_newest_who_came_and_went_are_told_first_and_only_of_that_segment(store: Store) -> None:
    no = evaluate(store, "buyers", "order_count >= 1", NOW)
    evaluate(store, "many", "order_count >= 3", NOW)
    evaluate(store, "buyers", "order_count >= 2", NOW + HOUR)
    told = [(row["entered"], row["customer_id"], row["at"]) for row in store.segments.latest_events(no, 2)]
    assert told[0] == (0, "c1", to_micros(NOW + HOUR))
    assert told[1][0] == 1
    every = store.segments.latest_events(no, 9)
    assert sorted((row["entered"], row["customer_id"]) for row in every) == [(0, "c1"), (1, "c1"), (1, "c2"), (1, "c3")]
    assert [row["seq"] for row in every] == sorted((row["seq"] for row in every), reverse=True)
    assert store.segments.latest_events(99, 9) == []


def test_comings_and_goings_are_summed_from_the_hours_that_began_since(store: Store) -> None:
    evaluate(store, "buyers", "order_count >= 1", NOW)
    evaluate(store, "buyers", "order_count >= 2", NOW + HOUR)
    evaluate(store, "buyers", "order_count >= 0", NOW + 2 * HOUR)
    evaluate(store, "many", "order_count >= 3", NOW + HOUR)

    def since(moment: datetime) -> dict[str, tuple[int, int]]:
        rows = store.segments.moved_since(moment)
        return {row["segment_id"]: (int(row["entered"]), int(row["left"])) for row in rows}

    assert since(NOW - HOUR) == {"buyers": (3 + 2, 1), "many": (1, 0)}
    assert since(NOW) == {"buyers": (2, 1), "many": (1, 0)}  # the hour of NOW began before
    assert since(NOW + HOUR) == {"buyers": (2, 0)}
    assert since(NOW + 3 * HOUR) == {}
