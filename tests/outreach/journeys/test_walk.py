# ruff: noqa: ARG002 - doors answer what they are told to, whoever asks
"""Walking: waits end where the customer lives, every deed is asked for under its own key, nothing is begun twice."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest

from tsuide.errors import BadJourney
from tsuide.outreach.journeys.journey import Await, Call, Do, Journey, Update
from tsuide.outreach.journeys.reading import read_journey
from tsuide.outreach.journeys.walk import HAPPENED, Enrolment, Stand, walk
from tsuide.outreach.message import Message, Sending

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)  # a Monday, noon in Tokyo
HEAD = "id: x\nnames: {ja: あ, en: a}\ntrigger: {order: {}}\nsteps:\n"


class World:
    """Doors that remember what was done, and answer what they are told to."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.done: list[tuple[str, Any]] = []

    def zone(self, customer_id: str) -> ZoneInfo:
        return ZoneInfo(self.answers.get("zone", "Asia/Tokyo"))

    def best_hour(self, customer_id: str, weekday: int, channel: str) -> int:
        return 20 if weekday < 5 else 9

    def in_segment(self, segment: str, customer_id: str) -> bool:
        return segment in self.answers.get("segments", ())

    def arm(self, experiment: str, customer_id: str) -> str | None:
        arm: str | None = self.answers.get("arm")
        return arm

    def has_offer(self, customer_id: str, channel: str, key: str) -> bool:
        self.done.append(("offer", key))
        return bool(self.answers.get("offer"))

    def happened(self, customer_id: str, awaited: Await, since: datetime) -> bool:
        return bool(self.answers.get("happened"))

    def send(self, message: Message) -> Sending:
        self.done.append(("send", message))
        said: Sending = self.answers.get("sending", Sending(message.key, "sent", new=True))
        return said

    def task(self, key: str, customer_id: str, what: Do, due: datetime, rule: str) -> None:
        self.done.append(("task", (key, due)))

    def call(self, key: str, what: Call, enrolment: Enrolment) -> Literal["taken", "again", "refused"]:
        self.done.append(("call", key))
        said: Literal["taken", "again", "refused"] = self.answers.get("call", "taken")
        return said

    def update(self, customer_id: str, what: Update) -> None:
        self.done.append(("update", (what.attribute, what.value)))


def journey(*steps: str, more: str = "") -> Journey:
    return read_journey(HEAD.replace("steps:", f"{more}steps:") + "".join(f"  - {{{each}}}\n" for each in steps))


def go(one: Journey, world: World, now: datetime = NOW, step: str | None = None, /, **context: str) -> Stand:
    return walk(one, Enrolment("e1", "c1", "c1", step, context), now, world)


def begun(now: datetime) -> dict[str, str]:
    return {"entered": str(int(now.timestamp() * 1_000_000))}


@pytest.mark.parametrize(
    ("wait", "now", "due"),
    [
        ("for: 2h", NOW, NOW + timedelta(hours=2)),
        ("for: 1w", NOW, NOW + timedelta(weeks=1)),
        ("business_days: 1", datetime(2026, 5, 1, 1, tzinfo=UTC), datetime(2026, 5, 7, 1, tzinfo=UTC)),  # Golden Week
        ("until: 10:00", NOW, datetime(2026, 6, 2, 1, tzinfo=UTC)),
        ("for: 1d, until: 10:00", NOW, datetime(2026, 6, 3, 1, tzinfo=UTC)),
        ("best_hour: true", NOW, datetime(2026, 6, 1, 11, tzinfo=UTC)),
    ],
)
def test_a_wait_ends_where_the_customer_lives(wait: str, now: datetime, due: datetime) -> None:
    one = journey(f"id: a, wait: {{{wait}}}", "id: b, goal: {}")
    stand = go(one, World(), now)
    assert (stand.step, stand.due) == ("a", due)
    assert go(one, World(), due, "a", **stand.context).step is None


def test_a_wait_counts_from_when_it_began_however_often_it_is_looked_at() -> None:
    one = journey("id: a, wait: {for: 2h}", "id: b, goal: {}")
    first = go(one, World())
    again = go(one, World(), NOW + timedelta(hours=1), "a", **first.context)
    assert again.due == first.due


