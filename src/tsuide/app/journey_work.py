"""A worker of journeys: hears the news, looks at the clock, walks whoever is due. Any number may work on one store.

Every deed is asked for under a key that names the enrolment and the step, before where the enrolment stands is written
down. So a worker that is killed leaves nobody behind: its lease ends, somebody else walks the same steps, and what was
done already is not done again. A marketing message goes out at most once (`app/sending.py`).
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from tsuide.app.deciding import Decider
from tsuide.app.journey_clock import LOOK_EVERY, brought
from tsuide.app.journey_doors import ShopDoors
from tsuide.app.journeys import journey_of
from tsuide.app.wiring import Shop
from tsuide.kit.clock import Clock, from_micros, to_micros
from tsuide.kit.ids import Entropy, time_id
from tsuide.outreach.journeys.journey import TIMED, Journey, period
from tsuide.outreach.journeys.news import Beginning, News, beginnings, ends_waiting, leaves
from tsuide.outreach.journeys.walk import Enrolment, walk
from tsuide.store.journeys import Begun, Heard, Moved, Taken
from tsuide.store.rows import Found

LEASE: Final = timedelta(minutes=5)
NEWS_AT_ONCE: Final = 500
MOST_AT_ONCE: Final = 1_000
_FEW: Final = 10
_LOOK_AGAIN: Final = timedelta(seconds=10)  # for journeys whose hour has come
_LONG_S: Final = 2.0  # a batch that takes longer is made smaller: a lease must outlast it by far
_OLD: Final = timedelta(days=7)  # news older than that is history: an import of last year's orders begins no journey
CART_LIFE: Final = timedelta(days=30)
MOST_NAMED: Final = 20
_AGAIN: Final = (60, 300, 1_800, 4 * 3_600)  # seconds, by how often it failed
_log = structlog.get_logger("tsuide.journeys")


@dataclass(slots=True)
class Counts:
    """What a worker did."""

    heard: int = 0
    begun: int = 0
    walked: int = 0
    ended: int = 0
    failed: int = 0
    sent: int = 0

    @property
    def anything(self) -> bool:
        """Whether there was something to do."""
        return bool(self.heard or self.begun or self.walked)


class JourneyWorker:
    """Works on the journeys of one shop.

    Args:
        shop: whose.
        doors: of this worker alone.
        clock: this moment, UTC.
        entropy: 64 random bits.
        decider: knows what was learned; None = nothing was.
    """

    def __init__(
        self, shop: Shop, doors: ShopDoors, clock: Clock, entropy: Entropy, decider: Decider | None = None
    ) -> None:
        self._shop = shop
        self._doors = doors
        self._clock = clock
        self._entropy = entropy
        self._decider = decider
        self._at_once = _FEW
        self._looked: datetime | None = None
        self._texts: dict[tuple[str, int], Journey] = {}

    def turn(self) -> Counts:
        """Hear everything, look at the clock where it is time, and walk one batch; what was done.

        Raises:
            Unavailable: the store does not answer.
        """
        counts, now = Counts(), self._clock()
        news, due = self._shop.store.journeys.waiting(now)
        if news:
            self._hear(counts)
        if self._looked is None or not timedelta() <= now - self._looked < _LOOK_AGAIN:
            self._looked = now
            self._look(counts)
        if due or counts.anything:
            self._walk(counts)
        return counts

    # --- news ---------------------------------------------------------------------------------------------------

    def _hear(self, counts: Counts) -> None:
        running = [(row, journey_of(row["text"])) for row in self._shop.store.journeys.running()]
        if not running:
            return
        now = self._clock()

        def meaning(rows: list[Found], waiting: Callable[[Sequence[str]], list[Found]]) -> Heard:
            news = [each for each in (news_of(row, now) for row in rows) if now - each.at < _OLD]
            begun = [
                self._begun(row, journey, each, now)
                for one in news
                for row, journey in running
                for each in beginnings(journey, one, self._doors)
                if self._may_begin(journey, each)
            ]
            counts.begun += len(begun)
            return Heard(begun, self._ended(news, waiting), _gone(news, running))

        while heard := self._shop.store.journeys.hear(NEWS_AT_ONCE, now, meaning):
            counts.heard += heard

    def _ended(self, news: Sequence[News], waiting: Callable[[Sequence[str]], list[Found]]) -> list[tuple[str, str]]:
        """Whose waiting the news ends."""
        who = sorted({each.customer_id for each in news if each.customer_id is not None})
        found = []
        for row in waiting(who) if who else ():
            step = self._version(row["journey_id"], row["version"]).step(row["step"] or "")
            awaited = None if step is None else step.await_
            mine = (each for each in news if each.customer_id == row["customer_id"])
            if awaited is not None and any(ends_waiting(awaited, each, self._doors) for each in mine):
                found.append((row["id"], row["step"]))
        return found

    def _may_begin(self, journey: Journey, beginning: Beginning) -> bool:
        return journey.only is None or self._doors.in_segment(journey.only, beginning.customer_id)

    def _begun(self, row: Found, journey: Journey, beginning: Beginning, now: datetime) -> Begun:
        return Begun(
            id=time_id("enr", now, self._entropy()),
            journey_id=row["id"],
            version=row["version"],
            customer_id=beginning.customer_id,
            key=beginning.key,
            due_at=to_micros(beginning.due),
            context=beginning.context,
            since=since(journey, now),
            restarts=beginning.again,
        )

    # --- the clock ----------------------------------------------------------------------------------------------

    def _look(self, counts: Counts) -> None:
        now = self._clock()
        for row in self._shop.store.journeys.running():
            journey, before = journey_of(row["text"]), row["looked_at"]
            if journey.trigger.kind not in TIMED or (before is not None and from_micros(before) + LOOK_EVERY > now):
                continue
            if not self._shop.store.journeys.looked(row["id"], before, now):
                continue  # somebody else does it
            batch = []
            for each in brought(self._shop, self._decider, journey, now):
                if self._may_begin(journey, each):
                    batch.append(self._begun(row, journey, each, now))
                if len(batch) == MOST_AT_ONCE:
                    counts.begun += self._shop.store.journeys.begin(batch, now)
                    batch = []
            counts.begun += self._shop.store.journeys.begin(batch, now)

    # --- walking ------------------------------------------------------------------------------------------------

    def _walk(self, counts: Counts) -> None:
        begin, now = time.monotonic(), self._clock()
        taken = self._shop.store.journeys.take(self._at_once, now, now + LEASE)
        if taken:
            self._doors.know([*{each.row["customer_id"] or "" for each in taken}])
        moved = [self._walked(each, counts) for each in taken]
        if moved:
            self._shop.store.journeys.move(moved, self._clock())
        counts.walked += len(moved)
        counts.ended += sum(each.state != "active" for each in moved)
        counts.sent += sum(said == "sent" for each in moved for _, _, said in each.marks)
        took = time.monotonic() - begin
        if took > _LONG_S:
            self._at_once = max(_FEW, self._at_once // 2)
        elif len(taken) == self._at_once:
            self._at_once = min(MOST_AT_ONCE, self._at_once * 2)

    def _walked(self, taken: Taken, counts: Counts) -> Moved:
        """One enrolment as far as it goes; where it fails it is tried again later, and keeps nobody else waiting."""
        row, now = taken.row, self._clock()
        context = _object(row["context"])
        try:
            journey = self._version(row["journey_id"], row["version"])
            if row["step"] is None and journey.trigger.cart_abandoned is not None:
                goods = self._in_cart(row, context)
                if not goods:
                    return Moved(taken, None, "left", row["due_at"], context, why="empty")
                context["products"] = "\n".join(goods[:MOST_NAMED])
            here = Enrolment(row["id"], row["customer_id"] or "", row["key"], row["step"], context)
            stand = walk(journey, here, now, self._doors)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others go on, and this one is tried again
            counts.failed += 1
            _log.warning("a step failed", journey=row["journey_id"], step=row["step"], error=repr(error))
            tries = int(context.get("tries", "0"))
            due = now + timedelta(seconds=_AGAIN[min(tries, len(_AGAIN) - 1)])
            told = {**context, "tries": str(tries + 1)}
            return Moved(taken, row["step"], "active", to_micros(due), told, row["waits_for"], why=str(error)[:500])
        step = None if stand.step is None else journey.step(stand.step)
        told = {name: value for name, value in stand.context.items() if name != "tries"}
        return Moved(
            taken=taken,
            step=stand.step if stand.step is not None else (stand.marks[-1].step if stand.marks else row["step"]),
            state="active" if stand.step is not None else "done",
            due_at=to_micros(stand.due),
            context=told,
            waits_for=step.await_.happens if step is not None and step.await_ is not None else None,
            marks=[(each.step, each.way, each.said) for each in stand.marks],
            reached=stand.reached,
        )

    def _in_cart(self, row: Found, context: dict[str, Any]) -> list[str]:
        """What the cart that was left holds now."""
        begin, now = from_micros(row["entered_at"]) - CART_LIFE, self._clock()
        return self._shop.store.trails.in_cart(row["customer_id"] or "", context.get("cart"), begin, now)

    def _version(self, journey_id: str, version: int) -> Journey:
        kept = self._texts.get((journey_id, version))
        if kept is None:
            kept = self._texts[journey_id, version] = journey_of(self._shop.store.journeys.text(journey_id, version))
        return kept


def since(journey: Journey, now: datetime) -> int | None:
    """Whoever entered later than this may not begin again; None = never again."""
    if journey.again == "never":
        return None
    return to_micros(now if journey.again == "always" else now - period(journey.again))


def _gone(news: Sequence[News], running: Sequence[tuple[Found, Journey]]) -> list[tuple[str, str, str]]:
    return [
        (row["id"], each.customer_id, each.kind)
        for each in news
        if each.customer_id is not None
        for row, journey in running
        if leaves(journey, each)
    ]


def news_of(row: Found, now: datetime) -> News:
    """A piece of news as the store tells it; what has no moment of its own happened now."""
    properties: dict[str, Any] = _object(row["properties"] or "{}")
    return News(
        kind=row["kind"],
        thing=row["thing"],
        at=from_micros(row["at"]) if row["at"] else now,
        customer_id=row["customer_id"],
        products=row["products"],
        cart_id=row["cart_id"],
        number=row["number"],
        word=row["word"] or "",
        properties={str(name): str(value) for name, value in properties.items()},
    )


def _object(text: str) -> dict[str, Any]:
    """A JSON object."""
    found = json.loads(text)
    return found if isinstance(found, dict) else {}
