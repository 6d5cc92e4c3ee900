"""Take in what other systems send while the shop runs: kept as it came, read into facts, or set aside with a reason.

A message is on the disk before anybody is told that it was taken. What is behaviour alone is written as facts in the
same commit. Anything else waits until it has been read into facts, which happens at once; what a crash leaves waiting
is read by the next server. What cannot be read is quarantined with its reason, and read again once that is mended.
"""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import structlog

from tsuide.app.applying import apply_said, offer_reports
from tsuide.app.ledger import Ledger, Told
from tsuide.app.wiring import Shop
from tsuide.errors import BadInput, Conflict, NotFound
from tsuide.facts.behaviour import Event
from tsuide.intake.message import LiveSettings, Message, Said
from tsuide.intake.sources import read
from tsuide.kit.clock import Clock, from_micros, to_micros
from tsuide.store.inbox import State, as_body, message_row
from tsuide.store.journal import Journal
from tsuide.store.rows import Found, Row

_LEFT_BEHIND: Final = timedelta(seconds=30)  # after so long nobody is at work on a waiting message any more
_REASON: Final = 500
_log = structlog.get_logger("tsuide.arrivals")
_MOST_JOINED: Final = 100_000


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the messages of one request.

    Args:
        new: kept for the first time.
        known: their ids were there already; nothing changed.
        quarantined: of the new ones, those that could not be read, with the reason.
        untracked: not kept: whoever did it wants not to be followed.
    """

    new: int
    known: int
    quarantined: tuple[tuple[str, str], ...] = ()
    untracked: int = 0


class Arrivals:
    """The inbox of a running shop.

    Args:
        shop: whose facts.
        journal: takes messages and events.
        ledger: takes what became of our own offers.
        clock: this moment, UTC.
    """

    def __init__(self, shop: Shop, journal: Journal, ledger: Ledger, clock: Clock) -> None:
        self._shop = shop
        self._journal = journal
        self._ledger = ledger
        self._clock = clock
        self._joined: OrderedDict[str, str] = OrderedDict()  # visitor → customer, of those that are written down
        self._one_at_a_time = asyncio.Lock()  # two messages about one order must not both read it before either writes

    def _settings(self) -> LiveSettings:
        return LiveSettings(currency=self._shop.settings.currency, zone=self._shop.settings.time_zone)

    async def take(self, messages: Sequence[Message], *, off: bool = False) -> Taken:
        """Keep the messages, and read what is new in them into facts; durable when it comes back.

        Behaviour of whoever withdrew their consent to be measured is not kept, and of whoever withdrew personalisation
        not in which browser it was.

        Args:
            messages: as they came.
            off: whoever did this wants not to be followed (Do Not Track, Global Privacy Control): nothing is kept but
                what they withdraw.

        Raises:
            Unavailable: the store does not answer: nothing of this call was kept; send it again.
        """
        sent = len(messages)
        if off:
            await self._withdraw(messages)
            return Taken(0, 0, untracked=sent)
        messages = await self._heeded(messages)
        untracked = sent - len(messages)
        first = [self._glance(each) for each in messages]
        rows: list[Row] = []
        places: list[int] = []
        for message, (state, reason, said) in zip(messages, first, strict=True):
            places.append(len(rows))
            if state == "done" and said.events:  # the first event keeps the message as it came
                rows.append(event_row(said.events[0], _text_of(message)))
                rows.extend(event_row(each) for each in said.events[1:])
            else:
                rows.append(row_of(message, state, reason))
        news = await self._journal.record(*rows)
        fresh = [news[place] for place in places]
        bad = [
            (each.id, reason or "")
            for each, new, (state, reason, _) in zip(messages, fresh, first, strict=True)
            if new and state == "quarantined"
        ]
        waiting = [
            each for each, new, (state, _, _) in zip(messages, fresh, first, strict=True) if new and state == "waiting"
        ]
        if waiting:
            bad += await self.apply(waiting)
        return Taken(sum(fresh), len(fresh) - sum(fresh), tuple(bad), untracked)

    async def _heeded(self, messages: Sequence[Message]) -> list[Message]:
        """The messages that may be kept, as they may be."""
        of_pages = {each.customer_id for each in messages if each.customer_id is not None and each.thing is None}
        if not of_pages:
            return [*messages]
        silent, apart = await asyncio.to_thread(self._withdrew, of_pages)
        kept = []
        for each in messages:
            if each.thing is not None or each.customer_id not in silent | apart:
                kept.append(each)
            elif each.customer_id not in silent or not self._is_behaviour(each):
                kept.append(_without_browser(each))
        return kept

    def _withdrew(self, customer_ids: set[str]) -> tuple[set[str], set[str]]:
        """Who of them withdrew being measured, and who personalisation."""
        facts = self._shop.store.facts
        return facts.withdrew(customer_ids, "analytics"), facts.withdrew(customer_ids, "personalisation")

    def _is_behaviour(self, message: Message) -> bool:
        """Whether it says nothing but what somebody did on the site."""
        try:
            said = read(message, self._settings())
        except BadInput:
            return False
        return bool(said.events) and replace(said, same=(), customers=()).only_behaviour

    async def _withdraw(self, messages: Sequence[Message]) -> None:
        """Write down what is withdrawn, and nothing else."""
        said = []
        for each in messages:
            try:
                said += [consent for consent in read(each, self._settings()).consents if not consent.granted]
            except BadInput:
                continue
        if said:
            await self.put([Said(consents=tuple(said))])

    def _glance(self, message: Message) -> tuple[State, str | None, Said]:
        """Read it alone: behaviour is done then; what must be put together with what is known waits."""
        if message.thing is not None:
            return "waiting", None, Said()
        try:
            said = read(message, self._settings())
        except BadInput as error:
            return "quarantined", str(error)[:_REASON], Said()
        if said.same and all(self._joined.get(each.anonymous_id) == each.customer_id for each in said.same):
            said = replace(said, same=())
        return ("done" if said.only_behaviour else "waiting"), None, said

    async def apply(self, messages: Sequence[Message]) -> list[tuple[str, str]]:
        """Read waiting messages into facts, in their order, and settle them.

        Returns:
            (id, reason) of those that could not be read: they are in quarantine now.
        """
        bad: list[tuple[str, str]] = []
        async with self._one_at_a_time:
            for message in messages:
                try:
                    said = await asyncio.to_thread(self._apply_one, message)
                    await self._report(said)
                except (BadInput, NotFound, Conflict) as error:
                    bad.append((message.id, str(error)[:_REASON]))
        reasons = dict(bad)
        settled: list[tuple[str, State, str | None]] = [
            (each.id, "quarantined" if each.id in reasons else "done", reasons.get(each.id)) for each in messages
        ]
        await asyncio.to_thread(self._shop.store.inbox.settle, settled)
        return bad

    def _apply_one(self, message: Message) -> Said:
        earlier: list[Message] = []
        if message.thing is not None:
            found = self._shop.store.inbox.about(message.thing)
            earlier = [message_of(row) for row in found if row["id"] != message.id]
        said = read(message, self._settings(), earlier)
        apply_said(self._shop, said, message.at, self._clock())
        if said.erase or said.forget_everyone:
            self._joined.clear()  # who comes again is written down again
        for each in said.same:
            self._joined[each.anonymous_id] = each.customer_id
        while len(self._joined) > _MOST_JOINED:
            self._joined.popitem(last=False)
        return said

    async def _report(self, said: Said) -> None:
        for decision_id, outcomes in offer_reports(said).items():
            await self._ledger.record(decision_id, [Told(each.offer_id, each.outcome) for each in outcomes])
        if said.events:
            await self._journal.record(*(event_row(each) for each in said.events))

    async def put(self, said: Sequence[Said]) -> None:
        """Write facts that came as facts, from a server of the shop; durable when it comes back.

        Raises:
            BadInput: the store refuses a value.
            NotFound: a return or cancellation of an order that is not known.
            Unavailable: the store does not answer.
        """
        now = self._clock()
        async with self._one_at_a_time:
            for each in said:
                await asyncio.to_thread(apply_said, self._shop, each, now, now)
                if each.events:
                    await self._journal.record(*(event_row(event) for event in each.events))

    async def resume(self) -> int:
        """Read what an earlier process left waiting; how many messages there were."""
        before = self._clock() - _LEFT_BEHIND
        rows = await asyncio.to_thread(self._shop.store.inbox.in_state, "waiting", received_before=before)
        if rows:
            bad = await self.apply([message_of(row) for row in rows])
            _log.info("read what was left waiting", messages=len(rows), quarantined=len(bad))
        return len(rows)

    async def reprocess(self, message_id: str | None = None) -> Taken:
        """Read one message of the quarantine again, or all of them.

        Raises:
            NotFound: no such message.
            Conflict: it is not in quarantine.
        """
        inbox = self._shop.store.inbox
        if message_id is None:
            rows = await asyncio.to_thread(inbox.in_state, "quarantined")
        else:
            rows = [await asyncio.to_thread(inbox.get, message_id)]
            if rows[0]["state"] != "quarantined":
                raise Conflict("this message is not in quarantine", key="id", value=message_id)
        bad = await self.apply([message_of(row) for row in rows])
        return Taken(len(rows) - len(bad), 0, tuple(bad))


def row_of(message: Message, state: State, reason: str | None) -> Row:
    """A message as the journal takes it."""
    return message_row(
        {
            "id": message.id,
            "source": message.source,
            "topic": message.topic,
            "thing": message.thing,
            "at": to_micros(message.at),
            "received_at": to_micros(message.received_at),
            "customer_id": message.customer_id,
            "anonymous_id": message.anonymous_id,
            "trusted": int(message.trusted),
            "body": _text_of(message),
            "state": state,
            "reason": reason,
        }
    )


def _text_of(message: Message) -> str:
    return message.text or as_body(message.content)


_BROWSER: Final = frozenset({"anonymousId", "anonymous_id", "client_id", "app_instance_id", "sessionId", "session_id"})


def _without_browser(message: Message) -> Message:
    """The message without the browser that it came from."""
    content = {name: value for name, value in message.content.items() if name not in _BROWSER}
    return replace(message, anonymous_id=None, content=content, text=None)


def message_of(row: Found) -> Message:
    """The message that a row keeps."""
    return Message(
        id=row["id"],
        source=row["source"],
        topic=row["topic"],
        at=from_micros(row["at"]),
        received_at=from_micros(row["received_at"]),
        content=json.loads(row["body"]),
        customer_id=row["customer_id"],
        anonymous_id=row["anonymous_id"],
        thing=row["thing"],
        trusted=bool(row["trusted"]),
    )


def event_row(event: Event, raw: str | None = None) -> Row:
    """An event as the journal takes it, with the message that said it where that is kept nowhere else."""
    return Row(
        "event",
        {
            "id": event.id,
            "kind": event.kind,
            "at": to_micros(event.at),
            "customer_id": event.customer_id,
            "anonymous_id": event.anonymous_id,
            "session_id": event.session_id,
            "product_id": event.product_id,
            "cart_id": event.cart_id,
            "quantity": event.quantity,
            "query": event.query,
            "properties": as_body(event.properties) if event.properties else None,
            "raw": raw,
        },
    )