def test_a_server_that_was_away_for_a_day_goes_on_where_it_was() -> None:
    one = journey("id: a, wait: {for: 2h}", "id: b, wait: {for: 2h}", "id: c, goal: {}")
    late = NOW + timedelta(days=1)
    stand = go(one, World(), late, "a", **begun(NOW))
    assert (stand.step, stand.due) == ("b", late + timedelta(hours=2))  # the second wait begins now, not yesterday


def test_a_clock_that_jumps_back_only_waits_longer() -> None:
    one = journey("id: a, wait: {for: 2h}")
    stand = go(one, World(), NOW - timedelta(days=1), "a", **begun(NOW))
    assert stand.due == NOW + timedelta(hours=2)


def test_what_is_awaited_leads_one_way_and_its_absence_the_other() -> None:
    one = journey("id: a, await: {happens: order, at_most: 3d, then: end, otherwise: b}", "id: b, goal: {}")
    waiting = go(one, World())
    assert (waiting.step, waiting.due) == ("a", NOW + timedelta(days=3))
    came = go(one, World(), NOW, "a", **{**waiting.context, HAPPENED: "yes"})
    assert [(mark.way, mark.said) for mark in came.marks] == [("end", "yes")]
    late = NOW + timedelta(days=3)
    gone = go(one, World(), late, "a", **waiting.context)
    assert [(mark.way, mark.said) for mark in gone.marks] == [("b", "no"), ("end", "")]
    assert (
        go(one, World(happened=True), late, "a", **waiting.context).marks[0].said == "yes"
    )  # facts have the last word


def test_a_split_by_segment_by_experiment_and_by_chance() -> None:
    by_segment = journey("id: a, split: {segment: vip, then: b, otherwise: end}", "id: b, goal: {}")
    assert go(by_segment, World(segments={"vip"})).reached
    assert not go(by_segment, World()).reached
    by_arm = journey("id: a, split: {experiment: x, arms: {new: b}}, next: end", "id: b, goal: {}")
    assert go(by_arm, World(arm="new")).reached
    assert not go(by_arm, World(arm=None)).reached
    by_chance = journey("id: a, split: {random: {b: 30, end: 70}}", "id: b, goal: {}")
    hits = sum(walk(by_chance, Enrolment(f"e{n}", "c", "c"), NOW, World()).reached for n in range(2_000))
    assert 500 < hits < 700
    assert len({go(by_chance, World()).reached for _ in range(5)}) == 1  # the same customer goes the same way


def test_every_deed_has_the_key_of_its_enrolment_and_step() -> None:
    one = journey(
        "id: m, message: {template: offer}",
        "id: t, task: {title: {ja: 電話, en: call}, due: 2d}",
        "id: w, webhook: {url: 'https://example.com/x'}",
        "id: u, update: {attribute: stage, value: done}",
        "id: o, offer: {then: end, otherwise: end}",
    )
    world = World()
    assert go(one, world, NOW, "m", products="p1\np2", **{"value.number": "5"}).step is None
    kinds = [kind for kind, _ in world.done]
    assert kinds == ["send", "task", "call", "update", "offer"]
    message = world.done[0][1]
    assert (message.key, message.products, dict(message.values)) == ("journey/e1/m", ("p1", "p2"), {"number": "5"})
    assert message.source == "x"
    assert world.done[1][1] == ("journey/e1/t", NOW + timedelta(days=2))


def test_a_message_that_has_to_wait_keeps_the_enrolment_where_it_is() -> None:
    one = journey("id: m, message: {template: offer, within: 1d}", "id: b, goal: {}")
    until = NOW + timedelta(hours=9)
    held = go(one, World(sending=Sending("k", "waiting", "quiet_hours", until)), NOW, "m")
    assert (held.step, held.due, held.marks) == ("m", until, ())
    world = World(sending=Sending("k", "refused", "no_consent"))
    over = go(one, world, until, "m", **held.context)
    assert [(mark.step, mark.said) for mark in over.marks] == [("m", "refused:no_consent"), ("b", "")]
    assert world.done[0][1].not_after == NOW + timedelta(days=1)  # counted from when it first was to go out


