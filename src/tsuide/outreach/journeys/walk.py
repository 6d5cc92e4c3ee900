"""Walking: from where a customer stands in a journey, as far as it goes now.

Pure: what the world says (is this customer in that segment? what became of the message?) is asked through `Doors`, and
what is to be done is done through them, each deed under a key of its own, so that it may be asked for twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol
from zoneinfo import ZoneInfo

from tsuide.kit.clock import from_micros, to_micros
from tsuide.kit.hashing import BUCKETS, bucket
from tsuide.outreach.journeys.calendar import after_business_days, best_moment, next_local
from tsuide.outreach.journeys.journey import END, Ask, Await, Call, Do, Journey, Send, Split, Step, Update, Wait, period
from tsuide.outreach.message import Message, Sending

HAPPENED: Final = "happened"  # in the context: what was awaited came
ENTERED: Final = "entered"  # in the context: the step was begun at this moment, microseconds
_PERCENT: Final = BUCKETS // 100
_ON_SITE: Final = {"sent": "shown", "sent:closed": "closed", "refused:too_late": "expired"}
_LATER: Final = timedelta(minutes=1)
_MOST_MOVES: Final = 250


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One customer in one journey.

    Args:
        id: of this time through it; deeds are keyed by it.
        customer_id: who.
        key: one at a time for each: the customer, or the cart.
        step: where they stand; None = not begun.
        context: what the trigger told, and where a wait began; texts.
    """

    id: str
    customer_id: str
    key: str
    step: str | None = None
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mark:
    """One step that was passed: the way that was taken out of it, and what came of it."""

    step: str
    way: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where an enrolment stands after walking.

    Args:
        step: None = the journey is over.
        due: when to walk on.
        context: as of an enrolment.
        marks: steps that were passed, in order.
        reached: whether a goal was passed.
    """

    step: str | None
    due: datetime
    context: Mapping[str, str]
    marks: tuple[Mark, ...] = ()
    reached: bool = False


class Doors(Protocol):
    """What walking asks and does. Every deed has a key: done twice it is done once."""

    def zone(self, customer_id: str) -> ZoneInfo:
        """Where the customer lives."""

    def best_hour(self, customer_id: str, weekday: int, channel: str) -> int:
        """The hour of that weekday at which they react most on a channel, or on their best one."""

    def in_segment(self, segment: str, customer_id: str) -> bool:
        """Whether they are in a segment now."""

    def arm(self, experiment: str, customer_id: str) -> str | None:
        """Their arm; None while the experiment does not run."""

    def has_offer(self, customer_id: str, channel: str, key: str) -> bool:
        """Whether there is something to offer them now."""

    def happened(self, customer_id: str, awaited: Await, since: datetime) -> bool:
        """Whether they did since then what was awaited."""

    def send(self, message: Message) -> Sending:
        """Send a message, or say where it stands."""

    def task(self, key: str, customer_id: str, what: Do, due: datetime, rule: str) -> None:
        """Give somebody a task; none where the same step's last one about this customer is still open."""

    def call(self, key: str, what: Call, enrolment: Enrolment) -> Literal["taken", "again", "refused"]:
        """Tell another system."""

    def update(self, customer_id: str, what: Update) -> None:
        """Write down something about the customer."""


def walk(journey: Journey, enrolment: Enrolment, now: datetime, doors: Doors) -> Stand:
    """As far as it goes now: to a wait that is not over, to a message that is to be sent, or to the end.

    Args:
        journey: the version that the enrolment keeps to.
        enrolment: due now.
        now: UTC.
        doors: the world.
    """
    current = enrolment.step or journey.steps[0].id
    context, reached = dict(enrolment.context), False
    marks: list[Mark] = []
    for _ in range(_MOST_MOVES):
        step = journey.step(current)
        if step is None:  # the version it was moved to has no such step: it ends rather than begin anew
            return Stand(None, now, context, (*marks, Mark(current, END, "gone")), reached)
        if step.message is not None and current != enrolment.step:
            # Written down before it is done: whoever walks after a kill then asks for the very same message, to the
            # moment until which it may go out.
            return Stand(current, now, {**context, ENTERED: str(to_micros(now))}, tuple(marks), reached)
        here = replace(enrolment, step=current, context=context)
        way, until, said = _pass(journey, step, here, now, doors)
        if until is not None:
            return Stand(current, until, {**context, ENTERED: _begun(here, now)}, tuple(marks), reached)
        marks.append(Mark(current, way, said))
        reached = reached or step.kind == "goal"
        context = {name: value for name, value in context.items() if name not in {HAPPENED, ENTERED}}
        if way == END:
            return Stand(None, now, context, tuple(marks), reached)
        current = way
    return Stand(current, now + _LATER, context, tuple(marks), reached)  # pragma: no cover - journeys have no loops


