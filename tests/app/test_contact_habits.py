"""Habits: whose segment stands above whom, hours by the customer's own clock, learned once a day."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tsuide.app.best_channel import contact_told
from tsuide.app.contact_habits import KeptHabits, learn_habits
from tsuide.app.segments import put_segment
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.errors import UnknownCustomer
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.schema import conform
from tsuide.kit.clock import to_micros
from tsuide.outreach.segments.definition import Segment
from tsuide.store.outcomes import outcome_row

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)  # a Monday, noon in Tokyo
MONDAY = datetime(2026, 5, 25, tzinfo=UTC)


@pytest.fixture
def shop(new_home: Path) -> Iterator[Shop]:
    made = open_shop(Settings(home=new_home))
    yield made
    made.close()


def people(shop: Shop, n: int, **attributes: str) -> list[str]:
    prefix = "".join(attributes.values()).replace("/", "") or "c"
    rows = [{"id": f"{prefix}{each}", "attributes": json.dumps(attributes)} for each in range(n)]
    shop.store.facts.write_customers(conform(pl.DataFrame(rows), CUSTOMERS))
    return [row["id"] for row in rows]


def contacted(shop: Shop, who: list[str], hour: int, *, answers: bool, channel: str = "email") -> None:
    """Each on five Mondays at this hour, UTC."""
    rows = []
    for each in who:
        for week in range(5):
            at = to_micros(MONDAY - timedelta(weeks=week) + timedelta(hours=hour))
            told: dict[str, Any] = {"decision_id": f"{each}-{week}-{hour}-{channel}", "customer_id": each}
            told |= {"channel": channel, "at": at}
            rows.append(outcome_row({"id": f"s-{told['decision_id']}", "outcome": "shown", **told}))
            if answers:
                rows.append(outcome_row({"id": f"k-{told['decision_id']}", "outcome": "clicked", **told}))
    journal = shop.store.journal()
    journal.write("trace", *rows)
    journal.close_now()


def test_nobody_contacted_means_that_nothing_is_known(shop: Shop) -> None:
    people(shop, 1)
    told = contact_told(shop, KeptHabits(shop, lambda: NOW), "c0", NOW)
    assert (told["channels"], told["segment"], told["best"]["channel"]) == ([], None, None)
    with pytest.raises(UnknownCustomer):
        contact_told(shop, KeptHabits(shop, lambda: NOW), "nobody", NOW)


def test_a_newcomer_is_answered_from_their_narrowest_segment(shop: Shop) -> None:
    early, late = people(shop, 40, rank="early"), people(shop, 60, rank="late")
    for who, best, worst in ((early[1:], 1, 9), (late, 9, 1)):
        contacted(shop, who, best, answers=True)
        contacted(shop, who, worst, answers=False)
    for name in ("early", "late"):
        put_segment(shop, Segment(name, {"ja": name, "en": name}, f"rank = '{name}'"), NOW)
    kept = KeptHabits(shop, lambda: NOW)
    assert learn_habits(shop, NOW).segments == ("early", "late")
    told = contact_told(shop, kept, early[0], NOW)
    assert told["segment"] == "early"
    monday = told["channels"][0]["hours"][0]
    assert (monday["weekday"], monday["hour"], monday["contacts"]) == (0, 10, 0)  # 1:00 UTC in Tokyo
    assert 0.5 < monday["low"] <= monday["probability"] <= monday["high"]
    assert contact_told(shop, kept, late[0], NOW)["channels"][0]["hours"][0]["hour"] == 18


def test_hours_are_those_of_the_customers_own_clock(shop: Shop) -> None:
    who = people(shop, 3, time_zone="America/New_York")
    contacted(shop, who, 13, answers=True)  # 9:00 there, 22:00 in Tokyo
    contacted(shop, who, 18, answers=False)
    told = contact_told(shop, KeptHabits(shop, lambda: NOW), who[0], NOW)
    assert (told["time_zone"], told["channels"][0]["hours"][0]["hour"]) == ("America/New_York", 9)


def test_it_is_learned_once_a_day(shop: Shop) -> None:
    now = NOW
    kept = KeptHabits(shop, lambda: now)
    first = kept.now()
    contacted(shop, people(shop, 1), 1, answers=True)
    assert kept.now() is first
    now += timedelta(days=1)
    assert kept.now().times is not None