def test_one_in_doubt_is_left_to_a_person_and_the_journey_goes_on() -> None:
    one = journey("id: m, message: {template: offer}")
    assert go(one, World(sending=Sending("k", "in_doubt")), NOW, "m").marks[0].said == "in_doubt"


def test_who_comes_to_a_message_is_written_down_there_before_it_is_sent() -> None:
    one = journey("id: a, goal: {}", "id: m, message: {template: offer, within: 1d}")
    world = World()
    stand = go(one, world)
    assert (stand.step, stand.due, world.done, [mark.step for mark in stand.marks]) == ("m", NOW, [], ["a"])
    walkers = [World(), World()]
    for hours, walker in enumerate(walkers, 1):  # the first is killed before it could write down what it did
        go(one, walker, NOW + timedelta(hours=hours), "m", **stand.context)
    assert walkers[0].done == walkers[1].done


def test_a_system_that_does_not_answer_is_told_again_later() -> None:
    one = journey("id: w, webhook: {url: 'https://example.com/x'}")
    stand = go(one, World(call="again"))
    assert (stand.step, stand.due) == ("w", NOW + timedelta(minutes=1))
    assert go(one, World(call="refused")).marks[0].said == "refused"


def test_who_is_moved_to_a_version_without_their_step_ends() -> None:
    stand = go(journey("id: a, goal: {}"), World(), NOW, "gone")
    assert (stand.step, stand.reached, stand.marks[0].said) == (None, False, "gone")


def test_an_hour_that_the_clocks_skip_comes_after_it() -> None:
    one = journey("id: a, wait: {until: 02:30}")
    before = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # 1:30 in Berlin; at 2:00 it will be 3:00
    assert go(one, World(zone="Europe/Berlin"), before).due == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_wait_for_the_best_hour_asks_for_the_channel_of_the_message_that_follows() -> None:
    asked: list[str] = []

    class Listening(World):
        def best_hour(self, customer_id: str, weekday: int, channel: str) -> int:
            asked.append(channel)
            return 20

    rest = ("id: w, wait: {best_hour: true}", "id: g, goal: {}")
    go(journey(*rest, "id: m, message: {template: offer, channel: best}"), Listening())
    go(journey(*rest, "id: m, message: {template: offer, channel: line}"), Listening())
    go(journey(*rest), Listening())
    assert asked == ["best", "line", "email"]


def test_a_message_by_the_best_channel_says_in_the_trail_which_it_was() -> None:
    one = journey("id: m, message: {template: offer, channel: best}")
    world = World(sending=Sending("k", "sent", channel="line"))
    stand = go(one, world, NOW, "m", **begun(NOW))
    assert [(each.step, each.said) for each in stand.marks] == [("m", "sent:line")]
    ((_, message),) = world.done
    assert (message.best, message.channel) == (True, "email")
    refused = World(sending=Sending("k", "refused", "consent", channel="email"))
    assert go(one, refused, NOW, "m", **begun(NOW)).marks[0].said == "refused:consent"


@pytest.mark.parametrize(
    ("sending", "said"),
    [
        (Sending("k", "sent", channel="site"), "shown"),
        (Sending("k", "sent", "closed", channel="site"), "closed"),
        (Sending("k", "refused", "too_late", channel="site"), "expired"),
        (Sending("k", "refused", "consent", channel="site"), "refused:consent"),
    ],
)
def test_the_trail_of_a_message_on_the_site_says_what_the_customer_saw_of_it(sending: Sending, said: str) -> None:
    one = journey("id: m, message: {template: offer, channel: site, slot: banner}")
    world = World(sending=sending)
    assert go(one, world, NOW, "m", **begun(NOW)).marks[0].said == said
    assert world.done[0][1].slot == "banner"


def test_a_slot_comes_with_the_site_only() -> None:
    with pytest.raises(BadJourney, match="channel: site"):
        journey("id: m, message: {template: offer, slot: banner}")
