"""A dry run: whom a journey would have touched, and what would have held it back, on days that have been.

The days are lived through again, from facts alone: what happened brings people in, their waits end at their own
moments, what they really did ends what was awaited. Nothing is sent and nothing is written.
"""

import heapq
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias

from tsuide.app.contact_habits import KeptHabits
from tsuide.app.deciding import Decider
from tsuide.app.jobs import Tell, to_nobody
from tsuide.app.journey_clock import brought
from tsuide.app.journey_doors import ShopDoors
from tsuide.app.journey_work import CART_LIFE, MOST_NAMED, news_of
from tsuide.app.journeys import listened_by
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue
from tsuide.kit.clock import from_micros, to_micros
from tsuide.outreach.journeys.journey import TIMED, Await, Call, Do, Journey, Step, Update, period
from tsuide.outreach.journeys.news import Beginning, News, beginnings, leaves, meant
from tsuide.outreach.journeys.walk import HAPPENED, Enrolment, Stand, walk
from tsuide.outreach.message import Message, Sending

Judged: TypeAlias = Callable[[Message, datetime], str | None]
"""A message and its moment → the code of the verdict that would have refused it; None = it would have gone out."""
LONGEST: Final = timedelta(days=92)
_UNHEARD: Final = frozenset({"back_in_stock"})  # nobody notes when stock ran out
_DAY: Final = timedelta(days=1)


@dataclass(slots=True)
class _Run:
    """Who is where, and what was counted."""

    begun: int = 0
    ended: int = 0
    left: int = 0
    reached: int = 0
    messages: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    tasks: int = 0
    calls: int = 0
    ways: Counter[tuple[str, str]] = field(default_factory=Counter)


class _DryDoors(ShopDoors):
    """The shop's doors, with a clock of the past, which only count."""

    def __init__(self, shop: Shop, decider: Decider | None, run: _Run, judged: Judged, start: datetime) -> None:
        self.now = start
        self._run = run
        self._judged = judged
        super().__init__(
            shop, lambda: self.now, lambda: 0, send=self._counted, offered=lambda *_: True,
            posted=lambda *_: "taken", decider=decider, habits=KeptHabits(shop, lambda: start),
        )  # fmt: skip

    def _counted(self, message: Message) -> Sending:
        code = self._judged(message, self.now)
        if code is None:
            self._run.messages[message.template] += 1
            return Sending(message.key, "sent", new=True)
        self._run.held[code] += 1
        return Sending(message.key, "refused", code)

    def task(self, key: str, customer_id: str, what: Do, due: datetime, rule: str) -> None:  # noqa: ARG002 - only counted
        """Counted."""
        self._run.tasks += 1

    def call(self, key: str, what: Call, enrolment: Enrolment) -> Literal["taken", "again", "refused"]:  # noqa: ARG002
        """Counted."""
        self._run.calls += 1
        return "taken"

    def update(self, customer_id: str, what: Update) -> None:
        """Nothing."""

    def happened(self, customer_id: str, awaited: Await, since: datetime) -> bool:
        """Whether they had done it by then."""
        return self.when(customer_id, awaited, since, self.now) is not None

    def when(self, customer_id: str, awaited: Await, since: datetime, until: datetime) -> datetime | None:
        """When they first did what is awaited."""
        for product, at in sorted(
            self._shop.store.trails.did(customer_id, awaited.happens, since), key=lambda each: each[1]
        ):
            if at > to_micros(until):
                return None
            if meant(awaited, () if product is None else (product,), self):
                return from_micros(at)
        return None