_Passed = tuple[str, datetime | None, str]
"""Where to go, or until when to stay; and what came of it."""


def _begun(here: Enrolment, now: datetime) -> str:
    return here.context.get(ENTERED) or str(to_micros(now))


def _pass(journey: Journey, step: Step, here: Enrolment, now: datetime, doors: Doors) -> _Passed:  # noqa: PLR0911, C901 - one arm each
    usual, key = journey.after(step), f"journey/{here.id}/{step.id}"
    begun = from_micros(int(_begun(here, now)))
    match step:
        case Step(wait=Wait() as wait):
            until = _until(wait, begun, here.customer_id, step, journey, doors)
            return usual, until if until > now else None, ""
        case Step(await_=Await() as awaited):
            if HAPPENED in here.context:
                return awaited.then or usual, None, "yes"
            until = begun + period(awaited.at_most)
            if until <= now and doors.happened(
                here.customer_id, awaited, begun
            ):  # its news came while this was written
                return awaited.then or usual, None, "yes"
            return awaited.otherwise or usual, until if until > now else None, "no"
        case Step(split=Split() as split):
            return (*_parted(split, usual, here, step, doors),)
        case Step(offer=Ask() as ask):
            found = doors.has_offer(here.customer_id, ask.channel, key)
            return (ask.then if found else ask.otherwise) or usual, None, "found" if found else "nothing"
        case Step(message=Send() as send):
            return _sent(send, usual, key, here, begun, journey, now, doors)
        case Step(task=Do() as task):
            doors.task(key, here.customer_id, task, now + period(task.due), f"{journey.id}/{step.id}")
            return usual, None, ""
        case Step(webhook=Call() as call):
            said = doors.call(key, call, here)
            return usual, now + _LATER if said == "again" else None, said
        case Step(update=Update() as update):
            doors.update(here.customer_id, update)
            return usual, None, ""
    return usual, None, ""


def _until(wait: Wait, begun: datetime, customer_id: str, step: Step, journey: Journey, doors: Doors) -> datetime:
    """When a wait that began then is over: first the time or the days, then the hour."""
    until = begun
    if wait.for_ is not None:
        until += period(wait.for_)
    if wait.business_days is None and wait.until is None and not wait.best_hour:
        return until
    zone = doors.zone(customer_id)
    if wait.business_days is not None:
        until = after_business_days(until, wait.business_days, zone, holidays=journey.holidays)
    if wait.until is not None:
        hour, minute = wait.until.split(":")
        return next_local(until, datetime.min.time().replace(hour=int(hour), minute=int(minute)), zone)
    if wait.best_hour:
        channel = next_channel(journey, step)
        return best_moment(until, zone, lambda weekday: doors.best_hour(customer_id, weekday, channel))
    return until


def next_channel(journey: Journey, step: Step) -> str:
    """The channel of the first message on the usual way from a step; email where there is none."""
    following: Step | None = step
    for _ in journey.steps:
        following = None if following is None else journey.step(journey.after(following))
        if following is not None and following.message is not None:
            return following.message.channel
    return "email"


def _parted(split: Split, usual: str, here: Enrolment, step: Step, doors: Doors) -> tuple[str, None, str]:
    if split.random is not None:
        place = bucket(here.id, step.id)  # the same customer goes the same way, whoever walks
        for way, percent in split.random.items():
            place -= percent * _PERCENT
            if place < 0:
                return way, None, way
    if split.segment is not None:
        inside = doors.in_segment(split.segment, here.customer_id)
        return (split.then if inside else split.otherwise) or usual, None, "in" if inside else "out"
    arm = doors.arm(split.experiment or "", here.customer_id)
    return (split.arms or {}).get(arm or "", usual), None, arm or ""


def _sent(
    send: Send, usual: str, key: str, here: Enrolment, begun: datetime, journey: Journey, now: datetime, doors: Doors
) -> _Passed:
    told = {name.removeprefix("value."): value for name, value in here.context.items() if name.startswith("value.")}
    products = tuple(each for each in here.context.get("products", "").split("\n") if each)
    message = Message(
        key=key, customer_id=here.customer_id, template=send.template, purpose=send.purpose,
        channel="email" if send.channel == "best" else send.channel, best=send.channel == "best",
        values={**told, **send.values}, products=products, source=journey.id, not_after=begun + period(send.within),
        slot=send.slot,
    )  # fmt: skip
    where = doors.send(message)
    if where.over:
        more = where.code or (where.channel if message.best else None)
        said = where.state if more is None else f"{where.state}:{more}"
        return usual, None, _ON_SITE.get(said, said) if send.channel == "site" else said
    return usual, max(where.until or now + _LATER, now + timedelta(seconds=1)), ""
