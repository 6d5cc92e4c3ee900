"""Whatever happens in whatever order: what was kept by touch and clock is what making everything anew would give."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tsuide.app.applying import put_orders
from tsuide.app.segment_keeping import VISITOR_DAYS, keep_all_segments, running
from tsuide.app.segments import members_of, put_segment
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.facts.behaviour import EVENTS, Event
from tsuide.facts.catalogue import PRODUCTS, Product
from tsuide.facts.consent import CONSENTS, Consent
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.frames import frame_of
from tsuide.facts.interactions import INTERACTIONS, Interaction
from tsuide.facts.orders import Order, OrderLine
from tsuide.outreach.segments.definition import Segment
from tsuide.outreach.segments.sheets import OWN_COLUMNS, make_sheets

START = datetime(2026, 2, 25, 12, tzinfo=UTC)
CONDITIONS = {
    "fresh": "days_since_last_order < 3",
    "tea-lately": "bought('tea', within => 2) or viewed('tea', within => 1)",
    "big": "spent > 3000 and order_count >= 2",
    "mail": "consented('marketing', 'email') and not (days_since_last_seen >= 2)",
    "grown": "age >= 20 or birthday_within(1)",
    "named": "rank = 'gold' and points > 10",
    "back": "returned('cup') or return_rate > 0.4",
    "quiet": "days_since_last_contact >= 2 or contact_count > 1",
}
CUSTOMERS_ = st.integers(0, 3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("order"), CUSTOMERS_, st.sampled_from(["tea", "cup"]), st.integers(0, 1)),
        st.tuples(st.just("cancel"), CUSTOMERS_),
        st.tuples(st.just("hand over"), CUSTOMERS_, CUSTOMERS_),
        st.tuples(st.just("view"), CUSTOMERS_, st.booleans()),
        st.tuples(st.just("join"), CUSTOMERS_),
        st.tuples(st.just("consent"), CUSTOMERS_, st.booleans()),
        st.tuples(st.just("told"), CUSTOMERS_, st.sampled_from(["gold", "none"]), st.sampled_from(["9", "11", "many"])),
        st.tuples(st.just("talk"), CUSTOMERS_, st.sampled_from(["call", "note"]), st.sampled_from(["", "no_answer"])),
        st.tuples(st.just("wait"), st.sampled_from([1, 11, 24, 25, 48, 72])),
        st.tuples(st.just("keep")),
    ),
    min_size=1,
    max_size=25,
)
NUMBERS = count()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    opened = open_shop(Settings(home=tmp_path_factory.mktemp("kept") / "home", language="en"))
    goods = [Product(name, name, "JPY", category=("goods",)) for name in ("tea", "cup")]
    opened.store.facts.write_products(frame_of(goods, PRODUCTS))
    opened.store.facts.write_customers(frame_of([Customer("z", attributes={"rank": "", "points": ""})], CUSTOMERS))
    for name, condition in CONDITIONS.items():
        put_segment(opened, Segment(name, {"ja": name, "en": name}, condition), START)
    put_segment(opened, Segment("lookers", {"ja": "l", "en": "l"}, "viewed(within => 1)", "visitors"), START)
    yield opened
    opened.close()


class Life:
    """Customers of one example, their names their own."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.now, self.run = shop, START, next(NUMBERS)
        self.orders: list[Order] = []

    def who(self, n: int, kind: str = "c") -> str:
        return f"{kind}{self.run}-{n}"

    def do(self, what: str, *more: Any) -> None:
        getattr(self, what.replace(" ", "_"))(*more)

    def order(self, n: int, product: str, back: int) -> None:
        id_ = f"o{next(NUMBERS)}"
        line = OrderLine(id_, 1, product, 2, 900, 1800, returned=back)
        self.orders.append(Order(id_, self.now, "JPY", self.who(n), lines=(line,)))
        put_orders(self.shop, self.orders[-1:])

    def cancel(self, n: int) -> None:
        self._change(n, status="cancelled")

    def hand_over(self, n: int, other: int) -> None:
        self._change(n, customer_id=self.who(other))

    def _change(self, n: int, **change: Any) -> None:
        place = next((i for i, each in enumerate(self.orders) if each.customer_id == self.who(n)), None)
        if place is not None:
            self.orders[place] = replace(self.orders[place], **change)
            put_orders(self.shop, [self.orders[place]])

    def view(self, n: int, named: bool) -> None:  # noqa: FBT001 - drawn
        who = {"customer_id": self.who(n)} if named else {"anonymous_id": self.who(n, "v")}
        seen = Event(f"e{next(NUMBERS)}", "view", self.now, **who, product_id="tea")  # type: ignore[arg-type]  # two names
        self.shop.store.facts.write_events(frame_of([seen], EVENTS))

    def join(self, n: int) -> None:
        self.shop.store.inbox.join(self.who(n, "v"), self.who(n), self.now)

    def consent(self, n: int, granted: bool) -> None:  # noqa: FBT001 - drawn
        self.now += timedelta(seconds=1)  # two answers of one moment would be one
        said = Consent(self.who(n), "marketing", "email", granted=granted, at=self.now, source="form")
        self.shop.store.facts.write_consents(frame_of([said], CONSENTS))

    def told(self, n: int, rank: str, points: str) -> None:
        attributes = {"rank": rank, "points": points, "birth_date": f"2006-02-{26 + n % 3}"}
        self.shop.store.facts.write_customers(frame_of([Customer(self.who(n), attributes=attributes)], CUSTOMERS))

    def talk(self, n: int, kind: Any, outcome: str) -> None:
        said = Interaction(f"i{n}{self.run}", self.who(n), kind, self.now, outcome=outcome)  # the newest in its place
        self.shop.store.facts.write_interactions(frame_of([said], INTERACTIONS))

    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    def keep(self) -> None:
        keep_all_segments(self.shop, self.now)


@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_what_was_kept_is_what_making_everything_anew_would_give(shop: Shop, steps: list[tuple[Any, ...]]) -> None:
    life = Life(shop)
    for step in steps:
        life.do(*step)
    life.keep()
    segments = shop.store.segments
    facts = segments.facts(None, (), life.now - timedelta(days=VISITOR_DAYS))
    anew, _ = make_sheets(facts, {"tea": "goods", "cup": "goods"})
    mine = anew.filter(pl.col("subject").str.contains(rf"^.[cv]{life.run}-"))
    for row in mine.select(OWN_COLUMNS).iter_rows(named=True):
        kept, _ = segments.sheet(row["subject"])
        assert kept is not None
        assert {name: kept[name] for name in OWN_COLUMNS} == row
    for run in running(shop, life.now):
        inside = {each["place"] for each in members_of(shop, run.segment.id, 10_000)}
        true = set(segments.sample(run.lowered, run.segment.who, 10_000))
        ours = {each for each in inside ^ true if each[1:].startswith((f"c{life.run}-", f"v{life.run}-"))}
        assert not ours, (run.segment.id, life.now)