def dry_run(
    shop: Shop,
    journey: Journey,
    start: datetime,
    end: datetime,
    judged: Judged,
    decider: Decider | None = None,
    tell: Tell = to_nobody,
) -> dict[str, Any]:
    """What a journey would have done from `start` to `end`.

    Args:
        shop: whose days.
        journey: that would have run.
        start: of the first day, UTC.
        end: of the last.
        judged: what the gate says of a message at a moment.
        decider: knows what was learned; None = nothing was.
        tell: hears how many of the days were lived through.

    Raises:
        BadValue: the days are in the wrong order, or too many.
    """
    if not timedelta() < end - start <= LONGEST:
        raise BadValue(f"from 1 to {LONGEST.days} days", key="days", value=str(end - start))
    whole = -((start - end) // _DAY)  # a day that was begun is one
    tell("days", 0, whole)
    run = _Run()
    doors = _DryDoors(shop, decider, run, judged, start)
    news = [
        news_of(row, from_micros(row["at"]))
        for row in shop.store.trails.news_between(start, end, listened_by([journey]))
    ]
    days = _Days(shop, journey, news, doors, run, lambda at: tell("days", (at - start) // _DAY, whole))
    for one in _beginnings(shop, journey, news, doors, decider, start, end):
        moment = doors.now
        days.walk_until(moment)
        doors.now = moment
        days.begin(one, moment)
    days.walk_until(end)
    tell("days", whole, whole)
    return {
        "journey": journey.id,
        "from": start.isoformat(),
        "to": end.isoformat(),
        "begun": run.begun,
        "ended": run.ended,
        "left": run.left,
        "waiting": run.begun - run.ended - run.left,
        "reached": run.reached,
        "messages": sum(run.messages.values()),
        "by_template": dict(sorted(run.messages.items())),
        "held_back": sum(run.held.values()),
        "held_back_by": dict(run.held.most_common()),
        "tasks": run.tasks,
        "calls": run.calls,
        "ways": [{"step": step, "way": way, "n": n} for (step, way), n in sorted(run.ways.items())],
        "not_heard": sorted({journey.trigger.kind} & _UNHEARD),
    }


def _beginnings(
    shop: Shop,
    journey: Journey,
    news: list[News],
    doors: _DryDoors,
    decider: Decider | None,
    start: datetime,
    end: datetime,
) -> Iterator[Beginning]:
    """In order of time."""
    if journey.trigger.kind in TIMED:
        moment = start
        while moment < end:
            doors.now = moment
            yield from brought(shop, decider, journey, moment)
            moment += _DAY
        return
    for each in news:
        doors.now = each.at
        yield from beginnings(journey, each, doors)


class _Days:
    """The days as they are lived through: whoever is due next, walks."""

    def __init__(
        self,
        shop: Shop,
        journey: Journey,
        news: list[News],
        doors: _DryDoors,
        run: _Run,
        lived: Callable[[datetime], None],
    ) -> None:
        self._shop, self._journey, self._doors, self._run, self._lived = shop, journey, doors, run, lived
        self._gone: dict[str, list[datetime]] = {}
        for each in news:
            if each.customer_id is not None and leaves(journey, each):
                self._gone.setdefault(each.customer_id, []).append(each.at)
        self._active: dict[str, tuple[datetime, Enrolment]] = {}
        self._last: dict[str, datetime] = {}
        self._queue: list[tuple[datetime, int, str, datetime]] = []
        self._numbers = itertools.count()

    def begin(self, one: Beginning, moment: datetime) -> None:
        """Let somebody begin, if they may."""
        self._lived(moment)
        if self._journey.only is not None and not self._doors.in_segment(self._journey.only, one.customer_id):
            return
        before = self._active.get(one.key)
        if before is not None and not (one.again and before[1].step is None):
            return
        if before is None:
            if self._too_early(one.key, moment):
                return
            self._run.begun += 1
        self._last[one.key] = moment
        here = Enrolment(f"dry-{self._run.begun}", one.customer_id, one.key, None, one.context)
        self._wait(one.key, here, one.due, moment)

    def walk_until(self, moment: datetime) -> None:
        """Walk everybody who is due by then, in order."""
        while self._queue and self._queue[0][0] <= moment:
            due, _, key, entered = heapq.heappop(self._queue)
            found = self._active.get(key)
            if found is not None and found[0] == due:  # else its clock was started again, or it is over
                self._walk(key, found[1], due, entered)

    def _walk(self, key: str, here: Enrolment, due: datetime, entered: datetime) -> None:
        self._doors.now = due
        self._lived(due)
        went = any(entered < each <= due for each in self._gone.get(here.customer_id, ()))
        stand = None if went else _step(self._shop, self._journey, here, due, entered, self._doors)
        if stand is None:
            del self._active[key]
            self._run.left += 1
            return
        for mark in stand.marks:
            self._run.ways[mark.step, mark.way] += 1
        if stand.step is None:
            del self._active[key]
            self._run.ended += 1
            self._run.reached += stand.reached
            return
        next_due, context = _next(self._journey, stand, here, due, self._doors)
        self._wait(key, replace(here, step=stand.step, context=context), next_due, entered)

    def _wait(self, key: str, here: Enrolment, due: datetime, entered: datetime) -> None:
        self._active[key] = (due, here)
        heapq.heappush(self._queue, (due, next(self._numbers), key, entered))

    def _too_early(self, key: str, moment: datetime) -> bool:
        last, again = self._last.get(key), self._journey.again
        if last is None or again == "always":
            return False
        return again == "never" or moment - last < period(again)


def _step(
    shop: Shop, journey: Journey, here: Enrolment, due: datetime, entered: datetime, doors: _DryDoors
) -> Stand | None:
    """As far as it goes then; None where the cart was empty by then."""
    if here.step is None and journey.trigger.cart_abandoned is not None:
        goods = shop.store.trails.in_cart(here.customer_id, here.context.get("cart"), entered - CART_LIFE, due)
        if not goods:
            return None
        here = replace(here, context={**here.context, "products": "\n".join(goods[:MOST_NAMED])})
    return walk(journey, here, due, doors)


def _next(
    journey: Journey, stand: Stand, here: Enrolment, now: datetime, doors: _DryDoors
) -> tuple[datetime, dict[str, str]]:
    """When it goes on: at the end of its wait, or when what it awaits really happened."""
    context = dict(stand.context)
    match journey.step(stand.step or ""):
        case Step(await_=Await() as awaited):
            came = doors.when(here.customer_id, awaited, now, stand.due)
            if came is not None:
                return came, {**context, HAPPENED: "yes"}
    return stand.due, context
