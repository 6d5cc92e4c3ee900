"""A worker of journeys on a real store: who begins and leaves, whose waiting ends, and nobody is lost by a fault."""

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tsuide.app.applying import put_orders, put_products
from tsuide.app.contact_habits import learn_habits
from tsuide.app.doctor import examine
from tsuide.app.doctor import told as in_words
from tsuide.app.erasing import erase_customer
from tsuide.app.feedback import record_feedback
from tsuide.app.journey_doors import ShopDoors
from tsuide.app.journey_dry import dry_run
from tsuide.app.journey_work import LEASE, Counts, JourneyWorker
from tsuide.app.journeys import enrolments_told, journey_told, put_journey, set_journey, undo_journey
from tsuide.app.segment_keeping import keep_all_segments
from tsuide.app.segments import put_segment
from tsuide.app.surveys import Given, record_answer
from tsuide.app.tasks import tasks_told
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.errors import BadJourney, BadValue, Conflict, NotFound, Unavailable
from tsuide.facts.behaviour import EVENTS, Event
from tsuide.facts.catalogue import Product
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.feedback import Feedback
from tsuide.facts.frames import frame_of
from tsuide.facts.orders import Order, OrderLine
from tsuide.facts.pricing import PRICES
from tsuide.facts.schema import conform
from tsuide.kit.clock import to_micros
from tsuide.outreach.journeys.reading import read_journey
from tsuide.outreach.message import Message, Sending
from tsuide.outreach.segments.definition import Segment
from tsuide.store.outcomes import outcome_row

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Bench:
    """A shop, its worker, a clock that is set by hand, and what was sent."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.now = shop, NOW
        self.sent: list[Message] = []
        self.answer: Sending | Exception | None = None
        self.posted: list[tuple[str, Any]] = []
        self.numbers = itertools.count(1)
        doors = ShopDoors(shop, self.clock, self.entropy, send=self.send, offered=lambda *_: True, posted=self.post)
        self.worker = JourneyWorker(shop, doors, self.clock, self.entropy)

    def clock(self) -> datetime:
        return self.now

    def entropy(self) -> int:
        return next(self.numbers)

    def send(self, message: Message) -> Sending:
        if isinstance(self.answer, Exception):
            raise self.answer
        self.sent.append(message)
        return self.answer or Sending(message.key, "sent", new=True)

    def post(self, url: str, body: str, *_: object) -> Any:
        self.posted.append((url, json.loads(body)))
        return "taken"

    def run(self, trigger: str, *steps: str, more: str = "", name: str = "j") -> None:
        text = f"id: {name}\nnames: {{ja: あ, en: a}}\ntrigger: {trigger}\n{more}steps:\n"
        put_journey(self.shop, text + "".join(f"  - {{{each}}}\n" for each in steps), self.now)
        set_journey(self.shop, name, "running", self.now)

    def turn(self, later: timedelta = timedelta()) -> Counts:
        """Until nothing is due: who comes to a message is written down there first."""
        self.now += later
        whole = self.worker.turn()
        while (more := self.worker.turn()).walked:
            for name in ("heard", "begun", "walked", "ended", "failed", "sent"):
                setattr(whole, name, getattr(whole, name) + getattr(more, name))
        return whole

    def event(self, kind: Any, customer: str = "c1", product: str | None = "camera", **more: Any) -> None:
        event = Event(f"v{next(self.numbers)}", kind, self.now, customer, product_id=product, **more)
        self.shop.store.facts.write_events(frame_of([event], EVENTS))

    def order(self, customer: str = "c1", product: str = "camera", at: datetime | None = None) -> None:
        name = f"o{next(self.numbers)}"
        line = OrderLine(name, 1, product, 1, 1_000, 1_000)
        put_orders(self.shop, [Order(name, at or self.now, "JPY", customer, "placed", "web", "api", (line,))])

    def standing(self, name: str = "j") -> list[tuple[str, str, str | None]]:
        return sorted((each["customer_id"], each["state"], each["step"]) for each in enrolments_told(self.shop, name))


@pytest.fixture
def bench(new_home: Path) -> Iterator[Bench]:
    shop = open_shop(Settings(home=new_home))
    put_products(shop, [
        Product("camera", "Camera", "JPY", ("electronics", "cameras"), price=50_000, stock=3),
        Product("lens", "Lens", "JPY", ("electronics", "cameras"), price=20_000, stock=3),
        Product("course", "Course", "JPY", ("lessons",), price=0, kind="content"),
    ], ())  # fmt: skip
    people = [Customer(f"c{n}", attributes={"birth_date": "1990-06-03"} if n == 1 else {}) for n in range(1, 4)]
    shop.store.facts.write_customers(frame_of(people, CUSTOMERS))
    yield Bench(shop)
    shop.close()


MAIL = "id: mail, message: {template: offer}"


def test_an_order_begins_a_journey_that_sends_after_its_wait(bench: Bench) -> None:
    bench.run("{order: {category: cameras}}", "id: rest, wait: {for: 2d}", MAIL)
    bench.order()
    bench.order("c2", "course")
    assert bench.turn().begun == 1
    assert (bench.sent, bench.standing()) == ([], [("c1", "active", "rest")])
    went = bench.turn(2 * DAY)
    assert (went.ended, went.sent) == (1, 1)
    assert [(each.customer_id, each.products) for each in bench.sent] == [("c1", ("camera",))]
    assert journey_told(bench.shop, "j")["ways"] == [
        {"version": 1, "step": "mail", "way": "end", "said": "sent", "n": 1},
        {"version": 1, "step": "rest", "way": "mail", "said": "", "n": 1},
    ]


def test_a_survey_is_asked_waited_for_and_its_answer_begins_another_journey(bench: Bench) -> None:
    bench.run(
        "{event: {kind: attended}}",
        "id: ask, message: {template: survey, values: {survey: needs}}",
        "id: said, await: {happens: survey, survey: needs, at_most: 9d, then: glad, otherwise: end}",
        "id: glad, goal: {}",
    )
    bench.run("{survey: {survey: needs, answers: {matters: eco}}}", MAIL, name="eco")
    bench.event("attended", product="course")
    bench.event("registered", "c2", product="course")
    assert bench.turn().begun == 1
    assert [(each.template, each.values) for each in bench.sent] == [("survey", {"survey": "needs"})]

    def answer(survey: str, given: dict[str, list[str]]) -> None:
        record_answer(bench.shop, survey, Given("c1", survey, "rep", given, bench.now), bench.now)

    bench.now += DAY
    answer("nps", {"score": ["9"]})
    assert bench.turn().ended == 0
    answer("needs", {"matters": ["price"]})
    bench.turn()
    assert bench.standing() == [("c1", "done", "glad")]
    assert bench.standing("eco") == []
    bench.now += HOUR
    answer("needs", {"matters": ["price", "eco"]})
    assert bench.turn().begun == 1


def test_a_journey_that_names_a_survey_nobody_wrote_says_so(bench: Bench) -> None:
    bench.run(
        "{survey: {survey: spring}}",
        "id: ask, message: {template: survey, values: {survey: autumn}}",
        "id: said, await: {happens: survey, survey: winter, at_most: 9d}",
    )
    doubts = journey_told(bench.shop, "j")["doubts"]
    assert [each.split(":")[0] for each in doubts] == [
        f"there is no survey {each}" for each in ("spring", "autumn", "winter")
    ]


def test_a_dry_run_hears_of_answers(bench: Bench) -> None:
    text = "id: j\nnames: {ja: あ, en: a}\ntrigger: {survey: {survey: nps}}\nsteps: [{id: g, goal: {}}]"
    record_answer(bench.shop, "nps", Given("c1", "x", "rep", {"score": ["9"]}, NOW - DAY), NOW)
    told = dry_run(bench.shop, read_journey(text), NOW - 2 * DAY, NOW, lambda *_: None)
    assert (told["begun"], told["reached"]) == (1, 1)


def test_history_that_is_imported_begins_nothing(bench: Bench) -> None:
    bench.run("{order: {}}", MAIL)
    bench.order(at=NOW - 30 * DAY)
    assert (bench.turn().heard, bench.standing()) == (1, [])


def test_only_the_first_order_where_the_first_is_meant(bench: Bench) -> None:
    bench.order(at=NOW - 30 * DAY)
    bench.run("{order: {first: true}}", MAIL)
    bench.order()
    bench.order("c2")
    bench.turn()
    assert [each.customer_id for each in bench.sent] == ["c2"]


def test_a_cart_that_is_left_is_mailed_with_all_that_lies_in_it(bench: Bench) -> None:
    bench.run("{cart_abandoned: {after: 2h}}", MAIL, more="again: always\n")
    bench.event("add", cart_id="k1")
    bench.turn()
    bench.now += HOUR
    bench.event("add", product="lens", cart_id="k1")  # the clock starts again
    bench.turn()
    bench.turn(HOUR)
    assert bench.sent == []
    bench.turn(HOUR)
    assert [each.products for each in bench.sent] == [("lens", "camera")]


def test_a_cart_that_is_emptied_or_bought_is_not_left_behind(bench: Bench) -> None:
    bench.run("{cart_abandoned: {after: 2h}}", MAIL)
    bench.event("add", cart_id="k1")
    bench.event("add", "c2", cart_id="k2")
    bench.turn()
    bench.now += HOUR
    bench.event("remove", cart_id="k1")
    bench.order("c2")
    bench.turn(2 * HOUR)
    assert bench.sent == []
    assert {each["customer_id"]: each["why"] for each in enrolments_told(bench.shop, "j")} == {
        "c1": "empty",
        "c2": "order",
    }


def test_what_is_awaited_ends_the_waiting_at_once(bench: Bench) -> None:
    bench.run("{order: {}}", "id: wait, await: {happens: view, category: cameras, at_most: 3d, then: end}", MAIL)
    bench.order()
    bench.order("c2")
    bench.turn()
    bench.event("view", "c1", "course")  # another category
    bench.turn()
    assert bench.standing()[0] == ("c1", "active", "wait")
    bench.event("view", "c1", "lens")
    bench.turn()
    assert bench.standing() == [("c1", "done", "wait"), ("c2", "active", "wait")]
    bench.turn(3 * DAY)
    assert [each.customer_id for each in bench.sent] == ["c2"]


def test_who_does_what_the_journey_is_left_for_leaves(bench: Bench) -> None:
    bench.run("{order: {}}", "id: rest, wait: {for: 2d}", MAIL, more="leave_when: [complaint]\n")
    bench.order()
    bench.turn()
    record_feedback(bench.shop, Feedback("f1", "c1", "complaint", bench.now), bench.now)
    bench.turn(2 * DAY)
    assert (bench.sent, bench.standing()) == ([], [("c1", "left", "rest")])


@pytest.mark.parametrize(("score", "tasks"), [(9, 1), (8, 0)])
def test_a_good_score_begins_what_is_for_good_scores(bench: Bench, score: int, tasks: int) -> None:
    bench.run("{score: {at_least: 9}}", "id: ask, task: {title: {ja: お願い, en: ask}, due: 2d}")
    record_feedback(bench.shop, Feedback("f1", "c1", "score", bench.now, score), bench.now)
    bench.turn()
    told = [(each["customer_id"], each["title"]["en"], each["due_at"]) for each in tasks_told(bench.shop)]
    assert told == [("c1", "ask", (NOW + 2 * DAY).isoformat())] * tasks


def test_a_price_that_falls_is_told_to_who_looked_and_did_not_buy(bench: Bench) -> None:
    bench.run("{price_drop: {by: 10}}", MAIL)
    for who in ("c1", "c2"):
        bench.event("view", who)
    bench.order("c2")
    bench.now += HOUR
    put_products(
        bench.shop, [Product("camera", "Camera", "JPY", ("electronics", "cameras"), price=47_000, stock=3)], ()
    )
    bench.turn()
    assert bench.sent == []  # six percent
    put_products(
        bench.shop, [Product("camera", "Camera", "JPY", ("electronics", "cameras"), price=40_000, stock=3)], ()
    )
    bench.turn()
    assert [(each.customer_id, each.values["number"]) for each in bench.sent] == [("c1", "14")]


def test_what_is_back_in_stock_is_told_to_who_looked(bench: Bench) -> None:
    bench.run("{back_in_stock: {}}", MAIL)
    bench.event("view")
    for stock in (0, 5):
        put_products(bench.shop, [Product("camera", "Camera", "JPY", ("cameras",), price=50_000, stock=stock)], ())
    bench.turn(HOUR)
    assert [each.products for each in bench.sent] == [("camera",)]


def test_content_that_is_read_and_an_owner_who_comes_back(bench: Bench) -> None:
    bench.run("{content: {}}", "id: t, webhook: {url: 'https://example.com/x', name: taught}", name="taught")
    bench.run("{comes_back: {times: 2, within: 7d}}", MAIL, name="back")
    bench.order("c1", "camera", NOW - 60 * DAY)
    bench.event("view", "c1", "course")
    bench.event("view", "c1", "lens")
    bench.event("view", "c2", "lens")  # owns nothing of it
    bench.turn()
    assert [body["event"] for _, body in bench.posted] == ["taught"]
    assert bench.sent == []
    bench.now += DAY
    bench.event("view", "c1", "lens")
    bench.event("view", "c2", "lens")
    bench.turn()
    assert [each.customer_id for each in bench.sent] == ["c1"]


def test_birthdays_and_days_of_the_year_come_once(bench: Bench) -> None:
    bench.run("{birthday: {before: 2}}", MAIL, name="birthday")
    bench.run("{date: {month: 6, day: 1}}", "id: u, update: {attribute: seen, value: 'yes'}", name="day")
    for _ in range(30):
        bench.turn(HOUR)
    assert [each.customer_id for each in bench.sent] == ["c1"]
    assert [state for _, state, _ in bench.standing("day")] == ["done"] * 3
    assert '"seen": "yes"' in str(bench.shop.store.facts.customer("c2")["attributes"])


def test_silence_begins_after_so_many_days_without_anything(bench: Bench) -> None:
    bench.run("{silence: {days: 90}}", "id: t, task: {title: {ja: 電話, en: call}}")
    bench.event("view", "c1")
    bench.order("c2", at=NOW - 89 * DAY)
    bench.turn()
    assert [each["customer_id"] for each in tasks_told(bench.shop)] == ["c3"]
    bench.turn(2 * DAY)
    assert [each["customer_id"] for each in tasks_told(bench.shop)] == ["c3", "c2"]


def test_an_account_is_silent_only_where_nobody_of_its_tree_was_heard_of(bench: Bench) -> None:
    tree = {"acme": None, "acme-osaka": "acme", "mori": "acme-osaka", "quiet": None, "kato": "quiet"}
    rows = [Customer(who, parent_id=above) for who, above in tree.items()]
    bench.shop.store.facts.write_customers(frame_of(rows, CUSTOMERS))
    bench.run("{silence: {days: 90, of: account}}", "id: t, task: {title: {ja: 電話, en: call}}")
    bench.order("mori", at=NOW - 89 * DAY)
    for single in ("c1", "c2", "c3"):
        bench.event("view", single)
    bench.turn()
    assert [each["customer_id"] for each in tasks_told(bench.shop)] == ["quiet"]
    bench.turn(2 * DAY)
    assert [each["customer_id"] for each in tasks_told(bench.shop)] == ["quiet", "acme"]


def test_a_rules_task_about_a_contact_is_the_accounts_owners(bench: Bench) -> None:
    people = [Customer("acme", "company", attributes={"owner": "ann"}), Customer("mori", parent_id="acme")]
    bench.shop.store.facts.write_customers(frame_of(people, CUSTOMERS))
    bench.run("{order: {}}", "id: t, task: {title: {ja: 電話, en: call}}")
    bench.order("mori")
    bench.turn()
    assert [(each["customer_id"], each["assignee"]) for each in tasks_told(bench.shop)] == [("mori", "ann")]


def test_one_at_a_time_and_again_only_after_its_time(bench: Bench) -> None:
    bench.run("{order: {}}", "id: rest, wait: {for: 1d}", MAIL, more="again: 30d\n")
    bench.order()
    bench.order()
    bench.turn()
    bench.turn(2 * DAY)
    bench.order()
    bench.turn()
    assert len(bench.standing()) == 1
    bench.now += 30 * DAY
    bench.order()
    bench.turn()
    assert len(bench.standing()) == 2


def test_a_step_that_fails_is_tried_again_and_keeps_nobody_waiting(bench: Bench) -> None:
    bench.run("{order: {}}", MAIL)
    bench.order()
    bench.answer = Unavailable("no server", key="smtp", value="x")
    assert bench.turn().failed == 1
    assert enrolments_told(bench.shop, "j")[0]["why"].startswith("no server")
    bench.answer = None
    assert bench.turn().walked == 0
    assert bench.turn(timedelta(minutes=2)).ended == 1
    assert len({each.key for each in bench.sent}) == 1


def test_a_worker_that_dies_gives_back_what_it_held(bench: Bench) -> None:
    bench.run("{order: {}}", MAIL)
    bench.order()

    def dies(_: Message) -> Sending:
        raise KeyboardInterrupt

    doors = ShopDoors(bench.shop, bench.clock, bench.entropy, send=dies, offered=lambda *_: True, posted=bench.post)
    dying = JourneyWorker(bench.shop, doors, bench.clock, bench.entropy)
    dying.turn()
    with pytest.raises(KeyboardInterrupt):
        dying.turn()
    assert bench.turn().walked == 0
    assert bench.turn(LEASE).ended == 1
    assert len(bench.sent) == 1


def test_paused_waits_and_running_goes_on(bench: Bench) -> None:
    bench.run("{order: {}}", "id: rest, wait: {for: 1d}", MAIL)
    bench.order()
    bench.turn()
    set_journey(bench.shop, "j", "paused", bench.now)
    bench.turn(2 * DAY)
    bench.order("c2")
    assert (bench.sent, len(bench.standing())) == ([], 1)
    set_journey(bench.shop, "j", "running", bench.now)
    assert bench.turn().ended == 1


def test_who_is_under_way_keeps_their_version_unless_they_are_moved(bench: Bench) -> None:
    bench.run("{order: {}}", "id: rest, wait: {for: 1d}", MAIL)
    bench.order()
    bench.turn()
    bench.run("{order: {}}", "id: rest, wait: {for: 1d}", "id: other, message: {template: cart}")
    bench.order("c2")
    bench.turn()
    bench.turn(DAY)
    assert [(each.customer_id, each.template) for each in bench.sent] == [("c1", "offer"), ("c2", "cart")]
    assert undo_journey(bench.shop, "j", bench.now) == 3
    assert MAIL in journey_told(bench.shop, "j")["text"]


def test_what_there_is_not_is_named(bench: Bench) -> None:
    with pytest.raises(NotFound, match="no such journey"):
        set_journey(bench.shop, "nothing", "running", NOW)
    with pytest.raises(NotFound):
        undo_journey(bench.shop, "nothing", NOW)
    bench.run("{order: {}}", MAIL)
    with pytest.raises(Conflict, match="no version before"):
        undo_journey(bench.shop, "j", NOW)


def test_only_members_of_a_segment_begin_where_one_is_named(bench: Bench) -> None:
    bench.shop.store.facts.write_customers(frame_of([Customer("c2", attributes={"segments": "vip, new"})], CUSTOMERS))
    bench.run("{order: {}}", MAIL, more="only: vip\n")
    bench.order()
    bench.order("c2")
    bench.turn()
    assert [each.customer_id for each in bench.sent] == ["c2"]


def test_who_comes_into_a_segment_begins_and_who_was_in_it_from_the_start_does_not(bench: Bench) -> None:
    bench.order("c1", at=NOW - DAY)
    buyers = Segment("buyers", {"ja": "購入者", "en": "Buyers"}, "order_count > 0")
    put_segment(bench.shop, buyers, NOW)
    bench.run("{segment: {segment: buyers}}", MAIL)
    bench.turn()
    assert bench.sent == []
    bench.order("c2")
    keep_all_segments(bench.shop, bench.now)
    bench.turn()
    assert [each.customer_id for each in bench.sent] == ["c2"]


def test_a_message_without_its_template_is_refused_before_anybody_waits_for_it(bench: Bench) -> None:
    with pytest.raises(BadJourney, match=r"no such template.*mail put"):
        bench.run("{order: {}}", "id: mail, message: {template: thanks}")
    with pytest.raises(BadJourney, match="write purpose: transactional"):
        bench.run("{order: {}}", "id: mail, message: {template: order}")
    assert bench.shop.store.journeys.all() == []


def test_what_a_journey_names_and_the_shop_does_not_have_is_told(bench: Bench) -> None:
    bench.run("{order: {}}", "id: s, split: {experiment: x, arms: {new: end}}", MAIL, more="only: vip\n")
    first, second = journey_told(bench.shop, "j")["doubts"]
    assert "segment vip" in first
    assert "experiment x" in second
    put_segment(bench.shop, Segment("vip", {"ja": "上得意", "en": "VIP"}, "spent > 100000"), NOW)
    assert len(journey_told(bench.shop, "j")["doubts"]) == 1


def test_an_erased_customer_leaves_no_trace_but_the_count(bench: Bench) -> None:
    bench.run("{order: {}}", "id: call, task: {title: {ja: 電話, en: call}}", "id: rest, wait: {for: 1d}", MAIL)
    bench.order()
    bench.turn()
    bench.event("view")
    bench.order()  # news that nobody has heard yet
    erase_customer(bench.shop, "c1", bench.now)
    bench.turn(2 * DAY)
    told = enrolments_told(bench.shop, "j")
    assert [(each["customer_id"], each["state"], each["why"]) for each in told] == [(None, "left", "erased")]
    assert (bench.sent, tasks_told(bench.shop)) == ([], [])
    assert "c1" not in str(told)


def test_doctor_says_when_a_journey_mails_and_nobody_is_named_as_sender(bench: Bench) -> None:
    bench.run("{order: {}}", MAIL)

    def found(**more: str) -> list[str]:
        told = examine(bench.shop.settings.model_copy(update=more), bench.now)
        return [each.grade for each in told if each.name == "journeys"]

    assert found() == ["bad"]
    assert found(mail_from="Shop <shop@example.com>") == ["good"]


def test_doctor_says_when_nobody_carries_journeys_out(bench: Bench) -> None:
    def found() -> list[tuple[str, str]]:
        told = examine(bench.shop.settings, bench.now)
        return [(each.grade, in_words(each, "en").do) for each in told if each.name == "journeys"]

    assert found() == []
    bench.run("{order: {}}", "id: rest, wait: {for: 1h}", "id: call, task: {title: {ja: 電話, en: call}}")
    assert found() == [("good", "")]
    bench.order()
    bench.turn()
    bench.now += 2 * HOUR
    assert found() == [("bad", "start a worker: tsuide worker")]
    bench.turn()
    assert found() == [("good", "")]


def test_the_best_hour_is_learned_from_what_customers_reacted_to(bench: Bench) -> None:
    assert learn_habits(bench.shop, NOW).times is None
    journal = bench.shop.store.journal()
    for n, hour in itertools.product(range(1, 41), (9, 20)):
        at = to_micros(NOW.replace(hour=0) - n * DAY + timedelta(hours=hour - 9))  # Tokyo
        told: dict[str, Any] = {"offer_id": f"d{n}-{hour}.0", "customer_id": "c1", "channel": "email", "at": at}
        journal.write("trace", outcome_row({"id": f"s{n}-{hour}", "outcome": "shown", **told}))
        if hour == 20:
            journal.write("trace", outcome_row({"id": f"k{n}", "outcome": "clicked", **told}))
    journal.close_now()
    learned = learn_habits(bench.shop, NOW).times
    assert learned is not None
    assert learned.best("c1", "email").hour == 20
    bench.run("{order: {}}", "id: w, wait: {best_hour: true}", MAIL)
    bench.order()
    bench.turn()
    assert enrolments_told(bench.shop, "j")[0]["due_at"] == "2026-06-01T11:00:00+00:00"


def test_a_dry_run_on_days_that_have_been_counts_what_a_worker_would_have_done(bench: Bench) -> None:
    text = (
        "id: j\nnames: {ja: あ, en: a}\ntrigger: {cart_abandoned: {after: 2h}}\nleave_when: [complaint]\nsteps:\n"
        "  - {id: mail, message: {template: cart}}\n"
        "  - {id: wait, await: {happens: view, at_most: 1d, then: end}}\n"
        "  - {id: task, task: {title: {ja: 電話, en: call}}}\n"
    )
    bench.event("add", "c1", cart_id="k1")  # left: mailed, comes back
    bench.event("add", "c2", cart_id="k2")  # left: mailed, does not come back
    bench.event("add", "c3", cart_id="k3")  # bought within the two hours
    bench.now += HOUR
    bench.order("c3")
    bench.now += 5 * HOUR
    bench.event("view", "c1", "lens")
    end = NOW + 3 * DAY
    told = dry_run(bench.shop, read_journey(text), NOW - HOUR, end, lambda *_: None)
    assert {name: told[name] for name in ("begun", "ended", "left", "waiting", "messages", "held_back", "tasks")} == {
        "begun": 3, "ended": 2, "left": 1, "waiting": 0, "messages": 2, "held_back": 0, "tasks": 1,
    }  # fmt: skip
    held = dry_run(
        bench.shop, read_journey(text), NOW - HOUR, end, lambda m, _: "caps" if m.customer_id == "c1" else None
    )
    assert (held["messages"], held["held_back_by"]) == (1, {"caps": 1})
    assert enrolments_of_all(bench) == 0
    assert bench.shop.store.tasks.listed() == []


def test_a_dry_run_tells_which_day_it_lives_through(bench: Bench) -> None:
    told: list[tuple[str, int, int]] = []
    text = (
        "id: j\nnames: {ja: あ, en: a}\ntrigger: {birthday: {}}\nsteps:\n"
        "  - {id: rest, wait: {for: 1d}}\n  - {id: goal, goal: {}}\n"
    )
    dry_run(bench.shop, read_journey(text), NOW, NOW + timedelta(days=6, hours=12), lambda *_: None,
            tell=lambda *said: told.append(said))  # fmt: skip
    assert told[0] == ("days", 0, 7)
    assert told[-1] == ("days", 7, 7)
    days = [done for _, done, _ in told]
    assert days == sorted(days)
    assert len(set(days)) > 2  # the day on which somebody began, and the one on which their wait ended


def test_a_dry_run_of_what_the_clock_brings(bench: Bench) -> None:
    text = "id: j\nnames: {ja: あ, en: a}\ntrigger: {birthday: {}}\nsteps: [{id: mail, message: {template: offer}}]"
    told = dry_run(bench.shop, read_journey(text), NOW, NOW + 7 * DAY, lambda *_: None)
    assert (told["begun"], told["by_template"]) == (1, {"offer": 1})
    with pytest.raises(BadValue, match="days"):
        dry_run(bench.shop, read_journey(text), NOW, NOW, lambda *_: None)


def enrolments_of_all(bench: Bench) -> int:
    return sum(len(enrolments_told(bench.shop, each["id"])) for each in bench.shop.store.journeys.all())


def test_a_dry_run_hears_of_prices_that_fell_but_not_of_a_promotion(bench: Bench) -> None:
    drop = read_journey(
        "id: j\nnames: {ja: あ, en: a}\ntrigger: {price_drop: {within: 7d, by: 10}}\n"
        "steps: [{id: mail, message: {template: offer}}]"
    )

    def costs(price: int, source: str = "catalogue") -> None:
        point = {"product_id": "camera", "at": bench.now, "price": price, "currency": "JPY", "source": source}
        bench.shop.store.prices.write(conform(pl.DataFrame([point]), PRICES))

    costs(50_000)
    bench.event("view", "c1")
    bench.event("view", "c3")
    bench.now += HOUR
    bench.order("c3")
    costs(30_000, "promotion")  # for a while only: no new price
    bench.now += HOUR
    costs(45_000)  # ten percent less
    bench.now += HOUR
    bench.event("view", "c2")  # after it fell
    told = dry_run(bench.shop, drop, NOW - HOUR, NOW + DAY, lambda *_: None)
    assert (told["begun"], told["messages"], told["not_heard"]) == (1, 1, [])


def test_a_dry_run_hears_who_entered_a_segment_that_was_kept_then(bench: Bench) -> None:
    put_segment(bench.shop, Segment("buyers", {"ja": "買", "en": "B"}, "order_count > 0"), NOW)
    bench.now += HOUR
    bench.order("c2")
    keep_all_segments(bench.shop, bench.now)
    text = (
        "id: j\nnames: {ja: あ, en: a}\ntrigger: {segment: {segment: buyers, move: %s}}\n"
        "steps: [{id: mail, message: {template: offer}}]"
    )
    came = dry_run(bench.shop, read_journey(text % "entered"), NOW - HOUR, NOW + DAY, lambda *_: None)
    assert (came["begun"], came["messages"]) == (1, 1)
    assert dry_run(bench.shop, read_journey(text % "left"), NOW - HOUR, NOW + DAY, lambda *_: None)["begun"] == 0


def test_a_rules_task_is_not_given_again_while_it_is_open_and_people_take_turns(bench: Bench) -> None:
    bench.run(
        "{order: {}}", "id: call, task: {title: {ja: 電話, en: call}, assign: [ann, bob]}", more="again: always\n"
    )
    for customer in ("c1", "c1", "c2"):
        bench.order(customer)
        bench.turn()
    told = [(each["customer_id"], each["assignee"], each["rule"]) for each in tasks_told(bench.shop)]
    assert sorted(told) == [("c1", "ann", "j/call"), ("c2", "bob", "j/call")]


def test_the_third_mail_opened_within_a_week_begins_it(bench: Bench) -> None:
    bench.run("{reactions: {how: open, times: 3, within: 7d}}", "id: call, task: {title: {ja: 電話, en: call}}")
    for n, days in enumerate((0, 3, 3)):
        bench.now += days * DAY
        row = {"id": f"m{n}", "customer_id": "c1"}
        bench.shop.store.outbox.happened(f"m{n}:open", "open", row, bench.now)
        bench.shop.store.outbox.happened(f"m{n}:click:0", "click", row, bench.now)
        bench.turn()
        assert len(tasks_told(bench.shop)) == (n == 2)
    text = bench.shop.store.journeys.text("j", 1)
    assert dry_run(bench.shop, read_journey(text), NOW, NOW + 8 * DAY, lambda *_: None)["tasks"] == 1


def test_who_said_later_begins_and_who_said_no_does_not(bench: Bench) -> None:
    bench.run("{said_later: {category: cameras}}", MAIL)
    journal = bench.shop.store.journal()
    for who, said in (("c1", "later"), ("c2", "declined")):
        told = {"id": f"said-{who}", "outcome": said, "customer_id": who, "product_id": "camera"}
        journal.write("trace", outcome_row({**told, "at": to_micros(bench.now)}))
    journal.close_now()
    bench.turn()
    assert [each.customer_id for each in bench.sent] == ["c1"]
    text = bench.shop.store.journeys.text("j", 1)
    assert dry_run(bench.shop, read_journey(text), NOW - HOUR, NOW + HOUR, lambda *_: None)["messages"] == 1


def test_the_end_of_a_contract_is_told_so_many_days_before(bench: Bench) -> None:
    ends = {"c1": "2026-07-31", "c2": "2026-08-01", "c3": "some day"}
    people = [Customer(who, attributes={"contract_end": day}) for who, day in ends.items()]
    bench.shop.store.facts.write_customers(frame_of(people, CUSTOMERS))
    trigger = "{day_of: {attribute: contract_end, before: 60}}"
    bench.run(trigger, "id: renew, task: {title: {ja: 更新, en: renew}}")
    bench.turn()
    bench.turn()
    assert [each["customer_id"] for each in tasks_told(bench.shop)] == ["c1"]
    bench.turn(DAY)
    assert {each["customer_id"] for each in tasks_told(bench.shop)} == {"c1", "c2"}
